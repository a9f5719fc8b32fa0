"""What ends or floods stock aiortc does nothing here: each attack is run against both."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from struct import pack
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.rtp import RtpPacket

from media import selftest
from media.errors import Malformed
from media.forward import BYTES_PER_SECOND
from media.ingress import GLOBAL_BURST, SOURCE_BURST, SOURCES, Bucket, Ingress
from media.selftest import ATTACKS, SelfTestFailed, self_test
from tests.media.lean import Leans
from tests.media.weight import resident

MIB = 1 << 20
FLAT = 5 * MIB


async def stock_pair(track: Any) -> tuple[RTCPeerConnection, RTCPeerConnection]:
    """Two stock aiortc peers, connected to each other."""
    one, two = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    one.addTrack(track)
    await one.setLocalDescription(await one.createOffer())
    await two.setRemoteDescription(one.localDescription)
    await two.setLocalDescription(await two.createAnswer())
    await one.setRemoteDescription(two.localDescription)
    return one, two


def address_of(pc: RTCPeerConnection) -> tuple[str, int]:
    """Where a stock peer listens."""
    line = next(line for line in pc.localDescription.sdp.splitlines() if line.startswith("a=candidate:"))
    words = line.split(" ")
    return words[4], int(words[5])


def strike(address: tuple[str, int], *packets: bytes, times: int = 1) -> None:
    """Send packets from a stranger's socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(times):
            for packet in packets:
                stranger.sendto(packet, address)


def soon(sender: RTCRtpSender) -> int:
    """The sequence number that a stock sender uses next."""
    history = sender._RTCRtpSender__rtp_history.values()
    last: RtpPacket = max(history, key=lambda packet: packet.timestamp)
    return (last.sequence_number + 1) & 0xFFFF


async def test_an_empty_datagram_ends_stock_aiortc_and_not_us(table: Any, until: Any, caplog: Any) -> None:
    """F1: one empty datagram from anybody closes an established visit in aiortc 1.16."""
    browser = type(await table.sit("vis", "a"))
    await table.sit("vis", "b")
    stock = browser()
    one, two = await stock_pair(stock.audio)
    await until(lambda: one.connectionState == two.connectionState == "connected")
    await until(lambda: table.desk.counters().get("connected") == 2)
    caplog.set_level(logging.CRITICAL)
    strike(address_of(two), b"")
    strike(("127.0.0.1", table.desk.port), b"")
    transport = two.getTransceivers()[0].receiver.transport
    await until(lambda: transport.state == "closed")
    await until(lambda: table.desk.counters().get("drop_empty") == 1)

    async def flowing() -> bool:
        counts = [await each.received() for each in table.browsers.values()]
        return all(min(each.values()) > 50 for each in counts)

    await until(flowing)
    await asyncio.gather(one.close(), two.close(), stock.close())


async def test_a_strangers_hello_breaks_stock_set_up_and_not_ours(table: Any, until: Any, browser: Any) -> None:
    """F2: before the handshake ends, an alert or ClientHello from anybody makes stock aiortc fail (ASVS 17.2.6)."""
    stock = browser()
    one, two = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    one.addTrack(stock.audio)
    await one.setLocalDescription(await one.createOffer())
    await two.setRemoteDescription(one.localDescription)
    await two.setLocalDescription(await two.createAnswer())
    strike(address_of(two), ATTACKS["client_hello"], ATTACKS["alert"], times=20)
    await asyncio.sleep(0.05)
    await one.setRemoteDescription(two.localDescription)
    await until(lambda: "failed" in (one.connectionState, two.connectionState) or two.connectionState == "closed")

    async def strike_on() -> None:
        while True:
            strike(("127.0.0.1", table.desk.port), *ATTACKS.values())
            await asyncio.sleep(0.01)

    striking = asyncio.create_task(strike_on())
    await table.sit("vis", "a")
    await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("connected") == 2, within=5)
    striking.cancel()
    assert table.desk.counters().get("ingress_bug", 0) == 0
    assert table.desk.counters()["drop_stranger"] > 0
    await asyncio.gather(one.close(), two.close(), stock.close())


async def test_a_flood_of_junk_costs_counters_and_no_memory(table: Any, until: Any) -> None:
    """F3 and F5: junk is dropped, malformed STUN is not logged, and checks are limited by source."""
    await table.sit("vis", "a")
    await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("connected") == 2)
    address = ("127.0.0.1", table.desk.port)
    for _ in range(20):
        strike(address, ATTACKS["stun"], ATTACKS["stun_cut"], ATTACKS["junk"], times=50)
        await asyncio.sleep(0.01)
    await until(lambda: table.desk.counters().get("drop_junk", 0) > 900)
    counters = table.desk.counters()
    assert counters["drop_stun_malformed"] + counters.get("drop_stun_unknown", 0) <= SOURCE_BURST + 40
    assert counters["drop_stun_source_rate"] > 1500
    assert [state.value for _, state, _ in table.states].count("connected") == 2
    assert not {"lost", "failed"} & {state.value for _, state, _ in table.states}


async def flood(address: tuple[str, int], packet: bytes, times: int) -> None:
    """Send many packets from a stranger's socket, as fast as the loop reads them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(times):
            stranger.sendto(packet, address)
            if number % 20 == 0:
                for _ in range(24):  # a stock transport reads one datagram a turn
                    await asyncio.sleep(0)


async def test_junk_before_ice_fills_stock_memory_and_not_ours(leans: Leans, browser: Any, until: Any) -> None:
    """F3: what comes before a connection is made is kept without end in stock aiortc, and dropped here."""
    junk = b"\xff" * 1400
    stock = browser()
    one, two = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    one.addTrack(stock.audio)
    await one.setLocalDescription(await one.createOffer())
    await two.setRemoteDescription(one.localDescription)
    await two.setLocalDescription(await two.createAnswer())
    before = resident()
    await flood(address_of(two), junk, 9_000)
    assert resident() - before > 2 * FLAT, "stock aiortc keeps it all"
    await asyncio.gather(one.close(), two.close(), stock.close())

    await leans.desk.seat("vis", "a")  # offered, not yet answered
    address = ("127.0.0.1", leans.desk.port)
    before = resident()
    for packet in (junk, *ATTACKS.values()):
        await flood(address, packet, 2_000)
    assert resident() - before < FLAT
    a, _ = await leans.both("vis")
    before = resident()
    for packet in (junk, *ATTACKS.values()):
        await flood(address, packet, 2_000)
    assert resident() - before < FLAT
    got = a.received("audio")
    leans.people["vis", "b"].send("audio")
    await until(lambda: a.received("audio") == got + 1)
    assert not a.ended


async def test_malformed_checks_fill_stock_logs_and_not_ours(
    leans: Leans, browser: Any, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """F5: each malformed check is an exception in the loop of stock aiortc, a traceback a packet; here a count."""
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context["message"]))
    stock = browser()
    one, two = await stock_pair(stock.audio)
    await until(lambda: one.connectionState == two.connectionState == "connected")
    strike(address_of(two), ATTACKS["stun"], times=50)
    await until(lambda: len(noise) == 50)
    await asyncio.gather(one.close(), two.close(), stock.close())

    noise.clear()
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    a, b = await leans.both("vis")
    for packet in ATTACKS.values():
        await flood(("127.0.0.1", leans.desk.port), packet, 500)
    b.send("audio")
    await until(lambda: leans.desk.counters().get("drop_stranger", 0) + leans.desk.counters()["drop_junk"] > 1000)
    said = [record for record in caplog.records if record.name.partition(".")[0] in ("media", "aioice", "aiortc")]
    assert noise == []
    assert len(said) < 10
    assert not a.ended and not b.ended


async def test_checks_from_ten_thousand_addresses_take_nothing_from_who_is_there(leans: Leans, until: Any) -> None:
    """A flood of made-up sources: the table of sources is bounded, and owned addresses are still heard."""
    a, b = await leans.both("vis")
    peer = leans.desk._visits["vis"].peers["a"]
    guess = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)

    def from_everywhere(start: int, count: int) -> None:
        for number in range(start, start + count):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.bind((f"127.{1 + number // 65025}.{1 + number // 255 % 255}.{number % 255}", 0))
                stranger.sendto(guess, ("127.0.0.1", leans.desk.port))

    before = resident()
    for number in range(0, GLOBAL_BURST + 4_000, 400):
        from_everywhere(number, 400)
        await asyncio.sleep(0)
    # each came from a network of its own
    await until(lambda: leans.desk.counters().get("drop_stun_unknown", 0) > 4_000, within=5)
    leans.desk._ingress._all = Bucket(0, 0, 0)  # a flood faster than this machine's leaves strangers nothing at all
    answered = peer.line.hearing.answered
    assert len(leans.desk._ingress._sources) <= SOURCES
    assert resident() - before < FLAT
    await until(lambda: peer.line.hearing.answered > answered, within=4)  # our checks are 2 s apart
    got = b.received("video")
    a.send("video")
    await until(lambda: b.received("video") == got + 1)


async def test_two_hundred_lines_and_a_megabyte_are_refused_at_once(leans: Leans) -> None:
    """Before any parser of aiortc's, which makes a transceiver a line and answers 200 of them in kilobytes."""
    await leans.desk.seat("vis", "a")
    (offer,) = [sdp for _, _, sdp in leans.offers]
    head, _, line = offer.partition("m=audio")
    many = head + ("m=audio" + line.partition("m=video")[0]) * 200
    for bad in (many, offer + "a=x:" + "y" * MIB, offer + "a=x:y\r\n" * (MIB // 7), "m=audio\r\n" * (MIB // 9)):
        begun = time.perf_counter()
        with pytest.raises(Malformed):
            await leans.desk.answer("vis", "a", 1, bad)
        assert time.perf_counter() - begun < 0.1
    stock = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    told = head.replace("a=group:BUNDLE 0 1\r\n", "") + "".join(
        ("m=audio" + line.partition("m=video")[0]).replace("a=mid:0", f"a=mid:{number}") for number in range(20)
    )
    await stock.setRemoteDescription(RTCSessionDescription(told, "offer"))
    assert len(stock.getTransceivers()) == 20, "stock aiortc takes what it is told"
    await stock.close()


async def test_an_address_in_an_answer_is_never_probed(leans: Leans, browser: Any, until: Any) -> None:
    """F4: stock aiortc sends checks to any address that a description names; the server sends none."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as inner:
        inner.bind(("127.0.0.77", 0))
        inner.setblocking(False)
        lines = "".join(
            f"a=candidate:{n} 1 udp 2130706431 {host} {port} typ host\r\n"
            for n, (host, port) in enumerate(
                (inner.getsockname(), ("169.254.169.254", 80), ("x.local", 9), ("::1", 25))
            )
        )
        leans.changed = lambda answer: answer + lines + "a=end-of-candidates\r\n"
        a, b = await leans.both("vis")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await loop.sock_recv(inner, 2048)
        assert not a.ended and not b.ended

        stock = browser()
        one, two = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
        one.addTrack(stock.audio)
        await one.setLocalDescription(await one.createOffer())
        words = one.localDescription.sdp.splitlines()
        evil = "\r\n".join(word for word in words if not word.startswith("a=candidate:")) + "\r\n"
        host, port = inner.getsockname()
        evil = evil.replace(
            "a=end-of-candidates", f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\na=end-of-candidates"
        )
        await two.setRemoteDescription(RTCSessionDescription(evil, "offer"))
        await two.setLocalDescription(await two.createAnswer())
        async with asyncio.timeout(5):
            assert await loop.sock_recv(inner, 2048), "stock aiortc probes it"
        await asyncio.gather(one.close(), two.close(), stock.close())


async def test_a_participants_unknown_streams_go_nowhere(table: Any, until: Any) -> None:
    """F7: packets of SSRCs and payload types that were not negotiated are dropped, and leave no trace."""
    a = await table.sit("vis", "a")
    stock = type(a)()
    one, two = await stock_pair(stock.audio)
    await until(lambda: one.connectionState == two.connectionState == "connected")
    sender, router = one.getSenders()[0], two.getTransceivers()[0].receiver.transport._rtp_router
    for ssrc in range(200):
        await sender.transport._send_rtp(RtpPacket(96, ssrc=ssrc, payload=b"x").serialize())
    await until(lambda: len(router.ssrc_table) > 100)  # stock aiortc keeps an entry of each
    await asyncio.gather(one.close(), two.close(), stock.close())

    b = await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("forwarded", 0) > 100)
    sender = a.pc.getTransceivers()[0].sender
    for ssrc in range(200):
        await sender.transport._send_rtp(RtpPacket(111, ssrc=ssrc, payload=b"x").serialize())
    await sender.transport._send_rtp(RtpPacket(96, sequence_number=soon(sender), ssrc=sender._ssrc).serialize())
    await until(lambda: table.desk.counters().get("drop_not_negotiated", 0) == 201)
    known = {stats.ssrc for stats in (await b.pc.getStats()).values() if stats.type == "inbound-rtp"}
    assert len(known) == 2


async def test_malformed_extensions_of_a_participant_end_nothing(table: Any, until: Any) -> None:
    """F6: an audio level of the wrong length closed stock aiortc's transport; here nothing parses it on the way."""
    a = await table.sit("vis", "a")
    stock = type(a)()
    one, two = await stock_pair(stock.audio)
    await until(lambda: one.connectionState == two.connectionState == "connected")
    sender = one.getSenders()[0]
    head = pack(">BBHIIHH", 0x90, 96, soon(sender), 1, sender._ssrc, 0xBEDE, 1)
    await sender.transport._send_rtp(head + b"\x21\xff\xff\x00")  # an audio level of two bytes
    transport = two.getTransceivers()[0].receiver.transport
    await until(lambda: transport.state == "closed")
    await asyncio.gather(one.close(), two.close(), stock.close())

    await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("forwarded", 0) > 10)
    sender = a.pc.getTransceivers()[0].sender
    lie = pack(">BBHIIHHBB", 0x90, 111, soon(sender), 1, sender._ssrc, 0xBEDE, 1, 0x1F, 0xFF) + b"\x00\x00"
    await sender.transport._send_rtp(lie)
    before = table.desk.counters()["forwarded"]
    await until(lambda: table.desk.counters()["forwarded"] > before + 50)
    assert ("a", "lost") not in [(who, state.value) for who, state, _ in table.states]


async def test_a_participants_flood_is_cut_and_its_connection_stays(table: Any, until: Any) -> None:
    """ASVS 17.2.5: above the budget packets are dropped, nothing is closed."""
    a = await table.sit("vis", "a")
    await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("forwarded", 0) > 10)
    sender = next(t.sender for t in a.pc.getTransceivers() if t.kind == "video")
    for sequence in range(2 * BYTES_PER_SECOND // 1000):
        number = (soon(sender) + sequence) & 0xFFFF
        packet = RtpPacket(96, ssrc=sender._ssrc, sequence_number=number, payload=bytes(1000))
        await sender.transport._send_rtp(packet.serialize())
        if sequence % 50 == 0:
            await asyncio.sleep(0)
    await until(lambda: table.desk.counters().get("drop_over_budget", 0) > 0)
    before = table.desk.counters()["forwarded"]
    await until(lambda: table.desk.counters()["forwarded"] > before + 50)


async def test_a_rival_claim_to_an_address_is_dropped(table: Any, until: Any) -> None:
    """A participant that forges another's address does not take it: it belongs to who authenticated first."""
    await table.sit("vis", "a")
    await table.sit("vis", "b")
    await until(lambda: table.desk.counters().get("connected") == 2)
    visit = next(iter(table.desk._visits.values()))
    victim, rival = visit.peers["a"], visit.peers["b"]
    address = victim.line.address
    assert rival.may_claim(address) is False
    assert table.desk.counters()["drop_rival_claim"] == 1
    victim.line.hearing.any -= 6_000_000_000
    assert rival.may_claim(address) is True
    assert victim.line.address is None


async def test_the_self_test_passes_and_notices_a_filter_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A datagram from a stranger that reaches DTLS during the handshake must stop the start."""
    await self_test()

    def let_all_in(self: Ingress, data: bytes, addr: Any, now: int) -> None:
        for line in self._lines.values():
            line.connection.data_received(data, 1)

    monkeypatch.setattr(Ingress, "_dtls", let_all_in)
    monkeypatch.setattr(selftest, "WITHIN_S", 3.0)
    with pytest.raises(SelfTestFailed):
        await self_test()
