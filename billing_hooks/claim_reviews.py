"""Which payer rule a denial questions, and why somebody should look at it again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from billing_hooks.replies.denials import Denials

ANY = "A payer denied what the rule proposed."
OF_A_CLIENT = "verified-"
"""Begins the name of what a payer said of one client's plan, which is no rule of the practice."""


def rule_of(rules: Sequence[str]) -> str:
    """The name without its version of the rule that decided, the first that a proposal rests on ("name v3"); "" where
    it rests on none."""
    return (rules[0].rpartition(" ")[0] or rules[0]) if rules else ""


def questions(table: Denials, reasons: Sequence[str]) -> str:
    """Why these reasons (as `CO-4`) question the rule, in our words; "" where they question none."""
    found = (table.of(each.rpartition("-")[2]) for each in reasons)
    return next((each.say for each in found if each.review is not None), "")
