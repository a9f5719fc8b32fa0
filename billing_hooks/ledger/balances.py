"""The three sums of an 835 that must hold: a line's, a claim's, the payment's. Pure.

SVC02 = SVC03 + CAS; CLP03 = CLP04 + CAS of claim and lines; BPR02 = all CLP04 - all PLB. What does not hold is refused
with its place, for money that does not add up was not understood.
"""

from __future__ import annotations

from dataclasses import dataclass

from billing_hooks.claims.claim import Cents
from billing_hooks.errors import Refused
from billing_hooks.ledger.entries import dollars
from billing_hooks.replies.remittance import PaidClaim, Payment, PaymentEnd

_DO = "Nothing of the file was posted. Ask the payer for a corrected one."


def claim(paid: PaidClaim) -> None:
    """A claim and its lines. Errors: Refused("835-line-unbalanced" | "835-claim-unbalanced")."""
    for line in paid.lines:
        taken = sum(each.cents for each in line.adjusted)
        if line.charge != line.paid + taken:
            raise _unbalanced("line", f"Segment {line.segment} (SVC02)", line.charge, line.paid, taken)
    taken = sum(each.cents for _, each in paid.every())
    if paid.charge != paid.paid + taken:
        raise _unbalanced("claim", f"Segment {paid.segment} (CLP03)", paid.charge, paid.paid, taken)


def _unbalanced(what: str, where: str, charge: Cents, paid: Cents, taken: Cents) -> Refused:
    say = (
        f"{where}: {dollars(charge)} was charged, but {dollars(paid)} paid and {dollars(taken)} adjusted make "
        f"{dollars(paid + taken)}. {_DO}"
    )
    return Refused(f"835-{what}-unbalanced", say)


@dataclass(slots=True)
class Sum:
    """The claims of a payment added up as they pass."""

    payment: Payment
    claims: Cents = 0

    def plus(self, paid: PaidClaim) -> None:
        """One more claim, whose own sums must hold."""
        claim(paid)
        self.claims += paid.paid

    def ends(self, end: PaymentEnd) -> None:
        """The payment as a whole. Errors: Refused("835-payment-unbalanced")."""
        beside = sum(each.cents for each in end.adjustments)
        if self.payment.cents != self.claims - beside:
            say = (
                f"Segment {self.payment.segment} (BPR02): the payment is {dollars(self.payment.cents)}, but its claims "
                f"come to {dollars(self.claims)} and what moves beside them (PLB) to {dollars(beside)}, which makes "
                f"{dollars(self.claims - beside)}. {_DO}"
            )
            raise Refused("835-payment-unbalanced", say)
