"""Clients and clinicians without a browser: they sign in, check in and speak on the sockets as the pages do.

Real HTTPS and real WebSockets against a server of the bench's own; what they say is in `signaling/PROTOCOL.md`.
Shell (asyncio, httpx, websockets)."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.errors import Refused

Message = dict[str, Any]
OnOffer = Callable[[int, str], Awaitable[str]]

_WITHIN_S: Final = 90.0
_PING_S: Final = 5.0


class Socket:
    """One WebSocket: says, answers offers, and keeps the newest message of each type."""

    def __init__(self, connection: ClientConnection, on_offer: OnOffer | None) -> None:
        self._connection = connection
        self._on_offer = on_offer
        self.latest: dict[str, Message] = {}
        self._news = asyncio.Event()
        self._over = ""

    async def say(self, **message: Any) -> None:
        """Send one message."""
        await self._connection.send(json.dumps(message))

    async def until(self, holds: Callable[[dict[str, Message]], bool]) -> None:
        """Return when it holds of the newest messages. Raises Refused when the server says no, or nothing comes."""
        try:
            async with asyncio.timeout(_WITHIN_S):
                while not holds(self.latest):
                    if "refused" in self.latest or self._over:
                        raise Refused(
                            "bench-refused", f"The server refused: {self.latest.get('refused') or self._over}"
                        )
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            last = {kind: message.get("number") for kind, message in self.latest.items()}
            raise Refused("bench-waited", f"The server said nothing more than {last}.") from None

    async def listen(self) -> None:
        """Take what comes until it closes."""
        try:
            async for text in self._connection:
                message = json.loads(text)
                self.latest[message["type"]] = message
                if message["type"] == "offer" and self._on_offer is not None:
                    number = message["number"]
                    await self.say(type="answer", number=number, sdp=await self._on_offer(number, message["sdp"]))
                self._news.set()
            self._over = "it closed the socket"
        except OSError as problem:
            self._over = f"the load could not answer: {problem}"
        except ConnectionClosed as closed:
            self._over = f"it closed the socket: {closed}"
        self._news.set()

    async def keep(self) -> None:
        """Ping as a page does."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(_PING_S)
                await self.say(type="ping", n=0)


class Web:
    """One browser's cookies on the server; its sockets close with the bench."""

    def __init__(self, origin: str, trust: ssl.SSLContext, stack: AsyncExitStack) -> None:
        self._origin = origin
        self._trust = trust
        self._stack = stack
        self._http = httpx.AsyncClient(
            base_url=origin, verify=trust, trust_env=False, timeout=_WITHIN_S, headers={"Sec-Fetch-Site": "same-origin"}
        )
        stack.push_async_callback(self._http.aclose)

    async def post(self, path: str, **body: Any) -> Any:
        """POST JSON; the answer's JSON. Raises Refused."""
        return self._read(path, await self._http.post(path, json=body))

    async def get(self, path: str) -> Any:
        """GET JSON. Raises Refused."""
        return self._read(path, await self._http.get(path))

    @staticmethod
    def _read(path: str, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise Refused("bench-refused", f"{path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def socket(self, path: str, ticket: str, on_offer: OnOffer | None = None) -> Socket:
        """A socket that has said hello."""
        address = "wss" + self._origin.removeprefix("https") + path
        connection = await self._stack.enter_async_context(
            connect(address, ssl=self._trust, origin=self._origin, subprotocols=["antechamber.1"], proxy=None)  # type: ignore[arg-type, list-item]  # NewTypes over str
        )
        made = Socket(connection, on_offer)
        await made.say(type="hello", ticket=ticket, seq=None)
        for work in (made.listen(), made.keep()):
            self._stack.callback(asyncio.ensure_future(work).cancel)
        return made


async def sign_in(web: Web, email: str, password: str) -> None:
    """A member of staff."""
    await web.post("/api/sign-in", email=email, password=password)


async def idle_desk(clinician: Web) -> Socket:
    """A desk that is open and looked at by nobody."""
    ticket = (await clinician.post("/api/socket-ticket", **{"for": "desk"}))["ticket"]
    desk = await clinician.socket("/ws/desk", ticket)
    await desk.until(lambda told: "desk" in told)
    return desk


async def book(clinician: Web, name: str) -> tuple[str, str]:
    """A visit that starts in five minutes; its id and the link's secret."""
    own = (await clinician.get("/api/staff/me"))["id"]
    service = (await clinician.get("/api/services"))["services"][0]
    start = datetime.now(ZoneInfo("America/Chicago")) + timedelta(minutes=5)
    made = await clinician.post(
        "/api/visits",
        client={"name": name, "phone": "(651) 555-0100", "email": None},
        clinician=own,
        start=f"{start:%Y-%m-%dT%H:%M}",
        minutes=service["minutes"],
        service=service["id"],
        anyway=True,
    )
    return made["visit"], made["link"].rpartition("#")[2]


async def check_in(client: Web, secret: str, name: str) -> None:
    """Consent, place and devices, as a client gives them."""
    state = await client.post("/api/join", secret=secret)
    version = state["consent"]["version"]
    await client.post("/api/client/consent", method="signed", version=version, name=name, relationship="self")
    await client.post(
        "/api/client/location",
        place=None, country="US", street="55 Lake St", city="Saint Paul", state="MN", zip="55104", site="home",
        save=False, callback="(651) 555-0100", emergency=None,
    )  # fmt: skip
    await client.post("/api/client/devices", camera="ok", microphone="ok", speaker="ok", connection="ok")


async def wait_inside(client: Web, on_offer: OnOffer) -> Socket:
    """Into the waiting room."""
    ticket = (await client.post("/api/client/socket-ticket"))["ticket"]
    socket = await client.socket("/ws/visit", ticket, on_offer)
    await socket.until(lambda told: "snapshot" in told)
    await socket.say(type="join")
    await socket.until(lambda told: "fact" in told and told["fact"]["visit"]["phase"] == "waiting")
    return socket


async def admit(clinician: Web, visit: str, on_offer: OnOffer) -> Socket:
    """Into the visit, and the client let in; no licence is on file, which needs its reason."""
    ticket = (await clinician.post("/api/socket-ticket", **{"for": "visit", "visit": visit}))["ticket"]
    socket = await clinician.socket("/ws/visit", ticket, on_offer)
    await socket.until(lambda told: "snapshot" in told)
    await socket.say(type="admit", override_reason="licence_not_on_file")
    return socket


def met(told: dict[str, Message]) -> bool:
    """Whether sound and picture flow both ways, by the server's word."""
    return "flow" in told and told["flow"]["media"]["requirement"] == "met"
