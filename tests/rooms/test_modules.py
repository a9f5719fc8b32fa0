"""Every module says what it is for and whether it is Pure or a Shell, and keeps its word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.rooms import law

MAY_IMPORT = {"server": frozenset(law.ROOMS)}  # every other room: only itself
EVERY = law.holds_for(law.modules())
# Where the libraries with large surfaces may be used; a prefix that ends in "/" is a folder.
WEB_PLACES = (
    "server/routes/",
    "server/app.py",
    "server/billing_wing.py",
    "server/client_part.py",
    "billing_hooks/intake.py",
    "billing_hooks/pages.py",
    "billing_hooks/page_frame.py",
    "billing_hooks/worklist_pages.py",
    "billing_hooks/release_pages.py",
    "billing_hooks/desk_pages.py",
    "billing_hooks/codes_pages.py",
    "billing_hooks/fees_pages.py",
    "billing_hooks/files_pages.py",
    "billing_hooks/payers_pages.py",
    "billing_hooks/rules_pages.py",
    "billing_hooks/client_pages.py",
    "billing_hooks/coverage_pages.py",
    "billing_hooks/eligibility_pages.py",
    "billing_hooks/given_pages.py",
    "billing_hooks/diagnosis_pages.py",
    "billing_hooks/upcoming_pages.py",
    "billing_hooks/claims_pages.py",
    "billing_hooks/batches_pages.py",
    "billing_hooks/replies_pages.py",
    "billing_hooks/claim_acts_pages.py",
    "billing_hooks/audit_pages.py",
    "billing_hooks/readiness_pages.py",
    "billing_hooks/self_pay_pages.py",
)
PLACES = {
    "sqlalchemy": ("server/db/", "billing_hooks/store", "billing_hooks/tables"),
    "alembic": ("server/db/",),
    "asyncssh": ("server/claim_sftp.py",),
    "fastapi": WEB_PLACES,
    "starlette": (*WEB_PLACES, "server/socket.py"),
    "aiortc": ("media/", "server/bench/decoding.py"),  # the second: what the bench compares with
    "aioice": ("media/",),
    "pylibsrtp": ("media/",),
    "OpenSSL": ("media/",),
}
# A transaction may be handed on by whoever says what belongs together in it; what is said in it stays in server/db.
HANDLES = {"AsyncConnection", "AsyncEngine"}
PRIVATE_PARTS_OF_LIBRARIES = "media/seam.py"
READS_THE_ENVIRONMENT = "server/settings.py"
ENVIRONMENT = re.compile(r"\bos\.(environb?|getenvb?|putenv|unsetenv)\b|from os import .*\b(environ|getenv)")
# The one place where a banned word is somebody else's: a level of the standard library's logging.
BORROWED_NAMES = {"server/logs.py": frozenset({"info"})}
LONG = 400  # lines: beyond, a module is looked at hard
TOO_LONG = 600


@EVERY
def test_says_what_it_is_for_and_what_it_is(path: Path) -> None:
    plate = law.plate(path)
    assert law.kind(path), "the docstring must say Pure or Shell, exactly once"
    ending = re.compile(r"\b(Pure|Shell \([^)]+\))\.$")
    first = " ".join(plate.split("\n\n")[0].split())
    assert ending.search(first) or ending.search(" ".join(plate.split())), "it must end in `Pure.` or `Shell (...).`"
    assert len(re.sub(r"\b(Pure|Shell)\b.*", "", first)) > 20, "the first sentence must say what the module is for"


@EVERY
def test_imports_only_what_its_room_may(path: Path) -> None:
    here = law.room(path)
    for name in law.imports(path):
        assert not name.startswith("."), f"absolute imports only, not {name}"
        top = law.top(name)
        if top in law.ROOMS:
            assert top == here or top in MAY_IMPORT.get(here, ()), f"{here} may not import {top}"
        assert top not in ("tests", "deploy"), f"nobody imports {top}"


@EVERY
def test_a_room_is_never_imported_bare(path: Path) -> None:
    bare = re.search(rf"^\s*import ({'|'.join(law.ROOMS)})\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert bare is None, f"`from {bare[1]}.x import y`, never `import {bare[1]}`" if bare else ""


@EVERY
def test_pure_stays_pure(path: Path) -> None:
    if law.kind(path) != "Pure":
        return
    for name in law.imports(path):
        if law.top(name) in law.ROOMS:
            origin = law.source(name)
            assert origin is not None, f"{name} does not exist"
            assert law.kind(origin) == "Pure", f"Pure may not import the shell {name}"
        else:
            allowed = law.VALUE_MODULES | law.VALUE_LIBRARIES
            assert law.top(name) in allowed, f"Pure may not import {name}"
    reached = law.called(path) & law.OUTSIDE_CALLS
    assert not reached, f"time, chance and the outside are inputs of a Pure module: {sorted(reached)}"


@EVERY
def test_large_libraries_stay_in_their_places(path: Path) -> None:
    for name in law.imports(path):
        places = PLACES.get(law.top(name))
        if name == "sqlalchemy.ext.asyncio" and law.members(path, name) <= HANDLES and law.room(path) == "server":
            continue
        assert places is None or law.shown(path).startswith(places), f"{name} belongs in {', '.join(places or ())}"


@EVERY
def test_only_the_seam_touches_private_names_of_others(path: Path) -> None:
    if law.shown(path) == PRIVATE_PARTS_OF_LIBRARIES:
        return
    reaches = law.private_reaches(path)
    assert not reaches, f"private names of something else: {reaches}"


@EVERY
def test_only_settings_reads_the_environment(path: Path) -> None:
    if law.shown(path) == READS_THE_ENVIRONMENT:
        return
    found = ENVIRONMENT.search(path.read_text(encoding="utf-8"))
    assert found is None, f"{found[0]}: ask server.settings" if found else ""


@EVERY
def test_names_say_what_a_thing_is(path: Path) -> None:
    forbidden = law.BANNED_NAMES - BORROWED_NAMES.get(law.shown(path), frozenset())
    banned = {name: line for name, line in law.names(path).items() if name.lower() in forbidden}
    assert not banned, f"one word, one meaning: {banned}"
    assert path.stem not in law.BANNED_NAMES


def test_no_module_is_too_long(capsys: pytest.CaptureFixture[str]) -> None:
    browser = [path for suffix in ("*.js", "*.css") for path in (law.ROOT / "web").rglob(suffix)]
    lengths = {law.shown(path): path.read_text("utf-8").count("\n") for path in (*law.modules(), *browser)}
    long = sorted(((count, name) for name, count in lengths.items() if count > LONG), reverse=True)
    with capsys.disabled():
        for count, name in long:
            print(f"\n  {count} lines, look for a seam: {name}", end="")
    assert not [name for count, name in long if count > TOO_LONG]


@EVERY
def test_no_request_runs_in_a_thread(path: Path) -> None:
    """FastAPI runs a plain function, of a route or of what it depends on, in a thread, which takes the interpreter from
    the media loop."""
    plain = {each.name for each in ast.walk(law.tree(path)) if isinstance(each, ast.FunctionDef)}
    for each in ast.walk(law.tree(path)):
        if isinstance(each, ast.FunctionDef):
            routed = [
                call.func.attr
                for call in each.decorator_list
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            ]
            assert not {"get", "post", "websocket"} & set(routed), f"{each.name} is a route and no coroutine"
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "Depends":
            names = {word.id for word in each.args if isinstance(word, ast.Name)}
            assert not names & plain, f"{names} is depended on and no coroutine"
