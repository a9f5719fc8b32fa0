"""Every staff route answers the roles of the table and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from server.db import visits as visit_rows
from server.permissions import TABLE, May
from server.routes import (
    client,
    exits,
    guest,
    guests,
    imports,
    pages,
    paper,
    plans,
    private_notes,
    public,
    settings,
    sheets,
    staff,
    statements,
    supervision,
    visits,
)
from server.routes.asking import client_here, guest_here
from signaling.words import StaffRole

CLINICIAN = {"clinician"}
BOOKERS = {"clinician", "front_desk"}
OFFICE = {"front_desk", "biller"}
ALL = {"clinician", "front_desk", "biller"}

# Written out by hand, apart from server.permissions: who may use which route.
EXPECTED: dict[tuple[str, str], set[str]] = {
    ("GET", "/desk"): CLINICIAN,
    ("GET", "/visits/new"): BOOKERS,
    ("GET", "/visits/{visit}"): CLINICIAN,
    ("GET", "/visits/{visit}/connection"): CLINICIAN,
    ("GET", "/board"): BOOKERS,
    ("GET", "/statements"): CLINICIAN,
    ("GET", "/settings"): CLINICIAN,
    ("GET", "/api/staff/me"): ALL,
    ("POST", "/api/socket-ticket"): BOOKERS,
    ("POST", "/api/clients/search"): BOOKERS,
    ("GET", "/api/clinicians"): BOOKERS,
    ("GET", "/api/services"): BOOKERS,
    ("POST", "/api/visits"): BOOKERS,
    ("GET", "/api/visits/{visit}/link"): BOOKERS,
    ("POST", "/api/visits/{visit}/link/new"): BOOKERS,
    ("POST", "/api/visits/{visit}/cancel"): BOOKERS,
    ("POST", "/api/visits/{visit}/no-show"): BOOKERS,
    ("GET", "/api/visits/{visit}/client"): CLINICIAN,
    ("GET", "/api/visits/{visit}/guests"): BOOKERS,
    ("POST", "/api/visits/{visit}/guests"): BOOKERS,
    ("GET", "/api/visits/{visit}/guests/{guest}/link"): BOOKERS,
    ("POST", "/api/visits/{visit}/guests/{guest}/revoke"): BOOKERS,
    ("GET", "/api/visits/{visit}/check"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/ask-place"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/exception"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/refer"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/reschedule"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/credentialing"): CLINICIAN,
    ("POST", "/api/visits/{visit}/exits/private-pay"): CLINICIAN,
    ("GET", "/api/overrides"): CLINICIAN,
    ("POST", "/api/visits/{visit}/override-reason"): CLINICIAN,
    ("GET", "/contacts"): BOOKERS,
    ("GET", "/api/contacts"): BOOKERS,
    ("POST", "/api/contacts"): BOOKERS,
    ("GET", "/visits/{visit}/estimate"): ALL,
    ("POST", "/api/visits/{visit}/estimate"): ALL,
    ("POST", "/api/visits/{visit}/estimate/given"): ALL,
    ("GET", "/api/statements"): CLINICIAN,
    ("POST", "/api/visits/{visit}/statement"): CLINICIAN,
    ("GET", "/imports"): OFFICE,
    ("GET", "/imports/template.csv"): OFFICE,
    ("POST", "/api/imports/csv"): OFFICE,
    ("POST", "/api/imports/fhir"): OFFICE,
    ("GET", "/api/imports/{wanted}"): OFFICE,
    ("POST", "/api/imports/{wanted}/confirm"): OFFICE,
    ("POST", "/api/imports/{wanted}/discard"): OFFICE,
    ("GET", "/visits/{visit}/sheet"): CLINICIAN,
    ("GET", "/api/visits/{visit}/sheet"): CLINICIAN,
    ("POST", "/api/visits/{visit}/sheet/draft"): CLINICIAN,
    ("POST", "/api/visits/{visit}/sheet/sign"): CLINICIAN,
    ("POST", "/api/visits/{visit}/sheet/countersign"): CLINICIAN,
    ("POST", "/api/diagnoses"): CLINICIAN,
    ("GET", "/api/countersign"): CLINICIAN,
    ("GET", "/api/drafts"): CLINICIAN,
    ("GET", "/api/visits/{visit}/private-note"): CLINICIAN,
    ("POST", "/api/visits/{visit}/private-note"): CLINICIAN,
    ("GET", "/clients/{client}/plans"): CLINICIAN,
    ("GET", "/api/clients/{client}/plans"): CLINICIAN,
    ("POST", "/api/clients/{client}/plans"): CLINICIAN,
    ("GET", "/api/plans/due"): CLINICIAN,
    ("GET", "/api/settings/practice"): CLINICIAN,
    ("POST", "/api/settings/practice"): CLINICIAN,
    ("GET", "/api/settings/clinicians/{clinician}"): CLINICIAN,
    ("POST", "/api/settings/clinicians/{clinician}"): CLINICIAN,
    ("GET", "/api/settings/clinicians/{clinician}/supervisor"): CLINICIAN,
    ("POST", "/api/settings/clinicians/{clinician}/supervisor"): CLINICIAN,
}
OPEN_TO_ALL = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/api/sign-in"),
    ("POST", "/api/sign-out"),
    ("GET", "/j"),
    ("GET", "/j/{step}"),
    ("GET", "/g"),
    ("GET", "/g/{step}"),
}


def routes_of(*modules: Any) -> set[tuple[str, str]]:
    """Every route of these modules, as (method, template)."""
    return {
        (method, route.path)
        for module in modules
        for route in module.router().routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def test_every_staff_route_is_in_exactly_one_list() -> None:
    """A new route must say whose it is."""
    records = (statements, sheets, private_notes, plans, supervision, imports)
    assert routes_of(staff, visits, guests, *records, exits, settings, pages) == set(EXPECTED) | OPEN_TO_ALL
    assert not set(EXPECTED) & OPEN_TO_ALL


def test_every_client_route_asks_for_the_clients_cookie() -> None:
    """Except the exchange that gives it."""
    asks = set()
    for route in [*client.router().routes, *plans.client_router().routes, *paper.router().routes]:
        assert isinstance(route, APIRoute)
        if client_here in [dependency.call for dependency in route.dependant.dependencies]:
            asks |= {(method, route.path) for method in route.methods}
    assert ("POST", "/api/client/plan") in asks
    assert routes_of(client, paper) - asks == {("POST", "/api/join")}


def test_every_guests_route_asks_for_the_guests_cookie() -> None:
    """Except the exchange that gives it."""
    asks = set()
    for route in guest.router().routes:
        assert isinstance(route, APIRoute)
        if guest_here in [dependency.call for dependency in route.dependant.dependencies]:
            asks |= {(method, route.path) for method in route.methods}
    assert routes_of(guest) - asks == {("POST", "/api/guest/join")}


def test_what_anybody_may_fetch_is_three_things() -> None:
    """Health, keys, static files."""
    assert routes_of(public) == {
        ("GET", "/healthz"),
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/static/{path:path}"),
        ("HEAD", "/static/{path:path}"),
    }


FILES = ("/api/imports/csv", "/api/imports/fhir")
BODIES: dict[str, Any] = {
    "/api/visits/{visit}/exits/exception": {"reason": "compact", "law": "PSYPACT", "expires": "2026-12-31"},
    "/api/visits/{visit}/exits/refer": {"to": "ctc_" + "a" * 20},
    "/api/visits/{visit}/exits/reschedule": {"start": "2026-11-25T09:00", "minutes": 50},
    "/api/visits/{visit}/override-reason": {"reason": "compact"},
    "/api/contacts": {"name": "Lee Ray", "phone": "(512) 555-0100", "states": ["TX"]},
    "/api/socket-ticket": {"for": "desk"},
    "/api/clients/search": {"q": "J"},
    "/api/visits/{visit}/cancel": {"reason": "other"},
    "/api/visits/{visit}/statement": {
        "saw_and_heard": True,
        "place_confirmed": True,
        "exceptions": [],
        "minutes": 1,
        "diagnoses": [],
    },
    "/api/visits/{visit}/sheet/draft": {"revision": 0, "content": {}},
    "/api/visits/{visit}/sheet/sign": {"revision": 0, "content": {}, "version": 1},
    "/api/visits/{visit}/sheet/countersign": {"version": 1},
    "/api/visits/{visit}/private-note": {"version": 0, "text": "x"},
    "/api/clients/{client}/plans": {
        "begins_on": "2026-11-23",
        "review_on": "2027-02-23",
        "needs": "Worry",
        "frequency": "Weekly, by video",
        "goals": [{"goal": "Fewer checks"}],
    },
    "/api/diagnoses": {"q": "F41", "day": "2026-11-20"},
    "/api/settings/practice": {
        "name": "Lakeside",
        "phone": "(612) 555-0100",
        "npi": None,
        "zone": "America/Chicago",
        "message": None,
        "others_may_share": False,
        "e2ee": "on",
    },
    "/api/settings/clinicians/{clinician}/supervisor": {"supervisor": None},
    "/api/settings/clinicians/{clinician}": {"name": "Ana Rivera", "npi": None, "licences": []},
}


@pytest.mark.parametrize("who", ["clinician", "front_desk", "biller", "nobody"])
async def test_each_role_gets_its_routes_and_no_other(
    who: str, signed_in: Any, browsers: Any, booked: Any, booking: Any, team: Any, house: Any
) -> None:
    """Allowed: anything but 401 and 403. Not allowed: 403. Nobody: 401, and pages lead to the sign-in."""
    visit, _ = await booked()
    async with house.shelf.work() as work:
        client_id = (await visit_rows.read(work, visit)).client
    browser = browsers() if who == "nobody" else await signed_in(who)
    for (method, template), allowed in EXPECTED.items():
        path = template.replace("{visit}", visit).replace("{clinician}", team.clinician)
        path = path.replace("{client}", client_id)
        if method == "GET":
            response = await browser.get(path)
        elif template in FILES:
            octets = {"content-type": "application/octet-stream"}
            response = await browser.post(path, content=b"client_id", headers=octets)
        else:
            body = booking(start="2026-11-25T09:00") if template == "/api/visits" else BODIES.get(template, {})
            response = await browser.post(path, json=body)
        where = f"{who}: {method} {template} -> {response.status_code}"
        if who in allowed:
            assert response.status_code not in (401, 403, 500), where
        elif who == "nobody" and not template.startswith("/api"):
            assert response.status_code == 303, where
            assert response.headers["location"].startswith("/sign-in"), where
        else:
            assert response.status_code == (401 if who == "nobody" else 403), where


async def test_a_client_cookie_opens_no_staff_route_and_a_staff_cookie_no_client_route(
    joined: Any, signed_in: Any
) -> None:
    """The two kinds of people never meet in one check."""
    _, _, client_browser, _ = await joined()
    await client_browser.see("/api/staff/me", 401)
    staff_browser = await signed_in("clinician")
    await staff_browser.see("/api/client", 401)


async def test_a_clinician_reaches_no_colleagues_visit(booked: Any, signed_in: Any, team: Any) -> None:
    """Contacts, guests, the visit's pages, its socket and its statement are the clinician's own."""
    visit, _ = await booked()
    guests_of = f"/api/visits/{visit}/guests"
    wish = {"name": "Noa Interpreter", "role": "interpreter", "contact": None}
    guest = (await (await signed_in("front_desk")).ask(guests_of, wish, 201))["guest"]
    colleague = await signed_in("colleague")
    await colleague.see(f"/api/visits/{visit}/client", 404)
    assert (await colleague.get(f"/visits/{visit}")).status_code == 403
    assert (await colleague.get(f"/visits/{visit}/connection")).status_code == 403
    for path in (guests_of, f"{guests_of}/{guest}/link"):
        assert (await colleague.see(path, 403))["code"] == "not-your-visit"
    await colleague.ask(guests_of, wish, 403)
    await colleague.ask(f"{guests_of}/{guest}/revoke", {}, 403)
    own = await signed_in("clinician")
    assert [one["guest"] for one in (await own.see(guests_of))["guests"]] == [guest]
    await colleague.ask("/api/socket-ticket", {"for": "visit", "visit": visit}, 403)
    await colleague.ask(f"/api/visits/{visit}/statement", BODIES["/api/visits/{visit}/statement"], 403)


async def test_a_stranger_to_the_database_is_nobody(browsers: Any, house: Any, team: Any) -> None:
    """Cookies of another practice, of no sign-in, or of no form at all are all the same."""
    for value in ("", "x", f"{house.shelf.practice}.{'A' * 43}", f"prc_{'a' * 20}.{'A' * 43}", "é" * 60):
        browser = browsers()
        header = f"__Host-antechamber-staff={value}; __Host-antechamber-client={value}".encode()
        for path in ("/api/staff/me", "/api/client"):
            response = await browser.get(path, headers=[(b"cookie", header), (b"sec-fetch-site", b"same-origin")])
            assert response.status_code == 401
            assert response.json()["code"] == "signed-out"


def test_the_table_knows_every_permission_and_every_role_has_a_use() -> None:
    """No permission is forgotten, and the front desk and the biller cannot admit."""
    assert set(TABLE) == set(May)
    assert {role for roles in TABLE.values() for role in roles} == set(StaffRole)
    assert TABLE[May.USE_DESK] == {StaffRole.CLINICIAN}
