"""Lines too weak for a picture: the page says so, and says it no longer than it is true."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.person import Person
from tests.browser.harness.running import Antechamber
from tests.network.impairment import Fault, bad_path

NOTICE = "Your connection is too weak for pictures just now."
TILE = """() => [...document.querySelectorAll('li:not([hidden]) [data-tile=curtain]')]
  .map((one) => !one.hidden && one.lastChild.innerText)"""


async def without_the_notice(person: Person, other: Colour) -> None:
    """Wait until neither the banner, the curtain nor the tile speaks of sound alone, and the other is seen."""
    words = f"() => !/too weak|sound only/i.test(document.body.innerText) && !({TILE})().some(Boolean)"
    await person.until(words, timeout=25)
    await person.sees_and_hears(other, steps.REMOTE)


@pytest.mark.timeout(180)
async def test_sound_alone_is_said_while_it_is_so_and_no_longer(tmp_path: Path, meet: Meet) -> None:
    """In a group whose lines bear no picture everybody reads it; a new connection, or a better line, takes it back."""
    program = Path(__file__).parent / "harness" / "narrow_server.py"
    server = Antechamber(tmp_path, prefix=("setpriv", "--pdeathsig", "KILL", sys.executable, str(program)))
    await server.start("demo")
    try:
        clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE)
        guest = await meet("guest", Colour.GREEN)
        await steps.sign_in(clinician, server.demo["clinician"])
        await steps.into_demo_visit(clinician, client, server)
        await steps.admit(clinician, client)
        await clinician.sees("Audio and video", timeout=30)
        await steps.guest_into_waiting(guest, await steps.invite(clinician, "Noa Interpreter"))
        await clinician.click("Let in")
        await guest.until("() => location.pathname === '/g/visit'")
        await client.sees("Noa Interpreter, interpreter")
        (tmp_path / "narrow").write_text("1000")
        for person in (clinician, client):
            await person.sees(NOTICE, timeout=30)
            await person.until(f"() => ({TILE})().includes('Sound only')")
        await client.sees("sound only for now")
        assert await client.tone_heard(steps.REMOTE) is Colour.BLUE
        (tmp_path / "narrow").unlink()
        await client.evaluate("() => void dispatchEvent(new Event('online'))")  # another network: a new connection
        await asyncio.gather(without_the_notice(client, Colour.BLUE), without_the_notice(clinician, Colour.ORANGE))
        for person in (clinician, client, guest):
            await person.open("about:blank")  # their pages would look for a server that has gone
    finally:
        server.drop()


# The server's IPv4 addresses as the page reads them, with another port.
BY_THE_PATH = """() => {
  const apply = RTCPeerConnection.prototype.setRemoteDescription;
  const taken = (line) => !line.startsWith("a=candidate:") || /^([^ ]+ ){4}[0-9.]+ /.test(line);
  const by = (line) => line.startsWith("a=candidate:") ? line.replace(" SERVER ", " PATH ") : line;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return apply.call(this, { type, sdp: sdp.split("\\r\\n").filter(taken).map(by).join("\\r\\n") });
  };
}"""


@pytest.mark.alone
@pytest.mark.timeout(180)
@pytest.mark.parametrize("browser", ["chromium", pytest.param("firefox", marks=pytest.mark.long)])
async def test_on_a_narrow_line_the_picture_steps_aside_for_the_sound(
    antechamber: Antechamber, meet: Meet, browser: str
) -> None:
    """At 48 kbit/s the own picture is paused, in a browser that estimates its way out and in one that does not."""
    every = "0.0.0.0"  # noqa: S104  # a browser takes whichever of this machine's addresses it likes
    path = bad_path(("127.0.0.1", antechamber.port), seed=20261122, listen=(every, 0))
    try:
        clinician, client = await meet("clinician", Colour.BLUE), await meet("client", Colour.ORANGE, browser)
        to_server = BY_THE_PATH.replace("SERVER", str(antechamber.port))
        await client.begin_pages_with(to_server.replace("PATH", str(path.address[1])))
        await steps.together(antechamber, clinician, client)
        await clinician.sees("Audio and video", timeout=30)
        assert path.passed > 100
        path.set(up=Fault(rate=48_000, queue=2.0))  # a modem's deep buffer: late, and hardly anything lost
        await client.sees("Your picture is paused so that your sound gets through", timeout=30)
        await clinician.sees("Their picture is paused so that their sound gets through")
        path.set(up=Fault())
        await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE, timeout=40)
        for person in (clinician, client):
            await person.until("() => !document.body.innerText.includes('is paused')", timeout=20)
    finally:
        path.close()
