"""Every page about payers as a reader hears it: each control has its words, each complaint its place, no id twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from billing_hooks import demo
from billing_hooks.codes_pages import create_codes_pages
from billing_hooks.fees_pages import create_fees_pages
from billing_hooks.payers_pages import create_payers_pages
from billing_hooks.rules_pages import create_rules_pages
from billing_hooks.store import Store
from tests.billing_hooks.test_fees_pages import services
from tests.billing_hooks.test_pages import AT, PRACTICE, TEMPLATES, checked, who

PAGES = (
    "rules", "rules/new", "rules/mhcp-2022", "rules/example-health-plan", "rules/example-health-plan/edit", "payers",
    "payers/mn-pmap-2026", "payers/ucare-2026", "payers/mhcp-2022/result", "fees", "services", "codes",
)  # fmt: skip


class Controls(HTMLParser):
    """Collects ids, controls, what names them, and what they point at."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.named: set[str] = set()
        self.pointed: set[str] = set()
        self.unnamed: list[dict[str, str | None]] = []
        self.controls: list[tuple[dict[str, str | None], bool]] = []
        self.labels = 0
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        found = dict(attrs)
        if found.get("id"):
            self.ids[str(found["id"])] += 1
        for name in ("aria-describedby", "aria-labelledby"):
            self.pointed |= set((found.get(name) or "").split())
        if tag == "label":
            self.labels += 1
            self.named |= {found["for"]} if found.get("for") else set()
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.controls.append((found, self.labels > 0 or bool(found.get("aria-label"))))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a label."""
        self.labels -= tag == "label"


@pytest.fixture
async def browser(database: Any) -> AsyncIterator[httpx.AsyncClient]:
    """All pages over the demo's billing."""
    store = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(store, PRACTICE, [], {"svc_individual": "psychotherapy_individual"}, AT)
    await demo.save_example_payer(store, PRACTICE, AT)
    app = FastAPI()
    for pages in (
        create_rules_pages(store, TEMPLATES, who), create_payers_pages(store, TEMPLATES, who),
        create_fees_pages(store, TEMPLATES, who, services), create_codes_pages(store, TEMPLATES, who),
    ):  # fmt: skip
        app.include_router(pages, prefix="/billing")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as client:
        yield client
    await store.close()


async def test_each_control_is_named_and_each_id_stands_once(browser: httpx.AsyncClient) -> None:
    """A label around it or for it; what it is described by is there; headings go down one step at a time."""
    for page in PAGES:
        found = Controls()
        found.feed(checked(await browser.get(f"/billing/{page}")))
        assert {name: many for name, many in found.ids.items() if many > 1} == {}, page
        unnamed = [each for each, inside in found.controls if not inside and each.get("id") not in found.named]
        assert unnamed == [], page
        assert found.pointed - found.ids.keys() == set(), page
        assert all(after <= before + 1 for before, after in zip([0, *found.headings], found.headings, strict=False)), (
            page
        )


async def test_an_example_with_two_versions_shows_what_changed_and_when_it_lapses(browser: httpx.AsyncClient) -> None:
    """As the demo has it."""
    page = checked(await browser.get("/billing/rules/example-health-plan"))
    assert "Modifiers with picture: 95, was GT." in page
    assert "reference EX-0112" in page
