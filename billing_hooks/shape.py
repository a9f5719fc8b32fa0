"""Small strict shapes for JSON values: every member named, nothing more, nothing less. Pure.

A shape is a function `(value, where) -> None` that raises Malformed("wrong-schema") naming the member. A schema
library would be a run-time dependency for one page of checks that must never be lenient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from billing_hooks.errors import Malformed
from billing_hooks.strict import instant

Shape = Callable[[object, str], None]


def _no(where: str, wanted: str) -> Malformed:
    return Malformed("wrong-schema", f"The event's member {where or 'at the top'} should be {wanted}.")


def record(**members: Shape) -> Shape:
    """An object with exactly these members."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise _no(where, "an object")
        if value.keys() != members.keys():
            odd = sorted(str(name) for name in value.keys() ^ members.keys())
            raise _no(where, f"an object without missing or foreign members ({', '.join(odd)[:200]})")
        for name, shape in members.items():
            shape(value[name], f"{where}.{name}" if where else name)

    return check


def record_with(maybe: Mapping[str, Shape], **members: Shape) -> Shape:
    """An object with exactly these members, and any of those in `maybe`: what younger versions say more."""

    def check(value: object, where: str) -> None:
        there = {name: shape for name, shape in maybe.items() if isinstance(value, Mapping) and name in value}
        record(**members, **there)(value, where)

    return check


def listing(shape: Shape, most: int) -> Shape:
    """A list of at most `most` members of one shape."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise _no(where, f"a list of at most {most}")
        for index, member in enumerate(value):
            shape(member, f"{where}[{index}]")

    return check


def nullable(shape: Shape) -> Shape:
    """The shape, or null."""

    def check(value: object, where: str) -> None:
        if value is not None:
            shape(value, where)

    return check


def text(pattern: str, wanted: str) -> Shape:
    """Text that the whole pattern matches."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object, where: str) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise _no(where, wanted)

    return check


def choice(*words: str) -> Shape:
    """One of these words."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, str) or value not in words:
            raise _no(where, "one of " + ", ".join(words))

    return check


def number(least: int = 0, most: int = 2**53 - 1) -> Shape:
    """A whole number within bounds (never true or false)."""

    def check(value: object, where: str) -> None:
        if type(value) is not int or not least <= value <= most:
            raise _no(where, f"a whole number from {least} to {most}")

    return check


def truth(value: object, where: str) -> None:
    """true or false."""
    if not isinstance(value, bool):
        raise _no(where, "true or false")


def moment(value: object, where: str) -> None:
    """An RFC 3339 instant with its zone."""
    if not isinstance(value, str):
        raise _no(where, "a time with its zone")
    try:
        instant(value)
    except Malformed as error:
        raise _no(where, "a time with its zone") from error
