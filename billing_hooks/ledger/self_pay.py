"""A visit that nobody but the client pays: what they are asked for it, asked anew, and taken back. Pure.

All of the charge is the client's share, so that charges = payments + adjustments + share + open holds as it does where
a payer is asked. What the client paid stays what they paid: taken back, it is their credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from billing_hooks.claims.claim import Cents
from billing_hooks.ledger import accounts
from billing_hooks.ledger.accounts import Account
from billing_hooks.ledger.entries import Entry, Kind

_CAUSE = "self-pay/"
_TAKEN_BACK = (Kind.CHARGE, Kind.SHARE, Kind.WRITE_OFF)


def standing(account: Account) -> dict[str, Cents]:
    """What the client is asked, by line; {} where nothing is."""
    found: dict[str, Cents] = {}
    for each in account.entries:
        if each.kind is Kind.CHARGE and each.cause.startswith(_CAUSE):
            found[each.line] = found.get(each.line, 0) + each.cents
    return {line: cents for line, cents in found.items() if cents}


def ask(account: Account, key: str, lines: Iterable[tuple[str, Cents]], day: date, by: str) -> Account:
    """The account that asks the client for these lines, once however often it is said; others that stood give way.

    Nothing is asked while a claim stands: then a payer is.
    """
    wanted = {line: cents for line, cents in lines if cents}
    if any(not each.replaced for each in account.claims) or standing(account) == wanted:
        return account
    account = take_back(account, day, by)
    times = len({each.cause for each in account.entries if each.cause.startswith(_CAUSE)})
    return accounts.charge_client(account, f"{key}/{times + 1}" if times else key, wanted.items(), day, by)


def take_back(account: Account, day: date, by: str) -> Account:
    """The account as if the client had never been asked, but for what they paid; with it goes what was written off."""
    lines = standing(account)
    cause = f"{_CAUSE}{account.encounter}/back/{len(account.entries)}"
    made = []
    for line in lines:
        for kind in _TAKEN_BACK:
            cents = sum(each.cents for each in account.of("", line) if each.kind is kind)
            key = f"{cause}/{line}/{kind}"
            made.append(Entry(key, cause, kind, account.encounter, "", line, -cents, day, reversal=True, by=by))
    return account.plus(made) if made else account
