"""What a client will owe for one visit, as a range in cents: from what their plan answered, or the fee. Pure.

A plan's answer is no promise, and its allowed amount is at most the practice's fee: the upper end is never too low for
what is known here, and where something needed is not known there is no upper end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from billing_hooks.errors import Malformed

TEXT_VERSION = "owed/1"
"""Names the wording of `told`; whoever changes a sentence there counts it up."""


@dataclass(frozen=True, slots=True)
class CostShare:
    """What a plan said of the client's part. None = not known.

    `deductible_left` and `out_of_pocket_left` in cents on the day of the answer; `deductible_applies` to this service;
    `coinsurance` in whole percent.
    """

    copay: int | None = None
    coinsurance: int | None = None
    deductible_left: int | None = None
    deductible_applies: bool | None = None
    out_of_pocket_left: int | None = None
    answered_on: date | None = None

    def __post_init__(self) -> None:
        amounts = (self.copay, self.deductible_left, self.out_of_pocket_left)
        if any(each is not None and not 0 <= each <= 10_000_000 for each in amounts):
            raise Malformed("bad-amount", "An amount of money is between $0 and $100,000.")
        if self.coinsurance is not None and not 0 <= self.coinsurance <= 100:
            raise Malformed("bad-percent", "A coinsurance is between 0 and 100 percent.")

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, by the store."""
        return {
            "copay": self.copay, "coinsurance": self.coinsurance, "deductible_left": self.deductible_left,
            "deductible_applies": self.deductible_applies, "out_of_pocket_left": self.out_of_pocket_left,
            "answered_on": self.answered_on and self.answered_on.isoformat(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> CostShare:
        """The share that `to_json` wrote."""
        day = found.get("answered_on")
        return cls(
            copay=cast("int | None", found.get("copay")),
            coinsurance=cast("int | None", found.get("coinsurance")),
            deductible_left=cast("int | None", found.get("deductible_left")),
            deductible_applies=cast("bool | None", found.get("deductible_applies")),
            out_of_pocket_left=cast("int | None", found.get("out_of_pocket_left")),
            answered_on=None if day is None else date.fromisoformat(str(day)),
        )


@dataclass(frozen=True, slots=True)
class Owed:
    """From `least` to `most` cents; `most` None: no upper end is known. `private`: the client pays the fee."""

    least: int
    most: int | None
    private: bool = False

    @property
    def words(self) -> str:
        """ "$20", "$20 to $60", "from $20"."""
        if self.most is None:
            return f"from {money(self.least)}"
        return money(self.least) if self.least == self.most else f"{money(self.least)} to {money(self.most)}"


def owed(share: CostShare | None, fee: int | None) -> Owed | None:
    """The client's part of a visit whose fee is `fee` cents; None where the plan said nothing of it."""
    if share is None or (share.copay is None and share.coinsurance is None and share.deductible_left is None):
        return None
    with_deductible = _part(share, fee, through_deductible=True)
    without = _part(share, fee, through_deductible=False)
    untouched = share.deductible_left == 0 or share.deductible_applies is False
    if untouched:
        with_deductible = without
    elif share.deductible_applies is True and share.deductible_left is not None:
        without = with_deductible
    elif share.deductible_left is None and share.deductible_applies is None:
        # Nothing was said of a deductible: a copay is taken at its word, a bare percentage is not.
        with_deductible = without if share.copay is not None else None
    ends = [without, with_deductible]
    known = [each for each in ends if each is not None]
    return _capped(share, min(known, default=share.copay or 0), max(known) if len(known) == len(ends) else None)


def _part(share: CostShare, fee: int | None, *, through_deductible: bool) -> int | None:
    """Copay, what is left of the deductible, and the percentage of what remains; None where a number is missing."""
    total, rest = share.copay or 0, fee
    if through_deductible:
        if share.deductible_left is None or rest is None:
            return None
        total += min(rest, share.deductible_left)
        rest -= min(rest, share.deductible_left)
    if share.coinsurance:
        if rest is None:
            return None
        total += -(-rest * share.coinsurance // 100)  # upwards to a whole cent: never less than what is owed
    return total if fee is None else min(total, max(fee, share.copay or 0))


def _capped(share: CostShare, least: int, most: int | None) -> Owed:
    cap = share.out_of_pocket_left
    if cap is None:
        return Owed(least, most)
    return Owed(min(least, cap), cap if most is None else min(most, cap))


def money(cents: int) -> str:
    """ "$20", "$1,234.50"."""
    whole, rest = divmod(cents, 100)
    return f"${whole:,}.{rest:02d}" if rest else f"${whole:,}"


def told(found: Owed | None, *, estimate: bool = False) -> str:
    """What the client reads before the visit, in the words of TEXT_VERSION. `estimate`: a written one is there."""
    if found is None:
        return (
            "We do not know yet what your health plan will leave for you to pay. You can ask us before the visit, "
            "or call your plan."
        )
    if found.private:
        paper = (
            " Your written estimate is below." if estimate else " You can ask us for a written estimate at any time."
        )
        return f"You pay for this visit yourself. We expect it to cost {found.words}.{paper}"
    end = "" if found.most is not None else " It may be more: your plan has not told us everything."
    return (
        f"For this visit we expect you to pay {found.words}.{end} This is what your health plan told us; the plan "
        "decides in the end."
    )
