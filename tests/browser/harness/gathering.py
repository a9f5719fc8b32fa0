"""Bring people with browsers of their own together, and see that every browser is closed at the end."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.firefox import Firefox
from tests.browser.harness.person import Person
from tests.browser.harness.quiet import Quiet

Meet = Callable[..., Awaitable[Person]]


@asynccontextmanager
async def gathering(quiet: Quiet, folder: Path) -> AsyncIterator[Meet]:
    """Give `meet(name, colour=None, browser="chromium", **context)`; `folder` keeps the fake devices' files.

    `context` goes to Playwright's new_context (viewport, color_scheme, ...) and is for Chromium alone.
    """
    colours = itertools.cycle(Colour)
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())

        async def meet(name: str, colour: Colour | None = None, browser: str = "chromium", **context: Any) -> Person:
            own = colour or next(colours)
            person: Person
            if browser == "firefox":
                person = await Firefox.start(name, own, quiet, **context)
            else:
                person = await Chromium.start(playwright, name, own, folder, quiet, **context)
            stack.push_async_callback(person.close)
            return person

        yield meet
