"""Random lives: whatever is wished in whatever order, the rules hold and replay equals live."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signaling import commands as c
from signaling import fact_forms
from signaling import facts as f
from signaling.errors import Refused
from signaling.licence import cover
from signaling.transitions import NEXT
from signaling.visit import SEATED, Visit, deadline, decide, evolve, replay
from signaling.waiting_room import Viewer, cards
from signaling.words import OverrideReason, Phase, Requirement, StaffRole
from tests.signaling.lives import BOOK, CLINICIAN, COMMANDS, LICENCES, at

FINAL = (f.Ended, f.Cancelled, f.NoShow, f.Lapsed)


class Life(RuleBasedStateMachine):
    """One visit; time only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[f.Fact] = []
        self.visit: Visit | None = None
        self.minutes = -90.0

    @initialize(booked=st.sampled_from([-24 * 60.0, -61.0, 0.0, 49.0]))
    def book(self, booked: float) -> None:
        """The visit exists."""
        self.minutes = booked
        self.wish(BOOK)

    @rule(command=st.sampled_from(COMMANDS), minutes=st.sampled_from([0.0, 0.0, 0.1, 1.0, 7.0]))
    def anything(self, command: c.Command, minutes: float) -> None:
        """Whoever wishes whatever."""
        self.minutes += minutes
        self.wish(command)

    @precondition(lambda self: self.visit is not None and not self.visit.over)
    @rule(
        steps=st.lists(
            st.sampled_from(["check in", "join", "admit", "crisis", "met", "hold", "return", "leave"]), max_size=8
        )
    )
    def something_sensible(self, steps: list[str]) -> None:
        """People mostly do what leads on; otherwise chance would seldom get far."""
        wishes: dict[str, tuple[c.Command, ...]] = {
            "check in": COMMANDS[1:2] + COMMANDS[3:5] + COMMANDS[6:7],
            "join": (c.Join(),),
            "admit": (self.admit(),),
            "crisis": (c.Admit(CLINICIAN, None, OverrideReason.CRISIS),),
            "met": (c.NoteMedia(Requirement.MET),),
            "hold": (c.Hold(CLINICIAN),),
            "return": (c.ReturnToWaiting(CLINICIAN),),
            "leave": (c.Leave(), c.ComeBack()),
        }
        for step in steps:
            for command in wishes[step]:
                self.wish(command)

    @precondition(lambda self: self.visit is not None and deadline(self.visit) is not None)
    @rule()
    def time_is_up(self) -> None:
        """The machine's deadline comes: the Tick does something."""
        assert self.visit is not None
        due = deadline(self.visit)
        assert due is not None
        self.minutes = max(self.minutes, (due - BOOK.start) / timedelta(minutes=1))
        before = len(self.facts)
        self.wish(c.Tick())
        assert len(self.facts) == before + 1

    def admit(self) -> c.Command:
        """As the front door does: with what the licences say of the present state."""
        assert self.visit is not None
        state = self.visit.location.state if self.visit.location else "XX"
        return c.Admit(CLINICIAN, cover(LICENCES, state, at(self.minutes).wall.date(), at(self.minutes).wall))

    def wish(self, command: c.Command) -> None:
        """Decide and evolve, and look at each fact as it happens."""
        before = self.visit
        try:
            facts = decide(before, command, at(self.minutes))
        except Refused:
            assert self.visit is before
            return
        for fact in facts:
            self.happened(fact)

    def happened(self, fact: f.Fact) -> None:
        """What must be true the moment a fact happens."""
        if self.visit is not None:
            assert type(fact) in NEXT[self.visit.phase]
        if isinstance(fact, f.Admitted):
            visit = self.visit
            assert visit is not None
            assert visit.consent is not None
            assert visit.devices is not None
            assert visit.joined_at is not None
            assert visit.location is not None
            assert fact.cover.state == visit.location.state
            licensed = (visit.location.country, fact.cover.state) == ("US", "MN")
            assert fact.override_reason is not None or licensed or visit.override_stands
            assert not visit.client_left
        if isinstance(fact, f.Ended):
            assert fact.by in (CLINICIAN, None)
        kind, body = fact_forms.dump(fact)
        assert fact_forms.load(kind, body) == fact
        self.facts.append(fact)
        self.visit = evolve(self.visit, fact)

    @invariant()
    def replay_equals_live(self) -> None:
        """History alone makes the visit."""
        assert replay(self.facts) == self.visit

    @invariant()
    def the_visit_makes_sense(self) -> None:
        """What the phases promise."""
        visit = self.visit
        if visit is None:
            return
        assert visit.seated == (visit.phase in SEATED)
        assert sum(isinstance(fact, FINAL) for fact in self.facts) <= 1
        assert sum(isinstance(fact, f.Completed) for fact in self.facts) <= 1
        assert sum(isinstance(fact, f.VisitBegan) for fact in self.facts) <= 1
        if visit.phase in (Phase.WAITING, Phase.LEFT):
            assert visit.waiting_since is not None
        if visit.phase in SEATED | {Phase.ON_HOLD, Phase.ENDED, Phase.COMPLETE}:
            assert visit.origin is not None
        if visit.phase in (Phase.LAPSED, Phase.NO_SHOW, Phase.CANCELLED, Phase.DECLINED):
            assert visit.admitted_at is None
        if not visit.seated:
            assert all(one.media is None for one in visit.participants)
        assert all(seconds >= 0 for _, seconds in visit.spent)

    @invariant()
    def the_desk_can_show_it(self) -> None:
        """A card is made of any visit."""
        if self.visit is not None:
            viewer = Viewer(CLINICIAN, StaffRole.CLINICIAN)
            waiting, day = cards([self.visit], viewer, at(self.minutes).wall, {CLINICIAN: LICENCES})
            assert len(day) == 1
            assert bool(waiting) == (self.visit.phase in (Phase.WAITING, Phase.ON_HOLD))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
