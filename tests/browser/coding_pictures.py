"""The pages around coding as their people see them: a visit's check and its ways out, its sheet, questions, papers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from billing_hooks import demo
from tests.browser import steps
from tests.browser.album import Album
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import Meet
from tests.browser.harness.running import Antechamber

CARD: Final = "[data-standing=unlicensed]"
FOCUS: Final = "Worry about work that keeps Jordan awake. We looked at what happened before Tuesday's meeting."
QUESTION: Final = "The note names panic attacks. Did you treat F41.1 alone, or F41.0 as well?"
PLAN: Final = {
    "needs": "Worry keeps you from sleeping. You have a sister nearby, and you want to work again.",
    "goal": "I sleep six hours a night",
    "goal-measure": "Your sleep diary",
    "goal-steps": "Worry time, stimulus control",
    "frequency": "Every week, 50 minutes, by video, until the spring",
}
TABLE: Final = """client_id,first_name,last_name,birth_date,payer,kind,plan_state,member
A-1,Sam,Sample,1988-04-02,Example Commercial,commercial,MN,EXC1
A-2,Pat,Sample,1990-31-12,Example Commercial,commercial,Minnesota,EXC2
"""


async def coding(server: Antechamber, meet: Meet, album: Album, folder: Path) -> None:
    """Hold a crisis, a covered visit and one that its client pays, and open every page around them."""
    people = {name: await bring(meet, name, Colour.BLUE) for name in ("clinician", "front desk", "biller")}
    clinician, biller = people["clinician"], people["biller"]
    await steps.sign_in(clinician, server.demo["clinician"])
    await steps.sign_in(biller, server.demo["biller"])
    await crisis(server, meet, clinician, album)
    await covered(server, meet, clinician, album)
    await sheet_and_note(clinician, album)
    await asked(server, clinician, biller, album)
    await cover(server, biller, album, folder)
    await given(server, biller, album)
    await rules(server, biller, album)
    await paying(server, meet, clinician, biller, album)


async def bring(meet: Meet, name: str, colour: Colour) -> Chromium:
    """Bring a person at Chromium: the pictures need its window and its theme."""
    person = await meet(name, colour)
    assert isinstance(person, Chromium)
    return person


async def crisis(server: Antechamber, meet: Meet, clinician: Chromium, album: Album) -> None:
    """A client in a state without a licence: the card, its ways out, what the client reads, the reason given later."""
    client = await bring(meet, "client", Colour.ORANGE)
    link = await steps.book_beside(clinician, steps.newcomer("Riley Example"))
    await clinician.open(f"{server.origin}/desk")
    await steps.open_link(client, link)
    await steps.consent(client)
    await steps.say_where(client, "Texas")
    await steps.check_devices(client)
    await client.sees("Your clinician knows where you are")
    await album.take(client, "client-6-waiting-unlicensed")
    await clinician.until(f"() => document.querySelector('{CARD}') !== null", timeout=60)
    await album.take(clinician, "desk-unlicensed")
    await clinician.click("Check and ways out")
    await clinician.until("() => document.querySelector('dialog[open] details[data-exit]') !== null")
    await album.take(clinician, "desk-ways-out")
    for way in ("exception", "refer", "reschedule"):
        name = clinician.page.locator(f"dialog[open] details[data-exit={way}] > summary")
        await name.click()
        await album.take(clinician, f"desk-way-{way}")
        await name.click()
    await clinician.click("This is a crisis: let them in now")
    await client.until("() => location.pathname === '/j/visit'", timeout=30)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await steps.end(clinician)
    await album.take(clinician, "visit-over-crisis")
    await client.close()
    await clinician.open(f"{server.origin}/desk")
    await clinician.click("Give the reason")
    await album.take(clinician, "desk-reason-due")
    await clinician.click("An interstate compact covers it", role="radio")
    await clinician.click("Record the reason")
    await clinician.until("() => document.querySelector('#overrides').hidden")


async def covered(server: Antechamber, meet: Meet, clinician: Chromium, album: Album) -> None:
    """A client whose plan pays: their share before the visit, the check opened, the visit."""
    client = await bring(meet, "covered client", Colour.ORANGE)
    await steps.open_link(client, server.demo["client"]["url"])
    await steps.consent(client, "Jordan Doe")
    await client.until("() => location.pathname === '/j/location'")
    await client.click("Yes")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0134")
    await client.click("Continue")
    await client.sees("For this visit we expect you to pay $20.")
    await album.take(client, "client-5-devices-share")
    await steps.check_devices(client)
    await clinician.sees("Covered: home allowed, LICSW allowed, share $20", timeout=60)
    await album.take(clinician, "desk-covered")
    await clinician.click("What was checked")
    await clinician.sees("Credentialing:")
    await album.take(clinician, "desk-check")
    await clinician.click("Close")
    await steps.admit(clinician, client)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await clinician.page.wait_for_timeout(20_000)  # there is something to count
    await steps.end(clinician)
    await client.close()


async def sheet_and_note(clinician: Chromium, album: Album) -> None:
    """The sheet with everything unfolded, what it says of what is missing, as signed; the plan; the private notes."""
    await clinician.click("Write the sheet and note", role="link", timeout=30)
    await clinician.until("() => Boolean(document.querySelector('#minutes')?.value)", timeout=30)
    await album.take(clinician, "sheet-empty")
    await clinician.click("Sign")
    await clinician.sees("Write a few words before you sign.")
    await clinician.evaluate("() => document.querySelectorAll('.sheet-form details').forEach((one) => one.open = true)")
    await clinician.click("Add a reading")
    await clinician.page.locator("#diagnoses").press_sequentially("generalized anx")
    await clinician.until("() => document.querySelectorAll('#diagnosis-options li').length > 0")
    await album.take(clinician, "sheet-open")
    await clinician.page.keyboard.press("Enter")
    await clinician.click("I saw and heard the client in this visit.", role="checkbox")
    await clinician.evaluate(steps.WRITE, FOCUS)
    await clinician.click("Sign")
    await clinician.sees("Signed by Ana Rivera, LICSW")
    await clinician.page.locator("#private-title").click()
    await album.take(clinician, "sheet-signed")
    await clinician.click("Amend")
    await album.take(clinician, "sheet-amend")
    await clinician.click("Treatment plan", role="link")
    await clinician.click("Write a treatment plan")
    await clinician.evaluate(
        "(words) => document.querySelectorAll('#form textarea').forEach((one, at) => {"
        " one.value = words[at] ?? ''; one.dispatchEvent(new Event('input', { bubbles: true })); })",
        list(PLAN.values()),
    )
    await album.take(clinician, "plan-form")
    await clinician.click("Sign plan")
    await clinician.sees("Waits for the client")
    await album.take(clinician, "plan-signed")


async def asked(server: Antechamber, clinician: Chromium, biller: Chromium, album: Album) -> None:
    """The encounter of that visit, a question about it on the clinician's list, the answer's form, two codings."""
    await biller.open(f"{server.origin}/billing/?show=all")
    await biller.until("() => document.querySelector('.verdict-link') !== null")
    await biller.page.locator("tr", has_text="Jordan Doe").locator(".verdict-link").click()
    await biller.until("() => location.pathname.startsWith('/billing/encounters/')")
    await biller.page.locator("#question").fill(QUESTION)
    await biller.click("Ask clinician")
    await biller.sees("Waiting for Ana Rivera since")
    await album.take(biller, "billing-encounter-asked")
    await clinician.open(f"{server.origin}/statements")
    await clinician.sees(QUESTION)
    await album.take(clinician, "staff-statements-question")
    await clinician.click("Answer")
    await clinician.click("Correct the sheet", role="checkbox")
    await album.take(clinician, "staff-statements-answer")
    await clinician.click("Send answer")
    await clinician.sees("Billing has it now.")
    encounter = await biller.address()
    await biller.until("() => document.querySelector('a[href*=compare]') !== null || (location.reload(), false)")
    await album.take(biller, "billing-encounter-story")
    await biller.page.locator("a[href*=compare]").first.click()
    await biller.until("() => location.pathname.endsWith('/compare')")
    await album.take(biller, "billing-compare")
    await biller.open(f"{encounter}/coverage")
    await album.take(biller, "billing-change-coverage")


async def cover(server: Antechamber, biller: Chromium, album: Album, folder: Path) -> None:
    """Clients, their coverages, and an import with a broken row."""
    await biller.open(f"{server.origin}/billing/clients")
    await biller.page.get_by_role("link", name="Jordan Doe").click()
    await biller.until("() => document.querySelector('.coverage') !== null")
    client = await biller.address()
    await biller.evaluate("() => document.querySelectorAll('details').forEach((one) => one.open = true)")
    await album.take(biller, "client-all-forms")
    await biller.open(f"{client}/coverages/new")
    await album.take(biller, "client-coverage-new")
    table = folder / "clients.csv"
    table.write_text(TABLE, "utf-8")
    await biller.open(f"{server.origin}/imports")
    await biller.page.set_input_files("#import-file", table)
    await biller.click("Show what would happen")
    await biller.sees("To be corrected first", timeout=30)
    await album.take(biller, "imports-broken-row")
    await biller.click("Choose another file")
    await biller.until("() => document.querySelector('#result').hidden")
    table.write_text(TABLE.replace("1990-31-12", "1990-12-31").replace("Minnesota", "MN"), "utf-8")
    await biller.page.set_input_files("#import-file", table)
    await biller.click("Show what would happen")
    await biller.until("() => !document.querySelector('#confirm').hidden", timeout=30)
    await album.take(biller, "imports-trial")


async def given(server: Antechamber, biller: Chromium, album: Album) -> None:
    """A service without a visit: its form, what is wrong with it, its encounter."""
    await biller.open(f"{server.origin}/billing/clients")
    await biller.page.get_by_role("link", name="Jordan Doe").click()
    await biller.page.get_by_role("link", name="Days of a device").click()
    await biller.until("() => document.querySelector('#lines') !== null")
    await album.take(biller, "given-services")
    await biller.page.locator("#begins").fill("2026-10-01")
    days = "\n".join(f"2026-10-{day:02d} {118 + day}/{70 + day % 9}" for day in range(1, 18))
    await biller.page.locator("#lines").fill(days)
    await biller.page.locator("#diagnoses").fill("I10")
    await biller.page.locator("#device").select_option(label="Blood pressure")
    await biller.click("Enter")
    await biller.sees("Choose the state the client was in.")
    await album.take(biller, "given-services-missing")
    await biller.page.locator("#state").select_option(label="Minnesota")
    await biller.page.locator("#site").select_option(label="At home")
    await biller.click("Enter")
    await biller.sees("Correct")
    await album.take(biller, "given-services-entered")
    await biller.open(f"{server.origin}/billing/?show=all&sort=changed&down=true")
    await biller.until(
        "() => document.body.innerText.split('Jordan Doe').length > 2 || (location.reload(), false)", timeout=40
    )
    await album.take(biller, "billing-worklist-many")
    await biller.page.locator(".verdict-link").first.click()
    await biller.until("() => location.pathname.startsWith('/billing/encounters/')")
    await album.take(biller, "billing-encounter-given")


async def rules(server: Antechamber, biller: Chromium, album: Album) -> None:
    """The rule editor, a rule with two versions, a call and what it brought."""
    await biller.open(f"{server.origin}/billing/rules/example-health-plan")
    await album.take(biller, "billing-rule-versions")
    await biller.open(f"{server.origin}/billing/rules/example-health-plan/edit")
    await album.take(biller, "billing-rule-edit")
    await biller.open(f"{server.origin}/billing/payers/mhcp-2022/result")
    await album.take(biller, "billing-payer-result")


async def paying(server: Antechamber, meet: Meet, clinician: Chromium, biller: Chromium, album: Album) -> None:
    """The same client again: their plan to sign, a clinician not credentialed for the payer there, the estimate."""
    store = steps.billing_of(server)
    try:
        practice, known = await steps.practice_and_client(store)
        elsewhere = replace(demo.COVERAGE, credentialing="client_state", credentialed=("WI",))
        await store.save_coverage(practice, known, elsewhere, "stf_pictures", datetime.now(UTC))
    finally:
        await store.close()
    await clinician.open(f"{server.origin}/desk")
    link = await steps.book_beside(clinician, {"id": known})
    await clinician.open(f"{server.origin}/desk")
    client = await bring(meet, "paying client", Colour.ORANGE)
    await steps.open_link(client, link)
    await client.sees("Your visit with")
    await client.click("Continue")
    await client.sees("Is your consent still OK?")
    await client.click("Continue")
    await client.sees("Your treatment plan")
    await album.take(client, "client-3-plan")
    await client.fill("Your full name", "Jordan Doe")
    await client.click("I am the person seeking care", role="radio")
    await client.click("Sign the plan")
    await client.until("() => location.pathname === '/j/location'")
    await client.click("Yes")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0134")
    await client.click("Continue")
    await steps.check_devices(client)
    await clinician.until("() => document.querySelector('.check-line')?.dataset.standing === 'held'", timeout=60)
    await album.take(clinician, "desk-not-credentialed")
    await clinician.click("Check and ways out")
    await clinician.until("() => document.querySelector('dialog[open] details[data-exit]') !== null")
    await clinician.page.locator("dialog[open] details[data-exit=credentialing] > summary").click()
    await clinician.click("Start credentialing")
    await clinician.click("Check and ways out")
    await clinician.until("() => document.querySelector('dialog[open] details[data-exit]') !== null")
    await clinician.page.locator("dialog[open] details[data-exit=private_pay] > summary").click()
    await clinician.click("Record it and make the estimate")
    await clinician.sees("The estimate comes to")
    await album.take(clinician, "desk-private-pay")
    visit = await clinician.evaluate("() => document.querySelector('.waiting-card h3').id.slice(5)")
    await clinician.open(f"{server.origin}/visits/{visit}/estimate")
    await album.take(clinician, "staff-estimate")
    await client.open(f"{server.origin}/estimate")
    await album.take(client, "client-estimate")
    await biller.open(f"{server.origin}/billing/upcoming")
    await album.take(biller, "billing-upcoming-tasks")
