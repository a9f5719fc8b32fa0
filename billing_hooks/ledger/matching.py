"""Which of our claims and lines a payer's decision is about. Pure.

A line is found by the number we gave it (REF 6R), which a payer must give back; some do not, and some drop the
modifiers on the way, so the code with fewer of them, the day and the charge must do then.
"""

from __future__ import annotations

from collections.abc import Sequence

from billing_hooks.claims.claim import Rank
from billing_hooks.ledger.accounts import Account, OurClaim, OurLine
from billing_hooks.replies.remittance import PaidClaim, PaidLine

_RANKS = {"2": Rank.SECONDARY, "20": Rank.SECONDARY, "3": Rank.TERTIARY, "21": Rank.TERTIARY}


def claim(account: Account, paid: PaidClaim, payer: str) -> OurClaim | None:
    """The claim that was decided; None where the visit has none.

    A payer who decides as second or third on a claim that another payer decided got it sent on: what is meant is our
    claim to the next payer.
    """
    named = paid.claim.strip().upper()
    ours = next((each for each in account.claims if each.id.upper() == named), None)
    rank = _RANKS.get(paid.status)
    if ours is None or rank is None or ours.rank is rank:
        return ours
    if all(each.check.payer == payer for each in account.standing(ours.id)):
        return ours
    return next((each for each in reversed(account.claims) if each.rank is rank), None)


def lines(ours: OurClaim, paid: PaidClaim) -> list[OurLine | None]:
    """Our line for each of theirs, in their order; None where none fits."""
    numbered = {each.number.upper(): each for each in ours.lines}
    found: list[OurLine | None] = [numbered.get(each.number.strip().upper()) for each in paid.lines]
    left = [each for each in ours.lines if all(each is not one for one in found)]
    for strictness in range(4):
        for at, theirs in enumerate(paid.lines):
            if found[at] is None:
                fitting = _fitting(left, theirs, strictness)
                if fitting is not None:
                    found[at] = fitting
                    left.remove(fitting)
    return found


def _fitting(left: Sequence[OurLine], theirs: PaidLine, strictness: int) -> OurLine | None:
    """From code with all modifiers, day and charge down to the code alone, and that only where one line has it."""
    code = theirs.sent or theirs.code
    modifiers = set(theirs.sent_modifiers if theirs.sent else theirs.modifiers)
    same = [each for each in left if each.code == code]
    today = [each for each in same if theirs.day is None or each.day == theirs.day]
    charge = abs(theirs.charge)
    match strictness:
        case 0:
            fits = [each for each in today if set(each.modifiers) == modifiers and each.charge == charge]
        case 1:
            fits = [each for each in today if modifiers <= set(each.modifiers) and each.charge == charge]
        case 2:
            fits = [each for each in today if modifiers <= set(each.modifiers)]
        case _:
            fits = same if len(same) == 1 else []
    return fits[0] if fits else None
