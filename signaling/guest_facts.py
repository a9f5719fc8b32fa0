"""Facts about guests: who was invited, came, was let in, left; ids and roles only. Pure.

They change no phase: a visit is one client's, whoever else is there. A name stands in a sealed column elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signaling.words import DeviceCode, GuestId, ParticipantId, ReturnReason, Role, StaffId


@dataclass(frozen=True, slots=True)
class GuestInvited:
    """The practice made a link for somebody beside the client."""

    at: datetime
    by: StaffId
    guest: GuestId
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class GuestRevoked:
    """The guest's link was taken back; they are out, for good."""

    at: datetime
    by: StaffId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class GuestArrived:
    """The guest's link was opened on a device."""

    at: datetime
    participant: ParticipantId
    device: str


@dataclass(frozen=True, slots=True)
class GuestChecked:
    """The guest's device check was made."""

    at: datetime
    participant: ParticipantId
    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


@dataclass(frozen=True, slots=True)
class GuestJoined:
    """The guest waits to be let in."""

    at: datetime
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class GuestLeft:
    """The guest left; the way back leads to waiting again."""

    at: datetime
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class GuestAdmitted:
    """The clinician let the guest in."""

    at: datetime
    by: StaffId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class GuestReturned:
    """The guest waits again; `by` is None when the machine did it."""

    at: datetime
    by: StaffId | None
    participant: ParticipantId
    reason: ReturnReason


GuestFact = (
    GuestInvited | GuestRevoked | GuestArrived | GuestChecked | GuestJoined | GuestLeft | GuestAdmitted | GuestReturned
)
