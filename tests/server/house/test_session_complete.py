"""The numbers of the event: floored, never above what flowed, from where both were there."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract
from media.evidence import FULL, Audio, EvidenceSecond, Modality, StreamSecond, Video
from server.evidence_book import EvidenceBook
from server.session_complete import Clinician, Naming, Practice, body, count, gather
from signaling import commands
from signaling.facts import EvidenceRecorded, Fact
from signaling.guest_facts import GuestInvited
from signaling.licence import LicenceCover
from signaling.precheck import CheckedRule, Precheck, PrecheckResult
from signaling.shape import Override
from signaling.visit import Visit, decide_all, replay
from signaling.words import (
    ClientId,
    ConsentBy,
    ConsentMethod,
    CoverBasis,
    DeviceCode,
    EndReason,
    GuestId,
    Instant,
    LicenceId,
    OverrideReason,
    ParticipantId,
    PracticeId,
    Role,
    ServiceId,
    Site,
    StaffId,
    VisitId,
)

START = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
PAIR = ("par_" + "a" * 20, "par_" + "b" * 20)
BY = StaffId("stf_" + "a" * 20)
LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
HEARD = StreamSecond(Audio.PRESENT, Video.NONE, FULL, 0, FULL, 0)
NAMING = Naming("evt_" + "a" * 20, 7, START + timedelta(hours=1), bytes(32))
PRACTICE = Practice("prc_" + "a" * 20, "1990000105", "America/Chicago", "Antechamber 0")


def held(seconds: dict[int, tuple[StreamSecond | None, StreamSecond | None]], lasting: int) -> tuple[Visit, list[Fact]]:
    """A visit that was admitted a minute after START, with these seconds as evidence, ended after `lasting`."""
    wall, mono = START, 5_000
    visit: Visit | None = None
    facts: list[Fact] = []

    def do(*wishes: commands.Command) -> None:
        nonlocal visit
        made, visit = decide_all(visit, wishes, Instant(wall, mono * 10**9, "boot"))
        facts.extend(made)

    ok = DeviceCode.OK
    do(
        commands.Book(
            VisitId("vis_" + "a" * 20), PracticeId(PRACTICE.id), ClientId("cli_" + "a" * 20), BY,
            ParticipantId(PAIR[1]), ParticipantId(PAIR[0]), ServiceId("svc_" + "a" * 20), START, 50,
            "America/Chicago", BY,
        )
    )  # fmt: skip
    do(
        commands.OpenLink("dev_a"),
        commands.GiveConsent("v1", "0" * 64, "en", ConsentMethod.SIGNED, ConsentBy.SELF, START),
        commands.AttestLocation("US", "MN", Site.HOME),
        commands.CheckDevices(ok, ok, ok, ok),
        commands.Join(),
    )
    wall, mono = START + timedelta(seconds=60.4), 5_060
    cover = LicenceCover("MN", CoverBasis.LICENCE, LicenceId("lic_" + "a" * 20), date(2029, 1, 1), wall)
    do(commands.Admit(BY, cover))
    book = EvidenceBook(mono, PAIR)
    book.add(
        EvidenceSecond(mono + at, {who: one for who, one in zip(PAIR, both, strict=True) if one is not None})
        for at, both in seconds.items()
    )
    unwritten = book.take_unwritten()
    if unwritten is not None:
        do(commands.RecordEvidence(*unwritten, {}))
    wall, mono = wall + timedelta(seconds=lasting), mono + lasting
    do(commands.End(BY, EndReason.DONE))
    assert visit is not None
    assert replay(facts) == visit
    return visit, facts


def event_of(visit: Visit, facts: list[Fact]) -> dict[str, object]:
    """The event's body, which the contract accepts."""
    made = body(visit, count(gather(visit, facts)), NAMING, PRACTICE, Clinician("1880000207", "LICSW"), None)
    contract.seal(made, Ed25519PrivateKey.generate(), "sgn_a")
    return made


def tenths(count: int) -> int:
    """A mask of the first tenths of a second."""
    return (1 << count) - 1


def test_sums_are_floored_never_rounded() -> None:
    """Nine tenths are no second; each total is floored by itself."""
    almost = StreamSecond(Audio.PRESENT, Video.FLOWING, tenths(9), tenths(9), FULL, FULL)
    visit, facts = held({0: (LIVE, almost), **dict.fromkeys(range(1, 10), (LIVE, LIVE))}, 10)
    event = event_of(visit, facts)
    assert count(gather(visit, facts)).totals.audio_video_overlap == 9.9
    assert event["seconds"] == {
        "waiting": 60, "presence": 10, "audio_video_overlap": 9, "talk_overlap": 9, "audio_only": 0, "phone": 0,
        "on_hold": 0, "interrupted": 0, "video_off_by": {"clinician": 0, "client": 0},
    }  # fmt: skip


def test_no_total_is_ever_above_what_flowed() -> None:
    """For any evidence: floored sums, talk within presence, both within talk, the timeline within the sums."""
    chance = random.Random(3)
    for _ in range(40):

        def any_second() -> StreamSecond | None:
            if chance.random() < 0.1:
                return None
            masks = [chance.choice([0, FULL, chance.randrange(FULL + 1)]) for _ in range(5)]
            return StreamSecond(chance.choice(list(Audio)), chance.choice(list(Video)), *masks)

        seconds = {at: (any_second(), any_second()) for at in range(60)}
        visit, facts = held(seconds, 60)
        counted = count(gather(visit, facts)).totals
        pairs = [(one, other) for one, other in seconds.values() if one is not None and other is not None]
        true_talk = sum((one.talk & other.talk).bit_count() for one, other in pairs) / 10
        true_both = sum((one.talk & other.talk & one.picture & other.picture).bit_count() for one, other in pairs) / 10
        assert (counted.talk_overlap, counted.audio_video_overlap) == (true_talk, true_both)
        told = event_of(visit, facts)["seconds"]
        assert isinstance(told, dict)
        assert told["audio_video_overlap"] <= true_both
        assert told["talk_overlap"] <= true_talk
        assert told["audio_video_overlap"] <= told["talk_overlap"] <= told["presence"]


def test_the_visit_begins_where_both_were_there() -> None:
    """The wait for the other side is no interval and no time of service."""
    alone = dict.fromkeys(range(7), (LIVE, None))
    visit, facts = held({**alone, **dict.fromkeys(range(7, 27), (LIVE, LIVE))}, 30)
    counted = count(gather(visit, facts))
    assert counted.began_s == 7
    event = event_of(visit, facts)
    times, line = event["times"], event["intervals"]
    assert isinstance(times, dict)
    assert isinstance(line, list)
    assert times["in_visit"] == "2026-11-23T16:01:07.400Z"
    assert times["in_visit_local"] == "2026-11-23T10:01:07-06:00"
    assert (line[0]["from_s"], line[-1]["to_s"]) == (0, 20)


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (20, Modality.AUDIO_VIDEO),
        (18, Modality.AUDIO_VIDEO),
        (17, Modality.MIXED),
        (1, Modality.MIXED),
        (0, Modality.AUDIO_ONLY),
    ],
)
def test_modality_follows_the_share_of_pictures(pictures: int, expected: Modality) -> None:
    """Nine tenths of the talk make a video visit; none at all, on either side, is audio only; the rest is mixed."""
    seconds = {at: (LIVE, LIVE) if at < pictures else (HEARD, HEARD) for at in range(20)}
    visit, facts = held(seconds, 20)
    modality = event_of(visit, facts)["modality"]
    assert isinstance(modality, dict)
    assert modality["determined"] == expected.value


def test_a_visit_without_media_counts_nothing() -> None:
    """No second of both: no beginning, nothing counted."""
    visit, facts = held(dict.fromkeys(range(5), (LIVE, None)), 5)
    counted = count(gather(visit, facts))
    assert (counted.began_s, counted.totals.talk_overlap, counted.timeline) == (None, 0.0, ())
    assert counted.modality is Modality.NONE


def test_the_event_says_what_the_check_before_the_visit_came_to() -> None:
    """Its result and rules as they were at admission; that nothing was checked where nothing was; why all the same."""
    visit, facts = held(dict.fromkeys(range(60), (LIVE, LIVE)), 60)
    assert event_of(visit, facts)["precheck"] == {"rules": [], "result": "not_checked", "override": None}
    found = Precheck(PrecheckResult.CLEAR, (CheckedRule("Acme-2026", 3), CheckedRule("verified-cov_a2", 1)))
    rules = [{"id": "Acme-2026", "version": 3}, {"id": "verified-cov_a2", "version": 1}]
    checked = replace(visit, precheck=found)
    assert event_of(checked, facts)["precheck"] == {"rules": rules, "result": "clear", "override": None}
    cover = LicenceCover("TX", CoverBasis.OVERRIDE, None, None, START)
    override = Override(START, BY, OverrideReason.CRISIS, None)
    there = replace(visit, cover=cover, override=override, precheck=Precheck(PrecheckResult.UNLICENSED))
    assert event_of(there, facts)["precheck"] == {"rules": [], "result": "unlicensed", "override": "crisis"}


def test_only_an_ended_visit_has_an_event() -> None:
    """Anything else is a bug of ours."""
    visit, facts = held({0: (LIVE, LIVE)}, 5)
    before = replay(facts[:-1])
    assert before is not None
    with pytest.raises(LookupError):
        body(before, count(gather(visit, facts)), NAMING, PRACTICE, Clinician(None, None), None)


def test_guests_are_named_with_what_was_heard_and_seen_of_them() -> None:
    """Whole seconds connected; who never came is not there; and no total is another for it."""
    came, absent = ("gst_" + "a" * 20, "par_" + "c" * 20), ("gst_" + "b" * 20, "par_" + "d" * 20)
    visit, facts = held(dict.fromkeys(range(10), (LIVE, LIVE)), 10)
    alone = event_of(visit, facts)
    invitations: list[Fact] = [
        GuestInvited(START, BY, GuestId(guest), ParticipantId(who), role)
        for (guest, who), role in ((came, Role.INTERPRETER), (absent, Role.TRAINEE))
    ]
    beside = EvidenceBook(5_060, PAIR)
    heard = StreamSecond(Audio.PRESENT, Video.NONE, FULL, 0, connected=FULL)
    late = StreamSecond(Audio.SILENT, Video.BLANK, FULL, 0, connected=tenths(9))
    beside.add(
        EvidenceSecond(5_060 + at, {PAIR[0]: LIVE, PAIR[1]: LIVE, came[1]: heard if at < 4 else late})
        for at in range(2, 5)
    )
    unwritten = beside.take_unwritten()
    assert unwritten is not None
    before = next(at for at, fact in enumerate(facts) if isinstance(fact, EvidenceRecorded))
    more: list[Fact] = [*facts[: before + 1], EvidenceRecorded(START, *unwritten, {}), *facts[before + 1 :]]
    more[1:1] = invitations
    together = replay(more)
    assert together is not None
    event = event_of(together, more)
    assert event["others"] == [
        {"id": came[0], "role": "interpreter", "present_seconds": 2, "audio": True, "video": False}
    ]
    assert event["seconds"] == alone["seconds"]
    assert alone["others"] == []
