"""Values of frozen dataclasses as JSON and back, by their own annotations. Pure.

For what is kept sealed and read again by the same code: dates as ISO days, enumerations as their values. A member that
was added since is filled with its default; one that is gone is passed over.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def dump(value: object) -> Any:
    """The value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: dump(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): dump(each) for name, each in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [dump(each) for each in value]
    return value


def load(kind: type[T], found: Any) -> T:
    """What `dump` made of a value of this dataclass. Errors: KeyError, TypeError, ValueError where it is none."""
    return cast("T", _load(kind, found))


@cache
def _members(kind: type) -> tuple[tuple[str, Any, bool], ...]:
    hints = get_type_hints(kind)
    return tuple(
        (each.name, hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(kind)
    )


def _load(kind: Any, found: Any) -> Any:
    if kind is date or kind is datetime:
        return kind.fromisoformat(found)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{
            name: _load(hint, found[name]) for name, hint, needed in _members(kind) if needed or name in found
        })  # fmt: skip
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(found)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        [only] = [each for each in get_args(kind) if each is not type(None)]
        return None if found is None else _load(only, found)
    if origin is tuple:
        return _tuple(get_args(kind), found)
    return found


def _tuple(kinds: Sequence[Any], found: Sequence[Any]) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_load(kinds[0], each) for each in found)
    return tuple(_load(kind, each) for kind, each in zip(kinds, found, strict=True))
