"""Sent is not received: what receiver reports say about loss, gaps and one-way failure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from media.flow import Marks
from media.hearing import Hearing
from media.receipt import Receipt
from media.runs import SECOND, TENTH

START = 5000


@dataclass
class Path:
    """A stream to a simulated browser: packets arrive or not, reports count like libwebrtc's."""

    kind: str
    rate: int
    restart: int
    marks: Marks = field(default_factory=Marks)
    sequence: int = 65_000  # wraps early
    highest: int | None = None
    lost: int = 0
    now: int = START * SECOND

    def __post_init__(self) -> None:
        self.receiver = Hearing()
        self.receipt = Receipt(self.kind, self.marks, self.receiver, START * 10)

    def run(self, seconds: float, arrives: bool = True, loss: float = 0.0, chance: random.Random | None = None) -> None:
        """Forward packets for ``seconds``."""
        for _ in range(round(seconds * self.rate)):
            self.now += SECOND // self.rate
            self.sequence += 1
            self.marks.add(self.now, self.sequence & 0xFFFF)
            if arrives and not (chance and chance.random() < loss):
                missed = self.sequence - self.highest - 1 if self.highest is not None else 0
                self.lost += missed if missed <= self.restart else 0
                self.highest = self.sequence

    def steady(self, seconds: int) -> None:
        """Everything arrives and is reported once a second."""
        for _ in range(seconds):
            self.run(1)
            self.report()

    def report(self) -> None:
        """The browser's receiver report arrives."""
        if self.highest is not None:
            self.receipt.report(self.highest & 0xFFFF, self.lost, self.now // TENTH)

    def undelivered(self) -> float:
        """Seconds not delivered as far as is known now."""
        end = self.now // SECOND
        return sum(10 - self.receipt.mask(at, self.now // TENTH).bit_count() for at in range(START, end)) / 10


def video() -> Path:
    """120 packets a second; jumps above 450 are not counted as loss."""
    return Path("video", 120, 450)


def test_steady_reports_deliver_everything() -> None:
    """Nothing is in doubt between reports."""
    path = video()
    for _ in range(20):
        path.steady(1)
        assert path.undelivered() == 0


@pytest.mark.parametrize("loss", [0.05, 0.2, 0.3])
def test_random_loss_stays_delivered(loss: float) -> None:
    """People hear and see through it; reports come with every request for what is missing."""
    path, chance = video(), random.Random(7)
    for _ in range(300):
        path.run(chance.choice([0.05, 0.1, 0.9]), loss=loss, chance=chance)
        path.report()
    assert path.undelivered() == 0


@pytest.mark.parametrize("gap", [0.5, 1, 2, 3, 5, 10, 60])
def test_a_gap_is_found_to_a_few_tenths(gap: float) -> None:
    """Short gaps by the counted loss, long ones by the stall; placed right after the report before."""
    path = video()
    path.steady(10)
    path.run(0.4)
    before = path.now
    for _ in range(int(gap)):
        path.run(1, arrives=False)
        path.report()
    path.run(gap - int(gap), arrives=False)
    path.run(0.1)
    path.report()
    path.steady(5)
    assert path.undelivered() == pytest.approx(gap, abs=0.3)
    (hole,) = path.receipt.gaps()
    assert hole[0] == pytest.approx(before // TENTH, abs=4)


def test_a_stream_that_stops_arriving_is_doubted_within_three_seconds() -> None:
    """Reports that stand still are not proof yet, and people are not left in the dark."""
    path = video()
    path.steady(10)
    path.run(2.4, arrives=False)
    assert path.undelivered() == 0
    path.run(0.7, arrives=False)
    assert path.undelivered() > 2.5


def test_sound_follows_the_gap_of_its_picture_before_its_own_slow_report() -> None:
    """The sound's own count is silent about a gap of two seconds; the picture's is not."""
    picture, sound = video(), Path("audio", 50, 50)
    sound.receipt.picture = picture.receipt
    for live in (True, False, False, True, True, True):
        picture.run(1, arrives=live)
        picture.report()
        sound.run(1, arrives=live)
    sound.report()
    assert sound.lost == 0
    assert sound.undelivered() == pytest.approx(2, abs=0.3)


def test_sound_that_arrived_through_the_pictures_gap_is_delivered() -> None:
    """A report from inside the gap denies it for the sound."""
    picture, sound = video(), Path("audio", 50, 50)
    sound.receipt.picture = picture.receipt
    for number in range(8):
        picture.run(1, arrives=number not in (3, 4))
        picture.report()
        sound.run(0.5)
        if number == 4:
            sound.report()
        sound.run(0.5)
    sound.report()
    assert picture.undelivered() == pytest.approx(2, abs=0.3)
    assert sound.undelivered() <= 0.6


def test_sound_alone_waits_for_its_slow_reports() -> None:
    """Seven and a half seconds between two reports are usual and doubt nothing; nine without an answer do."""
    path = Path("audio", 50, 50)
    path.run(3)
    path.report()
    path.run(7.5)
    assert path.undelivered() == 0
    path.run(1.5)
    assert path.undelivered() > 8
    path.receiver.answered = path.now
    assert path.undelivered() == 0


@pytest.mark.parametrize("kind", ["video", "audio"])
@pytest.mark.parametrize("unreported", [0.2, 1.2])
def test_a_receiver_that_fell_silent_got_what_came_before(kind: str, unreported: float) -> None:
    """Its network went: the report that was to come says nothing about the second before."""
    path = Path("video", 120, 450) if kind == "video" else Path("audio", 50, 50)
    path.steady(10)
    path.run(unreported)
    path.receiver.connected(path.now)
    path.receiver.answered = path.now - 15 * TENTH
    path.run(6, arrives=False)
    assert path.undelivered() == pytest.approx(6, abs=0.3)
    path.receipt.end(path.now // TENTH)
    path.run(10, arrives=False)
    assert path.undelivered() == pytest.approx(16, abs=0.3)


@pytest.mark.parametrize("gap", [2, 6])
def test_a_gap_both_ways_lies_where_the_receiver_was_silent(gap: int) -> None:
    """Not after the report before it: what came in between was received. Six seconds are a jump without a count."""
    path = video()
    path.steady(10)
    path.run(1)
    path.receiver.connected(path.now)
    path.receiver.answered = path.now - TENTH
    silent = path.now // TENTH
    path.run(gap, arrives=False)
    path.receiver.control(path.now)
    path.run(0.2)
    path.report()
    path.steady(3)
    assert path.undelivered() == pytest.approx(gap, abs=0.4)
    (hole,) = path.receipt.gaps()
    assert hole[0] == pytest.approx(silent, abs=1)


def test_a_receiver_whose_way_broke_before_it_fell_silent_got_nothing_since_its_report() -> None:
    """It was heard, but did not answer our checks any more, or a report was due: against the count."""
    for unreported, answered in ((2, 30), (3, 5)):
        path = video()
        path.steady(10)
        path.run(unreported, arrives=False)
        path.receiver.connected(path.now)
        path.receiver.answered = path.now - answered * TENTH
        path.run(6.2, arrives=False)  # whole seconds are looked at
        assert path.undelivered() == pytest.approx(6 + unreported, abs=0.3)


def test_a_browser_that_began_to_listen_late_got_nothing_before() -> None:
    """Its first report counts loss from its first packet on; what went before is not delivered."""
    path = video()
    path.run(20, arrives=False)
    path.run(1)
    path.report()
    assert path.undelivered() > 18


def test_nothing_is_delivered_outside_the_connection() -> None:
    """Before the first packet was forwarded and after the last."""
    path = video()
    path.steady(4)
    path.receipt.end(START * 10 + 25)
    assert path.receipt.mask(START - 1, path.now // TENTH) == 0
    assert path.receipt.mask(START + 2, path.now // TENTH) == 0b1_1111
    assert path.receipt.mask(START + 3, path.now // TENTH) == 0
