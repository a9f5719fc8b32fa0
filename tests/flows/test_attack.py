"""A visit goes on while strangers and another client attack the server's sockets; nobody learns an address."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import socket
from datetime import timedelta

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from media.selftest import ATTACKS
from tests.browser.harness.running import Antechamber
from tests.flows.conftest import holding
from tests.flows.media_person import MediaPerson, until
from tests.flows.people import Line, Web, book, checked_in
from tests.fuzz import mutate
from tests.fuzz.targets import messages

FRAMES = 25


async def said_goodbye(web: Web, *frames: str | bytes, ticket: bool = True) -> str:
    """Open a socket, say hello, send frames as fast as they go; why it was closed."""
    how = {"ssl": web.trust, "origin": web.server.origin, "subprotocols": ["antechamber.1"], "proxy": None}
    address = f"wss://localhost:{web.server.port}/ws/visit"
    known = (await web.post("/api/client/socket-ticket"))["ticket"] if ticket else "A" * 43
    why = ""
    async with connect(address, **how) as connection:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(json.dumps({"type": "hello", "ticket": known, "seq": None}))
            for frame in frames:
                await connection.send(frame)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(2):
                async for text in connection:
                    told = json.loads(text)
                    why = told["reason"] if told["type"] == "closed" else why
        return why or str(connection.close_code)


def ports_of(person: MediaPerson) -> set[str]:
    """The ports and addresses that only this person's own browser names."""
    assert person.peer is not None
    sdp = str(person.peer.localDescription.sdp)
    return set(re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+)", sdp))


def words_of(line: Line) -> set[str]:
    """Every word and number that this person's browser was told."""
    return set(re.split(r"[^0-9A-Za-z.]+", json.dumps(line.told)))


async def test_a_visit_lives_through_an_attack_on_the_sockets(server: Antechamber) -> None:
    """Floods, garbage and megabytes end the socket they come through, no other; the log stays short (ASVS 17.3)."""
    async with holding(server) as held:
        one, other = held.client_media, held.clinician_media
        await until(lambda: min(p.got(kind) for p in (one, other) for kind in ("audio", "video")) > 10)
        _, secret = await book(held.clinician, "Alex Roe", timedelta(minutes=7))
        rival = await checked_in(server, secret, "Alex Roe")
        logged = len(server.log.read_text("utf-8").splitlines())

        flood = ['{"type":"ping","n":1}'] * 400
        assert await said_goodbye(rival, *flood) == "too-fast"
        chance, pool = random.Random(11), messages()
        broken = [mutate.json_text(chance, chance.choice(pool), pool).encode("utf-8", "replace") for _ in range(FRAMES)]
        closed = [await said_goodbye(rival, frame.decode("utf-8")) for frame in broken]
        assert set(closed) <= {"malformed", "1005", "1000", "over"}, "refused or taken, never a fault of ours"
        assert "malformed" in closed
        assert await said_goodbye(rival, b"\x00" * 100) == "malformed"
        assert await said_goodbye(rival, json.dumps({"type": "answer", "number": 1, "sdp": "v" * (1 << 20)})) == "1009"
        strangers = await asyncio.gather(*(said_goodbye(rival, "x" * 60_000, ticket=False) for _ in range(30)))
        assert set(strangers) == {"signed-out"}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(400):
                for packet in ATTACKS.values():
                    stranger.sendto(packet, ("127.0.0.1", server.port))
        await rival.close()

        before = one.got("audio"), other.got("video")
        await until(lambda: one.got("audio") > before[0] + 50 and other.got("video") > before[1] + 20, 20)
        await held.client_line.pong()
        await held.clinician_line.pong()
        log = server.log.read_text("utf-8").splitlines()[logged:]
        assert len(log) < 120
        assert not [line for line in log if "Traceback" in line or '"event":"bug"' in line]

        assert ports_of(one) and ports_of(other)
        assert not ports_of(one) & words_of(held.clinician_line)
        assert not ports_of(other) & words_of(held.client_line)
        assert str(server.port) in words_of(held.client_line), "the server's own address is told"
