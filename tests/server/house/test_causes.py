"""Gaps that the visit itself explains carry its cause, and the count stays what flowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from media.evidence import FULL, Audio, EvidenceSecond, StreamSecond, Video
from server.evidence_book import EvidenceBook
from server.session_complete import count, gather, known_causes
from signaling import commands
from signaling.facts import Fact
from signaling.visit import Visit, decide_all
from signaling.words import (
    ClientId,
    ConsentBy,
    ConsentMethod,
    DeviceCode,
    EndReason,
    Instant,
    OverrideReason,
    ParticipantId,
    PracticeId,
    ServiceId,
    Site,
    StaffId,
    VisitId,
)

START = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
CLIENT, CLINICIAN = ParticipantId("par_client"), ParticipantId("par_clinician")
BY = StaffId("stf_rivera")
LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
OK = DeviceCode.OK
BOOK = commands.Book(
    VisitId("vis_a"), PracticeId("prc_a"), ClientId("cli_a"), BY, CLIENT, CLINICIAN, ServiceId("svc_a"), START, 50,
    "America/Chicago", BY,
)  # fmt: skip
CHECK_IN = (
    commands.OpenLink("dev_a"),
    commands.GiveConsent("v1", "0" * 64, "en", ConsentMethod.SIGNED, ConsentBy.SELF, START),
    commands.AttestLocation("US", "MN", Site.HOME),
    commands.CheckDevices(OK, OK, OK, OK),
    commands.Join(),
)
ADMIT = commands.Admit(BY, None, OverrideReason.CONTINUITY)


def flowing(first: int, last: int) -> commands.RecordEvidence:
    """Both flow in the seconds [first, last) since the origin."""
    book = EvidenceBook(0, (CLINICIAN, CLIENT))
    book.add(EvidenceSecond(at, {CLINICIAN: LIVE, CLIENT: LIVE}) for at in range(first, last))
    unwritten = book.take_unwritten()
    assert unwritten is not None
    return commands.RecordEvidence(*unwritten, {})


def test_hold_and_waiting_are_named_and_a_lost_connection_is_not_called_hold() -> None:
    """Ten seconds, hold, ten seconds, back in the waiting room, ten seconds, a gap of five nobody asked for, five."""
    visit: Visit | None = None
    facts: list[Fact] = []
    script: tuple[tuple[int, tuple[commands.Command, ...]], ...] = (
        (0, (BOOK, *CHECK_IN, ADMIT)),
        (10, (flowing(0, 10), commands.Hold(BY))),
        (40, (ADMIT,)),
        (50, (flowing(40, 50), commands.ReturnToWaiting(BY))),
        (60, (ADMIT,)),
        (80, (flowing(60, 70), flowing(75, 80), commands.End(BY, EndReason.DONE))),
    )
    for second, wishes in script:
        now = Instant(START + timedelta(seconds=second), (1000 + second) * 10**9, "boot")
        made, visit = decide_all(visit, wishes, now)
        facts.extend(made)
    assert visit is not None
    counted = count(gather(visit, facts), known_causes(visit, facts))
    assert counted.totals.audio_video_overlap == 35.0
    assert [(each.from_s, each.to_s, each.cause) for each in counted.timeline] == [
        (0, 10, None),
        (10, 40, "on_hold"),
        (40, 50, None),
        (50, 60, "waiting"),
        (60, 70, None),
        (70, 75, "clinician_reconnecting"),
        (75, 80, None),
    ]
