"""One visit's evidence: what every participant's streams did in each second, amended as reports come in. Pure.

Times are nanoseconds of CLOCK_MONOTONIC. The newest second is provisional; a later word on it replaces it as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from media.flow import AudioFlow, Flow, VideoFlow
from media.hearing import Hearing
from media.receipt import Receipt
from media.runs import SECOND, TENTH, Runs
from media.sample import Audio, EvidenceSecond, StreamSecond, Video

PRESENCE_FILL = 3 * SECOND
"""A browser that sends neither sound nor picture still checks its connection about every 2.5 s."""
AGAIN_S = 4
"""The last seconds are judged again every time: a gap that turned out short is filled (presence: three seconds)."""
KEEP_S = 900
"""How long a second may still be amended."""


@dataclass(slots=True)
class _Track:
    flow: Flow
    receipts: list[tuple[str, Receipt]] = field(default_factory=list)


@dataclass(slots=True)
class _Person:
    presence: Runs = field(default_factory=lambda: Runs(PRESENCE_FILL))
    hearing: Hearing | None = None
    tracks: list[_Track] = field(default_factory=list)


class Ledger:
    """The evidence of one visit from second ``origin`` on.

    ``pair`` are the two whose exchange counts: what one of them sends is delivered when it is to the other.
    """

    def __init__(self, origin: int) -> None:
        self.pair: tuple[str, str] | None = None
        self._people: dict[str, _Person] = {}
        self._told: dict[int, EvidenceSecond] = {}
        self._next = origin

    def listened(self, participant: str, hearing: Hearing) -> None:
        """What was heard on the connection of ``participant``; looked at once a second, and when it ends.

        Somebody who sends media is heard every few milliseconds: where that paused, and nothing else came meanwhile,
        they were away, however short it was. And a new connection is no proof of the moment before it.
        """
        person = self._people.setdefault(participant, _Person())
        presence, pause = person.presence, hearing.pause
        if hearing.any <= presence.last:
            return
        if person.hearing is not hearing:
            person.hearing = hearing
            presence.cut()
        elif pause is not None and presence.last <= pause[0] < pause[1] <= hearing.any:
            presence.add(pause[0])
            presence.cut()
            presence.add(pause[1])
        presence.add(hearing.any)

    def open(self, participant: str, flow: Flow) -> None:
        """``flow`` belongs to ``participant`` from now on."""
        self._people.setdefault(participant, _Person()).tracks.append(_Track(flow))

    def deliver(self, participant: str, flow: Flow, to: str, receiver: Hearing, now: int) -> Receipt:
        """``flow`` of ``participant`` is forwarded to participant ``to``, heard in ``receiver``, from ``now`` on."""
        tracks = self._people[participant].tracks
        track = next((track for track in tracks if track.flow is flow), None)
        if track is None:  # nothing was sent and nobody was there to get it, so it was forgotten
            tracks.append(track := _Track(flow))
        kind = "audio" if isinstance(flow, AudioFlow) else "video"
        receipt = Receipt(kind, flow.marks, receiver, now // TENTH)
        track.receipts.append((to, receipt))
        return receipt

    def flows(self) -> Iterator[tuple[str, Flow]]:
        """Whose streams there are; several of one kind when a connection was replaced."""
        for who, person in self._people.items():
            for track in person.tracks:
                yield who, track.flow

    def receipts_to(self, participant: str) -> Iterator[tuple[Flow, Receipt]]:
        """The deliveries to ``participant`` that go on."""
        for person in self._people.values():
            for track in person.tracks:
                for to, receipt in track.receipts:
                    if to == participant and receipt.until is None:
                        yield track.flow, receipt

    def seconds(self, now: int) -> tuple[EvidenceSecond, ...]:
        """The seconds that ended since the last time, and those of before whose account has changed."""
        end = now // SECOND
        first = min(self._next - AGAIN_S, self._changed(now))
        changed = []
        for at in range(max(first, end - KEEP_S), end):
            if at < self._next and at not in self._told:
                continue
            second = self._second(at, now // TENTH)
            if self._told.get(at) != second:
                self._told[at] = second
                changed.append(second)
        self._next = max(self._next, end)
        return tuple(changed)

    def settled(self, now: int) -> tuple[EvidenceSecond, ...]:
        """Every second that is still kept, by its last word, and the one that is not over yet."""
        self.seconds(now)
        rest = self._second(now // SECOND, now // TENTH)
        return (*(self._told[at] for at in sorted(self._told)), *((rest,) if rest.of else ()))

    def forget(self, now: int) -> None:
        """Drop what can no longer be amended."""
        before = now // SECOND - KEEP_S
        self._told = {at: second for at, second in self._told.items() if at >= before}
        for person in self._people.values():
            person.presence.forget(before * SECOND)
            for track in person.tracks:
                track.flow.forget(before)
                track.receipts = [r for r in track.receipts if r[1].until is None or r[1].until >= before * 10]
                for _, receipt in track.receipts:
                    receipt.forget(before * 10)
            person.tracks = [t for t in person.tracks if t.receipts or t.flow.runs.last >= before * SECOND]

    def _changed(self, now: int) -> int:
        """The earliest second whose account may have changed since the last time."""
        earliest = now // SECOND
        for person in self._people.values():
            for track in person.tracks:
                for _, receipt in track.receipts:
                    doubt, before = receipt.doubt(now // TENTH), receipt.doubted
                    receipt.doubted = doubt
                    starts = [span[0] for span in (doubt, before) if span is not None]
                    if doubt is not None and before is not None and doubt[0] == before[0]:
                        starts = [before[1]]
                    if receipt.changed is not None:
                        starts.append(receipt.changed)
                        receipt.changed = None
                    earliest = min([earliest, *(start // 10 for start in starts)])
        return earliest

    def _second(self, at: int, tenth: int) -> EvidenceSecond:
        of = {}
        for name, person in self._people.items():
            stream = self._stream(person, at, tenth, self._other(name))
            if stream.connected:
                of[name] = stream
        return EvidenceSecond(at, of)

    def _other(self, name: str) -> str | None:
        """Whose receiving counts for what ``name`` sends; None: anybody's."""
        if self.pair is None or name not in self.pair:
            return None
        return self.pair[1] if name == self.pair[0] else self.pair[0]

    def _stream(self, person: _Person, at: int, tenth: int, other: str | None) -> StreamSecond:
        audio, video = Audio.NONE, Video.NONE
        masks = {"audio": 0, "video": 0}
        got = {"audio": 0, "video": 0}
        for track in person.tracks:
            flow = track.flow
            kind = "audio" if isinstance(flow, AudioFlow) else "video"
            masks[kind] |= flow.mask(at)
            for to, receipt in track.receipts:
                if other is None or to == other:
                    got[kind] |= receipt.mask(at, tenth)
            if isinstance(flow, VideoFlow):
                video = max(video, flow.state(at), key=list(Video).index)
            else:
                audio = max(audio, flow.state(at), key=list(Audio).index)
        if not masks["audio"]:
            audio = Audio.NONE
        if not masks["video"] and video is Video.FLOWING:
            video = Video.NONE
        return StreamSecond(
            audio,
            video,
            masks["audio"],
            masks["video"],
            got["audio"] & masks["audio"],
            got["video"] & masks["video"],
            # Presence is looked at once a second: what flowed before the first look shows it as well.
            person.presence.mask(at) | masks["audio"] | masks["video"],
        )
