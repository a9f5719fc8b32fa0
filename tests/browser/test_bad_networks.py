"""Visits over bad networks: they live, media is back within seconds, and the evidence is what really arrived.

Each browser is in a network of its own behind a router (tests/network/lab.py). The truth is the browsers' own logs.
The small run has a change of address and a network without UDP; `--long` has all faults, ten times each.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.browser import steps, truth
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber
from tests.network.coturn import Coturn, coturn
from tests.network.impairment import BadPath, Fault
from tests.network.lab import HERE, Lab, Place, lab

BACK_WITHIN = 5.0  # seconds after the fault's end
RIGHT = 0.95  # of the seconds
ABOVE = 1.0  # second of overlap more than arrived
BELOW = 0.05  # of the visit's seconds may be missing from the count


Make = Callable[[Place, BadPath], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A fault of the client's network, how long it lasts each time, and whether the client's media goes by the proxy.

    Behind the proxy there is also a translation: both people have the router's address. On a poor line few pictures
    arrive while the fault lasts: there one goes on while every second brings a decoded one, elsewhere it stands still
    after less than half of one.
    """

    name: str
    lasts: float
    make: Make
    proxied: bool = False
    small: bool = False
    poor: bool = False


def random_loss(percent: int) -> Make:
    """Of everything, both ways, pages and signalling too."""
    return lambda place, _: place.filtered(f"numgen random mod 100 < {percent} drop")


def faulty(fault: Fault) -> Make:
    """Of the media alone, both ways, by the proxy."""

    @contextmanager
    def during(_: Place, path: BadPath) -> Iterator[None]:
        path.set(fault, fault)
        yield
        path.set(Fault(), Fault())

    return during


@contextmanager
def moved(place: Place, _: BadPath) -> Iterator[None]:
    """Another address for good; the next time it is the first one again."""
    place.move(3 if place.address(2) in place.addresses() else 2)
    yield


@contextmanager
def another_port(_: Place, path: BadPath) -> Iterator[None]:
    """The translation forgets: what is sent comes from another port, and the browser does not know."""
    path.rebind()
    yield


CASES = (
    Case("address-change", 0.0, moved, small=True),
    Case("dark-15-s", 15.0, lambda place, _: place.dark()),
    Case("loss-10", 12.0, random_loss(10), poor=True),
    Case("loss-20", 12.0, random_loss(20), poor=True),
    Case("loss-30", 12.0, random_loss(30), poor=True),
    Case(
        "delay-300-jitter-100",
        12.0,
        faulty(Fault(delay=0.3, jitter=0.1, reorder=0.01, duplicate=0.01)),
        poor=True,
        proxied=True,
    ),
    Case("rate-64", 20.0, faulty(Fault(rate=64_000)), proxied=True, poor=True),
    Case("another-port", 0.0, another_port, proxied=True),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every case with `--long`, else those of the small run."""
    if "case" in metafunc.fixturenames:
        chosen = [one for one in CASES if one.small or metafunc.config.getoption("--long")]
        metafunc.parametrize("case", chosen, ids=lambda one: one.name)


@dataclass(slots=True)
class Scene:
    """A clinician at place a, a client at place b, a server on this machine."""

    net: Lab
    server: Antechamber
    clinician: Person
    client: Person
    quiet: Quiet
    origins: tuple[float, float] = (0.0, 0.0)
    samples: tuple[list[Any], list[Any]] = field(default_factory=lambda: ([], []))

    async def begin(self) -> None:
        """Into the visit, both seen and heard."""
        await steps.sign_in(self.clinician, self.server.demo["clinician"])
        await steps.into_demo_visit(self.clinician, self.client, self.server)
        self.origins = await truth.begin(self.clinician), await truth.begin(self.client)
        await steps.admit(self.clinician, self.client)
        await self.clinician.sees("Audio and video", timeout=25)

    async def logs(self, poor: bool = False) -> tuple[truth.Flowed, truth.Flowed]:
        """What arrived at both, so far."""
        read = truth.decoded_of if poor else truth.flow_of
        for person, kept in zip((self.clinician, self.client), self.samples, strict=True):
            kept.extend(await person.take_log())
        one, other = (read(kept, at) for kept, at in zip(self.samples, self.origins, strict=True))
        return one, other


@asynccontextmanager
async def scene(net: Lab, folder: Path, meet: Meet, quiet: Quiet, relay: Coturn | None = None) -> AsyncIterator[Scene]:
    """The server is told its address in the lab, and of the relay if there is one."""
    server = Antechamber(folder, {"media_addresses": HERE})
    server.origin = f"https://{HERE}:{server.port}"
    server.settings["origin"] = server.origin
    if relay is not None:
        server.settings |= {"turn_urls": relay.url, "turn_secret_file": str(relay.secret_file)}
    try:
        await server.start("demo")
        clinician = await meet("clinician", Colour.BLUE, program=net.place("a").wrapper(folder))
        client = await meet("client", Colour.ORANGE, program=net.place("b").wrapper(folder))
        yield Scene(net, server, clinician, client, quiet)
        for person in (clinician, client):
            await person.open("about:blank")  # their pages would look for a server that has gone
    finally:
        server.drop()


def back_after(end: float, flowed: Sequence[truth.Flowed]) -> float:
    """Seconds from a moment (ms since the epoch) until both kinds arrive at both again, and go on for a second."""
    worst = 0.0
    for spans in (spans for one in flowed for spans in (one.audio, one.video)):
        later = [max(start, end) for start, stop in spans if stop > end + 1000]
        assert later, "it never came back"
        worst = max(worst, later[0] - end)
    return worst / 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """The seconds of an event: all, those that the logs contradict, and those that they say something clear of."""

    every: int
    wrong: tuple[int, ...]
    clear: int

    @property
    def right(self) -> float:
        """The share that nothing contradicts."""
        return 1 - len(self.wrong) / self.every


def judged(body: dict[str, Any], one: truth.Flowed, other: truth.Flowed) -> Judged:
    """Hold the event's seconds to the logs; one with a change in it, or a quarter of a second beside, may be either."""
    both = truth.shared(truth.shared(one.audio, other.audio), truth.shared(one.video, other.video))
    began = datetime.fromisoformat(body["times"]["in_visit"]).timestamp() * 1000
    every = clear = 0
    wrong = []
    for interval in body["intervals"]:
        sides = (interval["clinician"], interval["client"])
        told = all(s["audio"] != "none" and s["video"] == "flowing" and s["delivered"] for s in sides)
        for second in range(interval["from_s"], interval["to_s"]):
            around = ((began + second * 1000 - 250, began + second * 1000 + 1250),)
            share = truth.seconds(truth.shared(both, around)) / 1.5
            every += 1
            clear += not 0.02 < share < 0.98
            if share <= 0.02 if told else share >= 0.98:
                wrong.append(second)
    return Judged(every, tuple(wrong), clear)


async def event_of(scene: Scene, meet: Meet) -> dict[str, Any]:
    """End the visit; its event as the biller has it."""
    await steps.end(scene.clinician)
    biller = await meet("biller")
    await steps.sign_in(biller, scene.server.demo["biller"])
    body: dict[str, Any] = json.loads(await steps.saved_event(biller, await steps.first_event(biller)))
    return body


@pytest.mark.alone
@pytest.mark.timeout(900)
async def test_a_visit_survives_and_its_evidence_is_right(
    case: Case, tmp_path: Path, meet: Meet, quiet: Quiet, long: bool, figure: Callable[[str], None]
) -> None:
    """Media is back within five seconds of the end of each fault, 95 % of the seconds are right, nothing ends early."""
    with lab() as net, ExitStack() as around:
        async with scene(net, tmp_path, meet, quiet) as held:
            path = net.path(held.server.port, seed=20261121)
            if case.proxied:
                around.enter_context(net.translated())
                around.enter_context(net.place("b").through(path))
            await held.begin()
            await asyncio.sleep(4)
            back: list[float] = []
            for _ in range(10 if long else 2):
                with quiet.while_down(case.name), ExitStack() as fault:
                    await asyncio.to_thread(fault.enter_context, case.make(net.place("b"), path))
                    await asyncio.sleep(case.lasts)  # the length of the fault is the script itself
                    await asyncio.to_thread(fault.close)
                    end = time.time() * 1000
                    await asyncio.sleep(9)
                back.append(back_after(end, await held.logs(case.poor)))
            await held.clinician.sees("Audio and video", timeout=20)
            body = await event_of(held, meet)
            one, other = await held.logs(case.poor)
            path.close()
    counted, arrived = body["seconds"]["audio_video_overlap"], truth.totals(one, other)[0]
    seconds = judged(body, one, other)
    worst = sorted(back)[-1]  # of ten the 95th centile is the worst
    figure(f"{case.name}: back after {', '.join(f'{one:.1f}' for one in back)} s (worst {worst:.1f})")
    figure(
        f"{case.name}: {seconds.right:.1%} of {seconds.every} seconds right ({seconds.clear} of them without a change);"
        f" counted {counted} s, decoded {arrived:.1f} s"
    )
    assert body["visit"]["ended_reason"] == "clinician_ended"
    assert counted <= arrived + ABOVE
    assert counted >= arrived - BELOW * seconds.every - 1
    assert seconds.clear >= seconds.every / 2, "logs that say nothing clear prove nothing"
    assert seconds.right >= RIGHT, (seconds.wrong, json.dumps(body["intervals"]))
    assert worst <= BACK_WITHIN


TRY_THE_RELAY = """async (url) => {
  const iceServers = [{ urls: url, username: "nobody", credential: "none" }];
  const peer = new RTCPeerConnection({ iceServers, iceTransportPolicy: "relay" });
  const said = new Promise((done) => {
    peer.addEventListener("icecandidateerror", (event) => done(event.errorCode));
    setTimeout(() => done(null), 12000);
  });
  peer.addTransceiver("audio");
  await peer.setLocalDescription(await peer.createOffer());
  const code = await said;
  peer.close();
  return code;
}"""


@pytest.mark.timeout(300)
async def test_where_udp_is_blocked_a_visit_goes_through_the_relay(
    tmp_path: Path, meet: Meet, quiet: Quiet, figure: Callable[[str], None]
) -> None:
    """The device check finds the way open, without a credential; once let in, both see and hear each other."""
    with lab() as net, net.place("b").filtered("meta l4proto udp drop"):
        async with coturn(tmp_path / "coturn", HERE, HERE) as relay, scene(net, tmp_path, meet, quiet, relay) as held:
            began = time.monotonic()
            await steps.sign_in(held.clinician, held.server.demo["clinician"])
            await held.clinician.open(f"{held.server.origin}/desk")
            await steps.open_link(held.client, held.server.demo["client"]["url"])
            await steps.consent(held.client, "Jordan Doe")
            await held.client.until("() => location.pathname === '/j/location'")
            await held.client.click("Yes")
            await held.client.sees("How can we reach you?")
            await held.client.fill("Your phone number", "(651) 555-0134")
            await held.client.click("Continue")
            await held.client.sees("Your network blocks the direct way for video", timeout=20)
            assert await held.client.evaluate(TRY_THE_RELAY, relay.url) == 401
            await steps.check_devices(held.client)
            clicked = await steps.admit(held.clinician, held.client)
            await held.clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
            await held.client.sees_and_hears(Colour.BLUE, steps.REMOTE)
            pair = [one for one in (await held.client.counters())["peers"] if one["state"] == "connected"][-1]["pair"]
            assert pair["local"]["type"] == "relay", pair
            figure(f"coturn {relay.version}: seen and heard {time.monotonic() - clicked:.1f} s after Admit")
            figure(f"from sign-in to there {time.monotonic() - began:.0f} s")
            await steps.end(held.clinician)
