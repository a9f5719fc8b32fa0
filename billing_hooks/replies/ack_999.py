"""The 999 (005010X231A1) and the TA1: whether a batch that we sent could be read, and where it could not. Pure.

A 999 answers one group of ours: each of its transactions (AK2 to IK5), then the whole (AK9). An accepted transaction
may be left out. A TA1 answers the envelope alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from billing_hooks.errors import Malformed
from billing_hooks.replies import elements
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import AGAIN, Envelope, Kind

KIND = Kind("999", "FA", ("005010X231A1", "005010X231"))
TA1 = Kind("TA1", "", ())
_MOST_SETS = 10_000
_MOST_FAULTS = 100  # of one transaction; the rest is counted
_GROUPS = ("A", "E", "M", "P", "R", "W", "X")
_SETS = ("A", "E", "M", "R", "W", "X")


class Verdict(StrEnum):
    """What became of a transaction or envelope of ours."""

    ACCEPTED = "accepted"
    WITH_ERRORS = "accepted_with_errors"
    PARTLY = "partly"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


_VERDICTS = {"A": Verdict.ACCEPTED, "E": Verdict.WITH_ERRORS, "P": Verdict.PARTLY}
# X12 620, 721 and 618 in our own words.
SEGMENT_FAULTS = {
    "1": "is not known to them", "2": "does not belong there", "3": "is missing",
    "4": "stands in the wrong loop or too often",
    "5": "stands too often", "6": "is not of this version", "7": "is out of order", "8": "has something wrong in it",
    "I4": "may not be used there", "I6": "is missing because of another", "I7": "stands too seldom",
    "I8": "has too many of its like", "I9": "breaks a rule of theirs",
}  # fmt: skip
ELEMENT_FAULTS = {
    "1": "is missing", "2": "is missing because of another", "3": "is one too many", "4": "is too short",
    "5": "is too long", "6": "has a character that is not allowed", "7": "is no code that they know",
    "8": "is no day", "9": "is no time", "10": "may not stand beside another", "12": "is repeated too often",
    "13": "is repeated too often", "I6": "is no code of the list it names", "I9": "breaks a rule of theirs",
    "I10": "may not be used there", "I11": "is repeated too seldom", "I12": "does not fit the pattern",
    "I13": "is missing",
}  # fmt: skip
_ENVELOPE_FAULTS = {
    "001": "its control numbers differ", "002": "they do not read this standard",
    "003": "they do not read this version",
    "006": "they do not know who sent it", "008": "they do not know whom it is for", "017": "its end is missing",
    "020": "it has a wrong group count", "023": "its end came too early", "024": "something in it is no X12",
    "025": "its number came before", "014": "its day is wrong", "015": "its time is wrong",
    "018": "its control number is wrong", "021": "its groups are not counted right", "022": "it is not built as X12 is",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a transaction of ours.

    `name`, `place` and `loop` of the segment (place counted from ST, 1), `element` 0 where the segment as a whole is
    meant, `claim` our CLM01 where they name it. `bad` what stood there: the client's, never for a log.
    """

    name: str
    place: int
    loop: str
    code: str
    claim: str = ""
    element: int = 0
    part: int = 0
    element_code: str = ""
    bad: str = ""

    def words(self) -> str:
        """As a biller reads it: `Segment 19 (CLM05-1): is no code that they know.`"""
        where = self.name
        if self.element:
            where += f"{self.element:02}" + (f"-{self.part}" if self.part else "")
        known, code = (ELEMENT_FAULTS, self.element_code) if self.element_code else (SEGMENT_FAULTS, self.code)
        return f"Segment {self.place} ({where}) {known.get(code, f'is wrong (code {code})')}."


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """What they say of one transaction of ours. `control` its ST02; `more` faults beyond those kept."""

    kind: str
    control: str
    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    more: int = 0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """What they say of a group of ours. `group` its GS06, `functional` its GS01; `segment` where the answer ends."""

    envelope: Envelope
    functional: str
    group: str
    version: str
    verdict: Verdict
    sets: tuple[SetAnswer, ...]
    counted: int
    received: int
    accepted: int
    codes: tuple[str, ...]
    segment: int

    def of(self, control: str) -> SetAnswer:
        """What that means for our transaction with this ST02, named or not."""
        for each in self.sets:
            if each.control.lstrip("0") == control.lstrip("0"):
                return each
        left = {Verdict.PARTLY: Verdict.UNKNOWN}.get(self.verdict, self.verdict)
        return SetAnswer("", control, left, codes=self.codes)


@dataclass(frozen=True, slots=True)
class EnvelopeAnswer:
    """A TA1: what they say of an interchange of ours by its ISA13."""

    envelope: Envelope
    interchange: str
    verdict: Verdict
    code: str
    say: str


def read_ta1(envelope: Envelope, body: Iterator[Segment]) -> Iterator[EnvelopeAnswer]:
    """The answer in a TA1. Errors: Malformed."""
    for found in body:
        if not found[1].isdecimal() or len(found[1]) > 9:
            raise found.wrong(f"the control number is no number of nine digits. {AGAIN}", 1)
        code = elements.one_of(found, 4, ("A", "E", "R"))
        note = found[5]
        say = "" if note in ("", "000") else _ENVELOPE_FAULTS.get(note, f"code {note[:3]}")
        yield EnvelopeAnswer(envelope, found[1], _VERDICTS.get(code, Verdict.REJECTED), note, say)


def read(envelope: Envelope, body: Iterator[Segment]) -> Iterator[GroupAnswer]:
    """The answer in a 999. Errors: Malformed, naming segment and element."""
    first = next(body, None)
    if first is None or first.name != "AK1":
        raise first.wrong(f"AK1 belongs here. {AGAIN}") if first is not None else _empty(envelope)
    sets: list[SetAnswer] = []
    last = first
    for found in body:
        if last.name == "AK9":
            raise found.wrong(f"nothing belongs after AK9. {AGAIN}")
        last = found
        if found.name == "AK2":
            if len(sets) == _MOST_SETS:
                raise found.wrong(f"it answers more than {_MOST_SETS} transactions. {AGAIN}", code="x12-too-large")
            sets.append(_set(found, body))
        elif found.name != "AK9":
            raise found.wrong(f"AK2 or AK9 belongs here. {AGAIN}")
    if last.name != "AK9":
        raise last.wrong(f"the answer ends after it, before AK9. {AGAIN}")
    yield _whole(envelope, first, last, sets)


def _empty(envelope: Envelope) -> Malformed:
    return Malformed("x12-malformed", f"Segment {envelope.segment} (ST): nothing stands in it. {AGAIN}")


def _set(ak2: Segment, body: Iterator[Segment]) -> SetAnswer:
    """From AK2 to its IK5."""
    faults: list[Fault] = []
    many, kept = 0, True
    for found in body:
        match found.name:
            case "IK3":
                many += 1
                kept = many <= _MOST_FAULTS
                fault = Fault(
                    elements.word(found, 1, 3), elements.count(found, 2), found[3][:6], elements.word(found, 4, 3)
                )
                if kept:
                    faults.append(fault)
            case "IK4" if many:
                where = tuple(found[1].split(found.marks.parts))
                if not where[0].isdecimal() or not all(each.isdecimal() or not each for each in where[1:]):
                    raise found.wrong(f"it does not say which element is meant. {AGAIN}", 1)
                many += bool(faults) and faults[-1].element > 0
                if kept and many <= _MOST_FAULTS:
                    _add(faults, found, where)
            case "CTX" if many:
                named = found.parts(1)
                if kept and len(named) == 2 and named[0] == "CLM01":
                    faults[-1] = _claimed(faults[-1], named[1][:38])
            case "IK5":
                code = elements.one_of(found, 1, _SETS)
                codes = tuple(each for each in found.elements[2:7] if each)
                verdict = _VERDICTS.get(code, Verdict.REJECTED)
                return SetAnswer(
                    elements.word(ak2, 1, 3), elements.word(ak2, 2, 9), verdict, tuple(faults),
                    max(many - len(faults), 0), codes,
                )  # fmt: skip
            case _:
                raise found.wrong(f"IK5 belongs before it. {AGAIN}")
    raise ak2.wrong(f"its IK5 is missing. {AGAIN}")


def _add(faults: list[Fault], found: Segment, where: tuple[str, ...]) -> None:
    """An element's fault; the first of a segment takes the segment's own place."""
    last = faults[-1]
    part = int(where[1][:3]) if len(where) > 1 and where[1] else 0
    made = Fault(
        last.name, last.place, last.loop, last.code, last.claim, int(where[0][:3]), part,
        elements.word(found, 3, 3), found[4][:99],
    )  # fmt: skip
    if last.element:
        faults.append(made)
    else:
        faults[-1] = made


def _claimed(fault: Fault, claim: str) -> Fault:
    return Fault(
        fault.name, fault.place, fault.loop, fault.code, claim, fault.element, fault.part, fault.element_code, fault.bad
    )


def _whole(envelope: Envelope, ak1: Segment, ak9: Segment, sets: list[SetAnswer]) -> GroupAnswer:
    code = elements.one_of(ak9, 1, _GROUPS)
    counted, received, accepted = (elements.count(ak9, place) for place in (2, 3, 4))
    verdict = _VERDICTS.get(code, Verdict.REJECTED)
    taken = sum(each.verdict in (Verdict.ACCEPTED, Verdict.WITH_ERRORS) for each in sets)
    if len({each.control for each in sets}) != len(sets):
        raise ak9.wrong(f"a transaction is answered twice before it. {AGAIN}")
    if len(sets) > received:
        raise ak9.wrong(f"it counts {received} transactions received, {len(sets)} are answered. {AGAIN}", 3)
    # What is left out was accepted, so no more can be rejected than are answered so.
    if verdict is not Verdict.REJECTED and not taken <= accepted <= received - (len(sets) - taken):
        raise ak9.wrong(f"it counts {accepted} transactions accepted, {taken} are answered so. {AGAIN}", 4)
    if verdict is Verdict.REJECTED and taken:
        raise ak9.wrong(f"the group is rejected, yet a transaction in it is accepted. {AGAIN}", 1)
    if verdict is Verdict.ACCEPTED and taken < len(sets):
        raise ak9.wrong(f"the group is accepted, yet a transaction in it is rejected. {AGAIN}", 1)
    return GroupAnswer(
        envelope, elements.word(ak1, 1, 2), elements.word(ak1, 2, 9), ak1[3][:12], verdict, tuple(sets), counted,
        received, accepted, tuple(each for each in ak9.elements[5:10] if each), ak9.number,
    )  # fmt: skip
