"""A billing receiver for tests: real TLS, and as badly behaved as it is told to be."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG = "hang"
CUT = "cut"
DRIP = "drip"


@dataclass(slots=True)
class Receiver:
    """Answers each request with the next of `answers` (a status, `hang`, `cut` or `drip`), then with 204."""

    port: int
    answers: list[int | str] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    paths: list[str] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.open.add(writer)
        try:
            while await self._one(reader, writer):
                continue
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.open.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.paths.append(head[0].split()[1])
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        how = self.answers.pop(0) if self.answers else 204
        self.got.append((headers, body))
        self.arrived.set()
        if how == CUT:
            return False
        if how == HANG:
            await reader.read(1)
            return False
        if how == DRIP:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nx")
            await writer.drain()
            await reader.read(1)
            return False
        location = f"https://localhost:{self.port}/elsewhere"
        writer.write(f"HTTP/1.1 {how} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def receiving(context: ssl.SSLContext, port: int, answers: list[int | str]) -> AsyncIterator[Receiver]:
    """A receiver on `port` while the block runs."""
    receiver = Receiver(port, answers)
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", port, ssl=context)
    try:
        yield receiver
    finally:
        server.close()
        for writer in receiver.open:
            writer.transport.abort()
        await server.wait_closed()
