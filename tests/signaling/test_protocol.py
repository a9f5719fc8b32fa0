"""PROTOCOL.md tells the truth: its diagram is the table's, and every message, field and refusal stands in it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import signaling
from signaling import diagram
from signaling.messages import DOORS, Door
from signaling.shape import OVER
from signaling.transitions import NEXT
from signaling.words import Phase
from tests.signaling.examples import server_valid

HOUSE = Path(signaling.__path__[0])
TEXT = (HOUSE / "PROTOCOL.md").read_text(encoding="utf-8")
BROWSER, SERVER = TEXT.split("## From the server")
LETTERS = {Door.CLIENT: "C", Door.CLINICIAN: "P", Door.GUEST: "G", Door.DESK: "D", Door.BOARD: "B"}


def test_the_diagram_is_not_stale() -> None:
    """To renew it: `python -c "from signaling import diagram; print(diagram.section())"`."""
    begin, end = TEXT.index(diagram.BEGIN), TEXT.index(diagram.END) + len(diagram.END)
    assert TEXT[begin:end] == diagram.section()


def test_the_diagram_shows_every_change_of_phase() -> None:
    """Each edge of the table once, and where lives end."""
    drawn = re.findall(r"^    (\w+) --> (\w+): ", diagram.mermaid(), re.MULTILINE)
    edges = {(phase.value, then.value) for phase in Phase for then in NEXT[phase].values() if then is not phase}
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == edges
    ends = re.findall(r"^    (\w+) --> \[\*\]", diagram.mermaid(), re.MULTILINE)
    assert {Phase(one) for one in ends} == {phase for phase in OVER if not NEXT[phase]}


@pytest.mark.parametrize("kind", sorted({kind for door in Door for kind in DOORS[door]}))
def test_every_browser_message_is_described_with_its_doors_and_fields(kind: str) -> None:
    """One row a message; no door missing, none too many."""
    rows = [row for row in BROWSER.splitlines() if row.startswith(f"| `{kind}` |")]
    assert len(rows) == 1
    doors = rows[0].split("|")[2].split()
    assert doors == [LETTERS[door] for door in Door if kind in DOORS[door]]
    for door in Door:
        if kind in DOORS[door]:
            assert all(f"`{one.name}`" in rows[0] for one in dataclasses.fields(DOORS[door][kind]))


def test_no_message_is_described_that_does_not_exist() -> None:
    """Rows of both tables are messages of the wire."""
    said = {row.split("`")[1] for row in BROWSER.splitlines() if row.startswith("| `") and "`/ws" not in row}
    assert said == {kind for door in Door for kind in DOORS[door]}
    told = {row.split("`")[1] for row in SERVER.splitlines() if row.startswith("| `")}
    assert told == {one["message"]["type"] for one in server_valid()}


def names(value: Any) -> Iterator[str]:
    """Every field name in a message, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.startswith("par_"):  # by participant
                yield name
            yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def test_every_field_the_server_sends_is_described() -> None:
    """By its name in code type."""
    for one in server_valid():
        for name in names(one["message"]):
            assert f"`{name}`" in SERVER or name == "type", f"{one['message']['type']}: {name}"


def test_every_refusal_is_listed() -> None:
    """The codes in the code are the codes in the page."""
    codes: set[str] = set()
    for path in HOUSE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'Refused\(\s*"([a-z-]+)"', text))
        codes |= set(re.findall(r'super\(\).__init__\("([a-z-]+)", "', text))
        codes |= set(re.findall(r'Step\.\w+: \(\s*"([a-z-]+)"', text))
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in SERVER} == set()
