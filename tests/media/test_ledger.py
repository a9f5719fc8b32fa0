"""A visit's account: seconds as they end, and those of before when a report changed them."""

from __future__ import annotations

from struct import pack

from media.evidence import merge
from media.flow import AudioFlow, VideoFlow
from media.hearing import Hearing
from media.ledger import Ledger
from media.runs import SECOND, TENTH
from media.sample import FULL, Audio, EvidenceSecond, Video

START = 2000


class Visit:
    """Two people's streams into a ledger, on a clock of its own."""

    def __init__(self) -> None:
        self.ledger = Ledger(START)
        self.now = START * SECOND
        self.told: list[EvidenceSecond] = []
        self.flows: dict[str, tuple[AudioFlow, VideoFlow]] = {}
        self.sequence = 0
        self.hearings = {"a": Hearing(), "b": Hearing()}
        for number, who in enumerate(("a", "b")):
            self.flows[who] = AudioFlow(10 + number), VideoFlow(20 + number)
            for flow in self.flows[who]:
                self.ledger.open(who, flow)
        self.receipts = {
            who: [
                self.ledger.deliver(who, flow, "ab".replace(who, ""), Hearing(), self.now) for flow in self.flows[who]
            ]
            for who in self.flows
        }
        for sound, picture in self.receipts.values():
            sound.follow(picture, 0)

    def run(self, seconds: int, sends: tuple[str, ...] = ("a", "b"), reports: tuple[str, ...] = ("a", "b")) -> None:
        """Packets every 50 ms, reports and a tick once a second; ``reports`` are about these people's streams."""
        for _ in range(seconds):
            for _ in range(20):
                self.sequence += 1
                for who in sends:
                    self.packet(who)
                self.now += 50_000_000
            for who in reports:
                for receipt in self.receipts[who]:
                    receipt.report(self.sequence & 0xFFFF, 0, self.now // TENTH)
            self.told.extend(self.ledger.seconds(self.now + 50_000_000))

    def packet(self, who: str) -> None:
        """One packet of each stream."""
        for flow, payload_type, size in zip(self.flows[who], (111, 96), (60, 2000), strict=True):
            head = pack(">BBHII", 0x80, payload_type, self.sequence & 0xFFFF, self.sequence * 4500, flow.ssrc)
            flow.arrived(self.now, head + bytes(size), 12 + size, 0)
            flow.marks.add(self.now, self.sequence & 0xFFFF)
        self.hear(who)

    def hear(self, who: str) -> None:
        """Anything of that person came."""
        self.hearings[who].any = self.now
        self.ledger.listened(who, self.hearings[who])

    @property
    def account(self) -> dict[int, EvidenceSecond]:
        """Every second by its last word."""
        return {second.at: second for second in merge(self.told)}


def test_each_second_is_told_once_when_nothing_changes() -> None:
    """Steady flow, steady reports: one word a second, all full."""
    visit = Visit()
    visit.run(10)
    assert [second.at for second in visit.told] == list(range(START, START + 10))
    assert all(s.of[who].masks == (FULL,) * 5 for s in visit.told[1:] for who in ("a", "b"))


def test_one_way_loss_is_amended_backwards_and_goes_on() -> None:
    """From the first unconfirmed tenth on, for sound by its picture's reports, and only for the one sender."""
    visit = Visit()
    visit.run(5)
    visit.run(3, reports=("b",))
    account = visit.account
    assert [account[START + n].of["a"].video_delivered for n in range(8)] == [FULL] * 5 + [0] * 3
    assert [account[START + n].of["a"].audio_delivered for n in range(8)] == [FULL] * 5 + [0] * 3
    assert [account[START + n].of["b"].video_delivered for n in range(8)] == [FULL] * 8
    before = len(visit.told)
    visit.run(4, reports=("b",))
    assert [second.at for second in visit.told[before:]] == [START + n for n in range(8, 12)]
    assert visit.account[START + 11].of["a"].video_delivered == 0


def test_a_late_report_takes_the_doubt_back() -> None:
    """Reports were lost, media was not: the seconds are told again as delivered."""
    visit = Visit()
    visit.run(5)
    visit.run(4, reports=("b",))
    assert visit.account[START + 6].of["a"].video_delivered == 0
    visit.run(1)
    assert all(visit.account[START + n].of["a"].video_delivered == FULL for n in range(10))


def test_a_person_who_is_gone_is_absent_and_one_who_sends_nothing_is_not() -> None:
    """Connected is not flowing."""
    visit = Visit()
    visit.run(3)
    for _ in range(4):
        visit.hear("b")
        visit.run(1, sends=("a",))
    visit.hear("b")
    visit.run(1, sends=("a",))
    quiet = visit.account[START + 5].of["b"]
    assert (quiet.audio, quiet.video, quiet.connected) == (Audio.NONE, Video.NONE, FULL)
    visit.run(6, sends=("a",))
    assert "b" not in visit.account[START + 12].of
    assert "a" in visit.account[START + 12].of


def test_what_is_settled_has_the_last_second_too() -> None:
    """A visit that ends within a second counts its tenths."""
    visit = Visit()
    visit.run(3)
    for _ in range(10):
        visit.sequence += 1
        for who in ("a", "b"):
            visit.packet(who)
        visit.now += 50_000_000
    last = visit.ledger.settled(visit.now)[-1]
    assert last.at == START + 3
    assert last.of["a"].audio_tenths.bit_count() in (4, 5)


def test_memory_of_a_long_visit_is_bounded() -> None:
    """What can no longer be amended is forgotten."""
    visit = Visit()
    visit.run(5)
    visit.ledger.forget(visit.now + 2000 * SECOND)
    assert visit.ledger.settled(visit.now) == ()


def test_what_the_pair_sends_is_delivered_when_it_reaches_the_pair() -> None:
    """An interpreter who hears the clinician does not make up for the client who does not."""
    visit = Visit()
    visit.ledger.pair = ("a", "b")
    for flow in visit.flows["a"]:
        visit.ledger.deliver("a", flow, "c", Hearing(), visit.now)
    visit.run(5)
    visit.run(4, reports=("b",))
    assert visit.account[START + 7].of["a"].audio_delivered == 0


def test_a_stream_of_which_nothing_came_for_long_counts_when_it_is_there() -> None:
    """Whoever waits alone with the camera off is not forgotten: the other one comes, and what is sent is delivered."""
    ledger, flow, now = Ledger(START), AudioFlow(7), START * SECOND
    ledger.open("a", flow)
    now += 2000 * SECOND
    ledger.forget(now)
    ledger.deliver("a", flow, "b", Hearing(), now)
    for number in range(150):
        packet = pack(">BBHII", 0x80, 111, number, 960 * number, 7) + bytes(40)
        flow.arrived(now, packet, len(packet), 0)
        flow.marks.add(now, number)
        now += SECOND // 50
    told = {second.at: second.of for second in ledger.seconds(now)}
    assert told[START + 2001]["a"].audio_tenths.bit_count() == 10
