"""Whether a claim that a person released is still the same claim when its visit is coded again. Pure.

Days gone by (to file in, for an estimate), a younger coder or other tables that come to the same lines, and rules that
decide nothing of it take no release back. Another fact of the visit, another line or another charge does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from billing_hooks.words import Proposal

# What a run rests on of this very visit; everything else shows in the lines where it matters.
_FACTS = ("event", "statement", "given", "sheet", "coverage", "intent")


def same_claim(was: Mapping[str, Any], released: Proposal, now: Mapping[str, Any], found: Proposal, dos: date) -> bool:
    """`was` and `now` are what two runs rest on, written by one version of this software; `found` is judged on the day
    of the earlier one."""
    if (released.outcome, released.lines) != (found.outcome, found.lines):
        return False
    if any(was.get(name) != now.get(name) for name in _FACTS):
        return False
    return _charges(was, released, dos) == _charges(now, found, dos)


def _charges(rests_on: Mapping[str, Any], found: Proposal, dos: date) -> dict[str, int]:
    day, proposed = dos.isoformat(), {line.code for line in found.lines}
    return {
        code: cents
        for code, cents, since, until in rests_on["fees"]
        if code in proposed and since <= day and (until is None or day <= until)
    }
