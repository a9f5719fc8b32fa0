"""A practice of the version before: its events, sheets, plans and releases once its database is up to date."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine

from billing_hooks import demo, jobs
from billing_hooks.jobs import Material, propose
from billing_hooks.material import Sheet
from billing_hooks.sealing import Sealer
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.words import Outcome
from server.db import migrate

PRACTICE, CLIENT, VISIT, BY = "prc_lakeside", "cli_82b1f0", "vis_7f3a91c2d4", "stf_hale"
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DOS = date(2026, 11, 20)
YOUNGER = {"start", "stop", "service", "readings", "audio_only_reason", "incident_to", "supervised"}
Keep = Callable[..., Any]


async def to_revision_5(owner_url: str) -> None:
    """A database as the version before made it."""

    def upgrade(connection: Any) -> None:
        settings = migrate.config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0005")

    engine = create_async_engine(owner_url)
    async with engine.begin() as work:
        await work.run_sync(upgrade)
    await engine.dispose()


async def fill(keep: Keep, event: dict[str, Any], raw: bytes, statement: dict[str, Any], said: bytes) -> None:
    """One visit that was coded and released then, in the words of then, and one whose event has just come."""
    sealer = Sealer(bytes(32))
    sheet = {name: value for name, value in Sheet(46, ("F41.1",)).to_json().items() if name not in YOUNGER}
    plan = demo.COVERAGE.to_json()
    fees = [[fee.code, fee.cents, fee.since.isoformat(), None] for fee in demo.FEES]
    rests_on = {
        "event": event, "statement": statement, "sheet": sheet, "coverage": plan, "intent": "psychotherapy_individual",
        "fees": fees, "rules": [{**demo.RULE, "version": 1}], "today": AT.date().isoformat(),
    }  # fmt: skip
    found = propose(Material.from_json(rests_on))
    assert found.outcome is Outcome.BILL, found.reasons
    visit = {**event["visit"], "id": "vis_other", "date_of_service": "2026-11-18"}
    other = json.dumps({**event, "id": "evt_other", "visit": visit}).encode()
    insert_event = "INSERT INTO billing.events VALUES ($1,$2,$3,$4,$5,NULL,$6,$7,$7,$8,$9)"
    for id_, kind, visit, about, number, body in (
        (event["id"], event["type"], VISIT, None, 41, raw),
        (statement["id"], statement["type"], VISIT, event["id"], 42, said),
        ("evt_other", event["type"], "vis_other", None, 43, other),
    ):
        await keep(insert_event, PRACTICE, id_, kind, visit, about, number, AT, body, bytes(32))
    encounter = encounter_id(PRACTICE, VISIT)
    seal = sealer.seal(PRACTICE, "sheets", "sheet_sealed", VISIT, json.dumps(sheet))
    await keep("INSERT INTO billing.sheets VALUES ($1,$2,1,$3,$4,$5)", PRACTICE, VISIT, AT, BY, seal)
    seal = sealer.seal(PRACTICE, "coverages", "coverage_sealed", CLIENT, json.dumps(plan))
    await keep("INSERT INTO billing.coverages VALUES ($1,$2,1,$3,$4,$5)", PRACTICE, CLIENT, AT, BY, seal)
    await keep(
        "INSERT INTO billing.rules VALUES ($1,$2,1,$3,$4,$5)", PRACTICE, demo.RULE["id"], AT, BY, json.dumps(demo.RULE)
    )
    await keep(
        "INSERT INTO billing.services VALUES ($1,'svc_individual',1,$2,$3,'psychotherapy_individual')", PRACTICE, AT, BY
    )
    for fee in demo.FEES:
        await keep("INSERT INTO billing.fees VALUES ($1,$2,$3,NULL,$4)", PRACTICE, fee.code, fee.since, fee.cents)
    await keep(
        "INSERT INTO billing.encounters VALUES ($1,$2,$3,$4,$5,$6,$7,$8,1,'bill',$9,true,$10)", PRACTICE, encounter,
        VISIT, event["id"], CLIENT, "stf_rivera", AT - timedelta(days=1), DOS, found.verdict, AT,
    )  # fmt: skip
    seal = sealer.seal(PRACTICE, "codings", "input_sealed", f"{encounter}/1", json.dumps(rests_on))
    await keep(
        "INSERT INTO billing.codings VALUES ($1,$2,1,$3,'coder/1 x',$4,$5,$6,$7)", PRACTICE, encounter, AT,
        event["id"], seal, bytes(32), json.dumps({**found.to_json(), "drawn": {"svg": "", "rows": []}}),
    )  # fmt: skip
    seal = sealer.seal(PRACTICE, "releases", "name_sealed", f"{encounter}/1", "Robin Hale")
    await keep("INSERT INTO billing.releases VALUES ($1,$2,1,$3,$4,$5,true)", PRACTICE, encounter, AT, BY, seal)


async def test_a_practice_of_the_version_before_goes_on_where_it_stood(
    empty_database: Any, event: dict[str, Any], statement: dict[str, Any], seal: Callable[[dict[str, Any]], bytes]
) -> None:
    """What was released stays released though another visit has it coded again; the rest is read, coded and listed."""
    await to_revision_5(empty_database.owner_url)
    raw, said = seal(event), seal(statement)
    owner = await asyncpg.connect(empty_database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        await fill(owner.execute, json.loads(raw), raw, json.loads(said), said)
        assert await migrate.upgrade(empty_database.owner_url) == "0005"
        days = await owner.fetch("SELECT visit_id, service_date, held FROM billing.visit_days ORDER BY visit_id")
        assert [tuple(row) for row in days] == [(VISIT, DOS, True), ("vis_other", date(2026, 11, 18), True)]
    finally:
        await owner.close()
    store = Store.open(empty_database.billing_url, bytes(32))
    try:
        await store.save_diagnosis_reach(PRACTICE, date(2027, 9, 30), "FY 2027", BY, AT)
        async with store.work() as work:
            [held] = await store.held(work, PRACTICE, CLIENT)
            assert (held.coverage, held.rank) == (demo.COVERAGE, 1)
        await jobs.work_queue(store, drain=True)
        await jobs.code_encounter(store, PRACTICE, VISIT, at=AT + timedelta(days=400))
        rows = {row.visit: row for row in await store.worklist(PRACTICE)}
        assert (rows[VISIT].released, rows[VISIT].version) == (True, 1)
        assert (rows["vis_other"].outcome, bool(rows["vis_other"].waits)) == (Outcome.HOLD, True)
        _, [coding], [release] = await store.encounter(PRACTICE, encounter_id(PRACTICE, VISIT))
        assert (coding.rests_on["sheet"]["minutes"], release.name) == (46, "Robin Hale")
    finally:
        await store.close()
