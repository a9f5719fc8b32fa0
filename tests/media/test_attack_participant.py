"""What somebody may try who was let in: forged sources, replays, malformed media. It ends nothing but their own."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from struct import pack
from typing import Any

from aioice import stun
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_256_GCM
from pylibsrtp import Policy, Session

from media.desk import Connection
from media.exchange import STREAMS
from media.feedback import REPEATS_PER_SECOND
from media.forward import CONTROLS_PER_SECOND, REPORTERS, Line
from tests.fuzz import mutate
from tests.fuzz.targets import TARGETS
from tests.media.lean import Lean, Leans, numbers
from tests.media.weight import resident

MIB = 1 << 20
VICTIM, RIVAL, BYSTANDER = "127.0.0.31", "127.0.0.32", "127.0.0.33"


def forge(source: tuple[str, int], target: tuple[str, int], payload: bytes) -> None:
    """Send a UDP datagram from somebody else's address and port (needs root)."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        udp = pack(">HHHH", source[1], target[1], 8 + len(payload), 0)  # no checksum: IPv4 allows it
        head = pack(
            ">BBHHHBBH4s4s",
            0x45, 0, 28 + len(payload), 0, 0, 64, socket.IPPROTO_UDP, 0,
            socket.inet_aton(source[0]), socket.inet_aton(target[0]),
        )  # fmt: skip
        raw.sendto(head + udp + payload, (target[0], 0))


def check_by(line: Line, lean: Lean) -> bytes:
    """A connectivity check that passes authentication at `line`, as that person's browser would sign it."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{line.connection.local_username}:{lean.ufrag}"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLED"] = 1
    request.add_message_integrity(line.connection.local_password.encode())
    return bytes(request)


async def heard(leans: Leans, sender: Lean, receiver: Lean, until: Any) -> None:
    """What one sends still arrives at the other."""
    for kind in ("audio", "video"):
        got = receiver.received(kind)
        sender.send(kind)
        await until(lambda got=got, kind=kind: receiver.received(kind) > got, within=5)


async def test_a_participants_checks_under_anothers_address_take_nothing(leans: Leans, until: Any) -> None:
    """Authenticated, from the other participant's real address and port: the claim is dropped, both visits' media live.

    The same datagrams from an address that nobody owns are answered: they are good checks. And still no media goes
    there, which comes only to where SRTP came from.
    """
    a, b = await leans.both("vis", (VICTIM, RIVAL))
    desk = ("127.0.0.1", leans.desk.port)
    peers = leans.desk._visits["vis"].peers
    at = {who: peer.line.address for who, peer in peers.items()}
    assert at == {"a": (VICTIM, a.ingress.port), "b": (RIVAL, b.ingress.port)}
    seen = a.counters.copy()
    for _ in range(20):
        forge((VICTIM, a.ingress.port), desk, check_by(peers["b"].line, b))
    await until(lambda: leans.desk.counters().get("drop_rival_claim", 0) == 20)
    assert {who: peer.line.address for who, peer in peers.items()} == at
    assert (VICTIM, a.ingress.port) not in peers["b"].line.connection.checked
    assert {k: v for k, v in a.counters.items() if k.startswith("drop")} == {
        k: v for k, v in seen.items() if k.startswith("drop")
    }
    await heard(leans, a, b, until)
    await heard(leans, b, a, until)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind((BYSTANDER, 0))
        nobody.setblocking(False)
        forge(nobody.getsockname(), desk, check_by(peers["b"].line, b))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            answer = await loop.sock_recv(nobody, 2048)
        assert answer[:2] == b"\x01\x01", "the check is good: it is answered"
        for _ in range(10):
            await heard(leans, a, b, until)
        came = []
        try:
            while True:
                came.append(nobody.recv(2048)[0])
        except BlockingIOError:
            pass
        assert all(first < 4 for first in came), "checks only, never media"
    assert not {Connection.LOST, Connection.FAILED} & {state for _, _, state in leans.states}


async def test_nothing_but_checks_goes_to_an_address_that_answered_none(leans: Leans, until: Any) -> None:
    """A participant names a bystander as their own address, by good checks, and speaks DTLS and SRTP from there."""
    desk = ("127.0.0.1", leans.desk.port)
    came: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind((BYSTANDER, 0))
        asyncio.get_running_loop().add_reader(nobody, lambda: came.append(nobody.recv(2048)[0]))
        a, b = await leans.sit("vis", "a", VICTIM), await leans.sit("vis", "b", RIVAL)
        peers = leans.desk._visits["vis"].peers
        line, honest = peers["b"].line, b.ingress.send

        def elsewhere(datagram: bytes, addr: Any) -> None:
            if 20 <= datagram[0] < 64:
                forge(nobody.getsockname(), desk, check_by(line, b))
                forge(nobody.getsockname(), desk, datagram)
            else:
                honest(datagram, addr)

        b.ingress.send = elsewhere  # type: ignore[method-assign]  # what a browser's socket cannot do
        await until(lambda: line.address is not None, within=5)
        b.ingress.send = honest  # type: ignore[method-assign]  # the same
        assert line.address == (RIVAL, b.ingress.port)
        await asyncio.wait_for(a.connected.wait(), 10)

        line.hearing.any -= 6_000_000_000  # silent for so long that its address may be somebody else's
        assert peers["a"].may_claim(line.address) is True
        assert line.address is None
        egress = b.line.egress
        assert egress is not None
        size = egress.protect(b.packet("audio"))
        forge(nobody.getsockname(), desk, bytes(egress.view[:size]))
        await until(lambda: a.received("audio") == 1)
        for _ in range(5):
            a.send("audio")
        await until(lambda: peers["a"].line.streams[a.ssrc].flow.packets >= 5)
        await asyncio.sleep(0.1)
        asyncio.get_running_loop().remove_reader(nobody)
    assert came
    assert all(first < 4 for first in came), "checks only, never a handshake or media"
    assert line.address is None


async def test_forged_media_and_handshakes_take_no_budget_from_who_owns_the_address(until: Any) -> None:
    """Thousands of unauthentic packets from a participant's own address: counted, and their media goes on."""
    leans = await Leans.open(tick=False)  # the budget of one second is all there is
    a, b = await leans.both("vis", (VICTIM, RIVAL))
    desk, ssrc = ("127.0.0.1", leans.desk.port), a.ssrc
    hello = b"\x16\xfe\xff" + bytes(60)
    for number in range(2500):
        forge((VICTIM, a.ingress.port), desk, pack(">BBHII", 0x80, 111, number, 0, ssrc) + bytes(60))
        if number % 10 == 0:
            forge((VICTIM, a.ingress.port), desk, hello)
        if number % 50 == 0:
            await asyncio.sleep(0)
    await until(lambda: leans.desk.counters().get("drop_srtp", 0) == 2500)
    assert leans.desk.counters()["drop_dtls_rate"] > 100
    await heard(leans, a, b, until)
    assert leans.desk.counters().get("drop_over_budget", 0) == 0
    assert not a.ended
    await leans.close()


async def test_a_packet_is_forwarded_once(leans: Leans, until: Any) -> None:
    """Replayed by its sender, by a stranger, by the other participant: only the first arrives (ASVS 17.2.3)."""
    a, b = await leans.both("vis")
    desk = ("127.0.0.1", leans.desk.port)
    await asyncio.sleep(0.1)
    before, got = leans.desk.counters(), b.received("audio")
    assert a.line.egress is not None
    size = a.line.egress.protect(a.packet("audio"))
    datagram = bytes(a.line.egress.view[:size])
    for _ in range(5):
        a.ingress._sockets[0].sendto(datagram, desk)
    b.ingress._sockets[0].sendto(datagram, desk)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(datagram, desk)
    changed = bytearray(datagram)
    changed[-1] ^= 1
    a.ingress._sockets[0].sendto(bytes(changed), desk)

    def more(name: str) -> int:
        return leans.desk.counters().get(name, 0) - before.get(name, 0)

    await until(lambda: more("drop_srtp") == 5 and more("drop_stranger") == 1 and more("drop_not_negotiated") == 1)
    await until(lambda: b.received("audio") == got + 1)
    assert more("forwarded") == 1


async def test_malformed_media_of_a_participant_ends_nothing(leans: Leans, until: Any) -> None:
    """RTP and RTCP that pass authentication and are nonsense inside: mutations of real packets (ASVS 17.2.4)."""
    a, b = await leans.both("vis")
    chance, pool = random.Random(7), TARGETS["rtp"].corpus()
    own, other = pack(">I", a.ssrc), pack(">I", b.ssrc)
    ours = [packet.replace(b"\0\0\0\xa1", own).replace(b"\0\0\0\xb1", other) for packet in pool]
    for number in range(1200):
        one = chance.choice(ours)
        control = 192 <= one[1] <= 223
        if control:
            a.line.send_control((mutate.rtcp if number % 2 else mutate.some_bytes)(chance, one, ours)[:1200])
        else:
            made = mutate.rtp(chance, one, ours)[:1200]  # its numbers in order, or SRTP itself would lose count
            a.line.send_media(made[:2] + pack(">H", 100 + number) + made[4:])
        if number % 40 == 0:
            await asyncio.sleep(0.01)
    counters = leans.desk.counters()
    assert counters["drop_rtcp_malformed"] > 20
    assert counters.get("ingress_bug", 0) == 0
    leans.desk.tick()
    await heard(leans, b, a, until)
    b.send("audio")
    assert not a.ended and not b.ended
    assert Connection.CONNECTED in [state for _, who, state in leans.states if who == "a"]
    a.sent["audio"] = a.sent["video"] = 2_000
    await heard(leans, a, b, until)


async def test_a_flood_of_reports_is_cut(leans: Leans, until: Any) -> None:
    """RTCP has a budget of its own: each packet of it may be routed to everybody (ASVS 17.2.5)."""
    a, b = await leans.both("vis")
    leans.desk.tick()
    report = pack(">BBHI", 0x81, 201, 7, a.ssrc) + pack(">IIIIII", b.ssrc, 0, 1, 0, 0, 0)
    for number in range(4 * CONTROLS_PER_SECOND):
        a.line.send_control(report)
        if number % 40 == 0:
            await asyncio.sleep(0)
    await until(lambda: leans.desk.counters().get("drop_over_budget", 0) > CONTROLS_PER_SECOND)
    leans.desk.tick()
    await heard(leans, a, b, until)


def under_another_number(lean: Lean, compound: bytes) -> bytes:
    """A control packet as that person's browser would protect it, with no trace in its own cipher."""
    profile, link = SRTP_AEAD_AES_256_GCM, lean.secure._dtls._ssl
    size = 2 * (profile.key_length + profile.salt_length)
    key = profile.get_key_and_salt(link.export_keying_material(b"EXTRACTOR-dtls_srtp", size), 0)
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile.libsrtp_profile)
    return bytes(Session(policy).protect_rtcp(compound))


async def test_reports_under_ever_new_numbers_leave_nothing(leans: Leans, until: Any) -> None:
    """libsrtp keeps a state for every number that an authentic report came under: a few are heard, the others not."""
    a, b = await leans.both("vis")
    line, desk = leans.desk._visits["vis"].peers["a"].line, ("127.0.0.1", leans.desk.port)
    block = pack(">IIIIII", b.ssrc, 0, 1, 0, 0, 0)

    async def report(first: int, last: int) -> None:
        for number in range(first, last):
            report = under_another_number(a, pack(">BBHI", 0x81, 201, 7, MIB + number) + block)
            a.ingress._sockets[0].sendto(report, desk)
            if number % 20 == 0:
                await asyncio.sleep(0)

    await report(0, 500)
    await until(lambda: leans.desk.counters().get("drop_reporter", 0) == 500 - REPORTERS, within=5)
    before = resident()
    await report(500, 6_000)
    await until(lambda: leans.desk.counters()["drop_reporter"] == 6_000 - REPORTERS, within=5)
    assert resident() - before < MIB
    assert len(line.reporters) == REPORTERS
    leans.desk.tick()
    control = line.hearing.path
    a.report()  # under the number that it sends under
    await until(lambda: line.hearing.path > control)
    await heard(leans, a, b, until)


async def test_ever_new_streams_leave_nothing_and_have_an_end(leans: Leans, until: Any) -> None:
    """Each answer of one connection names other SSRCs: what was before is given up, and at last all of it."""
    a, b = await leans.both("vis")
    held = leans.desk._visits["vis"]
    first = held.peers["a"]
    sinks = [stream for stream in first.line.streams.values() if stream.sinks]
    assert len(sinks) == 2
    for turn in range(STREAMS):
        a.ssrc = next(numbers)
        a.report()  # before the answer that names it
        await until(lambda: a.ssrc in first.line.reporters)
        await (leans.desk.unshare if turn % 2 else leans.desk.share)("vis", "a")  # asks for an answer each time
        await until(lambda: a.ssrc in first.line.own or held.peers["a"] is not first)
        if held.peers["a"] is not first:
            break
        assert not first.line.reporters
        flows = {stream.flow for stream in first.line.streams.values()}
        assert {flow for flow, _ in held.ledger.receipts_to("b")} <= flows
    assert turn == STREAMS // 2 - 1
    assert first.made == STREAMS
    assert not any(stream.sinks or stream.receipts for stream in sinks)
    assert leans.desk.counters()["ssrc_clash"] == 1
    assert ("vis", "a", Connection.REPLACED) in leans.states
    assert not b.ended


async def test_a_group_members_flood_of_wishes_is_cut(until: Any) -> None:
    """Packets asked for again, whole pictures, estimates: each answered or passed on a bounded number of times."""
    leans = await Leans.open(tick=False)
    a, b = await leans.both("vis")
    c = await leans.sit("vis", "c")
    await asyncio.wait_for(c.connected.wait(), 10)
    await until(lambda: leans.desk._visits["vis"].peers["a"].line.streams[a.ssrc + 1].passing is not None)
    a.send("video", 30)
    head = pack(">BBHI", 0x80, 201, 1, b.ssrc)
    nack = pack(">BBHII", 0x81, 205, 2 + 300, b.ssrc, a.ssrc + 1) + pack(">HH", a.sent["video"] - 16, 0xFFFF) * 300
    pli = pack(">BBHII", 0x81, 206, 2, b.ssrc, a.ssrc + 1)
    remb = pack(">BBHII", 0x8F, 206, 5, b.ssrc, 0) + b"REMB\x01\xff\xff\xff" + pack(">I", a.ssrc + 1)
    asked = dict(leans.desk.counters())
    for _ in range(100):
        for wish in (nack, pli, remb):
            b.line.send_control(head + wish)
        await asyncio.sleep(0.001)
    await until(lambda: leans.desk.counters().get("routed_remb", 0) - asked.get("routed_remb", 0) == 100)
    counters = leans.desk.counters()
    assert 0 < counters["repeated"] <= REPEATS_PER_SECOND
    assert counters["merged_pli"] >= 98
    assert counters.get("ingress_bug", 0) == 0
    await heard(leans, a, c, until)
    await leans.close()


async def test_nobody_is_told_anybody_elses_address(leans: Leans, until: Any) -> None:
    """Every offer, before and after a reconnect and a change of network: the server's address is the only one in it."""
    a, b = await leans.both("vis", (VICTIM, RIVAL))
    leans.changed = lambda answer: answer + f"a=candidate:1 1 udp 2130706431 {BYSTANDER} 5555 typ host\r\n"
    await leans.leave("vis", "a")
    a = await leans.sit("vis", "a", BYSTANDER)
    await asyncio.wait_for(a.connected.wait(), 10)
    await until(lambda: len(b.offered) > 2)
    secret = {VICTIM, RIVAL, BYSTANDER, "5555", str(a.ingress.port), str(b.ingress.port)}
    assert len(leans.offers) >= 5
    for _, _, sdp in leans.offers:
        assert not secret & set(re.split(r"[^0-9a-fA-F.]+", sdp))
        assert f"a=candidate:1 1 udp 2130706431 127.0.0.1 {leans.desk.port} typ host" in sdp
    peer = leans.desk._visits["vis"].peers["a"]
    assert peer.line.address == (BYSTANDER, a.ingress.port), "the server itself knows where to send"
