"""A whole visit in real browsers: from the sign-in and the link to the coded encounter and the proven event."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.alone


@pytest.mark.timeout(400)
@pytest.mark.parametrize("browser", [pytest.param("chromium", marks=pytest.mark.long), "firefox"])
async def test_a_visit_from_the_link_to_the_encounter(
    antechamber: Antechamber, meet: Meet, browser: str, tmp_path: Path
) -> None:
    """Each sees and hears the other through the server; what flowed is counted, signed, coded and proven offline."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, browser)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    link = await steps.book(clinician)
    await clinician.open(f"{antechamber.origin}/desk")
    await steps.into_waiting(client, link)
    await clinician.until("() => document.title.startsWith('(1)')", timeout=2)  # told within two seconds
    await steps.admit(clinician, client)
    await see_each_other(clinician, client)
    for person in (clinician, client):
        assert await through_the_server(person, antechamber)
    await reload_and_return(client)
    await mute_and_unmute(clinician, client)
    await see_each_other(clinician, client)
    await camera_off_for_forty_seconds(clinician, client)
    before = await steps.counted(clinician)
    await steps.end(clinician)
    await client.sees("is over")
    await steps.sign_statement(clinician)
    biller = await meet("biller")
    await steps.sign_in(biller, antechamber.demo["biller"])
    event = await coded(biller)
    file = tmp_path / "event.json"
    file.write_bytes(await steps.saved_event(biller, event))
    body = json.loads(file.read_bytes())
    assert abs(body["seconds"]["audio_video_overlap"] - before) <= 3
    assert any(interval["cause"] == "client_camera_off" for interval in body["intervals"])
    await proven_offline(antechamber, file, tmp_path)


async def see_each_other(clinician: Person, client: Person) -> None:
    """Each side's page shows the other's colour and carries the other's tone."""
    for person in (clinician, client):
        await person.sees("Audio and video", timeout=30)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE)


async def through_the_server(person: Person, server: Antechamber) -> bool:
    """Whether the page's one live connection goes to the server's UDP port."""
    live = [one for one in (await person.counters())["peers"] if one["state"] == "connected"]
    return len(live) == 1 and live[0]["pair"]["remote"]["port"] == server.port


async def reload_and_return(client: Person) -> None:
    """A reloaded page is back in the visit, with the other's picture, within five seconds and no new check-in."""
    begun = time.monotonic()
    await client.reload()
    await client.until("() => location.pathname === '/j/visit'")
    while await client.colour_seen(steps.REMOTE) is not Colour.BLUE:
        assert time.monotonic() - begun < 5, await client.text()


async def mute_and_unmute(clinician: Person, client: Person) -> None:
    """The other side reads it. (Firefox lets a page just loaded make the test's own sound only after a tap.)"""
    await client.click("Mute")
    await clinician.sees("is muted")
    await client.click("Unmute")
    await clinician.until("() => !document.querySelector('[data-stage=caption]').innerText.includes('is muted')")


async def camera_off_for_forty_seconds(clinician: Person, client: Person) -> None:
    """Both are told, only the clinician sees a countdown, the visit is interrupted, and resumes by itself."""
    before = time.monotonic()  # the camera stops somewhere between the two: a page on a busy machine answers late
    await client.click("Stop video")
    stopped = time.monotonic()
    await clinician.sees("We cannot see", timeout=8)
    await client.sees("Your camera is off", timeout=8)
    await clinician.until("() => /\\d+ s/.test(document.querySelector('[data-stage=countdown]')?.innerText ?? '')")
    assert not await client.evaluate("() => /\\d+ s/.test(document.body.innerText)")
    await clinician.until(
        "() => document.querySelector('[data-stage=pill]').innerText.includes('Interrupted')", timeout=40
    )
    interrupted = time.monotonic()
    assert interrupted - before >= 28
    assert interrupted - stopped <= 38
    await client.sees("On pause")
    still = await steps.counted(clinician)
    await client.until("(end) => performance.timeOrigin + performance.now() > end", await later(client, 5), timeout=20)
    assert await steps.counted(clinician) == still
    await client.click("Start video")
    for person in (clinician, client):
        await person.sees("Audio and video", timeout=15)


async def later(person: Person, seconds: float) -> float:
    """The page's clock in some seconds."""
    return float(await person.evaluate("() => performance.timeOrigin + performance.now()")) + seconds * 1000


async def coded(biller: Person) -> str:
    """The biller's list shows the encounter with its verdict; gives the event's id from its page."""
    await biller.until("() => location.pathname === '/billing/'")
    end = time.monotonic() + 30
    while "Riley Example" not in await biller.text() or "90832" not in await open_encounter(biller):
        assert time.monotonic() < end, await biller.text()
        await biller.open((await biller.address()).split("/billing/")[0] + "/billing/?show=all")
    shown = await biller.text()
    assert "16 minutes" in shown or "TIME_BELOW_MINIMUM" in shown
    assert await biller.evaluate("() => document.querySelectorAll('svg.timeline .t-label').length >= 7")
    return str(await biller.evaluate("() => document.querySelector('a[href*=\"/billing/events/\"]').href")).rpartition(
        "/"
    )[2]


async def open_encounter(biller: Person) -> str:
    """Open the first encounter of the list; gives its text."""
    await biller.open(str(await biller.evaluate("() => document.querySelector('a[href*=\"/encounters/\"]').href")))
    return await biller.text()


async def proven_offline(server: Antechamber, file: Path, folder: Path) -> None:
    """`verify` proves the saved body with a key set file alone, and no longer when one bit of it is another."""
    keys = folder / "jwks.json"
    async with server.browserless() as web:
        keys.write_bytes((await web.get("/.well-known/jwks.json")).content)
    good = await server.run("verify", str(file), "--keys", str(keys))
    assert good.returncode == 0, good.stderr
    raw = bytearray(await asyncio.to_thread(file.read_bytes))
    raw[len(raw) // 2] ^= 1
    flipped = folder / "flipped.json"
    await asyncio.to_thread(flipped.write_bytes, raw)
    bad = await server.run("verify", str(flipped), "--keys", str(keys))
    assert bad.returncode != 0
