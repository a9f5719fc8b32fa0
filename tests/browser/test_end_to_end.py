"""End-to-end encryption: people see and hear each other, and what the server forwards decodes only with their keys."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness import forwarded
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import CHROMA, TONE, Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber

Listening = Callable[[str], Awaitable[Antechamber]]

LOCK = "() => document.querySelector('[data-stage=lock-words]')?.innerText ?? ''"
CODE = "() => document.querySelector('[data-stage=lock-code]')?.innerText.replace(' ', '') ?? ''"

# The sender keys that the page hands to its worker, as base64.
KEEP_KEYS = """() => {
  const post = Worker.prototype.postMessage;
  window.__keys = [];
  Worker.prototype.postMessage = function (order, ...more) {
    if (order?.do === "seal") window.__keys.push([order.what, btoa(String.fromCharCode(...order.key))]);
    return post.call(this, order, ...more);
  };
}"""
CANNOT = "() => { delete window.RTCRtpScriptTransform; }"
# How many visits this browser keeps keys of.
KEPT = """() => new Promise((done) => {
  const asked = indexedDB.open("antechamber");
  asked.onsuccess = () => {
    const counted = asked.result.transaction("visits").objectStore("visits").count();
    counted.onsuccess = () => (asked.result.close(), done(counted.result));
  };
})"""
SENT = """async () => {
  const found = {};
  for (const stat of (await window.__peers.at(-1).getStats()).values())
    if (stat.type === "outbound-rtp") found[stat.kind] = stat.ssrc;
  return found;
}"""


async def says(person: Person, words: str) -> None:
    """Wait until the lock says this."""
    await person.until(f"() => ({LOCK})() === {words!r}", timeout=20)


async def code_of(person: Person) -> str:
    """The six digits of the lock's panel, which is opened for it."""
    opening = "document.querySelector('[data-stage=lock-panel]').hidden"
    await person.evaluate(f"() => {opening} && document.querySelector('[data-stage=lock]').click()")
    await person.until(f"() => /^[0-9]{{6}}$/.test(({CODE})())", timeout=20)
    return str(await person.evaluate(CODE))


@pytest.fixture
async def listening(tmp_path: Path) -> AsyncIterator[Listening]:
    """Give a function that starts a server whose machine an attacker has (`tests.browser.harness.listening_server`)."""
    program = Path(__file__).parent / "harness" / "listening_server.py"
    started: list[Antechamber] = []

    async def start(how: str) -> Antechamber:
        words = ("setpriv", "--pdeathsig", "KILL", sys.executable, str(program), how)
        started.append(Antechamber(tmp_path, prefix=words))
        return await started[0].start("demo")

    yield start
    for server in started:
        server.drop()


async def meeting(server: Antechamber, clinician: Person, client: Person) -> None:
    """Both in the demo's visit, sound and picture flowing."""
    await steps.sign_in(clinician, server.demo["clinician"])
    await steps.into_demo_visit(clinician, client, server)
    await steps.admit(clinician, client)
    await clinician.sees("Audio and video", timeout=20)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("browser", [pytest.param("chromium", marks=pytest.mark.long), "firefox"])
async def test_two_see_hear_and_share_one_code(antechamber: Antechamber, meet: Meet, browser: str) -> None:
    """It is on without anybody's doing; the clinician compares the code; a reload keeps the keys and the word."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, browser=browser)
    await meeting(antechamber, clinician, client)
    for person in (clinician, client):
        await says(person, "Encrypted")
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE)
    code = await code_of(clinician)
    assert code == await code_of(client)
    await clinician.click("The code matches")
    for person in (clinician, client):
        await says(person, "Encrypted, checked")
    await client.reload()
    for person in (client, clinician):
        await says(person, "Encrypted, checked")
    assert code == await code_of(client)
    for button in ("Mute", "Unmute"):  # Firefox lets a page just loaded make the test's own sound only after a tap
        await client.click(button)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=30)


@pytest.mark.alone  # every picture of three seconds counts, and a full machine loses packets
@pytest.mark.timeout(120)
@pytest.mark.parametrize("encrypted", [True, False], ids=["on", "off"])
async def test_what_the_server_forwards(
    listening: Listening, tmp_path: Path, meet: Meet, encrypted: bool, figure: Callable[[str], None]
) -> None:
    """Off, every picture decodes to the sender's colour and its tone is heard; on, none does, and the keys open all."""
    server = await listening("tap")
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE)
    await client.begin_pages_with(KEEP_KEYS if encrypted else CANNOT)
    await meeting(server, clinician, client)
    for person in (clinician, client):
        await says(person, "Encrypted" if encrypted else "Not end-to-end")
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
    await asyncio.sleep(3)  # so much is recorded
    sent: dict[str, int] = await client.evaluate(SENT)
    told: list[Any] = await client.evaluate("() => window.__keys ?? []")
    file = tmp_path / "forwarded.rtp"
    video = forwarded.pictures(forwarded.packets(file, sent["video"]))
    audio = [one.payload for one in forwarded.packets(file, sent["audio"])]
    assert len(video) > 40
    assert len(audio) > 100
    raw = (seen(video), forwarded.tone_share(audio, TONE[Colour.ORANGE]))
    if not encrypted:
        figure(f"in the clear: {raw[0]:.0%} of {len(video)} pictures decoded, tone in {raw[1]:.0%} of the sound")
        assert raw[0] > 0.95
        assert raw[1] > 0.5
        return
    keys = {what: [base64.b64decode(key) for kind, key in told if kind == what] for what in ("audio", "video")}
    pictures = [forwarded.opened(frame, keys["video"], True) for frame in video]
    sounds = [forwarded.opened(frame, keys["audio"], False) for frame in audio]
    clear = (
        seen([one or b"" for one in pictures]),
        forwarded.tone_share([one or b"" for one in sounds], TONE[Colour.ORANGE]),
    )
    figure(
        f"encrypted: {raw[0]:.0%} of {len(video)} pictures and {raw[1]:.0%} of {len(audio)} sounds decode as they are; "
        f"opened with the keys {sum(map(bool, pictures))} and {sum(map(bool, sounds))}, "
        f"of which {clear[0]:.0%} and {clear[1]:.0%} decode"
    )
    assert raw[0] == 0.0
    assert raw[1] < 0.03  # noise: now and then it rings like anything
    assert None not in pictures
    assert None not in sounds
    assert clear[0] > 0.95
    assert clear[1] > 0.5


def seen(frames: list[bytes]) -> float:
    """The share of frames that decode to the client's colour."""
    wanted = CHROMA[Colour.ORANGE]
    near = [
        one
        for one in forwarded.chroma(frames)
        if one and all(abs(a - b) < 12 for a, b in zip(one, wanted, strict=True))
    ]
    return len(near) / max(1, len(frames))


@pytest.mark.timeout(120)
async def test_swapped_keys_show_different_codes(listening: Listening, meet: Meet) -> None:
    """A server that plays both parts is not noticed by one browser alone, but by two people who compare six digits."""
    server = await listening("swap")
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, server.demo["clinician"])
    await steps.into_demo_visit(clinician, client, server)
    await steps.admit(clinician, client)
    assert await code_of(clinician) != await code_of(client)
    assert "Encrypted" not in str(await client.evaluate(LOCK))
    await clinician.click("It does not")
    await says(clinician, "Keys do not match")


@pytest.mark.timeout(120)
async def test_leaving_and_coming_back_renew_the_keys(antechamber: Antechamber, meet: Meet) -> None:
    """New sender keys for whoever stays when somebody leaves, and again when they are back; the code stays compared."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await clinician.begin_pages_with(KEEP_KEYS)
    await meeting(antechamber, clinician, client)
    await says(clinician, "Encrypted")
    await code_of(clinician)
    await clinician.click("The code matches")
    await says(client, "Encrypted, checked")
    keys = "() => new Set(window.__keys.filter(([what]) => what === 'video').map(([, key]) => key)).size"
    before = int(await clinician.evaluate(keys))
    await client.click("Leave")
    await clinician.until(f"(n) => ({keys})() > n", before)
    left = int(await clinician.evaluate(keys))
    await client.click("Come back")
    await clinician.until(f"(n) => ({keys})() > n", left, timeout=30)
    await says(client, "Encrypted, checked")
    await says(clinician, "Encrypted, checked")
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=30)


# The lock's panel lies within the window, and everything in it that can be pressed is large enough for a thumb.
FITS = """() => {
  const panel = document.querySelector('[data-stage=lock-panel]');
  const within = (box) => box.left >= 0 && box.right <= innerWidth;
  const boxes = [...panel.querySelectorAll('button, summary')].map((one) => one.getBoundingClientRect());
  const pressed = boxes.filter((box) => box.width);
  return !panel.hidden && panel.scrollWidth <= panel.clientWidth && within(panel.getBoundingClientRect())
    && pressed.length > 1 && pressed.every((box) => within(box) && box.height >= 44);
}"""


@pytest.mark.timeout(180)
async def test_an_old_browser_in_the_middle_is_left_out_until_the_clinician_goes_on(
    antechamber: Antechamber, meet: Meet, tmp_path: Path
) -> None:
    """One question with one button, on a phone too: until it is answered nothing goes out in the clear, then all see
    each other, and the end of the visit empties the key store."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    assert isinstance(clinician, Chromium)
    await clinician.page.set_viewport_size({"width": 390, "height": 844})
    await meeting(antechamber, clinician, client)
    await says(clinician, "Encrypted")
    await code_of(clinician)
    await clinician.sees("This code is of 2 people: clinician, client. Is anybody listed who should not be?")
    assert await clinician.evaluate(FITS)
    await clinician.picture(tmp_path / "lock-390.png")
    await clinician.click("Close")
    await client.begin_pages_with(CANNOT)
    await client.reload()
    await says(clinician, "Somebody is left out")
    await clinician.sees("The client's browser cannot encrypt end to end, so they see and hear nothing.")
    assert await clinician.evaluate(FITS)
    await clinician.picture(tmp_path / "lock-390-left-out.png")
    await client.sees("Not end-to-end")
    await client.stands_still(steps.REMOTE)
    await clinician.click("Go on without end-to-end encryption")
    for person in (clinician, client):
        await says(person, "Not end-to-end")
    await client.sees_and_hears(Colour.BLUE, steps.REMOTE, timeout=30)
    await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=30)
    assert await clinician.evaluate(KEPT) == 1
    await clinician.click("End visit")
    await clinician.sees("Keep going")
    await clinician.click("End visit")
    await clinician.until(f"() => ({KEPT})().then((rows) => rows === 0)", timeout=20)


@pytest.mark.timeout(120)
async def test_a_practice_that_requires_it_tells_an_old_browser_before_the_waiting_room(
    antechamber: Antechamber, meet: Meet
) -> None:
    """The device check names the way out; whoever joins all the same is shown to the clinician for what it is."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await steps.sign_in(clinician, antechamber.demo["clinician"])
    await clinician.open(f"{antechamber.origin}/settings")
    await clinician.click("Require end-to-end encryption", role="checkbox")
    await clinician.click("Save practice")
    await clinician.sees("Saved")
    await client.begin_pages_with(CANNOT)
    await clinician.open(f"{antechamber.origin}/desk")
    await steps.open_link(client, antechamber.demo["client"]["url"])
    await steps.consent(client, "Jordan Doe")
    await client.until("() => location.pathname === '/j/location'")
    await client.click("Yes")
    await client.sees("How can we reach you?")
    await client.fill("Your phone number", "(651) 555-0134")
    await client.click("Continue")
    await client.sees("This practice holds visits with end-to-end encryption only, and this browser cannot do that")
    assert await client.has("Copy link")
    await client.sees("Or call us")
    await steps.check_devices(client)
    await steps.admit(clinician, client)
    await says(clinician, "Cannot begin")
    await clinician.sees("Ask them to open the link in a current browser, or call them.")
    await says(client, "Browser too old")


# A browser that takes a transform and lets every frame pass by it.
PAST_IT = """() => {
  Object.defineProperty(RTCRtpSender.prototype, "transform", { get: () => null, set: () => {}, configurable: true });
}"""


@pytest.mark.timeout(120)
async def test_frames_that_pass_by_the_encryption_stop_the_camera(antechamber: Antechamber, meet: Meet) -> None:
    """Two looks after the first frames nothing is sent any more, and the page says why."""
    clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
    await client.begin_pages_with(PAST_IT)
    await steps.together(antechamber, clinician, client)
    await client.until("() => window.__peers.at(-1).getSenders().every((one) => one.track === null)", timeout=10)
    await says(client, "Sending stopped")
    await client.sees("this page sends nothing any more")
