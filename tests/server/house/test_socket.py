"""One browser's socket: what is too much, too fast or too slow ends it, and says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.errors import Malformed
from server.socket import BURST, LARGEST_MESSAGE, WAITING_BYTES, Socket

Served = tuple[Socket, list[Any]]


@asynccontextmanager
async def talking(**limits: Any) -> AsyncIterator[tuple[ClientConnection, Socket, list[Any]]]:
    """A browser's end, the server's `Socket`, and what its reading loop got: texts, then None or the Malformed."""
    arrived: asyncio.Future[Served] = asyncio.get_running_loop().create_future()
    app = FastAPI()

    @app.websocket("/")
    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        socket, got = Socket(websocket), []
        sending = asyncio.create_task(socket.send_until_closed())
        arrived.set_result((socket, got))
        try:
            while (text := await socket.hear(within=30)) is not None:
                got.append(text)
        except Malformed as wrong:
            got.append(wrong)
            socket.close(wrong.code, wrong.say, "resume")
        got.append(None)
        await sending

    config = uvicorn.Config(app, port=0, ws="websockets-sansio", ws_max_size=10**7, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(60):
            while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}/", proxy=None, **limits) as browser:
                socket, got = await arrived
                yield browser, socket, got
    finally:
        server.should_exit = True
        await running


async def goodbye(browser: ClientConnection) -> dict[str, Any]:
    """The last message before the end."""
    last: dict[str, Any] = {}
    async with asyncio.timeout(30):
        try:
            while True:
                last = json.loads(await browser.recv())
        except ConnectionClosed:
            return last


async def test_messages_beyond_the_burst_end_the_socket() -> None:
    """Forty at once pass; a flood is closed as too fast, and may resume."""
    async with talking() as (browser, _, got):
        for number in range(int(BURST) * 3):
            await browser.send(json.dumps({"n": number}))
        assert (await goodbye(browser))["reason"] == "too-fast"
        texts = [one for one in got if isinstance(one, str)]
        assert int(BURST) <= len(texts) < int(BURST) * 2
        assert texts[0] == '{"n": 0}'


@pytest.mark.parametrize(
    ("message", "code"), [("x" * (LARGEST_MESSAGE + 1), "message-too-large"), (b"\x00", "binary-message")]
)
async def test_oversized_and_binary_messages_end_the_socket(message: str | bytes, code: str) -> None:
    """Nothing of them is parsed."""
    async with talking() as (browser, _, got):
        await browser.send("x" * LARGEST_MESSAGE)
        await browser.send(message)
        assert (await goodbye(browser))["reason"] == code
        assert [type(one).__name__ for one in got] == ["str", "Malformed", "NoneType"]


async def test_a_browser_that_stops_reading_is_closed() -> None:
    """What waits for it is bounded; others lose nothing by it, because `tell` never waits."""
    async with talking(max_queue=1) as (_, socket, _got):
        piece = {"type": "flow", "of": "y" * 8000}
        told = 0
        while not socket.closing:
            socket.tell(piece)
            told += 1
            assert told < 1 + 2 * WAITING_BYTES // 8000
        assert socket.closing
        socket.tell(piece)  # says nothing to nobody


async def test_what_was_told_before_the_end_is_sent_before_the_goodbye() -> None:
    """In order, then the reason, then the close code 4000."""
    async with talking() as (browser, socket, _):
        for number in range(5):
            socket.tell({"n": number})
        socket.close("over", "The visit is over.", "stop")
        socket.close("other", "", "resume")
        async with asyncio.timeout(30):
            heard = [json.loads(await browser.recv()) for _ in range(6)]
            with pytest.raises(ConnectionClosed):
                await browser.recv()
        assert heard[:5] == [{"n": number} for number in range(5)]
        assert heard[5] == {"type": "closed", "reason": "over", "say": "The visit is over.", "next": "stop"}
        assert browser.close_code == 4000
