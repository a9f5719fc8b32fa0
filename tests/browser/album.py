"""Pictures of pages as people see them: each at 1280 and 390 px, in light and in dark."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.async_api import ViewportSize

from tests.browser.harness.chromium import Chromium

SIZES: Final[dict[int, ViewportSize]] = {1280: {"width": 1280, "height": 800}, 390: {"width": 390, "height": 844}}
THEMES: Final = ("light", "dark")


class Album:
    """Takes each page in four ways: two widths, two themes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = 0

    async def take(self, person: Chromium, name: str) -> None:
        """Take the page as it stands; the browser keeps its page, only the window and the theme change."""
        for width, size in SIZES.items():
            await person.page.set_viewport_size(size)
            for theme in THEMES:
                await person.page.emulate_media(color_scheme=theme)
                await person.page.wait_for_timeout(250)  # transitions of the theme and the layout end
                await person.picture(self.folder / f"{name}-{width}-{theme}.png")
                self.taken += 1
        await person.page.emulate_media(color_scheme="light")
        await person.page.set_viewport_size(SIZES[1280])
