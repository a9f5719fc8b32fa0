"""The list of visits of the next days whose cover is not verified, and of credentialing under way. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import estimating
from billing_hooks.check import Ahead, Look
from billing_hooks.check_words import line, sentence
from billing_hooks.errors import Refused
from billing_hooks.page_frame import Frame, Names, Who
from billing_hooks.store import Store
from billing_hooks.store_checks import Act, open_tasks

DAYS = 3
MOST = 200


@dataclass(frozen=True, slots=True)
class Coming:
    """A visit of the next days with its check. `estimate_due` where the client pays and has no estimate yet."""

    visit: str
    client: str
    clinician: str
    start: datetime
    look: Look
    ahead: Ahead
    estimate_made: bool = False
    estimate_due: date | None = None
    estimate_sent: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: who, when, what is missing, each in a sentence."""

    visit: str
    client: str
    clinician: str
    start: datetime
    line: str
    missing: tuple[str, ...]
    estimate: bool


Upcoming = Callable[[Request], Awaitable[Sequence[Coming]]]
MakeId = Callable[[], str]


def rows(found: Collection[Coming]) -> list[Row]:
    """Those without verified cover, soonest first: everything that is missing, said before the visit."""
    kept: list[Row] = []
    for one in sorted(found, key=lambda each: (each.start, each.visit)):
        missing = [_capital(sentence(each, one.ahead)) for each in one.look.troubles]
        pays = estimating.wanted(one.look)  # also while something else is missing: its day for the estimate passes
        if pays and one.estimate_sent is None:
            due = f" by {one.estimate_due.isoformat()}" if one.estimate_due is not None else ""
            word = "The estimate is to be given to the client" if one.estimate_made else "The estimate is to be made"
            missing.append(f"{word}{due}.")
        if missing:
            said = line(one.look, one.ahead)
            kept.append(Row(one.visit, one.client, one.clinician, one.start, said, tuple(missing), pays))
    return kept


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def create_upcoming_pages(
    store: Store, templates: jinja2.Environment, who: Who, names: Names, upcoming: Upcoming, make_id: MakeId
) -> APIRouter:
    """The routes under /billing: `/upcoming`, POST `/upcoming/tasks/{act}/done`.

    `who` gives the signed-in person who may see coverage; `upcoming` the booked visits of the next days, checked.
    """
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/upcoming", response_class=HTMLResponse)
    async def page(request: Request) -> HTMLResponse:
        here = await who(request)
        found = await upcoming(request)
        shown = rows(found)
        tasks = open_tasks(await store.acts_of_kind(here.practice, "credentialing", "credentialing_done"))
        people = await names(request, _people(shown, tasks))
        return await frame.page(
            "billing/upcoming.html", here, "upcoming", rows=shown[:MOST], all=len(found),
            more=max(0, len(shown) - MOST), tasks=tasks, people=people, days=DAYS,
        )  # fmt: skip

    @routes.post("/upcoming/tasks/{act}/done")
    async def done(request: Request, act: str) -> JSONResponse:
        here = await who(request)
        tasks = open_tasks(await store.acts_of_kind(here.practice, "credentialing", "credentialing_done"))
        task = next((each for each in tasks if each.id == act), None)
        if task is None:
            raise Refused("task-unknown", "That task is done already, or was never started: reload the page.")
        await store.add_act(here.practice, _done(task, make_id(), here.id))
        return JSONResponse({})

    return routes


def _done(task: Act, made: str, by: str) -> Act:
    return Act(
        id=made, visit=task.visit, client=task.client, clinician=task.clinician, kind="credentialing_done",
        state=task.state, at=datetime.now(UTC), by=by, said=dict(task.said), about=task.id,
    )  # fmt: skip


def _people(shown: Collection[Row], tasks: Collection[Act]) -> set[str]:
    found = {person for row in shown for person in (row.client, row.clinician)}
    return found | {person for task in tasks for person in (task.clinician, task.by)}
