"""What people do in a visit, in their own order: sign in, book, come in by the link, admit, end."""

from __future__ import annotations

import base64
import re
import time
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import text

from billing_hooks.store import Store
from server import runtime
from server.keys import KeyFile
from server.settings import Settings
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

REMOTE: Final = "[data-stage=remote]"
# Unfolds the statement's own form below the way to the sheet, once it is there.
STATEMENT: Final = """() => {
  const form = document.querySelector("#over-form > details");
  if (form) form.open = true;
  return form !== null;
}"""
# The same words into every part of a note, as typing does it.
WRITE: Final = """(words) => {
  for (const area of document.querySelectorAll(".sheet-form textarea")) {
    area.value = words;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


def billing_of(server: Antechamber) -> Store:
    """Billing's store of a running server, to change what a biller's page or a payer would change."""
    settings = Settings.load(data_dir=server.folder / "var")
    keys = KeyFile.load(settings.key_file)
    url = runtime.database_urls(settings, keys).billing
    assert url is not None
    return Store.open(url, keys.derive("billing"))


async def practice_and_client(store: Store) -> tuple[str, str]:
    """The ids of the demo's practice and of the client whom billing knows."""
    async with store.work() as work:
        row = (await work.execute(text("SELECT practice_id, client_id FROM billing.coverages LIMIT 1"))).one()
    return row.practice_id, row.client_id


async def sign_in(person: Person, who: dict[str, str]) -> None:
    """Sign in with the email and password that the demo wrote."""
    await person.open(who["url"])
    await person.fill("Email", who["email"])
    await person.fill("Password", who["password"])
    await person.click("Sign in")
    await person.until("() => !location.pathname.startsWith('/sign-in')")


async def book(person: Person, name: str = "Riley Example", service: str | None = None) -> str:
    """Book a visit for a new client, for now, and give the link that the page shows to copy."""
    await person.click("New visit", role="link")
    await person.until("() => document.querySelector('#clinician')?.value && document.querySelector('#service')?.value")
    await person.click("New client", role="radio")
    await person.fill("Full name", name)
    await person.fill("Phone If we need to reach them", "(651) 555-0177")
    if service is not None:
        await person.choose("Service", service)
    # right after the demo's own visit, and within the hour before which a link opens
    start = datetime.now(ZoneInfo("America/Chicago")) + timedelta(minutes=55)
    start -= timedelta(minutes=start.minute % 5)
    await person.fill("Date", start.date().isoformat())
    await person.fill("Time", f"{start:%H:%M}")
    await person.click("Book visit")
    await person.until("() => /#.{43}$/.test(document.querySelector('#link')?.value ?? '')")
    assert await person.has("Copy link")
    return str(await person.evaluate("() => document.querySelector('#link').value"))


async def open_link(client: Person, link: str) -> None:
    """Open the link and go on to the first step, as somebody who was sent it would."""
    await client.open(link)
    await client.click("Continue")
    await client.until("() => !location.hash")


async def consent(client: Person, name: str = "Riley Example") -> None:
    """From who-and-when through the consent, typed with the full name."""
    await client.sees("Your visit with")
    await client.click("Continue")
    await client.until("() => location.pathname === '/j/consent'")
    await client.fill("Your full name", name)
    await client.click("I am the person seeking care", role="radio")
    await client.click("Continue")


BOOK: Final = """async ({ client, start }) => {
  const get = async (path) => (await fetch(path)).json();
  const service = (await get("/api/services")).services[0];
  const body = {
    client, clinician: (await get("/api/staff/me")).id, start, minutes: service.minutes, service: service.id,
    anyway: true,
  };
  const headers = { "Content-Type": "application/json" };
  const made = await fetch("/api/visits", { method: "POST", headers, body: JSON.stringify(body) });
  return (await made.json()).link;
}"""


async def book_beside(clinician: Person, client: dict[str, str | None]) -> str:
    """Book a visit within the hour beside whatever else is booked, as another window would; gives the link.

    `client` is `{"id": ...}` of somebody known, or a new client's name, phone and email.
    """
    start = datetime.now(ZoneInfo("America/Chicago")) + timedelta(minutes=50)
    return str(await clinician.evaluate(BOOK, {"client": client, "start": f"{start:%Y-%m-%dT%H:%M}"}))


def newcomer(name: str) -> dict[str, str | None]:
    """A new client of this name."""
    return {"name": name, "phone": "(651) 555-0177", "email": None}


async def say_where(client: Person, state: str = "Minnesota") -> None:
    """A place typed in, kept, and a number to call."""
    await client.until("() => location.pathname === '/j/location'")
    await client.fill("Street address", "55 Lake St")
    await client.fill("City", "Saint Paul")
    await client.choose("State", state)
    await client.choose("What kind of place is it?", "At home")
    await client.click("Continue")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0177")
    await client.click("Continue")


async def check_devices(client: Person) -> None:
    """See oneself, hear the sound, and join the waiting room."""
    await client.until("() => location.pathname === '/j/devices'")
    await client.sees("Connection")
    await client.click("Join", timeout=30)
    await client.until("() => location.pathname === '/j/waiting'", timeout=20)


async def into_waiting(client: Person, link: str, name: str = "Riley Example") -> None:
    """The whole way in."""
    await open_link(client, link)
    await consent(client, name)
    await say_where(client)
    await check_devices(client)


async def into_demo_visit(clinician: Person, client: Person, server: Antechamber) -> None:
    """The demo's own client comes in by the demo's link, from the place where they usually are."""
    await clinician.open(f"{server.origin}/desk")
    await open_link(client, server.demo["client"]["url"])
    await consent(client, "Jordan Doe")
    await client.until("() => location.pathname === '/j/location'")
    await client.click("Yes")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0134")
    await client.click("Continue")
    await check_devices(client)


async def admit(clinician: Person, client: Person) -> float:
    """Let the first waiting client in; gives the moment of the click (time.monotonic)."""
    await clinician.click("Admit")
    clicked = time.monotonic()
    await clinician.until("() => location.pathname.startsWith('/visits/')")
    await client.until("() => location.pathname === '/j/visit'")
    return clicked


async def together(server: Antechamber, clinician: Person, client: Person) -> float:
    """From nothing into the demo's visit; gives the moment of `Admit` (time.monotonic)."""
    await sign_in(clinician, server.demo["clinician"])
    await into_demo_visit(clinician, client, server)
    return await admit(clinician, client)


async def invite(clinician: Person, name: str, role: str = "Interpreter") -> str:
    """Invite a guest from within the visit; gives the link that the panel shows to copy. The panel stays open."""
    await clinician.click("Guests")
    await clinician.fill("Name Everybody in the visit reads it.", name)
    await clinician.choose("Role", role)
    await clinician.click("Invite")
    await clinician.until("() => /g#.{43}$/.test(document.querySelector('#panel-guests .link')?.value ?? '')")
    return str(await clinician.evaluate("() => document.querySelector('#panel-guests .link').value"))


async def guest_into_waiting(guest: Person, link: str) -> None:
    """A guest's whole way in: the link, who and when, the device check."""
    await open_link(guest, link)
    await guest.sees("You are invited as")
    await guest.click("Continue")
    await guest.until("() => location.pathname === '/g/devices'")
    await guest.sees("Connection")
    await guest.click("Join", timeout=30)
    await guest.until("() => location.pathname === '/g/waiting'", timeout=20)


async def end(clinician: Person) -> None:
    """End the visit: once in the bar, once more in the panel that asks for the reason."""
    await clinician.click("End visit")
    await clinician.sees("Keep going")
    await clinician.click("End visit")
    await clinician.sees("Left to sign")


async def sign_statement(clinician: Person) -> None:
    """The clinician's statement, in place after the end, with the minutes that the form proposes."""
    await clinician.until(STATEMENT, timeout=30)
    await clinician.click("I saw and heard the client in this visit.", role="checkbox")
    await clinician.fill("Diagnoses for billing ICD-10-CM codes, such as F41.1. They go to billing only.", "F41.1")
    await clinician.click("Sign statement")
    await clinician.sees("signed")


async def sign_sheet(clinician: Person, words: str) -> None:
    """From the end of a visit to its sheet and note, signed with what the page proposes and without a diagnosis."""
    await clinician.click("Write the sheet and note", role="link")
    await clinician.until("() => Boolean(document.querySelector('#minutes')?.value)", timeout=30)
    await clinician.click("I saw and heard the client in this visit.", role="checkbox")
    await clinician.click("The client told me, and I confirmed, where they were.", role="checkbox")
    await clinician.evaluate(WRITE, words)
    await clinician.click("Sign")
    await clinician.sees("Signed by Ana Rivera, LICSW")


async def first_event(biller: Person) -> str:
    """The id of the event behind the newest encounter on the biller's list, once it is coded."""
    origin = (await biller.address()).split("/billing/")[0]
    end = time.monotonic() + 30
    found = None
    while not found:
        assert time.monotonic() < end, await biller.text()
        await biller.open(f"{origin}/billing/?show=all")
        found = await biller.evaluate("() => document.querySelector('a[href*=\"/encounters/\"]')?.href ?? null")
    await biller.open(str(found))
    address = await biller.evaluate("() => document.querySelector('a[href*=\"/billing/events/\"]').href")
    return str(address).rpartition("/")[2]


async def saved_event(biller: Person, event: str) -> bytes:
    """The saved event's bytes, exactly as the biller's page gives them."""
    function = """async (path) => {
      const answer = await fetch(path);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    }"""
    return base64.b64decode(str(await biller.evaluate(function, f"/billing/events/{event}")))


async def visit_of(clinician: Person) -> str:
    """The id of the visit on screen."""
    found = re.search(r"/visits/(vis_[a-z2-7]{20})", await clinician.address())
    assert found is not None
    return found[1]


async def counted(clinician: Person) -> int:
    """The seconds that the clinician's screen says are counted."""
    words: Any = await clinician.evaluate("() => document.querySelector('[data-stage=count]')?.innerText ?? ''")
    found = re.search(r"(?:(\d+):)?(\d+):(\d\d)", words)
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3]) if found else 0
