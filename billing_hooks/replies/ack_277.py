"""The 277CA (005010X214): which claims of a batch the payer takes up, which not and why. Pure.

Four levels: who answers (HL 20), who asked (21: the whole batch), who gave the care (19), each claim (PT). A claim that
is rejected here was never judged: it is corrected and sent again as a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from billing_hooks.claims.claim import Cents
from billing_hooks.errors import Malformed
from billing_hooks.replies import elements
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import AGAIN, Envelope, Kind

KIND = Kind("277", "HN", ("005010X214",))
_MOST_LINES, _MOST_REASONS = 999, 100
_OVER = {"20": "", "21": "20", "19": "21", "PT": "19"}
_KNOWN = frozenset(("HL", "NM1", "TRN", "DTP", "STC", "QTY", "AMT", "REF", "SVC"))


class Level(StrEnum):
    """Of what an answer speaks."""

    BATCH = "21"
    PROVIDER = "19"
    CLAIM = "PT"


class Taken(StrEnum):
    """What became of it. RECEIVED is on the way, ACCEPTED with the payer to be judged."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


# X12 507 by its meaning for us; a category that is not here says nothing yet.
_TAKEN = {
    "A0": Taken.RECEIVED, "A1": Taken.RECEIVED, "A2": Taken.ACCEPTED, "A3": Taken.REJECTED, "A4": Taken.REJECTED,
    "A5": Taken.RECEIVED, "A6": Taken.REJECTED, "A7": Taken.REJECTED, "A8": Taken.REJECTED,
}  # fmt: skip
CATEGORIES = {
    "A0": "sent on to somebody else", "A1": "received", "A2": "accepted, it will be judged",
    "A3": "cannot be processed",
    "A4": "not found", "A5": "split into several", "A6": "something is missing", "A7": "something is not valid",
    "A8": "things do not fit together",
}  # fmt: skip
# X12 508: those that a practice like ours meets.
STATUSES = {
    "19": "received", "20": "accepted", "21": "something is missing or not valid", "24": "the provider is not approved",
    "26": "the client's coverage is not found", "33": "the subscriber is not found", "54": "it came before",
    "97": "the client is not covered by them", "116": "another payer should get it", "122": "a value is missing",
    "125": "the name of somebody", "128": "the practice's tax number", "145": "the taxonomy code",
    "153": "the payer's number", "158": "the birth date", "164": "the member number", "187": "the date of service",
    "249": "the place of service", "254": "the first diagnosis", "255": "a diagnosis", "453": "a modifier",
    "454": "the procedure code", "455": "the revenue code", "476": "the units", "500": "the postal address",
    "507": "the code set", "516": "another payer's decision", "562": "a provider's NPI",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One status: `category` A0 to A8, `status` X12 508, `entity` whose (X12 98)."""

    category: str
    status: str
    entity: str = ""

    def words(self) -> str:
        """As a biller reads it."""
        what = STATUSES.get(self.status, f"status {self.status}")
        return f"{CATEGORIES.get(self.category, f'category {self.category}')}: {what}"


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What they say of one line. `number` its control number (REF FJ), which is what REF 6R of ours comes back as."""

    number: str
    code: str
    charge: Cents
    taken: Taken
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What they say of a batch (`reference` its BHT03), of a provider in it, or of a claim (`reference` CLM01).

    `payer_number` the payer's own number of the claim; `batch` the batch it stands in; `provider` the NPI of whom it is
    about, where that is a provider; `on` the day of the status; `segment` where it begins.
    """

    envelope: Envelope
    level: Level
    reference: str
    taken: Taken
    reasons: tuple[Reason, ...]
    on: date | None
    cents: Cents
    batch: str
    payer_number: str = ""
    served: date | None = None
    lines: tuple[LineAnswer, ...] = ()
    payer: str = ""
    segment: int = 0
    provider: str = ""


@dataclass(slots=True)
class _Level:
    head: Segment
    segments: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class _Above:
    """What stands above the claims: the payer, the batch, the counts of claims so far."""

    payer: str = ""
    batch: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    seen: dict[Taken, int] = field(default_factory=dict)


def read(envelope: Envelope, body: Iterator[Segment]) -> Iterator[Answered]:
    """Each answer of a 277CA, as it is read. Errors: Malformed, naming segment and element."""
    bht = next(body, None)
    if bht is None or bht.name != "BHT":
        place = bht.number if bht is not None else envelope.segment
        raise Malformed("x12-malformed", f"Segment {place} (BHT): BHT belongs here. {AGAIN}")
    above, level, number = _Above(), None, 0
    for found in body:
        if found.name == "HL":
            if level is not None:
                yield from _answer(envelope, above, level)
            number += 1
            _in_place(found, number, above)
            level = _Level(found)
        elif level is None:
            raise found.wrong(f"HL belongs before it. {AGAIN}")
        elif found.name not in _KNOWN:
            raise found.wrong(f"this segment does not belong into a 277CA. {AGAIN}")
        else:
            if len(level.segments) >= 20 * _MOST_LINES:
                raise found.wrong(f"one level has too many segments. {AGAIN}", code="x12-too-large")
            level.segments.append(found)
    if level is None:
        raise bht.wrong(f"nothing is answered after it. {AGAIN}")
    yield from _answer(envelope, above, level)
    _counted(level.head, above)


def _in_place(head: Segment, number: int, above: _Above) -> None:
    """Levels are numbered one after another, each under the last of the level above its own."""
    kind = elements.one_of(head, 3, tuple(_OVER))
    if head[1] != str(number):
        raise head.wrong(f"levels are numbered one after another: {number} belongs here. {AGAIN}", 1)
    if head[2] != (above.ids.get(_OVER[kind], "none") if _OVER[kind] else ""):
        raise head.wrong(f"it does not stand under the level above it. {AGAIN}", 2)
    if kind == "21":
        _counted(head, above)
        above.said, above.seen = {}, {}
    kinds = list(_OVER)
    for lower in kinds[kinds.index(kind) :]:
        above.ids.pop(lower, None)
    above.ids[kind] = head[1]


def _counted(found: Segment, above: _Above) -> None:
    """Not more claims are answered in a batch than it says."""
    for quantity, states in (("90", (Taken.ACCEPTED,)), ("AA", (Taken.REJECTED,))):
        many = sum(above.seen.get(each, 0) for each in states)
        if quantity in above.said and many > above.said[quantity]:
            say = f"before it, {above.said[quantity]} claims are counted (QTY {quantity}) and {many} answered. {AGAIN}"
            raise found.wrong(say)


def _answer(envelope: Envelope, above: _Above, level: _Level) -> Iterator[Answered]:
    kind = level.head[3]
    named = next((each for each in level.segments if each.name == "NM1"), None)
    if named is None:
        raise level.head.wrong(f"nobody is named under it (NM1). {AGAIN}")
    if kind == "20":
        above.payer = elements.word(named, 3, 60)
        return
    lines = [at for at, each in enumerate(level.segments) if each.name == "SVC"]
    if len(lines) > _MOST_LINES or (lines and kind != "PT"):
        raise level.segments[lines[0]].wrong(f"lines do not belong here, or are too many. {AGAIN}")
    own = level.segments[: lines[0]] if lines else level.segments
    reference = next((elements.word(each, 2) for each in own if each.name == "TRN"), "")
    if kind == "21":
        above.batch = reference
        above.said = {each[1]: elements.count(each, 2) for each in own if each.name == "QTY"}
    if not reference and kind != "19":
        raise level.head.wrong(f"it does not say what is answered (TRN02). {AGAIN}")
    statuses = [each for each in own if each.name == "STC"]
    if not statuses:
        if kind == "19":
            return  # what is not answered for a provider as a whole is answered claim by claim
        raise level.head.wrong(f"it does not say what became of it (STC). {AGAIN}")
    taken, reasons = _said(statuses)
    if kind == "PT":
        above.seen[taken] = above.seen.get(taken, 0) + 1
    spans = zip(lines, [*lines, len(level.segments)][1:], strict=True)
    yield Answered(
        envelope, Level(kind), reference, taken, reasons,
        elements.day(statuses[-1], 2) if statuses[-1][2] else None,
        elements.money(statuses[-1], 4, 0), above.batch,
        next((elements.word(each, 2) for each in own if each.name == "REF" and each[1] == "1K"), ""),
        _served(own), tuple(_line(level.segments[begin:end]) for begin, end in spans), above.payer, level.head.number,
        elements.word(named, 9) if kind == "19" and named[8] == "XX" else "",
    )  # fmt: skip


def _served(own: list[Segment]) -> date | None:
    for each in own:
        if each.name == "DTP" and each[1] == "472":
            if elements.one_of(each, 2, ("D8", "RD8")) == "D8":
                return elements.day(each, 3)
            first = Segment(each.number, (*each.elements[:3], each[3].partition("-")[0]), each.marks)
            return elements.day(first, 3)
    return None


def _line(segments: list[Segment]) -> LineAnswer:
    svc = segments[0]
    code = svc.parts(1)
    if len(code) < 2:
        raise svc.wrong(f"it names no code. {AGAIN}", 1)
    statuses = [each for each in segments if each.name == "STC"]
    if not statuses:
        raise svc.wrong(f"it does not say what became of the line (STC). {AGAIN}")
    taken, reasons = _said(statuses)
    number = next((elements.word(each, 2) for each in segments if each.name == "REF" and each[1] == "FJ"), "")
    return LineAnswer(number, code[1], elements.money(svc, 2, 0), taken, reasons)


def _said(statuses: list[Segment]) -> tuple[Taken, tuple[Reason, ...]]:
    """All statuses of a level: whatever rejects, by its category or its action (STC03 U), rejects."""
    reasons: list[Reason] = []
    rejected = False
    for each in statuses:
        if each[3]:
            rejected |= elements.one_of(each, 3, ("WQ", "U")) == "U"
        for place in (1, 10, 11):
            parts = each.parts(place)
            if not parts and place != 1:
                continue
            if len(parts) < 2 or not parts[0].isalnum() or not parts[1].isalnum() or max(map(len, parts)) > 30:
                raise each.wrong(f"it holds no category and status. {AGAIN}", place)
            reasons.append(Reason(parts[0], parts[1], parts[2] if len(parts) > 2 else ""))
    if len(reasons) > _MOST_REASONS:
        raise statuses[0].wrong(f"more than {_MOST_REASONS} statuses stand here. {AGAIN}")
    found = {_TAKEN.get(each.category, Taken.RECEIVED) for each in reasons}
    if rejected or Taken.REJECTED in found:
        return Taken.REJECTED, tuple(reasons)
    return (Taken.ACCEPTED if Taken.ACCEPTED in found else Taken.RECEIVED), tuple(reasons)
