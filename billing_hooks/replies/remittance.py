"""A payment and what it is for, as values: what an 835 says, in whole cents, with the segment that says it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing_hooks.claims.claim import Adjusted, Cents
from billing_hooks.x12_envelopes import Envelope

REVERSAL = "22"
FORECAST = "25"  # predetermination: no money moves
PROCESSED = {
    "1": "judged as first payer", "2": "judged as second payer", "3": "judged as third payer", "4": "denied",
    "19": "judged as first payer and sent on", "20": "judged as second payer and sent on",
    "21": "judged as third payer and sent on", "22": "an earlier decision taken back", "23": "not theirs, sent on",
    "25": "a forecast, no payment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment (BPR, TRN). `cents` BPR02, `method` ACH, CHK, NON ..., `trace` the number of the check or transfer,
    `payer_id` TRN03, `payers` all numbers of the payer, `payee` their number for us (N104) with `payees` all of them.
    """

    envelope: Envelope
    cents: Cents
    method: str
    day: date | None
    trace: str
    payer_id: str
    payer: str
    payers: tuple[str, ...]
    payee: str
    payees: tuple[str, ...]
    segment: int


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One line as judged. `code` and `modifiers` as they return it, `sent` the code we sent where it differs (SVC06),
    `number` our line's (REF 6R), `units` paid; `allowed` AMT B6; `remarks` remark codes (LQ HE)."""

    segment: int
    code: str
    modifiers: tuple[str, ...]
    charge: Cents
    paid: Cents
    units: str
    adjusted: tuple[Adjusted, ...]
    day: date | None = None
    number: str = ""
    sent: str = ""
    sent_modifiers: tuple[str, ...] = ()
    allowed: Cents | None = None
    remarks: tuple[str, ...] = ()

    @property
    def share(self) -> Cents:
        """What they leave to the client (PR)."""
        return sum(each.cents for each in self.adjusted if each.group == "PR")


@dataclass(frozen=True, slots=True)
class PaidClaim:
    """One claim as judged: CLP with its adjustments and lines. `share` CLP05, None where it is not said; `next_payer`
    to whom they sent it on; `original` the number of the claim that this one corrects (REF F8)."""

    segment: int
    claim: str
    status: str
    charge: Cents
    paid: Cents
    share: Cents | None
    filing: str
    payer_number: str
    pos: str
    frequency: str
    adjusted: tuple[Adjusted, ...]
    lines: tuple[PaidLine, ...]
    remarks: tuple[str, ...] = ()
    next_payer: str = ""
    original: str = ""
    days: tuple[date, ...] = ()

    @property
    def reversal(self) -> bool:
        """Whether it takes an earlier decision back."""
        return self.status == REVERSAL

    def every(self) -> Iterator[tuple[PaidLine | None, Adjusted]]:
        """Each adjustment with its line, None for those of the claim as a whole."""
        yield from ((None, each) for each in self.adjusted)
        yield from ((line, each) for line in self.lines for each in line.adjusted)


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """Money that moves beside the claims (PLB): `cents` above nothing lowers the payment. `code` WO, L6, FB, CS, 72 or
    another, `reference` what it is about, `year_ends` the fiscal year's last day, `place` of its pair of elements."""

    segment: int
    npi: str
    year_ends: date
    code: str
    reference: str
    cents: Cents
    place: int


@dataclass(frozen=True, slots=True)
class PaymentEnd:
    """The end of a payment, with what moves beside its claims; `claims` how many stood in it."""

    adjustments: tuple[ProviderAdjustment, ...]
    claims: int
    segment: int


Said = Payment | PaidClaim | PaymentEnd
