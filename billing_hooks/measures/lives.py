"""A claim's life as the measures count it: days, decisions and money; opaque ids alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from billing_hooks.claims.claim import Cents


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One decided service: what was asked, allowed and paid for so many units. `paid` by plan and client together."""

    code: str
    units: int
    charge: Cents
    allowed: Cents
    paid: Cents


@dataclass(frozen=True, slots=True)
class Life:
    """One claim. None means that it did not happen (yet).

    `rejected` before it was judged (999 or 277CA); `accepted` by the payer for judgement; `decided` the day of the
    first judgement, `denied` with its reasons (group and CARC, as CO-4); `open` what is still to come from anybody;
    `again` a correction or a claim to a further payer, which no first pass counts.
    """

    claim: str
    payer: str
    service_day: date
    charge: Cents
    sent: date | None = None
    rejected: date | None = None
    accepted: date | None = None
    decided: date | None = None
    denied: tuple[str, ...] = ()
    lines: tuple[PaidLine, ...] = ()
    open: Cents = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unbilled:
    """A visit that is complete and not billed: what it waits for (the worklist's word), and its charge if known."""

    visit: str
    day: date
    waits_for: str
    charge: Cents | None = None
