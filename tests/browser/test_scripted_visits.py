"""Scripted visits: whatever stops, and for however long, the totals are those of the browsers' own logs."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.browser import steps, truth
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.network import program
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.alone  # a page that gets no processor sends nothing, and knows little of what came

ABOVE, BELOW = 1.0, 2.0  # seconds by which a total may differ from the truth

# Camera off and on again below the product's buttons, on the page's own clock; each gap begins when the one before
# has been over for `between` ms and pictures were sent again.
CAMERA_GAPS = """async ({ count, gap, between }) => {
  const peer = window.__peers.findLast((one) => one.connectionState === "connected");
  const sender = peer.getSenders().find((one) => one.track?.kind === "video");
  const track = sender.track;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let n = 0; n < count; n++) {
    await sender.replaceTrack(null);
    await wait(gap);
    await sender.replaceTrack(track);
    await wait(between);
  }
  return count;
}"""

Script = Callable[["Scene"], Awaitable[None]]


class Scene:
    """Two people in a visit, and the network between them and the server."""

    def __init__(self, server: Antechamber, clinician: Person, client: Person, long: bool) -> None:
        self.server, self.clinician, self.client, self.long = server, clinician, client, long

    async def port_of(self, person: Person) -> int:
        """The UDP port of the person's live connection."""
        live = [one for one in (await person.counters())["peers"] if one["state"] == "connected"]
        return int(live[-1]["pair"]["local"]["port"])

    @contextmanager
    def dropped(self, sender: int, receiver: int) -> Iterator[None]:
        """Drop every datagram from one UDP port to another, one way."""
        table = f"antechamber_{sender}_{receiver}"
        rule = f"udp sport {sender} udp dport {receiver} drop"
        script = f"table inet {table} {{\nchain lost {{\ntype filter hook input priority 0;\n{rule}\n}}\n}}\n"
        subprocess.run([program("nft"), "-f", "-"], input=script, text=True, check=True)
        try:
            yield
        finally:
            subprocess.run([program("nft"), "delete", "table", "inet", table], check=True)


async def short_gaps(scene: Scene) -> None:
    """The camera stops for two seconds, again and again."""
    count = 20 if scene.long else 3
    await scene.client.evaluate(CAMERA_GAPS, {"count": count, "gap": 2000, "between": 2500})


async def one_gap(scene: Scene) -> None:
    """The camera stops once, for ten seconds or (long) for forty."""
    gap = 40_000 if scene.long else 10_000
    await scene.client.evaluate(CAMERA_GAPS, {"count": 1, "gap": gap, "between": 3000})


async def ten_seconds(scene: Scene) -> None:
    """The clinician's camera stops for ten seconds."""
    await scene.clinician.evaluate(CAMERA_GAPS, {"count": 1, "gap": 10_000, "between": 3000})


async def lost_to_the_client(scene: Scene) -> None:
    """What the server sends to the client is lost while the client still sends; the clinician is told within 5 s."""
    port = await scene.port_of(scene.client)
    with scene.dropped(scene.server.port, port):
        await scene.clinician.until(
            "() => /is not getting|not reaching|Weak connection|dropped|We cannot/"
            ".test(document.querySelector('[data-stage=banner]')?.innerText"
            " + document.querySelector('[data-stage=pill]')?.innerText)",
            timeout=5,
        )
        await asyncio.sleep(55 if scene.long else 8)  # the length of the loss is the script itself
    await scene.clinician.sees("Audio and video", timeout=20)
    await asyncio.sleep(3)


async def lost_from_the_client(scene: Scene) -> None:
    """What the client sends is lost on its way to the server."""
    port = await scene.port_of(scene.client)
    with scene.dropped(port, scene.server.port):
        await asyncio.sleep(10 if scene.long else 4)
    await scene.clinician.sees("Audio and video", timeout=30)
    await asyncio.sleep(3)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "script",
    [
        short_gaps,
        # The same fault as the one before, in other lengths.
        pytest.param(one_gap, marks=pytest.mark.long),
        pytest.param(ten_seconds, marks=pytest.mark.long),
        lost_to_the_client,
        lost_from_the_client,
    ],
    ids=lambda s: s.__name__,
)
async def test_totals_are_the_truth(
    antechamber: Antechamber, meet: Meet, long: bool, script: Script, figure: Callable[[str], None]
) -> None:
    """No total is above what both browsers received by more than a second, nor below by more than two."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await steps.into_demo_visit(clinician, client, antechamber)
    origins = await truth.begin(clinician), await truth.begin(client)
    await steps.admit(clinician, client)
    await clinician.sees("Audio and video")
    await asyncio.sleep(5)
    await script(Scene(antechamber, clinician, client, long))
    await steps.end(clinician)
    one, other = [await truth.flowed(p, o) for p, o in zip((clinician, client), origins, strict=True)]
    biller = await meet("biller")
    await steps.sign_in(biller, antechamber.demo["biller"])
    body = json.loads(await steps.saved_event(biller, await steps.first_event(biller)))
    told = body["seconds"]["audio_video_overlap"], body["seconds"]["talk_overlap"]
    received = truth.totals(one, other)
    for name, total, real in zip(("sound and picture", "sound"), told, received, strict=True):
        figure(f"{name} counted {total} s, received {real:.1f} s")
    for total, real in zip(told, received, strict=True):
        assert real - BELOW <= total <= real + ABOVE, json.dumps(body["intervals"])
