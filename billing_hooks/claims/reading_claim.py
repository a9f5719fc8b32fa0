"""One claim of an 837: CLM to its last service line, with what earlier payers decided (loops 2300 to 2430). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from billing_hooks.claims.claim import (
    Adjusted,
    Earlier,
    Frequency,
    Further,
    Judged,
    Plan,
    PostalAddress,
    Provider,
    Rank,
    ServiceLine,
)
from billing_hooks.claims.reading_parts import Cursor, address, adjusted, amount, day, person, provider, whole
from billing_hooks.x12 import Segment

RELATIONS = {"18": "self", "01": "spouse", "19": "child"}
RANKS = {each.value: each for each in Rank}
_FREQUENCIES = {each.value: each for each in Frequency}
# What a claim of ours has no place for is passed over.
_ABOUT = frozenset("DTP PWK CN1 AMT K3 CR1 CR2 CR3 CRC HCP REF NTE HI".split())
_ABOUT_LINE = frozenset("SV5 PWK CR1 CR3 CRC DTP QTY MEA CN1 REF AMT K3 NTE PS1 HCP LIN CTP LQ FRM".split())
_MODIFIERS = 4


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a file says wrongly though it can be read: its segment and what to do."""

    code: str
    segment: int
    say: str


@dataclass(slots=True)
class Rest:
    """What stands below a CLM, as it is read."""

    head: Segment
    pos: str = ""
    frequency: Frequency = Frequency.NEW
    total: int = 0
    numbers: dict[str, str] = field(default_factory=dict)
    note: str = ""
    diagnoses: tuple[str, ...] = ()
    people: dict[str, Provider] = field(default_factory=dict)
    where: PostalAddress | None = None
    lines: list[ServiceLine] = field(default_factory=list)
    earlier: list[Earlier] = field(default_factory=list)
    further: list[Further] = field(default_factory=list)
    judged: list[tuple[str, Judged]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, code: str, found: Segment, say: str) -> None:
        """Note what is wrong with a segment."""
        self.remarks.append(Remark(code, found.number, found.wrong(say).say))


def read_claim(cursor: Cursor) -> Rest:
    """Everything from CLM on. Errors: Malformed("837-...") naming segment and element."""
    head = cursor.want("CLM")
    rest = Rest(head, total=amount(head, 2))
    parts = (*head.parts(5), "", "", "")
    rest.pos = parts[0]
    if parts[2] not in _FREQUENCIES:
        say = f"“{parts[2][:4]}” is no frequency: write 1 (new), 7 (replaces) or 8 (takes back)."
        raise head.wrong(say, 5, "837-code")
    rest.frequency = _FREQUENCIES[parts[2]]
    for found in cursor.run(_ABOUT):
        _about(rest, found)
    _people(rest, cursor)
    while cursor.at("SBR"):
        rest.earlier.append(_earlier(cursor))
    if not cursor.at("LX"):
        cursor.want("LX")
    while cursor.at("LX"):
        _line(rest, cursor)
    asked = {payer for payer, _ in rest.judged}
    rest.further = [Further(each.rank, each.plan) for each in rest.earlier if _undecided(each, asked)]
    rest.earlier = [_with_lines(each, rest.judged) for each in rest.earlier if not _undecided(each, asked)]
    return rest


def _about(rest: Rest, found: Segment) -> None:
    if found.name == "REF" and found[1] in ("9F", "G1", "F8"):
        rest.numbers[found[1]] = found[2]
    elif found.name == "NTE" and found[1] == "ADD":
        rest.note = found[2]
    elif found.name == "HI":
        rest.diagnoses += tuple(_diagnoses(rest, found))
        _first(rest, found)


def _diagnoses(rest: Rest, found: Segment) -> list[str]:
    codes = []
    for place in range(1, len(found.elements)):
        parts = (*found.parts(place), "", "")
        if parts[0] in ("BK", "BF"):
            say = f"{parts[0]} means ICD-9, which ended on 2015-09-30: write A{parts[0]} with an ICD-10-CM code."
            rest.remark("diagnosis-icd-9", found, say)
        if parts[0] in ("ABK", "ABF", "BK", "BF"):
            codes.append(parts[1])
    return codes


def _first(rest: Rest, found: Segment) -> None:
    kinds = [found.parts(place)[0] for place in range(1, len(found.elements)) if found.parts(place)]
    if any(kind == "ABK" for kind in kinds[1:]) or (kinds and kinds[0] == "ABF"):
        rest.remark("diagnosis-first", found, "the first diagnosis is the principal one (ABK), the others ABF.")


def _people(rest: Rest, cursor: Cursor) -> None:
    """2310A to F."""
    while cursor.at("NM1"):
        found = cursor.take()
        kind, taxonomy = found[1], ""
        if cursor.at("PRV"):
            prv = cursor.take()
            taxonomy = prv[3] if prv[2] == "PXC" else ""
        where = address(cursor)
        for _ in cursor.run(("REF", "PER")):
            pass
        if kind == "77":
            rest.where = where
        rest.people[kind] = provider(found, taxonomy)


def _earlier(cursor: Cursor) -> Earlier:
    """2320 and 2330."""
    sbr = cursor.want("SBR")
    if sbr[1] not in RANKS:
        raise sbr.wrong(f"“{sbr[1][:3]}” is no place among payers: write P, S or T.", 1, "837-code")
    reasons: tuple[Adjusted, ...] = ()
    paid: int | None = None
    while cursor.at("CAS"):
        reasons += adjusted(cursor)
    remarks: tuple[str, ...] = ()
    for found in cursor.run(("AMT", "OI", "MIA", "MOA")):
        if found.name == "MOA":
            remarks = tuple(found[place] for place in range(3, 8) if found[place])
        if found.name == "AMT" and found[1] == "D":
            paid = amount(found, 2)
    insured = cursor.want("NM1", ("IL",))
    where = address(cursor)
    for _ in cursor.run(("REF",)):
        pass
    payer = cursor.want("NM1", ("PR",))
    number, decided = "", None
    address(cursor)
    for found in cursor.run(("DTP", "REF")):
        if found.name == "DTP" and found[1] == "573":
            decided = day(found, 3)
        if found.name == "REF" and found[1] == "F8":
            number = found[2]
    while cursor.at("NM1"):  # 2330C to G: providers as that payer knows them
        cursor.take()
        for _ in cursor.run(("REF",)):
            pass
    relation = RELATIONS.get(sbr[2], "other")
    plan = Plan(
        payer[3], payer[9], sbr[9], insured[9], sbr[3], sbr[4], relation,
        None if relation == "self" else replace(person(insured), address=where), sbr[5],
    )  # fmt: skip
    return Earlier(RANKS[sbr[1]], plan, -1 if paid is None else paid, reasons, (), number, decided, remarks)


def _line(rest: Rest, cursor: Cursor) -> None:
    """2400 and 2430."""
    lx = cursor.take()
    sv1 = cursor.want("SV1")
    parts = sv1.parts(1)
    if not parts or parts[0] != "HC":
        raise sv1.wrong("its code is no HCPCS code (HC): send other kinds by hand.", 1, "837-code")
    code, modifiers = parts[1] if len(parts) > 1 else "", [each for each in parts[2:6] if each]
    if len(parts) > 2 + _MODIFIERS and len(parts[6]) == 2:
        # A fifth modifier lands where the description stands: it is no description.
        modifiers.append(parts[6])
    if sv1[3] != "UN":
        raise sv1.wrong(f"“{sv1[3][:3]}” is no unit of visits: write UN.", 3, "837-code")
    pointers = tuple(_pointer(sv1, each) for each in sv1.parts(7))
    charge, units = amount(sv1, 2), whole(sv1, 4)
    when: date | None = None
    number = ""
    for found in cursor.run(_ABOUT_LINE):
        if found.name == "DTP" and found[1] == "472":
            when = day(found, 3) if found[2] == "D8" else _one_day(found)
        if found.name == "REF" and found[1] == "6R":
            number = found[2]
    if when is None:
        say = f"the service line of segment {lx.number} lacks its day: write DTP*472*D8*20261120."
        raise sv1.wrong(say, code="837-missing")
    while cursor.at("NM1"):  # 2420: people of this line alone
        cursor.take()
        for _ in cursor.run(("PRV", "N3", "N4", "REF", "PER")):
            pass
    rest.lines.append(
        ServiceLine(number or str(len(rest.lines) + 1), code, tuple(modifiers), units, charge, when, pointers, sv1[5])
    )
    while cursor.at("SVD"):
        rest.judged.append(_judged(rest, cursor))
    for _ in cursor.run(("LQ", "FRM")):
        pass


def _one_day(found: Segment) -> date:
    """The day of a span that is one day."""
    first, _, last = found[3].partition("-")
    if found[2] != "RD8" or first != last:
        raise found.wrong("a visit has one day: write it as D8.", 2, "837-date")
    return day(Segment(found.number, ("DTP", first)), 1)


def _pointer(sv1: Segment, written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 2):
        raise sv1.wrong(f"“{written[:4]}” points to no diagnosis: write its place from 1.", 7, "837-number")
    return int(written)


def _judged(rest: Rest, cursor: Cursor) -> tuple[str, Judged]:
    svd = cursor.take()
    if all(each.plan.payer_id != svd[1] for each in rest.earlier):
        raise svd.wrong(f"payer {svd[1][:20]} is none of this claim's earlier ones.", 1, "837-code")
    parts = svd.parts(3)
    reasons = adjusted(cursor)
    when: date | None = None
    for found in cursor.run(("DTP", "AMT")):
        if found.name == "DTP" and found[1] == "573":
            when = day(found, 3)
    if when is None:
        when = next((each.day for each in rest.earlier if each.plan.payer_id == svd[1]), None)
    if when is None:
        raise svd.wrong("the day of this decision is missing: write DTP*573.", code="837-missing")
    code = parts[1] if len(parts) > 1 else ""
    line = rest.lines[-1].number
    units = whole(svd, 5) if svd[5] else 1
    return svd[1], Judged(line, amount(svd, 2), reasons, when, code, tuple(each for each in parts[2:6] if each), units)


def _undecided(earlier: Earlier, asked: set[str]) -> bool:
    """Whether a plan is only named: it says nothing of what it paid or took off, of the claim or of a line."""
    return earlier.paid == -1 and not earlier.adjusted and earlier.day is None and earlier.plan.payer_id not in asked


def _with_lines(earlier: Earlier, judged: list[tuple[str, Judged]]) -> Earlier:
    mine = tuple(each for payer, each in judged if payer == earlier.plan.payer_id)
    paid = sum(each.paid for each in mine) if earlier.paid == -1 else earlier.paid
    return replace(earlier, lines=mine, paid=paid, day=None if mine else earlier.day)
