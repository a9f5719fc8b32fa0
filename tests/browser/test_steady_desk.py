"""The desk holds still under a finger: whatever happens between press and release, the press counts."""

from __future__ import annotations

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.running import Antechamber

# A finger may rest on a button for longer than it takes sound to begin, which hides the button that asks for it.
SOUND_BEGAN = "() => document.querySelector('#sound').hidden"
# How far `Admit` moves when the banner goes, in px.
MOVED_BY_BANNER = """() => {
  const admit = document.querySelector('.waiting-card .button.primary');
  const before = admit.getBoundingClientRect().top;
  document.querySelector('.banner.arrival').remove();
  return admit.getBoundingClientRect().top - before;
}"""


@pytest.mark.timeout(120)
async def test_a_slow_press_on_admit_counts_while_sound_begins(antechamber: Antechamber, meet: Meet) -> None:
    """On a phone: the banner of an arrival moves nothing, and neither does the sound that the press itself allows."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    assert isinstance(clinician, Chromium)
    page = clinician.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await steps.into_demo_visit(clinician, client, antechamber)
    await clinician.sees("is in your waiting room.")
    assert await clinician.evaluate(MOVED_BY_BANNER) == 0
    admit = clinician.control("button", "Admit")
    await admit.scroll_into_view_if_needed()
    box = await admit.bounding_box()
    assert box is not None
    assert not await clinician.evaluate(SOUND_BEGAN)
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    await clinician.until(SOUND_BEGAN)
    await page.mouse.up()
    await clinician.until("() => location.pathname.startsWith('/visits/')")
