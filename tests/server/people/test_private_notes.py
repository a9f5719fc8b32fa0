"""Psychotherapy notes: their own store and key, their author alone; a canary that may be found nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text, update

from billing_hooks import jobs
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from server.db import psychotherapy_notes, visits
from server.db.note_tables import psychotherapy_notes as rows
from server.db.tables import visits as visit_rows
from server.errors import Malformed
from server.routes import guests, pages, plans, settings, sheets, staff, statements
from server.routes import visits as visit_routes
from tests.server.people import record

CANARY = "Zugunruhe-7f31"


@pytest.fixture
async def held(joined: Any, house: Any, team: Any) -> str:
    """A visit that was held and is complete."""
    return await record.hold(house, team, joined)


@pytest.fixture
async def store(held: str, house: Any, team: Any) -> AsyncIterator[Store]:
    """Billing with the visit's event."""
    made = await record.billing(house, team, held)
    yield made
    await made.close()


async def written(signed_in: Any, visit: str) -> Any:
    """The author's browser, after writing the canary."""
    browser = await signed_in("clinician")
    path = f"/api/visits/{visit}/private-note"
    assert await browser.see(path) == {"version": 0, "text": "", "saved_at": None}
    assert await browser.ask(path, {"version": 0, "text": f"{CANARY}: a dream of flying"}) == {"version": 1}
    return browser


async def test_its_author_reads_it_again_and_two_windows_do_not_overwrite_each_other(held: str, signed_in: Any) -> None:
    """Every version stays; one saved over another window's is refused."""
    browser = await written(signed_in, held)
    path = f"/api/visits/{held}/private-note"
    assert CANARY in (await browser.see(path))["text"]
    assert (await browser.ask(path, {"version": 0, "text": "other"}, 409))["code"] == "changed-elsewhere"
    assert (await browser.ask(path, {"version": 1, "text": "more"})) == {"version": 2}
    assert (await browser.see(path))["text"] == "more"


async def test_nobody_else_reads_it_not_even_whoever_takes_over_the_visit(
    held: str, signed_in: Any, house: Any, team: Any
) -> None:
    """Front desk, biller and colleagues are refused; a colleague who is given the visit finds nothing."""
    await written(signed_in, held)
    path = f"/api/visits/{held}/private-note"
    for who in ("colleague", "front_desk", "biller"):
        await (await signed_in(who)).see(path, 403)
    async with house.shelf.work() as work:
        await work.run(update(visit_rows).where(visit_rows.c.id == held).values(clinician_id=team.colleague))
    assert (await (await signed_in("colleague")).see(path))["text"] == ""


async def test_the_key_is_the_authors_own(held: str, signed_in: Any, house: Any, team: Any) -> None:
    """Neither the client's key, nor the practice's, nor another author's opens the text; nor another row's place."""
    await written(signed_in, held)
    async with house.shelf.work() as work:
        found = await visits.read(work, held)
        row = (await work.all(rows.select()))[0]
        place = f"{held}/{team.clinician}/1"
        for key in (await work.client_key(found.client), work.shelf.practice_key, bytes(32)):
            with pytest.raises(Malformed):
                work.open(rows, "text_sealed", place, row.text_sealed, key)
        await work.run(rows.insert().values(**{**row._mapping, "author_id": team.colleague}))
        with pytest.raises(Malformed):
            await psychotherapy_notes.read(work, held, found.client, team.colleague)


async def test_the_canary_is_in_no_page_list_event_package_or_table(
    held: str, store: Store, signed_in: Any, house: Any, cluster: Any, database: Any
) -> None:
    """Every route of every role is asked, every table of the database is dumped: only its own route gives it back."""
    author = await written(signed_in, held)
    body = {"revision": 0, "version": 1, "content": record.content()}
    await author.ask(f"/api/visits/{held}/sheet/sign", body)
    async with house.shelf.work() as work:
        client = (await visits.read(work, held)).client
    paths = {
        route.path.replace("{visit}", held).replace("{client}", client)
        for module in (staff, visit_routes, guests, statements, sheets, plans, settings, pages)
        for route in module.router().routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    assert len(paths) > 20
    for who in ("clinician", "colleague", "front_desk", "biller"):
        browser = await signed_in(who)
        for path in paths:
            assert CANARY not in (await browser.get(path)).text, f"{who}: {path}"
    assert (await author.ask("/api/clients/search", {"q": CANARY}))["clients"] == []
    assert (await author.ask("/api/diagnoses", {"q": CANARY, "day": "2026-11-23"}))["found"] == []
    async with store.work() as work:
        for event in await store.events(work, house.shelf.practice, held):
            assert CANARY.encode() not in event.raw
    await jobs.code_encounter(store, house.shelf.practice, held, at=house.clock.wall)
    _, codings, _ = await store.encounter(house.shelf.practice, encounter_id(house.shelf.practice, held))
    assert CANARY not in str(codings)
    listed = (
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('antechamber', 'billing')"
    )
    tables = cluster.run(listed, database.name).split()
    assert "antechamber.psychotherapy_notes" in tables
    for table in tables:
        dumped = cluster.run(f"SELECT t::text FROM {table} t", database.name)  # noqa: S608 - names of our own tables
        assert CANARY not in dumped, table
        assert CANARY.encode().hex() not in dumped, table


async def test_what_was_kept_stays(held: str, signed_in: Any, house: Any) -> None:
    """Append-only, as everything signed or written about a person's care."""
    await written(signed_in, held)
    async with house.engine.connect() as connection:
        for statement in (
            "UPDATE antechamber.psychotherapy_notes SET version = 9",
            "TRUNCATE antechamber.psychotherapy_notes",
        ):
            with pytest.raises(Exception, match=r"append-only|permission denied"):
                await connection.execute(text(statement))
            await connection.rollback()
