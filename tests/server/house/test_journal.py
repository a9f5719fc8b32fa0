"""The journal: a chain that proves itself, which nobody can change."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import asyncpg
import pytest

from server import chain
from tests.conftest import Cluster, Database
from tests.flows.scripted import Scripted
from tests.server.house.conftest import JAMIE


async def facts_of(database: Database, visit: str) -> list[Any]:
    """Rows of the journal as an auditor reads them."""
    connection = await asyncpg.connect(database.app_url.replace("+asyncpg", ""))
    try:
        await connection.set_type_codec("jsonb", encoder=str, decoder=json.loads, schema="pg_catalog")
        return list(
            await connection.fetch(
                "SELECT seq, at, kind, body, prev_hash, hash FROM antechamber.visit_facts"
                " WHERE visit_id = $1 ORDER BY seq",
                visit,
            )
        )
    finally:
        await connection.close()


def first_wrong(rows: list[Any], visit: str) -> int | None:
    """The first seq whose hash does not follow from what is stored; None when the chain holds."""
    previous = chain.GENESIS
    for row in rows:
        at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
        made = chain.link(previous, visit, row["seq"], at, row["kind"], row["body"])
        if row["prev_hash"] != previous or row["hash"] != made:
            return int(row["seq"])
        previous = made
    return None


async def test_the_chain_of_a_whole_visit_holds_and_a_changed_fact_breaks_it(
    node: Scripted, database: Database, cluster: Cluster
) -> None:
    """Recomputed from the rows alone; one changed number is found, at its place."""
    visit, _ = await node.hold(JAMIE, [True, False] * 30)
    rows = await facts_of(database, visit)
    assert len(rows) > 12
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert first_wrong(rows, visit) is None
    cluster.run(
        "ALTER TABLE antechamber.visit_facts DISABLE TRIGGER append_only; "
        "UPDATE antechamber.visit_facts SET body = jsonb_set(body, '{from_s}', '1') WHERE seq = ("
        "SELECT min(seq) FROM antechamber.visit_facts WHERE kind = 'evidence_recorded')",
        database.name,
    )
    wrong = first_wrong(await facts_of(database, visit), visit)
    assert wrong == next(row["seq"] for row in rows if row["kind"] == "evidence_recorded")


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_nobody_changes_the_journal(node: Scripted, database: Database, cluster: Cluster, statement: str) -> None:
    """The application has no grant; the owner, who has, meets the trigger."""
    await node.hold(JAMIE, [True] * 3)
    asked = statement.format("antechamber.visit_facts")
    before = cluster.run("SELECT count(*) FROM antechamber.visit_facts", database.name)
    for role, no in (("antechamber_app", "permission denied"), ("antechamber_owner", "append-only")):
        with pytest.raises(AssertionError, match=no):
            cluster.run(f"SET ROLE {role}; {asked}", database.name)
    assert cluster.run("SELECT count(*) FROM antechamber.visit_facts", database.name) == before
