"""Pages from `web`'s templates: one environment, everything escaped, nothing undefined. Shell (asyncio, aiortc)."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web import TEMPLATES


@cache
def environment() -> Environment:
    """The one Jinja2 environment; billing's pages use it too."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **context: Any) -> str:
    """The page of template `name`; `page` in it is the name without its ending, unless given."""
    return environment().get_template(name).render({"page": name.removesuffix(".html"), **context})
