"""The wire: browsers' text frames parsed strictly into typed messages; `dump_*` make what the server says. Pure.

`parse` gives a message or raises Malformed, whatever it is fed. The server turns messages into Commands: only it
knows who is speaking, and what the licences cover. `PROTOCOL.md` describes every message both ways.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NoReturn

from signaling.errors import Malformed
from signaling.messages import DOORS, SAYABLE, ClientMessage, Door
from signaling.views import (
    Flow,
    Muting,
    NextVisit,
    StreamNow,
    dump_closed,
    dump_desk,
    dump_downlink,
    dump_fact,
    dump_flow,
    dump_muted,
    dump_offer,
    dump_pong,
    dump_quality,
    dump_refused,
    dump_sharing,
    dump_snapshot,
    dump_turn,
    dump_welcome,
)

__all__ = [
    "LARGEST",
    "SUBPROTOCOL",
    "ClientMessage",
    "Door",
    "Flow",
    "Muting",
    "NextVisit",
    "StreamNow",
    "dump_closed",
    "dump_desk",
    "dump_downlink",
    "dump_fact",
    "dump_flow",
    "dump_muted",
    "dump_offer",
    "dump_pong",
    "dump_quality",
    "dump_refused",
    "dump_sharing",
    "dump_snapshot",
    "dump_turn",
    "dump_welcome",
    "parse",
]

SUBPROTOCOL = "antechamber.1"
LARGEST = 64 * 1024
# Every message is one flat object: anything deeper, or with more brackets, is not ours. Looked at before the JSON
# parser, which recurses.
_DEEPEST = 4
# Possessive, and an unfinished string ends with the text: linear in the worst case.
_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_LONGEST_NUMBER = re.compile(r"[0-9]{20}")
_HINTS: Mapping[type[Any], Mapping[str, Any]] = {shape: typing.get_type_hints(shape) for shape in SAYABLE}
# SDP is lines of printable text (RFC 8866 section 5); no other control character has a place in a frame.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse(text: str, door: Door) -> ClientMessage:
    """The message in one text frame (at most 64 KiB as UTF-8) that came through `door`. Raises only Malformed."""
    spoken = _json_object(text)
    kind = spoken.pop("type", None)
    if not isinstance(kind, str) or kind not in DOORS[door]:
        raise Malformed("unknown-type", "There is no such message here.")
    shape = DOORS[door][kind]
    allowed = {one.name: one for one in dataclasses.fields(shape)}
    for name in spoken:
        if name not in allowed:
            raise Malformed("unknown-field", f"{kind} has a field it should not have.")
    told: dict[str, Any] = {}
    for name, one in allowed.items():
        if name in spoken:
            told[name] = _field(kind, name, _HINTS[shape][name], spoken[name], one.metadata)
        elif one.default is dataclasses.MISSING:
            raise Malformed("missing-field", f"{kind} needs {name}.")
    message: ClientMessage = shape(**told)
    return message


def _json_object(text: str) -> dict[str, Any]:
    # A character is at most four bytes: only a text between the two limits has to be encoded to be measured.
    if len(text) > LARGEST or (len(text) * 4 > LARGEST and len(text.encode("utf-8", "replace")) > LARGEST):
        raise Malformed("too-large", "A message is at most 64 KiB.")
    bare = _STRINGS.sub("", text)
    if sum(map(bare.count, "[]{}")) > 2 * _DEEPEST or _LONGEST_NUMBER.search(bare):
        raise Malformed("too-deep", "A message is one flat object.")
    try:
        spoken = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Malformed("not-json", "A message is one JSON object.") from wrong
    if not isinstance(spoken, dict):
        raise Malformed("not-an-object", "A message is one JSON object.")
    return spoken


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("twice", "A field stands there twice.")
    return found


def _no_constant(_: str) -> NoReturn:
    raise Malformed("not-json", "JSON knows no such number.")


def _field(kind: str, name: str, declared: Any, value: object, limits: Mapping[str, Any]) -> Any:
    if isinstance(declared, types.UnionType) or typing.get_origin(declared) is typing.Union:
        if value is None:
            return None
        declared = next(one for one in typing.get_args(declared) if one is not types.NoneType)
    if isinstance(declared, typing.NewType):
        declared = declared.__supertype__
    if declared is bool and isinstance(value, bool):
        return value
    if declared is int and type(value) is int and limits["least"] <= value <= limits["most"]:
        return value
    if isinstance(value, str):
        if declared is str and _fits(value, limits):
            return value
        if isinstance(declared, type) and issubclass(declared, StrEnum) and value in _values(declared):
            chosen = declared(value)
            if "among" not in limits or chosen in limits["among"]:
                return chosen
    raise Malformed("wrong-value", f"{kind}.{name} is not what it should be.")


@functools.cache
def _values(choices: type[StrEnum]) -> frozenset[str]:
    return frozenset(one.value for one in choices)


def _fits(value: str, limits: Mapping[str, Any]) -> bool:
    if "pattern" in limits:
        return re.fullmatch(limits["pattern"], value) is not None
    return not _CONTROL.search(value) and len(value.encode("utf-8", "replace")) <= limits["longest"]
