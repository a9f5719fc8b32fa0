"""The instruments of the browser tests measure what they say, in both browsers, before they are trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Meet
from tests.browser.harness.fakes import Colour
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.small_page import small_page

BROWSERS = pytest.mark.parametrize("browser", ["chromium", "firefox"])

# What a page says reaches us a moment later.
SOON = "() => new Promise((done) => setTimeout(() => done(true), 300))"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """Serve the small page."""
    with small_page(tmp_path) as address:
        yield address


@BROWSERS
@pytest.mark.parametrize("colour", [Colour.BLUE, Colour.ORANGE])
async def test_colour_and_tone_are_known_at_the_far_side(meet: Meet, page: str, browser: str, colour: Colour) -> None:
    person = await meet("someone", colour, browser=browser)
    await person.open(page)
    assert await person.colour_seen("#remote") is None
    assert await person.tone_heard("#remote", 200) is None
    await person.click("Start video")
    await person.sees_and_hears(colour, "#remote")

    await person.start_log(100)
    await person.until("() => window.__log.length > 5")
    log = await person.take_log()
    assert log[0]["now"] < log[-1]["now"]
    received = [peer["inbound"]["video"]["frames"] for peer in log[-1]["peers"] if "video" in peer["inbound"]]
    assert received and received[0] > 0
    counters = await person.counters()
    assert {peer["dtls"] for peer in counters["peers"]} <= {"connected", None}
    assert all(peer["pair"]["remote"]["port"] for peer in counters["peers"])

    await person.evaluate("() => window.hangUp()")
    await person.stands_still("#remote")
    assert await person.tone_heard("#remote", 500) is None


@BROWSERS
async def test_controls_are_found_by_role_and_name(meet: Meet, page: str, browser: str, tmp_path: Path) -> None:
    person = await meet("someone", browser=browser)
    await person.open(page)
    assert await person.has("Start video")
    assert not await person.has("Never shown")
    assert not await person.has("Start video", role="link")
    await person.fill("Your name", "Zoë Adams")
    await person.choose("State", "California")
    await person.sees("Hello Zoë Adams from CA")
    await person.fill("Your name", "Al")
    await person.sees("Hello Al from CA")
    await person.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(AssertionError, match="waited"):
        await person.until("() => document.title === 'another'", timeout=0.2)


@BROWSERS
async def test_a_console_error_and_a_violation_are_heard(meet: Meet, page: str, browser: str, quiet: Quiet) -> None:
    person = await meet("someone", browser=browser)
    await person.open(page)
    await person.evaluate("() => console.error('this went wrong')")
    await person.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = '1'; document.body.append(s); }"
    )
    await person.evaluate("() => { setTimeout(() => { throw new Error('nobody caught me'); }); }")
    await person.until(SOON)
    heard = " ".join(quiet.said)
    for words in ("this went wrong", "policy violation: script-src-elem", "nobody caught me"):
        assert words in heard, heard
    with pytest.raises(AssertionError, match="not quiet"):
        quiet.verdict()
    quiet.said.clear()


@BROWSERS
async def test_only_the_browsers_own_network_errors_are_excused_in_a_window(
    meet: Meet, tmp_path: Path, browser: str, quiet: Quiet
) -> None:
    person = await meet("someone", browser=browser)
    with small_page(tmp_path) as address:
        await person.open(address)
    ask = "() => fetch('/gone').then(() => 'answered', () => 'no answer')"
    with quiet.while_down("the small page's server has stopped"):
        assert await person.evaluate(ask) == "no answer"
        await person.evaluate("() => console.error('a bug of ours')")
        await person.until(SOON)
    assert [words for words in quiet.said if "a bug of ours" in words] == quiet.said
    quiet.said.clear()
    if browser == "chromium":  # Firefox tells its automation about the page's words only, not about its own
        await person.evaluate(ask)
        await person.until(SOON)
        assert quiet.said, "outside the window the same error counts"
        quiet.said.clear()
