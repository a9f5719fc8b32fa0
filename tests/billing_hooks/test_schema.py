"""The billing schema: applied by the migration, append-only where it proves something, closed to other roles."""

from __future__ import annotations

from datetime import date
from typing import Any

import asyncpg
import pytest

from billing_hooks.material import Fee
from billing_hooks.store import Store
from server.db import migrate

[SCRIPT] = (migrate.PLACE / "versions").glob("*_add_payers.sql")
PAYERS = SCRIPT.read_text(encoding="utf-8")


async def connect(url: str) -> asyncpg.Connection[Any]:
    """A plain connection for one role."""
    return await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))


INSERT = """INSERT INTO billing.events
    (practice_id, event_id, kind, visit_id, sequence, issued_at, received_at, raw, raw_sha256)
    VALUES ('prc_1', 'evt_1', 'visit.statement', 'vis_1', 1, now(), now(), 'x', decode(repeat('00', 32), 'hex'))"""


async def test_the_billing_role_cannot_read_the_visit_tables(database: Any) -> None:
    """Neither a table nor the schema's list of them."""
    connection = await connect(database.billing_url)
    try:
        for table in ("visits", "visit_facts", "clients", "deliveries", "practices"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM antechamber.{table}")  # noqa: S608 - names from the line above
    finally:
        await connection.close()


async def test_the_application_role_cannot_read_billing(database: Any) -> None:
    """The visit server's own role sees no coding, sheet or plan."""
    connection = await connect(database.app_url)
    try:
        for table in ("events", "codings", "sheets", "coverages", "pgqueuer"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT * FROM billing.{table}")  # noqa: S608 - names from the line above
    finally:
        await connection.close()


async def test_the_billing_role_may_add_events_but_never_change_them(database: Any) -> None:
    """The grant is missing: UPDATE, DELETE and TRUNCATE are refused."""
    connection = await connect(database.billing_url)
    try:
        await connection.execute(INSERT)
        for change in ("UPDATE billing.events SET kind = 'x'", "DELETE FROM billing.events", "TRUNCATE billing.events"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
    finally:
        await connection.close()


async def test_even_the_owner_cannot_change_events(database: Any) -> None:
    """The trigger refuses whom the grants would let through."""
    connection = await connect(database.owner_url)
    try:
        await connection.execute(INSERT)
        for change in ("UPDATE billing.events SET kind = 'x'", "DELETE FROM billing.events"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
                await connection.execute(change)
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("TRUNCATE billing.events CASCADE")
    finally:
        await connection.close()


async def test_versions_of_fees_and_code_tables_are_added_and_never_changed(database: Any) -> None:
    """Neither by the billing role nor by the owner."""
    fee = """INSERT INTO billing.fee_schedules (practice_id, code, version, saved_at, saved_by, fees)
        VALUES ('prc_1', '90834', 1, now(), 'stf_1', '[]')"""
    pack = """INSERT INTO billing.code_packs
        (practice_id, version, saved_at, saved_by, digest, name, notice, valid_from, valid_through)
        VALUES ('prc_1', 1, now(), 'stf_1', '', 'x', 'y', '2026-01-01', '2026-12-31')"""
    for url, error in (
        (database.billing_url, asyncpg.InsufficientPrivilegeError),
        (database.owner_url, asyncpg.IntegrityConstraintViolationError),
    ):
        connection = await connect(url)
        try:
            if url == database.billing_url:
                await connection.execute(fee)
                await connection.execute(pack)
            for table in ("fee_schedules", "code_packs"):
                for change in (f"UPDATE billing.{table} SET saved_by = 'x'", f"DELETE FROM billing.{table}"):  # noqa: S608 - names from the line above
                    with pytest.raises(error):
                        await connection.execute(change)
        finally:
            await connection.close()


async def test_every_key_and_unique_index_of_ours_starts_with_the_practice(database: Any) -> None:
    """Two practices can never collide, and no look-up crosses from one to the other."""
    connection = await connect(database.owner_url)
    try:
        rows = await connection.fetch("""
            SELECT c.relname AS name, a.attname AS first FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
            WHERE t.relnamespace = 'billing'::regnamespace AND i.indisunique AND t.relname NOT LIKE 'pgqueuer%'""")
        assert len(rows) >= 9
        assert {row["first"] for row in rows} == {"practice_id"}
    finally:
        await connection.close()


async def test_fees_of_before_become_the_first_versions(database: Any) -> None:
    """A database of an earlier version keeps its charges, code by code, in the order of their days."""
    connection = await connect(database.owner_url)
    try:
        await connection.execute(
            "DROP TABLE billing.task_parts, billing.tasks, billing.payer_drafts, billing.code_packs, "
            "billing.fee_schedules"
        )
        await connection.execute("ALTER TABLE billing.rules DROP COLUMN names_sealed")
        await connection.execute("""INSERT INTO billing.fees (practice_id, code, valid_from, valid_to, cents) VALUES
            ('prc_1', '90834', '2026-01-01', '2026-06-30', 17500), ('prc_1', '90837', '2026-01-01', NULL, 21000),
            ('prc_1', '90834', '2026-07-01', NULL, 18000)""")
        await connection.execute(PAYERS)
    finally:
        await connection.close()
    store = Store.open(database.billing_url, bytes(32))
    try:
        async with store.work() as work:
            assert await store.fees(work, "prc_1") == (
                Fee("90834", 17_500, date(2026, 1, 1), date(2026, 6, 30)),
                Fee("90834", 18_000, date(2026, 7, 1)),
                Fee("90837", 21_000, date(2026, 1, 1)),
            )
    finally:
        await store.close()
