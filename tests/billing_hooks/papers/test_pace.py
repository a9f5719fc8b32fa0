"""The bench of papers makes and proves what it counts."""

from __future__ import annotations

from server.bench import papers


def test_the_bench_counts_every_kind() -> None:
    """Each kind of paper, with its pace and size in words."""
    paces = papers.run(3, terminal=False).paces
    assert [pace.work for pace in paces] == [
        "superbills", "CMS-1500 forms", "audit packages", "proofs of a package",
    ]  # fmt: skip
    assert all(pace.count == 3 and pace.per_second > 0 and (pace.each_kib or 0) > 1 for pace in paces)
