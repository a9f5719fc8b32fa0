"""The biller's desk in real browsers: a visit's encounter through sheet, hold, question, correction and release."""

from __future__ import annotations

import time
from typing import Final

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.pair

INTAKE: Final = "Intake appointment, 60 minutes"  # untimed: a visit of a minute earns its code
COUNTED_S: Final = 45  # the seconds before the first picture are then well below a tenth
NARROW: Final = "() => document.documentElement.scrollWidth <= innerWidth"
PLAN: Final = {
    "Payer As rules name it, where one does": "Example Commercial",
    "Plan's state Two letters": "MN",
    "First day": "2026-01-01",
}
CHOICES: Final = {
    "Kind of plan": "Commercial",
    "Who pays for the plan A self-funded plan is outside state law": "Insured by the plan",
    "Does this plan pay first?": "Yes",
    "Practice's network": "In network",
    "Credentialed": "Wherever the practice may treat",
}
CALL: Final = {
    "Who answered The representative's name": "Pat Lind",
    "Call reference number Ask for it before you hang up": "REF-2210",
}
SAID: Final = {"Is the plan active?": "Yes", "Authorisation": "Not required"}
QUESTION: Final = "Which diagnosis did you treat?"


@pytest.mark.timeout(400)
async def test_an_encounter_from_the_sheet_to_the_release(antechamber: Antechamber, meet: Meet) -> None:
    """Held without plan and diagnosis; the biller files the plan and asks, the clinician corrects, the biller releases.

    By keyboard along the list, and without scrolling sideways at 390 px.
    """
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await hold_a_visit(antechamber, clinician, client)
    biller = await meet("biller")
    assert isinstance(biller, Chromium)
    await steps.sign_in(biller, antechamber.demo["biller"])
    await open_by_keyboard(biller, "Riley Example")
    await biller.sees("No coverage is on file.")
    await fits_a_narrow_window(biller, antechamber)
    await file_a_plan(biller)
    await biller.sees("There is no diagnosis for this visit yet.", timeout=40)
    await biller.sees("The plan changed: before and after")
    await biller.fill(await label_of(biller, "#question"), QUESTION)
    await biller.click("Ask clinician")
    await biller.sees("Waiting for Ana Rivera since")
    await answer(clinician, antechamber)
    await until_coded(biller, "Ready to release: 90791 95")
    await biller.sees("Answered by Ana Rivera")
    await biller.sees("Sheet, diagnoses: F41.1")
    await release(biller)


async def hold_a_visit(server: Antechamber, clinician: Person, client: Person) -> None:
    """A visit of somebody of whom no plan is on file; its sheet and note are signed without a diagnosis."""
    link = await steps.book(clinician, service=INTAKE)
    await clinician.open(f"{server.origin}/desk")
    await steps.into_waiting(client, link)
    await steps.admit(clinician, client)
    for person in (clinician, client):
        await person.sees("Audio and video", timeout=30)
    end = time.monotonic() + COUNTED_S + 40
    while await steps.counted(clinician) < COUNTED_S:
        assert time.monotonic() < end, await clinician.text()
        later = await clinician.evaluate("() => performance.now() + 2000")
        await clinician.until("(later) => performance.now() > later", later)
    await steps.end(clinician)
    await steps.sign_sheet(clinician, "Worry at work")


async def open_by_keyboard(biller: Chromium, name: str) -> None:
    """Wait for the encounter, then j to it and Enter; back on the list the same row has the focus; x selects it."""
    end = time.monotonic() + 30
    while name not in await biller.text():
        assert time.monotonic() < end, await biller.text()
        await biller.open(await biller.address())
    await biller.until("() => document.readyState === 'complete'")  # its keys come with its script
    await biller.page.keyboard.press("j")
    focused = await biller.until("() => document.activeElement?.matches('a.verdict-link') && document.activeElement.id")
    await biller.page.keyboard.press("x")
    await biller.sees("1 selected.")
    await biller.page.keyboard.press("x")
    await biller.sees("Nothing selected.")
    await biller.page.keyboard.press("Enter")
    await biller.until("() => location.pathname.startsWith('/billing/encounters/')")
    await biller.page.go_back()
    await biller.until("(id) => document.activeElement?.id === id", focused)
    await biller.page.keyboard.press("Enter")
    await biller.until("() => location.pathname.startsWith('/billing/encounters/')")


async def fits_a_narrow_window(biller: Chromium, server: Antechamber) -> None:
    """Neither the lists nor the encounter nor the forms scroll sideways at 390 px."""
    here = await biller.address()
    await biller.page.set_viewport_size({"width": 390, "height": 844})
    billing = f"{server.origin}/billing"
    lists = [f"{billing}/{one}" for one in ("?show=all&from=2026-01-01", "upcoming", "fees", "payers", "rules")]
    for address in (here, f"{here}/coverage", *lists):
        await biller.open(address)
        assert await biller.evaluate(NARROW), address
    await biller.page.set_viewport_size({"width": 1280, "height": 800})
    await biller.open(here)


async def file_a_plan(biller: Person) -> None:
    """A field that cannot be read first: named, nothing lost; then the plan, which counts once the payer was asked."""
    here = await biller.address()
    await biller.click("Change coverage", role="link")
    await biller.sees("What you leave empty stays unknown")
    for label, text in PLAN.items():
        await biller.fill(label, text)
    for label, option in CHOICES.items():
        await biller.choose(label, option)
    await biller.fill("Plan's state Two letters", "M1")
    await biller.click("Save and code again")
    await biller.sees("Write a state with two letters, such as MN.")
    assert await biller.evaluate("() => document.activeElement?.id") == "plan-state"
    assert await biller.evaluate("() => document.querySelector('#payer').value") == "Example Commercial"
    await biller.fill("Plan's state Two letters", "MN")
    await biller.click("Save and code again")
    await biller.sees("There is no diagnosis for this visit yet.", timeout=40)
    await biller.sees("The plan changed: before and after")
    await biller.click("Open the client's coverages", role="link")
    await biller.click("1. Example Commercial", role="link")
    for label, text in CALL.items():
        await biller.fill(label, text)
    for label, option in SAID.items():
        await biller.choose(label, option)
    await biller.click("Keep this verification")
    await biller.sees("Verifications so far")
    await biller.sees("ref. REF-2210")
    await biller.open(here)


async def answer(clinician: Person, server: Antechamber) -> None:
    """The question is on the clinician's list; they correct the sheet and say so."""
    await clinician.open(f"{server.origin}/statements")
    await clinician.sees(QUESTION)
    await clinician.click("Answer")
    await clinician.fill("Your answer Billing reads it. It is kept with the encounter.", "Generalised anxiety.")
    await clinician.click("Correct the sheet", role="checkbox")
    await clinician.fill("Diagnoses for billing ICD-10-CM codes, such as F41.1. They go to billing only.", "F41.1")
    await clinician.click("Send answer")
    await clinician.sees("Billing has it now.")


async def until_coded(biller: Person, verdict: str) -> None:
    """The visit is coded again by itself; the page is opened anew until it says so."""
    end = time.monotonic() + 40
    while verdict not in await biller.text():
        assert time.monotonic() < end, await biller.text()
        await biller.reload()


async def release(biller: Person) -> None:
    """Not before the note was looked at; then under the biller's name."""
    await biller.click("Release")
    await biller.sees("Look at the visit's note first")
    await biller.click("I have seen that the visit's note is signed.", role="checkbox")
    await biller.click("Release")
    await biller.sees("Released by Robin Hale")


async def label_of(person: Person, selector: str) -> str:
    """The words of a field's label, as a reader says them."""
    words = await person.evaluate("(selector) => document.querySelector(selector).labels[0].innerText", selector)
    return " ".join(str(words).split())
