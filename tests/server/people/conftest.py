"""A house of real parts for the people's tests: PostgreSQL, keys, passwords, journal, hub; only the clock is ours."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from server import consent_text, identity, runtime
from server.db import people, practices, sign_ins
from server.db.engine import open_engine
from server.db.journal import PostgresJournal
from server.db.people import Licence
from server.db.shelf import Shelf
from server.identity import STAFF_COOKIE
from server.keys import KeyFile
from server.passwords import Passwords, PasswordService, socket_path
from server.routes import (
    answers,
    client,
    exits,
    guest,
    guests,
    imports,
    pages,
    paper,
    plans,
    private_notes,
    public,
    settings,
    sheets,
    staff,
    statements,
    supervision,
    visits,
)
from server.runtime import Runtime
from server.settings import Settings
from signaling.hub import Hub
from signaling.words import StaffRole
from tests.server.people.kit import PASSWORD, Browser, House, Team, TestClock, Told, secret_of

_HASHED: dict[str, str] = {}  # one slow hash a run is enough


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    """One key file a run."""
    return KeyFile.load_or_create(tmp_path_factory.mktemp("keys") / "test.key")


@pytest.fixture(scope="session")
def password_socket() -> Iterator[Path]:
    """The real password service behind its socket, once a run, on a loop of its own as in the jobs process."""
    with tempfile.TemporaryDirectory(prefix="antechamber-pw-") as folder:
        path = socket_path(Path(folder))
        client = Passwords(path)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="passwords")
        thread.start()
        service = asyncio.run_coroutine_threadsafe(PasswordService(path).run(), loop)
        asyncio.run_coroutine_threadsafe(_listens(client), loop).result(10)
        yield path
        service.cancel()
        asyncio.run_coroutine_threadsafe(_settle(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def passwords(password_socket: Path) -> Passwords:
    """What this test's house asks."""
    return Passwords(password_socket)


async def _settle() -> None:
    """Let everything cancelled on this loop end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await asyncio.gather(*others, return_exceptions=True)


async def _listens(client: Passwords) -> None:
    for _ in range(10_000):
        if await client.ready():
            return
        await asyncio.sleep(0)


@pytest.fixture
async def house(database: Any, keys: KeyFile, passwords: Passwords, tmp_path: Path) -> AsyncIterator[House]:
    """A house with an empty practice of its own."""
    settings = Settings.load(data_dir=tmp_path / "var")
    settings.data_dir.mkdir()
    made = runtime.make(settings, keys)
    made = Runtime(
        settings=settings,
        keys=keys,
        fields=made.fields,
        app_url=database.app_url,
        billing_url=database.billing_url,
        passwords=passwords,
        media_hosts=(),
        media_addresses=(),
    )
    engine = open_engine(database.app_url, name="people-tests")
    practice = await practices.create(
        engine, keys, name="Lakeside Counseling", phone="(612) 555-0100", npi="1990000105", zone="America/Chicago"
    )
    clock, told = TestClock(), Told()
    shelf = await Shelf.open(engine, keys, practice, clock.now)
    async with shelf.work() as work:
        await consent_text.install(work)
    hub = Hub(PostgresJournal(engine, practice, _nothing), told, clock)
    yield House(made, engine, shelf, hub, clock, told)
    await hub.close()
    await engine.dispose()


async def _nothing(*_: object) -> None:
    """What completes a visit is tested elsewhere."""


@pytest.fixture
async def team(house: House) -> Team:
    """Two clinicians, a front desk and a biller, all with the same password, and one service."""
    hashed = _HASHED.get(PASSWORD) or await house.runtime.passwords.hash(PASSWORD)
    _HASHED[PASSWORD] = hashed
    async with house.shelf.work() as work:

        async def hire(role: StaffRole, name: str, email: str, npi: str | None = None) -> str:
            return await people.add(work, role=role, name=name, email=email, password_hash=hashed, npi=npi)

        clinician = await hire(StaffRole.CLINICIAN, "Ana Rivera", "ana@lakeside.example", "1880000207")
        await people.replace_licences(
            work, clinician, [Licence("", "MN", "LICSW", "20417", date(2020, 1, 1), date(2029, 12, 31))]
        )
        return Team(
            clinician=clinician,
            colleague=await hire(StaffRole.CLINICIAN, "Lee Park", "lee@lakeside.example"),
            front_desk=await hire(StaffRole.FRONT_DESK, "Sam Okafor", "sam@lakeside.example"),
            biller=await hire(StaffRole.BILLER, "Robin Hale", "robin@lakeside.example"),
            service=await practices.add_service(work, "Individual therapy", 50),
            emails={
                "clinician": "ana@lakeside.example",
                "colleague": "lee@lakeside.example",
                "front_desk": "sam@lakeside.example",
                "biller": "robin@lakeside.example",
            },
        )


@pytest.fixture(scope="session")
def routed() -> list[BaseRoute]:
    """The routes under test, made once a run: they keep nothing of a house."""
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for module in (
        staff,
        visits,
        guests,
        statements,
        sheets,
        private_notes,
        plans,
        exits,
        settings,
        supervision,
        imports,
        client,
        paper,
        guest,
        public,
        pages,
    ):
        made.include_router(module.router())
    made.include_router(plans.client_router())
    return made.router.routes


@pytest.fixture
def app(house: House, routed: list[BaseRoute]) -> FastAPI:
    """The application, of the routers under test."""
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    made.state.house = house
    answers.install(made)
    made.router.routes.extend(routed)
    return made


@pytest.fixture
async def browsers(app: FastAPI, house: House) -> AsyncIterator[Any]:
    """Makes browsers; `browsers()` is a fresh one."""
    made: list[Browser] = []

    def make(address: str = "203.0.113.7") -> Browser:
        made.append(Browser(app, house.runtime.settings, address))
        return made[-1]

    yield make
    for browser in made:
        await browser.aclose()


@pytest.fixture
async def signed_in(browsers: Any, team: Team, house: House) -> Any:
    """`await signed_in("clinician")`: a browser in which that person is signed in; test_sign_in has the form itself."""

    async def sign_in(who: str) -> Browser:
        browser: Browser = browsers()
        async with house.shelf.work() as work:
            secret = await sign_ins.start(work, getattr(team, who))
        browser.cookies.set(STAFF_COOKIE, identity.cookie_value(house.shelf, secret), domain="localhost.local")
        return browser

    return sign_in


@pytest.fixture
def booking(team: Team) -> Any:
    """`booking(start=..., client=...)`: the body of a booking."""

    def body(**changed: Any) -> dict[str, Any]:
        return {
            "client": {"name": "Jordan Doe", "phone": "(651) 555-0134", "email": "jordan@mail.example"},
            "clinician": team.clinician,
            "start": "2026-11-23T10:00",
            "minutes": 50,
            "service": team.service,
            **changed,
        }

    return body


@pytest.fixture
async def booked(signed_in: Any, booking: Any) -> Any:
    """`await booked(start=...)`: (visit, link) of a visit that the front desk booked."""

    async def book(**changed: Any) -> tuple[str, str]:
        browser = await signed_in("front_desk")
        answer = await browser.ask("/api/visits", booking(**changed), 201)
        return answer["visit"], answer["link"]

    return book


@pytest.fixture
async def joined(booked: Any, browsers: Any) -> Any:
    """`await joined()`: (visit, link, the client's browser after the exchange, ClientState)."""

    async def join(**changed: Any) -> tuple[str, str, Browser, dict[str, Any]]:
        visit, link = await booked(**changed)
        browser: Browser = browsers("198.51.100.20")
        state = await browser.ask("/api/join", {"secret": secret_of(link)})
        return visit, link, browser, state

    return join
