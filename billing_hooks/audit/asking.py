"""An auditor's request: claim numbers pasted as they came, or a payer and days; and which claims it means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from billing_hooks.errors import Malformed, Refused

MOST = 500
"""Claims of one answer: it is made in memory, some 150 kB a claim."""
# Lists come from letters and spreadsheets: commas, tabs, line ends, bullets, quotes around them.
_BETWEEN = re.compile(r"[\s,;|\u2022\"']+")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,49}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByNumber:
    """Claim numbers, ours or the payer's, each once, in the order they came."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByPayer:
    """All claims of a payer for days of service, both included."""

    payer_id: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Listed:
    """A claim as it is listed: our number, the payer's, whom it went to, its first day of service."""

    encounter: str
    claim: str
    payer_number: str
    payer_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Chosen:
    """The claims that a request means, and the numbers that no claim has: both stand in the answer."""

    claims: tuple[Listed, ...]
    unknown: tuple[str, ...]


def numbers(text: str) -> ByNumber:
    """The request of a pasted list. Errors: Malformed("claim-numbers") naming what is none."""
    words = [word for word in _BETWEEN.split(text.strip()) if word]
    wrong = next((word for word in words if not _NUMBER.fullmatch(word)), None)
    if wrong is not None:
        raise Malformed("claim-numbers", f"{wrong[:40]} is no claim number: paste the numbers alone.")
    found = tuple(dict.fromkeys(words))
    if not 1 <= len(found) <= MOST:
        raise Malformed("claim-numbers", f"Paste between one and {MOST} claim numbers.")
    return ByNumber(found)


def span(payer_id: str, first: date, last: date) -> ByPayer:
    """The request for a payer and days. Errors: Malformed("claim-days")."""
    if not payer_id.strip() or last < first:
        raise Malformed("claim-days", "Name the payer, and the first day before the last.")
    return ByPayer(payer_id.strip(), first, last)


def choose(asked: ByNumber | ByPayer, claims: Iterable[Listed]) -> Chosen:
    """The claims meant, by day and number. Errors: Refused("nothing-found") where there is none at all."""
    unknown: tuple[str, ...] = ()
    if isinstance(asked, ByPayer):
        found = [each for each in claims if each.payer_id == asked.payer_id and asked.first <= each.day <= asked.last]
    else:
        wanted = {number.upper(): number for number in asked.numbers}
        found = [each for each in claims if {each.claim.upper(), each.payer_number.upper()} & wanted.keys()]
        known = {name.upper() for each in found for name in (each.claim, each.payer_number)}
        unknown = tuple(number for key, number in wanted.items() if key not in known)
    if not found:
        raise Refused("nothing-found", "No claim fits the request: look at the numbers, the payer and the days.")
    if len(found) > MOST:
        raise Refused("too-many", f"The request means {len(found)} claims: narrow it to {MOST} at a time.")
    return Chosen(tuple(sorted(found, key=lambda each: (each.day, each.claim))), unknown)
