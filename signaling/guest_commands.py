"""Commands about guests: what the practice or the guest wishes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.words import DeviceCode, GuestId, ParticipantId, Role, StaffId


@dataclass(frozen=True, slots=True)
class InviteGuest:
    """A member of staff invites somebody; the ids are new and random, the name is kept elsewhere, sealed."""

    by: StaffId
    guest: GuestId
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True)
class RevokeGuest:
    """A member of staff takes the guest's link back."""

    by: StaffId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class OpenGuestLink:
    """The guest's link was exchanged on `device` (an opaque id of that browser's cookie)."""

    participant: ParticipantId
    device: str


@dataclass(frozen=True, slots=True)
class CheckGuestDevices:
    """The guest's device check was made; parts of it may have failed."""

    participant: ParticipantId
    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


@dataclass(frozen=True, slots=True)
class JoinAsGuest:
    """The guest waits to be let in, for the first time or back after leaving."""

    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class LeaveAsGuest:
    """The guest leaves, and may come back."""

    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class AdmitGuest:
    """The clinician lets this guest in; the client has been let in before."""

    by: StaffId
    participant: ParticipantId


@dataclass(frozen=True, slots=True)
class ReturnGuest:
    """The clinician puts this guest back to waiting."""

    by: StaffId
    participant: ParticipantId


GuestCommand = (
    InviteGuest
    | RevokeGuest
    | OpenGuestLink
    | CheckGuestDevices
    | JoinAsGuest
    | LeaveAsGuest
    | AdmitGuest
    | ReturnGuest
)
