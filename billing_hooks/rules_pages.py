"""The biller's pages of payer rules: the list, one rule with its versions, the form. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import packs, rule_changes, rule_form, rule_keeping, rule_shelf, rule_words
from billing_hooks.errors import Refused
from billing_hooks.field_errors import WrongFields
from billing_hooks.page_frame import PAGE_ROWS, Biller, Filled, Frame, Part, Who, now, today
from billing_hooks.rule_fields import groups
from billing_hooks.rule_reading import known_rules, shelf, shelved
from billing_hooks.rule_shelf import Entry, Version
from billing_hooks.store import Store
from billing_hooks.store_rules import RuleVersion
from billing_hooks.store_tasks import TaskKind

PARTS = (
    ("own", "Your rules", "What the practice entered or confirmed. Only these can let a visit be billed."),
    ("minnesota", "Minnesota starter rules", "Each holds its visits until somebody has asked the payer."),
    ("shipped", "Other shipped rules", "Not confirmed either; a law stands by itself."),
    ("historical", "Historical examples", "Answers of about 2017 to 2019, with an end. None decides a visit of today."),
)  # fmt: skip
Number = Annotated[int | None, Query(ge=1, le=100_000)]


def create_rules_pages(store: Store, templates: jinja2.Environment, who: Who) -> APIRouter:
    """The routes under /billing: `/rules`, `/rules/new`, `/rules/{id}`, `/rules/{id}/edit`, POST `/rules`,
    `/rules/{id}/reviewed`."""
    routes, frame = APIRouter(), Frame(store, templates)
    lists = packs.shipped()[0].lists
    # Read before anything is served: the process that forwards media has no time for it later.
    packs.shipped_versions()

    @routes.get("/rules", response_class=HTMLResponse)
    async def every(request: Request, part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        entries = await shelf(store, biller.practice)
        shown = {name: [entry for entry in entries if rule_shelf.part(entry) == name] for name, *_ in PARTS}
        more = len(shown["own"]) > PAGE_ROWS * (part + 1)
        shown["own"] = shown["own"][PAGE_ROWS * part : PAGE_ROWS * (part + 1)]
        return await frame.page(
            "billing/rules.html", biller, "rules", parts=PARTS, entries=shown, words=rule_words, part=part, more=more,
            last_file=await frame.last_file(biller, TaskKind.RULE_FILE),
        )  # fmt: skip

    @routes.get("/rules/new", response_class=HTMLResponse)
    async def blank(request: Request) -> HTMLResponse:
        biller = await who(request)
        start = {"status": "confirmed", "kind": "payer_policy", "from": today(biller).isoformat()}
        return await frame.page(
            "billing/rule-form.html", biller, "rules", groups=groups(lists), values=start, kept=(), rule=None, seen=0,
            title="New rule",
        )  # fmt: skip

    @routes.get("/rules/{rule}", response_class=HTMLResponse)
    async def one(request: Request, rule: str, old: Number = None, new: Number = None) -> HTMLResponse:
        biller = await who(request)
        entry = await _entry(store, biller, rule)
        newer = _version(entry, new) or entry.newest
        older = _version(entry, old) or (entry.versions[-2] if len(entry.versions) > 1 else None)
        return await frame.page(
            "billing/rule.html", biller, "rules", entry=entry, words=rule_words,
            told=rule_changes.told(entry.newest.rule), lapse=entry.lapse(today(biller)), older=older, newer=newer,
            reviews=await store.reviews(biller.practice, rule=rule),
            visits=await store.visits_questioned(biller.practice),
            changes=rule_changes.changes(older.rule, newer.rule) if older is not None else (),
        )  # fmt: skip

    @routes.get("/rules/{rule}/edit", response_class=HTMLResponse)
    async def edit(request: Request, rule: str, version: Number = None) -> HTMLResponse:
        biller = await who(request)
        entry = await _entry(store, biller, rule)
        source = _version(entry, version) or entry.newest
        return await frame.page(
            "billing/rule-form.html", biller, "rules", groups=groups(lists), values=rule_form.fill(source.form),
            kept=source.rule.citations, rule=source, seen=entry.newest.rule.version, title="New version",
        )  # fmt: skip

    @routes.post("/rules/{rule}/reviewed")
    async def reviewed(request: Request, rule: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        note = wish.fields.get("note", "")
        if not note.strip():
            raise WrongFields({f"note-{rule}": "Say what came of the look at the rule."})
        done = await store.close_review(biller.practice, rule, note, by=biller.id, name=biller.name, at=now())
        if not done:
            raise Refused("review-unknown", "Nobody waits for a look at this rule any more: load the page again.")
        return JSONResponse({})

    @routes.post("/rules")
    async def save(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _save(store, biller, wish, groups(lists))))

    return routes


async def _save(store: Store, biller: Biller, wish: Filled, all_groups: Any) -> Mapping[str, Any]:
    """Keep a rule that was typed, as a new version. Errors: WrongFields."""
    rule = wish.fields.get("id", "").strip()
    day = today(biller)
    await shelf(store, biller.practice)  # reads what is new a few at a time, before the transaction

    def admit(kept: Sequence[RuleVersion]) -> Sequence[Mapping[str, Any]]:
        entry = next((each for each in shelved(kept) if each.id == rule), None)
        number = wish.fields.get("made_of", "")
        made_of = _version(entry, int(number)) if number.isascii() and number.isdecimal() else None
        form = rule_form.read(
            wish.fields, all_groups, rule=rule, before=made_of.form if made_of else None, by=biller.name, today=day
        )
        replaces = wish.fields.get("replaces") == "yes"
        return [rule_keeping.admit(form, known_rules(kept), seen=wish.seen, replaces=replaces)]

    [added] = await store.add_rules(biller.practice, admit, biller.id, now())
    return {"to": f"/billing/rules/{rule}", "version": added.version}


async def _entry(store: Store, biller: Biller, rule: str) -> Entry:
    found = next((each for each in await shelf(store, biller.practice) if each.id == rule), None)
    if found is None:
        raise Refused("rule-unknown", "There is no such rule: look at the list of rules.")
    return found


def _version(entry: Entry | None, number: int | None) -> Version | None:
    if entry is None:
        return None
    return next((each for each in entry.versions if each.rule.version == number), None)
