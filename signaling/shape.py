"""What a Visit is: one appointment's life as it stands after the facts so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from signaling.licence import LicenceCover
from signaling.precheck import Precheck
from signaling.words import (
    AudioOnlyReason,
    CancelReason,
    ClientId,
    Connection,
    ConsentBy,
    ConsentMethod,
    CoverBasis,
    DeclineReason,
    DeviceCode,
    EndReason,
    EventId,
    GuestId,
    GuestStanding,
    IdentityMethod,
    MediaKind,
    OverrideReason,
    ParticipantId,
    Phase,
    PictureSeen,
    PlaceId,
    PracticeId,
    Protection,
    Requirement,
    Role,
    ServiceId,
    Site,
    StaffId,
    StatementException,
    Step,
    TellCode,
    VisitId,
)

# A client stands in a clinician's seat in these phases: at most one visit of a clinician may (on hold frees it).
SEATED = frozenset({Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED})
OVER = frozenset(
    {
        Phase.ENDED,
        Phase.COMPLETE,
        Phase.DECLINED,
        Phase.CANCELLED,
        Phase.NO_SHOW,
        Phase.TRANSFERRED,
        Phase.LAPSED,
    }
)


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a visit: `person` is a client or staff id, `online` their socket, `media` the last of their peer."""

    id: ParticipantId
    role: Role
    person: str
    online: bool = False
    media: Connection | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """The consent given for this visit at `at`, to a text signed at `signed_at`."""

    at: datetime
    version: str
    text_sha256: str
    language: str
    method: ConsentMethod
    by: ConsentBy
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Location:
    """Where the client says they are, since `at`, and who confirmed it by asking."""

    at: datetime
    country: str
    state: str
    site: Site
    place: PlaceId | None
    confirmed_by: StaffId | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """The outcome of the device check, found first at `at`: checked again with the same outcome it stays this one."""

    at: datetime
    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode

    def says(self, *found: DeviceCode) -> bool:
        """Whether camera, microphone, speaker and connection were found like this."""
        return (self.camera, self.microphone, self.speaker, self.connection) == found


@dataclass(frozen=True, slots=True)
class Returns:
    """How often somebody came back after leaving, and when last."""

    often: int = 0
    last: datetime | None = None

    def and_one(self, at: datetime) -> Returns:
        """One more, at that moment."""
        return Returns(self.often + 1, at)


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who comes to a client's visit by a link of their own; `since` is when `standing` began.

    `devices` is their own check, `admitted_at` their first admission. A guest is never part of the counted pair.
    """

    id: GuestId
    participant: ParticipantId
    role: Role
    standing: GuestStanding
    since: datetime
    device: str | None = None
    devices: DeviceCheck | None = None
    waiting_since: datetime | None = None
    admitted_at: datetime | None = None
    returns: Returns = Returns()


@dataclass(frozen=True, slots=True)
class Origin:
    """Second 0 of the visit's evidence: `mono_s` on the monotonic clock of `boot`, which began at `at`.

    Evidence measured under another boot is placed by wall time: seconds since `at`.
    """

    at: datetime
    mono_s: int
    boot: str


@dataclass(frozen=True, slots=True)
class Identity:
    """How, by whom and when the client's identity was confirmed."""

    at: datetime
    by: StaffId
    method: IdentityMethod


@dataclass(frozen=True, slots=True)
class Override:
    """An admission without a licence on file; a crisis is `explained` afterwards."""

    at: datetime
    by: StaffId
    reason: OverrideReason
    explained: OverrideReason | None


@dataclass(frozen=True, slots=True)
class AudioOnly:
    """The clinician's act of going on without picture."""

    at: datetime
    by: StaffId
    reason: AudioOnlyReason


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What the clinician's browser last reported of a participant's picture."""

    at: datetime
    participant: ParticipantId
    seen: PictureSeen


@dataclass(frozen=True, slots=True)
class Ending:
    """How the visit ended; `by` is None when the timeout policy ended it."""

    at: datetime
    by: StaffId | None
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Statement:
    """The clinician's statement after the visit."""

    at: datetime
    by: StaffId
    saw_and_heard: bool
    place_confirmed: bool
    exceptions: tuple[StatementException, ...]
    event: EventId | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment. Times are UTC; `since` is when `phase` began; `spent` the seconds spent in phases left.

    `waiting_since` is the client's place in the order. `client_left` is true while the client has left but may come
    back, `returns` how often they did. `quiet_since` is None while anybody is connected. `location_changes` are the
    places before the present one.
    """

    id: VisitId
    practice: PracticeId
    client: ClientId
    clinician: StaffId
    participants: tuple[Participant, ...]
    service: ServiceId
    start: datetime
    minutes: int
    zone: str
    booked_by: StaffId
    booked_at: datetime
    phase: Phase
    since: datetime
    quiet_since: datetime | None
    device: str | None = None
    consent: Consent | None = None
    location: Location | None = None
    location_changes: tuple[Location, ...] = ()
    devices: DeviceCheck | None = None
    arrived_at: datetime | None = None
    joined_at: datetime | None = None
    waiting_since: datetime | None = None
    client_left: bool = False
    returns: Returns = Returns()
    admitted_at: datetime | None = None
    origin: Origin | None = None
    began_at: datetime | None = None
    cover: LicenceCover | None = None
    override: Override | None = None
    precheck: Precheck | None = None
    identity: Identity | None = None
    audio_only: AudioOnly | None = None
    protection: tuple[int, Protection] | None = None
    pictures: tuple[PictureReport, ...] = ()
    message: TellCode | None = None
    requirement: Requirement = Requirement.WAITING
    missing: tuple[tuple[ParticipantId, MediaKind], ...] = ()
    ending: Ending | None = None
    decline_reason: DeclineReason | None = None
    cancel_reason: CancelReason | None = None
    event: EventId | None = None
    evidence_sha256: str | None = None
    statement: Statement | None = None
    spent: tuple[tuple[Phase, float], ...] = ()
    guests: tuple[Guest, ...] = ()

    @property
    def booked_end(self) -> datetime:
        """When the booked time is up."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def seated(self) -> bool:
        """Whether this visit holds its clinician's seat."""
        return self.phase in SEATED

    @property
    def over(self) -> bool:
        """Whether the client has nothing more to come to."""
        return self.phase in OVER

    @property
    def client_seat(self) -> Participant:
        """The client as a participant."""
        return next(one for one in self.participants if one.role is Role.CLIENT)

    @property
    def clinician_seat(self) -> Participant:
        """The clinician as a participant."""
        return next(one for one in self.participants if one.role is Role.CLINICIAN)

    @property
    def step(self) -> Step | None:
        """The first step the client has not made for this visit; None when all are made."""
        if self.consent is None:
            return Step.CONSENT
        if self.location is None:
            return Step.LOCATION
        return Step.DEVICES if self.devices is None else None

    @property
    def covered(self) -> bool:
        """Whether a licence (not an override) covers the state the client is in now, as far as was checked."""
        if self.cover is None or self.location is None or self.cover.basis is not CoverBasis.LICENCE:
            return False
        return self.location.country == "US" and self.cover.state == self.location.state

    @property
    def override_stands(self) -> bool:
        """Whether the clinician gave a reason for the very state the client is in now, and it need not be asked again:
        who comes back from hold is no second exception. Abroad it is asked each time, for no state is named there."""
        if self.cover is None or self.location is None or self.cover.basis is not CoverBasis.OVERRIDE:
            return False
        return self.location.country == "US" and self.cover.state == self.location.state

    def participant(self, wanted: ParticipantId) -> Participant | None:
        """The participant with this id, if they are in the visit."""
        return next((one for one in self.participants if one.id == wanted), None)

    def guest(self, wanted: ParticipantId) -> Guest | None:
        """The guest who is this participant; None for the client, the clinician and strangers."""
        return next((one for one in self.guests if one.participant == wanted), None)

    def admits(self, wanted: ParticipantId) -> bool:
        """Whether this participant is let in now: only then have they a peer connection, and are told who is there."""
        if not self.seated or self.participant(wanted) is None:
            return False
        guest = self.guest(wanted)
        return guest is None or guest.standing is GuestStanding.ADMITTED

    def seconds_in(self, phase: Phase, until: datetime) -> float:
        """Wall-clock seconds spent in `phase` up to `until`: itemised beside the evidence, never counted."""
        past = dict(self.spent).get(phase, 0.0)
        return past + (max(0.0, (until - self.since).total_seconds()) if phase is self.phase else 0.0)
