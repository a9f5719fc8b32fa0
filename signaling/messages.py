"""What a browser may say, as typed values: one dataclass a message, and which door takes which. Pure.

Limits stand beside the fields (`metadata`); `signaling.wire.parse` holds every message to them.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from signaling.words import (
    AudioOnlyReason,
    DeclineReason,
    DeskStatus,
    EndReason,
    OverrideReason,
    ParticipantId,
    PictureSeen,
    Protection,
    SealKind,
    TellCode,
    VisitId,
)

LONGEST_SDP = 24 * 1024
_TOKEN = {"pattern": r"[A-Za-z0-9_.-]{16,256}"}
_ID = {"pattern": r"[a-z]{3}_[A-Za-z0-9_-]{1,40}"}
_PIXELS = {"least": 0, "most": 8192}
_COUNT = {"least": 0, "most": 2**53 - 1}
_EPOCH = _COUNT


class Door(StrEnum):
    """Which socket the message came through, and as whom."""

    CLIENT = "client"
    CLINICIAN = "clinician"
    GUEST = "guest"
    DESK = "desk"
    BOARD = "board"


class Why(StrEnum):
    """Why a browser asks for a new peer connection."""

    NETWORK = "network"
    FAILED = "failed"
    SLEEP = "sleep"
    DEVICES = "devices"


# Only the machine ends a visit by timeout.
SAID_END_REASONS = frozenset(set(EndReason) - {EndReason.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message: the one-use ticket, and the last seq this browser holds."""

    ticket: str = field(metadata=_TOKEN)
    seq: int | None = field(metadata=_COUNT)


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered by a pong with the same number."""

    n: int = field(metadata=_COUNT)


@dataclass(frozen=True, slots=True)
class Answer:
    """The SDP answer to the offer with this number."""

    number: int = field(metadata={"least": 0, "most": 1_000_000})
    sdp: str = field(metadata={"longest": LONGEST_SDP})


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Asks for a new peer connection."""

    why: Why


@dataclass(frozen=True, slots=True)
class Muted:
    """What my own buttons say; told to the other side, never evidence.

    `weak`: my page has paused the picture, because my network carries the sound alone.
    """

    audio: bool
    video: bool
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """The size in pixels of the picture that I send now; for the drawing of the connection, never evidence."""

    width: int = field(metadata=_PIXELS)
    height: int = field(metadata=_PIXELS)


@dataclass(frozen=True, slots=True)
class Picture:
    """What I see of that person's picture, decoded: as it should be, black, or standing still."""

    participant: ParticipantId = field(metadata=_ID)
    seen: PictureSeen


@dataclass(frozen=True, slots=True)
class Protect:
    """Whether this browser can encrypt end to end, and the epoch whose keys it holds; `renew`: it cannot be settled."""

    able: bool
    epoch: int | None = field(metadata=_EPOCH)
    renew: bool


@dataclass(frozen=True, slots=True)
class Seal:
    """Keys, and what leads to them, for one other browser or all; the server passes `body` on."""

    kind: SealKind
    to: ParticipantId | None = field(metadata=_ID)
    epoch: int = field(metadata=_EPOCH)
    body: str = field(metadata={"pattern": r"[A-Za-z0-9_-]{1,2048}"})


@dataclass(frozen=True, slots=True)
class ReportProtection:
    """How the end-to-end encryption stands in this browser; `verified` comes from the clinician's alone."""

    epoch: int = field(metadata=_EPOCH)
    state: Protection


@dataclass(frozen=True, slots=True)
class Join:
    """Into the waiting room."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Out, with the way back open. From a clinician it closes only their own side."""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Back in after leaving."""


@dataclass(frozen=True, slots=True)
class Share:
    """Show my screen to the others."""


@dataclass(frozen=True, slots=True)
class Unshare:
    """Show it no longer."""


@dataclass(frozen=True, slots=True)
class Admit:
    """Let this visit's client in (in the visit: back from hold); `with_guests`: and every guest who waits."""

    override_reason: OverrideReason | None = None
    with_guests: bool = False


@dataclass(frozen=True, slots=True)
class AdmitGuest:
    """Let this guest in."""

    participant: ParticipantId = field(metadata=_ID)


@dataclass(frozen=True, slots=True)
class ReturnGuest:
    """Put this guest back to waiting."""

    participant: ParticipantId = field(metadata=_ID)


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the client on hold."""


@dataclass(frozen=True, slots=True)
class Return:
    """Put the client back into the waiting room."""


@dataclass(frozen=True, slots=True)
class End:
    """End the visit."""

    reason: EndReason = field(metadata={"among": SAID_END_REASONS})


@dataclass(frozen=True, slots=True)
class ConfirmLocation:
    """The client is where they said."""


@dataclass(frozen=True, slots=True)
class ConfirmIdentity:
    """The client is who they say."""


@dataclass(frozen=True, slots=True)
class AllowAudioOnly:
    """Go on without picture."""

    reason: AudioOnlyReason


@dataclass(frozen=True, slots=True)
class ExplainOverride:
    """Why no licence on file covered the client's state, after a crisis admission."""

    reason: OverrideReason = field(metadata={"among": frozenset(set(OverrideReason) - {OverrideReason.CRISIS})})


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the client something while they wait."""

    code: TellCode


@dataclass(frozen=True, slots=True)
class DeskAdmit:
    """Let the client of that visit in; `with_guests`: and every guest who waits."""

    visit: VisitId = field(metadata=_ID)
    override_reason: OverrideReason | None
    with_guests: bool = False


@dataclass(frozen=True, slots=True)
class DeskDecline:
    """Do not let the client of that visit in."""

    visit: VisitId = field(metadata=_ID)
    reason: DeclineReason


@dataclass(frozen=True, slots=True)
class DeskHold:
    """Put the client of that visit on hold."""

    visit: VisitId = field(metadata=_ID)


@dataclass(frozen=True, slots=True)
class DeskReturn:
    """Put the client of that visit back into the waiting room."""

    visit: VisitId = field(metadata=_ID)


@dataclass(frozen=True, slots=True)
class DeskEnd:
    """End that visit."""

    visit: VisitId = field(metadata=_ID)
    reason: EndReason = field(metadata={"among": SAID_END_REASONS})


@dataclass(frozen=True, slots=True)
class DeskTell:
    """Tell the client of that visit something."""

    visit: VisitId = field(metadata=_ID)
    code: TellCode


@dataclass(frozen=True, slots=True)
class Status:
    """What the clinician's desk says about the clinician."""

    status: DeskStatus


AnyoneMessage = Hello | Ping
PeerMessage = Answer | Reconnect | Muted | Resolution | Picture | Share | Unshare | Protect | Seal | ReportProtection
WaitingMessage = Join | Leave | ComeBack
ActMessage = Admit | Hold | Return | End | ConfirmLocation | ConfirmIdentity | AllowAudioOnly | ExplainOverride | Tell
GuestActMessage = AdmitGuest | ReturnGuest
DeskMessage = DeskAdmit | DeskDecline | DeskHold | DeskReturn | DeskEnd | DeskTell | Status
ClientMessage = AnyoneMessage | PeerMessage | WaitingMessage | ActMessage | GuestActMessage | DeskMessage

_ANYONE: dict[str, type[Any]] = {"hello": Hello, "ping": Ping}
_PEER: dict[str, type[Any]] = {
    **_ANYONE,
    "answer": Answer,
    "reconnect": Reconnect,
    "muted": Muted,
    "leave": Leave,
    "resolution": Resolution,
    "share": Share,
    "unshare": Unshare,
    "protect": Protect,
    "e2ee": Seal,
    "protection": ReportProtection,
}

# Which messages come through which door; what is absent is malformed there.
DOORS: Mapping[Door, Mapping[str, type[Any]]] = MappingProxyType(
    {
        Door.CLIENT: {**_PEER, "join": Join, "come_back": ComeBack},
        Door.GUEST: {**_PEER, "join": Join, "come_back": ComeBack},
        Door.CLINICIAN: {
            **_PEER,
            "admit": Admit,
            "hold": Hold,
            "return": Return,
            "end": End,
            "confirm_location": ConfirmLocation,
            "picture": Picture,
            "confirm_identity": ConfirmIdentity,
            "allow_audio_only": AllowAudioOnly,
            "explain_override": ExplainOverride,
            "tell": Tell,
            "admit_guest": AdmitGuest,
            "return_guest": ReturnGuest,
        },
        Door.DESK: {
            **_ANYONE,
            "admit": DeskAdmit,
            "decline": DeskDecline,
            "hold": DeskHold,
            "return": DeskReturn,
            "end": DeskEnd,
            "tell": DeskTell,
            "status": Status,
        },
        Door.BOARD: _ANYONE,
    }
)
SAYABLE: tuple[type[Any], ...] = typing.get_args(ClientMessage)
