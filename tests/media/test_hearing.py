"""A pause is one of media, not of somebody who sends nothing but answers."""

from __future__ import annotations

from media.hearing import Hearing
from media.runs import SECOND, TENTH


def test_a_pause_of_media_is_kept_with_the_last_answer_before_it() -> None:
    """Half a second is jitter; the newest pause counts."""
    hearing = Hearing()
    hearing.connected(100 * SECOND)
    hearing.answered = 99 * SECOND
    hearing.control(100 * SECOND + 5 * TENTH)
    assert hearing.pause is None
    hearing.control(103 * SECOND)
    assert hearing.pause == (100 * SECOND + 5 * TENTH, 103 * SECOND, 99 * SECOND)


def test_who_sends_no_media_never_pauses() -> None:
    """A browser without devices only reports, every few seconds."""
    hearing = Hearing()
    for at in range(100, 120, 2):
        hearing.control(at * SECOND)
    assert hearing.pause is None
