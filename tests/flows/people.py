"""People without a browser: they sign in, check in and speak on the sockets as the pages do, over real https."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.browser.harness.running import Antechamber

Message = dict[str, Any]
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
OK = {"camera": "ok", "microphone": "ok", "speaker": "ok", "connection": "ok"}


@dataclass(slots=True)
class Line:
    """One WebSocket: says messages, and keeps what it was told."""

    connection: ClientConnection
    told: list[Message] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, **message: Any) -> None:
        """Send one message."""
        await self.connection.send(json.dumps(message))

    async def listen(self) -> None:
        """Keep everything that is told until the socket closes."""
        with contextlib.suppress(ConnectionClosed):
            async for text in self.connection:
                self.told.append(json.loads(text))
                self.news.set()
        self.ended.set()
        self.news.set()

    async def keep_alive(self) -> None:
        """Ping as a page does."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(5)
                await self.say(type="ping", n=0)

    async def until(self, wanted: Callable[[Message], bool], within: float = 20, after: int = 0) -> Message:
        """The first message, told already (the first `after` of them aside) or to come, for which `wanted` is true."""
        seen = after
        async with asyncio.timeout(within):
            while True:
                for message in self.told[seen:]:
                    seen += 1
                    if wanted(message):
                        return message
                assert not self.ended.is_set(), f"the socket ended; last told: {self.told[-1:]}"
                self.news.clear()
                await self.news.wait()

    async def pong(self) -> None:
        """Return when the server has answered everything said so far."""
        number = sum(message["type"] == "pong" for message in self.told) + 1
        await self.say(type="ping", n=number)
        await self.until(lambda message: message["type"] == "pong" and message["n"] == number)


class Web:
    """One browser's cookies on one server."""

    def __init__(self, server: Antechamber, cookies: httpx.Cookies | None = None) -> None:
        self.server = server
        self.trust = ssl.create_default_context(cafile=str(server.authority))
        self.urls: list[str] = []
        self.http = httpx.AsyncClient(
            base_url=server.origin, verify=self.trust, trust_env=False, timeout=20, cookies=cookies, headers=SAME_SITE,
            event_hooks={"request": [self._keep]},
        )  # fmt: skip

    async def _keep(self, request: httpx.Request) -> None:
        self.urls.append(str(request.url))

    async def post(self, path: str, **body: Any) -> Any:
        """POST JSON; the answer's JSON; fails on a refusal."""
        answer = await self.http.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def get(self, path: str) -> Any:
        """GET JSON."""
        answer = await self.http.get(path)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    @asynccontextmanager
    async def line(self, path: str, ticket: str, seq: int | None = None) -> AsyncIterator[Line]:
        """A socket that has said hello."""
        address = f"wss://localhost:{self.server.port}{path}"
        self.urls.append(address)
        async with connect(
            address, ssl=self.trust, origin=self.server.origin, subprotocols=["antechamber.1"], proxy=None
        ) as connection:
            line = Line(connection)
            tasks = [asyncio.create_task(line.listen())]
            try:
                await line.say(type="hello", ticket=ticket, seq=seq)
                tasks.append(asyncio.create_task(line.keep_alive()))
                yield line
            finally:
                for task in tasks:
                    task.cancel()

    async def close(self) -> None:
        """Close its connections."""
        await self.http.aclose()


async def signed_in(server: Antechamber, who: dict[str, str]) -> Web:
    """A member of staff, signed in."""
    web = Web(server)
    await web.post("/api/sign-in", email=who["email"], password=who["password"])
    return web


async def book(
    clinician: Web, name: str, start_in: timedelta, phone: str = "(651) 555-0100", email: str | None = None
) -> tuple[str, str]:
    """Book a new client; gives the visit's id and the link's secret."""
    own = (await clinician.get("/api/staff/me"))["id"]
    service = (await clinician.get("/api/services"))["services"][0]
    start = datetime.now(ZoneInfo("America/Chicago")) + start_in
    made = await clinician.post(
        "/api/visits",
        client={"name": name, "phone": phone, "email": email},
        clinician=own,
        start=f"{start:%Y-%m-%dT%H:%M}",
        minutes=service["minutes"],
        service=service["id"],
        anyway=True,
    )
    return made["visit"], made["link"].rpartition("#")[2]


async def checked_in(server: Antechamber, secret: str, name: str = "Riley Example", **place: Any) -> Web:
    """A client who came by the link and made every step but the last. `place` changes where they say they are."""
    web = Web(server)
    state = await web.post("/api/join", secret=secret)
    await web.post(
        "/api/client/consent",
        method="signed",
        version=state["consent"]["version"],
        name=name,
        relationship="self",
    )
    await web.post(
        "/api/client/location",
        **{
            "place": None,
            "country": "US",
            "street": "55 Lake St",
            "city": "Saint Paul",
            "state": "MN",
            "zip": "55104",
            "site": "home",
            "save": False,
            "callback": "(651) 555-0100",
            "emergency": None,
            **place,
        },
    )
    await web.post("/api/client/devices", **OK)
    return web


@asynccontextmanager
async def waiting(client: Web) -> AsyncIterator[Line]:
    """The client's socket, in the waiting room."""
    ticket = (await client.post("/api/client/socket-ticket"))["ticket"]
    async with client.line("/ws/visit", ticket) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        await line.say(type="join")
        await line.until(lambda message: message["type"] == "fact" and message["visit"]["phase"] == "waiting")
        yield line


def in_phase(phase: str) -> Callable[[Message], bool]:
    """Whether a snapshot shows this phase."""
    return lambda message: message["type"] == "snapshot" and message["visit"]["phase"] == phase


@asynccontextmanager
async def guest_at(server: Antechamber, link: str) -> AsyncIterator[Line]:
    """Somebody who opened the guest's link, checked the devices and waits."""
    web = Web(server)
    await web.post("/api/guest/join", secret=link.rpartition("#")[2])
    await web.post("/api/guest/devices", **OK)
    ticket = (await web.post("/api/guest/socket-ticket"))["ticket"]
    async with web.line("/ws/visit", ticket) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        await line.say(type="join")
        await line.until(in_phase("waiting"))
        yield line
    await web.close()


@asynccontextmanager
async def in_visit(clinician: Web, visit: str) -> AsyncIterator[Line]:
    """The clinician's socket in one visit."""
    ticket = (await clinician.post("/api/socket-ticket", **{"for": "visit", "visit": visit}))["ticket"]
    async with clinician.line("/ws/visit", ticket) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        yield line


@asynccontextmanager
async def desk(clinician: Web) -> AsyncIterator[Line]:
    """A clinician's desk."""
    ticket = (await clinician.post("/api/socket-ticket", **{"for": "desk"}))["ticket"]
    async with clinician.line("/ws/desk", ticket) as line:
        await line.until(lambda message: message["type"] == "desk")
        yield line
