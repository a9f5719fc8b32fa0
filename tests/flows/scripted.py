"""A visit without people or waiting: real hub, journal and completion on a real database, its seconds from a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from media.evidence import FULL, Audio, EvidenceSecond, StreamSecond, Totals, Video, totals
from server.booking import NewClient, Wish, book
from server.completion import Completion
from server.db import clients, consents, people, practices
from server.db.engine import open_engine
from server.db.journal import PostgresJournal
from server.db.shelf import Shelf
from server.evidence_book import EvidenceBook
from server.keys import KeyFile
from server.office import Office
from server.ports import Listeners
from server.runtime import Runtime
from server.session_complete import pair_of
from server.signing_keys import SigningKeys
from signaling import commands
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import ConsentBy, ConsentMethod, DeviceCode, EndReason, Instant, Site, StaffId, VisitId

LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
GONE = StreamSecond()  # connected, and sends nothing
WRITE_EVERY = 10

Script = Sequence[bool]
"""One entry a second: whether the client's sound and picture flowed; the clinician's always did."""


class ScriptClock:
    """A clock that stands until the script moves it."""

    def __init__(self, at: datetime) -> None:
        self.wall = at
        self.mono_s = 1_000_000

    def now(self) -> datetime:
        """Wall time."""
        return self.wall

    def instant(self) -> Instant:
        """Both."""
        return Instant(self.wall, self.mono_s * 1_000_000_000, "boot")

    def forward(self, seconds: int) -> None:
        """Let time pass."""
        self.wall += timedelta(seconds=seconds)
        self.mono_s += seconds


class Nobody:
    """An audience of none."""

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """Nobody is connected."""


@dataclass(slots=True)
class Scripted:
    """A node of its own beside whatever else runs on the database. `runtime` only names the origin of links."""

    shelf: Shelf
    hub: Hub
    journal: PostgresJournal
    completion: Completion
    clock: ScriptClock
    runtime: Runtime

    async def admitted(self, client: str | NewClient, minutes: int = 50) -> tuple[Visit, str]:
        """Book, check in and admit; the visit, and its clinician."""
        async with self.shelf.work() as work:
            clinician = (await people.clinicians(work))[0].id
            service = next(one for one in await practices.all_services(work) if one.minutes == 50).id
            zone = (await practices.read(work)).zone
            text = await consents.current(work)
        office = Office(self.runtime, self.shelf.engine, self.shelf, self.hub, Listeners())
        start = f"{self.clock.wall.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
        made, _ = await book(office, Wish(client, clinician, service, start, minutes, anyway=True), clinician)
        async with self.shelf.work() as work:
            cover = await people.cover(work, clinician, "US", "MN", zone)
        ok = DeviceCode.OK
        visit = await self.hub.command(
            VisitId(made.id),
            (
                commands.OpenLink("dev_a"),
                commands.GiveConsent(
                    text.version,
                    text.sha256.hex(),
                    text.language,
                    ConsentMethod.SIGNED,
                    ConsentBy.SELF,
                    self.clock.wall,
                ),
                commands.AttestLocation("US", "MN", Site.HOME),
                commands.CheckDevices(ok, ok, ok, ok),
                commands.Join(),
                commands.Admit(StaffId(clinician), cover),
            ),
        )
        return visit, clinician

    async def hold(self, client: str | NewClient, script: Script) -> tuple[str, Totals]:
        """A whole visit whose media follows the script; its id, and what the raw seconds come to."""
        visit, clinician = await self.admitted(client)
        pair = pair_of(visit)
        book = EvidenceBook(self.clock.mono_s, pair)
        for second, there in enumerate(script, 1):
            of = {pair[0]: LIVE, pair[1]: LIVE if there else GONE}
            book.add([EvidenceSecond(self.clock.mono_s, of)])
            self.clock.forward(1)
            if second % WRITE_EVERY == 0 or second == len(script):
                unwritten = book.take_unwritten()
                assert unwritten is not None
                await self.hub.command(visit.id, commands.RecordEvidence(*unwritten, {"srtp": "AEAD_AES_256_GCM"}))
        await self.hub.command(visit.id, commands.End(StaffId(clinician), EndReason.DONE))
        await self.completion.complete(visit.id, self.journal)
        return visit.id, totals(book.seconds, pair)


@asynccontextmanager
async def scripted(app_url: str, keys: KeyFile, runtime: Runtime, lasting_s: int) -> AsyncIterator[Scripted]:
    """A node whose clock stands `lasting_s` seconds ago, so that a script of that length ends about now."""
    engine = open_engine(app_url, name="scripted", pool_size=4)
    practice = await practices.first(engine)
    assert practice is not None
    clock = ScriptClock(datetime.now(UTC) - timedelta(seconds=lasting_s))
    shelf = await Shelf.open(engine, keys, practice, clock.now)
    completion = Completion(shelf, SigningKeys(engine, keys), lambda: hub)
    journal = PostgresJournal(engine, practice, completion.record)
    hub = Hub(journal, Nobody(), clock)
    try:
        yield Scripted(shelf, hub, journal, completion, clock, runtime)
    finally:
        await hub.close()
        await engine.dispose()


async def demo_client(node: Scripted) -> str:
    """The demo's client, for whom billing has a verified coverage."""
    async with node.shelf.work() as work:
        ((client, _),) = await clients.find(work, "Jordan Doe")
    return client
