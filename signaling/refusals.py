"""The guards and refusals that several decisions share, in plain words. Pure."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from signaling.deadlines import closes_at
from signaling.errors import Refused
from signaling.licence import LicenceCover
from signaling.shape import Returns, Visit
from signaling.words import CoverBasis, Instant, Phase, StaffId, Step

MOST_RETURNS = 200
"""Of one person in one visit. A bad network leaves nobody: only the button does."""
_RETURNS_APART = timedelta(seconds=2)

WHILE = {
    Phase.BOOKED: "The client has not opened the link yet.",
    Phase.ARRIVED: "The client is still checking in.",
    Phase.WAITING: "The client is in the waiting room.",
    Phase.ON_HOLD: "The client is on hold.",
    Phase.ADMITTED: "The client has been let in.",
    Phase.IN_VISIT: "The visit is in progress.",
    Phase.INTERRUPTED: "The visit is interrupted.",
    Phase.LEFT: "The client has left and may come back.",
    Phase.ENDED: "This visit is over.",
    Phase.COMPLETE: "This visit is over.",
    Phase.DECLINED: "The client was not let in.",
    Phase.CANCELLED: "This visit was cancelled.",
    Phase.NO_SHOW: "This visit was marked as a no-show.",
    Phase.TRANSFERRED: "This visit was handed over.",
    Phase.LAPSED: "The time for this visit has passed.",
}
_STEP_MISSING = {
    Step.CONSENT: ("consent-missing", "Consent has not been given for this visit yet."),
    Step.LOCATION: ("location-missing", "Where the client is has not been said for this visit yet."),
    Step.DEVICES: ("devices-missing", "The camera and microphone check has not been made yet."),
}


def not_while(visit: Visit) -> Refused:
    """The table NEXT has no way from this phase for what was wished."""
    return Refused(f"not-while-{visit.phase.value.replace('_', '-')}", f"{WHILE[visit.phase]} That cannot be done now.")


def step_missing(visit: Visit) -> Refused:
    """A step of the check-in has not been made for this visit."""
    return Refused(*_STEP_MISSING[visit.step or Step.LOCATION])


def own(visit: Visit, by: StaffId) -> None:
    """Refuse whoever is not this visit's clinician."""
    if by != visit.clinician:
        raise Refused("not-your-visit", "Only the clinician of this visit can do that.")


def not_admitted_yet(visit: Visit) -> None:
    """Refuse to undo what has been held: it is ended, its minutes are part of the record."""
    if visit.admitted_at is not None and not visit.over:
        raise Refused("was-admitted", "The client has been let in before: end the visit instead.")


def still_to_come(visit: Visit, now: Instant) -> None:
    """Refuse the client what a visit that is over, or a link past its time, no longer gives."""
    if visit.over:
        raise Refused("visit-over", f"{WHILE[visit.phase]} Please phone us if you need another time.")
    if visit.admitted_at is None and now.wall >= closes_at(visit):
        raise Refused("visit-over", "The time for this visit has passed. Please phone us for another one.")


def may_come_back(returns: Returns, now: Instant) -> None:
    """Refuse to come back without end: each return is kept for ever. Leaving is never refused."""
    if returns.often >= MOST_RETURNS:
        raise Refused("too-many-returns", "You have left and come back very often. Please phone us.")
    if returns.last is not None and timedelta(0) <= now.wall - returns.last < _RETURNS_APART:
        raise Refused("return-too-soon", "You came back a moment ago. Wait a few seconds, then try again.")


def covers(cover: LicenceCover, country: str, state: str, visit: Visit, now: Instant) -> bool:
    """A licence, of that state of this country, that has not expired on the practice's calendar."""
    if cover.basis is not CoverBasis.LICENCE or country != "US" or cover.state != state:
        return False
    return cover.expires is None or cover.expires >= now.wall.astimezone(ZoneInfo(visit.zone)).date()
