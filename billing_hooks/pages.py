"""The biller's pages: the worklist, one encounter with its evidence, the saved event, the release. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import jinja2
from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt
from starlette.responses import HTMLResponse, JSONResponse, Response

from billing_hooks import given_view, packs, page_words, rules
from billing_hooks.contract import SESSION_COMPLETE
from billing_hooks.errors import Refused
from billing_hooks.given import PREFIX
from billing_hooks.page_words import RELEASED, STATE
from billing_hooks.store import Store
from billing_hooks.store_encounters import Coding, Release, Row


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
FILTERS = (
    ("open", "To do"), ("bill", "Ready"), ("self_pay", "Client pays"), ("hold", "Held"), ("refuse", "Not billable"),
    ("released", "Released"), ("all", "All"),
)  # fmt: skip
# These pages come from the process that forwards media, where nothing may take long: a part of the list at a time.
PAGE_ROWS = 50
_BY_NAME = 300
Part = Annotated[int, Query(ge=0, le=10_000)]


class ReleaseWish(BaseModel):
    """What `Release` sends: the version that was looked at, and that the note was seen to be signed."""

    model_config = ConfigDict(extra="forbid")

    version: StrictInt
    note_seen: StrictBool


def create_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None = None) -> APIRouter:
    """The routes under /billing: `/`, `/encounters/{id}`, `/events/{id}`, POST `/encounters/{id}/release`.

    `who` gives the signed-in biller or raises Refused; `names` gives people's names by id, where the house knows them.
    """
    routes = APIRouter()

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/", response_class=HTMLResponse)
    async def worklist(
        request: Request, show: str = "open", sort: str = "state", down: bool = False, part: Part = 0
    ) -> HTMLResponse:
        biller = await who(request)
        by_name = sort in ("client", "clinician")
        # Names are not in billing's tables: by name a page of the newest few hundred is sorted here.
        limit, offset = (_BY_NAME, 0) if by_name else (PAGE_ROWS + 1, PAGE_ROWS * part)
        rows = list(await store.worklist(biller.practice, show=show, sort=sort, down=down, limit=limit, offset=offset))
        people = await named(request, {person for row in rows for person in (row.client, row.clinician)})
        if by_name:
            rows.sort(key=lambda row: _name(people, getattr(row, sort)).casefold(), reverse=down)
            rows = rows[PAGE_ROWS * part :]
        counts = await store.counts(biller.practice)
        return _page(
            templates, "billing/worklist.html", biller, rows=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, part=part,
            people=people, state=_state, show=show, sort=sort, down=down, when=page_words.when,
            filters=[(key, word, counts.get(key, 0)) for key, word in FILTERS], link=_link(show, sort, down),
            total=counts["all"],
        )  # fmt: skip

    @routes.get("/encounters/{encounter}", response_class=HTMLResponse)
    async def one(request: Request, encounter: str) -> HTMLResponse:
        biller = await who(request)
        row, codings, releases = await store.encounter(biller.practice, encounter)
        if row.event.startswith(PREFIX):
            return await given_encounter(request, biller, row, codings, releases)
        stored = await store.event(biller.practice, row.event)
        people = await named(request, {row.client, row.clinician})
        received = stored.received_at if stored is not None else row.updated_at
        return _page(
            templates, "billing/encounter.html", biller, row=row, people=people, state=_state(row), codings=codings,
            releases=releases, when=page_words.when, words=page_words, **_shown_coding(codings[0], received),
        )  # fmt: skip

    async def given_encounter(
        request: Request, biller: Biller, row: Row, codings: tuple[Coding, ...], releases: tuple[Release, ...]
    ) -> HTMLResponse:
        """The page of a service that no visit gave."""
        people = await named(request, {row.client, row.clinician})
        return _page(
            templates, "billing/given_encounter.html", biller, row=row, people=people, state=_state(row),
            coding=codings[0], codings=codings, releases=releases, when=page_words.when,
            **given_view.context(codings[0].proposal, codings[0].rests_on),
        )  # fmt: skip

    @routes.get("/events/{event}")
    async def saved(request: Request, event: str) -> Response:
        biller = await who(request)
        stored = await store.event(biller.practice, event)
        if stored is None:
            raise Refused("event-unknown", "There is no such event in this practice.")
        kind = "session-complete" if stored.kind == SESSION_COMPLETE else "statement"
        name = f'attachment; filename="{kind}-{stored.id}.json"'
        return Response(stored.raw, media_type="application/json", headers={"Content-Disposition": name})

    @routes.post("/encounters/{encounter}/release")
    async def release(request: Request, encounter: str, wish: ReleaseWish) -> JSONResponse:
        biller = await who(request)
        await store.release(
            biller.practice, encounter, version=wish.version, by=biller.id, name=biller.name, note_seen=wish.note_seen,
            at=datetime.now(UTC),
        )  # fmt: skip
        return JSONResponse({})

    return routes


def _page(templates: jinja2.Environment, name: str, biller: Biller, **context: Any) -> HTMLResponse:
    notice = packs.shipped()[0].notice
    found = {**biller.frame, "page": "encounters", "zone": biller.zone, "notice": notice, **context}
    return HTMLResponse(templates.get_template(name).render(found))


def _name(people: Mapping[str, str], person: str) -> str:
    return people.get(person, person)


def _state(row: Row) -> tuple[str, str, str]:
    """Word, tone and icon."""
    return RELEASED if row.released else STATE[row.outcome]


def _link(show: str, sort: str, down: bool) -> Callable[..., str]:
    """An address of the worklist with one thing changed; a column that is sorted already turns round."""

    def link(**change: str | int) -> str:
        turned = change.get("sort") == sort and not down
        wanted = {"show": show, "sort": sort, "down": str((down and "sort" not in change) or turned).lower(), **change}
        return f"?{urlencode(wanted)}"

    return link


def _shown_coding(coding: Coding, received_at: datetime) -> dict[str, Any]:
    """What a coding run shows: its lines with charges, its reasons with their rules, clocks, facts, timeline."""
    rests_on = coding.rests_on
    event, sheet = rests_on["event"], rests_on["sheet"] or {}
    own = [rules.parse(rule, lenient=True) for rule in rests_on["rules"]]
    known = [*packs.shipped_rules(), *own]
    fees = {code: cents for code, cents, *_ in rests_on["fees"]}
    return {
        "coding": coding,
        "proposal": coding.proposal,
        "charge": lambda line: _money(fees[line.code] * line.units) if line.code in fees else "no fee on file",
        "sources": {source.name: source for source in page_words.sources(coding.proposal.rules, known)},
        "svg": Markup(coding.drawn["svg"]),  # noqa: S704 - drawn by billing_hooks.timeline, which escapes every word
        "rows": coding.drawn["rows"],
        "clocks": page_words.clocks(event, sheet.get("minutes"), sheet.get("total_same_day")),
        "facts": page_words.facts(event, received_at),
        "diagnoses": sheet.get("diagnoses", []),
        "event": event,
        "statement": rests_on["statement"],
        "coverage": rests_on["coverage"],
    }


def _money(cents: int) -> str:
    return f"${cents // 100:,}.{cents % 100:02d}"
