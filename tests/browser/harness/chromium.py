"""A person at Chromium: the system's own, driven by Playwright, with files as camera and microphone."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Playwright

from tests.browser.harness import probes
from tests.browser.harness.fakes import Colour, devices
from tests.browser.harness.person import Json, Person
from tests.browser.harness.quiet import Quiet

FLAGS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",  # the tests may run as root, where Chromium's own sandbox cannot
    "--disable-background-networking",
    "--disable-background-timer-throttling",  # a person looks at their window; here there are several
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--ignore-certificate-errors",
    "--autoplay-policy=document-user-activation-required",  # as in an ordinary window
)


class Chromium(Person):
    """One Chromium process with one page."""

    def __init__(self, name: str, colour: Colour, browser: Browser, context: BrowserContext, page: Page) -> None:
        self.name = name
        self.colour = colour
        self.browser = browser
        self.context = context
        self.page = page

    @classmethod
    async def start(
        cls,
        playwright: Playwright,
        name: str,
        colour: Colour,
        folder: Path,
        quiet: Quiet,
        program: str | Path | None = None,
        **context: Any,
    ) -> Chromium:
        """Start a browser; `context` goes to Playwright's new_context (viewport, color_scheme ...).

        `program` stands in for Chromium: one that runs it somewhere else.
        """
        program = program or shutil.which("chromium")
        assert program, "chromium is missing: run `make test`, which installs it"
        files = devices(colour, folder)
        browser = await playwright.chromium.launch(
            executable_path=program,
            args=[
                *FLAGS,
                f"--use-file-for-fake-video-capture={files.picture}",
                f"--use-file-for-fake-audio-capture={files.sound}",
            ],
        )
        own = await browser.new_context(ignore_https_errors=True, permissions=["camera", "microphone"], **context)
        await own.add_init_script(f"({probes.REMEMBER})()")
        page = await own.new_page()
        page.set_default_timeout(15_000)
        listen(page, name, quiet)
        return cls(name, colour, browser, own, page)

    async def open(self, url: str) -> None:
        """Go to an address and wait for the document."""
        await self.page.goto(url)

    async def reload(self) -> None:
        """Load the page again."""
        await self.page.reload()

    async def begin_pages_with(self, function: str) -> None:
        """Run a function in every page from now on."""
        await self.context.add_init_script(f"({function})()")

    async def address(self) -> str:
        """Give the page's address, fragment included."""
        return self.page.url

    async def evaluate(self, function: str, argument: Json = None) -> Json:
        """Run a function in the page."""
        # The same way round as with Firefox, so that a test cannot pass something only one of them can carry.
        wrapped = f"async (given) => JSON.stringify((await ({function})(JSON.parse(given))) ?? null)"
        while True:
            try:
                return json.loads(await self.page.evaluate(wrapped, json.dumps(argument)))
            except Error as error:
                # The page went on to its next document while we asked: ask that one.
                if "Execution context was destroyed" not in error.message:
                    raise
                await self.page.wait_for_load_state()

    def control(self, role: str, name: str) -> Locator:
        """Give Playwright's locator of a control."""
        return self.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # a Literal of roles

    async def click(self, name: str, role: str = "button", timeout: float = 15) -> None:
        """Click a control."""
        await self.control(role, name).click(timeout=timeout * 1000)

    async def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        await self.page.get_by_label(label, exact=True).fill(text)

    async def choose(self, label: str, option: str) -> None:
        """Choose an option."""
        await self.page.get_by_label(label, exact=True).select_option(label=option)

    async def has(self, name: str, role: str = "button") -> bool:
        """Say whether a control is visible."""
        return await self.control(role, name).is_visible()

    async def picture(self, file: Path) -> None:
        """Save a screenshot of the whole page."""
        await self.page.screenshot(path=file, full_page=True)

    async def close(self) -> None:
        """End the browser."""
        await self.browser.close()


def listen(page: Page, name: str, quiet: Quiet) -> None:
    """Have every console error and uncaught exception of a page heard."""

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            # Addresses may carry secrets in their fragment; the host is enough.
            where = re.sub(r"#.*", "#…", str(message.location.get("url", "")))
            quiet.hear(name, f"{message.text} ({where})")

    page.on("console", console)
    page.on("pageerror", lambda error: quiet.hear(name, f"uncaught: {error}"))
