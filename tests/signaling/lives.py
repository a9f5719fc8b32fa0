"""Lives of visits for the tests: instants, commands by the dozen, a visit in any phase, a journal and an audience."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from signaling import commands as c
from signaling import fact_forms
from signaling import facts as f
from signaling import guest_commands as g
from signaling import guest_facts as gf
from signaling.errors import Refused
from signaling.licence import Licence, LicenceCover, cover
from signaling.ports import SeatTaken, SeqConflict
from signaling.visit import Visit, decide_all
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
    IdentityMethod,
    Instant,
    LicenceId,
    MediaKind,
    OverrideReason,
    ParticipantId,
    Phase,
    PictureSeen,
    PlaceId,
    PracticeId,
    Protection,
    Requirement,
    ReturnReason,
    Role,
    ServiceId,
    Site,
    StaffId,
    StatementException,
    TellCode,
    VisitId,
)

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
BOOT = "boot-1"
VISIT = VisitId("vis_a2b3c4d5e6f7g2h3i4j5")
CLIENT = ClientId("cli_aaaaaaaaaaaaaaaaaaaa")
CLINICIAN = StaffId("stf_aaaaaaaaaaaaaaaaaaaa")
OTHER_STAFF = StaffId("stf_bbbbbbbbbbbbbbbbbbbb")
SEAT = ParticipantId("par_aaaaaaaaaaaaaaaaaaaa")
CHAIR = ParticipantId("par_bbbbbbbbbbbbbbbbbbbb")
SERVICE = ServiceId("svc_aaaaaaaaaaaaaaaaaaaa")
GUEST = GuestId("gst_aaaaaaaaaaaaaaaaaaaa")
STOOL = ParticipantId("par_cccccccccccccccccccc")
LICENCES = (Licence(LicenceId("lic_mn"), "MN", "clinical_social_worker", date(2020, 1, 1), date(2027, 8, 31)),)

BOOK = c.Book(
    VISIT, PracticeId("prc_a"), CLIENT, CLINICIAN, SEAT, CHAIR, SERVICE, START, 50, "America/Chicago", OTHER_STAFF
)
OPEN = c.OpenLink("device-1")
OPEN_ELSEWHERE = c.OpenLink("device-2")
CONSENT = c.GiveConsent("telehealth-2026-03", "9f" * 32, "en", ConsentMethod.SIGNED, ConsentBy.SELF, START)
AT_HOME = c.AttestLocation("US", "MN", Site.HOME, PlaceId("plc_a"))
IN_WISCONSIN = c.AttestLocation("US", "WI", Site.LODGING)
DEVICES = c.CheckDevices(DeviceCode.OK, DeviceCode.OK, DeviceCode.OK, DeviceCode.OK)
NO_CAMERA = c.CheckDevices(DeviceCode.MISSING, DeviceCode.OK, DeviceCode.OK, DeviceCode.OK)
MINNESOTA = cover(LICENCES, "MN", START.date(), START)
ADMIT = c.Admit(CLINICIAN, MINNESOTA)
MET = c.NoteMedia(Requirement.MET)
NO_PICTURE = ((SEAT, MediaKind.VIDEO),)
MISSING = c.NoteMedia(Requirement.MISSING, NO_PICTURE)
INTERRUPTED = c.NoteMedia(Requirement.INTERRUPTED, NO_PICTURE)
HOLD = c.Hold(CLINICIAN)
END = c.End(CLINICIAN, EndReason.DONE)
COMPLETE = c.Complete(EventId("evt_a"), "c4" * 32)
EVIDENCE = c.RecordEvidence(0, [["par_a", 3, "1023x40"], 5], {"rtp": {"packets": 12_000, "lost": 0.25}})
CHECK_IN = (OPEN, CONSENT, AT_HOME, DEVICES)
WAITING = (*CHECK_IN, c.Join())
IN_VISIT = (*WAITING, ADMIT, MET)
INVITE = g.InviteGuest(OTHER_STAFF, GUEST, STOOL, Role.INTERPRETER)
GUEST_LINK = g.OpenGuestLink(STOOL, "device-9")
GUEST_DEVICES = g.CheckGuestDevices(STOOL, DeviceCode.OK, DeviceCode.OK, DeviceCode.OK, DeviceCode.OK)
GUEST_JOINS = g.JoinAsGuest(STOOL)
GUEST_WAITS = (INVITE, GUEST_LINK, GUEST_DEVICES, GUEST_JOINS)
ADMIT_GUEST = g.AdmitGuest(CLINICIAN, STOOL)


def at(minutes: float = 0.0) -> Instant:
    """The instant so many minutes after the booked start, on a clock that started 1000 s before it."""
    wall = START + timedelta(minutes=minutes)
    return Instant(wall, int((1000 + minutes * 60) * 1e9) + 10**15, BOOT)


def wall(minutes: float = 0.0) -> datetime:
    """The wall time so many minutes after the booked start."""
    return at(minutes).wall


def after(*commands: c.Command, visit: Visit | None = None, minutes: float = 1.0) -> Visit:
    """The visit after the commands, all given at one moment; booked first when there is none."""
    if visit is None:
        visit = decide_all(None, (BOOK,), at(-24 * 60))[1]
    _, done = decide_all(visit, commands, at(minutes))
    assert done is not None
    return done


def refused(visit: Visit | None, command: c.Command, minutes: float = 1.0) -> str:
    """The code the command is refused with; it is an error when it is not."""
    try:
        made = decide_all(visit, (command,), at(minutes))[0]
    except Refused as no:
        assert no.say.endswith((".", "?"))
        return no.code
    raise AssertionError(f"not refused, made {made}")


def kinds(visit: Visit, *commands: c.Command, minutes: float = 1.0) -> list[str]:
    """The kinds of the facts the commands make."""
    return [fact_forms.kind_of(fact) for fact in decide_all(visit, commands, at(minutes))[0]]


def in_phase(phase: Phase) -> Visit:
    """A visit that came to this phase by commands (the phase nothing leads to yet: by hand)."""
    match phase:
        case Phase.BOOKED:
            return after()
        case Phase.ARRIVED:
            return after(*CHECK_IN)
        case Phase.WAITING:
            return after(*WAITING)
        case Phase.ON_HOLD:
            return after(*IN_VISIT, HOLD)
        case Phase.ADMITTED:
            return after(*WAITING, ADMIT)
        case Phase.IN_VISIT:
            return after(*IN_VISIT)
        case Phase.INTERRUPTED:
            return after(*IN_VISIT, MISSING, INTERRUPTED)
        case Phase.LEFT:
            return after(*WAITING, c.Leave())
        case Phase.ENDED:
            return after(*IN_VISIT, END)
        case Phase.COMPLETE:
            return after(*IN_VISIT, END, COMPLETE)
        case Phase.DECLINED:
            return after(*WAITING, c.Decline(CLINICIAN, DeclineReason.NOT_READY))
        case Phase.CANCELLED:
            return after(c.Cancel(OTHER_STAFF, CancelReason.RESCHEDULED))
        case Phase.NO_SHOW:
            return after(c.MarkNoShow(OTHER_STAFF))
        case Phase.LAPSED:
            return after(c.Tick(), minutes=24 * 60)
        case Phase.TRANSFERRED:
            return replace(after(*WAITING), phase=Phase.TRANSFERRED)


OVERRIDE = LicenceCover("WI", CoverBasis.OVERRIDE, None, None, START)
# One of every kind of fact, with every optional part there.
SAMPLES: tuple[f.Fact, ...] = (
    f.Booked(
        START, VISIT, PracticeId("prc_a"), CLIENT, CLINICIAN, SEAT, CHAIR, SERVICE, START, 50, "US/Central", CLINICIAN
    ),
    f.LinkOpened(START, "device-1"),
    f.ConsentGiven(START, "v1", "9f" * 32, "en", ConsentMethod.REAFFIRMED, ConsentBy.PARENT, START),
    f.LocationAttested(START, "US", "MN", Site.NEAR_HOME, PlaceId("plc_a")),
    f.DevicesChecked(START, DeviceCode.OK, DeviceCode.SILENT, DeviceCode.UNHEARD, DeviceCode.UNREACHABLE),
    f.Joined(START),
    f.Left(START),
    f.CameBack(START, START),
    f.Admitted(START, CLINICIAN, OVERRIDE, OverrideReason.CRISIS, 1_000, BOOT),
    f.OverrideExplained(START, CLINICIAN, OverrideReason.COMPACT),
    f.Declined(START, CLINICIAN, DeclineReason.WRONG_TIME),
    f.PutOnHold(START, CLINICIAN),
    f.Returned(START, None, ReturnReason.NEW_DEVICE),
    f.VisitBegan(START),
    f.MediaMissing(START, NO_PICTURE),
    f.MediaInterrupted(START, NO_PICTURE),
    f.MediaResumed(START),
    f.ConnectionChanged(START, SEAT, Connection.MEDIA_STOPPED),
    f.PictureReported(START, SEAT, PictureSeen.FROZEN),
    f.EvidenceRecorded(START, 5, (("par_a", 3, "1023x40"), 5), {"rtp": {"packets": 1, "lost": 0.25}}),
    f.LocationChanged(START, "US", "WI", Site.VEHICLE, None, None),
    f.LocationConfirmed(START, CLINICIAN),
    f.IdentityConfirmed(START, CLINICIAN, IdentityMethod.DOCUMENT_SHOWN),
    f.AudioOnlyAllowed(START, CLINICIAN, AudioOnlyReason.CAMERA_BROKEN),
    f.ProtectionChanged(START, 2, Protection.VERIFIED),
    f.Told(START, CLINICIAN, TellCode.LATE_5),
    f.Ended(START, None, EndReason.TIMEOUT),
    f.Completed(START, EventId("evt_a"), "c4" * 32),
    f.StatementMade(START, CLINICIAN, True, False, (StatementException.PICTURE_FROZEN,), EventId("evt_b")),
    f.Cancelled(START, OTHER_STAFF, CancelReason.CLIENT_REQUEST),
    f.NoShow(START, OTHER_STAFF),
    f.Lapsed(START),
    gf.GuestInvited(START, OTHER_STAFF, GUEST, STOOL, Role.INTERPRETER),
    gf.GuestRevoked(START, OTHER_STAFF, STOOL),
    gf.GuestArrived(START, STOOL, "device-9"),
    gf.GuestChecked(START, STOOL, DeviceCode.OK, DeviceCode.OK, DeviceCode.SKIPPED, DeviceCode.OK),
    gf.GuestJoined(START, STOOL),
    gf.GuestLeft(START, STOOL),
    gf.GuestAdmitted(START, CLINICIAN, STOOL),
    gf.GuestReturned(START, None, STOOL, ReturnReason.NEW_DEVICE),
)

# At least one command of every kind that the staff, the client and the machine have.
COMMANDS: tuple[c.Command, ...] = (
    BOOK,
    OPEN,
    OPEN_ELSEWHERE,
    CONSENT,
    AT_HOME,
    IN_WISCONSIN,
    DEVICES,
    c.Join(),
    c.Leave(),
    c.ComeBack(),
    ADMIT,
    c.Admit(CLINICIAN, None),
    c.Admit(CLINICIAN, None, OverrideReason.CRISIS),
    c.Admit(OTHER_STAFF, MINNESOTA),
    c.ExplainOverride(CLINICIAN, OverrideReason.COMPACT),
    c.Decline(CLINICIAN, DeclineReason.OTHER),
    HOLD,
    c.ReturnToWaiting(CLINICIAN),
    EVIDENCE,
    END,
    c.End(CLINICIAN, EndReason.EMERGENCY, EVIDENCE),
    COMPLETE,
    c.Cancel(OTHER_STAFF, CancelReason.OTHER),
    c.MarkNoShow(OTHER_STAFF),
    c.ConfirmLocation(CLINICIAN),
    c.ChangeLocation("US", "WI", Site.VEHICLE, None, None),
    c.ChangeLocation("US", "MN", Site.WORK, None, MINNESOTA),
    c.ConfirmIdentity(CLINICIAN),
    c.AllowAudioOnly(CLINICIAN, AudioOnlyReason.CLIENTS_WISH, permitted=True),
    c.NoteProtection(2, Protection.UNVERIFIED),
    c.AllowAudioOnly(CLINICIAN, AudioOnlyReason.CLIENTS_WISH, permitted=False),
    c.ReportPicture(CLINICIAN, SEAT, PictureSeen.BLACK),
    MET,
    MISSING,
    INTERRUPTED,
    c.NoteConnection(SEAT, Connection.ONLINE),
    c.NoteConnection(SEAT, Connection.OFFLINE),
    c.NoteConnection(CHAIR, Connection.ONLINE),
    c.NoteConnection(SEAT, Connection.CONNECTED),
    c.TellWaiting(CLINICIAN, TellCode.SOON),
    c.State(CLINICIAN, saw_and_heard=True, place_confirmed=True),
    c.Tick(),
    NO_CAMERA,
    *GUEST_WAITS,
    g.RevokeGuest(OTHER_STAFF, STOOL),
    g.LeaveAsGuest(STOOL),
    ADMIT_GUEST,
    g.ReturnGuest(CLINICIAN, STOOL),
)


@dataclass(slots=True)
class Shelf:
    """What several hubs share: every visit's facts, and who holds which clinician's seat since when."""

    rows: dict[VisitId, list[tuple[int, f.Fact, datetime]]] = field(default_factory=dict)
    seats: dict[StaffId, tuple[VisitId, datetime]] = field(default_factory=dict)
    loads: int = 0
    broken: Exception | None = None
    broken_after_writing: Exception | None = None


class ShelfJournal:
    """`signaling.ports.Journal` over a shelf, with the conflicts of the real one; bodies go through dump and load."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    async def load(self, visit: VisitId, after: int = 0) -> Sequence[tuple[int, f.Fact, datetime]]:
        """The facts above `after`."""
        self.shelf.loads += 1
        if self.shelf.broken:
            raise self.shelf.broken
        await asyncio.sleep(0)
        return [row for row in self.shelf.rows.get(visit, []) if row[0] > after]

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[f.Fact], at: Instant) -> int:
        """All or nothing, in one step of the loop, after giving the others a turn."""
        await asyncio.sleep(0)
        if self.shelf.broken:
            raise self.shelf.broken
        rows = self.shelf.rows.setdefault(visit.id, [])
        if len(rows) != expected_seq:
            raise SeqConflict
        held = self.shelf.seats.get(visit.clinician)
        if visit.seated and held is not None and held[0] != visit.id:
            raise SeatTaken(*held)
        if visit.seated:
            self.shelf.seats[visit.clinician] = (visit.id, visit.since)
        elif held is not None and held[0] == visit.id:
            del self.shelf.seats[visit.clinician]
        for fact in facts:
            rows.append((len(rows) + 1, fact_forms.load(*fact_forms.dump(fact)), at.wall))
        await asyncio.sleep(0)
        if self.shelf.broken_after_writing:
            raise self.shelf.broken_after_writing
        return len(rows)


class Heard:
    """An audience that remembers what it was told, and whether it was stored by then."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.told: list[tuple[VisitId, int, tuple[str, ...], Visit]] = []
        self.deaf: Exception | None = None

    def tell(self, visit: VisitId, seq: int, facts: Sequence[f.Fact], after: Visit) -> None:
        """Note it."""
        stored = [fact for number, fact, _ in self.shelf.rows[visit] if number <= seq]
        assert stored[-len(facts) :] == list(facts), "told before it was stored"
        self.told.append((visit, seq, tuple(fact_forms.kind_of(fact) for fact in facts), after))
        if self.deaf:
            raise self.deaf

    def kinds(self) -> list[str]:
        """Every kind told, in order."""
        return [kind for _, _, some, _ in self.told for kind in some]


@dataclass(slots=True)
class Watch:
    """A clock that stands until it is set."""

    minutes: float = 1.0

    def instant(self) -> Instant:
        """The moment it shows."""
        return at(self.minutes)
