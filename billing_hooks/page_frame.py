"""What the biller's pages share: who looks, how a page is made, people's names. Shell (fastapi)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse

from billing_hooks import packs
from billing_hooks.page_words import RELEASED, STATE
from billing_hooks.store_encounters import Row


@dataclass(frozen=True, slots=True)
class Biller:
    """Who is looking: their practice and name, and what the frame of a page needs (base.html: staff, practice)."""

    practice: str
    id: str
    name: str
    zone: str
    frame: Mapping[str, Any]


Who = Callable[[Request], Awaitable[Biller]]
Names = Callable[[Request, Collection[str]], Awaitable[Mapping[str, str]]]


async def rendered(templates: jinja2.Environment, name: str, biller: Biller, **context: Any) -> HTMLResponse:
    """One page, with the notice that goes with procedure codes.

    Made apart from the loop that forwards media: a list of fifty takes milliseconds which that has not.
    """
    notice = packs.shipped()[0].notice
    found = {**biller.frame, "page": "encounters", "zone": biller.zone, "notice": notice, **context}
    return HTMLResponse(await asyncio.to_thread(lambda: templates.get_template(name).render(found)))


def state(row: Row) -> tuple[str, str, str]:
    """Word, tone and icon of an encounter."""
    return RELEASED if row.released else STATE[row.outcome]


def money(cents: int) -> str:
    """Cents as dollars."""
    return f"${cents // 100:,}.{cents % 100:02d}"
