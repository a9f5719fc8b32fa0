"""What the clinician's browser reports of a picture: changes only, of somebody who is there, not too often."""

from __future__ import annotations

import pytest

from signaling import commands as c
from signaling import facts as f
from signaling import views
from signaling.decide import decide
from signaling.errors import Refused
from signaling.transitions import evolve
from signaling.words import DeskStatus, LinkQuality, Phase, PictureSeen
from tests.signaling.lives import CHAIR, CLINICIAN, IN_VISIT, OTHER_STAFF, SEAT, after, at, in_phase

BLACK, FROZEN, OK = PictureSeen.BLACK, PictureSeen.FROZEN, PictureSeen.OK


def report(seen: PictureSeen) -> c.ReportPicture:
    """About the client."""
    return c.ReportPicture(CLINICIAN, SEAT, seen)


def test_only_changes_become_facts() -> None:
    """A picture is as it should be until somebody says otherwise."""
    visit = after(*IN_VISIT)
    assert decide(visit, report(OK), at(1)) == ()
    (fact,) = decide(visit, report(BLACK), at(1))
    assert fact == f.PictureReported(at(1).wall, SEAT, BLACK)
    visit = evolve(visit, fact)
    assert decide(visit, report(BLACK), at(3)) == ()
    assert decide(visit, report(OK), at(3)) == (f.PictureReported(at(3).wall, SEAT, OK),)


def test_a_flood_of_reports_is_refused() -> None:
    """One in four seconds of each person is taken: a page says one in five."""
    visit = evolve(after(*IN_VISIT), f.PictureReported(at(1).wall, SEAT, BLACK))
    with pytest.raises(Refused) as no:
        decide(visit, report(FROZEN), at(1 + 3 / 60))
    assert no.value.code == "report-too-soon"
    assert decide(visit, report(FROZEN), at(1 + 5 / 60))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.ReportPicture(CLINICIAN, CHAIR, BLACK), "nobody-there"),
        (c.ReportPicture(OTHER_STAFF, SEAT, BLACK), "not-your-visit"),
    ],
)
def test_nobody_reports_of_themselves_or_of_others_visits(command: c.ReportPicture, code: str) -> None:
    """The clinician's own picture is not on the clinician's screen; other staff see nothing."""
    with pytest.raises(Refused) as no:
        decide(after(*IN_VISIT), command, at(1))
    assert no.value.code == code


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.ON_HOLD])
def test_without_media_there_is_nothing_to_report(phase: Phase) -> None:
    """A late message of a page that has not heard of the hold yet changes nothing."""
    assert decide(in_phase(phase), report(BLACK), at(1)) == ()


def test_a_report_counts_nothing_and_the_client_does_not_read_it() -> None:
    """It changes neither phase nor requirement; the client's browser learns that something was noted."""
    before = after(*IN_VISIT)
    fact = f.PictureReported(at(1).wall, SEAT, BLACK)
    visit = evolve(before, fact)
    assert (visit.phase, visit.requirement, visit.missing) == (before.phase, before.requirement, before.missing)
    told = views.dump_fact(visit, 9, fact, visit.client_seat, {}, DeskStatus.AVAILABLE)
    assert told["kind"] == "noted"
    assert views.dump_fact(visit, 9, fact, visit.clinician_seat, {}, DeskStatus.AVAILABLE)["kind"] == "picture_reported"


def test_quality_names_each_person_by_participant() -> None:
    """One word each."""
    assert views.dump_quality({SEAT: LinkQuality.WEAK}) == {"type": "quality", "of": {SEAT: "weak"}}
