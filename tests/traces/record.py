"""Record what the server sees of real browsers: `python -m tests.traces.record [browser] [sizes...]`.

Without words it records every size, rate and browser anew (about ten minutes); `chromium 160x120` only those. It opens
a real media room on this machine, seats one page twice (who sends, who receives), has the page do each thing in turn,
and writes `tests/traces/recorded/*.json.gz`. `python -m tests.traces.table` prints what the thresholds are set by.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from media import flow
from media.desk import Connection, MediaDesk, MediaSettings
from media.ingress import monotonic_ns
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import gathering
from tests.browser.harness.person import Person
from tests.browser.harness.quiet import Quiet
from tests.traces.traces import STEP, Act, Trace, save

WARM_S: Final = 4.0
SETTLE_S: Final = 1.0
FPS: Final = 20

# (width, height, bits a second, end-to-end encrypted)
SETTINGS: Final = (
    (160, 120, 64_000, False),
    (160, 120, 250_000, False),
    (320, 240, 64_000, False),
    (320, 240, 250_000, False),
    (640, 480, 64_000, False),
    (640, 480, 600_000, False),
    (1280, 720, 250_000, False),
    (1280, 720, 2_000_000, False),
    (160, 120, 64_000, True),
    (640, 480, 600_000, True),
    (1280, 720, 2_000_000, True),
)
# (picture, sound, whole seconds kept)
ACTS: Final = (
    ("live", "on", 4),
    ("calm", "muted", 4),
    ("off", "on", 3),
    ("live", "on", 1),
    ("black", "none", 3),
    ("calm", "on", 1),
    ("frozen", "muted", 3),
    ("none", "on", 2),
)


class Tape:
    """Every packet that passes SRTP, as the flows are told of it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, int, int, int]]] = {"audio": [], "video": []}
        for kind, owner in (("audio", flow.AudioFlow), ("video", flow.VideoFlow)):
            self._listen(kind, owner)

    def _listen(self, kind: str, owner: Any) -> None:
        inner = owner.arrived

        def arrived(self_: Any, now: int, packet: bytes, size: int, padding: int) -> bool:
            told = flow.level(packet) if kind == "audio" else int.from_bytes(packet[4:8], "big")
            self.rows[kind].append((now, flow.payload_size(packet, size, padding), told, packet[1] >> 7))
            return bool(inner(self_, now, packet, size, padding))

        owner.arrived = arrived

    def between(self, start: int, end: int) -> tuple[list[list[int]], list[list[int]]]:
        """The audio and video rows of a stretch, as a trace keeps them."""
        audio: list[list[int]] = []
        video: list[list[int]] = []
        before, stamp = start, None
        for now, size, level, _ in self.rows["audio"]:
            if start <= now < end:
                audio.append([(now - before) // STEP, size, level])
                before += audio[-1][0] * STEP
        before = start
        for now, size, told, marker in self.rows["video"]:
            if start <= now < end:
                grown = 0 if stamp is None else (told - stamp) & 0xFFFFFFFF
                video.append([(now - before) // STEP, size, grown, marker])
                before += video[-1][0] * STEP
                stamp = told
        return audio, video


class Seats:
    """The media room's listener: offers are answered by the page."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.desk: MediaDesk
        self.connected: set[str] = set()
        self.both = asyncio.Event()
        self.visit = ""
        self.answering: set[asyncio.Task[None]] = set()
        self.one_at_a_time = asyncio.Lock()

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """Have the page answer."""
        if visit == self.visit:
            task = asyncio.get_running_loop().create_task(self._answer(visit, participant, number, sdp))
            self.answering.add(task)
            task.add_done_callback(self.answering.discard)

    async def _answer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        async with self.one_at_a_time:
            answer = await self.person.evaluate("(given) => T.answer(given)", {"who": participant, "sdp": sdp})
        await self.desk.answer(visit, participant, number, answer)

    def on_connection(self, _visit: str, participant: str, state: Connection, _profile: str | None) -> None:
        """Keep who is connected."""
        if state is Connection.CONNECTED:
            self.connected.add(participant)
            if len(self.connected) == 2:
                self.both.set()

    def __getattr__(self, name: str) -> Any:
        """Whatever else the media room tells is not recorded."""
        if name.startswith("on_"):
            return lambda *_: None
        raise AttributeError(name)


@asynccontextmanager
async def room(person: Person) -> AsyncIterator[Seats]:
    """An open media room and its listener."""
    seats = Seats(person)
    seats.desk = await MediaDesk.open(MediaSettings(("0.0.0.0",), 0, ("127.0.0.1", *_own())), seats)  # noqa: S104  # for minutes
    try:
        yield seats
    finally:
        await seats.desk.close()


async def record(person: Person, tape: Tape, browser: str, setting: tuple[int, int, int, bool]) -> Trace:
    """One trace."""
    width, height, bitrate, encrypted = setting
    tape.rows["audio"].clear()
    tape.rows["video"].clear()
    begin = {"width": width, "height": height, "fps": FPS, "bitrate": bitrate, "encrypted": encrypted}
    async with room(person) as seats:
        await person.evaluate("(given) => T.begin(given)", begin)
        seats.visit = "trace"
        for who in ("sender", "receiver"):
            await seats.desk.seat("trace", who)
        async with asyncio.timeout(30):
            await seats.both.wait()
        await asyncio.sleep(WARM_S)
        acts = []
        for picture, sound, seconds in ACTS:
            await person.evaluate("(given) => T.act(given)", {"picture": picture, "sound": sound})
            await asyncio.sleep(SETTLE_S)
            start = monotonic_ns()
            await asyncio.sleep(seconds + 0.05)
            audio, video = tape.between(start, start + seconds * 1_000_000_000)
            acts.append(Act(picture, sound, seconds, audio, video))
        await person.evaluate("() => T.end()")
    return Trace(browser, width, height, bitrate, encrypted, tuple(acts))


async def main(words: list[str]) -> None:
    """Record what the words ask for."""
    wanted = [word for word in ("chromium", "firefox") if word in words] or ["chromium", "firefox"]
    sizes = {word for word in words if "x" in word and word[0].isdigit()}
    handler = partial(_Silent, directory=str(Path(__file__).parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tape = Tape()
        async with gathering(Quiet(), Path(folder)) as meet:
            for browser in wanted:
                person = await meet(browser, Colour.BLUE, browser=browser)
                await person.open(f"http://127.0.0.1:{server.server_port}/page.html")
                await person.click("Begin")  # a page that was never touched may make no sound
                for setting in SETTINGS:
                    if not sizes or f"{setting[0]}x{setting[1]}" in sizes:
                        path = save(await record(person, tape, browser, setting))
                        print(path.name, path.stat().st_size, "bytes", flush=True)
        server.shutdown()


def _own() -> list[str]:
    """This machine's address: Firefox pairs none of its own with the loopback's."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would
        except OSError:
            return []
        return [probe.getsockname()[0]]


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_given: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
