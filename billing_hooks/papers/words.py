"""How papers say money, days, names, addresses and numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from billing_hooks.claims.claim import Cents, Person, PostalAddress, Practice, Provider
from billing_hooks.errors import Refused
from billing_hooks.papers.blocks import House

POS = {"02": "by video or telephone, not at home", "10": "by video or telephone, at home", "11": "in the office"}


def money(cents: Cents) -> str:
    """``$1,234.50``; below zero ``-$5.00``."""
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def day(on: date) -> str:
    """``November 20, 2026``."""
    return f"{on:%B} {on.day}, {on.year}"


def short_day(on: date) -> str:
    """``11/20/2026``, as American forms write it."""
    return f"{on:%m/%d/%Y}"


def phone(number: str) -> str:
    """Ten digits as ``612-555-0100``; anything else as it is."""
    return f"{number[:3]}-{number[3:6]}-{number[6:]}" if len(number) == 10 and number.isdecimal() else number


def zip_code(code: str) -> str:
    """Nine digits with their hyphen."""
    return f"{code[:5]}-{code[5:]}" if len(code) == 9 else code


def address(found: PostalAddress | None) -> str:
    """An address on its lines; "" where there is none."""
    if found is None:
        return ""
    last = f"{found.city}, {found.state} {zip_code(found.zip)}"
    return "\n".join(line for line in (found.street, found.second, last) if line)


def name(of: Person | Provider) -> str:
    """A person's name as it is spoken, or a practice's."""
    spoken = " ".join(part for part in (of.given, of.middle, of.family, of.suffix) if part)
    return f"{spoken}, {of.credentials}" if isinstance(of, Provider) and of.credentials else spoken


def tax_id(practice: Practice) -> str:
    """``41-1234567 (EIN)`` or ``123-45-6789 (SSN)``."""
    number = practice.tax_id
    if len(number) != 9:
        return number
    if practice.tax_kind == "SY":
        return f"{number[:3]}-{number[3:5]}-{number[5:]} (SSN)"
    return f"{number[:2]}-{number[2:]} (EIN)"


def code(written: str, modifiers: Iterable[str]) -> str:
    """A procedure code with its modifiers: ``90834 95``."""
    return " ".join((written, *modifiers))


def diagnosis(found: str) -> str:
    """An ICD-10-CM code with its dot: ``F41.1``."""
    bare = found.replace(".", "")
    return f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare


def house(practice: Practice) -> House:
    """The practice at the head of its papers."""
    lines = (*address(practice.address).split("\n"), phone(practice.phone), practice.mail)
    return House(practice.provider.family, tuple(line for line in lines if line))


def complete(paper: str, needed: Iterable[tuple[str, object]]) -> None:
    """Nothing where every (what, value) has its value. Errors: Refused("paper-incomplete") naming what is missing."""
    missing = [what for what, found in needed if not found]
    if missing:
        raise Refused(
            "paper-incomplete", f"There is no {paper} yet: it lacks {', '.join(missing)}. Enter it and make it again."
        )
