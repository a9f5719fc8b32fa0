"""A companion guide as values: what a state or payer adds to the national guide, each rule with its source. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Asks(StrEnum):
    """What a rule asks of one field."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"
    LONGEST = "longest"
    PATTERN = "pattern"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `field` of the claim ("plan.member", "lines[].modifiers[]"), `say` what to do; it holds for these
    `filings` (SBR09) and `frequencies` alone, for all where none are named. While it `needs_confirmation` it
    only warns."""

    id: str
    asks: Asks
    field: str
    say: str
    source: str
    read: str
    needs_confirmation: bool
    most: int = 0
    pattern: re.Pattern[str] | None = None
    values: frozenset[str] = frozenset()
    filings: frozenset[str] = frozenset()
    frequencies: frozenset[str] = frozenset()
    earlier: bool | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """One companion guide: the state whose practices it binds, its version and date, where it stands, its rules."""

    id: str
    title: str
    state: str
    version: str
    dated: str
    url: str
    law: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """As a finding cites it."""
        return f"{self.id} {self.version}"
