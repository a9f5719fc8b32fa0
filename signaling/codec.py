"""Frozen dataclasses to plain JSON values and back, by their declared types and nothing looser. Pure.

What it knows: str (and NewTypes), int, bool, datetime (aware), date, StrEnum, dataclass, `X | None`, `tuple[X, ...]`,
`tuple[X, Y]` and measurements (`Sequence[object]`, `Mapping[str, object]`: numbers, short words, lists and mappings).
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from signaling.errors import Malformed

# Bodies hold ids, enums, numbers and times only: no spaces, so no sentence about a person fits into one.
WORD = re.compile(r"[A-Za-z0-9_.:,;/=+*-]*\Z")
LONGEST_WORD = 4096
DEEPEST = 8


def encode(value: object) -> Any:
    """The JSON value of a dataclass's field. Raises Malformed on text that is not a code, an id or a time."""
    match value:
        case float() if not math.isfinite(value):
            return _wrong(float, value)
        case None | bool() | int() | float():
            return value
        case StrEnum():
            return value.value
        case str():
            return _word(value)
        case datetime():
            if value.tzinfo is None:
                raise Malformed("naive-time", "A time without a zone cannot be kept.")
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case Mapping():
            return {_word(key): encode(item) for key, item in value.items()}
        case tuple() | list():
            return [encode(item) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            raise Malformed("not-a-value", f"A {type(value).__name__} cannot be kept.")


def decode(kind: Any, value: object) -> Any:
    """The value of declared type `kind` (a type or an annotation) read from plain JSON. Raises Malformed."""
    if isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, value)
    if origin is tuple:
        return _tuple(typing.get_args(kind), value)
    if origin in (Sequence, Mapping):
        return measure(value) if isinstance(value, list if origin is Sequence else dict) else _wrong(origin, value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value)
    return _plain(kind, value)


def measure(value: object, depth: int = DEEPEST) -> Any:
    """A measurement as an immutable-by-habit value: lists as tuples, mappings as dicts. Raises Malformed."""
    if depth == 0:
        raise Malformed("too-deep", "A measurement is nested too deeply.")
    match value:
        case float() if not math.isfinite(value):
            return _wrong(float, value)
        case None | bool() | int() | float():
            return value
        case str():
            return _word(value)
        case Mapping():
            return {_word(key): measure(item, depth - 1) for key, item in value.items()}
        case list() | tuple():
            return tuple(measure(item, depth - 1) for item in value)
        case _:
            return _wrong(object, value)


@functools.cache
def hints(kind: type) -> Mapping[str, Any]:
    """The declared types of a dataclass's fields."""
    return typing.get_type_hints(kind)


def _record(kind: type, value: object) -> Any:
    if not isinstance(value, dict):
        return _wrong(kind, value)
    known = {field.name: field for field in dataclasses.fields(kind)}
    for name in value:
        if name not in known:
            raise Malformed("unknown-field", f"{kind.__name__} has no such field.")
    # A field younger than the record has a default: old journals stay readable.
    for name, field in known.items():
        if name not in value and field.default is dataclasses.MISSING:
            raise Malformed("missing-field", f"{kind.__name__} needs {name}.")
    return kind(**{name: decode(hints(kind)[name], item) for name, item in value.items()})


def _optional(kind: Any, value: object) -> Any:
    inner = [one for one in typing.get_args(kind) if one is not types.NoneType]
    if value is None:
        return None
    return decode(inner[0], value)


def _tuple(of: tuple[Any, ...], value: object) -> Any:
    if not isinstance(value, list):
        return _wrong(tuple, value)
    if len(of) == 2 and of[1] is Ellipsis:
        return tuple(decode(of[0], item) for item in value)
    if len(of) != len(value):
        return _wrong(tuple, value)
    return tuple(decode(kind, item) for kind, item in zip(of, value, strict=True))


def _plain(kind: Any, value: object) -> Any:
    if kind is bool or kind is int:
        return value if type(value) is kind else _wrong(kind, value)
    if not isinstance(value, str):
        return _wrong(kind, value)
    try:
        if kind is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                return _wrong(kind, value)
            moment.astimezone(UTC)  # a time that has no UTC could not be written again
            return moment
        if kind is date:
            return date.fromisoformat(value)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(value)
    except (ValueError, OverflowError):
        return _wrong(kind, value)
    return _word(value) if kind is str else _wrong(kind, value)


def _word(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_WORD or not WORD.match(value):
        raise Malformed("not-a-code", "Only ids, codes, numbers and times are kept here.")
    return value


def _wrong(kind: Any, value: object) -> Any:
    raise Malformed("wrong-type", f"A {type(value).__name__} stands where {getattr(kind, '__name__', kind)} belongs.")
