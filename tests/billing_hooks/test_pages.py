"""The biller's pages over a real store and the real templates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import JSONResponse, Response

import web
from billing_hooks import contract, demo, jobs
from billing_hooks.errors import Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.page_frame import Biller
from billing_hooks.pages import create_pages
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id

Seal = Callable[[dict[str, Any]], bytes]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PRACTICE, VISIT = "prc_lakeside", "vis_7f3a91c2d4"
PAGE = f"/billing/encounters/{encounter_id(PRACTICE, VISIT)}"
TEMPLATES = Environment(loader=FileSystemLoader(web.TEMPLATES), autoescape=True, undefined=StrictUndefined)


class Outline(HTMLParser):
    """Counts what a page needs: headings, unlabelled inline styles and handlers, open and closed elements."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += attrs


async def who(request: Request) -> Biller:
    """The biller of the practice that a header names."""
    practice = request.headers.get("x-practice", PRACTICE)
    staff = {"id": "stf_hale", "name": "Robin Hale", "role": "biller"}
    shown = {"name": "Lakeside <Behavioral>", "phone": "(612) 555-0100", "zone": "America/Chicago"}
    return Biller(practice, "stf_hale", "Robin Hale", "America/Chicago", {"staff": staff, "practice": shown})


async def names(_: Request, ids: Collection[str]) -> dict[str, str]:
    """The house knows people's names, billing does not."""
    known = {"cli_82b1f0": "Jordan Doe <b>", "stf_rivera": "Ana Rivera"}
    return {each: known[each] for each in ids if each in known}


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, ["cli_82b1f0"], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages as the house mounts them."""
    app = FastAPI()
    app.include_router(create_pages(store, TEMPLATES, who, names), prefix="/billing")

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return JSONResponse({"code": error.code, "say": error.say}, 409)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as client:
        yield client


async def code(store: Store, *raws: bytes) -> None:
    """Receive events and code the visit."""
    for raw in raws:
        await store.receive(json.loads(raw), raw, AT)
    await jobs.code_encounter(store, PRACTICE, VISIT, at=AT)


async def ready(store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal) -> None:
    """An encounter that can be released."""
    sheet = Sheet(minutes=46, diagnoses=("F41.1",))
    await store.save_sheet(PRACTICE, VISIT, sheet, "stf_rivera", AT)
    await code(store, seal(event), seal(statement))


def checked(page: httpx.Response) -> str:
    """The page's text, after what every page must hold: one h1, nothing inline, nothing unescaped."""
    assert page.status_code == 200
    outline = Outline()
    outline.feed(page.text)
    assert outline.tags.count("h1") == 1
    names_ = {name for name, _ in outline.attributes}
    assert "style" not in names_
    assert not [name for name in names_ if name.startswith("on")]
    assert "style" not in outline.tags
    assert "<b>" not in page.text
    assert "<Behavioral>" not in page.text
    assert "American Medical Association" in page.text
    return page.text


async def test_an_empty_worklist_says_when_it_will_not_be(browser: httpx.AsyncClient) -> None:
    """No table, a sentence."""
    assert "No visit has ended yet." in checked(await browser.get("/billing/"))


async def test_the_worklist_shows_the_verdict_first_and_leads_to_the_encounter(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """One line: what is proposed, for whom, when."""
    await ready(store, event, statement, seal)
    text = checked(await browser.get("/billing/"))
    assert "Ready to release: 90834 95, POS 10, 46 minutes" in text
    assert PAGE in text
    assert "Jordan Doe" in text
    assert "20 Nov 2026, 10:02" in text
    assert "Nothing here." in checked(await browser.get("/billing/?show=hold"))


async def test_every_column_sorts_both_ways(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """The heading links turn the order round, and the sorted column says so."""
    for number, began in ((1, "09"), (2, "12"), (3, "11")):
        one = json.loads(json.dumps(event)) | {"id": f"evt_{number}"}
        one["visit"]["id"] = f"vis_{number}"
        one["times"] |= {"in_visit": f"2026-11-20T{began}:00:00Z", "in_visit_local": f"2026-11-20T{began}:00:00+00:00"}
        raw = seal(one)
        await store.receive(json.loads(raw), raw, AT)
        await jobs.code_encounter(store, PRACTICE, f"vis_{number}", at=AT)
    for column in ("state", "visit", "client", "clinician", "file_by", "waits", "since"):
        assert 'aria-sort="ascending"' in checked(await browser.get(f"/billing/?sort={column}"))
    up = checked(await browser.get("/billing/?sort=visit"))
    assert up.index("20 Nov 2026, 03:00") < up.index("20 Nov 2026, 05:00") < up.index("20 Nov 2026, 06:00")
    down = checked(await browser.get("/billing/?sort=visit&down=true"))
    assert 'aria-sort="descending"' in down
    assert down.index("20 Nov 2026, 06:00") < down.index("20 Nov 2026, 05:00") < down.index("20 Nov 2026, 03:00")


async def test_an_encounter_shows_lines_why_clocks_timeline_and_facts(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Verdict, codes with charge, rule with source and date, three clocks, picture and table, event facts."""
    await ready(store, event, statement, seal)
    text = checked(await browser.get(PAGE))
    for part in (
        "Ready to release: 90834 95, POS 10, 46 minutes", "$175.00", "demo-commercial v1", "in force from 2026-01-01",
        "Example Commercial, telehealth amendment (demo)", "F41.1", "Sound and picture 44:12", "46 minutes",
        'class="timeline"', "Client reconnecting", "AEAD_AES_256_GCM", "saw and heard the client", "at home, MN",
    ):  # fmt: skip
        assert part in text, part


async def test_a_held_encounter_says_what_to_cure_and_cannot_be_released(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """The reason in plain words, its code beside it, no button."""
    event["location"] = None
    await code(store, seal(event))
    text = checked(await browser.get(PAGE))
    assert "Held: the client&#39;s location was not confirmed" in text
    assert "LOCATION_ATTESTATION_MISSING" in text
    assert 'id="release"' not in text


async def test_release_is_recorded_with_the_billers_name(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Once, by a person who saw the note; the page then says who and when."""
    await ready(store, event, statement, seal)
    unseen = await browser.post(f"{PAGE}/release", json={"version": 1, "note_seen": False})
    assert unseen.json()["code"] == "note-not-seen"
    assert (await browser.post(f"{PAGE}/release", json={"version": 1, "note_seen": True})).status_code == 200
    again = await browser.post(f"{PAGE}/release", json={"version": 1, "note_seen": True})
    assert again.json()["code"] == "already-released"
    assert "Released by Robin Hale" in checked(await browser.get(PAGE))
    assert "Nothing here." in checked(await browser.get("/billing/"))
    assert PAGE in checked(await browser.get("/billing/?show=released"))


async def test_the_saved_event_is_the_delivered_body_and_verifies(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    keys: dict[str, PublicKey],
) -> None:  # fmt: skip
    """Downloaded under a name without a person in it, byte for byte."""
    await ready(store, event, statement, seal)
    saved = await browser.get(f"/billing/events/{event['id']}")
    assert saved.content == seal(event)
    assert saved.headers["content-disposition"] == f'attachment; filename="session-complete-{event["id"]}.json"'
    contract.verify(saved.content, keys)


async def test_another_practices_biller_sees_nothing(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Neither the list, nor the page, nor the file, nor a release."""
    await ready(store, event, statement, seal)
    other = {"x-practice": "prc_other"}
    assert "No visit has ended yet." in (await browser.get("/billing/", headers=other)).text
    assert (await browser.get(PAGE, headers=other)).json()["code"] == "encounter-unknown"
    assert (await browser.get(f"/billing/events/{event['id']}", headers=other)).json()["code"] == "event-unknown"
    release = await browser.post(f"{PAGE}/release", json={"version": 1, "note_seen": True}, headers=other)
    assert release.json()["code"] == "encounter-unknown"


async def test_a_long_list_comes_in_parts_and_loses_nobody(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """Sixty encounters: fifty, then ten, each once, whatever they are sorted by."""
    for number in range(60):
        event |= {"id": f"evt_{number}"}
        event["visit"]["id"] = f"vis_{number}"
        await store.receive(json.loads(seal(event)), seal(event), AT)
        await jobs.code_encounter(store, PRACTICE, f"vis_{number}", at=AT)
    for sort in ("state", "client"):
        parts = [checked(await browser.get(f"/billing/?sort={sort}&part={part}")) for part in (0, 1)]
        assert [text.count('class="verdict-link"') for text in parts] == [50, 10]
        found = {link for text in parts for link in text.split('"') if link.startswith("/billing/encounters/")}
        assert len(found) == 60
        assert 'rel="next"' in parts[0]
        assert 'rel="next"' not in parts[1]
        assert 'rel="prev"' in parts[1]
