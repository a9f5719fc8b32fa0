"""The entries that a payer's decision makes: what it pays, takes off and leaves to the client, and what of that others
had decided before. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from billing_hooks.claims.claim import Adjusted, Cents
from billing_hooks.ledger.accounts import Account, Judgement, OurClaim, OurLine, Waiting
from billing_hooks.ledger.entries import Entry, Kind

_BEFORE = "before"  # in the keys of entries that say what was decided before


@dataclass(frozen=True, slots=True)
class _Decision:
    """A decision about one of our claims, with our line for each of theirs."""

    account: Account
    one: Waiting
    ours: OurClaim
    lines: list[OurLine | None]

    @property
    def alone(self) -> str:
        """Where what they say of the whole claim belongs: its only line, or the claim."""
        return self.ours.lines[0].number if len(self.ours.lines) == 1 else ""

    def entry(
        self, kind: Kind, line: str, cents: Cents, segment: int, place: str, said: Adjusted | None = None
    ) -> Entry:
        """One entry of it."""
        one, check = self.one, self.one.check
        return Entry(
            f"{one.key}/{place}", one.key, kind, self.account.encounter, self.ours.id, line, cents, check.day,
            said.group if said is not None else "", said.reason if said is not None else "", check.payer, check.trace,
            segment, one.paid.reversal,
        )  # fmt: skip


def every(
    account: Account, one: Waiting, ours: OurClaim, lines: list[OurLine | None], undone: Judgement | None, *,
    supplement: bool,
) -> list[Entry]:  # fmt: skip
    """All entries of a decision. `undone` what a reversal takes back, `supplement` see `posting.place`."""
    found = _Decision(account, one, ours, lines)
    made = list(decided(found))
    if undone is not None:
        return [*made, *given_back(found, undone)]
    if supplement:
        return [*made, *restated(found)]
    return [*made, *earlier(found)] if ours.after else made


def decided(found: _Decision) -> Iterator[Entry]:
    """What it pays and takes, at each line, and at the claim where it names none."""
    paid = found.one.paid
    parts: list[tuple[str, Cents, tuple[Adjusted, ...], int]] = [
        (mine.number if mine is not None else found.alone, theirs.paid, theirs.adjusted, theirs.segment)
        for theirs, mine in zip(paid.lines, found.lines, strict=True)
    ]
    rest = paid.paid - sum(each.paid for each in paid.lines)
    parts.append((found.alone, rest, paid.adjusted, paid.segment))
    for at, (line, cents, adjusted, segment) in enumerate(parts, 1):
        yield found.entry(Kind.PAYMENT, line, cents, segment, f"{at}")
        for place, each in enumerate(adjusted):
            kind = Kind.SHARE if each.group == "PR" else Kind.ADJUSTMENT
            yield found.entry(kind, line, each.cents, segment, f"{at}.{place}", each)


def earlier(found: _Decision) -> Iterator[Entry]:
    """A later payer decides on the whole charge; what was not asked of it was decided, and counted, before."""
    asked: dict[str, Cents] = {}
    for each in found.account.of(found.ours.id):
        if each.kind in (Kind.TRANSFER, Kind.CHARGE):
            asked[each.line] = asked.get(each.line, 0) + each.cents
    charged = _charged(found)
    for line in sorted({*asked, *charged}):
        cents = asked.get(line, 0) - charged.get(line, 0)
        yield found.entry(Kind.EARLIER, line, cents, found.one.paid.segment, f"{_BEFORE}.{line}")


def restated(found: _Decision) -> Iterator[Entry]:
    """A decision beside one that stands says all of it again: only what it pays is new, and its share takes the place
    of the share that stood."""
    standing = {each.key for each in found.account.standing(found.ours.id)}
    shares: dict[str, Cents] = {}
    for each in found.account.of(found.ours.id):
        if each.kind is Kind.SHARE and each.cause in standing:
            shares[each.line] = shares.get(each.line, 0) + each.cents
    charged, segment = _charged(found), found.one.paid.segment
    for line in sorted({*shares, *charged}):
        share = shares.get(line, 0)
        yield found.entry(Kind.SHARE, line, -share, segment, f"{_BEFORE}.share.{line}")
        yield found.entry(Kind.EARLIER, line, share - charged.get(line, 0), segment, f"{_BEFORE}.{line}")


def _charged(found: _Decision) -> dict[str, Cents]:
    """What they say was charged, by our lines."""
    paid, charged = found.one.paid, dict[str, Cents]()
    for theirs, mine in zip(paid.lines, found.lines, strict=True):
        where = mine.number if mine is not None else found.alone
        charged[where] = charged.get(where, 0) + theirs.charge
    rest = paid.charge - sum(each.charge for each in paid.lines)
    charged[found.alone] = charged.get(found.alone, 0) + rest
    return charged


def given_back(found: _Decision, undone: Judgement) -> Iterator[Entry]:
    """What had been decided before a decision is so no more when the decision is taken back."""
    for each in found.account.of(found.ours.id):
        if each.cause == undone.key and each.key.startswith(f"{undone.key}/{_BEFORE}."):
            place = each.key.removeprefix(f"{undone.key}/")
            yield found.entry(each.kind, each.line, -each.cents, found.one.paid.segment, place)
