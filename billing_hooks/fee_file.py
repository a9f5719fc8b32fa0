"""The practice's fees as CSV: written, and read whole or not at all, each fault with its row and column. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from billing_hooks.errors import Malformed
from billing_hooks.material import Fee

COLUMNS = ("code", "fee", "from", "to")
MOST_BYTES = 256 * 1024
MOST_CENTS = 10_000_000
MOST_ROWS = 500
_CODE = re.compile(r"[A-Z0-9]{5}", re.ASCII)
_MONEY = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.(\d{2}))?", re.ASCII)


def write(fees: Iterable[Fee]) -> str:
    """The fees as CSV with a heading; days as 2026-01-31, dollars with cents. No cell needs a quotation mark."""
    rows = [
        f"{fee.code},{fee.cents // 100}.{fee.cents % 100:02d},{fee.since.isoformat()},"
        f"{fee.until.isoformat() if fee.until else ''}"
        for fee in fees
    ]
    return "\r\n".join([",".join(COLUMNS), *rows, ""])


def read(rows: Sequence[Sequence[str]]) -> tuple[dict[str, list[Fee]], list[str]]:
    """Schedules by code, and what is wrong, each with its row and column; the schedules count only without faults."""
    if not rows or [cell.strip().lower().removeprefix("\ufeff") for cell in rows[0]] != list(COLUMNS):
        return {}, [f"Row 1: the heading should be {','.join(COLUMNS)}."]
    if len(rows) > MOST_ROWS + 1:
        return {}, [f"Row {MOST_ROWS + 2}: a file holds at most {MOST_ROWS} charges: leave out what you never bill."]
    found: dict[str, list[Fee]] = {}
    where: dict[tuple[str, date], int] = {}
    wrong: list[str] = []
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(COLUMNS):
            wrong.append(f"Row {number}: it has {len(cells)} columns, and there should be {len(COLUMNS)}.")
            continue
        try:
            fee = one(dict(zip(COLUMNS, cells, strict=True)))
        except Malformed as error:
            wrong.append(f"Row {number}, column {error.code}: {error.say}")
            continue
        where[(fee.code, fee.since)] = number
        found.setdefault(fee.code, []).append(fee)
    for fees in found.values():
        wrong += [f"Row {where[(later.code, later.since)]}, column from: {say}" for later, say in overlaps(fees)]
    return found, wrong


def one(cells: Mapping[str, str]) -> Fee:
    """One charge from what was typed. Errors: Malformed, whose code is the column's name."""
    code = cells["code"].strip().upper()
    if not _CODE.fullmatch(code):
        raise Malformed("code", "A code has five letters or digits.")
    money = _MONEY.fullmatch(cells["fee"].strip())
    cents = int(money[1].replace(",", "")) * 100 + int(money[2] or 0) if money else 0
    if not 0 < cents <= MOST_CENTS:
        raise Malformed("fee", "Write the charge in dollars, above 0, for example 175.00.")
    since = day(cells["from"], "from")
    until = day(cells["to"], "to") if cells["to"].strip() else None
    if until is not None and until < since:
        raise Malformed("to", "The last day lies before the first.")
    return Fee(code, cents, since, until)


def joined(before: Sequence[Fee], fee: Fee) -> list[Fee]:
    """A code's schedule with one more charge: one of the same first day is replaced, one without a last day ends the
    day before. Errors: Malformed, whose code is the column's name.
    """
    eve = fee.since - timedelta(days=1)
    found = []
    for old in before:
        if old.since == fee.since:
            continue
        if old.since < fee.since and old.until is None:
            found.append(replace(old, until=eve))
        elif old.since < fee.since and old.until is not None and old.until >= fee.since:
            say = f"The charge from {old.since.isoformat()} holds to {old.until.isoformat()}: begin after it."
            raise Malformed("from", say)
        elif old.since > fee.since and (fee.until is None or fee.until >= old.since):
            last = (old.since - timedelta(days=1)).isoformat()
            say = f"Another charge begins on {old.since.isoformat()}: end this one on {last} or before."
            raise Malformed("to", say)
        else:
            found.append(old)
    return sorted([*found, fee], key=lambda each: each.since)


def day(text: str, column: str) -> date:
    """A day. Errors: Malformed, whose code is the column's name."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(column, "There is no such day. Write it as 2026-01-31.") from None


def overlaps(fees: Iterable[Fee]) -> list[tuple[Fee, str]]:
    """Charges that begin while another of the same code still holds, each with the sentence about it."""
    found = []
    for earlier, later in pairwise(sorted(fees, key=lambda fee: fee.since)):
        if earlier.until is None or later.since <= earlier.until:
            ends = "has no last day" if earlier.until is None else f"ends on {earlier.until.isoformat()}"
            found.append((later, f"the charge from {earlier.since.isoformat()} {ends}: two would hold on one day."))
    return found
