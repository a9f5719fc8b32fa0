"""What must be there before a client is let in: every step, a licence for where they are, or a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signaling import commands as c
from signaling.licence import LicenceCover
from signaling.words import (
    CoverBasis,
    DeviceCode,
    LicenceId,
    OverrideReason,
    Phase,
    Site,
    Step,
)
from tests.signaling.lives import (
    ADMIT,
    AT_HOME,
    CHECK_IN,
    CLINICIAN,
    COMPLETE,
    CONSENT,
    DEVICES,
    END,
    IN_WISCONSIN,
    MINNESOTA,
    OPEN,
    START,
    WAITING,
    after,
    in_phase,
    kinds,
    refused,
    wall,
)

CRISIS = c.Admit(CLINICIAN, None, OverrideReason.CRISIS)


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ((OPEN,), Step.CONSENT),
        ((OPEN, AT_HOME, DEVICES), Step.CONSENT),
        ((OPEN, CONSENT), Step.LOCATION),
        ((OPEN, CONSENT, DEVICES), Step.LOCATION),
        ((OPEN, CONSENT, AT_HOME), Step.DEVICES),
    ],
)
def test_nobody_joins_or_is_admitted_before_every_step_is_made(steps: tuple[c.Command, ...], missing: Step) -> None:
    """The first step not made is what is asked for, by client and clinician alike, override or not."""
    visit = after(*steps)
    assert visit.step is missing
    code = f"{missing.value}-missing"
    assert refused(visit, c.Join()) == code
    assert refused(visit, ADMIT) == code
    assert refused(visit, CRISIS) == code


def test_a_device_check_may_have_failed_but_must_have_been_made() -> None:
    """A client whose camera is broken is not kept out."""
    broken = c.CheckDevices(DeviceCode.MISSING, DeviceCode.SILENT, DeviceCode.UNHEARD, DeviceCode.UNREACHABLE)
    assert after(OPEN, CONSENT, AT_HOME, broken, c.Join(), ADMIT).phase is Phase.ADMITTED


def test_nobody_is_admitted_who_has_not_joined() -> None:
    """Checked in is not yet waiting."""
    assert refused(after(*CHECK_IN), ADMIT) == "not-joined"
    assert refused(after(), ADMIT) == "not-while-booked"


def test_even_a_waiting_visit_without_consent_is_not_admitted() -> None:
    """Were the journal ever to hold such a visit, admission still asks."""
    visit = in_phase(Phase.WAITING)
    assert refused(replace(visit, consent=None), CRISIS) == "consent-missing"
    assert refused(replace(visit, location=None), CRISIS) == "location-missing"
    assert refused(replace(visit, devices=None), CRISIS) == "devices-missing"


def test_admission_needs_a_licence_for_the_attested_state() -> None:
    """No cover, cover of another state, of another country or out of date: none is cover."""
    assert refused(in_phase(Phase.WAITING), c.Admit(CLINICIAN, None)) == "licence-missing"
    in_wisconsin = after(*WAITING, IN_WISCONSIN)
    assert refused(in_wisconsin, ADMIT) == "licence-missing"
    abroad = after(*WAITING, c.AttestLocation("CA", "MN", Site.LODGING))
    assert refused(abroad, ADMIT) == "licence-missing"
    gone = LicenceCover("MN", CoverBasis.LICENCE, LicenceId("lic_old"), START.date() - timedelta(days=1), START)
    assert refused(in_phase(Phase.WAITING), c.Admit(CLINICIAN, gone)) == "licence-missing"
    claimed = LicenceCover("MN", CoverBasis.OVERRIDE, None, None, START)
    assert refused(in_phase(Phase.WAITING), c.Admit(CLINICIAN, claimed)) == "licence-missing"


def test_a_licence_holds_to_the_end_of_its_last_day_where_the_practice_is() -> None:
    """23:30 in Chicago is the next day in UTC, and still the licence's last."""
    last_day = LicenceCover("MN", CoverBasis.LICENCE, LicenceId("lic_a"), START.date(), START)
    late = 13 * 60 + 30
    visit = replace(in_phase(Phase.WAITING), minutes=12 * 60)
    assert kinds(visit, c.Admit(CLINICIAN, last_day), minutes=late) == ["admitted"]
    assert refused(visit, c.Admit(CLINICIAN, last_day), minutes=late + 31) == "licence-missing"


def test_an_override_is_recorded_with_its_reason() -> None:
    """The fact says that no licence covered the state, and why the clinician went on."""
    visit = after(*WAITING, IN_WISCONSIN, c.Admit(CLINICIAN, None, OverrideReason.CONTINUITY))
    assert visit.cover == LicenceCover("WI", CoverBasis.OVERRIDE, None, None, wall(1))
    assert visit.override is not None
    assert visit.override.reason is OverrideReason.CONTINUITY
    assert not visit.covered
    assert refused(visit, c.ExplainOverride(CLINICIAN, OverrideReason.OTHER)) == "nothing-to-explain"


def test_an_override_is_asked_for_once_for_a_state() -> None:
    """Back from hold the reason stands, a crisis that was explained stays explained; another state asks anew."""
    explain = c.ExplainOverride(CLINICIAN, OverrideReason.COMPACT)
    held = after(*WAITING, IN_WISCONSIN, CRISIS, explain, c.Hold(CLINICIAN))
    assert kinds(held, c.Admit(CLINICIAN, None)) == ["admitted"]
    back = after(c.Admit(CLINICIAN, None), visit=held)
    assert (back.override, back.cover) == (held.override, held.cover)
    moved = after(c.ReturnToWaiting(CLINICIAN), visit=back)
    assert moved.location is not None
    elsewhere = replace(moved, location=replace(moved.location, state="TX"))
    assert refused(elsewhere, c.Admit(CLINICIAN, None)) == "licence-missing"
    abroad = replace(moved, location=replace(moved.location, country="CA", state=""))
    assert refused(abroad, c.Admit(CLINICIAN, None)) == "licence-missing"


def test_an_override_that_was_not_needed_is_not_recorded() -> None:
    """A licence covers: the reason has nothing to excuse."""
    visit = after(*WAITING, c.Admit(CLINICIAN, MINNESOTA, OverrideReason.CRISIS))
    assert visit.override is None
    assert visit.covered


def test_a_crisis_admits_at_once_and_asks_why_afterwards() -> None:
    """The reason is due, once, and "crisis" is no answer to it."""
    visit = after(*WAITING, IN_WISCONSIN, CRISIS)
    assert visit.phase is Phase.ADMITTED
    explain = c.ExplainOverride(CLINICIAN, OverrideReason.COMPACT)
    assert refused(visit, c.ExplainOverride(CLINICIAN, OverrideReason.CRISIS)) == "reason-missing"
    ended = after(END, COMPLETE, visit=visit)
    told = after(explain, visit=ended)
    assert told.override is not None
    assert told.override.explained is OverrideReason.COMPACT
    assert refused(told, explain) == "nothing-to-explain"


def test_the_location_may_change_during_the_visit_and_the_licence_is_looked_at_again() -> None:
    """The visit goes on; the fact carries the new cover or shows that there is none; the old place is kept."""
    visit = after(c.ConfirmLocation(CLINICIAN), visit=in_phase(Phase.IN_VISIT))
    assert visit.location is not None
    assert visit.location.confirmed_by == CLINICIAN
    moved = after(c.ChangeLocation("US", "WI", Site.VEHICLE, None, MINNESOTA), visit=visit)
    assert moved.phase is Phase.IN_VISIT
    assert not moved.covered
    assert moved.cover is None
    assert moved.location is not None
    assert (moved.location.state, moved.location.confirmed_at) == ("WI", None)
    assert [one.state for one in moved.location_changes] == ["MN"]
    home = after(c.ChangeLocation("US", "MN", Site.HOME, None, MINNESOTA), visit=moved)
    assert home.covered
    assert [one.state for one in home.location_changes] == ["MN", "WI"]


def test_the_location_is_attested_before_and_changed_after_admission() -> None:
    """Each has its own fact."""
    assert refused(in_phase(Phase.IN_VISIT), AT_HOME) == "not-while-in-visit"
    move = c.ChangeLocation("US", "MN", Site.WORK, None, MINNESOTA)
    assert refused(in_phase(Phase.WAITING), move) == "not-while-waiting"
    assert after(IN_WISCONSIN, visit=in_phase(Phase.WAITING)).phase is Phase.WAITING
