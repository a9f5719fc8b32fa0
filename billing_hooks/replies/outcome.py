"""What a payer's decision comes to: paid, denied, some of both, or an earlier one taken back. Pure.

A line that pays nothing is not denied when what took its money is the client's usual share, another payer's payment or
the contract; and a claim is denied when all of its lines are.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from billing_hooks.claims.claim import Adjusted, Cents
from billing_hooks.replies.remittance import PaidClaim


class Outcome(StrEnum):
    """Of one decision."""

    PAID = "paid"
    PARTLY = "partly"
    DENIED = "denied"
    REVERSED = "reversed"


SETTLES = frozenset(("1", "2", "3", "23", "44", "45", "66", "142", "144", "187", "237", "241", "253"))
"""Reasons (CARC) that settle what a payer accepts and deny nothing: the client's share, the contract, other payers,
payment reforms."""


def outcome(paid: PaidClaim) -> Outcome:
    """What it comes to."""
    if paid.reversal:
        return Outcome.REVERSED
    if paid.status == "4":
        return Outcome.DENIED
    if not paid.lines:
        return Outcome.DENIED if denied(paid.charge, paid.paid, paid.adjusted) else Outcome.PAID
    lines = [denied(each.charge, each.paid, (*each.adjusted, *paid.adjusted)) for each in paid.lines]
    return Outcome.DENIED if all(lines) else Outcome.PARTLY if any(lines) else Outcome.PAID


def denied(charge: Cents, paid: Cents, adjusted: Iterable[Adjusted]) -> bool:
    """Whether nothing of a line is paid for a reason that denies it."""
    return charge > 0 and paid <= 0 and any(each.cents > 0 and each.reason not in SETTLES for each in adjusted)


def denials(paid: PaidClaim) -> dict[str, frozenset[str]]:
    """The reasons that deny, each with the groups (CO, PR ...) it stands in."""
    found: dict[str, frozenset[str]] = {}
    for _, each in paid.every():
        if each.reason not in SETTLES and each.cents > 0:
            found[each.reason] = found.get(each.reason, frozenset()) | {each.group}
    return found
