"""Entries of money and what they fold to: charges = payments + adjustments + the client's share + open. Pure.

That holds for a line, a claim and an encounter alike. What goes on to the next payer is taken out of the one claim and
put into the other (TRANSFER), so that an encounter's charges stand once however many payers are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar, assert_never

from billing_hooks.claims.claim import Cents

Place = TypeVar("Place", bound=Hashable)


class Kind(StrEnum):
    """What an entry is. Its cents count in its own direction; a reversal's are negative.

    SHARE what a payer leaves to the client (PR); EARLIER what of a later payer's adjustments other payers decided
    before, and is counted there; WRITE_OFF what the practice gives up; BESIDE what moves beside claims (PLB).
    """

    CHARGE = "charge"
    PAYMENT = "payment"
    ADJUSTMENT = "adjustment"
    SHARE = "patient_share"
    EARLIER = "earlier"
    TRANSFER = "transfer"
    CLIENT = "client_payment"
    WRITE_OFF = "write_off"
    BESIDE = "provider_adjustment"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement, never changed and never taken away.

    `key` the same whenever the same cause gives it; `cause` the judgement or command it belongs to; `claim` and `line`
    "" where it is about the whole; `group` and `reason` as a payer says them; `payer` and `trace` of the payment with
    `segment` in its file; `by` the person who decided, "" for a payer.
    """

    key: str
    cause: str
    kind: Kind
    encounter: str
    claim: str
    line: str
    cents: Cents
    day: date
    group: str = ""
    reason: str = ""
    payer: str = ""
    trace: str = ""
    segment: int = 0
    reversal: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """What entries come to. `open` nobody has decided yet (below nothing: a payer has decided more than was asked),
    `due` the client still owes of their share (below nothing: they have a credit)."""

    charges: Cents = 0
    transferred: Cents = 0
    payments: Cents = 0
    adjustments: Cents = 0
    share: Cents = 0
    client_paid: Cents = 0

    @property
    def open(self) -> Cents:
        """What no payer has decided."""
        return self.charges + self.transferred - self.payments - self.adjustments - self.share

    @property
    def due(self) -> Cents:
        """What the client owes."""
        return self.share - self.client_paid


def balance(entries: Iterable[Entry]) -> Balance:
    """What they come to together."""
    charges = transferred = payments = adjustments = share = client = 0
    for each in entries:
        match each.kind:
            case Kind.CHARGE:
                charges += each.cents
            case Kind.TRANSFER:
                transferred += each.cents
            case Kind.PAYMENT:
                payments += each.cents
            case Kind.ADJUSTMENT | Kind.EARLIER | Kind.WRITE_OFF:
                adjustments += each.cents
            case Kind.SHARE:
                share += each.cents
            case Kind.CLIENT:
                client += each.cents
            case Kind.BESIDE:
                pass  # between the payer and the practice
            case _:
                assert_never(each.kind)
    return Balance(charges, transferred, payments, adjustments, share, client)


def balances(entries: Iterable[Entry], place: Callable[[Entry], Place]) -> dict[Place, Balance]:
    """What they come to for each line, claim or encounter, as `place` says."""
    apart: dict[Place, list[Entry]] = {}
    for each in entries:
        apart.setdefault(place(each), []).append(each)
    return {where: balance(found) for where, found in apart.items()}


def of_line(entry: Entry) -> tuple[str, str, str]:
    """(encounter, claim, line)."""
    return entry.encounter, entry.claim, entry.line


def of_claim(entry: Entry) -> tuple[str, str]:
    """(encounter, claim)."""
    return entry.encounter, entry.claim


def beside(entries: Iterable[Entry]) -> dict[tuple[str, str], Cents]:
    """What stands between each payer and the practice, by the payer and the code (WO, FB ...): taken is above nothing.

    A balance carried forward (FB) comes back to nothing once it was taken.
    """
    found: dict[tuple[str, str], Cents] = {}
    for each in entries:
        if each.kind is Kind.BESIDE:
            found[each.payer, each.reason] = found.get((each.payer, each.reason), 0) + each.cents
    return found


def dollars(cents: Cents) -> str:
    """`-1234.05`."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
