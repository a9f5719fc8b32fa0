"""Commands: what somebody, or the machine's own clock, wishes to happen to a visit. Pure.

Whoever sends one has already been authenticated: `by` names the member of staff. Client commands carry no name, the
visit knows its client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from signaling.guest_commands import GuestCommand
from signaling.licence import LicenceCover
from signaling.precheck import Precheck
from signaling.words import (
    AudioOnlyReason,
    CancelReason,
    ClientId,
    Connection,
    ConsentBy,
    ConsentMethod,
    DeclineReason,
    DeviceCode,
    EndReason,
    EventId,
    IdentityMethod,
    MediaKind,
    OverrideReason,
    ParticipantId,
    PictureSeen,
    PlaceId,
    PracticeId,
    Protection,
    Requirement,
    ServiceId,
    Site,
    StaffId,
    StatementException,
    TellCode,
    VisitId,
)


@dataclass(frozen=True, slots=True)
class Book:
    """Make the visit. `start` is aware; `zone` the practice's IANA zone; the ids are new and random."""

    visit: VisitId
    practice: PracticeId
    client: ClientId
    clinician: StaffId
    client_participant: ParticipantId
    clinician_participant: ParticipantId
    service: ServiceId
    start: datetime
    minutes: int
    zone: str
    by: StaffId


@dataclass(frozen=True, slots=True)
class OpenLink:
    """The client's link was exchanged on `device` (an opaque id of that browser's cookie)."""

    device: str


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """The client consents to this visit; `signed_at` is when the text itself was signed."""

    version: str
    text_sha256: str
    language: str
    method: ConsentMethod
    by: ConsentBy
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class AttestLocation:
    """The client says where they are now. `state` is two letters in the US; addresses live elsewhere, encrypted."""

    country: str
    state: str
    site: Site
    place: PlaceId | None = None


@dataclass(frozen=True, slots=True)
class CheckDevices:
    """The device check was made; parts of it may have failed."""

    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


@dataclass(frozen=True, slots=True)
class Join:
    """The client enters the waiting room."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The client leaves, and may come back."""


@dataclass(frozen=True, slots=True)
class ComeBack:
    """The client is back after leaving."""


@dataclass(frozen=True, slots=True)
class Admit:
    """The clinician lets the client in, or back from hold. Without `cover` it takes `override_reason`.

    `precheck` what billing's check had come to, as the desk showed it.
    """

    by: StaffId
    cover: LicenceCover | None
    override_reason: OverrideReason | None = None
    precheck: Precheck | None = None


@dataclass(frozen=True, slots=True)
class ExplainOverride:
    """The clinician says, after a crisis, why no licence on file covered the client's state."""

    by: StaffId
    reason: OverrideReason


@dataclass(frozen=True, slots=True)
class Decline:
    """The clinician does not let the client in."""

    by: StaffId
    reason: DeclineReason


@dataclass(frozen=True, slots=True)
class Hold:
    """The clinician puts the client on hold; the seat is free for another."""

    by: StaffId


@dataclass(frozen=True, slots=True)
class ReturnToWaiting:
    """The clinician puts the client back into the waiting room (also to undo a decline)."""

    by: StaffId


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """What was measured from second `from_s` (since the visit's origin, see `Visit.origin`) on, run-length encoded."""

    from_s: int
    runs: Sequence[object]
    counters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class End:
    """The clinician ends the visit; `final` is the evidence that was still unwritten."""

    by: StaffId
    reason: EndReason
    final: RecordEvidence | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """The ended visit's record is made: `event` names the SessionComplete (None: nothing was held, none is sent)."""

    event: EventId | None
    evidence_sha256: str | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """A member of staff cancels a visit that has not been held."""

    by: StaffId
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class MarkNoShow:
    """A member of staff notes that the client did not come."""

    by: StaffId


@dataclass(frozen=True, slots=True)
class ConfirmLocation:
    """The clinician asked, and the client is where they said."""

    by: StaffId


@dataclass(frozen=True, slots=True)
class ChangeLocation:
    """The client is somewhere else now; `cover` is what the licences say of the new state."""

    country: str
    state: str
    site: Site
    place: PlaceId | None
    cover: LicenceCover | None


@dataclass(frozen=True, slots=True)
class ConfirmIdentity:
    """The clinician is satisfied who the client is."""

    by: StaffId
    method: IdentityMethod = IdentityMethod.KNOWN_TO_CLINICIAN


@dataclass(frozen=True, slots=True)
class AllowAudioOnly:
    """The clinician goes on without picture; `permitted` is what the practice's policy says."""

    by: StaffId
    reason: AudioOnlyReason
    permitted: bool


@dataclass(frozen=True, slots=True)
class NoteMedia:
    """The requirement changed: met, missing (what of whom), or interrupted."""

    state: Requirement
    missing: tuple[tuple[ParticipantId, MediaKind], ...] = ()


@dataclass(frozen=True, slots=True)
class NoteConnection:
    """A participant's socket or media connection changed."""

    participant: ParticipantId
    state: Connection


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """The clinician's browser sees a participant's picture as it should be, black, or standing still."""

    by: StaffId
    participant: ParticipantId
    seen: PictureSeen


@dataclass(frozen=True, slots=True)
class NoteProtection:
    """The browsers report how the end-to-end encryption stands."""

    epoch: int
    state: Protection


@dataclass(frozen=True, slots=True)
class TellWaiting:
    """The clinician tells the waiting client something."""

    by: StaffId
    code: TellCode


@dataclass(frozen=True, slots=True)
class State:
    """The clinician's statement after the visit; `event` names the statement event."""

    by: StaffId
    saw_and_heard: bool
    place_confirmed: bool
    exceptions: tuple[StatementException, ...] = ()
    event: EventId | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """The visit's deadline has come (see `signaling.visit.deadline`)."""


Command = (
    Book
    | OpenLink
    | GiveConsent
    | AttestLocation
    | CheckDevices
    | Join
    | Leave
    | ComeBack
    | Admit
    | ExplainOverride
    | Decline
    | Hold
    | ReturnToWaiting
    | RecordEvidence
    | End
    | Complete
    | Cancel
    | MarkNoShow
    | ConfirmLocation
    | ChangeLocation
    | ConfirmIdentity
    | AllowAudioOnly
    | NoteMedia
    | NoteConnection
    | NoteProtection
    | ReportPicture
    | TellWaiting
    | State
    | Tick
    | GuestCommand
)
