"""Antechamber as it is shipped, held to the same load: ``antechamber demo`` in a data directory that is thrown away.

Nothing is left out: PostgreSQL, journal, evidence, filter, limits, idle desks, and visits that people booked,
checked in for and were let into over HTTPS and WebSockets. Shell (asyncio, httpx, processes)."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import httpx

from server import runtime
from server.bench import people
from server.bench.figures import OURS, Counts, differences
from server.bench.people import OnOffer, Socket, Web
from server.bench.ports import free_port
from server.bench.processes import Orders, Process, cpu_seconds, descendants
from server.db import people as staff
from server.db import practices
from server.db.engine import Engine
from server.db.journal import PostgresJournal
from server.db.shelf import Shelf
from server.founding import new_password
from server.keys import KeyFile
from server.link_sums import load_sums
from server.office import open_engine_of
from server.passwords import hash_here
from server.settings import Settings
from signaling.facts import Completed, EvidenceRecorded, Fact
from signaling.words import StaffRole, VisitId

_UP_WITHIN_S: Final = 90.0
_READ_S: Final = 2.5
"""Connections are read once a second: so long after the last packet every one is in the account."""
_COMPLETE_S: Final = 20.0
_HELD_S: Final = 6.0
"""A visit has begun when sound and picture have flowed both ways for a few seconds."""


class Ours:
    """The server, and everybody in it."""

    name = OURS

    def __init__(self, core: int | None, folder: Path, host: str, load: Orders, most: int) -> None:
        self._folder = folder
        self._core = core
        self._host = host
        self._load = load
        self._most = most
        self._stack = AsyncExitStack()
        self._clinicians: list[Web] = []
        self._lines: list[Socket] = []
        self._visits: dict[str, str] = {}
        self._seats: dict[str, dict[str, str]] = {}
        self._port = free_port()
        self._settings = {
            "data_dir": str(folder / "var"), "port": str(self._port), "media_addresses": host, "log_level": "warning",
        }  # fmt: skip
        self._database: Engine | None = None
        self.password = new_password()

    async def start(self) -> None:
        """Start it, hire a clinician for every visit, and open all their desks."""
        command = [sys.executable, "-m", "server.cli", "demo"]
        self._process = Process(self._core, command, self._folder / "server.log", self._settings)
        self._stack.push_async_callback(self._process.stop)
        self.pid = self._process.pid
        trust = await self._up()
        settings = Settings.load(
            **self._settings, database_url=None, owner_database_url=None, billing_database_url=None, origin=""
        )
        self._keys = KeyFile.load(settings.key_file)
        here = runtime.make(settings, self._keys)
        self._billing = here.billing_url or ""
        self._database = await self._stack.enter_async_context(open_engine_of(here))
        self._hashed = hash_here(self.password)
        emails = await self.hire(self._most, StaffRole.CLINICIAN)
        for email in emails:
            web = Web(settings.origin, trust, self._stack)
            await people.sign_in(web, email, self.password)
            await people.idle_desk(web)
            self._clinicians.append(web)
        self._trust, self._origin = trust, settings.origin

    async def _up(self) -> ssl.SSLContext:
        authority = self._folder / "var" / "tls" / "authority.pem"
        try:
            async with asyncio.timeout(_UP_WITHIN_S):
                while True:
                    await asyncio.sleep(0.2)
                    if self._process.ended:
                        raise ConnectionError(f"the server ended: {self._process.said()}")
                    if not authority.exists():
                        continue
                    trust = ssl.create_default_context(cafile=str(authority))
                    try:
                        async with httpx.AsyncClient(verify=trust, trust_env=False) as client:
                            if (await client.get(f"https://localhost:{self._port}/healthz")).status_code == 200:
                                return trust
                    except (httpx.TransportError, ssl.SSLError):
                        continue
        except TimeoutError:
            raise ConnectionError(f"the server did not come up: {self._process.said()}") from None

    async def hire(self, many: int, role: StaffRole) -> list[str]:
        """So many new people of a role; the emails they sign in with."""
        shelf = await self.shelf()
        emails = [f"{secrets.token_hex(4)}.{number}@bench.example" for number in range(many)]
        for number, email in enumerate(emails):
            async with shelf.work() as work:
                await staff.add(work, role=role, name=f"Bench {number}", email=email, password_hash=self._hashed)
        return emails

    def web(self) -> Web:
        """A browser that nobody has signed in with."""
        return Web(self._origin, self._trust, self._stack)

    @property
    def keys(self) -> KeyFile:
        """Its key file."""
        return self._keys

    @property
    def billing_url(self) -> str:
        """Billing's own role in its database."""
        return self._billing

    async def shelf(self) -> Shelf:
        """The practice's rows."""
        if self._database is None:
            raise ConnectionError("the server was not started")
        practice = await practices.first(self._database)
        if practice is None:
            raise ConnectionError("the server has no practice")
        return await Shelf.open(self._database, self._keys, practice)

    async def add(self, visit: int) -> None:
        """One more visit, from the booking to the admission; both browsers are connected."""
        clinician, client = self._clinicians[visit], Web(self._origin, self._trust, self._stack)
        name = f"Client {visit}"
        booked, secret = await people.book(clinician, name)
        await people.check_in(client, secret, name)
        waiting = await people.wait_inside(client, self._answering(f"{visit}b"))
        inside = await people.admit(clinician, booked, self._answering(f"{visit}a"))
        for line in (inside, waiting):  # the offer that names what the other sends
            await line.until(lambda told: "offer" in told and "a=ssrc:" in told["offer"]["sdp"])
        await self._load("connected")
        self._lines.append(inside)
        self._visits[str(visit)] = booked
        self._seats[str(visit)] = {
            line.latest["snapshot"]["you"]["participant"]: f"{visit}{side}"
            for line, side in ((inside, "a"), (waiting, "b"))
        }

    async def held(self, visit: int) -> str:
        """A visit of that number, begun and ended a moment later; its id. Its people leave the load."""
        await self.add(visit)
        booked, line = self._visits.pop(str(visit)), self._lines.pop()
        self._seats.pop(str(visit))
        await self._load("play")
        await asyncio.sleep(_HELD_S)
        await self._load("stop")
        await line.say(type="end", reason="done")
        await line.until(lambda told: "fact" in told and told["fact"]["visit"]["ended"] is not None)
        await self._load("leave", of=str(visit))
        return booked

    def _answering(self, who: str) -> OnOffer:
        async def answer(_number: int, sdp: str) -> str:
            return str(await self._load("answer", who=who, sdp=sdp))

        return answer

    async def during(self, seconds: float) -> None:
        """Let the run go on."""
        await asyncio.sleep(seconds)

    async def wrong(self, sent: Counts) -> list[str]:
        """End every visit, and say what its journal holds otherwise than the senders' own counts."""
        await asyncio.sleep(_READ_S)
        for line in self._lines:
            await line.say(type="end", reason="done")
            await line.until(lambda told: "fact" in told and told["fact"]["visit"]["ended"] is not None)
        shelf = await self.shelf()
        journal = PostgresJournal(shelf.engine, shelf.practice, _completes_nothing)
        counted: dict[str, dict[str, int]] = {}
        for visit, booked in self._visits.items():
            for fact in await _whole(journal, VisitId(booked)):
                if isinstance(fact, EvidenceRecorded):
                    for participant, sums in load_sums(fact.counters).items():
                        came = {"audio": sums.audio, "video": sums.video}
                        counted[self._seats[visit][participant]] = {
                            kind: one.expected - one.lost for kind, one in came.items()
                        }
        return differences(sent, counted)

    def beside(self) -> float:
        """CPU seconds of PostgreSQL, the jobs process and the rest that serves with it."""
        return sum(cpu_seconds(pid) for pid in descendants(self.pid))

    async def close(self) -> None:
        """Everybody leaves, the server stops."""
        await self._stack.aclose()


async def _whole(journal: PostgresJournal, visit: VisitId) -> list[Fact]:
    """The visit's facts once its record is complete: the last evidence is written after the end is told."""
    async with asyncio.timeout(_COMPLETE_S):
        while True:
            facts = [fact for _, fact, _ in await journal.load(visit)]
            if any(isinstance(fact, Completed) for fact in facts):
                return facts
            await asyncio.sleep(0.1)


async def _completes_nothing(*_: object) -> None:
    raise LookupError("the journal is only read here")
