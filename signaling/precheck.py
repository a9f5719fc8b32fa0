"""What the check before the visit had come to when the client was let in, as the visit's event tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PrecheckResult(StrEnum):
    """CLEAR nothing stood against the plan's paying, PAYS the client pays, OPEN the code follows from the record, HELD
    something was not known, REFUSED the plan does not cover it, UNLICENSED no licence on file covered the place."""

    CLEAR = "clear"
    PAYS = "pays"
    OPEN = "open"
    HELD = "held"
    REFUSED = "refused"
    UNLICENSED = "unlicensed"


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A payer's rule, or a law, that the check rested on."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Precheck:
    """The check as the desk showed it at that moment."""

    result: PrecheckResult
    rules: tuple[CheckedRule, ...] = ()
