"""The running count is the whole count, whatever is amended when; what is unwritten is known to the second."""

from __future__ import annotations

import random

from media.evidence import FULL, Audio, EvidenceSecond, StreamSecond, Video, totals
from server.evidence_book import SETTLED_S, EvidenceBook

PAIR = ("par_a", "par_b")
LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
UNSEEN = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, 0)  # the picture did not arrive


def second(at: int, client: StreamSecond | None = LIVE) -> EvidenceSecond:
    """Second `at`: the clinician live, the client as given, or not there."""
    return EvidenceSecond(at, {"par_a": LIVE} if client is None else {"par_a": LIVE, "par_b": client})


def test_an_amendment_from_before_the_settled_edge_is_counted_anew() -> None:
    """A long stall may amend further back than the edge."""
    book = EvidenceBook(1000, PAIR)
    book.add(second(1000 + at) for at in range(100))
    assert book.counted().audio_video_overlap == 100.0
    book.add([second(1000 + at, UNSEEN) for at in range(10, 40)])
    assert book.counted().audio_video_overlap == 70.0
    assert book.counted().talk_overlap == 100.0
    assert SETTLED_S < 100 - 10


def test_the_running_count_equals_the_whole_count() -> None:
    """For any order of new and amended seconds, asked at any time."""
    chance = random.Random(7)
    for _ in range(20):
        book = EvidenceBook(0, PAIR)
        for newest in range(120):
            book.add([second(newest)])
            if chance.random() < 0.3:
                back = chance.randrange(newest + 1)
                book.add([second(back, chance.choice([LIVE, UNSEEN, None]))])
            if chance.random() < 0.5:
                assert book.counted() == totals(book.seconds, PAIR)
        assert book.counted() == totals(book.seconds, PAIR)


def test_what_is_unwritten_is_written_once_and_given_back_when_it_could_not_be() -> None:
    """Amended seconds are written again; a replayed book is the same book, digest and all."""
    book, kept = EvidenceBook(50, PAIR), EvidenceBook(0, PAIR)
    assert book.take_unwritten() is None
    book.add(second(50 + at) for at in range(10))
    taken = book.take_unwritten()
    assert taken is not None
    assert taken[0] == 0
    assert book.take_unwritten() is None
    book.give_back(taken[1])
    again = book.take_unwritten()
    assert again == taken
    kept.replay(taken[1])
    book.add([second(53), second(54, UNSEEN), second(60)])
    amended = book.take_unwritten()
    assert amended is not None
    assert amended[0] == 4
    assert [row[:2] for row in amended[1][1:]] == [[4, 1], [10, 1]]
    kept.replay(amended[1])
    assert kept.seconds == book.seconds
    assert kept.digest() == book.digest()


def test_seconds_before_the_origin_are_not_written() -> None:
    """Offsets are never negative."""
    book = EvidenceBook(100, PAIR)
    book.add([second(98), second(100), second(101)])
    taken = book.take_unwritten()
    assert taken is not None
    assert taken[0] == 0
    assert [row[:2] for row in taken[1][1:]] == [[0, 2]]
