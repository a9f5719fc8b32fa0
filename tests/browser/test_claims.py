"""Claims and money in a real browser: to paid, denied and appealed, to the next payer, taken back, and paid oneself."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from billing_hooks import demo
from billing_hooks.replies import made_835
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import Desk
from tests.billing_hooks.papers import pdf_eyes
from tests.browser import claim_steps, steps
from tests.browser.conftest import Meet
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.pair

WHY: Final = "The visit was by video, as the plan's amendment 4 asks."


@pytest.mark.timeout(200)
async def test_claims_go_out_and_come_back(antechamber: Antechamber, meet: Meet) -> None:
    """Four released visits: one is paid, one denied, appealed and sent anew, one goes on from Medicare to the next
    payer, one is paid and then taken back. No cent is lost on the way."""
    clinician = await meet("clinician")
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await steps.book_beside(clinician, steps.newcomer("Casey Example"))
    await clinician.close()
    biller = await at_the_desk(antechamber, meet)
    async with claim_steps.desk_of(antechamber) as desk:
        casey = await claim_steps.client_named(biller, antechamber, "Casey Example")
        await claim_steps.with_medicare(desk, casey)
        encounters = [await claim_steps.held(desk, number) for number in (1, 2, 3)]
        encounters.append(await claim_steps.held(desk, 4, casey))
        await claim_steps.release_clean(biller, antechamber, 4)
        batch = await claim_steps.send(biller, antechamber, 4)
        await answered(biller, antechamber, desk, batch, encounters)
        paid, denied, taken, medicare = await claim_steps.values(desk, encounters)
        good, no, lost = kit.paid(paid), kit.denied(denied), kit.paid(taken)
        first = desk.payment([(good, paid), (no, denied), (lost, taken)])
        await claim_steps.give(biller, antechamber, first, "3 decisions posted")
        theirs = desk.payment([(kit.paid(medicare), medicare)], payer=claim_steps.MEDICARE)
        await claim_steps.give(biller, antechamber, theirs, "1 decision posted")
        await shows(biller, antechamber, encounters[0], "Paid", "Open with payers $0.00")
        await appealed_and_sent_anew(biller, antechamber, encounters[1])
        await shows(biller, antechamber, encounters[3], "Paid")
        await biller.click("Ask the next payer")
        await biller.sees("Second payer")
        await claim_steps.send(biller, antechamber, 2)
        again, next_payer = await claim_steps.values(desk, [encounters[1], encounters[3]])
        assert (again.frequency.value, next_payer.rank.value) == ("7", "S")
        back = [(made_835.reversed_(no), denied), (made_835.reversed_(lost), taken)]
        last = desk.payment([*back, (kit.paid(again), again), (kit.second(next_payer), next_payer)])
        await claim_steps.give(biller, antechamber, last, "4 decisions posted")
        await shows(biller, antechamber, encounters[1], "Paid", "Denied, then sent anew", "Open with payers $0.00")
        await shows(biller, antechamber, encounters[2], "The payer took its decision back", "Paid by payers $0.00")
        await shows(biller, antechamber, encounters[3], "Second payer", "Open with payers $0.00")
        for each in encounters:
            come = (await desk.store.account(desk.visits.practice, each)).balance
            assert come.charges + come.transferred == come.payments + come.adjustments + come.share + come.open


@pytest.mark.timeout(150)
async def test_a_client_pays_for_themselves(antechamber: Antechamber, meet: Meet) -> None:
    """The estimate, which they were given before the visit; the charge; what they paid; the superbill over it."""
    clinician = await meet("clinician")
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await steps.book_beside(clinician, steps.newcomer("Morgan Example"))
    await clinician.close()
    biller = await at_the_desk(antechamber, meet)
    async with claim_steps.desk_of(antechamber) as desk:
        client = await claim_steps.client_named(biller, antechamber, "Morgan Example")
        await claim_steps.recorded(desk, client, replace(demo.RECORD, given="Morgan", family="Example"))
        await claim_steps.pays_themselves(biller)
        visit = await claim_steps.estimated(biller, antechamber)
        encounter = await claim_steps.held(desk, 1, client, visit)
    await biller.open(f"{antechamber.origin}/billing/encounters/{encounter}")
    await biller.click("I have seen that the visit's note is signed.", role="checkbox")
    await biller.click("Release")
    await biller.sees("Released by Robin Hale")
    claims = f"{antechamber.origin}/billing/encounters/{encounter}/claims"
    await claim_steps.until_there(biller, claims, "The client owes $175.00")
    await biller.sees("no payer is asked")
    await biller.fill("Amount In dollars, 25.00", "1O0")
    await biller.click("Enter as Robin Hale")
    await biller.sees("Write an amount in dollars and cents")
    await biller.fill("Amount In dollars, 25.00", "175.00")
    await biller.click("Enter as Robin Hale")
    await biller.sees("Paid by the client $175.00")
    superbill = pdf_eyes.text(await claim_steps.paper(biller, "Superbill (PDF)"))
    for words in ("Morgan Example", "90834", "Paid in full by the client", "F41.1"):
        assert words in superbill, superbill


async def at_the_desk(server: Antechamber, meet: Meet) -> Chromium:
    """The biller, signed in."""
    biller = await meet("biller")
    assert isinstance(biller, Chromium)
    await steps.sign_in(biller, server.demo["biller"])
    return biller


async def answered(biller: Chromium, server: Antechamber, desk: Desk, address: str, encounters: list[str]) -> None:
    """The clearing house could read the batch (999), and the payers took its claims in (277CA)."""
    batch = await desk.store.batch(desk.visits.practice, address.rpartition("/")[2])
    await claim_steps.give(biller, server, desk.read_999(batch), "4 claims moved on")
    await biller.open(address)
    await biller.sees("They could read it")
    found = [(each.id, "A2:20") for each in await claim_steps.values(desk, encounters)]
    await claim_steps.give(biller, server, desk.read_277(found), "4 claims moved on")


async def shows(biller: Chromium, server: Antechamber, encounter: str, *words: str) -> None:
    """What the page of a visit's claims says."""
    await biller.open(f"{server.origin}/billing/encounters/{encounter}/claims")
    for each in words:
        await biller.sees(each)


async def appealed_and_sent_anew(biller: Chromium, server: Antechamber, encounter: str) -> None:
    """A denial: what it says in our words, a form that is not lost, the letter, the replacement."""
    await shows(biller, server, encounter, "Denied", "Left to appeal")
    await biller.page.locator("summary", has_text="Appeal").click()
    await biller.click("Appeal as Robin Hale")
    await biller.sees("Say why the decision is wrong")
    await biller.fill("Why the decision is wrong", WHY)
    await biller.fill("Call reference If somebody there said so", "REF-77")
    letter = pdf_eyes.text(await claim_steps.paper(biller, "Appeal as Robin Hale"))
    for words in (WHY, "REF-77", "$175.00"):
        assert words in letter, letter
    await biller.click("Claims of the visit", role="link")
    await biller.sees(WHY)
    await biller.click("Replace it (7)")
    await biller.sees("Ready to send")
