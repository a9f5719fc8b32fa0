"""Sent is not received: what receiver reports say about loss, gaps and one-way failure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize("rate", [12, 20, 40])
def test_chance_makes_no_gap_of_the_loss_of_a_slow_picture(rate: int) -> None:
    """With so few packets a report often tells of two fifths where 30 % are lost."""
    path, chance = Path("video", rate, 450), random.Random(11)
    for _ in range(300):
        path.run(chance.uniform(0.5, 1.5), loss=0.3, chance=chance)
        path.report()
    assert path.undelivered() < 0.02 * 300


@pytest.mark.parametrize("gap", [1, 2, 5])
def test_a_gap_is_found_amid_loss(gap: int) -> None:
    """Every one of thirty, to a few tenths on average."""
    path, chance = Path("video", 40, 450), random.Random(5)
    for _ in range(30):
        for _ in range(10):
            path.run(chance.uniform(0.5, 1.5), loss=0.3, chance=chance)
            path.report()
        path.run(gap, arrives=False)
        path.run(0.2)
        path.report()
    assert path.undelivered() / 30 == pytest.approx(gap, abs=0.35)


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
    sound.receipt.follow(picture.receipt, START * 10)
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
    sound.receipt.follow(picture.receipt, START * 10)
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


class Together:
    """Sound, and a picture that comes and goes, on one path; reports at libwebrtc's intervals."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sound, self.picture = Path("audio", 50, 50), video()
        self.sound.receipt.follow(self.picture.receipt, START * 10)
        self.shown = True
        self.due = {"sound": 0.0, "picture": 0.0}
        self.lost = 0.0

    def run(self, seconds: float, arrives: bool = True) -> None:
        """Both go on for ``seconds``."""
        for _ in range(round(seconds * 10)):
            self.lost += 0.0 if arrives else 0.1
            self._step("sound", self.sound, 5.0, arrives)
            if self.shown:
                self._step("picture", self.picture, 1.0, arrives)

    def _step(self, name: str, path: Path, interval: float, arrives: bool) -> None:
        path.run(0.1, arrives)
        self.due[name] -= 0.1
        if self.due[name] <= 0:
            path.report()
            self.due[name] = self.chance.uniform(0.5, 1.5) * interval

    def toggle(self) -> None:
        """The receiver gets sound alone from now on, or pictures again."""
        self.shown = not self.shown
        now = self.sound.now // TENTH
        if self.shown:
            self.picture = Path("video", 120, 450, self.picture.marks, self.picture.sequence, now=self.sound.now)
            self.picture.receipt = Receipt("video", self.picture.marks, self.picture.receiver, now)
        else:
            self.picture.receipt.end(now)
        self.sound.receipt.follow(self.picture.receipt if self.shown else None, now)

    def delivered(self) -> set[int]:
        """Which tenths of sound count until now."""
        now = self.sound.now // TENTH
        return {at for at in range(START * 10, now) if self.sound.receipt.mask(at // 10, now) >> at % 10 & 1}


@settings(deadline=None, max_examples=100)
@given(st.integers(), st.lists(st.tuples(st.sampled_from(["gap", "live", "toggle"]), st.integers(5, 80)), max_size=14))
def test_taking_the_picture_away_or_giving_it_back_delivers_nothing(seed: int, steps: list[tuple[str, int]]) -> None:
    """No tenth of sound that was held undelivered, for the picture's gaps or doubts, counts because it went or came."""
    both = Together(seed)
    for what, tenths in steps:
        if what != "toggle":
            both.run(tenths / 10, what == "live")
            continue
        before = both.delivered()
        both.toggle()
        assert both.delivered() <= before


@pytest.mark.parametrize("seed", range(20))
def test_sound_is_never_counted_above_the_truth_when_its_picture_is_taken_away(seed: int) -> None:
    """A line breaks for some seconds, the receiver gets sound alone, and pictures again: four times."""
    both = Together(seed)
    for _ in range(4):
        both.run(both.chance.uniform(3, 8))
        both.run(both.chance.uniform(3.5, 6), arrives=False)
        both.toggle()
        both.run(both.chance.uniform(4, 10))
        both.toggle()
    both.run(20)
    assert both.sound.undelivered() == pytest.approx(both.lost, abs=0.5)


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
