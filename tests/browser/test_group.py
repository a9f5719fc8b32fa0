"""A visit of three in three browsers, two of them Chromium and one Firefox, with a guest and a shared screen."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

pytestmark = pytest.mark.alone

TILE = "[data-stage=tiles] li:not([hidden]) video"
SCREEN = "[data-stage=screen]"


@pytest.mark.timeout(300)
async def test_three_see_and_hear_each_other_and_a_screen(antechamber: Antechamber, meet: Meet) -> None:
    """Each sees and hears the two others; the clinician's screen comes to both, encrypted like all; a guest leaves and
    nobody freezes."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, "firefox")
    guest = await meet("guest", Colour.GREEN)
    await clinician.begin_pages_with(SEALED_WHAT)
    await guest.begin_pages_with(PROTECTS)
    await steps.together(antechamber, clinician, client)
    await clinician.sees("Audio and video", timeout=30)
    link = await steps.invite(clinician, "Noa Interpreter")
    await steps.guest_into_waiting(guest, link)
    assert await nothing_of_the_others(guest)
    await clinician.click("Let in")
    await guest.until("() => location.pathname === '/g/visit'")
    await clinician.click("Guests")  # the panel closes
    await asyncio.gather(
        sees_both(clinician, Colour.ORANGE, Colour.GREEN),
        sees_both(client, Colour.BLUE, Colour.GREEN),
        sees_both(guest, Colour.BLUE, Colour.ORANGE),
    )
    await client.sees("Noa Interpreter, interpreter")
    await guest.sees("Jordan Doe, client")
    codes = {await encrypted(person, "interpreter") for person in (clinician, client, guest)}
    assert len(codes) == 1

    await guest.click("Mute")
    for person in (clinician, client):
        await person.until("() => !document.querySelector('li:not([hidden]) [data-tile=mark]').hidden")
    assert not await client.has("Share screen")
    await clinician.click("Share screen")
    for person in (client, guest):
        await person.sees("is sharing the screen", timeout=20)
        await shows(person, SCREEN)
    await clinician.sees("You are sharing your screen")
    assert await clinician.evaluate("() => window.__transforms.includes('screen')")
    for person in (clinician, client, guest):  # in this standing a receiver shows nothing that was not sealed
        assert codes == {await encrypted(person, "interpreter")}
    # Every change of the visit is a whole snapshot for a guest; their browser says what it can on the first alone.
    assert await guest.evaluate("() => window.__protects") == 1
    for person in (client, guest):
        assert await person.colour_seen(steps.REMOTE) is Colour.BLUE
    before = await steps.counted(clinician)
    log = [await frames(person, steps.REMOTE) for person in (clinician, client)]
    await guest.click("Leave")
    for person in (clinician, client):
        await person.until("() => document.querySelector('[data-stage=tiles]').hidden", timeout=15)
    await asyncio.sleep(1)
    for person, shown in zip((clinician, client), log, strict=True):
        assert await frames(person, steps.REMOTE) > shown
        async with asyncio.timeout(10):  # new keys after somebody left: three browsers on two cores take their time
            while await person.pictures_shown(steps.REMOTE, 1.0) <= 3:
                pass
    await shows(client, SCREEN)
    await clinician.click("Stop sharing")
    await client.until("() => document.querySelector('[data-stage=screen-box]').hidden")
    assert not await client.evaluate("() => document.querySelector('#stage').dataset.layout ?? null")
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    assert await steps.counted(clinician) > before
    assert not await clinician.evaluate("() => document.querySelector('[data-stage=count]').hidden")


# What a page has sent through its worker, and how often it said what it can.
SEALED_WHAT = """() => {
  window.__transforms = [];
  const made = window.RTCRtpScriptTransform;
  window.RTCRtpScriptTransform = class extends made {
    constructor(worker, options) {
      super(worker, options);
      if (options.side === "send") window.__transforms.push(options.what);
    }
  };
}"""
PROTECTS = """() => {
  window.__protects = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    if (String(text).includes('"protect"')) window.__protects += 1;
    return send.call(this, text);
  };
}"""


async def encrypted(person: Person, beside: str) -> str:
    """Wait until the lock says that it is encrypted, of three people; gives the code."""
    lock = "() => document.querySelector('[data-stage=lock-words]').textContent === 'Encrypted'"
    await person.until(lock, timeout=20)
    lines = str(await person.evaluate("() => document.querySelector('[data-stage=lock-lines]').textContent"))
    assert "3 people" in lines, lines
    assert beside in lines, lines
    return str(await person.evaluate("() => document.querySelector('[data-stage=lock-code]').textContent"))


async def sees_both(person: Person, large: Colour, beside: Colour) -> None:
    """The one large, the other in the tile, each by colour and tone."""
    await person.sees_and_hears(large, steps.REMOTE, timeout=30)
    await person.sees_and_hears(beside, TILE, timeout=30)


async def nothing_of_the_others(guest: Person) -> bool:
    """A guest who waits has no connection, and reads no name but the clinician's."""
    text = await guest.text()
    live = [one for one in (await guest.counters())["peers"] if one["state"] == "connected"]
    return "Jordan" not in text and not live


async def shows(person: Person, selector: str) -> None:
    """A video that moves, or at least has a picture: a screen on which nothing happens sends few."""
    await person.until(
        "(selector) => { const v = document.querySelector(selector); return v.videoWidth > 0 && v.readyState >= 2; }",
        selector,
        timeout=20,
    )


async def frames(person: Person, selector: str) -> int:
    """How many pictures an element has shown so far."""
    function = """(selector) => {
      const video = document.querySelector(selector);
      return video.mozPaintedFrames ?? video.getVideoPlaybackQuality().totalVideoFrames;
    }"""
    return int(await person.evaluate(function, selector))
