"""The house as a whole: its names are its own, its history is linear, what is generated is fresh, no debt is hidden."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from packaging.requirements import Requirement

from tests.rooms import law

TEXT = (".py", ".js", ".css", ".html", ".md", ".sh", ".yaml", ".toml", ".json", ".conf", ".lock")
OUTSIDE = ("node_modules", ".venv", ".git", "var", "screenshots")
DEBT = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# A hushed checker needs its reason on the same line, after the code it hushes.
HUSHED = re.compile(r"#\s*(type:\s*ignore|noqa)(?P<codes>(\[[^\]]*\]|:\s*[A-Z0-9, ]+)?)(?P<reason>.*)$")
DODGED = re.compile(
    r"pytest\.(mark\.)?(skip|xfail|importorskip)|unittest\.mock|mocker\b|@ts-(ignore|nocheck|expect-error)"
)
ADDRESS = re.compile(r"https?://(?!localhost|127\.0\.0\.1|\[::1\]|www\.w3\.org/)[^\s\"'`)]+")
UNSAFE_SCRIPT = re.compile(r"\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\sstyle=|\son[a-z]+=|<style\b|javascript:")

# Import every module named, with the packages hidden that a server does not have.
WITHOUT = """
import importlib, sys
class Hidden:
    names = set(sys.argv[1].split())
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"{name} is there for the tests only", name=name)
sys.meta_path.insert(0, Hidden())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


@cache
def files() -> tuple[Path, ...]:
    """Give every text file of the project that a person wrote."""
    found = (path for path in law.ROOT.rglob("*") if path.suffix in TEXT and path.is_file())
    ours = (path for path in found if not set(path.relative_to(law.ROOT).parts) & set(OUTSIDE))
    return tuple(sorted(ours))


def project() -> dict[str, Any]:
    """Read pyproject.toml's project table."""
    table: dict[str, Any] = tomllib.loads((law.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def locked(name: str) -> dict[str, str]:
    """Give name -> version of a lock file; names in their canonical spelling."""
    pins = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", (law.ROOT / name).read_text("utf-8"), re.MULTILINE
    )
    return {canonical(package): version for package, version in pins}


def canonical(package: str) -> str:
    """Spell a distribution's name in one way (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def test_nobody_else_brings_a_package_of_our_names() -> None:
    theirs = metadata.packages_distributions()
    assert not {name: theirs[name] for name in law.ROOMS if name in theirs}


def test_every_room_has_a_door_plate() -> None:
    for room in law.ROOMS:
        assert (law.ROOT / room / "__init__.py").is_file(), f"{room}/__init__.py says what the room is"


def test_the_tests_are_no_packages() -> None:
    assert not list((law.ROOT / "tests").rglob("__init__.py"))


def test_migrations_are_one_numbered_line() -> None:
    scripts = ScriptDirectory(str(law.ROOT / "server" / "db" / "migrations"))
    assert len(scripts.get_heads()) == 1
    line = [script.revision for script in scripts.walk_revisions()][::-1]
    names = sorted(path.stem for path in (law.ROOT / "server/db/migrations/versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(line) + 1)]


def test_locks_hold_what_the_project_asks_for() -> None:
    asked = project()
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    everything = [*asked["dependencies"], *asked["optional-dependencies"]["dev"]]
    for wanted, lock in ((asked["dependencies"], run), (everything, dev)):
        for line in wanted:
            requirement = Requirement(line)
            pinned = lock.get(canonical(requirement.name))
            assert pinned and requirement.specifier.contains(pinned, prereleases=True), f"{line}: run `make lock`"
    assert {name: dev.get(name) for name in run} == run, "both locks pin the same versions"


def test_the_rooms_need_nothing_but_the_run_time_lock() -> None:
    for_tests_only = locked("requirements-dev.lock").keys() - locked("requirements.lock").keys()
    theirs = metadata.packages_distributions()
    hidden = [name for name, owners in theirs.items() if {canonical(owner) for owner in owners} <= for_tests_only]
    assert "pytest" in hidden
    assert "greenlet" not in hidden, "SQLAlchemy's asyncio part needs it"
    names = [law.shown(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in law.modules()]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, " ".join(hidden), *names], cwd=law.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_locks_name_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (law.ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
    packages = json.loads((law.ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


@law.holds_for(files())
def test_no_debt_is_hidden(path: Path) -> None:
    if path == Path(__file__) or path.suffix in (".lock", ".json", ".md"):
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        assert not DEBT.search(line), f"line {number}: do it, or say it in the README"
        assert not DODGED.search(line), f"line {number}: real parts, and every test runs"
        hushed = HUSHED.search(line)
        assert not hushed or (hushed["codes"] and len(hushed["reason"].strip(" #-")) > 4), f"line {number}: why?"


@law.holds_for([path for path in files() if law.room(path) == "web"])
def test_pages_name_no_third_party_and_carry_no_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not ADDRESS.findall(text), "nothing is loaded from or linked to elsewhere"
    if path.suffix == ".js":
        assert not UNSAFE_SCRIPT.findall(text)
    if path.suffix == ".html":
        assert not INLINE.findall(text), "the content security policy forbids it"


def test_the_version_is_said_once() -> None:
    """The event names the software by the version that pyproject.toml gives it."""
    from server import VERSION

    assert tomllib.loads((law.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION
