"""An old phone's camera takes its time: the connection is made once, and the camera joins it."""

from __future__ import annotations

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.alone

# Longer than the page waits for its camera before it answers, and than it waits for an offer before it asks for one.
SLOW = """() => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    await new Promise((done) => setTimeout(done, 4000));
    return open(wanted);
  };
}"""


@pytest.mark.parametrize("browser", [pytest.param("chromium", marks=pytest.mark.long), "firefox"])
async def test_a_slow_camera_costs_one_connection(antechamber: Antechamber, meet: Meet, browser: str) -> None:
    """The client reloads: both see each other again, and the page made one peer connection on the way."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, browser=browser)
    await steps.together(antechamber, clinician, client)
    await clinician.sees("Audio and video")
    await client.begin_pages_with(SLOW)
    await client.reload()
    await clinician.sees("Audio and video", timeout=30)
    for button in ("Mute", "Unmute"):  # Firefox lets a page just loaded make the test's own sound only after a tap
        await client.click(button)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=30)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE, timeout=30)
    assert await client.evaluate("() => window.__peers.length") == 1
