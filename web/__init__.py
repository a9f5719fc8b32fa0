"""Where the pages, styles, icons and browser modules lie, for the server to serve. Shell (asyncio, aiortc)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
"""This package's folder."""

TEMPLATES: Final = FOLDER / "templates"
"""Jinja2 templates: `client.html` for the person seeking care, the rest for staff."""

JS: Final = FOLDER / "js"
"""Browser modules, served under `/static/js/`; they import each other by relative paths only."""

CSS: Final = FOLDER / "css"
"""Style sheets, served under `/static/css/`."""

ICONS: Final = FOLDER / "icons.svg"
"""The icon sprite, served as `/static/icons.svg`; one `<symbol>` an icon."""
