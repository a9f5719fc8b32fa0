"""The outbox runner: posts signed events to the billing receiver until it has them.

At least once: a row is claimed by pushing its due time, posted outside any transaction, and its outcome recorded; a
runner that dies in between gives the row back. The body is what was signed, to the byte; the webhook's own timestamp
and signature are fresh each time (Standard Webhooks 1.0.0). https only, no redirects (ASVS 5.0, 15.3.2), no private
address unless configured, ten seconds in all, and nothing of the answer is read but its status.
Shell (asyncio, aiortc).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import httpx

from billing_hooks import signing
from server import logs, retry, tls
from server.db import deliveries
from server.db.deliveries import Delivery
from server.db.engine import Engine
from server.db.listen import listen
from server.errors import Malformed
from server.settings import Settings
from server.signing_keys import SigningKeys

CHANNEL: Final = "antechamber_delivery"
UNREACHABLE: Final = "unreachable"  # nothing answered at all: the receiver never saw the request
_LEASE: Final = timedelta(seconds=20)  # after that a claimed row is due again; twice the longest attempt
_AT_ONCE: Final = 4
_LOOK: Final = 10.0  # seconds: notifications are hints, the clock is the truth
_KNOCK: Final = 2.0  # seconds between two looks whether an unreachable receiver is back; grows to _KNOCK_LONGEST
_KNOCK_LONGEST: Final = 30.0


class NoWayError(Exception):
    """The receiver's address may not or cannot be used; the one argument is the code that is recorded."""


@dataclass(frozen=True, slots=True)
class Target:
    """The receiver: its parts, and the numeric addresses that its name stood for a moment ago."""

    host: str
    port: int
    netloc: str
    path: str
    addresses: tuple[str, ...]


async def resolve(url: str, private_hosts: frozenset[str]) -> Target:
    """Look the receiver up. Raises NoWayError("not-https" | "no-address" | "private-address").

    The numeric address found here is the one connected to: a name that answers differently a moment later changes
    nothing."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise NoWayError("not-https")
    port = parts.port or 443
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NoWayError("no-address") from None
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if parts.hostname not in private_hosts and not all(ip_address(one).is_global for one in addresses):
        raise NoWayError("private-address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname, port, parts.netloc, path, addresses)


class Dispatcher:
    """Runs the outbox of every practice. One a process is enough; several do no harm (SKIP LOCKED)."""

    def __init__(
        self,
        engine: Engine,
        url: str,
        signing_keys: SigningKeys,
        settings: Settings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``url``: the application role's address, for LISTEN."""
        self._engine = engine
        self._url = url
        self._signing_keys = signing_keys
        self._settings = settings
        self._now = now
        self._chance = chance
        self._wake = asyncio.Event()
        self._client: httpx.AsyncClient | None = None
        own = urlsplit(settings.origin).netloc == urlsplit(settings.billing_url).netloc
        self._schedule = retry.OWN_SCHEDULE if own else retry.SCHEDULE

    async def run(self) -> None:
        """Deliver until cancelled. The database may come and go."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(listen(self._url, (CHANNEL,), lambda _channel, _payload: self.wake(), asyncio.Event()))
            tasks.create_task(self._knock())
            tasks.create_task(self._loop())

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    async def close(self) -> None:
        """Close the connections to the receiver."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _loop(self) -> None:
        try:
            while True:
                self._wake.clear()
                try:
                    busy = await self.deliver_due() > 0
                    pause = 0.0 if busy else await self._until_next()
                except Exception as error:  # the database is away: the rows are safe in it
                    logs.bug(error, component="dispatch")
                    pause = 1.0
                if pause > 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), pause)
        finally:
            await self.close()

    async def _until_next(self) -> float:
        due = await deliveries.next_due(self._engine)
        if due is None:
            return _LOOK
        return min(_LOOK, max(0.05, (due - self._now()).total_seconds()))

    async def deliver_due(self) -> int:
        """One attempt for every delivery that is due; how many there were."""
        claimed = await deliveries.claim(self._engine, until=self._now() + _LEASE, limit=_AT_ONCE)
        if claimed:
            await asyncio.gather(*(self._deliver(delivery) for delivery in claimed))
        return len(claimed)

    async def _deliver(self, delivery: Delivery) -> None:
        begun = time.monotonic()
        code = await self._attempt(delivery)
        state, due = self._outcome(code, delivery.attempts + 1)
        await deliveries.record(
            self._engine, delivery, state=state, due_at=due, error=None if state == "done" else code
        )
        say = logs.log.info if state == "done" else logs.log.warning
        say(
            f"delivery-{state}",
            delivery=delivery.id,
            event_id=delivery.event_id,
            code=code,
            attempt=delivery.attempts + 1,
            ms=round((time.monotonic() - begun) * 1000),
        )

    def _outcome(self, code: str, attempts: int) -> tuple[str, datetime | None]:
        """State and next due time: 2xx is done, 410 switches the endpoint off, everything else is tried again."""
        if code.startswith("http-2"):
            return "done", None
        if code == "http-410":
            return "disabled", None
        due = retry.due_after(attempts, self._now(), self._chance(), self._schedule)
        return ("dead", None) if due is None else ("pending", due)

    async def _attempt(self, delivery: Delivery) -> str:
        """Post once; what came of it, as a code."""
        try:
            async with asyncio.timeout(self._settings.deliver_timeout_s):
                key = await self._signing_keys.current(delivery.practice_id)
                target = await resolve(self._settings.billing_url, self._settings.private_receiver_hosts)
                headers = signing.sign(delivery.event_id, int(self._now().timestamp()), delivery.body, [key.private])
                return await self._post(target, headers, delivery.body)
        except NoWayError as error:
            return str(error.args[0])
        except TimeoutError:
            return "timeout"
        except Malformed as error:  # the key file does not open the signing key
            return error.code
        except Exception as error:  # a bug of ours must use up the row's attempts, not spin on it
            logs.bug(error, delivery=delivery.id)
            return "bug"

    async def _post(self, target: Target, headers: dict[str, str], body: bytes) -> str:
        code = UNREACHABLE
        for address in target.addresses:
            host = f"[{address}]" if ":" in address else address
            code = await self._post_to(f"https://{host}:{target.port}{target.path}", target, headers, body)
            if code != UNREACHABLE:
                break
        return code

    async def _post_to(self, url: str, target: Target, headers: dict[str, str], body: bytes) -> str:
        sent = {**headers, "host": target.netloc, "content-type": "application/json", "accept-encoding": "identity"}
        try:
            async with self._open().stream(
                "POST", url, content=body, headers=sent, extensions={"sni_hostname": target.host}
            ) as answer:
                return f"http-{answer.status_code}"  # whatever else it says is not read
        except httpx.TimeoutException:
            return "timeout"
        except httpx.ConnectError as error:
            if _is_tls(error):
                await self.close()  # our own certificate may have been renewed: read what to trust again
                return "tls"
            return UNREACHABLE
        except httpx.HTTPError:
            return "cut"  # it answered and broke off, or did not speak HTTP

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=tls.trust(self._settings),
                trust_env=False,  # no proxy that some environment names
                follow_redirects=False,
                timeout=self._settings.deliver_timeout_s,
                limits=httpx.Limits(max_connections=_AT_ONCE * 2, keepalive_expiry=5),
                headers={"user-agent": "antechamber"},
            )
        return self._client

    async def _knock(self) -> None:
        """While a delivery waits because nothing answered at all, see whether the receiver listens again, and then
        deliver at once: a receiver that restarts costs seconds, not the five minutes of the schedule."""
        pause = _KNOCK
        while True:
            await asyncio.sleep(pause)
            try:
                if not await deliveries.waiting_on(self._engine, UNREACHABLE):
                    pause = _KNOCK
                elif await self._listens():
                    pause = _KNOCK
                    await deliveries.hasten(self._engine, UNREACHABLE)
                    self.wake()
                else:
                    pause = min(pause * 1.5, _KNOCK_LONGEST)
            except Exception as error:  # the database is away: the loop beside says so already
                logs.log.debug("knock-failed", error=type(error).__qualname__)

    async def _listens(self) -> bool:
        try:
            target = await resolve(self._settings.billing_url, self._settings.private_receiver_hosts)
        except NoWayError:
            return False
        for address in target.addresses:
            try:
                async with asyncio.timeout(3):
                    _, writer = await asyncio.open_connection(address, target.port)
            except OSError:
                continue
            writer.close()
            return True
        return False


def _is_tls(error: BaseException) -> bool:
    """Whether a connection failed in TLS: httpx wraps the reason."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return True
        found = found.__cause__ or found.__context__
    return False
