"""The table of media safety says nothing that no test shows."""

from __future__ import annotations

import ast
import re

from tests.rooms import law

TABLE = law.ROOT / "deploy" / "security-webrtc.md"
NAMED = re.compile(r"`(tests/[^`]+\.py)::(\w+)`")
# OWASP ASVS 5.0.0, chapter V17
ASKED = {"17.1.1", "17.1.2", *(f"17.2.{n}" for n in range(1, 9)), "17.3.1", "17.3.2", *(f"F{n}" for n in range(1, 10))}


def rows() -> list[list[str]]:
    """The table's rows, by cell."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("| ") and "---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_requirement_has_a_row_with_a_test() -> None:
    """All of V17 and all findings, once each."""
    told = [row for row in rows() if row[0] in ASKED]
    assert sorted(row[0] for row in told) == sorted(ASKED)
    assert all(NAMED.search(row[-1]) for row in told)


def test_every_test_that_is_named_exists() -> None:
    """By its file and its name; a renamed test is noticed here."""
    named = NAMED.findall(TABLE.read_text("utf-8"))
    assert len(named) > 30
    for file, name in named:
        tree = ast.parse((law.ROOT / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}, (
            name
        )


def test_every_row_of_what_is_tried_names_its_test() -> None:
    """No row without one, in any of the page's tables."""
    for row in rows():
        if row[-1] != "Shown by":
            assert NAMED.search(row[-1]), row[0]
