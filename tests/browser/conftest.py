"""What a browser test may ask for: people at browsers, consoles that must stay quiet, a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser.harness.gathering import Meet, gathering
from tests.browser.harness.network import Network, closed_network
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber

__all__ = ["Meet"]


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


@pytest.fixture
async def meet(quiet: Quiet, fake_devices: Path) -> AsyncIterator[Meet]:
    """Give a function that brings a person with a browser of their own; all of them are closed at the end.

    `await meet("client", Colour.ORANGE, browser="firefox")`; without `browser` it is Chromium, and further keywords
    go to Playwright's new_context (viewport, color_scheme, ...).
    """
    async with gathering(quiet, fake_devices) as come:
        yield come


@pytest.fixture
async def antechamber(tmp_path: Path) -> AsyncIterator[Antechamber]:
    """Give this test a running demo server of its own (`antechamber.demo` says how to sign in)."""
    server = Antechamber(tmp_path)
    try:
        await server.start("demo")
        yield server
    finally:
        server.drop()


@pytest.fixture
def network() -> Iterator[Network]:
    """Give this test a network namespace without a way out."""
    with closed_network() as made:
        yield made
