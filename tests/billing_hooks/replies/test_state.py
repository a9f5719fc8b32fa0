"""A claim's states are a table; replies move claims by it, and silence alarms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.claims.claim import Frequency
from billing_hooks.errors import Refused
from billing_hooks.replies import reading, state
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.state import Fact, Sent, Standing, State, after, alarms, frequencies
from tests.billing_hooks.replies.reply_kit import ANSWERED, BAD, GOOD, changed, read

AT = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def walked(*facts: Fact) -> Standing:
    """A claim after facts."""
    found = Standing("VV-1")
    for fact in facts:
        found = after(found, fact, AT)
    return found


def test_a_claim_goes_from_draft_to_posted() -> None:
    """And is appealed, upheld, replaced."""
    sent = (Fact.RELEASE, Fact.SEND)
    found = walked(*sent, Fact.ACKNOWLEDGE, Fact.ACCEPT, Fact.DENY, Fact.POST, Fact.APPEAL, Fact.UPHOLD, Fact.REPLACE)
    assert (found.state, found.outcome, found.sent) == (State.REPLACED, Outcome.DENIED, 1)
    assert walked(*sent, Fact.PAY, Fact.POST, Fact.REVERSE, Fact.PAY_PARTLY).outcome is Outcome.PARTLY
    late = walked(*sent, Fact.ACCEPT, Fact.PAY, Fact.POST, Fact.ACKNOWLEDGE, Fact.ACCEPT)
    assert late.state is State.POSTED


def test_what_was_rejected_is_sent_anew_and_what_was_judged_is_replaced() -> None:
    """And what is on its way is left alone."""
    rejected = walked(Fact.RELEASE, Fact.SEND, Fact.REJECT)
    assert frequencies(rejected) == (Frequency.NEW,)
    again = after(after(after(rejected, Fact.FIX, AT), Fact.RELEASE, AT), Fact.SEND, AT)
    assert (again.state, again.sent) == (State.SENT, 2)
    with pytest.raises(Refused, match="Wait for the payer's decision"):
        frequencies(again)
    denied = state.posted(again, Outcome.DENIED, AT)
    assert (denied.state, frequencies(denied)) == (State.POSTED, (Frequency.REPLACE, Frequency.VOID))
    with pytest.raises(Refused, match="Claim VV-1 was rejected before it was judged; replace does not fit that"):
        after(rejected, Fact.REPLACE, AT)
    with pytest.raises(Refused, match="was voided"):
        frequencies(after(denied, Fact.VOID, AT))


@given(st.lists(st.sampled_from(Fact), max_size=30))
def test_whatever_happens_is_in_the_table_or_refused(facts: list[Fact]) -> None:
    """A claim is never posted undecided, never decided unsent; a refused fact changes nothing."""
    found = Standing("VV-1")
    for fact in facts:
        assert (fact in state.allowed(found)) == (fact in state.NEXT[found.state])
        try:
            found = after(found, fact, AT)
        except Refused as no:
            assert no.code == "claim-state"
            assert fact not in state.NEXT[found.state]
        assert found.outcome is None or found.sent
        if found.state in (State.POSTED, State.APPEALED, State.REPLACED):
            assert found.outcome is not None
        if found.state in (State.SENT, State.ACKNOWLEDGED, State.ACCEPTED):
            assert found.sent


def test_every_state_can_be_left_or_is_an_end() -> None:
    """Each is reached, has its words, and no fact stands in no row."""
    reached = {to for row in state.NEXT.values() for to in row.values()} | {State.DRAFTED}
    assert reached == set(State) == set(state.NEXT) == set(state.WORDS)
    assert {fact for row in state.NEXT.values() for fact in row} == set(Fact)


def test_replies_say_what_happened() -> None:
    """Accepted and rejected by 999, 277CA and TA1; a batch that is only received changes no claim."""
    good, bad = read(GOOD)[0], read(BAD)[0]
    assert isinstance(good, reading.GroupAnswer)
    assert isinstance(bad, reading.GroupAnswer)
    assert (state.acknowledged(good, "0001"), state.acknowledged(bad, "0001")) == (Fact.ACKNOWLEDGE, Fact.REJECT)
    partly = read(changed(BAD, ("AK9*R*1*1*0", "AK9*P*2*2*1")))[0]
    assert isinstance(partly, reading.GroupAnswer)
    assert state.acknowledged(partly, "0002") is None
    answers = [each for each in read(ANSWERED) if isinstance(each, reading.Answered)]
    assert [state.taken(each) for each in answers] == [None, None, Fact.ACCEPT, Fact.REJECT]


def test_a_silent_batch_alarms() -> None:
    """No 999 within a day, no 277CA within three, no payment within 45; each until it is answered."""
    sent = Sent("VV20261121-0001", AT, 12)
    hours = [timedelta(hours=each) for each in (23, 25, 80, 24 * 46)]

    def said(batch: Sent) -> list[str]:
        return [next((each.code for each in alarms([batch], AT + later)), "") for later in hours]

    assert said(sent) == ["", "no-999", "no-999", "no-999"]
    assert said(replace(sent, read=AT)) == ["", "", "no-277ca", "no-277ca"]
    assert said(replace(sent, read=AT, taken=AT)) == ["", "", "", "no-835"]
    assert said(replace(sent, paid=AT)) == ["", "", "", ""]
    alarm = next(alarms([sent], AT + hours[1]))
    assert alarm.since == AT + timedelta(days=1)
    assert alarm.say == "Nobody says that batch VV20261121-0001 arrived. Ask the clearing house; 12 claims are in it."
