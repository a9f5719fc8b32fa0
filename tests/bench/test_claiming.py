"""The bench of claims: what it makes up is whole, and memory stays flat over a batch."""

from __future__ import annotations

from server.bench import claiming, paces


def test_a_batch_is_scrubbed_written_and_read_back() -> None:
    """Nothing is wrong with what it makes up, in the claims or in the file; the paces are told."""
    found = claiming.run(400, terminal=False)
    assert found.right
    assert found.said == ("found wrong: 0 in the claims, 0 in the file",)
    assert {pace.count for pace in found.paces} == {400}
    assert (found.paces[1].size or 0) > 400 * 200
    assert len(found.memory) == 5


def test_the_same_claims_are_made_up_every_time() -> None:
    """And each has its own number."""
    first, second = list(claiming.made_up(60)), list(claiming.made_up(60))
    assert first == second
    assert len({each.id for each in first}) == 60


def test_memory_stays_flat() -> None:
    """Four thousand claims end with at most two MiB more than the first thousand: marks of them, no claims."""
    claiming.run(400, terminal=False)
    found = claiming.run(4000, terminal=False)
    assert found.memory[-1] - found.memory[1] < 2 * paces.MIB
