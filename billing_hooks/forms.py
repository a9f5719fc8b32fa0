"""Strict reading of what a person typed into a form: every error names its field and says what to do. Pure.

A form comes as a flat object of texts. A field that the form does not have is refused by name; an empty text is "not
known". Every error is a WrongFields, so that the page can put the sentence beside its field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

from billing_hooks.errors import Malformed
from billing_hooks.field_errors import WrongFields

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_STATE = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_ZIP = re.compile(r"\d{5}(-?\d{4})?\Z", re.ASCII)
_MONEY = re.compile(r"\d{1,6}(\.\d{2})?\Z", re.ASCII)
_PHONE = re.compile(r"[0-9+(). x-]{7,40}\Z", re.ASCII)
YES_NO = {"yes": True, "no": False, "": None}
EARLIEST, LATEST = date(1890, 1, 1), date(2099, 12, 31)


def wrong(field: str, say: str) -> WrongFields:
    """The error of one field."""
    return WrongFields({field: say}, say)


class Form:
    """The fields of one form, each read once."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._read: set[str] = set()

    def text(self, name: str, label: str, longest: int = 120, *, needed: bool = False) -> str:
        """One line, trimmed; "" where it is empty."""
        self._read.add(name)
        found = str(self._fields.get(name, "")).strip()
        if not all(letter.isprintable() for letter in found):
            raise wrong(name, f"{label} holds a character that cannot be printed: type it again.")
        if len(found) > longest:
            raise wrong(name, f"{label} may be {longest} characters long: shorten it.")
        if needed and not found:
            raise wrong(name, f"{label} is missing: fill it in.")
        return found

    def day(self, name: str, label: str, *, needed: bool = False) -> date | None:
        """A day as YYYY-MM-DD."""
        found = self.text(name, label, 10, needed=needed)
        if not found:
            return None
        try:
            day = date.fromisoformat(found) if _DAY.match(found) else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            raise wrong(name, f"{label} is not a day: write it as 2026-11-20.")
        return day

    def choice(self, name: str, label: str, allowed: Collection[str], *, needed: bool = False) -> str:
        """One of `allowed`, or ""."""
        found = self.text(name, label, 60, needed=needed)
        if found and found not in allowed:
            raise wrong(name, f"{label} must be one of: {', '.join(sorted(allowed))}.")
        return found

    def truth(self, name: str, label: str) -> bool | None:
        """yes, no, or not known."""
        return YES_NO[self.choice(name, label, ("yes", "no"))]

    def count(self, name: str, label: str, most: int, *, least: int = 0, needed: bool = False) -> int | None:
        """A whole number."""
        found = self.text(name, label, 9, needed=needed)
        if not found:
            return None
        if not (found.isascii() and found.isdecimal()) or not least <= int(found) <= most:
            raise wrong(name, f"{label} must be a whole number from {least} to {most}.")
        return int(found)

    def money(self, name: str, label: str) -> int | None:
        """Dollars as 25 or 25.00, in cents."""
        found = self.text(name, label, 12).removeprefix("$").replace(",", "")
        if not found:
            return None
        if not _MONEY.match(found):
            raise wrong(name, f"{label} is not an amount: write it as 25.00.")
        whole, _, cents = found.partition(".")
        return int(whole) * 100 + int(cents or 0)

    def state(self, name: str, label: str) -> str:
        """A state's two letters."""
        found = self.text(name, label, 2).upper()
        if found and not _STATE.match(found):
            raise wrong(name, f"{label} must be two letters, for example MN.")
        return found

    def zip(self, name: str, label: str) -> str:
        """A ZIP code of five or nine digits, without its hyphen."""
        found = self.text(name, label, 10)
        if found and not _ZIP.match(found):
            raise wrong(name, f"{label} must have five digits, or nine.")
        return found.replace("-", "")

    def phone(self, name: str, label: str) -> str:
        """A telephone number, as people write it."""
        found = self.text(name, label, 40)
        if found and (not _PHONE.match(found) or sum(letter.isdecimal() for letter in found) < 7):
            raise wrong(name, f"{label} does not look like a telephone number: look at it again.")
        return found

    def words(self, name: str, label: str, longest: int = 400) -> tuple[str, ...]:
        """Words with commas or blanks between them."""
        return tuple(dict.fromkeys(self.text(name, label, longest).replace(",", " ").split()))

    def end(self) -> None:
        """Raises Malformed where the form held a field that nobody read."""
        strange = sorted(set(self._fields) - self._read)
        if strange:
            raise Malformed("malformed", f"This form has no field {strange[0][:40]}: open the page again.")
