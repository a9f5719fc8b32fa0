"""The life of a visit in one door: the value, the table, decide, evolve and deadline. Pure.

The caller (the hub) does always the same: `decide` (may refuse, changes nothing), append the facts, `evolve` (never
refuses), tell the participants. `deadline` says when a Tick is owed.
"""

from __future__ import annotations

from signaling.deadlines import closes_at, deadline, opens_at, overdue
from signaling.decide import decide, decide_all
from signaling.shape import OVER, SEATED, Guest, Participant, Visit
from signaling.transitions import NEXT, evolve, replay
from signaling.words import Instant

__all__ = [
    "NEXT",
    "OVER",
    "SEATED",
    "Guest",
    "Instant",
    "Participant",
    "Visit",
    "closes_at",
    "deadline",
    "decide",
    "decide_all",
    "evolve",
    "opens_at",
    "overdue",
    "replay",
]
