"""X12's letters: how names, notes, numbers and money are spelled in a claim, and what cannot be. Pure.

X12.6's basic set without our delimiters: capital letters, digits, blank and `!"&'()+,-./;?=`. Accents fall, letters of
other Latin alphabets are spelled out as passports do it, signs that nobody reads in an address become blanks. What has
no Latin spelling is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

from billing_hooks.errors import Malformed

_BASIC = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !\"&'()+,-./;?=")
_NUMBER = _BASIC - frozenset("\"&'()+;?=!")
_MAIL = re.compile(r"[A-Za-z0-9._%+@-]+\Z", re.ASCII)
# ICAO Doc 9303 part 3 §6.A, where Unicode's own decomposition has nothing; and typographers' signs.
_WORDS = "ß SS Æ AE Œ OE Ø OE Ł L Đ D Ð D Þ TH Ħ H Ŧ T Ŋ N ĸ K \u0131 I Ə E Ɓ B Ɗ D Ƙ K".split()
_APOSTROPHES, _QUOTES, _DASHES = "\u2018\u2019\u02bb\u02bc\u00b4`", "\u201c\u201d", "\u2010\u2011\u2013\u2014\u2212"
_SPELLED = MappingProxyType(
    dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
    | dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_DASHES, "-")
)
_MONEY = re.compile(r"(-?)(\d{1,9})?(?:\.(\d{0,2}))?\Z", re.ASCII)


@lru_cache(maxsize=2048)
def spell(text: str) -> tuple[str, str]:
    """(text in the basic set, the first letter that has no spelling or ""). Signs outside the set become blanks."""
    apart = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    found: list[str] = []
    for letter in apart.upper():
        if letter in _BASIC:
            found.append(letter)
        elif letter in _SPELLED:
            found.append(_SPELLED[letter])
        elif letter.isascii() or not letter.isalnum():
            found.append(" ")
        else:
            return "", letter
    return " ".join("".join(found).split()), ""


def text(value: str) -> str:
    """A name, street or note as it is written; "" where it cannot be (`spell` says why)."""
    return spell(value)[0]


@lru_cache(maxsize=2048)
def number(value: str) -> str:
    """A number that somebody gave out (member, authorisation, claim): capitals, never another character than was given;
    "" where it cannot be written."""
    found = value.strip().upper()
    return found if set(found) <= _NUMBER else ""


def mail(value: str) -> str:
    """A mail address, whose small letters and @ stand in X12's extended set; "" where it cannot be written."""
    return value if _MAIL.match(value) else ""


def money(cents: int) -> str:
    """Cents as X12 writes a decimal number: no zeros behind the last digit that counts (X12.6 §3.5.1.2)."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole}" if not rest else f"{sign}{whole}.{rest:02}".removesuffix("0")


def cents(written: str) -> int:
    """The cents of an amount. Errors: Malformed("x12-amount")."""
    found = _MONEY.match(written)
    if found is None or not (found[2] or found[3]):
        raise Malformed("x12-amount", f"{written[:18] or 'Nothing'} is no amount: write dollars like 175 or 175.50.")
    amount = int(found[2] or 0) * 100 + int(f"{found[3] or '':0<2}")
    return -amount if found[1] else amount
