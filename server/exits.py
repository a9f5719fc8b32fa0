"""What a clinician can do where a client may not be seen, or is not covered: each recorded, with who and when.

The visit itself changes by its own commands alone; what was cited, to whom somebody was referred and until when an
exception holds is kept by billing, sealed and never changed. Shell (asyncio).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from billing_hooks.store import Store
from billing_hooks.store_checks import Act
from server.booking import Wish, book
from server.db import people, visits
from server.db.visits import BookedVisit
from server.desk_checks import DeskChecks, local_day
from server.errors import Malformed, Refused
from server.ids import new_id
from server.logs import log
from server.ports import Front
from server.states import STATES
from signaling import commands
from signaling.decide import decide
from signaling.shape import Visit
from signaling.words import CancelReason, DeclineReason, Instant, OverrideReason, Phase, StaffId, TellCode, VisitId

LONGEST_EXCEPTION: Final = timedelta(days=366)
"""An exception in law that is older than a year is looked up again."""


@dataclass(frozen=True, slots=True)
class Case:
    """One visit at the desk, its clinician's own."""

    front: Front
    checks: DeskChecks
    visit: Visit
    row: BookedVisit
    by: str

    @property
    def store(self) -> Store:
        """Billing's store."""
        return self.checks.checking.store

    @property
    def practice(self) -> str:
        """The practice."""
        return self.front.shelf.practice

    @property
    def state(self) -> str:
        """Where the client says they are: a state, or the country abroad in a spelling that no state has."""
        where = self.visit.location
        if where is None:
            return ""
        return where.state if where.country == "US" else f"abroad-{where.country}"

    @property
    def today(self) -> date:
        """Today on the practice's calendar."""
        return local_day(self.front.shelf.now(), self.visit.zone)

    async def record(
        self, kind: str, said: Mapping[str, Any], *, expires: date | None = None, about: str | None = None
    ) -> str:
        """Keep what was done; its id."""
        act = Act(
            id=new_id("act"), visit=self.visit.id, client=self.visit.client, clinician=self.visit.clinician, kind=kind,
            state=self.state, at=self.front.shelf.now(), by=self.by, said=said, expires=expires, about=about,
        )  # fmt: skip
        await self.store.add_act(self.practice, act)
        log.info(f"desk-{kind.replace('_', '-')}", visit=self.visit.id, staff=self.by)
        return act.id


async def case(front: Front, visit: str, clinician: str) -> Case:
    """The clinician's own visit. Raises Refused("visit-unknown" | "not-your-visit" | "billing-elsewhere")."""
    if front.checks is None:
        raise Refused("billing-elsewhere", "Billing runs on another server: what you do about this is recorded there.")
    async with front.shelf.work() as work:
        row = await visits.own(work, visit, clinician)
    _, now = await front.hub.visit(VisitId(visit))
    return Case(front, front.checks, now, row, clinician)


async def ask_place(here: Case) -> None:
    """The client is asked to say once more where they are."""
    await here.front.hub.command(here.visit.id, commands.TellWaiting(StaffId(here.by), TellCode.WHERE_NOW))
    await here.record("ask_place", {})


async def exception(here: Case, reason: OverrideReason, law: str, expires: date) -> str:
    """Why this client may be seen there all the same, by which law, until when. The visit is admitted afterwards.

    Raises Malformed("law-missing" | "expiry-malformed"), Refused("location-missing").
    """
    if reason is OverrideReason.CRISIS:
        raise Malformed("reason-missing", "Choose the reason that fits. A crisis has a button of its own.")
    if not here.state:
        raise Refused("location-missing", "Where the client is has not been said for this visit yet.")
    check_citation(law, expires, here.today)
    said = {"reason": reason.value, "law": law}
    made = await here.record("exception", said, expires=expires)
    here.checks.forget(here.visit.id)
    return made


def check_citation(law: str, expires: date | None, today: date) -> None:
    """Raises Malformed("law-missing" | "expiry-malformed")."""
    if sum(letter.isalnum() for letter in law) < 4:
        raise Malformed("law-missing", "Cite the law: its name or section, such as Wis. Stat. 440.17.")
    if expires is None or not today <= expires <= today + LONGEST_EXCEPTION:
        raise Malformed("expiry-malformed", "Give the last day on which it holds: from today, at most a year ahead.")


async def refer(here: Case, to: str, note: str) -> str:
    """Refer the client to somebody licensed there and let this visit go. Raises Refused("contact-unknown")."""
    found = next((one for one in await licensed_there(here) if one["id"] == to), None)
    if found is None:
        raise Refused("contact-unknown", "That name is no longer on the list: choose somebody from it.")
    _may_let_go(here)
    made = await here.record("refer", {"to": to, "name": found["name"], "phone": found["phone"], "note": note})
    await _let_go(here)
    return made


async def licensed_there(here: Case) -> list[dict[str, str]]:
    """Whom the client can be referred to: the practice's own who are licensed there today, then the contacts kept."""
    today, state = here.today, here.state
    async with here.front.shelf.work() as work:
        staff = {person.id: person for person in await people.clinicians(work)}
        held = await people.held_by_each(work)
    own = [
        {"id": who, "name": staff[who].name, "phone": "", "note": "of this practice", "own": "yes"}
        for who, licences in held.items()
        if who in staff and who != here.visit.clinician
        and any(one.state == state and one.valid_from <= today <= (one.valid_to or today) for one in licences)
    ]  # fmt: skip
    others = [
        {"id": one.id, "name": one.name, "phone": one.phone, "note": one.note, "own": ""}
        for one in await here.store.contacts(here.practice, state)
    ]
    return [*sorted(own, key=lambda one: one["name"].casefold()), *others]


async def reschedule(here: Case, start: str, minutes: int) -> tuple[str, str]:
    """Book the same visit for another time, then let this one go: (the new visit's id, its link).

    Raises what booking raises; then nothing has changed.
    """
    _may_let_go(here)
    wish = Wish(here.row.client, here.row.clinician, here.row.service, start, minutes, anyway=False)
    made, link = await book(here.front, wish, here.by)
    await here.record("reschedule", {"start": start, "minutes": minutes}, about=made.id)
    await _let_go(here)
    return made.id, link


def _may_let_go(here: Case) -> None:
    """Raises Refused("was-admitted" | "visit-over")."""
    if here.visit.over:
        raise Refused("visit-over", "This visit is over already.")
    if here.visit.admitted_at is not None:
        raise Refused("was-admitted", "The client has been let in before: end the visit first.")


async def _let_go(here: Case) -> None:
    """A client who waits is declined; who has not joined yet reads that the visit will not be held."""
    by = StaffId(here.by)
    if here.visit.phase is Phase.WAITING:
        await here.front.hub.command(here.visit.id, commands.Decline(by, DeclineReason.NOT_APPROPRIATE))
    else:
        await here.front.hub.command(here.visit.id, commands.Cancel(by, CancelReason.RESCHEDULED))


async def credentialing(here: Case) -> str:
    """Start credentialing with the client's payer in their state, as a task that somebody finishes."""
    checked = await here.checks.of(here.visit, ())
    coverage = checked.ahead.coverage
    if coverage is None or not here.state:
        raise Refused("nothing-to-credential", "There is no plan on file to be credentialed with.")
    for one in await here.store.acts_of_kind(here.practice, "credentialing", "credentialing_done"):
        same = (one.kind, one.clinician, one.state, one.said.get("payer"))
        if same == ("credentialing", here.visit.clinician, here.state, coverage.payer):
            return one.id  # it has been started already
    return await here.record("credentialing", {"payer": coverage.payer})


async def explain(
    front: Front, visit: str, clinician: str, reason: OverrideReason, cited: tuple[str, date | None]
) -> None:
    """After a crisis: why no licence on file covered where the client was, with the law where one is cited.

    Where billing runs elsewhere the visit keeps the reason, and its event tells it; a law is cited there.
    """
    law, expires = cited
    if front.checks is None and not law and expires is None:
        async with front.shelf.work() as work:
            await visits.own(work, visit, clinician)
        await front.hub.command(VisitId(visit), commands.ExplainOverride(StaffId(clinician), reason))
        return
    here = await case(front, visit, clinician)
    if law or expires is not None:
        check_citation(law, expires, here.today)
    command = commands.ExplainOverride(StaffId(here.by), reason)
    decide(here.visit, command, Instant(here.front.shelf.now(), 0, ""))  # raises what the visit would refuse
    # The law first: the visit takes the reason once, so what was written beside it must be safe before.
    await here.record("crisis_reason", {"reason": reason.value, "law": law}, expires=expires)
    await here.front.hub.command(here.visit.id, command)


def state_name(state: str) -> str:
    """ "Texas"; what is no state is another country."""
    return STATES.get(state, "another country")
