"""The pages of claims and money as the biller sees them, each with something on it: out, back, denied, taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from billing_hooks import demo
from billing_hooks.replies import made_835
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import Desk
from tests.browser import claim_steps, steps
from tests.browser.album import Album
from tests.browser.coding_pictures import bring
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import Meet
from tests.browser.harness.running import Antechamber

UNFOLD: Final = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


async def claims(server: Antechamber, meet: Meet, album: Album, _: Path) -> None:
    """Send a batch, take answers and payments in, and open every page around them."""
    clinician = await bring(meet, "clinician", Colour.BLUE)
    await steps.sign_in(clinician, server.demo["clinician"])
    for name in ("Casey Example", "Morgan Example"):
        await steps.book_beside(clinician, steps.newcomer(name))
    await clinician.close()
    biller = await bring(meet, "biller", Colour.BLUE)
    await steps.sign_in(biller, server.demo["biller"])
    async with claim_steps.desk_of(server) as desk:
        for page in ("claims", "batches", "replies", "unmatched", "measures"):
            await biller.open(f"{server.origin}/billing/{page}")
            await album.take(biller, f"billing-{page}-empty")
        await practice(server, biller, album)
        encounters = await out(server, biller, desk, album)
        await back(server, biller, desk, album, encounters)
        await paid_themselves(server, biller, desk, album)


async def practice(server: Antechamber, biller: Chromium, album: Album) -> None:
    """Who bills, and what is wrong with a number."""
    await biller.open(f"{server.origin}/billing/practice")
    await album.take(biller, "billing-practice")
    await biller.page.locator("#f-npi").fill("199000010")
    await biller.page.locator("#f-zip").fill("55401")
    await biller.click("Save")
    await biller.until("() => document.querySelectorAll('[aria-invalid]').length === 2")
    await album.take(biller, "billing-practice-wrong")


async def out(server: Antechamber, biller: Chromium, desk: Desk, album: Album) -> list[str]:
    """Released visits become claims, one lacks something; a batch is made and sent."""
    casey = await claim_steps.client_named(biller, server, "Casey Example")
    await claim_steps.with_medicare(desk, casey)
    await claim_steps.recorded(desk, casey, replace(demo.RECORD, given="", family="Example", sex=""))
    encounters = [await claim_steps.held(desk, number) for number in (1, 2, 3)]
    encounters.append(await claim_steps.held(desk, 4, casey))
    await claim_steps.release_clean(biller, server, 4)
    await claim_steps.until_there(biller, f"{server.origin}/billing/claims", "not a claim yet (1)")
    await biller.evaluate(UNFOLD)
    await album.take(biller, "billing-claims-ready")
    await biller.open(f"{server.origin}/billing/encounters/{encounters[3]}/claims")
    await album.take(biller, "billing-encounter-claims-lacking")
    record = replace(demo.RECORD, given="Casey", family="Example", authorizations=())
    await claim_steps.recorded(desk, casey, record)
    await claim_steps.until_there(biller, f"{server.origin}/billing/claims", "4 claims are ready")
    await biller.click("Make the batch")
    await biller.until("() => location.pathname.startsWith('/billing/batches/bat_')", timeout=30)
    await biller.click("Send as Robin Hale")
    await biller.sees("Say that you have looked")
    await album.take(biller, "billing-batch-made")
    await biller.click("I have looked over this batch.", role="checkbox")
    await biller.click("Send as Robin Hale")
    await biller.sees("Sent by Robin Hale", timeout=30)
    return encounters


async def back(server: Antechamber, biller: Chromium, desk: Desk, album: Album, encounters: list[str]) -> None:
    """Acknowledgments, payments, a broken file, a decision that nobody can place, a denial, money taken back."""
    address = await biller.address()
    batch = await desk.store.batch(desk.visits.practice, address.rpartition("/")[2])
    await claim_steps.give(biller, server, desk.read_999(batch), "claims moved on")
    await album.take(biller, "billing-reply-999")
    await biller.open(address)
    await album.take(biller, "billing-batch-read")
    found = await claim_steps.values(desk, encounters)
    answers = [(each.id, "A2:20") for each in found[:3]] + [(found[3].id, "A7:562")]
    await claim_steps.give(biller, server, desk.read_277(answers), "claims moved on")
    await album.take(biller, "billing-reply-277")
    await biller.open(f"{server.origin}/billing/encounters/{encounters[3]}/claims")
    await biller.evaluate(UNFOLD)
    await album.take(biller, "billing-encounter-claims-rejected")
    paid, denied, lost = ((kit.paid if number != 1 else kit.denied)(each) for number, each in enumerate(found[:3]))
    theirs = replace(kit.paid(found[0], 7), claim="THEIRS-77")
    pairs = [(paid, found[0]), (denied, found[1]), (lost, found[2]), (theirs, found[0])]
    raw = desk.payment(pairs, moves=[("WO", 700)])
    await claim_steps.give(biller, server, raw[: len(raw) // 2], "Nothing of this file was kept")
    await album.take(biller, "billing-reply-refused")
    await claim_steps.give(biller, server, raw, "3 decisions posted")
    await album.take(biller, "billing-reply-835")
    await claim_steps.give(biller, server, desk.payment([(made_835.reversed_(lost), found[2])]), "1 decision posted")
    for page in ("claims?show=all", "claims?show=denied", "batches", "replies", "unmatched"):
        await biller.open(f"{server.origin}/billing/{page}")
        await album.take(biller, f"billing-{page.replace('?show=', '-')}")
    for name, encounter in zip(("paid", "denied", "taken-back"), encounters, strict=False):
        await biller.open(f"{server.origin}/billing/encounters/{encounter}/claims")
        await biller.evaluate(UNFOLD)
        await album.take(biller, f"billing-encounter-claims-{name}")
    await biller.open(f"{server.origin}/billing/encounters/{encounters[0]}")
    await album.take(biller, "billing-encounter-paid")
    await biller.open(f"{server.origin}/billing/measures")
    await biller.click("Count again")
    await biller.until("() => document.querySelector('svg.measure') !== null", timeout=30)
    await album.take(biller, "billing-measures")


async def paid_themselves(server: Antechamber, biller: Chromium, desk: Desk, album: Album) -> None:
    """A client who pays: their estimate, the charge, the paper."""
    client = await claim_steps.client_named(biller, server, "Morgan Example")
    await claim_steps.recorded(desk, client, replace(demo.RECORD, given="Morgan", family="Example"))
    await claim_steps.pays_themselves(biller)
    await biller.open(f"{server.origin}/billing/upcoming")
    await album.take(biller, "billing-upcoming-estimate")
    visit = await claim_steps.estimated(biller, server)
    await album.take(biller, "billing-estimate")
    encounter = await claim_steps.held(desk, 9, client, visit)
    await biller.open(f"{server.origin}/billing/encounters/{encounter}")
    await biller.click("I have seen that the visit's note is signed.", role="checkbox")
    await biller.click("Release")
    await biller.sees("Released by Robin Hale")
    claims_of = f"{server.origin}/billing/encounters/{encounter}/claims"
    await claim_steps.until_there(biller, claims_of, "The client owes $175.00")
    await album.take(biller, "billing-encounter-claims-self-pay")
    await biller.click("Superbill (PDF)")
    await biller.sees("The paper is made", timeout=30)
    await album.take(biller, "billing-paper")
