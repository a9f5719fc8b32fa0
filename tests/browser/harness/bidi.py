"""A small client for WebDriver BiDi (W3C), the protocol that stock Firefox speaks: commands, answers, events."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection


class BiDiError(Exception):
    """The browser refused a command."""


class BiDi:
    """One connection; `send` waits for its answer, `on_event` is called for everything that is not an answer."""

    def __init__(self, socket: ClientConnection, on_event: Callable[[str, dict[str, Any]], None]) -> None:
        self.socket = socket
        self.on_event = on_event
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.numbers = itertools.count(1)
        self.reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, url: str, on_event: Callable[[str, dict[str, Any]], None]) -> BiDi:
        """Connect to a browser that listens at `url`."""
        return cls(await websockets.connect(url, max_size=64 * 2**20, proxy=None), on_event)

    async def send(self, method: str, timeout: float = 60, **parameters: Any) -> Any:
        """Send a command and give its result; raise BiDiError with the browser's words."""
        number = next(self.numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        await self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(timeout):
            return await answer

    async def close(self) -> None:
        """Close the connection and wait for the reader."""
        await self.socket.close()
        await self.reader

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self._take(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        finally:
            for answer in self.waiting.values():
                if not answer.done():
                    answer.set_exception(BiDiError("the browser went away"))

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self.on_event(message["method"], message["params"])
            return
        answer = self.waiting.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if message["type"] == "success":
            answer.set_result(message["result"])
        else:
            answer.set_exception(BiDiError(f"{message['error']}: {message['message']}"))
