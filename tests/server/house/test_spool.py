"""The spool keeps evidence through a crash, within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from server import spool as module
from server.spool import Spool
from signaling.words import VisitId

VISIT = VisitId("vis_a")
ROWS = [["par_a", "par_b"], [0, 5, "pf", "pf"]]
LATER = [["par_a", "par_b"], [5, 5, "pf", "-"]]


def test_what_is_put_last_is_taken(tmp_path: Path) -> None:
    """By visit, whole, readable by nobody else; dropped when the journal has it."""
    spool = Spool(tmp_path / "spool")
    assert spool.take(VISIT) == []
    assert spool.put(VISIT, ROWS)
    assert spool.put(VISIT, LATER)
    assert spool.put(VisitId("vis_b"), ROWS)
    assert Spool(tmp_path / "spool").take(VISIT) == [LATER]
    file = tmp_path / "spool" / "vis_a.jsonl"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    spool.drop(VISIT)
    spool.drop(VISIT)
    assert spool.take(VISIT) == []
    assert spool.take(VisitId("vis_b")) == [ROWS]


def test_a_crash_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    """A draft cut short is never read, and the next one takes its place."""
    spool = Spool(tmp_path)
    spool.put(VISIT, ROWS)
    (tmp_path / "vis_a.new").write_bytes(b'[["par_a","par_b"],[5,')
    assert Spool(tmp_path).take(VISIT) == [ROWS]
    assert spool.put(VISIT, LATER)
    assert spool.take(VISIT) == [LATER]


def test_too_much_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded by bytes a visit."""
    spool = Spool(tmp_path)
    assert spool.put(VISIT, ROWS)
    monkeypatch.setattr(module, "LARGEST", 20)
    assert not spool.put(VISIT, LATER)
    assert spool.take(VISIT) == [ROWS]
    assert (tmp_path / "vis_a.jsonl").stat().st_mode & 0o777 == 0o600
