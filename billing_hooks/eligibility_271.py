"""A payer's system's answer about a plan (271, 005010X279A1) in plain words. Pure.

It has no flag for telehealth: what it says with a place of service or in words is told, everything else is "unknown".
An answer is not a promise to pay and verifies nothing by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from billing_hooks import x12
from billing_hooks.client_record import ClientRecord
from billing_hooks.eligibility_270 import VERSION, trace
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.verification import Verification
from billing_hooks.x12 import Interchange, Segment

LARGEST = 64 * 1024  # bytes: an answer about one client has one to five thousand
_ACTIVE, _INACTIVE = ("1", "2", "3", "4"), ("6", "7", "8")
_OURS = ("30", "MH", "98", "A4", "A6", "A8", "AI", "UC")
KINDS = {
    "1": "Active", "2": "Active", "3": "Active", "4": "Active", "5": "Active, under investigation", "6": "Not active",
    "7": "Not active", "8": "Not active", "A": "Coinsurance", "B": "Copayment", "C": "Deductible", "F": "Limit",
    "G": "Most that the client pays", "I": "Not covered", "CB": "Coverage basis", "D": "Description",
    "R": "Other payer", "L": "Primary care provider", "U": "Ask this contact", "V": "Cannot be answered",
    "X": "Health care facility", "Y": "Money left to use", "P": "Disclaimer",
}  # fmt: skip
TYPES = {
    "30": "the plan", "98": "office visits", "MH": "mental health", "A4": "psychiatry", "A6": "psychotherapy",
    "A8": "outpatient psychiatry", "AI": "substance use", "UC": "urgent care", "1": "medical care",
}  # fmt: skip
PERIODS = {"22": "a service year", "23": "a calendar year", "27": "a visit", "29": "left", "26": "an episode",
           "32": "a lifetime", "34": "a month", "24": "this year so far"}  # fmt: skip
REJECTED = {
    "15": "something needed is missing", "42": "their system cannot answer now: try again later",
    "43": "the practice's number is not right", "51": "the practice is not on their file", "56": "a date is not right",
    "57": "a date is not right", "58": "the birth date is missing or not right",
    "60": "the birth date lies after the day",
    "62": "the day lies outside of what they answer", "63": "the day lies in the future",
    "64": "the client's number is missing or not right", "65": "the client's name is missing or not right",
    "67": "the client was not found", "68": "more than one client has this number",
    "71": "the birth date does not match",
    "72": "the member number is missing or not right", "73": "the subscriber's name is missing or not right",
    "74": "the subscriber's sex is missing or not right", "75": "the subscriber was not found",
    "76": "more than one subscriber has this number", "79": "the payer's number is not right",
    "80": "their system cannot answer now: try again later",
}  # fmt: skip
_TELE = re.compile(r"TELE-?\s?(HEALTH|MEDICINE|MED)|VIRTUAL|VIDEO", re.ASCII)
_DATE = re.compile(r"\d{8}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Benefit:
    """One line of the answer. `places` POS codes it speaks of, `said` its messages; money in cents, `percent` whole."""

    kind: str
    types: tuple[str, ...]
    period: str = ""
    cents: int | None = None
    percent: int | None = None
    authorization: str = ""
    network: str = ""
    places: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    plan: str = ""

    @property
    def line(self) -> str:
        """The line in words."""
        words = [KINDS.get(self.kind, f"Code {self.kind}")]
        if self.types:
            words.append("for " + ", ".join(TYPES.get(one, f"service type {one}") for one in self.types))
        if self.cents is not None:
            words.append(f"${self.cents // 100}.{self.cents % 100:02d}")
        if self.percent is not None:
            words.append(f"{self.percent} %")
        if self.period:
            words.append(PERIODS.get(self.period, f"period {self.period}"))
        if self.network:
            words.append({"Y": "in network", "N": "out of network"}.get(self.network, "in and out of network"))
        if self.authorization:
            words.append({"Y": "authorisation needed", "N": "no authorisation"}.get(self.authorization, ""))
        if self.places:
            words.append("at place of service " + ", ".join(self.places))
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a 271 says. `telehealth` covered|not_covered|mentioned|unknown; None is unknown; money in cents."""

    trace: str
    payer: str
    member: str
    birth_date: str
    plan: str
    active: bool | None
    telehealth: str
    authorization: str
    copay: int | None
    coinsurance: int | None
    deductible: int | None
    deductible_left: int | None
    since: str
    until: str
    rejected: tuple[str, ...]
    benefits: tuple[Benefit, ...]

    def to_json(self) -> dict[str, Any]:
        """As kept, sealed, by the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Answer:
        """What `to_json` wrote."""
        benefits = tuple(
            Benefit(**{**each, **{name: tuple(each[name]) for name in ("types", "places", "said")}})
            for each in found["benefits"]
        )
        return cls(**{**found, "rejected": tuple(found["rejected"]), "benefits": benefits})


TELEHEALTH = {
    "covered": "Covered, it says with a place of service",
    "not_covered": "Not covered, it says with a place of service",
    "mentioned": "Mentioned in words: read them, and ask",
    "unknown": "Unknown: the answer does not say. Ask by telephone",
}


def read(raw: bytes) -> Answer:
    """The answer in a file. Errors: Malformed("x12-malformed"), naming the segment."""
    found = x12.read(raw, "271", VERSION)
    segments = found.body
    if not any(each.name == "BHT" for each in segments[:1]):
        raise segments[0].wrong("BHT belongs here.")
    theirs, people = _whose(segments)
    benefits = _benefits(found, theirs)
    rejected = tuple(
        REJECTED.get(each[3], f"code {each[3]}") for each in segments if each.name == "AAA" and each[1] == "N"
    )
    if not benefits and not rejected:
        raise segments[-1].wrong("the answer ends without saying anything of a plan (EB) or of why not (AAA).")
    since, until = _span(theirs)
    return Answer(
        trace=next((each[2] for each in segments if each.name == "TRN" and each[1] == "2"), ""),
        payer=next((each[3] for each in segments if each.name == "NM1" and each[1] == "PR"), ""),
        member=next((each[9] for each in people if each[8] == "MI"), ""),
        birth_date=_birth(theirs),
        plan=next((each.plan for each in benefits if each.plan), ""),
        active=_active(benefits),
        telehealth=_telehealth(benefits),
        authorization=_authorization(benefits),
        copay=_money(benefits, "B", ("27", "")),
        coinsurance=next((b.percent for b in _best(benefits, "A") if b.percent is not None), None),
        deductible=_money(benefits, "C", ("23", "22", "")),
        deductible_left=_money(benefits, "C", ("29",)),
        since=since,
        until=until,
        rejected=rejected,
        benefits=benefits,
    )


def _whose(segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """The segments of the client's own level (the dependent's where there is one), and the names of both levels."""
    starts = [at for at, each in enumerate(segments) if each.name == "HL"]
    levels = [segments[at:end] for at, end in zip(starts, [*starts, len(segments)][1:], strict=True)]
    for number, level in enumerate(levels, 1):
        head = level[0]
        if head[1] != str(number) or (head[2] and not (head[2].isdecimal() and int(head[2]) < number)):
            raise head.wrong("levels must be numbered one after another, each under an earlier one.")
    people = [level for level in levels if level[0][3] in ("22", "23")]
    if not people:
        rejected = [each for each in segments if each.name == "AAA"]
        if rejected:
            return [], []
        raise segments[-1].wrong("the answer ends without a subscriber (HL with 22).")
    if len([level for level in people if level[0][3] == "22"]) > 1 or len(people) > 2:
        raise people[-1][0].wrong("the answer is about several clients: ask for one alone.")
    named = [each for level in people for each in level if each.name == "NM1" and each[1] in ("IL", "03")]
    if not named:
        raise people[0][0].wrong("nobody is named under it (NM1).")
    return list(people[-1]), named


def _benefits(found: Interchange, segments: Sequence[Segment]) -> tuple[Benefit, ...]:
    made: list[Benefit] = []
    for each in segments:
        if each.name == "EB":
            made.append(_benefit(found, each))
        elif made and each.name == "III" and each[1] == "ZZ":
            made[-1] = replace(made[-1], places=(*made[-1].places, each[2]))
        elif made and each.name == "MSG":
            made[-1] = replace(made[-1], said=(*made[-1].said, each[1][:264]))
    return tuple(made)


def _benefit(found: Interchange, each: Segment) -> Benefit:
    if not each[1] or len(each[1]) > 2:
        raise each.wrong("it does not say what it is (EB01).")
    cents, percent = _number(each, 7, 100), _number(each, 8, 100)
    if percent is not None and percent > 100:
        raise each.wrong("a percentage is written as a part of one: 0.2 (EB08).")
    for place in (11, 12):
        if each[place] not in ("", "Y", "N", "U", "W"):
            raise each.wrong(f"EB{place} is neither Y nor N.")
    types = tuple(one for one in each[3].split(found.repeats) if one)
    return Benefit(each[1], types, each[6], cents, percent, each[11], each[12], plan=each[5][:50])


def _number(each: Segment, place: int, times: int) -> int | None:
    text = each[place]
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10_000_000 or len(text) > 18:
        raise each.wrong(f"EB{place:02} is no amount.")
    return int((value * times).to_integral_value())


def _active(benefits: Sequence[Benefit]) -> bool | None:
    """What the plan itself (30) says, else any of ours; both at once is unknown."""
    for wanted in (("30",), _OURS):
        said = {b.kind for b in benefits if not b.types or set(b.types) & set(wanted)}
        yes, no = bool(said & set(_ACTIVE)), bool(said & set(_INACTIVE))
        if yes != no:
            return yes
        if yes:
            return None
    return None


def _telehealth(benefits: Sequence[Benefit]) -> str:
    placed = [b for b in benefits if {"02", "10"} & set(b.places)]
    denied = any(b.kind == "I" for b in placed)
    if any(b.kind in (*_ACTIVE, "A", "B", "C") for b in placed):
        return "mentioned" if denied else "covered"
    if denied:
        return "not_covered"
    return "mentioned" if any(_TELE.search(words.upper()) for b in benefits for words in b.said) else "unknown"


def _authorization(benefits: Sequence[Benefit]) -> str:
    said = {b.authorization for b in benefits if set(b.types) & set(_OURS)} & {"Y", "N"}
    return {frozenset({"Y"}): "required", frozenset({"N"}): "not_required"}.get(frozenset(said), "")


def _best(benefits: Sequence[Benefit], kind: str) -> list[Benefit]:
    """Of a kind those of ours, in network first, the nearest to psychotherapy first."""
    order = ("A6", "MH", "A8", "A4", "98", "30", "AI", "UC")
    ours = [b for b in benefits if b.kind == kind and set(b.types) & set(_OURS)]
    near = {id(b): min(order.index(one) for one in b.types if one in order) for b in ours}
    return sorted(ours, key=lambda b: (b.network == "N", near[id(b)]))


def _money(benefits: Sequence[Benefit], kind: str, periods: Sequence[str]) -> int | None:
    return next((b.cents for b in _best(benefits, kind) if b.cents is not None and b.period in periods), None)


def _birth(segments: Sequence[Segment]) -> str:
    return next((_day(each, 2) for each in segments if each.name == "DMG" and each[2]), "")


def _span(segments: Sequence[Segment]) -> tuple[str, str]:
    """The plan's dates as it says them (DTP 291, 307, 346, 347, 356, 357, 539)."""
    since = until = ""
    for each in segments:
        if each.name == "EB":
            break
        if each.name != "DTP" or each[1] not in ("291", "307", "346", "347", "356", "357", "539"):
            continue
        if each[2] == "RD8":
            first, _, last = each[3].partition("-")
            since = since or _iso(each, first)
            until = until or _iso(each, last)
        elif each[1] in ("347", "357"):
            until = until or _day(each, 3)
        else:
            since = since or _day(each, 3)
    return since, until


def _day(each: Segment, place: int) -> str:
    return _iso(each, each[place])


def _iso(each: Segment, text: str) -> str:
    try:
        found = date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}") if _DATE.match(text) else None
    except ValueError:
        found = None
    if found is None:
        raise each.wrong("it holds a day that does not exist.")
    return found.isoformat()


def belongs(found: Answer, held: HeldCoverage, record: ClientRecord) -> None:
    """Raises Refused("answer-of-another") where the answer is about another person or plan."""
    asked, theirs = _bare(held.policy.member), _bare(found.member)
    if theirs and asked and theirs != asked:
        raise Refused("answer-of-another", "NM1: the answer is about another member number. Nothing was kept.")
    if not (theirs and asked) and found.trace != trace(held):
        say = "TRN: the answer is to no question about this coverage, and names no member number that is on file."
        raise Refused("answer-of-another", f"{say} Nothing was kept.")
    born = record.birth_date.isoformat() if record.birth_date is not None else ""
    if found.birth_date and born and found.birth_date != born:
        raise Refused("answer-of-another", "DMG: the answer is about somebody born on another day. Nothing was kept.")


def _bare(member: str) -> str:
    return "".join(letter for letter in member.upper() if letter.isalnum())


def suggested(found: Answer, base: Verification) -> Verification:
    """A verification to be confirmed by telephone: what a 271 answers, without anybody's name or reference."""

    def first(answer: Any, before: Any) -> Any:
        return before if answer in (None, "") else answer

    return replace(
        base, representative="", call_reference="", active=first(found.active, base.active),
        copay=first(found.copay, base.copay), coinsurance=first(found.coinsurance, base.coinsurance),
        deductible=first(found.deductible, base.deductible),
        deductible_left=first(found.deductible_left, base.deductible_left),
        authorization=first(found.authorization, base.authorization),
        telehealth={"covered": True, "not_covered": False}.get(found.telehealth, base.telehealth),
    )  # fmt: skip
