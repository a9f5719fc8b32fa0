"""The bad network does what it says, both as a decision and on real sockets; its chances come from its seed alone."""

from __future__ import annotations

import asyncio
import itertools
import socket
import statistics
from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.network.impairment import BadPath, Fault, Way, bad_path, udp

EVERY = 0.02  # seconds between two datagrams, as of sound


def moments(fault: Fault, count: int = 5000, size: int = 200, seed: int = 7) -> list[tuple[float, ...]]:
    """When each of `count` datagrams leaves, by its own time of arrival."""
    way = Way(seed, fault)
    return [tuple(at - n * EVERY for at in way.leaves(n * EVERY, size)) for n in range(count)]


def test_a_good_way_passes_everything_at_once() -> None:
    assert set(moments(Fault())) == {(0.0,)}


@pytest.mark.parametrize("loss", [0.1, 0.2, 0.3])
def test_as_much_is_lost_as_was_asked_for(loss: float) -> None:
    lost = sum(not one for one in moments(Fault(loss=loss))) / 5000
    assert abs(lost - loss) < 0.02


def test_the_seed_decides() -> None:
    bad = Fault(loss=0.2, jitter=0.1, reorder=0.05, duplicate=0.05)
    assert moments(bad, seed=3) == moments(bad, seed=3)
    assert moments(bad, seed=3) != moments(bad, seed=4)


def test_one_fault_more_does_not_change_what_another_hits() -> None:
    lost = [not one for one in moments(Fault(loss=0.2))]
    assert lost == [not one for one in moments(Fault(loss=0.2, delay=0.3, jitter=0.1, duplicate=0.3))]


def test_delay_and_jitter_keep_the_order() -> None:
    found = [at for (at,) in moments(Fault(delay=0.3, jitter=0.1))]
    assert min(found) >= 0.3 and max(found) < 0.42
    assert statistics.pstdev(found) > 0.01
    leaving = [n * EVERY + at for n, at in enumerate(found)]
    assert all(a <= b for a, b in itertools.pairwise(leaving))


def test_reordering_lets_later_ones_pass() -> None:
    found = [n * EVERY + at for n, (at,) in enumerate(moments(Fault(reorder=0.1)))]
    overtaken = sum(a > b for a, b in itertools.pairwise(found))
    assert 0.07 < overtaken / 5000 < 0.13


def test_doubles_come_twice() -> None:
    twice = sum(len(one) == 2 for one in moments(Fault(duplicate=0.05)))
    assert 0.03 < twice / 5000 < 0.07


def test_a_rate_holds_back_and_drops_what_its_queue_cannot_hold() -> None:
    # 200 bytes each 20 ms are 80 kbit/s
    assert all(moments(Fault(rate=100_000)))
    found = moments(Fault(rate=64_000, queue=0.4))
    passed = sum(bool(one) for one in found)
    assert abs(passed * 200 * 8 / (5000 * EVERY) - 64_000) < 1500
    assert max(one[0] for one in found if one) < 0.4 + 0.03


def test_nothing_passes_a_blackout() -> None:
    assert not any(moments(Fault(blackout=True)))


class Echo(asyncio.DatagramProtocol):
    """Says back what it hears and remembers from where."""

    def __init__(self) -> None:
        self.sources: list[tuple[str, int]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, payload: bytes, addr: tuple[str, int]) -> None:
        self.sources.append(addr)
        self.transport.sendto(payload, addr)


class There:
    """Two ends with a bad path between."""

    def __init__(self, path: BadPath, echo: Echo, mine: socket.socket) -> None:
        self.path, self.echo, self.mine = path, echo, mine

    async def ask(self, word: bytes, within: float = 2.0) -> bytes | None:
        """What comes back for a word."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self.mine, word, self.path.address)
        try:
            async with asyncio.timeout(within):
                return await loop.sock_recv(self.mine, 100)
        except TimeoutError:
            return None


@pytest.fixture
async def there() -> AsyncIterator[There]:
    transport, echo = await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("127.0.0.1", 0))
    path = bad_path(transport.get_extra_info("sockname"), seed=1)
    mine = udp()
    mine.setblocking(False)
    yield There(path, echo, mine)
    mine.close()
    path.close()
    transport.close()


async def test_a_path_carries_both_ways(there: There) -> None:
    assert await there.ask(b"hello") == b"hello"


async def test_a_path_goes_dark_and_comes_back(there: There) -> None:
    there.path.blackout(True)
    assert await there.ask(b"one", 0.1) is None
    there.path.blackout(False)
    assert await there.ask(b"two") == b"two"


async def test_one_way_alone_may_be_bad(there: There) -> None:
    there.path.set(down=Fault(blackout=True))
    assert await there.ask(b"one", 0.1) is None
    assert len(there.echo.sources) == 1, "the way there is good"


async def test_a_delay_is_waited_for(there: There) -> None:
    there.path.set(up=Fault(delay=0.1), down=Fault(delay=0.1))
    before = asyncio.get_running_loop().time()
    assert await there.ask(b"late") == b"late"
    assert asyncio.get_running_loop().time() - before > 0.19


async def test_a_path_that_forgets_comes_from_another_port(there: There) -> None:
    await there.ask(b"one")
    there.path.rebind()
    assert await there.ask(b"two") == b"two"
    assert len(set(there.echo.sources)) == 2
