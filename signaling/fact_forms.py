"""The form of facts in the journal: a kind, stable for ever, and a JSON body. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping
from typing import Any

from signaling import codec
from signaling.errors import Malformed
from signaling.facts import Fact

FACTS: tuple[type[Fact], ...] = typing.get_args(Fact)


KINDS: Mapping[str, type[Fact]] = {re.sub(r"(?<!^)(?=[A-Z])", "_", one.__name__).lower(): one for one in FACTS}


_KIND_OF: Mapping[type[Fact], str] = {one: kind for kind, one in KINDS.items()}


def kind_of(fact: Fact | type[Fact]) -> str:
    """The fact's stable name in the journal and on the wire: its class in snake_case."""
    return _KIND_OF[fact if isinstance(fact, type) else type(fact)]


def dump(fact: Fact) -> tuple[str, dict[str, Any]]:
    """The kind and JSON body that the journal keeps. Raises Malformed when a text is not an id or a code."""
    return kind_of(fact), {field.name: codec.encode(getattr(fact, field.name)) for field in dataclasses.fields(fact)}


def load(kind: str, body: Mapping[str, Any]) -> Fact:
    """The fact of a journal row. Raises Malformed on an unknown kind, a wrong field or a wrong type."""
    if kind not in KINDS:
        raise Malformed("unknown-kind", "The journal holds a fact this version does not know.")
    fact: Fact = codec.decode(KINDS[kind], dict(body))
    return fact
