"""How everybody's connection was, second by second: what arrived, what was lost on either way, and short absences."""

from __future__ import annotations

from struct import pack

import pytest

from media.flow import AudioFlow
from media.hearing import Hearing
from media.ledger import Ledger
from media.quality import Level, Standing, step
from media.readings import Readings, There
from media.runs import SECOND, TENTH
from media.sample import FULL

START = 3000


class Call:
    """``a`` talks to ``b``, a packet every 20 ms, on a clock of its own."""

    def __init__(self) -> None:
        self.ledger, self.readings = Ledger(START), Readings()
        self.now = START * SECOND
        self.flow = AudioFlow(7)
        self.hearings = {"a": Hearing(), "b": Hearing()}
        for hearing in self.hearings.values():
            hearing.connected(self.now)
        self.ledger.open("a", self.flow)
        self.receipt = self.ledger.deliver("a", self.flow, "b", self.hearings["b"], self.now)
        self.number = self.lost_on_the_way = 0

    def run(self, seconds: int, lost_up: int = 0, lost_down: int = 0, level: int = 30) -> None:
        """Of each hundred packets so many never come to us, and so many more never come to ``b``."""
        for step_ in range(seconds * 50):
            self.now += SECOND // 50
            self.number += 1
            if self.number % 100 >= lost_up:
                packet = pack(
                    ">BBHIIHHBBH", 0x90, 111, self.number & 0xFFFF, self.number * 960, 7, 0xBEDE, 1, 0x10, level, 0
                )
                self.flow.arrived(self.now, packet + b"opus", len(packet) + 4, 0)
                self.flow.marks.add(self.now, self.number & 0xFFFF)
                self.hearings["a"].any = self.hearings["a"].path = self.hearings["a"].media = self.now
                self.lost_on_the_way += self.number % 100 < lost_up + lost_down
            else:
                self.lost_on_the_way += 1
            self.hearings["b"].any = self.hearings["b"].path = self.now  # its reports
            if step_ % 50 == 49:
                self.receipt.report(self.number & 0xFFFF, self.lost_on_the_way, self.now // TENTH, 96)

    def read(self) -> tuple[float, float]:
        """Packets lost on the way in and on the way out since the last reading."""
        there = {who: There(True, hearing) for who, hearing in self.hearings.items()}
        taken = self.readings.take(self.ledger, there, self.now + TENTH)
        self.last = taken
        return taken["a"].audio.lost, taken["b"].got.lost


def test_each_way_has_its_own_losses() -> None:
    """What never reached us is the sender's loss and not the receiver's, though both their reports know of it."""
    call = Call()
    call.run(2)
    call.read()
    call.run(20, lost_up=10, lost_down=0)
    up, down = call.read()
    assert up == pytest.approx(100, abs=6)
    assert down <= 6
    call.run(20, lost_up=0, lost_down=8)
    up, down = call.read()
    assert up == pytest.approx(0, abs=6)
    assert down == pytest.approx(80, abs=6)
    assert call.last["b"].got.jitter_ms == 2.0


def test_speech_and_bytes_are_of_the_second_that_ended() -> None:
    """Four bytes of payload in fifty packets; quiet breath is not talk."""
    call = Call()
    call.run(2)
    call.read()
    assert (call.last["a"].talking, call.last["a"].audio.bytes) == (True, 200)
    call.run(2, level=70)
    call.read()
    assert not call.last["a"].talking


def test_silence_of_somebody_who_was_sending_is_a_reconnection_and_a_muted_person_is_none() -> None:
    """``b`` never sent anything: that they send nothing now is no news."""
    call = Call()
    call.run(3)
    call.now += 2 * SECOND
    call.read()
    assert step(Standing(), call.last["a"]).level is Level.RECONNECTING
    assert step(Standing(), call.last["b"]).level is Level.GOOD


def hear(ledger: Ledger, hearing: Hearing, first: int, last: int) -> None:
    """Media every 20 ms between two milliseconds after the start; the ledger listens once a second."""
    for ms in range(first, last, 20):
        now = START * SECOND + ms * 1_000_000
        if now - hearing.path > SECOND // 2:
            hearing.resumed(now)
        hearing.any = hearing.path = hearing.media = now
        if ms % 1000 == 980:
            ledger.listened("a", hearing)


def present(ledger: Ledger, seconds: int) -> int:
    """Tenths in which ``a`` was there."""
    told = ledger.seconds((START + seconds) * SECOND)
    return sum(second.of["a"].connected.bit_count() for second in told if "a" in second.of)


def test_a_short_loss_of_the_connection_is_no_presence() -> None:
    """Two seconds without a packet of somebody who sends fifty a second, on the same connection."""
    ledger, hearing = Ledger(START), Hearing()
    hearing.connected(START * SECOND)
    ledger.listened("a", hearing)
    hear(ledger, hearing, 0, 4000)
    hear(ledger, hearing, 6000, 10_000)
    assert present(ledger, 10) == pytest.approx(80, abs=2)


def test_a_new_connection_proves_nothing_of_the_moment_before_it() -> None:
    """Lost and made again within three seconds, which used to count as there."""
    ledger, before, after = Ledger(START), Hearing(), Hearing()
    before.connected(START * SECOND)
    ledger.listened("a", before)
    hear(ledger, before, 0, 4000)
    after.connected((START + 6) * SECOND)
    ledger.listened("a", after)
    hear(ledger, after, 6000, 10_000)
    assert present(ledger, 10) == pytest.approx(80, abs=2)


def test_somebody_who_sends_nothing_is_there_between_their_checks() -> None:
    """Camera and microphone off: a check every two and a half seconds is all that comes."""
    ledger, hearing = Ledger(START), Hearing()
    for ms in range(0, 10_001, 2500):
        hearing.any = START * SECOND + ms * 1_000_000
        ledger.listened("a", hearing)
    told = ledger.seconds((START + 10) * SECOND)
    assert [second.of["a"].connected for second in told] == [FULL] * 10
