"""One browser's WebSocket: bounded sending, a rate for what it says, one way to close. Shell (asyncio, starlette).

The reader is the route's own loop; everything that is to be told goes through `tell`, which never blocks and closes a
consumer that stopped reading rather than keeping its messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from server.errors import Malformed

PROTOCOL = "antechamber.1"
LARGEST_MESSAGE = 64 * 1024
WAITING_BYTES = 256 * 1024
MESSAGES_PER_SECOND = 20.0
BURST = 40.0

Message = Mapping[str, Any]


class Socket:
    """A connected browser. `tell` queues, `hear` reads the next text frame, `close` says why and ends."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._waiting = 0
        self._tokens = BURST
        self._filled_at = time.monotonic()
        self._closing = asyncio.Event()
        self._goodbye: Message | None = None

    @property
    def closing(self) -> bool:
        """True once the socket is ending; nothing told after that is sent."""
        return self._closing.is_set()

    def tell(self, message: Message) -> None:
        """Queue one message; a browser 256 KiB behind is closed and comes back for a snapshot."""
        if self.closing:
            return
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        self._waiting += len(text)
        if self._waiting > WAITING_BYTES:
            self.close("too-slow", "The connection could not keep up. Reconnecting.", "resume")
            return
        self._outbox.put_nowait(text)

    def close(self, reason: str, say: str, following: str) -> None:
        """End the socket after a `closed` message; `following` is what the browser does: resume, rejoin or stop."""
        if not self.closing:
            self._goodbye = {"type": "closed", "reason": reason, "say": say, "next": following}
            self._closing.set()

    async def hear(self, *, within: float | None = None) -> str | None:
        """The next text frame; None when the browser is gone, silent for `within` seconds, or the socket is closing.

        Raises Malformed for a binary or oversized frame and for more than 20 messages a second (burst 40).
        """
        reading = asyncio.ensure_future(self._websocket.receive())
        ending = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({reading, ending}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() or self.closing:
                return None
            frame = reading.result()
        except (WebSocketDisconnect, RuntimeError):
            return None
        finally:
            for task in (reading, ending):
                if not task.done():
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
        if frame["type"] != "websocket.receive":
            return None
        text = frame.get("text")
        if text is None:
            raise Malformed("binary-message", "Messages are JSON text.")
        if len(text) > LARGEST_MESSAGE:
            raise Malformed("message-too-large", "The message is larger than 64 KiB.")
        self._spend()
        return str(text)

    def _spend(self) -> None:
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * MESSAGES_PER_SECOND)
        self._filled_at = now
        if self._tokens < 1.0:
            raise Malformed("too-fast", "Too many messages in a short time.")
        self._tokens -= 1.0

    async def send_until_closed(self) -> None:
        """Send what is queued until the socket closes; the route runs this beside its reading loop."""
        ending = asyncio.ensure_future(self._closing.wait())
        try:
            while not self.closing:
                following = asyncio.ensure_future(self._outbox.get())
                await asyncio.wait({following, ending}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    following.cancel()
                    break
                await self._send(following.result())
            while not self._outbox.empty():
                await self._send(self._outbox.get_nowait())
            if self._goodbye is not None:
                await self._send(json.dumps(self._goodbye, separators=(",", ":")))
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._closing.set()  # the browser went away while we were sending: nothing is left to say
        finally:
            ending.cancel()
            await self._hang_up()

    async def _send(self, text: str) -> None:
        self._waiting = max(0, self._waiting - len(text))
        async with asyncio.timeout(10):
            await self._websocket.send_text(text)

    async def _hang_up(self) -> None:
        if self._websocket.application_state is not WebSocketState.DISCONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
                await self._websocket.close(1000 if self._goodbye is None else 4000)
