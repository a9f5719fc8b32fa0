"""Which media section of a peer connection carries whose track. Pure.

Sections are made once, in order, and never taken away (RFC 9429 section 5.2.2): what somebody leaves behind becomes
inactive and is taken by whoever comes next, for the same use. The first two carry the browser's own sound and camera up
and the first other person's down; every other person has a pair, a screen has one, and one takes the own screen up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AT_ONCE = 6
"""Participants of a visit: a browser has at most twelve sections."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What somebody sends in one section, as their own answer declared it.

    :param kind: ``audio`` or ``video``, the kind of the section.
    """

    kind: str
    ssrc: int
    rtx: int | None
    cname: str
    screen: bool = False

    @property
    def what(self) -> str:
        """``audio``, ``video`` (the camera) or ``screen``."""
        return "screen" if self.screen else self.kind

    @property
    def ssrcs(self) -> tuple[int, ...]:
        """The stream's own SSRC and that of its retransmissions."""
        return (self.ssrc,) if self.rtx is None else (self.ssrc, self.rtx)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of an offer.

    :param direction: as the server sees it.
    :param owner: the participant whose track the server sends in it; "" when it sends none.
    """

    mid: str
    kind: str
    direction: str
    owner: str = ""
    sending: Sending | None = None


ALONE = (Section("0", "audio", "sendrecv"), Section("1", "video", "sendrecv"))
"""What everybody is offered while nobody else is there."""


@dataclass(slots=True)
class _Place:
    """Sections that one person's tracks take together: ``{kind: index}``, and what is in them now."""

    at: dict[str, int]
    idle: str
    owner: str = ""
    sending: tuple[Sending, ...] = ()


class Sections:
    """The sections of one peer connection."""

    def __init__(self) -> None:
        self._people = [_Place({"audio": 0, "video": 1}, "sendrecv")]
        self._screens: list[_Place] = []
        self._own_screen: int | None = None
        self._count = 2

    def arrange(self, others: Mapping[str, tuple[Sending, ...]], shares: bool = False) -> tuple[Section, ...]:
        """The sections to offer now.

        :param others: what every other person sends, by participant, in the order they came; nothing while it is not
            known (they are about to connect, or to connect again): what was offered of them stays.
        :param shares: whether this person's own screen is taken.
        """
        people = {who: tuple(s for s in sends if not s.screen) for who, sends in others.items()}
        screens = {who: kept for who, sends in others.items() if (kept := tuple(s for s in sends if s.screen))}
        self._settle(self._people, people, ("audio", "video"))
        self._settle(self._screens, screens, ("video",))
        if shares and self._own_screen is None:
            self._own_screen = self._count
            self._count += 1
        sections: dict[int, Section] = {}
        for place in (*self._people, *self._screens):
            for kind, index in place.at.items():
                sending = next((s for s in place.sending if s.kind == kind), None)
                direction = "sendonly" if sending is not None and place.idle == "inactive" else place.idle
                owner = place.owner if sending is not None else ""
                sections[index] = Section(str(index), kind, direction, owner, sending)
        if self._own_screen is not None:
            direction = "recvonly" if shares else "inactive"
            sections[self._own_screen] = Section(str(self._own_screen), "video", direction)
        return tuple(sections[index] for index in range(self._count))

    def _settle(self, places: list[_Place], sent: Mapping[str, tuple[Sending, ...]], kinds: tuple[str, ...]) -> None:
        for place in places:
            if place.owner not in sent:
                place.owner, place.sending = "", ()
        for who, sends in sent.items():
            if not sends:
                continue
            found = [place for place in places if place.owner == who] or [place for place in places if not place.owner]
            if found:
                place = found[0]
            else:
                place = _Place({kind: self._count + n for n, kind in enumerate(kinds)}, "inactive")
                self._count += len(kinds)
                places.append(place)
            place.owner, place.sending = who, sends
