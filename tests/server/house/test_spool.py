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


def test_what_is_put_is_taken_in_order(tmp_path: Path) -> None:
    """By visit, oldest first, readable by nobody else; dropped when the journal has it."""
    spool = Spool(tmp_path / "spool")
    assert spool.take(VISIT) == []
    assert spool.put(VISIT, ROWS)
    assert spool.put(VISIT, LATER)
    assert spool.put(VisitId("vis_b"), LATER)
    assert Spool(tmp_path / "spool").take(VISIT) == [ROWS, LATER]
    file = tmp_path / "spool" / "vis_a.jsonl"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    spool.drop(VISIT)
    spool.drop(VISIT)
    assert spool.take(VISIT) == []
    assert spool.take(VisitId("vis_b")) == [LATER]


@pytest.mark.parametrize("cut", range(1, 30, 4))
def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path, cut: int) -> None:
    """Whole lines before it stay; what is put afterwards is found too."""
    spool = Spool(tmp_path)
    spool.put(VISIT, ROWS)
    spool.put(VISIT, LATER)
    file = tmp_path / "vis_a.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    assert spool.take(VISIT) == ([ROWS, LATER] if cut == 1 else [ROWS])
    spool.put(VISIT, LATER)
    assert spool.take(VISIT)[0] == ROWS
    assert spool.take(VISIT)[-1] == LATER


def test_a_full_file_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded by bytes a visit; another visit still has room."""
    monkeypatch.setattr(module, "LARGEST", 100)
    spool = Spool(tmp_path)
    assert [spool.put(VISIT, ROWS) for _ in range(4)] == [True, True, False, False]
    assert len(spool.take(VISIT)) == 2
    assert (tmp_path / "vis_a.jsonl").stat().st_size <= 100
    assert spool.put(VisitId("vis_b"), ROWS)
