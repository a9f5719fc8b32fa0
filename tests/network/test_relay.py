"""The relay: a real coturn with the product's configuration takes the product's credentials and reaches nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aioice import stun, turn

from media.errors import Refused
from server import doctor
from server import relay as server_relay
from server.doctor import Verdict
from server.errors import CannotStart
from server.settings import Settings
from server.turn import LASTS_S, Relay, grant, place
from tests.browser.harness.running import free_port
from tests.network.coturn import Coturn, coturn
from tests.network.lab import GATE, HERE


def relay_to(one: Coturn, secret: str | None = None) -> Relay:
    return Relay((one.url,), (secret or one.secret).encode())


class Heard(asyncio.DatagramProtocol):
    """What came through the relay, and what the relay refused."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[bytes | Exception] = asyncio.Queue()

    def datagram_received(self, payload: bytes, addr: tuple[str, int]) -> None:
        self.got.put_nowait(payload)

    def error_received(self, exc: Exception) -> None:
        self.got.put_nowait(exc)


async def allocate(one: Coturn, username: str, credential: str) -> tuple[turn.TurnTransport, Heard]:
    return await turn.create_turn_endpoint(
        Heard, (one.host, one.port), username, credential, ssl=one.trust, transport="tcp"
    )


async def refusal(one: Coturn, username: str, credential: str) -> int:
    """The error code with which an allocation is refused."""
    with pytest.raises(stun.TransactionFailed) as refused:
        await allocate(one, username, credential)
    return int(refused.value.response.attributes["ERROR-CODE"][0])


async def test_a_credential_carries_datagrams_to_the_server_and_to_nobody_else(
    relay: Coturn, figure: Callable[[str], None]
) -> None:
    """Another program's port here answers through it; loopback, metadata and strangers are refused in both families."""
    figure(f"coturn {relay.version}")
    mine = grant(relay_to(relay), "vis_a", "par_b", int(time.time()))
    transport, heard = await allocate(relay, mine.username, mine.credential)

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.back = transport

        def datagram_received(self, payload: bytes, addr: tuple[str, int]) -> None:
            self.back.sendto(payload.upper(), addr)  # type: ignore[attr-defined]  # a datagram transport

    echo, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, (HERE, 0))
    async with asyncio.timeout(10):
        transport.sendto(b"hello", echo.get_extra_info("sockname"))
        assert await heard.got.get() == b"HELLO"
        for stranger in ("127.0.0.1", "169.254.169.254", "192.0.2.1", GATE):
            transport.sendto(b"hello", (stranger, 22))
            said = await heard.got.get()
            assert isinstance(said, stun.TransactionFailed), stranger
            assert said.response.attributes["ERROR-CODE"][0] == 403
        for stranger in ("::1", "::ffff:127.0.0.1", f"::ffff:{GATE}"):  # an old way around a list in IPv4
            transport.sendto(b"hello", (stranger, 22))
            said = await heard.got.get()
            assert isinstance(said, stun.TransactionFailed), stranger
            assert said.response.attributes["ERROR-CODE"][0] in (403, 443), stranger  # forbidden, or of another family
    transport.close()
    echo.close()


async def test_what_is_void_expired_or_forged_is_refused(relay: Coturn) -> None:
    """401 each: the device check's own question among them."""
    now = int(time.time())
    assert await refusal(relay, "nobody", "none") == 401
    old = grant(relay_to(relay), "vis_a", "par_b", now - LASTS_S - 5)
    assert await refusal(relay, old.username, old.credential) == 401
    longer = grant(relay_to(relay), "vis_a", "par_b", now)
    assert await refusal(relay, longer.username.replace(str(now + LASTS_S), str(now + 10**6)), longer.credential) == 401
    stranger = grant(relay_to(relay, "x" * 64), "vis_a", "par_b", now)
    assert await refusal(relay, stranger.username, stranger.credential) == 401


async def test_one_participant_cannot_take_every_port(relay: Coturn) -> None:
    """Twelve allocations, whatever credentials they are made with; another participant still gets one."""
    now = int(time.time())
    async with AsyncExitStack() as stack:
        for number in range(12):
            mine = grant(relay_to(relay), "vis_a", "par_b", now - number)
            transport, _ = await allocate(relay, mine.username, mine.credential)
            stack.callback(transport.close)
        mine = grant(relay_to(relay), "vis_a", "par_b", now)
        assert await refusal(relay, mine.username, mine.credential) == 486
        other = grant(relay_to(relay), "vis_a", "par_c", now)
        transport, _ = await allocate(relay, other.username, other.credential)
        stack.callback(transport.close)


async def test_the_doctor_knows_a_good_relay_from_a_bad_one(relay: Coturn, tmp_path: Path) -> None:
    """Another secret, no listener, a certificate nobody trusts: each in words that say what to do."""
    await server_relay.look(relay_to(relay), relay.trust)
    for wrong, trust, code in (
        (relay_to(relay, "y" * 64), relay.trust, "relay-credentials"),
        (Relay((f"turns:{HERE}:{free_port()}",), b"x" * 32), relay.trust, "relay-unreachable"),
        (relay_to(relay), None, "relay-certificate"),
    ):
        with pytest.raises(Refused) as refused:
            await server_relay.look(wrong, trust)
        assert refused.value.code == code
    settings = Settings.load(data_dir=tmp_path, turn_urls=relay.url, turn_secret_file=relay.secret_file)
    found = {one.name: one for one in await doctor.examine(settings)}["turn"]
    assert found.verdict is Verdict.BAD and "certificate" in found.say


async def test_an_open_relay_is_called_open(net: object, tmp_path: Path) -> None:
    """One that may reach everybody is worse than none."""
    async with coturn(tmp_path / "open", HERE, "0.0.0.0-255.255.255.255") as running:
        with pytest.raises(Refused) as refused:
            await server_relay.look(relay_to(running), running.trust)
        assert refused.value.code == "relay-open"


def test_a_credential_is_what_coturn_computes() -> None:
    """The base64 of an HMAC-SHA1 over the name, computed elsewhere (openssl dgst -sha1 -hmac)."""
    made = grant(Relay(("turns:turn.example.org",), b"north"), "vis_a", "par_b", 1_700_000_000)
    assert made.username == "1700000300:vis_a-par_b"
    assert made.credential == EXPECTED
    assert "north" not in repr(Relay((), b"north")) and made.credential not in repr(made)


EXPECTED = "/ksnC0xshdu34m4hRH3iMHFl0KQ="


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("turns:turn.example.org:443?transport=tcp", ("turn.example.org", 443)),
        ("turns:turn.example.org", ("turn.example.org", 5349)),
        ("turns:[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("turn:turn.example.org:3478", None),
        ("turns:turn.example.org:443?transport=udp", None),
        ("turns:turn.example.org:70000", None),
        ("https://turn.example.org", None),
        ("turns:", None),
    ],
)
def test_only_turn_over_tls_is_an_address(url: str, found: tuple[str, int] | None) -> None:
    assert place(url) == found


def test_a_relay_needs_its_secret(tmp_path: Path) -> None:
    """Half a setting, a plain relay, a short or a missing secret stop the start."""
    url = "turns:turn.example.org:443?transport=tcp"
    with pytest.raises(CannotStart, match="together"):
        Settings.load(data_dir=tmp_path, turn_urls=url)
    with pytest.raises(CannotStart, match="over TLS only"):
        Settings.load(data_dir=tmp_path, turn_urls="turn:turn.example.org", turn_secret_file=tmp_path / "s")
    settings = Settings.load(data_dir=tmp_path, turn_urls=url, turn_secret_file=tmp_path / "s")
    with pytest.raises(CannotStart, match="cannot be read"):
        server_relay.relay_of(settings)
    (tmp_path / "s").write_text("short")
    with pytest.raises(CannotStart, match="too short"):
        server_relay.relay_of(settings)
    (tmp_path / "s").write_text("x" * 32 + "\n")
    assert server_relay.relay_of(settings) == Relay((url,), b"x" * 32)
    assert server_relay.relay_of(Settings.load(data_dir=tmp_path)) is None
