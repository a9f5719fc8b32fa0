"""Documents, static files, errors as pages, and the published key set."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

import web
from server import pages
from server.routes.public import TYPES, static_file
from server.signing_keys import SigningKeys


async def test_the_first_page_is_the_sign_in_or_ones_own_home(browsers: Any, signed_in: Any) -> None:
    """Whoever is signed in does not see the form again."""
    assert (await browsers().get("/")).headers["location"] == "/sign-in"
    for who, home in (("clinician", "/desk"), ("front_desk", "/board"), ("biller", "/billing/")):
        browser = await signed_in(who)
        for path in ("/", "/sign-in"):
            response = await browser.get(path)
            assert (response.status_code, response.headers["location"]) == (303, home)


async def test_every_page_is_drawn_with_one_heading_and_the_practices_phone(
    signed_in: Any, browsers: Any, booked: Any
) -> None:
    """Staff pages, the client's document, and the sign-in."""
    visit, _ = await booked()
    clinician = await signed_in("clinician")
    anybody = browsers()
    for browser, path in (
        *(
            (clinician, path)
            for path in ("/desk", "/board", "/visits/new", f"/visits/{visit}", "/statements", "/settings")
        ),
        (anybody, "/sign-in"),
        *((anybody, f"/j{step}") for step in ("", "/consent", "/location", "/devices", "/waiting", "/visit", "/over")),
    ):
        response = await browser.get(path)
        assert response.status_code == 200, path
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["cache-control"] == "no-store"
        assert "(612) 555-0100" in response.text, path


async def test_what_a_person_typed_is_escaped(signed_in: Any) -> None:
    """A practice's name is text, never markup."""
    browser = await signed_in("clinician")
    wish = {
        "name": "<script>alert(1)</script> & Co",
        "phone": "(612) 555-0100",
        "npi": None,
        "zone": "America/Chicago",
        "message": None,
    }
    await browser.ask("/api/settings/practice", wish)
    page = (await browser.get("/statements")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in page


async def test_signed_out_pages_lead_back_to_where_one_was(browsers: Any) -> None:
    """And a page that is not there says so, with the phone."""
    response = await browsers().get("/statements")
    assert response.headers["location"] == "/sign-in?from=/statements"
    missing = await browsers().get("/nothing/here")
    assert missing.status_code == 404
    assert "(612) 555-0100" in missing.text
    assert (await browsers().get("/j/nowhere")).status_code == 404
    api = await browsers().get("/api/nothing")
    assert (api.status_code, api.json()["code"]) == (404, "page-unknown")


async def test_a_page_not_for_ones_role_says_so_and_leads_home(signed_in: Any) -> None:
    """403, in words, still signed in."""
    response = await (await signed_in("front_desk")).get("/desk")
    assert response.status_code == 403
    assert "Your role at the practice does not include this." in response.text
    assert 'href="/"' in response.text


async def test_static_files_have_their_types_and_nothing_else_is_served(browsers: Any) -> None:
    """Scripts and styles yes; templates, Python and what lies outside no."""
    browser = browsers()
    for path, kind in (
        ("js/wire.js", "text/javascript"),
        ("css/tokens.css", "text/css"),
        ("icons.svg", "image/svg+xml"),
    ):
        response = await browser.get(f"/static/{path}")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith(kind)
        assert response.headers["x-content-type-options"] == "nosniff"
    for path in (
        "templates/client.html",
        "__init__.py",
        "../pyproject.toml",
        "js/../../README.md",
        "js",
        "",
        "js/no.js",
    ):
        assert static_file(path) is None, path
    assert (await browser.get("/static/templates/client.html")).status_code == 404
    assert (await browser.get("/static/..%2fserver%2fkeys.py")).status_code == 404


def test_every_browser_file_of_ours_can_be_fetched() -> None:
    """Nothing in js and css has a type the server does not know."""
    for folder in (web.JS, web.CSS):
        for file in folder.rglob("*"):
            if file.is_file():
                assert file.suffix in TYPES, file.name
                assert static_file(str(file.relative_to(web.FOLDER))) == file


async def test_health_and_keys_are_public(browsers: Any, house: Any) -> None:
    """The key set is what a receiver verifies with."""
    key = await SigningKeys(house.engine, house.runtime.keys).current(house.shelf.practice)
    assert await browsers().see("/healthz") == {"ok": True}
    published = await browsers().see("/.well-known/jwks.json")
    assert [(one["kid"], one["kty"], one["crv"]) for one in published["keys"]] == [(key.kid, "OKP", "Ed25519")]
    assert all("d" not in one for one in published["keys"])


async def test_a_bug_is_answered_in_words_with_the_phone_and_without_its_message(
    joined: Any, house: Any, capfd: Any
) -> None:
    """What broke stands in the log by place, and nowhere by word."""
    _, _, browser, _ = await joined()
    await house.hub.close()
    house.hub = None
    answer = await browser.see("/api/client", 500)
    assert answer["code"] == "bug"
    assert answer["phone"] == "(612) 555-0100"
    assert "AttributeError" in capfd.readouterr().err


def test_a_template_that_misses_a_value_fails() -> None:
    """Nothing is drawn as an empty hole."""
    with pytest.raises(jinja2.UndefinedError):
        pages.render("sign-in.html", staff=None)
