"""The rows of *Your payers*: what of the starter pack has been asked, what was begun, what is next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing_hooks.payer_script import Row
from billing_hooks.rule_shelf import Entry
from billing_hooks.rules import Status

STARTER = "minnesota.toml"


@dataclass(frozen=True, slots=True)
class Standing:
    """One row: its rule as it stands, the practice's confirmed rules made from it, and whether a call was begun."""

    entry: Entry
    row: Row
    confirmed: tuple[Entry, ...]
    begun: bool
    lapsed: bool

    @property
    def done(self) -> bool:
        """Whether it was confirmed and has not lapsed since."""
        return bool(self.confirmed) and not self.lapsed


def standings(entries: Sequence[Entry], drafts: Mapping[str, object], today: date) -> tuple[Standing, ...]:
    """Every row of the starter pack, in the pack's order by name."""
    found = []
    own = [each for each in entries if each.own and each.newest.rule.status is Status.CONFIRMED]
    for entry in entries:
        if entry.versions[0].file != STARTER:
            continue
        made = tuple(
            each for each in own if each.id == entry.id or (_open(entry) and each.id.startswith(f"{entry.id}-"))
        )
        lapses = [each.lapse(today) for each in made]
        lapsed = bool(made) and all(each is not None and each.over for each in lapses)
        row = Row(entry.id, entry.newest.form)
        found.append(Standing(entry, row, made, entry.id in drafts, lapsed))
    return tuple(found)


def _open(entry: Entry) -> bool:
    """Whether the row leaves the payer or the plan open, so that its answers become rules of their own."""
    return entry.newest.rule.payer == "*" or entry.newest.rule.lob == "*"


def following(rows: Sequence[Standing], after: str = "") -> Standing | None:
    """The next row that waits for a call, behind the one named, and again from the first."""
    names = [each.row.id for each in rows]
    start = names.index(after) + 1 if after in names else 0
    return next((each for each in (*rows[start:], *rows[:start]) if not each.done and each.row.id != after), None)
