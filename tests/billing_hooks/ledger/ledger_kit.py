"""A book in memory, claims of a made-up practice, and payments for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from billing_hooks.claims.claim import Adjusted, Claim, Frequency, Person, Plan, Practice, Provider, Rank, ServiceLine
from billing_hooks.claims.claim import PostalAddress as Address
from billing_hooks.ledger import accounts
from billing_hooks.ledger.accounts import Account, Check, Waiting
from billing_hooks.ledger.entries import Entry
from billing_hooks.replies.remittance import PaidClaim, PaidLine

DAY = date(2026, 11, 20)
PRACTICE = Practice(
    Provider("Lakeside Behavioral Group", "1990000105", "251S00000X"),
    Address("100 Main St Ste 200", "Minneapolis", "MN", "554011234"), "411234567",
)  # fmt: skip
CLIENT = Person("Jordan", "Doe", date(1990, 2, 14), "F")
FIRST = Plan("Example Commercial Health Plan", "99901", "CI", "HPX123456789")
SECOND = Plan("Example Second Plan", "99904", "CI", "SEC1")
CHECK = Check("1512345678", "EFT1", date(2026, 12, 5))
Row = tuple[str, tuple[str, ...], int]


def claim(
    named: str = "VV-1", *rows: Row, encounter: str = "enc_1", frequency: Frequency = Frequency.NEW,
    rank: Rank = Rank.PRIMARY, number: str = "", day: date = DAY,
) -> Claim:  # fmt: skip
    """A claim of one line, or of those given."""
    given = rows or (("90834", ("95",), 17500),)
    lines = tuple(
        ServiceLine(f"{number or named}-{at}", code, modifiers, 1, cents, day, (1,))
        for at, (code, modifiers, cents) in enumerate(given, 1)
    )
    plan = FIRST if rank is Rank.PRIMARY else SECOND
    return Claim(named, encounter, PRACTICE, CLIENT, plan, lines, ("F411",), "10", rank, frequency)


def account(*claims: Claim) -> Account:
    """An encounter with claims sent."""
    made = Account(claims[0].encounter)
    for each in claims:
        made = accounts.charge(made, each, DAY)
    return made


def judged(
    asked: Claim, *parts: tuple[int, tuple[Adjusted, ...]], status: str = "1", number: str = "ICN1", segment: int = 10
) -> PaidClaim:
    """A decision: (paid, adjustments) for each line."""
    lines = tuple(
        PaidLine(segment + at, mine.code, mine.modifiers, mine.charge, paid, "1", adjusted, mine.day, mine.number)
        for at, (mine, (paid, adjusted)) in enumerate(zip(asked.lines, parts, strict=True), 1)
    )
    share = sum(one.cents for each in lines for one in each.adjusted if one.group == "PR")
    return PaidClaim(
        segment, asked.id, status, asked.charge, sum(paid for paid, _ in parts), share, "12", number, "10", "1", (),
        lines,
    )  # fmt: skip


def usual(asked: Claim, share: int = 2500, off: int = 4000) -> PaidClaim:
    """Each line paid but for what the contract takes and the client's copayment."""
    return judged(
        asked,
        *((each.charge - share - off, (Adjusted("CO", "45", off), Adjusted("PR", "3", share))) for each in asked.lines),
    )


def back(paid: PaidClaim) -> PaidClaim:
    """What takes a decision back."""

    def less(adjusted: tuple[Adjusted, ...]) -> tuple[Adjusted, ...]:
        return tuple(replace(each, cents=-each.cents) for each in adjusted)

    lines = tuple(
        replace(each, charge=-each.charge, paid=-each.paid, adjusted=less(each.adjusted)) for each in paid.lines
    )
    return replace(
        paid, status="22", charge=-paid.charge, paid=-paid.paid, share=None, adjusted=less(paid.adjusted), lines=lines
    )


class Shelf:
    """A book in memory."""

    def __init__(self, *held: Account) -> None:
        self.accounts = {each.encounter: each for each in held}
        self.unknowns: dict[str, Waiting] = {}
        self.practice: dict[str, Entry] = {}

    def account(self, claim: str, payer_number: str) -> Account | None:
        """By our number, else by the payer's."""
        for each in self.accounts.values():
            if any(one.id.upper() == claim.upper() for one in each.claims):
                return each
        return None

    def keep(self, account: Account) -> None:
        """One more state of it."""
        self.accounts[account.encounter] = account

    def unknown(self, one: Waiting) -> None:
        """Listed."""
        self.unknowns[one.key] = one

    def beside(self, entries: tuple[Entry, ...]) -> bool:
        """Kept once."""
        new = [each for each in entries if each.key not in self.practice]
        self.practice |= {each.key: each for each in new}
        return bool(new)
