"""The most minutes that may be signed for a visit: the total that the payer's rule names, floored. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from billing_hooks.rules import Kind, PayerRule

USUAL = "talk_overlap"
WORDS: Mapping[str, str] = {
    "talk_overlap": "in which you heard each other",
    "audio_video_overlap": "in which you saw and heard each other",
    "presence": "in which you were both there",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """Whole minutes, the total they are of, and the rule ("id v2") that names it; "" where none did."""

    minutes: int
    basis: str
    rule: str

    @property
    def say(self) -> str:
        """The sentence beside the field, and the reason of a refusal."""
        named = f", as the payer's rule {self.rule} counts" if self.rule else ""
        many = "minute" if self.minutes == 1 else "minutes"
        return f"At most {self.minutes} {many}: those {WORDS[self.basis]}{named}."


def limit(event: Mapping[str, object], decided: Iterable[str], rules: Iterable[PayerRule]) -> Limit:
    """The limit for a proven event. `decided` names the rules of its newest coding run, `rules` those that are known.

    A law constrains and names no total; without a payer's rule the usual total counts, as it does for the coder.
    """
    known = {rule.name: rule for rule in rules}
    found = (known.get(name) for name in decided)
    rule = next((rule for rule in found if rule is not None and rule.kind is not Kind.LAW), None)
    basis = rule.minutes_basis if rule is not None else USUAL
    seconds = cast("Mapping[str, int]", event["seconds"])[basis]
    return Limit(seconds // 60, basis, rule.name if rule is not None else "")
