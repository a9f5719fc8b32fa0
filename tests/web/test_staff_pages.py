"""The staff pages as the server renders them: nothing undefined, nothing inline, one h1, the names people look for."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

import web
from server import pages

PAGES = ("sign-in", "desk", "board", "new-visit", "statements", "settings", "contacts", "problem")
ROLES = {
    "clinician": ["/desk", "/visits/new", "/statements", "/contacts", "/settings"],
    "front_desk": ["/board", "/visits/new", "/billing/upcoming", "/contacts", "/billing/clients"],
    "biller": [
        "/billing/", "/billing/claims", "/billing/upcoming", "/billing/clients", "/billing/payers", "/billing/rules",
        "/billing/fees",
        "/billing/diagnoses",
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Practice:
    """What a page reads of a practice."""

    name: str = "Lakeside <Counseling>"
    phone: str = "(651) 555-0142"
    zone: str = "America/Chicago"


@dataclass(frozen=True)
class Staff:
    """What a page reads of who is signed in."""

    id: str
    name: str
    role: str


PROBLEM = {"status": 404, "title": "Page not found", "say": "There is nothing at this address."}
MORE = {"problem": PROBLEM, "contacts": {"states": [("MN", "Minnesota")]}}


def rendered(name: str, role: str | None = "clinician", practice: Practice | None = Practice()) -> str:
    """The page's HTML for somebody of that role."""
    staff = None if role is None else Staff("stf_a", "Sam O'Hara", role)
    return pages.render(f"{name}.html", practice=practice, staff=staff, **MORE.get(name, {}))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_inline_and_trusts_no_name(name: str) -> None:
    """The policy allows no inline script, style or handler; the practice's name is escaped."""
    html = rendered(name)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
    assert "<Counseling>" not in html
    assert not re.search(r"(?:src|href)=\"https?:", html)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_landmarks_and_a_heading(name: str) -> None:
    """One main, a header, a way past the header, and at most one heading of the first rank on each of its screens."""
    html = rendered(name)
    assert html.count("<main ") == 1
    assert '<a class="skip" href="#main">' in html
    # the desk, what stands before and after a visit, and the stage: one is shown at a time
    assert html.count("<h1") == (4 if name == "desk" else 1)
    assert "<title>" in html


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_its_own_pages_and_no_others(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The navigation by role; to what billing keeps only where billing runs in this server."""
    monkeypatch.delitem(pages.environment().globals, "billing_here", raising=False)
    elsewhere = {"/billing/upcoming", "/billing/clients", "/contacts"} if role != "biller" else set()
    assert places(role) == [one for one in ROLES[role] if one not in elsewhere]
    monkeypatch.setitem(pages.environment().globals, "billing_here", True)
    assert places(role) == ROLES[role]


def places(role: str) -> list[str]:
    """Where the navigation of that role leads."""
    return re.findall(r'<li><a href="([^"]+)"', rendered("problem", role))


@pytest.mark.parametrize("name", ["sign-in", "problem"])
def test_a_page_stands_without_anybody_signed_in_or_a_practice(name: str) -> None:
    """Before the practice can be read the door and the trouble page still show."""
    html = rendered(name, role=None, practice=None)
    assert "Sign out" not in html
    assert "Antechamber" in html


@pytest.mark.parametrize("name", PAGES)
def test_every_file_a_page_asks_for_is_there(name: str) -> None:
    """Styles, modules and icons under /static/ exist, and the icons' names too."""
    for path in re.findall(r'"/static/([^"#]+)', rendered(name)):
        assert (web.FOLDER / path).is_file(), path
    sprite = (web.FOLDER / "icons.svg").read_text()
    for icon in re.findall(r"icons\.svg#([a-z-]+)", rendered(name)):
        assert f'id="{icon}"' in sprite, icon


def test_the_modules_name_only_icons_that_are_drawn() -> None:
    """An icon asked for by a staff module is in the sprite."""
    drawn = set(re.findall(r'id="([a-z-]+)"', (web.FOLDER / "icons.svg").read_text()))
    for module in (web.FOLDER / "js").glob("*.js"):
        asked = re.findall(r'\bicon\("([a-z-]+)"', module.read_text())
        asked += re.findall(r'icon: "([a-z-]+)"', module.read_text())
        assert set(asked) <= drawn, f"{module.name}: {sorted(set(asked) - drawn)}"
