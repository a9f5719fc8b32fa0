"""A practice founded as by an operator, and a node that holds visits by a script: nobody is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from server import runtime
from server.booking import NewClient
from server.db import people
from server.db.engine import open_engine
from server.db.people import Licence
from server.db.shelf import Shelf
from server.founding import Newcomer, found, hire
from server.keys import KeyFile
from server.settings import Settings
from signaling.words import StaffRole
from tests.conftest import Database
from tests.flows.scripted import Scripted, scripted

JAMIE = NewClient("Jamie Dole", None, None)


@pytest.fixture
async def node(tmp_path: Path, database: Database) -> AsyncIterator[Scripted]:
    """A new practice with one clinician; no signing key yet."""
    keys = KeyFile.load_or_create(tmp_path / "var.key")
    engine = open_engine(database.app_url, name="founding", pool_size=2)
    try:
        practice = await found(
            engine, keys, name="Prairie", phone="(612) 555-0100", npi="1990000105", zone="America/Chicago"
        )
        newcomer = Newcomer(StaffRole.CLINICIAN, "Ana Rivera", "ana@prairie.example", "1880000207")
        clinician = await hire(engine, keys, newcomer, "a long enough password")
        shelf = await Shelf.open(engine, keys, practice)
        async with shelf.work() as work:
            licence = Licence("", "MN", "LICSW", "20417", date(2020, 1, 1), date(2029, 12, 31))
            await people.replace_licences(work, clinician, [licence])
    finally:
        await engine.dispose()
    (tmp_path / "var").mkdir()
    named = runtime.make(Settings.load(data_dir=tmp_path / "var"), keys)
    async with scripted(database.app_url, keys, named, 60) as made:  # the key of an event is made at its end
        yield made
