"""The server dies in a visit: both pictures stop, and it comes back to the same visit, its minutes and its event."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.browser import steps, truth
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.alone  # a server starts in the middle of a visit and takes the processor from the browsers

LOST_AT_MOST, GAINED_AT_MOST = 10.0, 1.0  # seconds of overlap


@pytest.mark.timeout(300)
async def test_a_killed_server_comes_back_to_the_same_visit(antechamber: Antechamber, meet: Meet, quiet: Quiet) -> None:
    """Media stops with the server, is back without anybody's doing, and one event holds what both browsers showed."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await steps.into_demo_visit(clinician, client, antechamber)
    origins = await truth.begin(clinician), await truth.begin(client)
    await steps.admit(clinician, client)
    visit = await steps.visit_of(clinician)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await asyncio.sleep(15)  # minutes to lose: more than may be lost
    with quiet.while_down("the server is killed in the visit and started again"):
        antechamber.kill()
        for person in (clinician, client):
            await person.stands_still(steps.REMOTE)
        await antechamber.start("demo")
        for person in (clinician, client):
            await person.sees("Audio and video", timeout=60)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=30)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE, timeout=30)
    assert await steps.visit_of(clinician) == visit
    await steps.end(clinician)
    logs = await clinician.take_log(), await client.take_log()
    one, other = [truth.decoded_of(log, o) for log, o in zip(logs, origins, strict=True)]
    biller = await meet("biller")
    await steps.sign_in(biller, antechamber.demo["biller"])
    body = json.loads(await steps.saved_event(biller, await steps.first_event(biller)))
    assert body["visit"]["id"] == visit
    told = body["seconds"]["audio_video_overlap"], body["seconds"]["talk_overlap"]
    for total, real in zip(told, truth.totals(one, other), strict=True):
        assert real - LOST_AT_MOST <= total <= real + GAINED_AT_MOST, (told, truth.totals(one, other))
    await biller.open(f"{antechamber.origin}/billing/?show=all")
    assert await biller.evaluate("() => document.querySelectorAll('a[href*=\"/encounters/\"]').length") == 1
