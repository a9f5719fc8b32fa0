"""A whole visit in real browsers: from the sign-in and the link to the coded encounter and the proven event."""

from __future__ import annotations

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.running import Antechamber


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_a_visit_from_the_link_to_the_encounter(antechamber: Antechamber, meet: Meet, browser: str) -> None:
    """Each sees and hears the other through the server, and what flowed is counted, coded and proven."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, browser)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    link = await steps.book(clinician)
    await clinician.open(f"{antechamber.origin}/desk")
    await steps.into_waiting(client, link)
    await steps.admit(clinician, client)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE)
