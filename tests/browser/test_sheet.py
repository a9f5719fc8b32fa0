"""The sheet and note of a visit that was held, in a real browser: written, kept over a reload, signed, amended."""

from __future__ import annotations

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

SAVED = "() => document.querySelector('.sign-bar [role=status]')?.innerText.startsWith('Saved')"
KEPT = "() => document.querySelector('#section-focus')?.value === 'Worry at work'"


@pytest.mark.timeout(300)
async def test_a_sheet_is_kept_signed_and_amended(antechamber: Antechamber, meet: Meet) -> None:
    """From the end of the visit to two signed versions on one page; billing has the minutes and the diagnosis."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    link = await steps.book(clinician)
    await clinician.open(f"{antechamber.origin}/desk")
    await steps.into_waiting(client, link)
    await steps.admit(clinician, client)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    visit = await steps.visit_of(clinician)
    await steps.end(clinician)
    await clinician.click("Write the sheet and note", role="link")
    await clinician.until("() => Boolean(document.querySelector('#minutes')?.value)", timeout=30)
    await clinician.click("I saw and heard the client in this visit.", role="checkbox")
    await diagnose(clinician)
    await clinician.evaluate(steps.WRITE, "Worry at work")
    await clinician.until(SAVED)
    await clinician.reload()
    await clinician.until(KEPT)
    await clinician.click("Sign")
    await clinician.sees("Signed by Ana Rivera, LICSW")
    await clinician.click("Amend")
    await clinician.until(KEPT)
    await clinician.evaluate(steps.WRITE, "Worry at work and at home")
    await clinician.fill("Why I amend it The original stays and both are shown.", "I left out half")
    await clinician.click("Sign")
    await clinician.sees("Amendment 1")
    await clinician.sees("Worry at work and at home")
    assert f"/visits/{visit}/sheet" in await clinician.address()


async def diagnose(clinician: Person) -> None:
    """Find a diagnosis by words and take the first with the keyboard's way."""
    await clinician.evaluate(
        """() => {
          const field = document.querySelector("#diagnoses");
          field.focus();
          field.value = "generalized anxiety";
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    await clinician.until("() => document.querySelectorAll('#diagnosis-options li').length > 0")
    await clinician.evaluate(
        """() => document.querySelector("#diagnoses").dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }))"""
    )
    await clinician.sees("F41.1")
