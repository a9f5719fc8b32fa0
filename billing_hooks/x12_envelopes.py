"""X12 files of any size, one transaction after another: every envelope checked, no more than a segment held. Pure.

A file may hold several interchanges, these several groups, these several transactions. The counts and control numbers
of each must hold, and whose it is, which version it speaks and whether it came before is asked before anything in it is
read. What a file says wrongly is only known when its end was read: who acts on it reads it twice, first for its faults.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from billing_hooks.errors import Malformed
from billing_hooks.x12 import Segment, split

LARGEST = 64 * 2**20  # bytes: a payment of 10 000 claims has about five million
_MOST = 10_000  # transactions, groups and interchanges in one file
_ENVELOPES = frozenset(("ISA", "GS", "ST", "SE", "GE", "IEA", "TA1"))
REPEATED = "x12-repeated"
AGAIN = "Ask the sender for the file again; nothing was kept of this one."


@dataclass(frozen=True, slots=True)
class Kind:
    """A transaction that is read: its number (ST01), its group's (GS01), and the versions that are known (GS08)."""

    transaction: str
    group: str
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ours:
    """What is let in. `receivers` our names (ISA08, GS03; none: any), `tests` whether files for trial (ISA15 T) are,
    `seen` the keys of envelopes that came before, with the day where they are a mapping, `largest` bytes."""

    receivers: frozenset[str] = frozenset()
    tests: bool = False
    seen: Container[str] = frozenset()
    largest: int = LARGEST


@dataclass(frozen=True, slots=True)
class Envelope:
    """Around one transaction: its kind and version, who sent it to whom, its control numbers; `segment` its ST."""

    kind: str
    version: str
    sender: str
    receiver: str
    interchange: str
    group: str
    control: str
    test: bool
    segment: int

    @property
    def key(self) -> str:
        """What is kept so that the same group of the same interchange is known when it comes again."""
        return f"{self.sender}/{self.interchange}/{self.group}"


@dataclass(slots=True)
class _Reading:
    """The segments of a file, and the last one that came."""

    segments: Iterator[Segment]
    kinds: Mapping[str, Kind]
    ours: Ours
    last: Segment
    opened: int = 0
    interchanges: set[tuple[str, str]] = field(default_factory=set)

    def following(self, closing: str) -> Segment:
        """The next segment; the file may not end before `closing`."""
        found = next(self.segments, None)
        if found is None:
            raise self.last.wrong(f"the file ends after it, before its {closing}. {AGAIN}", code="x12-truncated")
        self.last = found
        return found

    def another(self, found: Segment) -> None:
        """One more envelope of any kind."""
        self.opened += 1
        if self.opened > _MOST:
            raise found.wrong(f"the file has more than {_MOST} envelopes. Ask for it in parts.", code="x12-too-large")


class Body(Iterator[Segment]):
    """The segments between ST and SE, whose count and number are checked when it is reached."""

    def __init__(self, reading: _Reading, st: Segment) -> None:
        self._reading, self._st, self._many, self._over = reading, st, 2, False

    def __next__(self) -> Segment:
        if self._over:
            raise StopIteration
        found = self._reading.following("SE")
        if found.name not in _ENVELOPES:
            self._many += 1
            return found
        if found.name != "SE":
            raise found.wrong(f"SE belongs before it. {AGAIN}")
        _counts(found, self._many, "segments")
        _closes(found, self._st, 2)
        self._over = True
        raise StopIteration


def walk(chunks: Iterable[bytes], kinds: Iterable[Kind], ours: Ours) -> Iterator[tuple[Envelope, Iterator[Segment]]]:
    """Each transaction of a file with its segments, which are to be read before the next is asked for.

    A TA1, which stands outside of any group, comes as a transaction of one segment. Errors: Malformed("x12-malformed" |
    "x12-truncated" | "x12-not-ours" | "x12-version" | "x12-repeated" | "x12-twice" | "x12-test-file" |
    "x12-too-large"), naming the segment and the element.
    """
    known = {each.transaction: each for each in kinds}
    segments = split(_limited(chunks, ours.largest))
    reading = _Reading(segments, known, ours, Segment(0, ("ISA",)))
    for isa in segments:
        reading.last = isa
        yield from _interchange(reading, isa)


def _limited(chunks: Iterable[bytes], largest: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > largest:
            say = f"The file has more than {largest / 2**20:g} MiB. Ask the sender for it in parts; nothing was kept."
            raise Malformed("x12-too-large", say)
        yield chunk


def _interchange(reading: _Reading, isa: Segment) -> Iterator[tuple[Envelope, Iterator[Segment]]]:
    _let_in(reading, isa)
    groups: set[str] = set()
    while (found := reading.following("IEA")).name != "IEA":
        if found.name == "GS":
            yield from _group(reading, isa, found, groups)
        elif found.name == "TA1" and not groups:
            if "TA1" not in reading.kinds:
                raise found.wrong(f"a TA1 is not read here, only {_named(reading)}.", code="x12-version")
            reading.another(found)
            yield _envelope("TA1", "", isa, None, found), iter((found,))
        else:
            raise found.wrong(f"GS or IEA belongs here. {AGAIN}")
    _counts(found, len(groups), "groups")
    _closes(found, isa, 13)


def _let_in(reading: _Reading, isa: Segment) -> None:
    """Whether we may read an interchange."""
    reading.another(isa)
    if isa[12] != "00501":
        raise isa.wrong(f"version {isa[12]} is not known, 00501 is. Ask the sender for 5010 files.", 12, "x12-version")
    _ours(reading, isa, 8)
    if not isa[13].isdecimal():
        raise isa.wrong(f"the control number is no number of nine digits. {AGAIN}", 13)
    if isa[15] not in ("T", "P"):
        raise isa.wrong(f"it says neither P nor T. {AGAIN}", 15)
    if isa[15] == "T" and not reading.ours.tests:
        say = "this is a file for trial (T). Ask for a production file, or allow trial files."
        raise isa.wrong(say, 15, "x12-test-file")
    named = (isa[6].strip(), isa[13])
    if named in reading.interchanges:
        raise isa.wrong(f"number {isa[13]} of this sender stands twice in the file. {AGAIN}", 13, "x12-twice")
    reading.interchanges.add(named)


def _ours(reading: _Reading, found: Segment, place: int) -> None:
    whom = found[place].strip()
    if reading.ours.receivers and whom not in reading.ours.receivers:
        say = f"the file is for {whom[:15] or 'nobody'}, not for us. Look whether it is in the right place, "
        raise found.wrong(say + "or add this name to ours.", place, "x12-not-ours")


def _group(
    reading: _Reading, isa: Segment, gs: Segment, before: set[str]
) -> Iterator[tuple[Envelope, Iterator[Segment]]]:
    reading.another(gs)
    _ours(reading, gs, 3)
    if not gs[6].isdecimal() or len(gs[6]) > 9:
        raise gs.wrong(f"the control number is no number of at most nine digits. {AGAIN}", 6)
    if gs[6] in before:
        raise gs.wrong(f"number {gs[6]} stands twice in this interchange. {AGAIN}", 6, "x12-twice")
    before.add(gs[6])
    key = _envelope("", "", isa, gs, gs).key
    if key in reading.ours.seen:
        seen = reading.ours.seen
        on = f" on {seen[key]}" if isinstance(seen, Mapping) else ""
        say = f"interchange {isa[13]} with group {gs[6]} of this sender came before{on}, in a file of other bytes. "
        say += "If it says the same, nothing is to be done. If the sender counts anew, ask them, or have it read again."
        raise gs.wrong(say, 6, REPEATED)
    if all(each.group != gs[1] for each in reading.kinds.values()):
        raise gs.wrong(f"this is a group {gs[1][:2]}; only {_named(reading)} are read here.", 1, "x12-version")
    controls: set[str] = set()
    while (found := reading.following("GE")).name != "GE":
        if found.name != "ST":
            raise found.wrong(f"ST or GE belongs here. {AGAIN}")
        reading.another(found)
        kind = _kind(reading, gs, found)
        if not found[2] or len(found[2]) > 9:
            raise found.wrong(f"the control number is missing or too long. {AGAIN}", 2)
        if found[2] in controls:
            raise found.wrong(f"number {found[2]} stands twice in this group. {AGAIN}", 2, "x12-twice")
        controls.add(found[2])
        body = Body(reading, found)
        yield _envelope(kind.transaction, gs[8], isa, gs, found), body
        for _ in body:
            pass  # whoever does not read to the end still gets its counts checked
    _counts(found, len(controls), "transactions")
    _closes(found, gs, 6)


def _kind(reading: _Reading, gs: Segment, st: Segment) -> Kind:
    kind = reading.kinds.get(st[1])
    if kind is None or kind.group != gs[1]:
        say = f"this is a {st[1][:3] or 'nameless'} transaction; only {_named(reading)} are read here."
        raise st.wrong(say, 1, "x12-version")
    for found, place in ((gs, 8), (st, 3)):
        # ST03 is not part of an 835; where it is written it must agree.
        if (found is gs or found[place]) and found[place] not in kind.versions:
            say = f"version {found[place][:12] or '(none)'} is not known, {kind.versions[0]} is. Ask the sender for it."
            raise found.wrong(say, place, "x12-version")
    return kind


def _named(reading: _Reading) -> str:
    return ", ".join(sorted(reading.kinds))


def _envelope(kind: str, version: str, isa: Segment, gs: Segment | None, found: Segment) -> Envelope:
    return Envelope(
        kind, version, isa[6].strip(), isa[8].strip(), isa[13], gs[6] if gs is not None else "",
        found[2] if found.name == "ST" else "", isa[15] == "T", found.number,
    )  # fmt: skip


def _counts(closing: Segment, many: int, what: str) -> None:
    if not closing[1].isdecimal() or len(closing[1]) > 10 or int(closing[1]) != many:
        raise closing.wrong(f"it counts {closing[1][:10] or 'no'} {what}, there are {many}. {AGAIN}", 1)


def _closes(closing: Segment, opened: Segment, place: int) -> None:
    if closing[2] != opened[place]:
        say = f"its control number is not that of {opened.name}{place:02} (segment {opened.number}). {AGAIN}"
        raise closing.wrong(say, 2)
