"""What the tests of clients' pages share: a house that knows one client, pages around a real store, a page checker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import web
from billing_hooks.client_pages import About, KnownPlace, create_client_pages
from billing_hooks.coverage_pages import create_coverage_pages
from billing_hooks.eligibility_pages import create_eligibility_pages
from billing_hooks.errors import Refused
from billing_hooks.page_frame import Biller
from billing_hooks.store import Store
from tests.billing_hooks.desk_kit import answering

PRACTICE, CLIENT, OTHER = "prc_lakeside", "cli_82b1f0", "prc_other"
BASE = f"/billing/clients/{CLIENT}"
TEMPLATES = Environment(
    loader=FileSystemLoader(web.TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def noon() -> datetime:
    """The clock of these tests."""
    return datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


class Known:
    """A house that knows one client of one practice."""

    async def find(self, wanted: str) -> Sequence[tuple[str, str]]:
        """The one client, by the beginning of the name."""
        return [(CLIENT, "Jordan <b>Doe")] if "jordan".startswith(wanted.casefold()) else []

    async def about(self, client: str) -> About:
        """Jordan, or nobody."""
        if client != CLIENT:
            raise Refused("client-unknown", "There is no such client here: choose one from the list.")
        place = KnownPlace("55 Lake St, Saint Paul, MN 55104", "home", usual=True)
        return About("Jordan <b>Doe", "(651) 555-0134", "jordan@mail.example", (place,))

    async def client_of(self, visit: str) -> str:
        """Every visit is Jordan's."""
        return CLIENT


async def who(request: Request) -> Biller:
    """Somebody of the practice that a header names."""
    practice = request.headers.get("x-practice", PRACTICE)
    staff = {"id": "stf_hale", "name": "Robin Hale", "role": request.headers.get("x-role", "biller")}
    frame = {"name": "Lakeside <Behavioral>", "phone": "(612) 555-0100", "zone": "America/Chicago", "npi": "1990000105"}
    return Biller(practice, "stf_hale", "Robin Hale", "America/Chicago", {"staff": staff, "practice": frame})


async def names(_: Request, ids: Collection[str]) -> dict[str, str]:
    """Staff by id."""
    return {one: "Robin Hale" for one in ids if one == "stf_hale"}


@asynccontextmanager
async def browser_of(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The clients' pages as the house mounts them."""
    app = FastAPI()
    for part in (
        create_coverage_pages(store, TEMPLATES, who, Known(), names, noon),
        create_eligibility_pages(store, who),
        create_client_pages(store, TEMPLATES, who, Known(), now=noon),
    ):
        app.include_router(part, prefix="/billing")

    answering(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as browser:
        yield browser


class Outline(HTMLParser):
    """What a page needs: headings, ids used once, labels, nothing inline."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = dict(attrs)
        self.tags.append(tag)
        self.names |= set(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "label" and found.get("for"):
            self.labelled.add(str(found["for"]))
        if tag in ("input", "select", "textarea") and found.get("type") not in ("hidden", "checkbox"):
            self.fields.append(str(found.get("id")))


def checked(page: httpx.Response) -> str:
    """The page's text, after what every page must hold."""
    assert page.status_code == 200, page.text[:500]
    outline = Outline()
    outline.feed(page.text)
    assert outline.tags.count("h1") == 1
    assert len(outline.ids) == len(set(outline.ids)), sorted(x for x in outline.ids if outline.ids.count(x) > 1)
    assert set(outline.fields) <= outline.labelled, set(outline.fields) - outline.labelled
    assert "style" not in outline.names
    assert not [name for name in outline.names if name.startswith("on")]
    assert "<b>" not in page.text
    assert "Jordan" not in page.text.partition("</title>")[0]
    return page.text


PLAN = {
    "payer": "Example Commercial", "plan": "Gold", "lob": "commercial", "funding": "fully_insured", "plan-state": "MN",
    "member": "HPX123456789", "group": "GRP7788", "since": "2026-01-01", "until": "", "first-payer": "yes",
    "network": "in", "payer-id": "99901", "payer-phone": "", "relation": "self", "subscriber-given": "",
    "subscriber-family": "", "subscriber-birth-date": "", "subscriber-sex": "", "subscriber-street": "",
    "subscriber-city": "", "subscriber-state": "", "subscriber-zip": "", "credentialing": "practice",
    "credentialed": "", "assurance": "", "medicare-second": "",
}  # fmt: skip
CALL = {
    "representative": "Dana", "call-reference": "REF-4711", "on": "2026-11-02", "expires": "2027-01-31", "how": "call",
    "active": "yes", "pays-first": "yes", "said-network": "in", "copay": "25", "coinsurance": "20",
    "deductible": "500.00", "deductible-left": "120.00", "authorization": "not_required", "authorization-number": "",
    "telehealth": "yes", "home": "yes", "modifier": "95", "pos-home": "10", "pos-other": "02", "audio-only": "no",
    "audio-modifier": "", "note": "",
}  # fmt: skip


async def fill(
    browser: httpx.AsyncClient, path: str, fields: dict[str, str], status: int = 200, *, seen: int | None = None
) -> Any:
    """Send a form and give what comes back."""
    answer = await browser.post(path, json={"fields": fields, "seen": seen})
    assert answer.status_code == status, answer.text
    return answer.json()


async def add_plan(browser: httpx.AsyncClient, **change: str) -> str:
    """Add a coverage by the form; its path."""
    made = await fill(browser, f"{BASE}/coverages", PLAN | {k.replace("_", "-"): v for k, v in change.items()})
    return str(made["next"])
