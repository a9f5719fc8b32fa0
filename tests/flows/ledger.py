"""What the database says of a visit, read as its superuser: facts, events, encounters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.flows.media_person import until

Sql = Callable[[str], str]


def count(sql: Sql, table: str, visit: str, and_where: str = "") -> int:
    """Rows of a visit in a table."""
    query = f"SELECT count(*) FROM {table} WHERE visit_id = '{visit}' {and_where}"  # noqa: S608  # the test's own words
    return int(sql(query))


async def events_of(sql: Sql, visit: str, within: float = 60) -> list[dict[str, Any]]:
    """The bodies of the visit's session-complete events, once billing has coded it."""
    await until(lambda: count(sql, "billing.encounters", visit) > 0, within, f"({visit} is coded)")
    return [json.loads(raw) for raw in bodies(sql, visit, "visit.session_complete")]


def bodies(sql: Sql, visit: str, kind: str) -> list[bytes]:
    """The bodies, as signed, of a visit's events of a kind."""
    query = f"SELECT encode(body, 'hex') FROM antechamber.deliveries WHERE visit_id = '{visit}' AND type = '{kind}'"  # noqa: S608  # as above
    return [bytes.fromhex(row) for row in sql(query).splitlines()]


def coded_once(sql: Sql, visit: str) -> bool:
    """Whether there is one completing fact, one event at billing, one encounter."""
    return (
        count(sql, "antechamber.visit_facts", visit, "AND kind = 'completed'")
        == count(sql, "antechamber.deliveries", visit)
        == count(sql, "billing.events", visit)
        == count(sql, "billing.encounters", visit)
        == 1
    )
