"""The measures: each a value with its parts, over the claims of some days. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing_hooks.claims.claim import Cents
from billing_hooks.measures.lives import Life, Unbilled

RECEIVABLE_DAYS = 90
# What each measure counts, in words that stand beside it on the page and in the file.
SAYS = {
    "sent": "Claims by the month in which they were first sent.",
    "first_pass": "Of new claims that were answered: those accepted for judgement without any rejection before (999, "
    "277CA). Corrections and claims to a further payer are not counted.",
    "denials": "Of new claims that were judged: those denied in whole or in part, by payer and by reason.",
    "receivable": "What is open today, divided by the charges of an average day of the last 90.",
    "codes": "Of decided services: charge, allowed and paid for one unit, on average.",
    "unbilled": "Complete visits without a claim, by what they wait for.",
}


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; `percent` None where there are none to count."""

    name: str
    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """To one place."""
        return round(100 * self.part / self.whole, 1) if self.whole else None


@dataclass(frozen=True, slots=True)
class Month:
    """Claims first sent in a month, and their charges. `name` as 2026-11."""

    name: str
    claims: int
    charge: Cents


@dataclass(frozen=True, slots=True)
class Brings:
    """What a code brings: units decided, and for one unit the average charge, allowed and paid, in cents."""

    code: str
    units: int
    charge: Cents
    allowed: Cents
    paid: Cents


@dataclass(frozen=True, slots=True)
class Waiting:
    """Visits that wait for the same thing: how many, since which day the oldest, charges as far as known."""

    waits_for: str
    visits: int
    oldest: date
    charge: Cents


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them, for claims sent from `first` to `last`; `receivable` in days, None without charges."""

    first: date
    last: date
    sent: tuple[Month, ...]
    first_pass: Share
    by_payer: tuple[Share, ...]
    by_reason: tuple[Share, ...]
    receivable: float | None
    open: Cents
    codes: tuple[Brings, ...]
    unbilled: tuple[Waiting, ...]


def measure(lives: Sequence[Life], unbilled: Iterable[Unbilled], *, first: date, last: date) -> Measures:
    """The measures of the claims sent in these days, both included; what is open and waits as on `last`."""
    sent = [life for life in lives if life.sent is not None and first <= life.sent <= last]
    new = [life for life in sent if not life.again]
    judged = [life for life in new if life.decided is not None]
    return Measures(
        first, last,
        sent=_months(sent, first, last),
        first_pass=_first_pass(new),
        by_payer=_by_payer(judged),
        by_reason=_by_reason(judged),
        receivable=_receivable(lives, last),
        open=sum(life.open for life in lives),
        codes=_codes(sent),
        unbilled=_waiting(unbilled),
    )  # fmt: skip


def _months(sent: Iterable[Life], first: date, last: date) -> tuple[Month, ...]:
    """Every month of the span, also those in which nothing was sent."""
    claims: dict[str, int] = defaultdict(int)
    charges: dict[str, int] = defaultdict(int)
    for life in sent:
        if life.sent is not None:
            name = f"{life.sent:%Y-%m}"
            claims[name] += 1
            charges[name] += life.charge
    names, month = [], first.replace(day=1)
    while month <= last:
        names.append(f"{month:%Y-%m}")
        month = (month + timedelta(days=32)).replace(day=1)
    return tuple(Month(name, claims[name], charges[name]) for name in names)


def _first_pass(new: Iterable[Life]) -> Share:
    answered = [life for life in new if life.rejected or life.accepted or life.decided]
    return Share("first_pass", sum(life.rejected is None for life in answered), len(answered))


def _by_payer(judged: Sequence[Life]) -> tuple[Share, ...]:
    payers = sorted({life.payer for life in judged})
    shares = [
        Share(payer, sum(bool(life.denied) for life in judged if life.payer == payer),
              sum(life.payer == payer for life in judged))
        for payer in payers
    ]  # fmt: skip
    return tuple(sorted(shares, key=lambda each: (-(each.percent or 0), each.name)))


def _by_reason(judged: Sequence[Life]) -> tuple[Share, ...]:
    """A claim denied for two reasons counts under both; the whole is every judged claim."""
    counts: dict[str, int] = defaultdict(int)
    for life in judged:
        for reason in set(life.denied):
            counts[reason] += 1
    shares = [Share(reason, count, len(judged)) for reason, count in counts.items()]
    return tuple(sorted(shares, key=lambda each: (-each.part, each.name)))


def _receivable(lives: Iterable[Life], last: date) -> float | None:
    everything = list(lives)
    since = last - timedelta(days=RECEIVABLE_DAYS - 1)
    charged = sum(life.charge for life in everything if not life.again and since <= life.service_day <= last)
    if not charged:
        return None
    return round(sum(life.open for life in everything) * RECEIVABLE_DAYS / charged, 1)


def _codes(sent: Iterable[Life]) -> tuple[Brings, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for life in sent:
        for line in life.lines:
            for place, value in enumerate((line.units, line.charge, line.allowed, line.paid)):
                sums[line.code][place] += value
    return tuple(
        Brings(code, units, charge // units, allowed // units, paid // units)
        for code, (units, charge, allowed, paid) in sorted(sums.items())
        if units > 0
    )


def _waiting(unbilled: Iterable[Unbilled]) -> tuple[Waiting, ...]:
    groups: dict[str, list[Unbilled]] = defaultdict(list)
    for visit in unbilled:
        groups[visit.waits_for].append(visit)
    found = [
        Waiting(name, len(each), min(one.day for one in each), sum(one.charge or 0 for one in each))
        for name, each in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.visits, each.waits_for)))
