"""A visit that was held, with its signed event in billing and its rule: what a sheet is signed about."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import update

from billing_hooks import contract, demo, jobs
from billing_hooks.store import Store
from server.db import people
from server.db.tables import visits as visit_rows
from server.db.visits import read
from server.filing import Filing
from server.ids import new_id
from signaling import commands
from signaling.words import EndReason, EventId, StaffId, VisitId
from tests.billing_hooks.conftest import EVENT
from tests.server.people.kit import House, Team, check_in

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BEGAN = datetime(2026, 11, 23, 16, 2, 14, tzinfo=UTC)
ENDED = datetime(2026, 11, 23, 16, 51, 58, tzinfo=UTC)


def _z(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def hold(house: House, team: Team, joined: Any, **booked: Any) -> str:
    """Hold a visit of 50 minutes to its completion; gives its id."""
    visit, _, browser, state = await joined(**booked)
    await check_in(browser, state)
    mine, by = VisitId(visit), StaffId(team.clinician)
    await house.hub.command(mine, commands.Join())
    async with house.shelf.work() as work:
        cover = await people.cover(work, team.clinician, "US", "MN", "America/Chicago")
    await house.hub.command(mine, commands.Admit(by, cover))
    house.clock.forward(timedelta(minutes=50))
    await house.hub.command(mine, commands.End(by, EndReason.DONE))
    await house.hub.command(mine, commands.Complete(EventId(new_id("evt")), "0" * 64))
    async with house.shelf.work() as work:
        await work.run(update(visit_rows).where(visit_rows.c.id == visit).values(counted_seconds=46 * 60 + 12))
    return str(visit)


async def billing(house: House, team: Team, visit: str) -> Store:
    """Billing as the house reaches it, with the demo's rule and fees, and the visit's event coded once."""
    assert house.runtime.billing_url is not None
    store = Store.open(house.runtime.billing_url, house.runtime.keys.derive("billing"))
    house.filing = Filing(store, house.shelf.practice)
    async with house.shelf.work() as work:
        client = (await read(work, visit)).client
    services = {team.service: "psychotherapy_individual"}
    await demo.save_demo(store, house.shelf.practice, [client], services, house.clock.wall)
    await receive(store, house, team, visit, client)
    return store


async def receive(store: Store, house: House, team: Team, visit: str, client: str) -> None:
    """The event of a held visit reaches billing: 46 minutes and 12 seconds of talk, 44 of them with picture."""
    event = copy.deepcopy(EVENT)
    event["id"] = new_id("evt")
    event["practice"]["id"] = house.shelf.practice
    event["visit"] |= {"id": visit, "service": team.service, "date_of_service": "2026-11-23"}
    event["client"]["id"], event["clinician"]["id"] = client, team.clinician
    event["location"]["confirmed_by"] = team.clinician
    central = ZoneInfo("America/Chicago")
    event["times"] |= {
        "in_visit": _z(BEGAN),
        "ended": _z(ENDED),
        "in_visit_local": BEGAN.astimezone(central).isoformat(),
        "ended_local": ENDED.astimezone(central).isoformat(),
    }
    raw = contract.seal(event, KEY, "key-test")
    await store.receive(event, raw, house.clock.wall)
    await jobs.code_encounter(store, house.shelf.practice, visit, at=house.clock.wall)


def content(**changed: Any) -> dict[str, Any]:
    """A whole sheet and note of psychotherapy, as the page sends it."""
    return {
        "saw_and_heard": True,
        "place_confirmed": True,
        "exceptions": [],
        "start": "10:02",
        "stop": "10:51",
        "minutes": "46",
        "diagnoses": ["F41.1"],
        "readings": [{"kind": "blood_pressure", "value": "128", "second": "82", "unit": "mmHg"}],
        "template": "psychotherapy",
        "sections": {
            "focus": "Worry at work",
            "interventions": "Cognitive restructuring",
            "response": "Took part",
            "progress": "Goal 1: fewer checks, 3 a day",
            "risk": "Asked, none",
            "telehealth": "No transport, quiet room at home",
            "next": "Thought record, next Monday",
        },
        **changed,
    }
