"""What a browser test may ask for: people at browsers, consoles that must stay quiet, a running server."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.firefox import Firefox
from tests.browser.harness.network import Network, closed_network
from tests.browser.harness.person import Person
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber


@pytest.fixture(scope="session")
def fake_devices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which the run keeps its fake pictures and sounds."""
    return tmp_path_factory.mktemp("devices")


@pytest.fixture
def quiet() -> Iterator[Quiet]:
    """Hear every page's console, and fail the test at its end when one said anything."""
    heard = Quiet()
    yield heard
    heard.verdict()


Meet = Callable[..., Awaitable[Person]]


@pytest.fixture
async def meet(quiet: Quiet, fake_devices: Path) -> AsyncIterator[Meet]:
    """Give a function that brings a person with a browser of their own; all of them are closed at the end.

    `await meet("client", Colour.ORANGE, browser="firefox")`; without `browser` it is Chromium, and further keywords
    go to Playwright's new_context (viewport, color_scheme, ...).
    """
    people: list[Person] = []
    colours = itertools.cycle(Colour)
    async with async_playwright() as playwright:

        async def come(name: str, colour: Colour | None = None, browser: str = "chromium", **context: Any) -> Person:
            own = colour or next(colours)
            person: Person
            if browser == "firefox":
                person = await Firefox.start(name, own, quiet)
            else:
                person = await Chromium.start(playwright, name, own, fake_devices, quiet, **context)
            people.append(person)
            return person

        yield come
        for person in people:
            await person.close()


@pytest.fixture
async def antechamber(tmp_path: Path) -> AsyncIterator[Antechamber]:
    """Give this test a running demo server of its own (`antechamber.demo` says how to sign in)."""
    server = Antechamber(tmp_path)
    try:
        await server.start("demo")
        yield server
    finally:
        await server.stop()


@pytest.fixture
def network() -> Iterator[Network]:
    """Give this test a network namespace without a way out."""
    with closed_network() as made:
        yield made
