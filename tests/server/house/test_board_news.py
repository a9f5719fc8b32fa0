"""Desks are drawn anew for what they show, and not for the evidence that every visit writes every few seconds."""

from __future__ import annotations

from typing import cast

from server.live import Live
from server.roster import Roster
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.visit import decide_all
from tests.signaling.lives import EVIDENCE, IN_VISIT, INTERRUPTED, VISIT, WAITING, after, at


def nobody() -> Hub:
    """No hub is asked here."""
    raise AssertionError


def nothing() -> Journal:
    """No journal is read here."""
    raise AssertionError


def test_evidence_draws_no_desk_and_an_interruption_does() -> None:
    live = Live(cast(Roster, None), nobody, nothing)
    drawn: list[int] = []
    live.board_changed = lambda: drawn.append(1)
    waiting, visit = (
        after(*WAITING),
        after(*IN_VISIT),
    )  # told as one in the waiting room: nobody is attached, so no media
    live.tell(VISIT, 9, decide_all(visit, (EVIDENCE,), at(2))[0], waiting)
    assert drawn == []
    live.tell(VISIT, 10, decide_all(visit, (INTERRUPTED,), at(2))[0], waiting)
    assert drawn == [1]
    live.tell(
        VISIT, 12, (*decide_all(visit, (EVIDENCE,), at(2))[0], *decide_all(visit, (INTERRUPTED,), at(2))[0]), waiting
    )
    assert drawn == [1, 1]
