"""Every page at 1280 and 390 px in both themes, as PNG: ``make screenshots`` (``python -m tests.browser.screenshots``;
``... screenshots coding`` takes one part of them).

Whole visits are held so that each page is seen as people see it, with its real content. The consoles are listened to
here as in the tests. `screenshots/desk-1280-light.png` also becomes the README's picture (deploy/pictures/desk.png).
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.browser import steps
from tests.browser.album import Album
from tests.browser.claims_pictures import claims
from tests.browser.coding_pictures import bring, coding
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import Meet, gathering
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import ROOT, Antechamber


async def client_way_in(client: Chromium, link: str, album: Album) -> None:
    """From the link to the waiting room."""
    await client.open(link)
    await client.sees("Continue")
    await album.take(client, "client-1-welcome")
    await client.click("Continue")
    await client.until("() => !location.hash")
    await client.sees("Your visit with")
    await album.take(client, "client-2-who-and-when")
    await client.click("Continue")
    await client.until("() => location.pathname === '/j/consent'")
    await album.take(client, "client-3-consent")
    await client.fill("Your full name", "Riley Example")
    await client.click("I am the person seeking care", role="radio")
    await client.click("Continue")
    await client.until("() => location.pathname === '/j/location'")
    await album.take(client, "client-4-place")
    await steps.say_where(client)
    await client.until("() => location.pathname === '/j/devices'")
    await client.sees("Connection")
    await client.page.get_by_role("button", name="Join", exact=True).wait_for()
    await album.take(client, "client-5-devices")
    await steps.check_devices(client)
    await client.page.wait_for_timeout(500)
    await album.take(client, "client-6-waiting")


async def visit(clinician: Chromium, client: Chromium, album: Album) -> None:
    """Admission, the visit, its end."""
    await clinician.until(
        "() => [...document.querySelectorAll('button')].some((b) => b.textContent.trim() === 'Admit')"
    )
    await album.take(clinician, "desk")
    await steps.admit(clinician, client)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await album.take(clinician, "visit-clinician")
    await album.take(client, "visit-client")
    await clinician.click("Client")
    await album.take(clinician, "visit-clinician-panel")
    await clinician.click("Client")
    await client.click("Stop video")
    await clinician.page.wait_for_timeout(5_000)  # longer than the hysteresis of what people see
    await album.take(clinician, "visit-clinician-missing")
    await album.take(client, "visit-client-missing")
    await client.click("Start video")
    await steps.end(clinician)
    await client.until("() => location.pathname === '/j/over'")
    await clinician.page.wait_for_timeout(500)
    await album.take(clinician, "visit-over-clinician")
    await album.take(client, "client-7-over")


async def office(server: Antechamber, clinician: Chromium, album: Album) -> None:
    """The pages around the visits."""
    for path in ("visits/new", "statements", "contacts", "settings"):
        await clinician.open(f"{server.origin}/{path}")
        await clinician.page.wait_for_timeout(500)
        await album.take(clinician, f"staff-{path.replace('/', '-')}")
    await clinician.open(f"{server.origin}/statements")
    await clinician.page.locator("#due a.button").first.click()
    await clinician.until("() => document.querySelector('.sheet-form') !== null")
    await album.take(clinician, "sheet")
    await clinician.page.get_by_role("link", name="Treatment plan").click()
    await clinician.page.get_by_role("button", name="Write a treatment plan").click()
    await album.take(clinician, "treatment-plan")


async def others(server: Antechamber, front_desk: Chromium, biller: Chromium, album: Album) -> None:
    """The front desk's board, the biller's work list and one encounter."""
    await front_desk.open(f"{server.origin}/sign-in")
    await album.take(front_desk, "sign-in")
    await steps.sign_in(front_desk, server.demo["front_desk"])
    await front_desk.page.wait_for_timeout(800)
    await album.take(front_desk, "board")
    await steps.sign_in(biller, server.demo["biller"])
    await biller.open(f"{server.origin}/billing/?show=all")
    await biller.until("() => document.querySelector('.verdict-link') !== null")
    await album.take(biller, "billing-worklist")
    await biller.open(f"{server.origin}/billing/upcoming")
    await album.take(biller, "billing-upcoming")
    await biller.open(f"{server.origin}/billing/?show=all")
    await biller.until("() => document.querySelector('.verdict-link') !== null")
    await biller.page.locator(".verdict-link").first.click()
    await biller.until("() => location.pathname.startsWith('/billing/encounters/')")
    await album.take(biller, "billing-encounter")
    encounter = await biller.address()
    await biller.open(f"{encounter}/coverage")
    await album.take(biller, "billing-coverage")
    await biller.open(f"{server.origin}/billing/release?encounter={encounter.rpartition('/')[2]}")
    await album.take(biller, "billing-release")
    for path in ("rules", "rules/new", "rules/mhcp-2022", "payers", "payers/mhcp-2022", "fees", "services", "codes"):
        await biller.open(f"{server.origin}/billing/{path}")
        await album.take(biller, f"billing-{path.replace('/', '-')}")
    await biller.open(f"{server.origin}/billing/clients")
    await album.take(biller, "clients")
    await biller.page.get_by_role("link", name="Jordan Doe").click()
    await biller.until("() => document.querySelector('.coverage') !== null")
    await album.take(biller, "client")
    await biller.page.locator(".coverage h3 a").first.click()
    await biller.until("() => location.pathname.includes('/coverages/')")
    await album.take(biller, "client-coverage")
    await biller.open(f"{server.origin}/imports")
    await album.take(biller, "imports")
    await biller.open(f"{server.origin}/billing/diagnoses")
    await album.take(biller, "billing-diagnoses")


async def guest_early(clinician: Chromium, guest: Chromium, front_desk: Chromium, album: Album) -> None:
    """An interpreter is invited and waits before the client has come."""
    await clinician.click("More for Jordan Doe")
    await clinician.click("Guests")
    dialog = clinician.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Noa Lind")
    await dialog.get_by_label("Role").select_option(label="Interpreter")
    await dialog.get_by_role("button", name="Invite").click()
    link = await dialog.get_by_label("The guest's link").first.input_value()
    await album.take(clinician, "desk-guests")
    await clinician.click("Done")
    await guest.open(link)
    await guest.sees("Continue")
    await album.take(guest, "guest-1-welcome")
    await steps.guest_into_waiting(guest, link)
    await album.take(guest, "guest-2-waiting")
    await clinician.sees("1 waiting")
    await album.take(clinician, "desk-guest-early")
    await front_desk.sees("1 waiting")
    await album.take(front_desk, "board-guest")


async def group(
    server: Antechamber, clinician: Chromium, client: Chromium, guest: Chromium, front_desk: Chromium, album: Album
) -> None:
    """A visit of three with a shared screen, and how its connections were."""
    await clinician.open(f"{server.origin}/desk")
    await guest_early(clinician, guest, front_desk, album)
    await steps.into_demo_visit(clinician, client, server)
    await clinician.sees("Admit with guests")
    await album.take(clinician, "desk-admit-with-guests")
    await clinician.click("Admit with guests")
    people = {"clinician": clinician, "client": client, "guest": guest}
    for person, colour in zip(people.values(), (Colour.ORANGE, Colour.BLUE, Colour.BLUE), strict=True):
        await person.sees_and_hears(colour, steps.REMOTE, timeout=40)
        await person.sees("Encrypted", timeout=30)
    for name, person in people.items():
        await album.take(person, f"group-{name}")
    for name in ("clinician", "client"):
        await people[name].page.locator("[data-stage=lock]").click()
        await album.take(people[name], f"group-lock-{name}")
        await people[name].page.locator("[data-stage=lock-close]").click()
    await clinician.click("Guests")
    await album.take(clinician, "group-guests")
    await clinician.click("Guests")
    await clinician.click("Share screen")
    for person in (client, guest):
        await person.sees("is sharing the screen", timeout=20)
        await person.until("() => document.querySelector('[data-stage=screen]').videoWidth > 0", timeout=20)
    for name, person in people.items():
        await album.take(person, f"screen-{name}")
    visit = await steps.visit_of(clinician)
    await steps.end(clinician)
    await clinician.open(f"{server.origin}/visits/{visit}/connection")
    await clinician.sees("By the minute")
    await album.take(clinician, "staff-connection")


async def visits(server: Antechamber, meet: Meet, album: Album, _: Path) -> None:
    """A visit of two with its whole way in and out, the pages around it, and a visit of three."""
    clinician = await bring(meet, "clinician", Colour.BLUE)
    client = await bring(meet, "client", Colour.ORANGE)
    front_desk = await bring(meet, "front desk", Colour.GREEN)
    biller = await bring(meet, "biller", Colour.MAGENTA)
    await steps.sign_in(clinician, server.demo["clinician"])
    link = await steps.book(clinician)
    await clinician.open(f"{server.origin}/desk")
    await client_way_in(client, link, album)
    await visit(clinician, client, album)
    await office(server, clinician, album)
    await others(server, front_desk, biller, album)
    for person in (client, biller):
        await person.close()
    client = await bring(meet, "second client", Colour.ORANGE)
    guest = await bring(meet, "guest", Colour.GREEN)
    await group(server, clinician, client, guest, front_desk, album)


PARTS: Final = {"visits": visits, "coding": coding, "claims": claims}


async def hold(folder: Path, part: str) -> int:
    """Hold the visits of one part with a server and browsers of its own; give the number of pictures taken."""
    album, quiet = Album(folder), Quiet()
    with tempfile.TemporaryDirectory(prefix="antechamber-pictures-") as name:
        server = Antechamber(Path(name))
        try:
            await server.start("demo")
            async with gathering(quiet, Path(name)) as meet:
                await PARTS[part](server, meet, album, Path(name))
        except BaseException:
            print(server.words(), file=sys.stderr)
            raise
        finally:
            await server.stop()
    quiet.verdict()
    return album.taken


def main() -> None:
    """Write them all, or the parts that were named."""
    folder = ROOT / "screenshots"
    parts = [one for one in sys.argv[1:] if one in PARTS] or list(PARTS)
    if len(parts) == len(PARTS):
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    taken = sum(asyncio.run(hold(folder, part)) for part in parts)
    if "--readme" in sys.argv:
        shutil.copy(folder / "desk-1280-light.png", ROOT / "deploy" / "pictures" / "desk.png")
    print(f"{taken} pictures in {folder.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
