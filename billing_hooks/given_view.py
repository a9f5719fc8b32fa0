"""What the page of an encounter without a visit shows: the entered days and readings, lines, reasons. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing_hooks import charges, given
from billing_hooks.given import Given
from billing_hooks.words import Proposal


def context(proposal: Proposal, rests_on: Mapping[str, Any]) -> dict[str, Any]:
    """The template's own part: `entered` rows, facts in words, charges by code."""
    found = Given.from_json(rests_on["given"])
    fees = charges.on(rests_on["fees"], found.ends)
    return {
        "proposal": proposal,
        "kind": given.WORDS[found.kind],
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
        "rows": [
            (entry.day.isoformat(), entry.reading.words if entry.reading else f"{entry.minutes} minutes", entry.what)
            for entry in found.entries
        ],
        "diagnoses": list(found.diagnoses),
        "charge": lambda line: f"${fees[line.code] * line.units / 100:,.2f}" if line.code in fees else "no fee on file",
        "client": found.client,
    }
