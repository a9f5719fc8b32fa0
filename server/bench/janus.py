"""The Janus gateway with its videocall plugin, as Debian packages it, on a configuration that is thrown away.

Its own settings stand as they come; only addresses, ports and unused transports are set.
Shell (asyncio, websockets)."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import socket
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from server.bench.figures import JANUS, Counts
from server.bench.processes import Orders, Process
from server.errors import CannotStart

_UP_WITHIN_S: Final = 20.0
_ANSWER_WITHIN_S: Final = 15.0
_KEEP_S: Final = 20.0
_PLUGIN: Final = "janus.plugin.videocall"
_FILES: Final = {
    "janus.jcfg": """
general: {{
    configs_folder = "{folder}"
    debug_level = 3
}}
nat: {{
    ice_enforce_list = "{host}"
}}
plugins: {{
    disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,\
libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videoroom.so,\
libjanus_voicemail.so"
}}
transports: {{
    disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so"
}}
events: {{
    broadcast = false
}}
""",
    "janus.transport.websockets.jcfg": """
general: {{
    json = "compact"
    ws = true
    ws_ip = "127.0.0.1"
    ws_port = {port}
    wss = false
}}
admin: {{
    admin_ws = false
    admin_wss = false
}}
""",
    "janus.plugin.videocall.jcfg": "general: {{\n}}\n",
}


class Janus:
    """The gateway and a WebSocket to it."""

    name = JANUS

    def __init__(self, core: int, folder: Path, host: str, load: Orders) -> None:
        self._core = core
        self._folder = folder
        self._host = host
        self._load = load
        self._stack = AsyncExitStack()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._live: list[int] = []

    @staticmethod
    def check(host: str) -> str:
        """The program. Raises CannotStart where it is not installed, or this machine has no address but loopback."""
        program = shutil.which("janus")
        if program is None:
            raise CannotStart(
                "no-janus", "Janus is not installed: `apt-get install janus`, or leave it out of --peers."
            )
        if host.startswith("127."):
            raise CannotStart("no-address", "Janus connects nobody over loopback: this machine needs another address.")
        return program

    async def start(self) -> None:
        """Start it. Raises CannotStart and ConnectionError."""
        program = self.check(self._host)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for name, text in _FILES.items():
            (self._folder / name).write_text(text.format(folder=self._folder, host=self._host, port=port))
        command = [program, "-F", str(self._folder), "-C", str(self._folder / "janus.jcfg")]
        self._process = Process(self._core, command, self._folder / "janus.log")
        self._stack.push_async_callback(self._process.stop)
        self.pid = self._process.pid
        self._line = await self._up(port)
        for work in (self._listen(), self._keep()):
            self._stack.callback(asyncio.ensure_future(work).cancel)

    async def _up(self, port: int) -> ClientConnection:
        for _ in range(int(_UP_WITHIN_S / 0.2)):
            if self._process.ended:
                break
            with suppress(OSError):
                return await self._stack.enter_async_context(
                    connect(f"ws://127.0.0.1:{port}", subprotocols=[Subprotocol("janus-protocol")], proxy=None)
                )
            await asyncio.sleep(0.2)
        raise ConnectionError(f"Janus did not come up: {self._process.said()}")

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._line:
                message = json.loads(text)
                waiting = self._waiting.get(message.get("transaction", ""))
                if message["janus"] == "event":
                    self._events.setdefault(message["sender"], asyncio.Queue()).put_nowait(message)
                elif message["janus"] in ("success", "error") and waiting is not None and not waiting.done():
                    waiting.set_result(message)

    async def _keep(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(_KEEP_S)
                for live in self._live:
                    told = {"janus": "keepalive", "session_id": live, "transaction": secrets.token_hex(6)}
                    await self._line.send(json.dumps(told))

    async def _ask(self, **message: Any) -> int:
        transaction = secrets.token_hex(6)
        answer = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        await self._line.send(json.dumps({**message, "transaction": transaction}))
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            told = await answer
        if told["janus"] != "success":
            raise ConnectionError(f"Janus: {told}")
        return int(told["data"]["id"])

    async def _tell(self, way: tuple[int, int], body: dict[str, Any], jsep: dict[str, Any] | None = None) -> None:
        message = {"janus": "message", "session_id": way[0], "handle_id": way[1], "transaction": secrets.token_hex(6)}
        await self._line.send(json.dumps({**message, "body": body, **({"jsep": jsep} if jsep else {})}))

    async def _event(self, way: tuple[int, int], name: str) -> dict[str, Any]:
        """The next event of that name. Raises ConnectionError when it reports an error instead."""
        events = self._events.setdefault(way[1], asyncio.Queue())
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            while True:
                told = await events.get()
                about = told["plugindata"]["data"]
                if "error" in about:
                    raise ConnectionError(f"Janus: {about['error']}")
                if about.get("result", {}).get("event") == name:
                    return told

    async def _join(self, who: str) -> tuple[int, int]:
        session_id = await self._ask(janus="create")
        self._live.append(session_id)
        handle = await self._ask(janus="attach", session_id=session_id, plugin=_PLUGIN)
        way = (session_id, handle)
        await self._tell(way, {"request": "register", "username": who})
        await self._event(way, "registered")
        return way

    async def add(self, visit: int) -> None:
        """One more visit: the one side dials the other, as the plugin has it."""
        one, two = await self._join(f"{visit}a"), await self._join(f"{visit}b")
        offer = await self._load("offer", who=f"{visit}a")
        await self._tell(one, {"request": "call", "username": f"{visit}b"}, _jsep("offer", offer))
        incoming = await self._event(two, "incomingcall")
        answer = await self._load("answer", who=f"{visit}b", sdp=incoming["jsep"]["sdp"])
        await self._tell(two, {"request": "accept"}, _jsep("answer", answer))
        accepted = await self._event(one, "accepted")
        await self._load("accept", who=f"{visit}a", sdp=accepted["jsep"]["sdp"])
        await self._load("connected")

    async def during(self, seconds: float) -> None:
        """Let the run go on."""
        await asyncio.sleep(seconds)

    async def wrong(self, sent: Counts) -> list[str]:
        """It keeps no account of its own to be compared."""
        return []

    async def close(self) -> None:
        """Stop it."""
        await self._stack.aclose()


def _jsep(kind: str, sdp: str) -> dict[str, Any]:
    return {"type": kind, "sdp": sdp, "trickle": False}
