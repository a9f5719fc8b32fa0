"""A request's head has a deadline and a size; a silent connection is closed."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from server import http_protocol, tls
from server.bench.ports import free_port
from server.http_protocol import GuardedHttp
from server.keys import KeyFile
from server.settings import Settings


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def served(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    found = free_port()
    config = uvicorn.Config(app, port=found, http=GuardedHttp, lifespan="off", log_config=None, timeout_keep_alive=1)
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield found
    await server.shutdown()


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(http_protocol, "HEAD_WITHIN", 0.4)
    async with served() as found:
        yield found


async def closed_after(reader: asyncio.StreamReader) -> float:
    begun = time.monotonic()
    async with asyncio.timeout(5):
        while await reader.read(65536):
            continue
    return time.monotonic() - begun


async def test_a_silent_connection_is_closed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert 0.2 < await closed_after(reader) < 2
    writer.close()


async def test_a_head_that_drips_is_closed(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        for byte in b"GET / HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * 100:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(drip())
    assert await closed_after(reader) < 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    writer.close()


async def test_a_second_requests_head_has_a_deadline_too(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"GET / HT")
    assert await closed_after(reader) < 2
    writer.close()


async def test_a_head_larger_than_sixteen_kibibytes_is_cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
    try:
        for _ in range(64):
            writer.write(b"x-a: " + b"a" * 1000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
        assert await closed_after(reader) < 0.3
    except ConnectionError:
        return
    finally:
        writer.close()


async def test_an_idle_connection_over_tls_ends_without_the_browsers_farewell(
    settings: Settings, keys: KeyFile
) -> None:
    """Nobody answers the server's farewell, as where the network is away: the connection is gone all the same."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    async with served(tls.certificates(settings, keys).context()) as port:
        tunnel = tls.trust(settings).wrap_bio(incoming, outgoing, server_hostname="localhost")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def through(act: Callable[[], object]) -> None:
            while True:
                try:
                    act()
                    return writer.write(outgoing.read())
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    incoming.write(await reader.read(65536))

        await through(tunnel.do_handshake)
        await through(lambda: tunnel.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"))
        await through(lambda: tunnel.read(65536))
        assert await closed_after(reader) < 3
        writer.close()


async def test_an_ordinary_request_with_a_body_of_any_size_passes(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60000)
        await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()
