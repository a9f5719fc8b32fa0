"""A page whose scripts or styles are lost on the way, as when a phone changes its network, begins all the same."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route

from tests.browser.conftest import Meet
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber


async def lost(route: Route) -> None:
    """The line breaks under this one request."""
    await route.abort("connectionreset")


async def test_a_link_works_though_the_network_changes_while_it_opens(
    antechamber: Antechamber, meet: Meet, quiet: Quiet
) -> None:
    """Twice a module is lost: it is said, the page loads again by itself, and the link's secret part is still there."""
    client = await meet("client", Colour.ORANGE)
    assert isinstance(client, Chromium)
    await client.page.route("**/js/sdp.js", lost, times=2)
    with quiet.while_down("a module is lost on the way"):
        await client.open(antechamber.demo["client"]["url"])
        await client.sees("Part of this page did not arrive. It is being loaded again.")
        await client.click("Continue")
    await client.sees("Your visit with")
    assert await client.evaluate("() => sessionStorage.getItem('antechamber-loads')") is None


async def test_whoever_gets_nothing_again_and_again_is_told_what_to_do(
    antechamber: Antechamber, meet: Meet, quiet: Quiet
) -> None:
    """After the last attempt nothing happens by itself; the button loads the page when the network is back."""
    staff = await meet("staff", Colour.BLUE)
    assert isinstance(staff, Chromium)
    page = f"{antechamber.origin}/sign-in"
    await staff.open(page)
    await staff.evaluate("() => sessionStorage.setItem('antechamber-loads', '5')")
    await staff.page.route("**/css/staff.css", lost)
    with quiet.while_down("the style is lost on the way"):
        await staff.open(page)
        await staff.sees("Part of this page did not arrive. Check your internet connection, then load it again.")
        await staff.page.unroute("**/css/staff.css")
        await staff.click("Load again")
        await staff.until("() => !document.querySelector('#page-load') && document.styleSheets.length > 1")
    assert await staff.has("Sign in")


async def test_what_somebody_typed_meanwhile_is_not_loaded_away(
    antechamber: Antechamber, meet: Meet, quiet: Quiet
) -> None:
    """The page is usable without what was lost, and somebody uses it: only their own press loads it again."""
    staff = await meet("staff", Colour.BLUE)
    assert isinstance(staff, Chromium)
    page = f"{antechamber.origin}/sign-in"
    await staff.page.clock.install()
    await staff.open(page)
    await staff.evaluate("() => sessionStorage.setItem('antechamber-loads', '4')")  # 15 s until the next attempt
    await staff.page.route("**/css/staff.css", lost)
    with quiet.while_down("the style is lost on the way"):
        await staff.open(page)
        await staff.sees("Part of this page did not arrive. It is being loaded again.")
        await staff.page.locator("input[type=email]").fill("dr.rivera@example.org")
        await staff.page.clock.run_for(16_000)
        await staff.sees("Part of this page did not arrive. Check your internet connection, then load it again.")
    assert await staff.page.locator("input[type=email]").input_value() == "dr.rivera@example.org"


async def test_a_form_that_is_sent_before_its_script_came_is_sent_when_it_is_there(
    antechamber: Antechamber, meet: Meet
) -> None:
    """A slow line: the press is neither lost nor does it load the page anew with what was typed in its address."""
    staff = await meet("staff", Colour.BLUE)
    assert isinstance(staff, Chromium)
    there = asyncio.Event()

    async def late(route: Route) -> None:
        await there.wait()
        await route.continue_()

    await staff.page.route("**/js/sign_in.js", late)
    who = antechamber.demo["biller"]
    await staff.page.goto(who["url"], wait_until="commit")
    await staff.fill("Email", who["email"])
    await staff.fill("Password", who["password"])
    await staff.page.evaluate("() => document.querySelector('form').requestSubmit()")
    there.set()
    await staff.until("() => location.pathname === '/billing/'")
