"""Whether somebody gets sound alone is known also while their socket is down: the next one is told."""

from __future__ import annotations

from server.attendance import Attendances
from server.protecting import Protecting
from server.seating import Seating
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.words import ParticipantId, VisitId


def nobody() -> Hub:
    """No hub is asked here."""
    raise AssertionError


def nothing() -> Journal:
    """No journal is read here."""
    raise AssertionError


def test_what_changes_while_a_socket_is_down_is_kept_for_the_next() -> None:
    """Nobody is attached: on and off are both kept."""
    there = Attendances(nobody)
    live = there.of(VisitId("vis_a"))
    seating = Seating(there, nothing, Protecting(there, nobody))
    seating.on_downlink("vis_a", "par_a", True)
    assert live.audio_only == {ParticipantId("par_a")}
    seating.on_downlink("vis_a", "par_a", False)
    assert live.audio_only == set()
