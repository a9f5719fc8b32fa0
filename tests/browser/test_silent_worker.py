"""A page whose encryption worker is never heard of: it says so, and is well again once it is loaded anew."""

from __future__ import annotations

from typing import Final

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.running import Antechamber

# The first document of this tab hears nothing of any worker.
DEAF: Final = """() => {
  if (sessionStorage.getItem("deaf")) return;
  sessionStorage.setItem("deaf", "once");
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (kind, ...more) {
    if (!(this instanceof Worker) || kind !== "message") listen.call(this, kind, ...more);
  };
}"""


@pytest.mark.timeout(120)
async def test_a_page_that_cannot_encrypt_asks_to_be_loaded_again(antechamber: Antechamber, meet: Meet) -> None:
    """Nothing is sent without the worker; one press on the banner brings the visit about."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await client.begin_pages_with(DEAF)
    await steps.together(antechamber, clinician, client)
    await client.sees("A part of this page did not start", timeout=20)
    assert (await client.counters())["peers"] == []
    await client.click("Load the page again")
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=40)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE)
    assert "did not start" not in await client.text()
