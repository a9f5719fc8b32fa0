"""Read the house: its modules, their door plates, what each imports, calls and names. Used by the tests beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from functools import cache, wraps
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("server", "signaling", "media", "web", "billing_hooks")

# Value modules of the standard library: they neither wait, nor look at a clock, nor touch a file by being used.
VALUE_MODULES = frozenset(
    "__future__ abc base64 binascii bisect collections contextlib csv dataclasses datetime decimal enum functools "
    "hashlib heapq hmac ipaddress itertools json math operator re statistics string struct types typing unicodedata "
    "zoneinfo".split()
)
# Values in, values out: canonical JSON, compact signatures, primitives, the objects of a PDF.
VALUE_LIBRARIES = frozenset({"rfc8785", "jwt", "cryptography", "pydyf"})
# Time, chance and the outside world are inputs of a Pure module, never something it reaches for.
OUTSIDE_CALLS = frozenset(
    "now utcnow today uuid1 uuid4 open print input exec eval __import__ breakpoint urandom token_bytes token_hex "
    "token_urlsafe monotonic monotonic_ns perf_counter time_ns read_text write_text read_bytes write_bytes".split()
)
# One word, one meaning: these say nothing about what a thing is.
BANNED_NAMES = frozenset("session room call meeting user data info manager helper utils common".split())


@cache
def modules() -> tuple[Path, ...]:
    """Give every Python module of the five rooms; migrations are scripts of their own and read by their own test."""
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple(sorted(path for path in found if "migrations" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    """Parse one module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """Name a file as people do: from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """Name the room a module stands in."""
    return path.relative_to(ROOT).parts[0]


def plate(path: Path) -> str:
    """Give a module's docstring: its door plate."""
    return ast.get_docstring(tree(path)) or ""


def kind(path: Path) -> str | None:
    """Read `Pure` or `Shell` from a door plate; None when it says neither, both, or one of them twice."""
    words = re.findall(r"\b(Pure|Shell)\b", plate(path))
    return words[0] if len(words) == 1 else None


def source(name: str) -> Path | None:
    """Find the file of one of our modules by its import name."""
    base = ROOT / name.replace(".", "/")
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def imports(path: Path) -> frozenset[str]:
    """Give the absolute names a module imports; a relative import is named with its dots, so that it stands out."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            members = {f"{origin}.{alias.name}" for alias in node.names}
            deeper = {name for name in members if source(name)}
            # `from server.db import tables` imports the module server.db.tables as well as its package.
            found |= deeper | {origin}
    return frozenset(found)


def members(path: Path, origin: str) -> frozenset[str]:
    """Give the names a module takes from another by `from origin import ...`."""
    nodes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) and node.module == origin)
    return frozenset(alias.name for node in nodes for alias in node.names)


def top(name: str) -> str:
    """Give the first part of a dotted name."""
    return name.split(".", maxsplit=1)[0]


def called(path: Path) -> frozenset[str]:
    """Give the last word of everything a module calls."""
    calls = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return frozenset(getattr(callee, "attr", getattr(callee, "id", "")) for callee in calls)


def names(path: Path) -> dict[str, int]:
    """Give every name a module gives to something (class, function, argument, variable, field), with its line."""
    found: dict[str, int] = {}
    for node in ast.walk(tree(path)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.setdefault(node.name, node.lineno)
            case ast.arg():
                found.setdefault(node.arg, node.lineno)
            case ast.Name(ctx=ast.Store()) | ast.Name(ctx=ast.Del()):
                found.setdefault(node.id, node.lineno)
            case ast.Attribute(ctx=ast.Store()):
                found.setdefault(node.attr, node.lineno)
            case ast.alias(asname=str(other)):
                found.setdefault(other, getattr(node, "lineno", 0))
            case _:
                pass
    return found


def private_reaches(path: Path) -> dict[str, int]:
    """Give the private names a module takes from something other than itself, its class or its own fields.

    `self._x` and `cls._x` are its own. Any other `thing._x` counts unless this module itself defines `_x`
    somewhere (a class may touch the fields of another of its own kind).
    """
    own = {name for name in names(path) if name.startswith("_")}
    own |= {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    }
    found: dict[str, int] = {}
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Attribute) or not is_private(node.attr) or node.attr in own:
            continue
        found.setdefault(node.attr, node.lineno)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if is_private(alias.name):
                    found.setdefault(alias.name, node.lineno)
    return found


def is_private(name: str) -> bool:
    """Say whether a name is private by Python's custom (one underscore; double-underscore names are protocol)."""
    return name.startswith("_") and not name.startswith("__")


def holds_for(paths: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Make one test of a law: it is put to every file, and all that break it are named."""

    def over_all(asked: Callable[[Path], None]) -> Callable[[], None]:
        @wraps(asked)
        def test() -> None:
            broken = []
            for path in paths:
                try:
                    asked(path)
                except AssertionError as why:
                    broken.append(f"{shown(path)}: {str(why).splitlines()[0]}")
            assert not broken, "\n".join(broken)

        del test.__wrapped__  # pytest would ask for its argument
        return test

    return over_all
