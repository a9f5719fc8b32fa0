"""The table NEXT: every pair of phase and fact, and what every command does in every phase."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signaling import commands as c
from signaling import fact_forms
from signaling import facts as f
from signaling.errors import Refused
from signaling.transitions import NEXT
from signaling.visit import SEATED, decide, decide_all, evolve, replay
from signaling.words import Connection, OverrideReason, Phase
from tests.signaling.lives import (
    ADMIT,
    ADMIT_GUEST,
    AT_HOME,
    BOOK,
    COMMANDS,
    END,
    GUEST_WAITS,
    HOLD,
    IN_VISIT,
    IN_WISCONSIN,
    MET,
    SAMPLES,
    START,
    WAITING,
    after,
    at,
    in_phase,
    wall,
)

GUESTS = "guest_invited guest_revoked guest_arrived guest_checked guest_joined guest_left"
CHECK_IN = f"link_opened consent_given location_attested devices_checked connection_changed told {GUESTS}"
WITHIN = f"""link_opened left came_back devices_checked connection_changed evidence_recorded picture_reported
location_changed location_confirmed identity_confirmed override_explained {GUESTS} guest_returned"""
OUT = {"put_on_hold": "on_hold", "returned": "waiting", "ended": "ended"}
NEVER_HELD = {"cancelled": "cancelled", "no_show": "no_show", "lapsed": "lapsed"}

# Written by hand, so that a slip in the table shows: the facts that change nothing of the phase, and those that do.
EXPECTED: dict[str, tuple[str, dict[str, str]]] = {
    "booked": (f"connection_changed told {GUESTS}", {"link_opened": "arrived", **NEVER_HELD}),
    "arrived": (CHECK_IN, {"joined": "waiting", **NEVER_HELD}),
    "waiting": (
        f"{CHECK_IN} evidence_recorded override_explained",
        {
            "left": "left",
            "admitted": "admitted",
            "declined": "declined",
            "cancelled": "cancelled",
            "lapsed": "lapsed",
            "ended": "ended",
        },
    ),
    "on_hold": (f"{WITHIN} told", {"admitted": "admitted", "returned": "waiting", "ended": "ended"}),
    "admitted": (
        f"{WITHIN} guest_admitted audio_only_allowed protection_changed",
        {**OUT, "visit_began": "in_visit", "media_resumed": "in_visit"},
    ),
    "in_visit": (
        f"{WITHIN} guest_admitted audio_only_allowed protection_changed media_missing media_resumed",
        {**OUT, "media_interrupted": "interrupted"},
    ),
    "interrupted": (
        f"{WITHIN} guest_admitted audio_only_allowed protection_changed",
        {**OUT, "media_resumed": "in_visit"},
    ),
    "left": (
        f"{CHECK_IN} evidence_recorded override_explained",
        {"came_back": "waiting", "ended": "ended", **NEVER_HELD},
    ),
    "ended": ("evidence_recorded protection_changed override_explained statement_made", {"completed": "complete"}),
    "complete": ("override_explained statement_made", {}),
    "declined": ("", {"returned": "waiting"}),
    "cancelled": ("", {}),
    "no_show": ("", {}),
    "transferred": ("", {}),
    "lapsed": ("", {}),
}
PAIRS = [(phase, sample) for phase in Phase for sample in SAMPLES]


def expected(phase: Phase, kind: str) -> str | None:
    """Where the fact leads from the phase; None: it cannot happen there."""
    stays, leads = EXPECTED[phase.value]
    return leads.get(kind, phase.value if kind in stays.split() else None)


@pytest.mark.parametrize(
    ("phase", "fact"), PAIRS, ids=lambda one: one if isinstance(one, Phase) else fact_forms.kind_of(one)
)
def test_every_pair_of_phase_and_fact_leads_where_it_should(phase: Phase, fact: f.Fact) -> None:
    """An allowed fact leads to its phase; an absent one is not in the table, and moves nothing if it is history."""
    then = expected(phase, fact_forms.kind_of(fact))
    found = NEXT[phase].get(type(fact))
    assert (None if found is None else found.value) == then
    assert evolve(in_phase(phase), fact).phase.value == (then or phase.value)


@pytest.mark.parametrize("phase", Phase)
def test_every_command_in_every_phase_is_answered_or_refused(phase: Phase) -> None:
    """A Refused changes nothing; what is decided is in the table and evolves."""
    visit = in_phase(phase)
    for command in COMMANDS:
        before = replace(visit)
        try:
            facts = decide(visit, command, at(2))
        except Refused as no:
            assert no.code
            assert no.say.endswith((".", "?"))
            assert visit == before
            continue
        for fact in facts:
            assert type(fact) in NEXT[visit.phase]
            visit = evolve(visit, fact)
        visit = before


def test_every_fact_but_the_first_can_happen() -> None:
    """No fact is dead: some command makes it in some phase."""
    made: set[str] = set()
    for phase in Phase:
        for command in COMMANDS:
            for minutes in (2, 24 * 60):
                try:
                    made |= {fact_forms.kind_of(fact) for fact in decide(in_phase(phase), command, at(minutes))}
                except Refused:
                    continue
    for guests in (GUEST_WAITS[:1], GUEST_WAITS[:3], GUEST_WAITS, (*GUEST_WAITS, ADMIT_GUEST)):
        for command in COMMANDS:
            try:
                made |= {fact_forms.kind_of(fact) for fact in decide(after(*IN_VISIT, *guests), command, at(2))}
            except Refused:
                continue
    crisis = after(*IN_VISIT[:-2], c.Admit(BOOK.clinician, None, OverrideReason.CRISIS))
    made |= {
        fact_forms.kind_of(one) for one in decide(crisis, c.ExplainOverride(BOOK.clinician, OverrideReason.OTHER), at())
    }
    made |= {fact_forms.kind_of(one) for one in decide(None, BOOK, at(-60))}
    assert made == set(fact_forms.KINDS)


def test_a_visit_begins_with_its_booking_and_with_nothing_else() -> None:
    """There is no visit to do anything with before it is booked, and none is booked twice."""
    for command in COMMANDS:
        if isinstance(command, c.Book):
            continue
        with pytest.raises(Refused) as no:
            decide(None, command, at())
        assert no.value.code == "no-such-visit"
    with pytest.raises(Refused) as no:
        decide(after(), BOOK, at())
    assert no.value.code == "already-booked"
    with pytest.raises(ValueError, match="begins with Booked"):
        evolve(None, f.Joined(START))


def test_replay_of_the_stored_facts_is_the_visit() -> None:
    """A restart finds what was there."""
    made, visit = decide_all(None, (BOOK,), at(-60))
    wishes: tuple[c.Command, ...] = (*IN_VISIT, HOLD, c.ReturnToWaiting(BOOK.clinician))
    for minutes, command in enumerate(wishes):
        more, visit = decide_all(visit, (command,), at(minutes))
        made += more
    assert replay(fact_forms.load(*fact_forms.dump(fact)) for fact in made) == visit


def test_seconds_in_a_phase_are_itemised() -> None:
    """Waiting and hold are counted apart, over several stays, and never below nothing when the clock is set back."""
    visit = after(*IN_VISIT, minutes=0)
    for minutes in (10, 30):
        visit = after(HOLD, visit=visit, minutes=minutes)
        visit = after(*IN_VISIT[-2:], visit=visit, minutes=minutes + 2)
    visit = after(END, visit=visit, minutes=50)
    assert visit.seconds_in(Phase.ON_HOLD, at(90).wall) == 240
    assert visit.seconds_in(Phase.IN_VISIT, at(90).wall) == 600 + 18 * 60 + 18 * 60
    assert visit.seconds_in(Phase.ENDED, at(51).wall) == 60
    assert visit.seconds_in(Phase.ENDED, at(49).wall) == 0
    assert visit.seconds_in(Phase.LEFT, at(51).wall) == 0


def test_where_the_client_was_in_a_part_that_was_held_stays_on_record() -> None:
    """Put right before admission a place leaves no trace; said anew after a part was held it does."""
    visit = after(*WAITING, IN_WISCONSIN, AT_HOME)
    assert visit.location_changes == ()
    visit = after(ADMIT, MET, c.ReturnToWaiting(BOOK.clinician), IN_WISCONSIN, visit=visit, minutes=20)
    assert [(past.state, past.at) for past in visit.location_changes] == [("MN", wall(1))]
    assert visit.location is not None
    assert visit.location.state == "WI"


def test_only_those_let_in_hold_a_seat() -> None:
    """The seat follows the phase."""
    assert {phase for phase in Phase if in_phase(phase).seated} == SEATED
    assert {Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED} == SEATED


def test_quiet_begins_when_the_last_connection_goes() -> None:
    """The timeout policy counts from there."""
    seat, chair = (one.id for one in in_phase(Phase.WAITING).participants)
    visit = after(*(c.NoteConnection(who, Connection.ONLINE) for who in (seat, chair)))
    assert visit.quiet_since is None
    visit = after(c.NoteConnection(seat, Connection.OFFLINE), visit=visit, minutes=3)
    assert visit.quiet_since is None
    visit = after(c.NoteConnection(chair, Connection.OFFLINE), visit=visit, minutes=4)
    assert visit.quiet_since == START + timedelta(minutes=4)
    assert after(*IN_VISIT).quiet_since is None
