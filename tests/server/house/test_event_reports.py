"""What stands in the event beside the count: sums of the connections, and reports labelled as such."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from billing_hooks import contract_schema
from media.quality import Arrived, Level, Reading, Sums
from server.event_reports import beside, links, reports
from server.link_sums import QualityRow, Stretch, dump_sums, load_sums
from signaling import facts as f
from signaling.words import PictureSeen
from tests.signaling.lives import CHAIR, CLINICIAN, IN_VISIT, SEAT, after

VISIT = after(*IN_VISIT)
READING = Reading(7, audio=Arrived(900, 50, 1, 4.0), video=Arrived(50_000, 60, 3, 9.0), rtt_ms=42.0, talking=True)


def at(seconds: float) -> datetime:
    """So many seconds after the admission."""
    assert VISIT.origin is not None
    return VISIT.origin.at + timedelta(seconds=seconds)


def report(seconds: float, seen: PictureSeen) -> f.PictureReported:
    """A report about the client's picture."""
    return f.PictureReported(at(seconds), SEAT, seen)


def test_reports_are_stretches_since_the_visit_began_and_say_who_reported() -> None:
    """Black, then frozen without a good picture between, then good; and one that the end cuts off."""
    told = reports(
        VISIT,
        [
            report(20, PictureSeen.BLACK),
            report(31, PictureSeen.FROZEN),
            report(50, PictureSeen.OK),
            report(100, PictureSeen.FROZEN),
            f.Ended(at(120), CLINICIAN, f.EndReason.DONE),
        ],
        10,
    )
    assert [(one["seen"], one["from_s"], one["to_s"]) for one in told] == [
        ("black", 10, 21), ("frozen", 21, 40), ("frozen", 90, 110),
    ]  # fmt: skip
    assert {(one["of"], one["reported_by"]) for one in told} == {("client", "clinician_browser")}


def test_a_report_from_before_the_count_is_cut_and_a_hold_ends_it() -> None:
    """Seconds count from where the visit began; nobody sees anything on hold."""
    told = reports(VISIT, [report(2, PictureSeen.FROZEN), f.PutOnHold(at(30), CLINICIAN)], 10)
    assert [(one["from_s"], one["to_s"]) for one in told] == [(0, 20)]
    assert reports(VISIT, [report(2, PictureSeen.BLACK), report(8, PictureSeen.OK)], 10) == []


def test_sums_go_through_the_journal_unchanged() -> None:
    """Whole numbers, so that what is written is what is read."""
    sums = {SEAT: Sums().plus(READING, Level.GOOD).plus(READING, Level.WEAK)}
    assert load_sums(dump_sums(sums)) == sums
    assert load_sums({"srtp": "AEAD_AES_256_GCM"}) == {}


def test_the_newest_sums_stand_in_the_event_by_side() -> None:
    """The last record of each person counts; who was never measured is null."""
    early, late = Sums().plus(READING, Level.GOOD), Sums().plus(READING, Level.GOOD).plus(READING, Level.WEAK)
    told = links(VISIT, [f.EvidenceRecorded(at(5), 0, (), dump_sums({CHAIR: one})) for one in (early, late)])
    assert told["client"] is None
    assert told["clinician"]["video"] == {"packets": 120, "lost": 6, "jitter_ms": 9}
    assert (told["clinician"]["talk_seconds"], told["clinician"]["weak_seconds"]) == (2, 1)


def test_what_is_said_beside_the_count_fits_the_contract_and_nothing_more_does() -> None:
    """Events with and without it are events; a foreign word in it makes it none."""
    records = [f.EvidenceRecorded(at(5), 0, (), dump_sums({CHAIR: Sums().plus(READING, Level.GOOD)}))]
    said = beside(VISIT, [*records, report(5, PictureSeen.BLACK), report(30, PictureSeen.OK)], 0)
    assert set(said) == {"links", "reports"}
    for one in said["reports"]:
        contract_schema._REPORT(one, "")
    contract_schema._LINK(said["links"]["clinician"], "")
    assert beside(VISIT, [], 0) == {}


def test_a_stretch_becomes_a_row_of_its_mean_rate_and_its_worst_level() -> None:
    """Ten seconds, one of them weak, one without a picture."""
    stretch = Stretch(40)
    for number in range(10):
        stretch.add(
            replace(READING, video=Arrived()) if number == 3 else READING, Level.WEAK if number == 5 else Level.GOOD
        )
    row = stretch.row(SEAT, (640, 480))
    assert row == QualityRow(SEAT, 40, 10, 1, 367, 36, 0, 4, 42, 640, 480)
    assert row.level_word is Level.WEAK
