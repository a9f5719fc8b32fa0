"""A receipt for money that came, and a statement of what a client owes. Pure.

A statement goes by mail and is opened at a kitchen table: it says visits by their day, never a diagnosis or a code
(45 CFR 164.502(b), the minimum necessary).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from billing_hooks.claims.claim import Cents, Person, Practice
from billing_hooks.errors import Malformed
from billing_hooks.papers import layout, words
from billing_hooks.papers.blocks import Block, Callout, Cell, Column, Facts, Heading, Paper, Table, Tone
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment. `payer` who gave it, `way` how in words, `for_what` (words, cents) whose sum it is, `left` open."""

    number: str
    day: date
    practice: Practice
    client: Person
    payer: str
    way: str
    cents: Cents
    for_what: tuple[tuple[str, Cents], ...]
    left: Cents


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account: what happened, and by how much it raises (or, negative, lowers) what is owed."""

    day: date
    what: str
    cents: Cents


@dataclass(frozen=True, slots=True)
class Account:
    """A client's account over some time. `before` owed at its beginning; `due` the last day to pay; `cards` (for what,
    address) the card processor's pages."""

    number: str
    issued: date
    practice: Practice
    client: Person
    before: Cents
    entries: tuple[Entry, ...]
    due: date | None = None
    over_estimate: bool = False
    cards: tuple[tuple[str, str], ...] = ()

    @property
    def owed(self) -> Cents:
        """What is open at the end; below zero a credit."""
        return self.before + sum(entry.cents for entry in self.entries)


def receipt(found: Receipt, faces: Faces, *, made: datetime | None = None) -> bytes:
    """A receipt. Errors: Malformed("receipt-sum") where the parts are not the whole."""
    if sum(cents for _, cents in found.for_what) != found.cents:
        raise Malformed("receipt-sum", "The receipt's lines do not add up to what was received.")
    columns = (Column("For", 5), Column("Amount", 1, right=True))
    rows = tuple((what, words.money(cents)) for what, cents in found.for_what)
    left = f"{words.money(found.left)} is still open." if found.left > 0 else "Nothing is open."
    if found.left < 0:
        left = f"{words.money(-found.left)} stands to your credit."
    refund = found.cents < 0
    title = "Refund" if refund else "Receipt"
    amount = words.money(abs(found.cents))
    blocks: tuple[Block, ...] = (
        Callout(f"{amount} {'given back to' if refund else 'received from'} {found.payer}", left, Tone.OK),
        Facts((("Client", words.name(found.client)), ("Day", words.day(found.day)), ("How", found.way)), columns=3),
        Heading("For what"),
        Table(columns, rows, (("Total", words.money(found.cents)),)),
        Text("Keep this paper for your records. Thank you.", Tone.MUTED),
    )
    paper = Paper(title, blocks, f"No. {found.number}", foot=f"{title} {found.number} · {words.name(found.client)}")
    return layout.pdf(paper, words.house(found.practice), faces, made=made)


def statement(account: Account, faces: Faces, *, made: datetime | None = None) -> bytes:
    """A statement of the account with its running balance."""
    owed = account.owed
    blocks: tuple[Block, ...] = (
        Facts((
            ("To", f"{words.name(account.client)}\n{words.address(account.client.address)}".strip()),
            ("Issued", words.day(account.issued)), ("Please pay by", words.day(account.due) if account.due else ""),
        ), columns=3),
        _sum(account),
        Heading("Your account"),
        _entries(account),
        *_rights(account),
        *((Heading("To pay"), _slip(account), *_by_card(account)) if owed > 0 else ()),
    )  # fmt: skip
    paper = Paper(
        "Statement", blocks, f"No. {account.number}", foot=f"Statement {account.number} · {words.name(account.client)}"
    )
    return layout.pdf(paper, words.house(account.practice), faces, made=made)


def _sum(account: Account) -> Callout:
    owed = account.owed
    if owed > 0:
        until = f"Please pay by {words.day(account.due)}. " if account.due else ""
        questions = f"Questions, or you cannot pay it all at once? Telephone us: {words.phone(account.practice.phone)}."
        return Callout(f"You owe {words.money(owed)}", until + questions, Tone.ACCENT)
    if owed < 0:
        return Callout(f"You have a credit of {words.money(-owed)}", "Tell us if you want it back.", Tone.OK)
    return Callout("You owe nothing", "Thank you.", Tone.OK)


def _entries(account: Account) -> Table:
    columns = (
        Column("Date", 1.1), Column("What", 4), Column("Amount", 1.2, right=True), Column("Balance", 1.2, right=True),
    )  # fmt: skip
    balance = account.before
    rows: list[tuple[str | Cell, ...]] = []
    if account.before:
        rows.append(("", "Carried over", "", words.money(balance)))
    for entry in account.entries:
        balance += entry.cents
        rows.append((words.short_day(entry.day), entry.what, words.money(entry.cents), words.money(balance)))
    last = "Owed" if account.owed > 0 else "Credit" if account.owed < 0 else "Open"
    return Table(columns, tuple(rows), (("", last, "", words.money(abs(account.owed))),))


def _rights(account: Account) -> tuple[Block, ...]:
    if not account.over_estimate:
        return ()
    return (
        Callout(
            "This is $400 or more above your good faith estimate",
            "You may dispute the bill: within 120 calendar days of the date on the first bill, at "
            "www.cms.gov/nosurprises or by phone at 1-800-985-3059. There is a $25 fee.",
            Tone.WARN,
        ),
    )


def _slip(account: Account) -> Facts:
    practice = account.practice
    pay_to = practice.pay_to or practice.address
    return Facts((
        ("By check to", f"{practice.provider.family}\n{words.address(pay_to)}"),
        ("By telephone", words.phone(practice.phone)),
        ("Write on it", f"Statement {account.number}"),
    ), columns=3)  # fmt: skip


def _by_card(account: Account) -> tuple[Block, ...]:
    """Where a card is taken: on the processor's page, never by us."""
    return (Facts(tuple((f"By card, {what}", place) for what, place in account.cards), columns=1),) * bool(
        account.cards
    )
