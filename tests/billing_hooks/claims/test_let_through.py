"""What our scrubber lets through, two readers that nobody here wrote let through as well."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pytest

from billing_hooks import packs
from billing_hooks.claims.claim import Claim, Frequency, PostalAddress
from billing_hooks.claims.scrub import Against, scrub
from tests.billing_hooks.claims import judges, kit
from tests.billing_hooks.claims.test_emit import written as batch

AGAINST = Against(packs.shipped()[0], kit.TODAY, date(2026, 12, 31))
NORTH = replace(kit.PRACTICE.provider, npi="1770000309", taxonomy="")
FULL = replace(
    kit.WHOLE, supervising=kit.RIVERA, referring=kit.RIVERA, where=(NORTH, kit.PRACTICE.address),
    authorization="A1", referral="R1", note="N", delay="7",
)  # fmt: skip
BASES = (
    FULL,
    kit.secondary(FULL),
    replace(FULL, client=kit.ROBIN, plan=replace(kit.COMMERCIAL, relation="child", subscriber=kit.JORDAN)),
    replace(FULL, frequency=Frequency.REPLACE, original="ICN"),
    replace(FULL, practice=replace(kit.PRACTICE, phone="6125550100", contact="X", mail="a@b.c", pay_to=kit.HOME)),
)
WORDS = (
    "", "X", " ", "A B", "é", "O'X", "12", "X" * 40, "X" * 61, "MN", "AB-12", "#", "A.B", "&", "(", "a", "95", "-", ".",
    "A_B", "10", "QQ", "F411", "0", "55401", "554011234", "1234567893", "A*B~C:D",
)  # fmt: skip


def changed(value: Any, chance: random.Random) -> Any:
    """The value with one leaf of it changed for another of its type."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = chance.choice(dataclasses.fields(value)).name
        return replace(value, **{name: changed(getattr(value, name), chance)})
    if isinstance(value, tuple):
        pair = len(value) == 2 and isinstance(value[1], PostalAddress)
        if value and (pair or chance.random() < 0.8):
            at = chance.randrange(len(value))
            return (*value[:at], changed(value[at], chance), *value[at + 1 :])
        return value[:-1]
    if isinstance(value, StrEnum):
        return chance.choice(list(type(value)))
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return chance.choice(WORDS)
    if isinstance(value, int):
        return chance.choice([0, 1, 2, -1, 5, 17_500, 99_999_999])
    return value + timedelta(chance.randrange(-400, 10)) if isinstance(value, date) else value


@pytest.mark.parametrize("seed", [1, 2])
def test_what_the_scrubber_lets_through_is_taken(seed: int) -> None:
    """Whole claims with a part or two changed by chance: about a half is let through, and all of these are taken."""
    chance = random.Random(seed)
    let: list[Claim] = []
    for place in range(250):
        claim = replace(changed(chance.choice(BASES), chance), id=f"W{place}")
        if place % 2:
            claim = replace(changed(claim, chance), id=f"W{place}")
        if not any(each.grave for each in scrub(claim, AGAINST)):
            let.append(claim)
    assert 50 < len(let) < 200
    text = batch(let)
    assert judges.pyx12_says(text) + judges.x12sdk_says(text) == []
