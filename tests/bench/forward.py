"""The server's CPU per forwarded packet: ``python tests/bench/forward.py [visits] [seconds]``.

This process is the server, pinned to one core; a second process, pinned to another, plays both sides of every visit:
50 packets of sound and 120 of picture a second each, pre-made, protected and counted, never encoded or decoded.
CPU is the server process's own (user and system), divided by the packets that it forwarded.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import sys
from pathlib import Path
from struct import pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from media.desk import Connection, MediaDesk, MediaSettings  # noqa: E402  # run as a file, the path comes first
from media.loopback import End  # noqa: E402  # the same
from media.offer import OPUS, VP8  # noqa: E402  # the same

AUDIO_RATE, VIDEO_RATE, AUDIO_SIZE, VIDEO_SIZE = 50, 120, 80, 1000
Talk = tuple[str, str]


class Load:
    """The other process: one end a participant."""

    def __init__(self) -> None:
        self.ends: dict[Talk, End] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def answer(self, who: Talk, number: int, sdp: str) -> str:
        """An answer in the offer's own form; the first one also connects."""
        found = {
            key: re.findall(rf"a={key}:(\S+)(?: (\S+))?", sdp)[0] for key in ("ice-ufrag", "ice-pwd", "fingerprint")
        }
        host, port = re.findall(r"a=candidate:1 1 udp \d+ (\S+) (\d+)", sdp)[0]
        end = self.ends.get(who)
        if end is None:
            end = self.ends[who] = End("client")
            end.connection.reach(host, int(port))
            self.keep(self.play(end, found["ice-ufrag"][0], found["ice-pwd"][0], found["fingerprint"]))
        base = 1000 + 10 * list(self.ends).index(who)
        lines = []
        for line in sdp.split("\r\n"):
            if line.startswith(("a=ssrc", "a=msid:", "a=candidate", "a=end-of")):
                continue
            ours = re.sub(r"^a=ice-ufrag:.*", f"a=ice-ufrag:{end.ufrag}", line)
            ours = re.sub(r"^a=ice-pwd:.*", f"a=ice-pwd:{end.password}", ours)
            ours = re.sub(r"^a=fingerprint:.*", "a=fingerprint:" + " ".join(end.secure.fingerprint), ours)
            lines.append(ours.replace("a=setup:actpass", "a=setup:active"))
            if line.startswith("a=mid:"):
                lines.append(f"a=ssrc:{base + int(line[6:])} cname:bench")
        return "\r\n".join(lines)

    def keep(self, work: object) -> None:
        """Hold a task until it is done."""
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def play(self, end: End, ufrag: str, password: str, fingerprint: tuple[str, str]) -> None:
        """Connect, then send at the two rates for ever."""
        await end.connect(ufrag, password, fingerprint)
        base = 1000 + 10 * list(self.ends.values()).index(end)
        self.keep(self.stream(end, base, OPUS, AUDIO_RATE, AUDIO_SIZE))
        self.keep(self.stream(end, base + 1, VP8, VIDEO_RATE, VIDEO_SIZE))

    async def stream(self, end: End, ssrc: int, payload_type: int, rate: int, size: int) -> None:
        """Packets of one stream, spread evenly."""
        loop, number, start = asyncio.get_running_loop(), 0, asyncio.get_running_loop().time() + ssrc % 97 / 97 / rate
        while True:
            number += 1
            stamp = number * 90000 // 20 // 6 if payload_type == VP8 else number * 960
            head = pack(">BBHII", 0x80, payload_type, number & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)
            end.line.send_media(head + bytes(size))
            await asyncio.sleep(max(0.0, start + number / rate - loop.time()))


async def load() -> None:
    """Answer offers that come as lines of JSON."""
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    player = Load()
    while line := await reader.readline():
        visit, who, number, sdp = json.loads(line)
        print(json.dumps([visit, who, number, player.answer((visit, who), number, sdp)]), flush=True)


class Server:
    """The listener of the desk: passes offers to the other process."""

    def __init__(self, pipe: asyncio.StreamWriter) -> None:
        self.pipe = pipe
        self.connected = 0

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """Pass it on."""
        self.pipe.write(json.dumps([visit, participant, number, sdp]).encode() + b"\n")

    def on_connection(self, _visit: str, _participant: str, state: Connection, _profile: str | None) -> None:
        """Count who is connected."""
        self.connected += state is Connection.CONNECTED

    def on_readings(self, _visit: str, _readings: object) -> None:
        """Not looked at here."""

    def on_seconds(self, _visit: str, _seconds: object) -> None:
        """Evidence is made as always and not kept."""


def cpu() -> float:
    """Seconds of CPU of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def bench(visits: int, seconds: float) -> dict[str, float]:
    """Seat, warm up, measure."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert child.stdin is not None
    assert child.stdout is not None
    server = Server(child.stdin)
    desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",)), server)

    async def answers() -> None:
        assert child.stdout is not None
        while line := await child.stdout.readline():
            await desk.answer(*json.loads(line))

    answering = asyncio.create_task(answers())
    for number in range(visits):
        for who in ("a", "b"):
            await desk.seat(f"v{number}", who)
            await asyncio.sleep(0.03)
    await asyncio.sleep(5)
    before, spent, start = dict(desk.counters()), cpu(), asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    after, spent, took = dict(desk.counters()), cpu() - spent, asyncio.get_running_loop().time() - start
    packets = after["forwarded"] - before["forwarded"]
    answering.cancel()
    child.kill()
    await child.wait()
    await desk.close()
    return {
        "visits": visits,
        "connected": server.connected,
        "packets_per_s": round(packets / took),
        "cpu_us_per_packet": round(1e6 * spent / packets, 1),
        "cpu_percent_per_visit": round(100 * spent / took / visits, 2),
        "send_dropped": after.get("send_dropped", 0) - before.get("send_dropped", 0),
        "kernel_drops": after["kernel_drops"] - before["kernel_drops"],
    }


if __name__ == "__main__":
    import uvloop

    cores = sorted(os.sched_getaffinity(0))
    if sys.argv[1:2] == ["load"]:
        os.sched_setaffinity(0, {cores[-1]})
        uvloop.run(load())
    else:
        os.sched_setaffinity(0, {cores[0]})
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
        length = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
        print(json.dumps(uvloop.run(bench(count, length))))
