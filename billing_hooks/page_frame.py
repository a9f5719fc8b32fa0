"""What the biller's pages share: who looks, how a page is made, people's names, what a form sends. Shell (fastapi)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints
from starlette.responses import HTMLResponse

from billing_hooks import page_words
from billing_hooks.lapsing import codes_notice
from billing_hooks.page_words import RELEASED, STATE
from billing_hooks.store import Store
from billing_hooks.store_encounters import Row
from billing_hooks.store_tasks import Task, TaskKind

# These pages come from the process that forwards media, where nothing may take long: a part of the list at a time.
PAGE_ROWS = 50
Part = Annotated[int, Query(ge=0, le=10_000)]
_A_DAY = timedelta(days=1)
_Word = Annotated[str, StringConstraints(max_length=80)]
_Text = Annotated[str, StringConstraints(max_length=4_000)]


@dataclass(frozen=True, slots=True)
class Biller:
    """Who is looking: their practice and name, and what the frame of a page needs (base.html: staff, practice)."""

    practice: str
    id: str
    name: str
    zone: str
    frame: Mapping[str, Any]


Clock = Callable[[], datetime]
Who = Callable[[Request], Awaitable[Biller]]
Names = Callable[[Request, Collection[str]], Awaitable[Mapping[str, str]]]


class Filled(BaseModel):
    """What a form sends: every field as text by its name, and the newest version that the person looked at."""

    model_config = ConfigDict(extra="forbid")

    # The longest form asks fifteen things of every clinician of the practice.
    fields: Annotated[dict[_Word, _Text], Field(max_length=3_000)]
    seen: StrictInt | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The store and the templates, and how a page of the biller is made of them."""

    store: Store
    templates: jinja2.Environment

    async def last_file(self, biller: Biller, kind: TaskKind, within: timedelta = _A_DAY) -> Task | None:
        """The newest file of a kind, for a day or as long as is said: what came of it then stands on the page."""
        found = await self.store.last_task(biller.practice, kind)
        return found if found is not None and now() - found.asked_at < within else None

    async def page(self, name: str, biller: Biller, place: str, **context: Any) -> HTMLResponse:
        """The page of template `name`; `place` is the navigation's item. The notice of the codes stands on each.

        Made apart from the loop that forwards media: a list of fifty takes milliseconds which that has not.
        """
        shown = {
            **biller.frame, "page": place, "zone": biller.zone, "when": page_words.when, "today": today(biller),
            "notice": await codes_notice(self.store, biller.practice), **context,
        }  # fmt: skip
        return HTMLResponse(await asyncio.to_thread(lambda: self.templates.get_template(name).render(shown)))


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def today(biller: Biller, clock: Clock = now) -> date:
    """The day on the practice's wall."""
    return clock().astimezone(ZoneInfo(biller.zone)).date()


def state(row: Row) -> tuple[str, str, str]:
    """Word, tone and icon of an encounter."""
    return RELEASED if row.released else STATE[row.outcome]


def money(cents: int) -> str:
    """Cents as dollars."""
    return f"${cents // 100:,}.{cents % 100:02d}"
