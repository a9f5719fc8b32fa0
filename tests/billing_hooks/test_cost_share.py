"""What a client will owe: a range that is never too low for what is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.cost_share import CostShare, Owed, owed, told
from billing_hooks.errors import Malformed

CENTS = st.none() | st.integers(0, 100_000)
SHARES = st.builds(
    CostShare,
    copay=CENTS,
    coinsurance=st.none() | st.integers(0, 100),
    deductible_left=CENTS,
    deductible_applies=st.none() | st.booleans(),
    out_of_pocket_left=CENTS,
)


@pytest.mark.parametrize(
    ("share", "fee", "words"),
    [
        (CostShare(copay=2000), 17500, "$20"),
        (CostShare(copay=2000), None, "$20"),
        (CostShare(coinsurance=20, deductible_left=0), 17500, "$35"),
        (CostShare(coinsurance=20, deductible_left=10000, deductible_applies=True), 17500, "$115"),
        (CostShare(coinsurance=20, deductible_left=100_000, deductible_applies=True), 17500, "$175"),
        (CostShare(copay=2000, deductible_left=10000), 17500, "$20 to $120"),
        (CostShare(copay=2000, deductible_left=10000, deductible_applies=False), 17500, "$20"),
        (CostShare(coinsurance=20, deductible_left=10000), None, "from $0"),
        (CostShare(coinsurance=20), 17500, "from $35"),
        (CostShare(copay=2000, out_of_pocket_left=500), 17500, "$5"),
        (CostShare(coinsurance=15, deductible_left=0), 12345, "$18.52"),
    ],
)
def test_the_share_follows_from_what_the_plan_answered(share: CostShare, fee: int | None, words: str) -> None:
    """Copay, deductible, coinsurance and cap, each where it is known."""
    found = owed(share, fee)
    assert found is not None
    assert found.words == words


def test_a_plan_that_said_nothing_gives_no_number() -> None:
    """Unknown is said as unknown."""
    assert owed(None, 17500) is None
    assert owed(CostShare(out_of_pocket_left=0), 17500) is None
    assert "We do not know yet" in told(None)


@given(SHARES, CENTS)
def test_the_range_is_a_range_and_never_above_the_cap(share: CostShare, fee: int | None) -> None:
    """least <= most <= what is left of the year's own share."""
    found = owed(share, fee)
    if found is None:
        return
    assert found.least >= 0
    assert found.most is None or found.least <= found.most
    if share.out_of_pocket_left is not None:
        assert found.most is not None
        assert found.most <= share.out_of_pocket_left


@given(SHARES)
def test_a_share_is_kept_whole(share: CostShare) -> None:
    """What was stored is what was said."""
    assert CostShare.from_json(share.to_json()) == share


def test_what_the_client_reads_says_who_pays_and_that_the_plan_decides() -> None:
    """Three texts: the plan's part, a fee of one's own, not known."""
    assert "we expect you to pay $20." in told(Owed(2000, 2000))
    assert "It may be more" in told(Owed(2000, None))
    assert "You pay for this visit yourself. We expect it to cost $175." in told(Owed(17500, 17500, private=True))


@pytest.mark.parametrize("wrong", [{"copay": -1}, {"coinsurance": 101}, {"deductible_left": 10**9}])
def test_an_impossible_amount_is_refused(wrong: dict[str, object]) -> None:
    """With a sentence that says what is possible."""
    with pytest.raises(Malformed, match="between"):
        CostShare.from_json(wrong)
