"""Two hubs, as two server processes would be, on the real journal in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.db.engine import open_engine
from server.db.journal import PostgresJournal
from signaling import commands as c
from signaling import fact_forms
from signaling import facts as f
from signaling.errors import ClinicianBusy, Refused
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import ClientId, Phase, TellCode, VisitId
from tests.signaling.lives import (
    ADMIT,
    BOOK,
    CLINICIAN,
    COMPLETE,
    END,
    EVIDENCE,
    IN_VISIT,
    VISIT,
    WAITING,
    Watch,
)

SECOND = VisitId("vis_second")
PRACTICE = BOOK.practice
ROW = """
INSERT INTO antechamber.visits (practice_id, id, client_id, clinician_id, service_id, client_participant,
    clinician_participant, booked_start, booked_minutes, phase, seq, created_by)
VALUES ('{practice}', '{visit}', 'cli_{visit}', '{clinician}', 'svc', 'par_a', 'par_b', now(), 50, 'booked', 0, 'stf')
"""


class Ear:
    """An audience that remembers the kinds it was told, in order."""

    def __init__(self) -> None:
        self.kinds: dict[VisitId, list[str]] = {}

    def tell(self, visit: VisitId, seq: int, facts: Sequence[f.Fact], after: Visit) -> None:
        """Note them."""
        heard = self.kinds.setdefault(visit, [])
        heard += map(fact_forms.kind_of, facts)


async def _no_completion(*_: object) -> None:
    """What the record is made of is tested with the journal."""


def booking(visit: VisitId) -> c.Book:
    """A booking of a client of its own."""
    return replace(BOOK, visit=visit, client=ClientId(f"cli_{visit}"))


@pytest.fixture
async def two(cluster: Any, database: Any) -> AsyncIterator[list[tuple[Hub, Ear]]]:
    """Two hubs with engines of their own; the rows that booking makes beside the journal are there."""
    # Only what the journal itself writes matters here: people and services are other tests' business.
    cluster.run("ALTER TABLE antechamber.visits DISABLE TRIGGER ALL", database.name)
    cluster.run("ALTER TABLE antechamber.seats DISABLE TRIGGER ALL", database.name)
    for visit in (VISIT, SECOND):
        cluster.run(ROW.format(practice=PRACTICE, visit=visit, clinician=CLINICIAN), database.name)
    engines = [open_engine(database.app_url, name=f"hub {number}", pool_size=4) for number in (1, 2)]
    ears = [Ear(), Ear()]
    hubs = [
        Hub(PostgresJournal(engine, PRACTICE, _no_completion), ear, Watch())
        for engine, ear in zip(engines, ears, strict=True)
    ]
    yield list(zip(hubs, ears, strict=True))
    for hub in hubs:
        await hub.close()
    for engine in engines:
        await engine.dispose()


async def test_200_concurrent_admits_from_two_processes_let_one_client_in(two: list[tuple[Hub, Ear]]) -> None:
    """Two visits of one clinician: the other is told which visit holds the seat."""
    (here, _), (there, _) = two
    for visit in (VISIT, SECOND):
        await here.command(visit, (booking(visit), *WAITING))
    tries = [(here, there)[n % 2].command((VISIT, SECOND)[n // 2 % 2], ADMIT) for n in range(200)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    admitted = [one for one in done if isinstance(one, Visit)]
    assert [one.phase for one in admitted] == [Phase.ADMITTED]
    assert {one.code for one in done if isinstance(one, Refused)} == {"clinician-busy", "already-admitted"}
    assert {one.visit for one in done if isinstance(one, ClinicianBusy)} == {admitted[0].id}
    assert len([one for one in done if isinstance(one, Refused)]) == 199
    for hub, _ in two:
        phases = [(await hub.visit(visit))[1].phase for visit in (VISIT, SECOND)]
        assert sorted(phases) == ["admitted", "waiting"]


async def test_commands_of_two_processes_are_all_kept_and_each_hears_all(two: list[tuple[Hub, Ear]]) -> None:
    """Conflicts on the key are decided again; after the news both know the same."""
    (here, _), (there, _) = two
    await here.command(VISIT, (booking(VISIT), *WAITING))
    await there.visit(VISIT)
    tells = [
        hub.command(VISIT, c.TellWaiting(CLINICIAN, code)) for code in TellCode for hub in (here, there) for _ in "12"
    ]
    await asyncio.gather(*tells)
    for hub, _ in two:
        hub.refresh(VISIT)
    assert await here.visit(VISIT) == await there.visit(VISIT)
    assert [ear.kinds[VISIT][-16:] for _, ear in two] == [["told"] * 16] * 2


async def test_a_life_on_one_process_is_the_same_on_the_other(two: list[tuple[Hub, Ear]]) -> None:
    """Through rows of JSON and back, evidence and all."""
    (here, _), (there, _) = two
    for command in (booking(VISIT), *IN_VISIT, EVIDENCE):
        await here.command(VISIT, command)
    live = await here.command(VISIT, (END, COMPLETE))
    assert (await there.visit(VISIT))[1] == live
    assert live.phase is Phase.COMPLETE
