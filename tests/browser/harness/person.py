"""A person at a browser: what a test can do and see, the same for Chromium and for Firefox.

Everything is found as a person (or a screen reader) finds it, by role and accessible name, so that the tests hold the
names of the controls still and say nothing about the markup.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from tests.browser.harness import probes
from tests.browser.harness.fakes import Colour, colour_of, tone_of

Json = Any  # what a page gives back


class Person(ABC):
    """One browser with one page, wearing one colour and one tone."""

    name: str
    colour: Colour

    @abstractmethod
    async def open(self, url: str) -> None:
        """Go to an address and wait for the document."""

    @abstractmethod
    async def reload(self) -> None:
        """Load the page again."""

    @abstractmethod
    async def begin_pages_with(self, function: str) -> None:
        """Run a JavaScript function in every page that is loaded from now on, before its own code."""

    @abstractmethod
    async def address(self) -> str:
        """Give the page's address, fragment included."""

    @abstractmethod
    async def evaluate(self, function: str, argument: Json = None) -> Json:
        """Run a JavaScript function (source text, one argument, may be async) in the page; JSON in, JSON out."""

    @abstractmethod
    async def click(self, name: str, role: str = "button", timeout: float = 15) -> None:
        """Click the control with exactly this accessible name, waiting until it is there and enabled."""

    @abstractmethod
    async def fill(self, label: str, text: str) -> None:
        """Type into the text field with this label, replacing what it holds."""

    @abstractmethod
    async def choose(self, label: str, option: str) -> None:
        """Choose an option, by its text, in the select box with this label."""

    @abstractmethod
    async def has(self, name: str, role: str = "button") -> bool:
        """Say whether a visible control with exactly this accessible name is there now."""

    @abstractmethod
    async def picture(self, file: Path) -> None:
        """Save a screenshot as PNG."""

    @abstractmethod
    async def close(self) -> None:
        """End the browser."""

    async def text(self) -> str:
        """Give the visible text of the page, spaces collapsed."""
        return " ".join(str(await self.evaluate("() => document.body ? document.body.innerText : ''")).split())

    async def until(self, condition: str, argument: Json = None, timeout: float = 15) -> Json:
        """Wait until a JavaScript function gives something true, and give it; fail with the page's text."""
        end = time.monotonic() + timeout
        while True:
            found = await self.evaluate(condition, argument)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{self.name} waited {timeout:g} s for {condition}; the page: {await self.text()}")
            await asyncio.sleep(0.05)

    async def sees(self, words: str, timeout: float = 15) -> None:
        """Wait until the page shows these words (spaces collapsed, capitals as written or all capital)."""
        condition = """(words) => {
            const shown = (document.body?.innerText ?? "").replace(/\\s+/g, " ").toLowerCase();
            return shown.includes(words.toLowerCase());
        }"""
        await self.until(condition, words, timeout)

    async def colour_seen(self, selector: str) -> Colour | None:
        """Name the colour that a video element shows now."""
        shown = await self.evaluate(probes.PICTURE, {"selector": selector})
        return shown and colour_of(shown["red"], shown["green"], shown["blue"])

    async def tone_heard(self, selector: str, ms: int = 1500) -> Colour | None:
        """Name the person whose tone is the loudest in a media element's stream; None below -70 dB."""
        heard = await self.evaluate(probes.SOUND, {"selector": selector, "ms": ms})
        return tone_of(heard["hertz"]) if heard and heard["db"] > -70 else None

    async def pictures_shown(self, selector: str, within: float = 1.0) -> int:
        """Count the pictures a video element shows anew within some seconds: 0 is a standing picture or none."""
        before = await self.evaluate(probes.PICTURE, {"selector": selector})
        await asyncio.sleep(within)
        after = await self.evaluate(probes.PICTURE, {"selector": selector})
        return after["frames"] - before["frames"] if before and after else 0

    async def stands_still(self, selector: str, timeout: float = 10) -> None:
        """Wait until a video element shows nothing new for a second."""
        end = time.monotonic() + timeout
        while count := await self.pictures_shown(selector, 1.0):
            assert time.monotonic() < end, f"{self.name} still sees {count} pictures a second"

    async def sees_and_hears(self, other: Colour, selector: str, timeout: float = 20) -> None:
        """Wait until a video element shows the other's colour in motion and carries the other's tone."""
        end = time.monotonic() + timeout
        seen = heard = None
        while time.monotonic() < end:
            seen = await self.colour_seen(selector) if await self.pictures_shown(selector, 0.4) else None
            heard = await self.tone_heard(selector) if seen == other else None
            if seen == heard == other:
                return
        sound = await self.evaluate(probes.SOUND, {"selector": selector, "ms": 1500})
        raise AssertionError(
            f"{self.name} sees {seen} and hears {heard} ({sound}), not {other}; the page: {await self.text()}"
        )

    async def counters(self) -> Json:
        """Read getStats of every live peer connection of the page, with `now` on the page's monotonic clock (ms)."""
        return await self.evaluate(probes.COUNTERS)

    async def start_log(self, ms: int = 200) -> None:
        """Begin to log the counters in the page itself."""
        await self.evaluate(probes.START_LOG, {"ms": ms})

    async def take_log(self) -> list[Json]:
        """Take what was logged since the last time."""
        taken: list[Json] = await self.evaluate(probes.TAKE_LOG)
        return taken
