"""At the desk before admission: the check's line, its ways out, what the client reads, and the recorded override."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing_hooks import demo
from billing_hooks.store import Store
from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

AGAIN = 60  # seconds within which a desk shows what a biller changed
KNOWS = "Your clinician knows where you are and will tell you what happens next"


@pytest.fixture
async def store(antechamber: Antechamber) -> AsyncIterator[Store]:
    """Billing's store of the running server, as a biller's page changes it."""
    made = steps.billing_of(antechamber)
    yield made
    await made.close()


async def line(clinician: Person, words: str) -> None:
    """The desk's card says this before anybody is let in."""
    found = "(words) => [...document.querySelectorAll('.check-line')].some((one) => one.textContent.includes(words))"
    await clinician.until(found, words, timeout=AGAIN)
    assert await clinician.has("Admit")


@pytest.mark.timeout(500)
async def test_the_desk_says_what_stands_against_a_visit_and_the_client_what_they_will_owe(
    antechamber: Antechamber, meet: Meet, store: Store
) -> None:
    """Share shown to the client and kept; covered; plan inactive; place not allowed; kind of licence not listed."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    practice, who = await steps.practice_and_client(store)
    await clinician.open(f"{antechamber.origin}/desk")
    await steps.open_link(client, antechamber.demo["client"]["url"])
    await steps.consent(client, "Jordan Doe")
    await client.until("() => location.pathname === '/j/location'")
    await client.click("Yes")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0134")
    await client.click("Continue")
    await client.sees("For this visit we expect you to pay $20.")
    await steps.check_devices(client)
    await line(clinician, "Covered: home allowed, LICSW allowed, share $20")
    at = datetime.now(UTC)
    await store.save_coverage(practice, who, replace(demo.COVERAGE, active=False), "stf_test", at)
    await line(clinician, "Not settled: the client's plan is not active")
    # The law of Minnesota frees the place for insured plans, not for those that an employer funds.
    await store.save_coverage(practice, who, replace(demo.COVERAGE, funding="self_funded"), "stf_test", at)
    await store.save_rule(practice, {**demo.RULE, "originating_sites": ["clinic"]}, "stf_test", at)
    await line(clinician, "Not covered: Example Commercial does not cover a client at home")
    await store.save_rule(practice, {**demo.RULE, "licences_allow": ["psychologist"]}, "stf_test", at)
    await line(clinician, "Not covered: Example Commercial does not list LICSW for this service")
    await clinician.click("Check and ways out")
    await clinician.sees("What was checked")
    await clinician.sees("demo-commercial v")
    await clinician.click("Close")
    visit = await clinician.evaluate("() => document.querySelector('.waiting-card h3').id.slice(5)")
    shown = await store.last_shown(practice, str(visit))
    assert shown is not None
    assert shown.text.startswith("For this visit we expect you to pay $20.")


async def from_texas(clinician: Person, client: Person, origin: str, name: str) -> None:
    """A new client, booked beside whoever else waits, who checks in where nobody holds a licence."""
    link = await steps.book_beside(clinician, steps.newcomer(name))
    await clinician.open(f"{origin}/desk")
    await steps.open_link(client, link)
    await steps.consent(client, name)
    await steps.say_where(client, "Texas")
    await steps.check_devices(client)
    await client.sees(KNOWS)


CARD = """(name) => [...document.querySelectorAll(".waiting-card")].find((card) =>
  card.querySelector("h3").textContent === name && card.querySelector("[data-standing=unlicensed]"))"""


async def opened(clinician: Person, name: str, way: str) -> None:
    """The check of that client's card, with one of its ways out unfolded as the keyboard does it."""
    await clinician.until(f"(name) => Boolean(({CARD})(name))", name, timeout=AGAIN)
    await clinician.evaluate(
        f"(name) => [...({CARD})(name).querySelectorAll('button')]"
        ".find((one) => one.textContent === 'Check and ways out').click()",
        name,
    )
    await clinician.until("() => document.querySelector('dialog[open] details[data-exit]') !== null")
    await clinician.evaluate(
        "(way) => { const name = document.querySelector(`dialog[open] details[data-exit=${way}] > summary`);"
        " name.focus(); name.click(); if (document.activeElement !== name) throw new Error('no focus'); }",
        way,
    )


@pytest.mark.timeout(500)
async def test_an_unlicensed_state_has_four_ways_out_and_the_client_reads_one_sentence(
    antechamber: Antechamber, meet: Meet, store: Store
) -> None:
    """Ask the place again, a recorded exception, referral, another time; each is on record with who and when."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await from_texas(clinician, client, antechamber.origin, "Riley Example")
    assert "will let you in soon" not in await client.text()
    await opened(clinician, "Riley Example", "ask_place")
    exits = await clinician.evaluate(
        "() => [...document.querySelectorAll('dialog[open] details[data-exit]')].map((one) => one.dataset.exit)"
    )
    assert exits == ["ask_place", "exception", "refer", "reschedule"]
    await clinician.click("Ask now")
    await client.click("Say where you are")
    await steps.say_where(client)
    await client.sees("will let you in soon")
    await clinician.until(
        "() => document.querySelector('.check-line')?.dataset.standing !== 'unlicensed'", timeout=AGAIN
    )

    other = await meet("other", Colour.ORANGE)
    await from_texas(clinician, other, antechamber.origin, "Robin Sample")
    await opened(clinician, "Robin Sample", "refer")
    await clinician.click("Lee Ray, LCSW (demo) · (512) 555-0147 · adults, evenings", role="radio")
    await clinician.click("Refer and let this visit go")
    await other.sees(KNOWS)
    await other.until("() => location.pathname === '/j/over'")

    third = await meet("third", Colour.ORANGE)
    await from_texas(clinician, third, antechamber.origin, "Jamie Third")
    await opened(clinician, "Jamie Third", "reschedule")
    await clinician.fill("New day and time On the practice's clock", later())
    await clinician.click("Book that time and let this visit go")
    await clinician.sees("Booked. Send the client their new link")
    await clinician.click("Done")
    await third.until("() => location.pathname === '/j/over'")

    fourth = await meet("fourth", Colour.ORANGE)
    await from_texas(clinician, fourth, antechamber.origin, "Sasha Fourth")
    await opened(clinician, "Sasha Fourth", "exception")
    await clinician.click("That state's law makes an exception", role="radio")
    await clinician.fill("The law you rely on Such as Wis. Stat. 440.17", "Tex. Occ. Code 505.004")
    await clinician.fill("Last day on which it holds", (datetime.now(UTC) + timedelta(days=30)).date().isoformat())
    await clinician.click("Record it and admit")
    await fourth.until("() => location.pathname === '/j/visit'", timeout=30)
    kept = await recorded(store, "admitted")  # an admission waits for no database: it is kept a moment later
    assert {each.kind for each in kept} >= {"ask_place", "refer", "reschedule", "exception", "admitted"}
    law = next(each for each in kept if each.kind == "exception")
    assert (law.said["law"], law.state) == ("Tex. Occ. Code 505.004", "TX")
    assert law.expires is not None and law.by.startswith("stf_")


def later() -> str:
    """The day after tomorrow, in the form of its field."""
    return (datetime.now(UTC) + timedelta(days=2)).replace(hour=11, minute=0).strftime("%Y-%m-%dT%H:%M")


async def recorded(store: Store, kind: str) -> list[Any]:
    """Everything on record, once there is something of this kind."""
    practice, _ = await steps.practice_and_client(store)
    kinds = ("ask_place", "refer", "reschedule", "exception", "admitted", "crisis_reason")
    for _ in range(100):
        found = list(await store.acts_of_kind(practice, *kinds))
        if any(each.kind == kind for each in found):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing of the kind {kind} is on record: {found}")


@pytest.mark.timeout(300)
async def test_a_crisis_admits_in_one_press_and_its_reason_stays_due_until_it_is_given(
    antechamber: Antechamber, meet: Meet, store: Store
) -> None:
    """The list on the desk holds it over a reload; given, it is gone and on record."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await from_texas(clinician, client, antechamber.origin, "Riley Example")
    await clinician.click("Crisis: let them in now")
    await client.until("() => location.pathname === '/j/visit'", timeout=30)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await steps.end(clinician)
    await clinician.open(f"{antechamber.origin}/desk")
    await clinician.sees("Reasons still to give")
    await clinician.reload()
    await clinician.click("Give the reason")
    await clinician.click("An interstate compact covers it", role="radio")
    await clinician.click("Record the reason")
    await clinician.until("() => document.querySelector('#overrides').hidden")
    assert await recorded(store, "crisis_reason")
