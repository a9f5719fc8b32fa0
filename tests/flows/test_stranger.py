"""Before the clinician lets them in, a client has no media: whatever they send, nothing answers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from datetime import timedelta
from struct import pack

from aioice import stun

from media.selftest import ATTACKS
from tests.browser.harness.running import Antechamber
from tests.flows.media_person import MediaPerson, until
from tests.flows.people import book, checked_in, in_visit, signed_in, waiting

RTP = pack("!BBHII", 0x80, 111, 1, 960, 0x1234) + b"\xf8\xff\xfe"


def check_of(ufrag: str, password: str, own: str = "abcd") -> bytes:
    """A connectivity check as a browser sends it (RFC 8445, 7.2.2), with this fragment and password."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ufrag}:{own}"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLING"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(password.encode())
    return bytes(request)


def ice_of(sdp: str) -> tuple[str, str]:
    """A description's username fragment and password."""
    ufrag, password = (sdp.partition(f"a=ice-{what}:")[2].partition("\r\n")[0] for what in ("ufrag", "pwd"))
    return ufrag, password


async def replies(port: int, *packets: bytes) -> int:
    """How many datagrams come back, from before the first to a second after the last packet."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(("127.0.0.1", port))
        for packet in packets:
            await loop.sock_sendall(sender, packet)
        count = 0
        try:
            async with asyncio.timeout(1.0):
                while True:
                    await loop.sock_recv(sender, 2048)
                    count += 1
        except TimeoutError:
            return count


async def test_an_unadmitted_client_gets_nothing_back(server: Antechamber) -> None:
    """An answer is refused, no datagram of ICE, DTLS or RTP is replied to, no peer is made; once admitted, all is."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visit, secret = await book(clinician, "Jamie Dole", timedelta(minutes=5))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        # a probe's offer is the one thing a client in the waiting room may see: its answer opens nothing of the visit
        probe = await client.post("/api/client/probe")
        line = await stack.enter_async_context(waiting(client))
        person = await stack.enter_async_context(MediaPerson().on(line))
        answer = await person.take(probe["sdp"])
        for number in (0, 1, 2, 99):
            told = len(line.told)
            await line.say(type="answer", number=number, sdp=answer)
            refused = await line.until(lambda m: m["type"] == "refused", after=told)
            assert (refused["re"], refused["code"]) == ("answer", "not-admitted")
        await line.say(type="reconnect", why="failed")
        await line.pong()
        assert not [m for m in line.told if m["type"] == "offer"]

        guesses = [check_of(ufrag, "x" * 24) for ufrag in ("a" * 16, visit[:16], "localhost")]
        strays = [*guesses, ATTACKS["client_hello"], RTP, b"", *ATTACKS.values()]
        assert await replies(server.port, *strays * 5) == 0

        # the positive control: the same client, let in, gets an offer, and its fragment gets replies
        await person.hang_up()
        desk = await stack.enter_async_context(in_visit(clinician, visit))
        doctor = await stack.enter_async_context(MediaPerson().on(desk))
        await desk.say(type="admit")
        await until(lambda: person.connected and doctor.connected, why="(both connected)")
        assert person.peer is not None
        ufrag, password = ice_of(person.offers[-1]["sdp"])
        own, _ = ice_of(person.peer.localDescription.sdp)
        assert await replies(server.port, check_of(ufrag, password, own)) >= 1
        assert await replies(server.port, check_of(ufrag, "x" * 24, own)) == 0
        await until(lambda: person.got("audio") > 10 and person.got("video") > 10, why="(media arrives)")
