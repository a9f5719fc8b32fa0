"""What the biller's further pages share: rendering with the codes' notice, forms by field, answers. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import jinja2
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import page_words
from billing_hooks.errors import Malformed
from billing_hooks.field_errors import WrongFields
from billing_hooks.lapsing import codes_notice
from billing_hooks.pages import Biller
from billing_hooks.store import Store
from billing_hooks.store_tasks import Task, TaskKind

_A_DAY = timedelta(days=1)
_Word = Annotated[str, StringConstraints(max_length=80)]
_Text = Annotated[str, StringConstraints(max_length=4_000)]


class FormWish(BaseModel):
    """What a form sends: every field as text by its name, and the newest version that the person looked at."""

    model_config = ConfigDict(extra="forbid")

    form: dict[_Word, _Text]
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The store and the templates, and how a page of the biller is made of them."""

    store: Store
    templates: jinja2.Environment

    async def last_file(self, biller: Biller, kind: TaskKind) -> Task | None:
        """The newest file of a kind, for a day: what came of it then stands on the page."""
        found = await self.store.last_task(biller.practice, kind)
        return found if found is not None and now() - found.asked_at < _A_DAY else None

    async def page(self, name: str, biller: Biller, place: str, **context: Any) -> HTMLResponse:
        """The page of template `name`; `place` is the navigation's item. The notice of the codes stands on each."""
        notice = await codes_notice(self.store, biller.practice)
        shown = {
            **biller.frame, "page": place, "zone": biller.zone, "notice": notice, "when": page_words.when,
            "today": today(biller), **context,
        }  # fmt: skip
        return HTMLResponse(self.templates.get_template(name).render(shown))


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def today(biller: Biller) -> date:
    """The day on the practice's wall."""
    return now().astimezone(ZoneInfo(biller.zone)).date()


async def answered(work: Awaitable[Mapping[str, Any]]) -> JSONResponse:
    """The answer to a form: what came of it, or what is wrong beside which field."""
    try:
        return JSONResponse(dict(await work))
    except WrongFields as error:
        return JSONResponse({"code": error.code, "say": error.say, "fields": error.fields}, 400)
    except Malformed as error:
        return JSONResponse({"code": error.code, "say": error.say, "fields": {}}, 400)
