"""A claim's state as the biller reads it, and what happens that fits no state: it is noted, and moves nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing_hooks.errors import Refused
from billing_hooks.replies import state as states
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.state import NEXT, Fact, State

AWAY = (State.SENT, State.ACKNOWLEDGED, State.ACCEPTED)
"""With the payer and not judged."""
JUDGED = (State.POSTED, State.REVERSED, State.APPEALED)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a claim stands: its state, and what the latest decision about it came to."""

    state: State
    outcome: Outcome | None = None

    @property
    def denied(self) -> bool:
        """Whether a payer's no stands."""
        return self.state in JUDGED and self.outcome in (Outcome.DENIED, Outcome.PARTLY, Outcome.REVERSED)


def happens(where: Where, fact: Fact, at: datetime) -> Where:
    """After a fact; one that does not fit moves nothing, for replies come late, twice and in any order."""
    if fact not in NEXT[where.state]:
        return where
    found = states.after(_standing(where), fact, at)
    return Where(found.state, found.outcome)


def wished(where: Where, fact: Fact, at: datetime, claim: str) -> Where:
    """After what a person wants. Errors: Refused("claim-state"), saying what could be done instead."""
    found = states.after(states.Standing(claim, where.state, None, where.outcome), fact, at)
    return Where(found.state, found.outcome)


def decided(where: Where, outcome: Outcome, at: datetime) -> Where:
    """After a payer's decision that went to the ledger; one about a claim that is over moves only its outcome."""
    if where.state is State.APPEALED and outcome is not Outcome.REVERSED:
        where = Where(State.REVERSED, where.outcome)  # the new decision answers the appeal, its reversal came with it
    if where.state is State.POSTED and outcome is not Outcome.REVERSED:
        return Where(State.POSTED, outcome)
    try:
        found = states.posted(_standing(where), outcome, at)
    except Refused:
        return where
    return Where(found.state, found.outcome)


def _standing(where: Where) -> states.Standing:
    return states.Standing("", where.state, None, where.outcome)


def words(where: Where, *, batched: bool, problems: bool) -> tuple[str, str, str]:
    """Word, tone and icon for a list."""
    match where.state:
        case State.DRAFTED:
            return ("To be put right", "warn", "alert") if problems else ("Draft", "muted", "clock")
        case State.RELEASED:
            return ("In a batch", "muted", "clock") if batched else ("Ready to send", "ok", "check")
        case State.SENT:
            return ("Sent", "muted", "clock")
        case State.ACKNOWLEDGED:
            return ("Sent, was read", "muted", "clock")
        case State.ACCEPTED:
            return ("With the payer", "muted", "clock")
        case State.REJECTED:
            return ("Sent back", "danger", "alert")
        case State.PAID | State.PARTLY | State.DENIED | State.POSTED:
            return _decided(where.outcome)
        case State.REVERSED:
            return ("Taken back by the payer", "danger", "alert")
        case State.APPEALED:
            return ("Appealed", "warn", "clock")
        case State.REPLACED:
            return ("Replaced", "muted", "check")
        case State.VOIDED:
            return ("Void", "muted", "check")
        case State.WITHDRAWN:
            return ("Withdrawn", "muted", "close")


def _decided(outcome: Outcome | None) -> tuple[str, str, str]:
    if outcome is Outcome.DENIED:
        return ("Denied", "danger", "alert")
    if outcome is Outcome.PARTLY:
        return ("Paid in part", "warn", "alert")
    return ("Paid", "ok", "check")
