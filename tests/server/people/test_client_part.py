"""The clients' pages in the real house: who may see them, what the house tells, what the doorkeeper lets through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from server.billing_wing import BillingWing
from server.db import clients, places
from server.db.visits import Address
from signaling.words import Site
from tests.billing_hooks.client_kit import CALL, PLAN, checked
from tests.billing_hooks.test_card_photos import JPEG

OCTETS = {"content-type": "application/octet-stream"}


@pytest.fixture
async def wing(app: FastAPI, house: Any) -> AsyncIterator[None]:
    """Billing's part of the house."""
    made = BillingWing(house.runtime)
    made.install(app)
    async with made.open(house):
        yield


@pytest.fixture
async def client(house: Any, team: Any) -> str:
    """Somebody with a home."""
    async with house.shelf.work() as work:
        made = await clients.add(work, name="Riley Example", phone="(651) 555-0134", email=None)
        await places.save(work, made, Address("US", "55 Lake St", "Saint Paul", "MN", "55104"), Site.HOME)
    return made


@pytest.mark.usefixtures("wing")
async def test_front_desk_and_biller_see_a_client_and_nobody_else_does(
    signed_in: Any, browsers: Any, client: str
) -> None:
    """By every address: the list, the page, a card, an answer."""
    for who in ("front_desk", "biller"):
        browser = await signed_in(who)
        assert "Riley Example" in checked(await browser.get("/billing/clients")).replace("Jordan", "")
        text = (await browser.get(f"/billing/clients/{client}")).text
        assert "55 Lake St, Saint Paul, MN 55104" in text
        assert 'aria-current="page">Clients' in text
        found = await browser.ask("/billing/clients/search", {"q": "exa"})
        assert found == {"clients": [{"id": client, "name": "Riley Example"}]}
    base = f"/billing/clients/{client}"
    first = f"{base}/coverages/cov_first"
    gets = ("/billing/clients", base, f"{base}/coverages/new", first, f"{first}/cards/front", f"{first}/270",
            "/billing/clients/of/vis_1")  # fmt: skip
    stranger, nobody = await signed_in("clinician"), browsers()
    for path in gets:
        assert (await stranger.get(path)).status_code == 403, path
        assert (await nobody.get(path)).headers["location"].startswith("/sign-in"), path
    posts = ("/billing/clients/search", f"{base}/record", f"{base}/authorizations", f"{base}/authorizations/remove",
             f"{base}/order", f"{base}/coverages", f"{base}/coverages/cov_first", f"{base}/coverages/cov_first/remove",
             f"{base}/coverages/cov_first/verify", f"{base}/coverages/cov_first/cards/front/remove")  # fmt: skip
    for path in posts:
        body = {"q": ""} if path.endswith("search") else {"order": []} if path.endswith("order") else {"fields": {}}
        assert (await stranger.post(path, json=body)).status_code == 403, path
        assert (await nobody.post(path, json=body)).status_code == 401, path
    for path in (f"{base}/coverages/cov_first/cards/front", f"{base}/coverages/cov_first/271"):
        assert (await stranger.post(path, content=JPEG, headers=OCTETS)).status_code == 403, path
        assert (await nobody.post(path, content=JPEG, headers=OCTETS)).status_code == 401, path


@pytest.mark.usefixtures("wing")
async def test_a_card_passes_the_doorkeeper_as_a_file_and_comes_back_with_safe_headers(
    signed_in: Any, client: str
) -> None:
    """Only as octets, only from our own pages, only up to a megabyte."""
    browser = await signed_in("front_desk")
    made = await browser.ask(f"/billing/clients/{client}/coverages", {"fields": PLAN})
    card = f"{made['next']}/cards/front"
    assert (await browser.post(card, content=JPEG, headers=OCTETS)).status_code == 200
    shown = await browser.get(card)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert shown.headers["cross-origin-resource-policy"] == "same-origin"
    assert (await browser.post(card, json={})).status_code == 415
    foreign = await browser.post(card, content=JPEG, headers=OCTETS | {"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert (await browser.post(card, content=bytes(1024 * 1024 + 1), headers=OCTETS)).status_code == 413
    assert (await browser.post(f"{made['next']}/271", content=bytes(64 * 1024 + 1), headers=OCTETS)).status_code == 413
    other = await browser.post(f"/billing/clients/{client}/record", content=b"{}", headers=OCTETS)
    assert other.status_code == 415, "everything else stays JSON"


@pytest.mark.usefixtures("wing")
async def test_a_verification_names_who_kept_it(signed_in: Any, client: str) -> None:
    """Front desk and biller too, not clinicians alone."""
    browser = await signed_in("front_desk")
    made = await browser.ask(f"/billing/clients/{client}/coverages", {"fields": PLAN})
    call = CALL | {"on": "2026-01-02", "expires": "2026-03-31"}
    said = await browser.ask(f"{made['next']}/verify", {"fields": call})
    assert said["say"].startswith("It held until 2026-03-31")
    assert "kept by Sam Okafor" in (await browser.get(made["next"])).text


@pytest.mark.usefixtures("wing")
async def test_the_visit_leads_to_its_clients_page_and_strangers_ids_lead_nowhere(signed_in: Any, booked: Any) -> None:
    """From the board, which knows visits and no clients."""
    visit, _ = await booked()
    browser = await signed_in("front_desk")
    gone = await browser.get(f"/billing/clients/of/{visit}")
    assert gone.status_code == 303
    assert (await browser.get(gone.headers["location"])).status_code == 200
    for path in ("/billing/clients/of/vis_nobody", f"/billing/clients/cli_{'a' * 20}", "/billing/clients/x"):
        assert (await browser.get(path)).status_code == 404, path
