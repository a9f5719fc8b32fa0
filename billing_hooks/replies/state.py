"""The states of a claim as a table, what a payer's replies do to them, and batches that nobody answers. Pure.

Two refusals are apart: a rejected claim was never judged, so it is put right and sent again as a new one (1); one that
was judged can only be replaced (7), voided (8) or appealed. Replies come in any order and late: an acknowledgment of
what a payer has decided changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from billing_hooks.claims.claim import Frequency
from billing_hooks.errors import Refused
from billing_hooks.replies.ack_277 import Answered, Level, Taken
from billing_hooks.replies.ack_999 import EnvelopeAnswer, GroupAnswer, Verdict
from billing_hooks.replies.outcome import Outcome


class State(StrEnum):
    """Where a claim stands."""

    DRAFTED = "drafted"
    RELEASED = "released"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    PARTLY = "partly"
    DENIED = "denied"
    POSTED = "posted"
    REVERSED = "reversed"
    APPEALED = "appealed"
    REPLACED = "replaced"
    VOIDED = "voided"
    WITHDRAWN = "withdrawn"


class Fact(StrEnum):
    """What happened to it."""

    RELEASE = "release"
    TAKE_BACK = "take_back"
    SEND = "send"
    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    REJECT = "reject"
    FIX = "fix"
    PAY = "pay"
    PAY_PARTLY = "pay_partly"
    DENY = "deny"
    POST = "post"
    REVERSE = "reverse"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    REPLACE = "replace"
    VOID = "void"
    WITHDRAW = "withdraw"
    TRIAL_OVER = "trial_over"


_ACKS = (Fact.ACKNOWLEDGE, Fact.ACCEPT)
_JUDGED = {Fact.PAY: State.PAID, Fact.PAY_PARTLY: State.PARTLY, Fact.DENY: State.DENIED}
_TRIAL = {Fact.TRIAL_OVER: State.RELEASED}  # nothing was asked of anybody: only where its batch was for trial
_AFTER = {Fact.APPEAL: State.APPEALED, Fact.REPLACE: State.REPLACED, Fact.VOID: State.VOIDED}


def _stays(state: State, *facts: Fact) -> dict[Fact, State]:
    return dict.fromkeys(facts, state)


# Everything that moves a claim stands here and nowhere else; what is absent is refused.
NEXT: Mapping[State, Mapping[Fact, State]] = MappingProxyType(
    {
        State.DRAFTED: {Fact.RELEASE: State.RELEASED, Fact.WITHDRAW: State.WITHDRAWN},
        State.RELEASED: {Fact.SEND: State.SENT, Fact.TAKE_BACK: State.DRAFTED, Fact.WITHDRAW: State.WITHDRAWN},
        State.SENT: {
            Fact.ACKNOWLEDGE: State.ACKNOWLEDGED, Fact.ACCEPT: State.ACCEPTED, Fact.REJECT: State.REJECTED, **_JUDGED,
            **_TRIAL,
        },
        State.ACKNOWLEDGED: {
            Fact.ACKNOWLEDGE: State.ACKNOWLEDGED, Fact.ACCEPT: State.ACCEPTED, Fact.REJECT: State.REJECTED, **_JUDGED,
            **_TRIAL,
        },
        # A clearing house accepts first and the payer may still reject.
        State.ACCEPTED: {**_stays(State.ACCEPTED, *_ACKS), Fact.REJECT: State.REJECTED, **_JUDGED, **_TRIAL},
        # A payer that rejected may have judged all the same.
        State.REJECTED: {
            **_JUDGED, **_stays(State.REJECTED, *_ACKS, Fact.REJECT), Fact.FIX: State.DRAFTED,
            Fact.WITHDRAW: State.WITHDRAWN, **_TRIAL,
        },
        # The decision is known; its money is in the ledger only once it was posted.
        State.PAID: {**_stays(State.PAID, *_ACKS), Fact.POST: State.POSTED},
        State.PARTLY: {**_stays(State.PARTLY, *_ACKS), Fact.POST: State.POSTED},
        State.DENIED: {**_stays(State.DENIED, *_ACKS), Fact.POST: State.POSTED},
        State.POSTED: {**_stays(State.POSTED, *_ACKS), **_AFTER, Fact.REVERSE: State.REVERSED},
        State.REVERSED: {**_stays(State.REVERSED, *_ACKS), **_JUDGED, **_AFTER},
        State.APPEALED: {
            **_stays(State.APPEALED, *_ACKS), Fact.UPHOLD: State.POSTED, Fact.REVERSE: State.REVERSED,
            Fact.REPLACE: State.REPLACED, Fact.VOID: State.VOIDED,
        },
        # The payer takes the old decision back when it takes up the claim that replaced it.
        State.REPLACED: _stays(State.REPLACED, *_ACKS, Fact.REVERSE),
        State.VOIDED: _stays(State.VOIDED, *_ACKS, Fact.REVERSE),
        State.WITHDRAWN: {},
    }
)  # fmt: skip
_JUDGEMENTS = frozenset((State.POSTED, State.REVERSED, State.APPEALED))
_FACTS = {
    Outcome.PAID: Fact.PAY,
    Outcome.PARTLY: Fact.PAY_PARTLY,
    Outcome.DENIED: Fact.DENY,
    Outcome.REVERSED: Fact.REVERSE,
}
WORDS = {
    State.DRAFTED: "waits to be released", State.RELEASED: "waits to be sent", State.SENT: "was sent",
    State.ACKNOWLEDGED: "was sent and could be read", State.ACCEPTED: "is with the payer",
    State.REJECTED: "was rejected before it was judged", State.PAID: "is paid and not yet posted",
    State.PARTLY: "is paid in part and not yet posted", State.DENIED: "is denied and not yet posted",
    State.POSTED: "is decided and posted", State.REVERSED: "was decided, and that was taken back",
    State.APPEALED: "is under appeal", State.REPLACED: "was replaced", State.VOIDED: "was voided",
    State.WITHDRAWN: "was withdrawn",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A claim's state. `outcome` of the latest decision about it, None while there is none; `sent` how often."""

    claim: str
    state: State = State.DRAFTED
    since: datetime | None = None
    outcome: Outcome | None = None
    sent: int = 0


def allowed(standing: Standing) -> frozenset[Fact]:
    """What may happen next: the buttons of a page."""
    return frozenset(NEXT[standing.state])


def after(standing: Standing, fact: Fact, at: datetime) -> Standing:
    """The claim's state after a fact. Errors: Refused("claim-state"), saying what it is and what could be done."""
    state = NEXT[standing.state].get(fact)
    if state is None:
        could = ", ".join(sorted(each.value.replace("_", " ") for each in NEXT[standing.state])) or "nothing"
        say = f"Claim {standing.claim} {WORDS[standing.state]}; {fact.value.replace('_', ' ')} does not fit that."
        raise Refused("claim-state", f"{say} What can be done: {could}.")
    outcome = {value: key for key, value in _FACTS.items()}.get(fact, standing.outcome)
    sent = standing.sent + (fact is Fact.SEND)
    since = at if state is not standing.state else standing.since
    return replace(standing, state=state, since=since, outcome=outcome, sent=sent)


def posted(standing: Standing, outcome: Outcome, at: datetime) -> Standing:
    """After a payer's decision that went to the ledger, as posting it says: decided and posted at once."""
    found = after(standing, _FACTS[outcome], at)
    return found if outcome is Outcome.REVERSED else after(found, Fact.POST, at)


def frequencies(standing: Standing) -> tuple[Frequency, ...]:
    """How what is wrong with a claim can be put right: sent anew where it never was judged, else replaced or voided.

    Errors: Refused("claim-state") where it is on its way or over.
    """
    if standing.state in (State.DRAFTED, State.RELEASED, State.REJECTED):
        return (Frequency.NEW,)
    if standing.state in _JUDGEMENTS:
        return (Frequency.REPLACE, Frequency.VOID)
    say = f"Claim {standing.claim} {WORDS[standing.state]}. Wait for the payer's decision before you change it."
    raise Refused("claim-state", say)


def acknowledged(answer: GroupAnswer | EnvelopeAnswer, control: str) -> Fact | None:
    """What a 999 or TA1 means for the claims of our transaction with this ST02; None where it does not say."""
    verdict = answer.verdict if isinstance(answer, EnvelopeAnswer) else answer.of(control).verdict
    if verdict in (Verdict.ACCEPTED, Verdict.WITH_ERRORS):
        # A TA1 that lets the envelope pass says nothing of what is in it.
        return None if isinstance(answer, EnvelopeAnswer) else Fact.ACKNOWLEDGE
    return Fact.REJECT if verdict is Verdict.REJECTED else None


def taken(answer: Answered) -> Fact | None:
    """What a 277CA means for the claim it names, or for all that its batch or provider sent: only a rejection does."""
    if answer.taken is Taken.REJECTED:
        return Fact.REJECT
    if answer.level is not Level.CLAIM:
        return None
    return Fact.ACCEPT if answer.taken is Taken.ACCEPTED else Fact.ACKNOWLEDGE


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch that was sent: when, and when first a 999, a 277CA and a payment for a claim of it came."""

    batch: str
    at: datetime
    claims: int
    read: datetime | None = None
    taken: datetime | None = None
    paid: datetime | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is normal. A 999 comes within minutes to a day."""

    read: timedelta = timedelta(days=1)
    taken: timedelta = timedelta(days=3)
    paid: timedelta = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A batch that nobody answers: since when that is too long, and what to do."""

    batch: str
    code: str
    since: datetime
    say: str


def alarms(sent: Iterable[Sent], now: datetime, patience: Patience = Patience()) -> Iterator[Alarm]:
    """Each batch's first silence that has lasted too long. What answers later answers for what comes before."""
    for each in sent:
        if each.paid is not None:
            continue
        claims, are = ("1 claim", "is") if each.claims == 1 else (f"{each.claims} claims", "are")
        if each.taken is None and each.read is None and now - each.at > patience.read:
            say = f"Nobody says that batch {each.batch} arrived. Ask the clearing house; {claims} {are} in it."
            yield Alarm(each.batch, "no-999", each.at + patience.read, say)
        elif each.taken is None and now - each.at > patience.taken:
            say = f"No payer says that it took up {claims} of batch {each.batch}. Ask the clearing house."
            yield Alarm(each.batch, "no-277ca", each.at + patience.taken, say)
        elif each.taken is not None and now - each.at > patience.paid:
            say = f"Nothing was decided of {claims} of batch {each.batch}. Ask the payers."
            yield Alarm(each.batch, "no-835", each.at + patience.paid, say)
