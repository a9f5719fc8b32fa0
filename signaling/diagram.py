"""The state diagram and the table of quiet facts, generated from NEXT for PROTOCOL.md. Pure."""

from __future__ import annotations

from signaling.fact_forms import FACTS, kind_of
from signaling.transitions import NEXT
from signaling.words import Phase

BEGIN = "<!-- generated from NEXT by signaling/diagram.py: begin -->"
END = "<!-- generated from NEXT by signaling/diagram.py: end -->"


def mermaid() -> str:
    """Every fact that changes the phase, as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> booked: booked"]
    for phase in Phase:
        ways: dict[Phase, list[str]] = {}
        for kind in FACTS:
            then = NEXT[phase].get(kind, phase)
            if then is not phase:
                ways.setdefault(then, []).append(kind_of(kind))
        lines += [f"    {phase.value} --> {then.value}: {', '.join(kinds)}" for then, kinds in ways.items()]
        if not NEXT[phase]:
            lines.append(f"    {phase.value} --> [*]")
    return "\n".join(lines)


def quiet() -> str:
    """The facts that may happen in a phase without changing it, as a Markdown table."""
    rows = ["| while | may also happen |", "|---|---|"]
    for phase in Phase:
        kinds = [f"`{kind_of(kind)}`" for kind in FACTS if NEXT[phase].get(kind) is phase]
        if kinds:
            rows.append(f"| {phase.value} | {', '.join(kinds)} |")
    return "\n".join(rows)


def section() -> str:
    """The generated part of PROTOCOL.md, with its marks."""
    return "\n".join([BEGIN, "", "```mermaid", mermaid(), "```", "", quiet(), "", END])
