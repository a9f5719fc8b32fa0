"""The one line that a biller reads first. Pure."""

from __future__ import annotations

from billing_hooks.words import Finding, Line, Outcome


def verdict(outcome: Outcome, lines: tuple[Line, ...], reasons: tuple[Finding, ...], minutes: int | None) -> str:
    """The one line that a biller reads first."""
    match outcome:
        case Outcome.BILL | Outcome.SELF_PAY:
            words = [
                " ".join((line.code, *line.modifiers)) + (f" x{line.units}" if line.units > 1 else "") for line in lines
            ]
            start = "Ready to release" if outcome is Outcome.BILL else "Client pays"
            time = f", {minutes} minutes" if minutes is not None else ""
            return f"{start}: {' + '.join(words)}, POS {lines[0].pos}{time}"
        case Outcome.HOLD:
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            return f"Held: {_inside(reasons[0].say)}{more}"
        case Outcome.REFUSE:
            return f"Not billable: {_inside(reasons[0].say)}"
        case Outcome.IGNORE:
            return f"Nothing to do: {_inside(reasons[0].say)}"


def _inside(say: str) -> str:
    """A sentence as it reads after a colon: a small letter (names keep theirs), no full stop."""
    start = say if say.startswith(_NAMES) else say[:1].lower() + say[1:]
    return start.rstrip(".")


_NAMES = ("Medicare", "NPI")
