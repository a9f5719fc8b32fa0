"""Facts: what happened to a visit, in the past tense, with its time; their form in the journal is in fact_forms. Pure.

Bodies hold ids, enums, numbers and times only (45 CFR 164.502(b): no more than is needed). A fact that is stored once
is readable for ever: fields are never renamed or retyped, a new one has a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from signaling.guest_facts import GuestFact
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
    ReturnReason,
    ServiceId,
    Site,
    StaffId,
    StatementException,
    TellCode,
    VisitId,
)


@dataclass(frozen=True, slots=True)
class Booked:
    """The visit exists."""

    at: datetime
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
class LinkOpened:
    """The client's link was opened on a device."""

    at: datetime
    device: str


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The client, or who speaks for them, consented to this visit."""

    at: datetime
    version: str
    text_sha256: str
    language: str
    method: ConsentMethod
    by: ConsentBy
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class LocationAttested:
    """The client said where they are."""

    at: datetime
    country: str
    state: str
    site: Site
    place: PlaceId | None


@dataclass(frozen=True, slots=True)
class DevicesChecked:
    """The device check was made."""

    at: datetime
    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


@dataclass(frozen=True, slots=True)
class Joined:
    """The client entered the waiting room."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """The client left: from the waiting room, or from the visit, which stays theirs."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CameBack:
    """The client is back; `waiting_since` is their place in the order, kept or begun anew."""

    at: datetime
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class Admitted:
    """The clinician let the client in: `mono_ms` ms into second `mono_s` on the monotonic clock of `boot`.

    `precheck` None where nothing had been checked: billing runs elsewhere, or was out of reach.
    """

    at: datetime
    by: StaffId
    cover: LicenceCover
    override_reason: OverrideReason | None
    mono_s: int
    boot: str
    mono_ms: int = 0
    precheck: Precheck | None = None


@dataclass(frozen=True, slots=True)
class OverrideExplained:
    """The clinician said afterwards why a crisis admission was not covered by a licence on file."""

    at: datetime
    by: StaffId
    reason: OverrideReason


@dataclass(frozen=True, slots=True)
class Declined:
    """The clinician did not let the client in."""

    at: datetime
    by: StaffId
    reason: DeclineReason


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """The clinician put the client on hold."""

    at: datetime
    by: StaffId


@dataclass(frozen=True, slots=True)
class Returned:
    """The client is in the waiting room again; `by` is None when the machine did it."""

    at: datetime
    by: StaffId | None
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class VisitBegan:
    """Sound and picture of both sides flowed for the first time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class MediaMissing:
    """Something required stopped; the grace runs."""

    at: datetime
    missing: tuple[tuple[ParticipantId, MediaKind], ...]


@dataclass(frozen=True, slots=True)
class MediaInterrupted:
    """The grace ran out."""

    at: datetime
    missing: tuple[tuple[ParticipantId, MediaKind], ...]


@dataclass(frozen=True, slots=True)
class MediaResumed:
    """What is required flows again."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """A participant's socket or media connection changed."""

    at: datetime
    participant: ParticipantId
    state: Connection


@dataclass(frozen=True, slots=True)
class PictureReported:
    """The clinician's browser reports what it sees of a participant's picture; a report, never measured or counted."""

    at: datetime
    participant: ParticipantId
    seen: PictureSeen


@dataclass(frozen=True, slots=True)
class EvidenceRecorded:
    """Seconds measured from `from_s` on (since `Visit.origin`), in the media room's encoding."""

    at: datetime
    from_s: int
    runs: Sequence[object]
    counters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LocationChanged:
    """The client is somewhere else; `cover` is None when no licence on file covers the new state."""

    at: datetime
    country: str
    state: str
    site: Site
    place: PlaceId | None
    cover: LicenceCover | None


@dataclass(frozen=True, slots=True)
class LocationConfirmed:
    """The clinician asked, and the client is there."""

    at: datetime
    by: StaffId


@dataclass(frozen=True, slots=True)
class IdentityConfirmed:
    """The clinician is satisfied who the client is."""

    at: datetime
    by: StaffId
    method: IdentityMethod


@dataclass(frozen=True, slots=True)
class AudioOnlyAllowed:
    """The clinician goes on without picture."""

    at: datetime
    by: StaffId
    reason: AudioOnlyReason


@dataclass(frozen=True, slots=True)
class ProtectionChanged:
    """The end-to-end encryption stands otherwise, as the browsers and the clinician report it."""

    at: datetime
    epoch: int
    state: Protection


@dataclass(frozen=True, slots=True)
class Told:
    """The clinician told the waiting client something."""

    at: datetime
    by: StaffId
    code: TellCode


@dataclass(frozen=True, slots=True)
class Ended:
    """The visit is over; `by` is None when the timeout policy ended it."""

    at: datetime
    by: StaffId | None
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Completed:
    """The visit's record is made; `event` names the SessionComplete (None: nothing was held)."""

    at: datetime
    event: EventId | None
    evidence_sha256: str | None


@dataclass(frozen=True, slots=True)
class StatementMade:
    """The clinician's statement about the visit."""

    at: datetime
    by: StaffId
    saw_and_heard: bool
    place_confirmed: bool
    exceptions: tuple[StatementException, ...]
    event: EventId | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The visit will not be held."""

    at: datetime
    by: StaffId
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class NoShow:
    """The client did not come."""

    at: datetime
    by: StaffId


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Nobody held the visit in its time."""

    at: datetime


Fact = (
    Booked
    | LinkOpened
    | ConsentGiven
    | LocationAttested
    | DevicesChecked
    | Joined
    | Left
    | CameBack
    | Admitted
    | OverrideExplained
    | Declined
    | PutOnHold
    | Returned
    | VisitBegan
    | MediaMissing
    | MediaInterrupted
    | MediaResumed
    | ConnectionChanged
    | PictureReported
    | EvidenceRecorded
    | LocationChanged
    | LocationConfirmed
    | IdentityConfirmed
    | AudioOnlyAllowed
    | ProtectionChanged
    | Told
    | Ended
    | Completed
    | StatementMade
    | Cancelled
    | NoShow
    | Lapsed
    | GuestFact
)
