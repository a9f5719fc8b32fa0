"""Good faith estimates: made for visits whose client pays, given, and shown to print. Shell (asyncio).

45 CFR 149.610: due by how far ahead the visit was booked, or three business days after the client asked.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from billing_hooks import estimating
from billing_hooks.checking import Booked, ahead, look, privately
from billing_hooks.encounter import Place
from billing_hooks.errors import Refused as BillingRefused
from billing_hooks.store_estimates import Estimate
from server.db import clients, overrides, people, places, practices, visits
from server.db.shelf import Shelf
from server.db.visits import OPEN, BookedVisit
from server.desk_checks import Checked, DeskChecks, licences_held, local_day
from server.errors import Refused

AHEAD: Final = timedelta(days=30)
JUST_BOOKED: Final = timedelta(days=10)
"""Looked at are the visits of so many days ahead, and whatever was booked just now, however far ahead: its estimate is
due within three business days of the booking."""


async def expected(shelf: Shelf, row: BookedVisit, zone: str) -> Booked:
    """A booked visit as the check wants it: the client taken to be where they usually are."""
    async with shelf.work() as work:
        known = await places.of_client(work, row.client)
        person = await people.read(work, row.clinician)
        held = await people.held_by(work, row.clinician)
    usual = next((one for one in known if one.usual), known[0] if known else None)
    where = Place()
    if usual is not None:
        state = usual.address.state or None
        where = Place(
            country=usual.address.country, state=state, site=usual.site.value, attested=True,
            states=() if state is None else (state,),
        )  # fmt: skip
    return Booked(
        client=row.client, service=row.service, day=local_day(row.start, zone), minutes=row.minutes, place=where,
        npi=person.npi, licences=licences_held(held), id=row.id,
    )  # fmt: skip


async def make(checks: DeskChecks, shelf: Shelf, row: BookedVisit, *, by: str, asked: bool) -> Estimate:
    """Make (or find) the estimate of a visit. `asked`: the client asked for it today, whatever their plan.

    Raises Refused("estimate-without-fee").
    """
    store = checks.checking.store
    known = await store.estimate(shelf.practice, row.id)
    if known is not None:
        return known
    async with shelf.work() as work:
        practice = await practices.read(work)
        booked = await overrides.booked_at(work, row.id) or work.now()
        name, person = await clients.name(work, row.client), await people.read(work, row.clinician)
        service = (await practices.service(work, row.service)).name
        now = work.now()
    today = local_day(now, practice.zone)
    planned = await _planned(checks, shelf, row, practice.zone)
    try:
        cents, body = estimating.body(
            planned.look, planned.ahead, client=name, service=service, clinician=person.name, npi=person.npi,
            practice={"name": practice.name, "phone": practice.phone, "npi": practice.npi or ""},
        )  # fmt: skip
    except BillingRefused as no:
        raise Refused(no.code, no.say) from no
    due = estimating.due_day(local_day(booked, practice.zone), planned.ahead.dos, today if asked else None)
    await store.save_estimate(shelf.practice, row.id, row.client, due=due, cents=cents, body=body, by=by, at=now)
    made = await store.estimate(shelf.practice, row.id)
    if made is None:
        raise LookupError(row.id)
    return made


async def _planned(checks: DeskChecks, shelf: Shelf, row: BookedVisit, zone: str) -> Checked:
    booked = await expected(shelf, row, zone)
    found = await checks.checking.inputs(shelf.practice, booked)
    planned = privately(ahead(booked, found, local_day(shelf.now(), zone)))
    return Checked(look(planned, found), planned)


async def sweep(checks: DeskChecks, shelf: Shelf) -> int:
    """Make the estimates that are wanted and missing; how many. What cannot be made is left to the worklist."""
    async with shelf.work() as work:
        practice = await practices.read(work)
        now = work.now()
        rows = {row.id: row for row in await visits.between(work, now, now + AHEAD)}
        for visit in await overrides.booked_since(work, now - JUST_BOOKED):
            rows.setdefault(visit, await visits.read(work, visit))
    made = 0
    for row in rows.values():
        await asyncio.sleep(0)  # between two, whatever else waits goes first
        if row.phase not in OPEN or await checks.checking.store.estimate(shelf.practice, row.id) is not None:
            continue
        checked = await checks.of_booked(await expected(shelf, row, practice.zone), local_day(now, practice.zone))
        if estimating.wanted(checked.look):
            try:
                await make(checks, shelf, row, by="antechamber", asked=False)
                made += 1
            except Refused:
                continue  # no fee on file: the worklist says so
    return made


async def given(checks: DeskChecks, shelf: Shelf, estimate: Estimate, *, way: str, by: str) -> None:
    """The client has it: today, on the practice's calendar."""
    async with shelf.work() as work:
        zone, now = (await practices.read(work)).zone, work.now()
    await checks.checking.store.estimate_given(
        shelf.practice, estimate.visit, estimate.version, on=local_day(now, zone), way=way, by=by, at=now
    )


def shown(estimate: Estimate) -> dict[str, Any]:
    """For the page: the paper's words with money as people read it."""
    return {
        **estimate.body,
        "visit": estimate.visit,
        "total": f"${estimate.cents // 100:,}.{estimate.cents % 100:02d}",
        "rows": [
            (each["code"], f"${each['cents'] // 100:,}.{each['cents'] % 100:02d}") for each in estimate.body["items"]
        ],
        "made": estimate.made_at,
        "due": estimate.due,
        "sent": estimate.sent,
    }
