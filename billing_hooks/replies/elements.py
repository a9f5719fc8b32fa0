"""Elements of a reply as money, days, counts and words; what is none is named with its place. Pure."""

from __future__ import annotations

import re
from datetime import date

from billing_hooks.claims.claim import Cents
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import AGAIN

_MONEY = re.compile(r"(-?)(?:(\d{1,9})(?:\.(\d{0,2})0{0,6})?|\.(\d{1,2})0{0,6})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{0,6})?|-?\.\d{1,6}", re.ASCII)
_DAY = re.compile(r"\d{8}", re.ASCII)


def money(found: Segment, place: int, missing: Cents | None = None) -> Cents:
    """Whole cents of an amount in dollars (X12 type R). `missing` where it may be left out."""
    text = found[place]
    if not text and missing is not None:
        return missing
    read = _MONEY.fullmatch(text)
    if read is None:
        raise found.wrong(f"{_shown(text)} is no amount in dollars and cents. {AGAIN}", place)
    sign, whole, part, only = read.groups()
    cents = int(whole or 0) * 100 + int(f"{part or only or '':0<2}")
    return -cents if sign else cents


def quantity(found: Segment, place: int, missing: str = "") -> str:
    """A number as it is written, without zeros that say nothing: `1`, `1.5`. "" where there is none."""
    text = found[place]
    if not text:
        return missing
    if _NUMBER.fullmatch(text) is None:
        raise found.wrong(f"{_shown(text)} is no number. {AGAIN}", place)
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def count(found: Segment, place: int) -> int:
    """A whole number, 0 where there is none."""
    text = found[place]
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 9:
        raise found.wrong(f"{_shown(text)} is no whole number. {AGAIN}", place)
    return int(text)


def day(found: Segment, place: int) -> date:
    """A day written CCYYMMDD."""
    text = found[place]
    try:
        if _DAY.fullmatch(text) is not None:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise found.wrong(f"{_shown(text)} is no day (CCYYMMDD). {AGAIN}", place)


def word(found: Segment, place: int, most: int = 50) -> str:
    """What must be said, in at most so many letters."""
    text = found[place].strip()
    if not text or len(text) > most:
        raise found.wrong(f"it is {'too long' if text else 'missing'}. {AGAIN}", place)
    return text


def one_of(found: Segment, place: int, known: tuple[str, ...]) -> str:
    """One of the codes that are known there."""
    if found[place] not in known:
        raise found.wrong(f"{_shown(found[place])} is none of {', '.join(known)}. {AGAIN}", place)
    return found[place]


def _shown(text: str) -> str:
    return f'"{text[:12]}"' if text else "nothing"
