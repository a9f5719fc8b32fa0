"""The demo practice: made once, found again, its client's visit always about now."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server import demo
from server.db import people, visits
from server.db.tables import clients, staff
from server.errors import CannotStart
from signaling import commands
from signaling.words import CancelReason, StaffId, StaffRole, VisitId
from tests.server.people.kit import secret_of


async def test_the_demo_signs_in_everybody_and_lets_its_client_in(house: Any, browsers: Any) -> None:
    """What demo.json says is true: three sign-ins and a link whose visit is open now, with the usual place."""
    made = (await demo.ensure(house)).as_json()
    kept = house.runtime.settings.data_dir / "demo.json"
    assert json.loads(kept.read_text()) == made
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    homes = []
    for who in ("clinician", "front_desk", "biller"):
        sign_in = {name: made[who][name] for name in ("email", "password")}
        homes.append((await browsers().ask("/api/sign-in", sign_in))["home"])
    assert homes == ["/desk", "/board", "/billing/"]
    state = await browsers().ask("/api/join", {"secret": secret_of(made["client"]["url"])})
    assert (state["open"], state["visit"]["clinician"]) == (True, "Ana Rivera")
    assert state["visit"]["start"] == "2026-11-23T16:00:00Z"
    assert [(place["city"], place["usual"]) for place in state["places"]] == [("Saint Paul", True)]


async def test_the_demo_has_its_licences_and_numbers(house: Any) -> None:
    """Minnesota and Wisconsin; the front desk has no NPI."""
    await demo.ensure(house)
    async with house.shelf.work() as work:
        ana = await people.by_email(work, "ana.rivera@lakeside.example")
        assert ana is not None
        assert ana[0].npi == "1880000207"
        assert [one.state for one in await people.licences_of(work, ana[0].id)] == ["MN", "WI"]


async def test_a_second_run_finds_everything_again(house: Any) -> None:
    """Same people, same passwords, same link, nothing twice."""
    first = await demo.ensure(house)
    house.clock.forward(timedelta(minutes=20))
    assert await demo.ensure(house) == first
    async with house.shelf.work() as work:
        assert (await work.one(select(func.count()).select_from(staff))) == (3,)
        assert (await work.one(select(func.count()).select_from(clients))) == (2,)


async def test_when_the_visit_is_over_or_its_time_passed_another_is_booked_for_now(house: Any) -> None:
    """The client is the same; the time is round."""
    first = await demo.ensure(house)
    by = StaffId((await _ana(house)).id)
    await house.hub.command(VisitId(first.visit), commands.Cancel(by, CancelReason.OTHER))
    house.clock.forward(timedelta(minutes=7))
    second = await demo.ensure(house)
    assert second.client_id == first.client_id
    assert second.visit != first.visit
    async with house.shelf.work() as work:
        assert (await visits.read(work, second.visit)).start.minute == 5
    house.clock.forward(timedelta(hours=2))
    third = await demo.ensure(house)
    assert third.visit not in {first.visit, second.visit}


async def _ana(house: Any) -> people.Person:
    async with house.shelf.work() as work:
        found = await people.by_email(work, "ana.rivera@lakeside.example")
    assert found is not None
    return found[0]


async def test_a_real_practice_is_never_made_a_demo(house: Any, team: Any) -> None:
    """One clear line, and nobody is added."""
    with pytest.raises(CannotStart, match="real practice"):
        await demo.ensure(house)
    async with house.shelf.work() as work:
        assert (await work.one(select(func.count()).select_from(staff))) == (4,)


def test_demo_passwords_are_long_differ_and_follow_the_key_file(keys: Any) -> None:
    """Three times 100 bits; nothing is stored to show them again."""
    made = {demo.password(keys, role) for role in StaffRole}
    assert len(made) == 3
    assert all(len(word.replace("-", "")) == 20 for word in made)
    assert demo.password(keys, StaffRole.BILLER) in made
