"""Documents, static files, errors as pages, and the published key set."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

import web
from server import pages
from server.signing_keys import SigningKeys
from server.static_files import TYPES, read_all, static_file, unchanged


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
        "others_may_share": False,
        "e2ee": "on",
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


async def test_a_static_file_is_kept_and_asked_about_and_everything_else_is_not_kept(
    browsers: Any, signed_in: Any
) -> None:
    """An unchanged file comes without a body; pages, answers and errors, also under /static, are no-store."""
    browser = browsers()
    for path, file in read_all().items():
        found = await browser.get(f"/static/{path}")
        assert (found.status_code, found.content) == (200, file.content), path
        assert found.headers["cache-control"] == "no-cache"
        assert found.headers["etag"] == file.tag and found.headers["content-type"] == file.kind
        again = await browser.get(f"/static/{path}", headers={"if-none-match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == file.tag and again.headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in again.headers["content-security-policy"]
    assert len({file.tag for file in read_all().values()}) == len({file.content for file in read_all().values()})
    tag = read_all()["js/wire.js"].tag
    changed = await browser.get("/static/js/dom.js", headers={"if-none-match": tag})
    assert changed.status_code == 200, "another file's tag"
    clinician = await signed_in("clinician")
    for path in ("/static/js/no.js", "/desk", "/api/staff/me", "/healthz", "/static"):
        response = await clinician.get(path, headers={"if-none-match": tag})
        assert response.headers["cache-control"] == "no-store", path
        assert "etag" not in response.headers


async def test_a_static_files_head_is_that_of_its_get(browsers: Any) -> None:
    """The same headers, no body."""
    browser = browsers()
    got, head = await browser.get("/static/icons.svg"), await browser.head("/static/icons.svg")
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)
    kept = await browser.head("/static/icons.svg", headers={"if-none-match": got.headers["etag"]})
    assert kept.status_code == 304
    assert (await browser.head("/static/no.svg")).status_code == 404


async def test_the_question_may_come_in_several_headers(browsers: Any) -> None:
    """As a proxy may split a list."""
    tag = read_all()["js/dom.js"].tag
    headers = [("if-none-match", '"a"'), ("if-none-match", tag)]
    assert (await browsers().get("/static/js/dom.js", headers=headers)).status_code == 304


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"y" ,"abc"', True),
        ('"x","abc"', True),
        ("*", True),
        ("", False),
        ("abc", False),
        ('"abcd"', False),
        ('"x", "y"', False),
        ('"x, abc"', False),
        ('"*"', False),
    ],
)
def test_a_tag_is_found_in_the_question(asked: str, same: bool) -> None:
    """Lists and weak tags are tags; what is not quoted is none."""
    assert unchanged(asked, '"abc"') is same


def test_every_browser_file_of_ours_can_be_fetched() -> None:
    """Nothing in js and css has a type the server does not know."""
    for folder in (web.JS, web.CSS):
        for file in folder.rglob("*"):
            if file.is_file():
                assert file.suffix in TYPES, file.name
                assert static_file(str(file.relative_to(web.FOLDER))) == file
                assert read_all()[file.relative_to(web.FOLDER).as_posix()].content == file.read_bytes()


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
