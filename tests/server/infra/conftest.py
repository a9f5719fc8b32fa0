"""A house of one's own for each test: settings, key file, certificates, and an outbox with something in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from server.db import deliveries
from server.db.deliveries import Delivery
from server.db.engine import Engine, open_engine
from server.ids import new_id
from server.keys import KeyFile
from server.settings import Settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    for name in [name for name in os.environ if name.startswith("ANTECHAMBER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.load_or_create(tmp_path / "var.key")


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings.load(data_dir=data_dir)


@pytest.fixture
async def engine(database: Any) -> AsyncIterator[Engine]:
    opened = open_engine(database.app_url, name="test", pool_size=4)
    yield opened
    await opened.dispose()


@pytest.fixture
async def sql(database: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Run a statement as the application's role; the first column of the first row."""
    connection = await asyncpg.connect(database.app_url.replace("+asyncpg", ""))
    yield connection.fetchval
    await connection.close()


@pytest.fixture
async def practice(sql: Callable[..., Awaitable[Any]], keys: KeyFile) -> str:
    """A practice with one clinician, one client, one service and one visit; its id."""
    here = "prc_aaaaaaaaaaaaaaaaaaaa"
    await sql(
        "INSERT INTO antechamber.practices (id, name, phone, npi, zone, data_key_wrapped) "
        "VALUES ($1, 'Prairie', '+16125550100', '1234567893', 'America/Chicago', $2)",
        here,
        keys.wrap(keys.new_data_key(), here.encode()),
    )
    await sql(
        "INSERT INTO antechamber.staff (practice_id, id, role, email_blind, email_sealed, name_sealed, password_hash) "
        "VALUES ($1, 'stf_a', 'clinician', 'a', 'a', 'a', 'a')",
        here,
    )
    await sql("INSERT INTO antechamber.clients (practice_id, id, name_sealed) VALUES ($1, 'cli_a', 'a')", here)
    await sql("INSERT INTO antechamber.services (practice_id, id, name, minutes) VALUES ($1, 'svc_a', 'a', 50)", here)
    await sql(
        "INSERT INTO antechamber.visits (practice_id, id, client_id, clinician_id, service_id, client_participant, "
        "clinician_participant, booked_start, booked_minutes, phase, seq, created_by) "
        "VALUES ($1, 'vis_a', 'cli_a', 'stf_a', 'svc_a', 'par_a', 'par_b', now(), 50, 'complete', 1, 'stf_a')",
        here,
    )
    return here


Enqueue = Callable[[bytes], Awaitable[Delivery]]


@pytest.fixture
async def enqueue(engine: Engine, practice: str) -> Enqueue:
    """Put a body into the outbox, as the end of a visit does."""

    async def put(body: bytes) -> Delivery:
        async with engine.begin() as connection:
            sequence = await deliveries.next_sequence(connection, practice)
            one = Delivery(practice, new_id("dlv"), new_id("evt"), "vis_a", sequence, "visit.session-complete", body, 0)
            await deliveries.enqueue(connection, one)
        return one

    return put
