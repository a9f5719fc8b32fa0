"""End-to-end encryption as the server knows it: who can, which epoch is current, what the browsers report of it. Pure.

The server holds no key and understands no body. It counts epochs (each joining opens one), says who is there, passes
messages on, and notes what it is told: `off`, `unverified`, or `verified` once the clinician has compared the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from signaling.facts import Fact, ProtectionChanged
from signaling.words import ParticipantId, Protection, Role, SealKind

ADOPTED_MOST = 1_000_000
"""The highest epoch that a server that has just started takes over; its count and the wire go on beyond."""
ADOPTED_AHEAD = 1_000
"""So far above the current epoch one that a browser names is believed: a visit has a few of them."""

Note = tuple[int, Protection]
"""An epoch and how it stands."""


@dataclass(frozen=True, slots=True)
class Group:
    """Who takes part in one visit's encryption. `able` holds those present who have said whether they can.

    `reports` are those of the current epoch.
    """

    epoch: int = 0
    able: Mapping[ParticipantId, bool] = field(default_factory=dict)
    reports: Mapping[ParticipantId, Protection] = field(default_factory=dict)


def said(group: Group, who: ParticipantId, able: bool, held: int | None, renew: bool) -> Group:
    """Somebody is there (again) and holds keys of epoch `held`; with `renew`, that epoch cannot be settled.

    Who holds the current epoch comes back into it; whoever holds none, or another, opens the next. A server that has
    just started takes the epoch over from whoever comes first, so that a restart asks nobody for a new code.
    """
    there = {**group.able, who: able}
    if held is not None and held > (group.epoch + ADOPTED_AHEAD if group.epoch else ADOPTED_MOST):
        held = None
    opens = (held is not None and held >= group.epoch) if renew else held != group.epoch
    if not able or not opens:
        return replace(group, able=there)
    first = group.epoch == 0 and held is not None and not renew
    epoch = held if first and held is not None else max(group.epoch, held or 0) + 1
    return Group(epoch, there, {})


def gone(group: Group, who: ParticipantId) -> Group:
    """Somebody is not there any more: the epoch stays, the others renew their sender keys."""
    return replace(
        group,
        able={one: able for one, able in group.able.items() if one != who},
        reports={one: state for one, state in group.reports.items() if one != who},
    )


def reported(group: Group, who: ParticipantId, epoch: int, state: Protection) -> Group:
    """A browser says how it stands; of another epoch than the current it is old news."""
    if epoch != group.epoch or who not in group.able:
        return group
    return replace(group, reports={**group.reports, who: state})


def stands(group: Group, clinician: ParticipantId, required: bool) -> Protection | None:
    """How the visit stands; None while nothing can be said. `verified` is the clinician's to say, nobody else's."""
    if len(group.able) < 2:
        return None
    unable = not required and not all(group.able.values())
    if unable or Protection.OFF in group.reports.values():
        return Protection.OFF
    if group.reports.get(clinician) is Protection.VERIFIED:
        return Protection.VERIFIED
    return Protection.UNVERIFIED if group.reports else None


def owed(notes: Iterable[Note], newest: Note) -> tuple[Note, ...]:
    """What is still to be written of notes that came too soon after one another, so that `over_all` stays the same.

    That is the newest, and before it what it does not make good: that it was off, and how an earlier epoch stood. Of
    several earlier ones the first of each state is enough: one that was not compared speaks for all, and a comparison
    changes only what is written already, which is the oldest.
    """
    kept: dict[Protection, Note] = {}
    for epoch, state in notes:
        if state is Protection.OFF or epoch != newest[0]:
            kept.setdefault(state, (epoch, state))
    return (*(note for note in kept.values() if note != newest), newest)


def over_all(facts: Iterable[Fact]) -> Protection:
    """What the visit's record says: `verified` when the code of every epoch was compared and nothing was ever off."""
    last: dict[int, Protection] = {}
    states: set[Protection] = set()
    for fact in facts:
        if isinstance(fact, ProtectionChanged):
            last[fact.epoch] = fact.state
            states.add(fact.state)
    if not last or Protection.OFF in states:
        return Protection.OFF
    return Protection.UNVERIFIED if Protection.UNVERIFIED in last.values() else Protection.VERIFIED


def dump_members(group: Group, roles: Mapping[ParticipantId, Role], required: bool) -> dict[str, Any]:
    """Who is there, of those who have a role in the visit; `required`: the practice lets nothing pass without."""
    people = [
        {"participant": who, "role": roles[who].value, "able": able} for who, able in group.able.items() if who in roles
    ]
    return {"type": "members", "epoch": group.epoch, "required": required, "people": people}


def dump_e2ee(sender: ParticipantId, kind: SealKind, epoch: int, body: str) -> dict[str, Any]:
    """What another browser said, as it said it."""
    return {"type": "e2ee", "from": sender, "kind": kind.value, "epoch": epoch, "body": body}
