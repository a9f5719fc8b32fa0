"""The log that the counted seconds are held to: what it calls a gap, and what only a page that did not look."""

from __future__ import annotations

from tests.browser import truth


def sampled(*looks: float, gaps: tuple[tuple[float, float], ...] = ()) -> list[tuple[float, int]]:
    """A counter of 50 a second, which stands still in the gaps (ms), as it is read at these moments (ms)."""

    def count(at: float) -> int:
        still = sum(max(0.0, min(at, end) - start) for start, end in gaps)
        return 1 + int((at - still) / 20)

    return [(at, count(at)) for at in looks]


def every(step: float, start: float, end: float) -> list[float]:
    """Moments from start to end."""
    return [start + number * step for number in range(int((end - start) / step) + 1)]


def test_a_gap_is_as_long_as_it_was() -> None:
    """Twenty of two seconds are forty seconds, to a sample each at most."""
    gaps = tuple((3000.0 * number + 450, 3000.0 * number + 2450) for number in range(20))
    flowed = truth.seconds(truth.spans(sampled(*every(100, 0, 60_000), gaps=gaps)))
    assert abs(flowed - 20) < 0.2


def test_a_page_that_did_not_look_hides_no_flow_and_no_gap() -> None:
    """Three seconds without a sample: all of it came, or a third did not, which makes all of it a gap."""
    looks = [*every(100, 0, 5000), *every(100, 8000, 12_000)]
    assert abs(truth.seconds(truth.spans(sampled(*looks))) - 11.9) < 0.2
    hidden = truth.spans(sampled(*looks, gaps=((6000.0, 7000.0),)))
    assert abs(truth.seconds(hidden) - 8.9) < 0.2


def test_a_page_that_hardly_ever_looks_is_believed_where_it_counted() -> None:
    """Samples that are half a second apart, between two stretches of usual ones."""
    looks = [*every(100, 0, 3000), *every(520, 3520, 12_880), *every(100, 13_000, 15_000)]
    assert abs(truth.seconds(truth.spans(sampled(*looks))) - 14.9) < 0.3


def test_a_new_connection_counts_from_zero_after_a_gap() -> None:
    """What was before it is not added to it."""
    before = sampled(*every(100, 0, 4000))
    after = [(at + 9000, count) for at, count in sampled(*every(100, 0, 4000))]
    assert abs(truth.seconds(truth.spans([*before, *after])) - 7.9) < 0.3
