"""A bad network in user space: what a path does to each datagram, decided by a seed, and a relay that does it.

`Way` is the decision alone (no clock, no socket): when does a datagram of this size leave, and how often. `BadPath` is
the relay: datagrams that reach its port go on to one target, from a port of their own for every sender, as a network
address translation would do it. This kernel has no netem, hence this.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Address = tuple[Any, ...]
MakeSocket = Callable[[], socket.socket]

LATE_S = 0.03
"""What is overtaken is this much later: more than the 20 ms between two packets of sound."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one direction. Chances are 0 to 1, times are seconds, `rate` is bits a second (None: any).

    :param jitter: each datagram is later by up to this much; the order is kept unless `reorder` says otherwise.
    :param queue: what a rate holds back waits for at most this long, and is dropped beyond it.
    """

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    rate: float | None = None
    queue: float = 0.4
    blackout: bool = False


class Way:
    """One direction. The same seed, faults and times give the same decisions."""

    def __init__(self, seed: int, fault: Fault) -> None:
        self.fault = fault
        self._chance = random.Random(seed)
        self._free = 0.0  # when the bottleneck has sent all it holds
        self._last = 0.0  # when the latest datagram in order leaves

    def leaves(self, now: float, size: int) -> tuple[float, ...]:
        """The moments at which a datagram of `size` bytes that came `now` goes on: none when lost, two when doubled."""
        fault = self.fault
        # drawn in any case, so that changing one fault does not change the chances of another
        lost, late, doubled, jitter = (self._chance.random() for _ in range(4))
        if fault.blackout or lost < fault.loss:
            return ()
        at = now
        if fault.rate is not None:
            at = max(now, self._free)
            if at - now > fault.queue:
                return ()
            self._free = at = at + size * 8 / fault.rate
        at += fault.delay + fault.jitter * jitter
        if late < fault.reorder:
            moments: tuple[float, ...] = (max(at, self._last) + LATE_S,)
        else:
            self._last = max(at, self._last)
            moments = (self._last,)
        return (*moments, moments[0] + 0.001) if doubled < fault.duplicate else moments


@dataclass(slots=True, eq=False)
class _Flow:
    back: socket.socket
    source: Address


@dataclass(slots=True, eq=False)
class BadPath:
    """A port whose datagrams go on to `target` and back; make it with :func:`bad_path`."""

    front: socket.socket
    target: Address
    make: MakeSocket
    up: Way
    down: Way
    flows: dict[Address, _Flow] = field(default_factory=dict)
    passed: int = 0
    dropped: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    @property
    def address(self) -> Address:
        """Where datagrams are taken."""
        name: Address = self.front.getsockname()
        return name

    def set(self, up: Fault | None = None, down: Fault | None = None) -> None:
        """Change what is wrong, from now on; None leaves a direction as it is."""
        self.up.fault = up or self.up.fault
        self.down.fault = down or self.down.fault

    def blackout(self, on: bool) -> None:
        """Nothing passes, either way, until it is off again."""
        self.set(replace(self.up.fault, blackout=on), replace(self.down.fault, blackout=on))

    def rebind(self) -> None:
        """Every sender gets a new port towards the target, as when a translation forgets; from any thread."""
        self.loop.call_soon_threadsafe(self._forget_all)

    def _forget_all(self) -> None:
        for flow in self.flows.values():
            self._forget(flow)
        self.flows.clear()

    def open(self) -> None:
        """Begin to pass datagrams on."""
        self.loop.add_reader(self.front, self._from_front)

    def close(self) -> None:
        """Stop, and close every socket."""
        self.loop.remove_reader(self.front)
        self._forget_all()
        self.front.close()

    def _forget(self, flow: _Flow) -> None:
        self.loop.remove_reader(flow.back)
        flow.back.close()

    def _from_front(self) -> None:
        for payload, source in _waiting(self.front):
            flow = self.flows.get(source)
            if flow is None:
                flow = self.flows[source] = _Flow(self.make(), source)
                flow.back.setblocking(False)
                flow.back.connect(self.target)
                self.loop.add_reader(flow.back, self._from_back, flow)
            self._pass(self.up, payload, flow.back, None)

    def _from_back(self, flow: _Flow) -> None:
        for payload, _ in _waiting(flow.back):
            self._pass(self.down, payload, self.front, flow.source)

    def _pass(self, way: Way, payload: bytes, out: socket.socket, to: Address | None) -> None:
        loop = self.loop
        now = loop.time()
        moments = way.leaves(now, len(payload) + 28)  # with the headers of IPv4 and UDP, as a line counts them
        self.passed += bool(moments)
        self.dropped += not moments
        for at in moments:
            if at <= now:
                _send(out, payload, to)
            else:
                loop.call_at(at, _send, out, payload, to)


def _waiting(of: socket.socket) -> list[tuple[bytes, Address]]:
    found = []
    for _ in range(64):
        try:
            found.append(of.recvfrom(2048))
        except (BlockingIOError, ConnectionRefusedError):
            break
    return found


def _send(out: socket.socket, payload: bytes, to: Address | None) -> None:
    try:
        if to is None:
            out.send(payload)
        else:
            out.sendto(payload, to)
    except OSError:
        return  # a flow that was forgotten meanwhile, or a target that is down: a network says nothing either


def udp() -> socket.socket:
    """A plain IPv4 socket."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def bad_path(
    target: Address, seed: int, listen: Address = ("127.0.0.1", 0), make: MakeSocket = udp, fault: Fault | None = None
) -> BadPath:
    """A relay to `target` with the same fault both ways; `make` gives its sockets (one of another namespace, say)."""
    front = make()
    front.setblocking(False)
    front.bind(listen)
    wrong = fault or Fault()
    path = BadPath(front, target, make, Way(seed, wrong), Way(seed + 1, wrong))
    path.open()
    return path
