"""The biller's worklist: filters, counts, whom each encounter waits for, days left to file. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from billing_hooks import desk_words
from billing_hooks.claims_pages import days_left, word_of
from billing_hooks.lapsing import lapsing
from billing_hooks.page_frame import PAGE_ROWS, Biller, Frame, Names, Part, Who, state, today
from billing_hooks.store import Store
from billing_hooks.store_encounters import Row
from billing_hooks.store_worklist import Filters
from billing_hooks.waiting import PARTY_WORDS, Party

SHOWN = (
    ("open", "To do"), ("bill", "Ready"), ("self_pay", "Client pays"), ("hold", "Held"), ("refuse", "Not billable"),
    ("released", "Released"), ("sent", "Sent"), ("denied", "Denied"), ("paid", "Paid"), ("all", "All"),
)  # fmt: skip
BY_NAME = 300
Choice = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of an address: as written, as understood, and what is wrong with a day."""

    written: Mapping[str, str]
    filters: Filters
    wrong: Mapping[str, str]


async def asked_for(
    payer: Choice = "", clinician: Choice = "", reason: Choice = "", waits: Choice = "",
    since: Annotated[str, Query(alias="from", max_length=32)] = "",
    until: Annotated[str, Query(alias="to", max_length=32)] = "",
) -> Asked:  # fmt: skip
    """The filters of a request. A day that cannot be read narrows nothing and is named."""
    (first, wrong_first), (last, wrong_last) = desk_words.day(since), desk_words.day(until)
    written = {
        "payer": payer, "clinician": clinician, "reason": reason, "waits": waits, "from": since, "to": until,
    }  # fmt: skip
    wrong = {"from": wrong_first, "to": wrong_last}
    filters = Filters(payer, clinician, reason, waits, first, last)
    return Asked(
        {name: text for name, text in written.items() if text}, filters,
        {name: say for name, say in wrong.items() if say},
    )  # fmt: skip


Narrowed = Annotated[Asked, Depends(asked_for)]


def create_worklist_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None) -> APIRouter:
    """GET `/`: one part of the list."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/", response_class=HTMLResponse)
    async def worklist(
        request: Request, asked: Narrowed, show: Choice = "open", sort: Choice = "state", down: bool = False,
        part: Part = 0,
    ) -> HTMLResponse:  # fmt: skip
        biller = await who(request)
        by_name = sort in ("client", "clinician")
        # Names are not in billing's tables: by name a page of the newest few hundred is sorted here.
        limit, offset = (BY_NAME, 0) if by_name else (PAGE_ROWS + 1, PAGE_ROWS * part)
        found = await store.worklist(
            biller.practice, show=show, sort=sort, down=down, limit=limit, offset=offset, filters=asked.filters
        )
        choices = await store.choices(biller.practice)
        people = await named(request, {*choices.clinicians, *(row.client for row in found)})
        rows = list(found)
        if by_name:
            rows.sort(key=lambda row: people.get(getattr(row, sort), "").casefold(), reverse=down)
            rows = rows[PAGE_ROWS * part :]
        counts = await store.counts(biller.practice, asked.filters)
        total = counts["all"] if not asked.written else (await store.counts(biller.practice))["all"]
        return await frame.page(
            "billing/worklist.html", biller, "encounters", rows=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, part=part,
            people=people, state=state, show=show, sort=sort, down=down, total=total,
            filters=[(key, word, counts.get(key, 0)) for key, word in SHOWN], clean=counts["clean"],
            link=_link({"show": show, **asked.written}, sort, down), asked=asked, sorts=desk_words.SORTS,
            only_newest=BY_NAME if by_name and len(found) == BY_NAME else 0, told=_told(biller),
            claims=await store.claims_standing(biller.practice, [row.id for row in rows[:PAGE_ROWS] if row.released]),
            claim_word=word_of, appeal=days_left(today(biller)),
            lapses=await lapsing(store, biller.practice, today(biller)),
            choices={
                "payer": ("Payer", choices.payers),
                "clinician": ("Clinician", sorted(
                    ((one, people.get(one, one)) for one in choices.clinicians), key=lambda each: each[1].casefold()
                )),
                "waits": ("Waiting for", [(party.value, PARTY_WORDS[party].capitalize()) for party in Party]),
                "reason": ("Reason", [(code, desk_words.reason_say(code)) for code in choices.reasons]),
            },
        )  # fmt: skip

    return routes


def _told(biller: Biller) -> Callable[[Row], dict[str, Any]]:
    """What a row says beside its verdict, as of now on the practice's calendar."""
    now = datetime.now(UTC)
    today: date = now.astimezone(ZoneInfo(biller.zone)).date()

    def told(row: Row) -> dict[str, Any]:
        waited = desk_words.waited(row.waits, row.asked_at, row.released)
        return {
            "left": desk_words.left(row.outcome, row.released, row.file_by, today),
            "waited": waited,
            "ago": desk_words.ago(waited.since, now, biller.zone) if waited.since is not None else "",
        }

    return told


def _link(kept: Mapping[str, str], sort: str, down: bool) -> Callable[..., str]:
    """An address of the worklist with one thing changed; a column that is sorted already turns round."""

    def link(**change: str | int) -> str:
        turned = change.get("sort") == sort and not down
        wanted = {**kept, "sort": sort, "down": str((down and "sort" not in change) or turned).lower(), **change}
        return f"?{urlencode(wanted)}"

    return link
