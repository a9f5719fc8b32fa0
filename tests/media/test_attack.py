"""What ends or floods stock aiortc does nothing here: each attack is run against both."""

from __future__ import annotations

import asyncio
import logging
import socket
from struct import pack
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender
from aiortc.rtp import RtpPacket

from media import selftest
from media.forward import BYTES_PER_SECOND
from media.ingress import SOURCE_BURST, Ingress
from media.seam import Certificate
from media.selftest import ATTACKS, SelfTestFailed, self_test


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


async def test_a_participants_unknown_streams_go_nowhere(table: Any, until: Any) -> None:
    """F7: packets of SSRCs and payload types that were not negotiated are dropped, and leave no trace."""
    a, b = await table.sit("vis", "a"), await table.sit("vis", "b")
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


def test_our_dtls_has_no_cbc_suites() -> None:
    """AEAD with forward secrecy only (ASVS 17.2.2, RFC 8827)."""
    from aiortc.rtcdtlstransport import SRTP_PROFILES
    from OpenSSL import SSL

    context = Certificate.generateCertificate()._create_ssl_context(SRTP_PROFILES)
    names = SSL.Connection(context, None).get_cipher_list()
    legacy = [name for name in names if not name.startswith("TLS_")]
    assert legacy
    assert all(name.startswith("ECDHE-ECDSA-") and ("GCM" in name or "CHACHA20" in name) for name in legacy)
