"""Other visits of a client around a visit: seen from the stored events, whatever their order."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import event

from billing_hooks import jobs
from billing_hooks.history import Held, History, look_back
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from tests.billing_hooks.desk_kit import AT, PRACTICE, Visits
from tests.rooms import law

BEGAN = datetime(2026, 11, 20, 16, tzinfo=UTC)
DAY = date(2026, 11, 20)
NEXT_WEEK = BEGAN + timedelta(days=7)


def other(days: float, clinician: str = "stf_rivera", intent: str | None = "psychotherapy_individual") -> Held:
    """Another visit, so many days after this one."""
    began = BEGAN + timedelta(days=days)
    return Held(clinician, began.date(), began, intent)


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ([], History(0, -1, False)),
        ([other(0.1)], History(1, -1, True)),
        ([other(-0.1)], History(1, -1, False)),
        ([other(0.1, clinician="stf_park")], History(0, -1, True)),
        ([other(-3, intent="evaluation_management"), other(-5, intent=None)], History(0, 3, False)),
        ([other(-5, intent=None)], History(0, 5, False)),
        ([other(-3)], History(0, -1, False)),
        ([other(-8, intent="evaluation_management")], History(0, -1, False)),
        ([other(1)], History(0, -1, True)),
        ([other(1.1)], History(0, -1, False)),
    ],
)
def test_what_other_visits_mean(others: list[Held], found: History) -> None:
    """Same clinician and day; days since an evaluation, or since a visit nobody can name; anything within a day."""
    assert look_back("stf_rivera", DAY, BEGAN, others, NEXT_WEEK) == found


def test_whether_a_visit_follows_is_unknown_until_the_day_is_over() -> None:
    """Unknown stays unknown; what has come already is known at once."""
    assert look_back("stf_rivera", DAY, BEGAN, [], BEGAN + timedelta(hours=3)).leads_to_visit is None
    assert look_back("stf_rivera", DAY, BEGAN, [other(0.1)], BEGAN + timedelta(hours=3)).leads_to_visit is True


@pytest.mark.parametrize(("days", "found"), [(0, 0), (3, 3), (7, 7), (8, -1), (-1, -1)])
def test_a_visit_in_person_counts_by_the_record(days: int, found: int) -> None:
    """It stands in no event; who keeps the record says which day it was. One to come says nothing yet."""
    in_person = DAY - timedelta(days=days)
    assert look_back("stf_rivera", DAY, BEGAN, [], NEXT_WEEK, in_person=in_person).related_days == found


def test_a_history_is_kept_and_read_again() -> None:
    """As JSON beside the coding run."""
    for history in (History(), History(2, 4, True)):
        assert History.from_json(history.to_json()) == history


async def reasons(store: Store, *numbers: int) -> list[bool]:
    """Whether each visit is held for another on its day."""
    rows = {row.visit: row.reasons for row in await store.worklist(PRACTICE)}
    return ["SAME_DAY_MULTIPLE_SESSIONS" in rows[f"vis_{number}"] for number in numbers]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_two_visits_on_a_day_are_seen_whatever_the_order_of_events(
    order: tuple[int, int], desk_store: Store, visits: Visits
) -> None:
    """The first to arrive is ready; when the second comes both are held, the first coded again by itself."""
    hours = {1: 9, 2: 18}
    first = await visits.ready(order[0], hour=hours[order[0]])
    assert (await visits.row(first)).reasons == ()
    await jobs.work_queue(desk_store, drain=True)  # nothing new: what is told below is the second's doing
    await visits.ready(order[1], hour=hours[order[1]])
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1, 2) == [True, True]
    assert (await visits.row(first)).version == 2


async def test_two_events_that_arrive_at_once_see_each_other(desk_store: Store, visits: Visits) -> None:
    """Their transactions overlap; whoever commits second has the first coded again."""
    for number in range(1, 9):
        await visits.ready(number, day=f"2026-11-{number:02}")
    await asyncio.gather(*(visits.receive(10 + n, day=f"2026-11-{n:02}", hour=20) for n in range(1, 9)),
                         *(visits.receive(20 + n, day=f"2026-11-{n:02}", hour=12) for n in range(1, 9)))  # fmt: skip
    await jobs.work_queue(desk_store, drain=True)
    every = [base + n for base in (0, 10, 20) for n in range(1, 9)]
    assert await reasons(desk_store, *every) == [True] * 24


async def test_many_jobs_wait_for_their_turn_and_not_for_a_connection(desk_store: Store, visits: Visits) -> None:
    """Whoever waits for a connection gives up soon: however many visits are queued, the pool has one to spare."""
    for number in range(1, 21):
        await visits.receive(number, day=f"2026-11-{number:02}")
    pool, peak = desk_store._engine.sync_engine.pool, 0

    def taken(*_: object) -> None:
        nonlocal peak
        peak = max(peak, pool.checkedout())

    event.listen(pool, "checkout", taken)
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, *range(1, 21)) == [False] * 20
    # Three runs, the connection that listens, and a sweep's.
    assert 2 <= peak <= 5


async def test_other_clients_clinicians_and_days_do_not_hold(desk_store: Store, visits: Visits) -> None:
    """Only the same client with the same clinician on the same date of service."""
    await visits.ready(1)
    for number, how in enumerate(
        [{"client": "cli_other"}, {"clinician": "stf_park"}, {"day": "2026-11-19"}, {"day": "2026-11-21"}], 2
    ):
        await visits.receive(number, hour=9, **how)
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1) == [False]


async def test_a_visit_of_which_nothing_was_counted_holds_nobody(desk_store: Store, visits: Visits) -> None:
    """Somebody looked in and was gone: that is no second visit."""
    await visits.ready(1, hour=9)
    await visits.receive(2, hour=18, outcome="nothing_counted")
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1) == [False]


async def test_a_corrected_event_moves_its_visit_away(desk_store: Store, visits: Visits) -> None:
    """Corrected to another day, the visit holds the other one no longer; both are coded again."""
    first = await visits.ready(1, hour=9)
    await visits.receive(2, hour=18)
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1, 2) == [True, True]
    await visits.receive(2, day="2026-11-10", supersedes="evt_2", sequence=900)
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1, 2) == [False, False]
    assert (await visits.row(first)).outcome == "bill"


async def test_two_visits_of_a_day_are_two_services_where_a_named_person_says_so(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Each for itself, with the reason on its page; another visit of that day asks anew."""
    first, second = await visits.ready(1, hour=15), await visits.ready(2, hour=20)
    await jobs.work_queue(desk_store, drain=True)
    path = f"/billing/encounters/{first}"
    assert "These are two services" in (await biller.get(path)).text
    assert (await biller.post(f"{path}/separate", json={"why": "yes"})).json()["code"] == "text-length"
    why = {"why": "Morning: individual. Evening: a crisis, other notes."}
    assert (await biller.post(f"{path}/separate", json=why)).json() == {"version": 2}
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1, 2) == [False, True]
    assert [(await visits.row(each)).outcome for each in (first, second)] == ["bill", "hold"]
    page = (await biller.get(path)).text
    assert "Held for a service of its own by Robin Hale" in page
    assert "a crisis, other notes" in page
    assert (await biller.post(f"{path}/separate", json=why)).json()["code"] == "nothing-to-separate"
    await visits.ready(3, hour=22)
    await jobs.work_queue(desk_store, drain=True)
    assert await reasons(desk_store, 1, 2, 3) == [True, True, True]


async def test_a_visit_that_changes_nothing_takes_no_release_back(desk_store: Store, visits: Visits) -> None:
    """The next day's visit is within a day after, which matters to a check-in alone."""
    first = await visits.ready(1)
    await desk_store.release(PRACTICE, first, version=1, by="stf_hale", name="Robin Hale", note_seen=True, at=AT)
    await visits.ready(2, day="2026-11-21", hour=10)
    await jobs.work_queue(desk_store, drain=True)
    row = await visits.row(first)
    assert (row.released, row.version) == (True, 1)


async def test_the_history_is_kept_with_the_run_and_replays(desk_store: Store, visits: Visits) -> None:
    """The sealed material of a held pair gives the same proposal again."""
    await visits.ready(1, hour=9)
    await visits.ready(2, hour=18)
    _, [run, *_], _ = await desk_store.encounter(PRACTICE, encounter_id(PRACTICE, "vis_2"))
    assert run.rests_on["history"]["other_visits"] == 1
    assert jobs.propose(jobs.Material.from_json(run.rests_on)) == run.proposal
    old: dict[str, Any] = {name: value for name, value in run.rests_on.items() if name != "history"}
    assert jobs.Material.from_json(old).history is None


async def test_days_of_events_from_before_the_upgrade_are_those_that_would_have_been_noted(
    desk_store: Store, visits: Visits, database: Any
) -> None:
    """The migration's own query over the stored bodies gives row for row what was noted as they arrived."""
    for number in range(1, 4):
        await visits.ready(number, day=f"2026-11-{number + 9}")
    await visits.receive(4, outcome="nothing_counted")
    script = (law.ROOT / "server/db/migrations/versions/0009_add_billers_desk.sql").read_text()
    query = script.split("INSERT INTO billing.visit_days\n")[1].split(";")[0]
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        made = {tuple(row) for row in await connection.fetch(query)}
        noted = {tuple(row) for row in await connection.fetch("SELECT * FROM billing.visit_days")}
    finally:
        await connection.close()
    assert made == noted
    assert len(noted) == 4
