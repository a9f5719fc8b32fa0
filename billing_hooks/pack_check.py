"""The strict shape of a file of code tables: every table and field named, nothing more, of its own type. Pure.

There is no field for a code's description: the product shows numbers and its own words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from billing_hooks.errors import Malformed

Shape = Callable[[object, str], None]
_CODE = re.compile(r"[A-Z0-9]{5}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", re.ASCII)
_INSTEAD = frozenset({"office"})
_MOST = 20_000


class _OddError(Exception):
    """Where something is not as it should be, and how it should be."""


def check(found: Mapping[str, Any], name: str) -> None:
    """Look over a whole file of code tables. Errors: Malformed("bad-code-pack") naming file, table and field."""
    try:
        _PACK(found, "")
        _sense(found)
    except _OddError as odd:
        raise Malformed("bad-code-pack", f"{name}: {odd.args[0]}") from None


def _odd(where: str, wanted: str) -> _OddError:
    return _OddError(f"{where or 'the file'} should be {wanted}.")


def _record(maybe: Mapping[str, Shape] | None = None, **members: Shape) -> Shape:
    known = {**members, **(maybe or {})}

    def look(value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _odd(where, "a table")
        for field in value:
            if field not in known:
                raise _OddError(f"there is no field {f'{where}.' if where else ''}{str(field)[:60]}.")
        for field in members:
            if field not in value:
                raise _OddError(f"the field {f'{where}.' if where else ''}{field} is missing.")
        for field, inner in value.items():
            known[field](inner, f"{where}.{field}" if where else field)

    return look


def _each(shape: Shape, key: re.Pattern[str] = _WORD) -> Shape:
    def look(value: object, where: str) -> None:
        if not isinstance(value, Mapping) or len(value) > _MOST:
            raise _odd(where, f"a table of at most {_MOST} entries")
        for field, inner in value.items():
            if not key.fullmatch(str(field)):
                raise _odd(f"{where}.{str(field)[:60]}", "named by a code of five letters or digits"
                           if key is _CODE else "named by a short word")  # fmt: skip
            shape(inner, f"{where}.{field}")

    return look


def _list(shape: Shape, most: int = _MOST) -> Shape:
    def look(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise _odd(where, f"a list of at most {most}")
        for number, inner in enumerate(value, 1):
            shape(inner, f"{where}, entry {number}")

    return look


def _code(value: object, where: str) -> None:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise _odd(where, "a code of five letters or digits")


def _instead(value: object, where: str) -> None:
    if value not in _INSTEAD:
        _code(value, where)


def _word(value: object, where: str) -> None:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise _odd(where, "a short word of letters, digits, _ and -")


def _line(value: object, where: str) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= 400 or not value.isprintable():
        raise _odd(where, "a text of 1 to 400 letters")


def _day(value: object, where: str) -> None:
    if type(value) is not date:
        raise _odd(where, "a day, as 2026-11-22 without quotes")


def _truth(value: object, where: str) -> None:
    if not isinstance(value, bool):
        raise _odd(where, "true or false")


def _count(value: object, where: str) -> None:
    if type(value) is not int or not 0 <= value <= 100_000:
        raise _odd(where, "a whole number from 0 to 100000")


def _step(value: object, where: str) -> None:
    if not isinstance(value, list) or len(value) != 3:
        raise _odd(where, "a code, its least and its most minutes")
    _code(value[0], where)
    _count(value[1], where)
    _count(value[2], where)
    if value[1] > value[2]:
        raise _odd(where, "a code whose least minutes are not above its most")


_CODES, _WORDS, _DAYS = _list(_code), _list(_word), _each(_day)
_BLOCKS = _record(base=_code, base_from=_count, addon=_code, addon_from=_count, addon_block=_count, source=_line)
_ENTRY = _record(
    {
        "since": _day, "until": _day, "needs": _CODES, "licences": _WORDS, "instead": _instead, "only_lob": _WORDS,
        "not_lob": _WORDS, "asynchronous": _truth, "hands_on": _truth, "untimed": _truth, "most_units": _count,
    },
    family=_word,
)  # fmt: skip
_PROLONGED = _record(code=_code, new_from=_count, established_from=_count, step=_count, source=_line)
_BANDS = (
    "psychotherapy", "psychotherapy_addon", "em_new", "em_established", "family_without", "family_with", "video_new",
    "video_established", "audio_new", "audio_established", "check_in",
)  # fmt: skip
_PACK = _record(
    name=_word, version=_line, valid_from=_day, valid_through=_day, notice=_line, hosting_fee=_code,
    health_assessment=_code, audio_talk_over=_count,
    bands=_record(None, **{name: _record(source=_line, steps=_list(_step, 50)) for name in _BANDS}),
    crisis=_BLOCKS,
    health_behavior=_record(individual=_BLOCKS, family_with=_BLOCKS, family_without=_BLOCKS),
    therapy=_record(source=_line),
    prolonged=_record(medicare=_PROLONGED, other=_PROLONGED),
    mdm=_record(order=_list(_word, 10)),
    monitoring=_record(
        source=_line, set_up=_code, short_days=_code, long_days=_code, short_minutes=_code, long_minutes=_code,
        more_minutes=_code, short_days_from=_count, long_days_from=_count, most_days=_count,
        short_minutes_from=_count, long_minutes_from=_count, more_step=_count,
    ),
    modifiers=_DAYS,
    codes=_each(_ENTRY, _CODE),
    pairs=_list(_record({"beside_service": _truth}, first=_CODES, second=_CODES), 2_000),
    lists=_each(_CODES),
    medicare=_record(
        flexibility_until=_day, in_person_from=_day, in_person_months=_count, in_person_again_months=_count,
        demonstrations=_WORDS, platform_modifier_from=_day, own_platforms=_WORDS, filing_days=_count, lob=_WORDS,
        therapists=_WORDS, source=_line,
    ),
    licences=_record(evaluation=_WORDS, titles=_each(_word), therapy_modifier=_each(_word)),
)  # fmt: skip


def _sense(found: Mapping[str, Any]) -> None:
    """What no field alone can say: dates in order, bands without gaps, no code named that the table lacks."""
    if found["valid_through"] < found["valid_from"]:
        raise _OddError("valid_through lies before valid_from.")
    if "AMA" not in found["notice"] and "American Medical Association" not in found["notice"]:
        raise _OddError("notice should name the American Medical Association, whose codes these are.")
    codes = found["codes"]
    for name, band in found["bands"].items():
        for step, after in pairwise(band["steps"]):
            if step[2] + 1 != after[1]:
                raise _OddError(f"bands.{name}: {after[0]} should begin at {step[2] + 1} minutes, after {step[0]}.")
        for step in band["steps"]:
            _known(codes, step[0], f"bands.{name}")
    for code, entry in codes.items():
        if "since" in entry and "until" in entry and entry["until"] <= entry["since"]:
            raise _OddError(f"codes.{code}: until should lie after since.")
        for each in entry.get("needs", ()):
            _known(codes, each, f"codes.{code}.needs")
    for name, listed in found["lists"].items():
        for each in listed:
            _known(codes, each, f"lists.{name}")


def _known(codes: Mapping[str, object], code: str, where: str) -> None:
    if code not in codes:
        raise _OddError(f"{where} names {code}, which codes lacks.")
