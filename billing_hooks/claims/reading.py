"""Reading an 837 professional back into claims, one after the other, however long the file is. Pure.

It reads what we write and what others write of the same: what a claim of ours has no place for is passed over, what
contradicts itself is refused with segment and element named. Values are taken as they stand: whether they are right is
the scrubber's to say. `Claim.encounter`, credentials and the parts that `written` drops do not stand in an 837.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from billing_hooks.claims.claim import Claim, Person, Plan, Practice, Rank
from billing_hooks.claims.envelope import VERSION
from billing_hooks.claims.letters import money
from billing_hooks.claims.reading_claim import RANKS, RELATIONS, Remark, Rest, read_claim
from billing_hooks.claims.reading_parts import Cursor, address, born, person, provider
from billing_hooks.errors import Malformed
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import LARGEST, Kind, Ours, walk

_KIND = Kind("837", "HC", (VERSION,))
_PARENTS = {"22": "20", "23": "22"}


@dataclass(frozen=True, slots=True)
class Read:
    """One claim of a file: its transaction (ST02), group (GS06) and interchange (ISA13), its CLM's place in the file,
    and what the file says wrongly of it."""

    claim: Claim
    transaction: str
    group: str
    interchange: str
    segment: int
    remarks: tuple[Remark, ...] = ()


@dataclass(slots=True)
class _Open:
    """The loops that are open above a claim, and the levels of the hierarchy by number."""

    practice: Practice | None = None
    insured: Person | None = None
    plan: Plan | None = None
    rank: Rank = Rank.PRIMARY
    client: Person | None = None
    levels: tuple[tuple[str, Segment], ...] = ()
    parents: set[str] = field(default_factory=set)
    count: int = 0


def read(chunks: Iterable[bytes], largest: int = LARGEST) -> Iterator[Read]:
    """The claims of a file of at most `largest` bytes; every envelope's counts and numbers must hold.

    Errors: Malformed("x12-..." of `x12_envelopes.walk` | "837-missing" | "837-hierarchy" | "837-code" | "837-date" |
    "837-amount" | "837-number"), naming segment and element. What was yielded before is right so far.
    """
    for envelope, body in walk(chunks, (_KIND,), Ours(tests=True, largest=largest)):
        cursor = Cursor(body, envelope.segment)
        for found, rest in _transaction(cursor):
            remarks = (*rest.remarks, *_total(rest))
            number = rest.head.number
            yield Read(found, envelope.control, envelope.group, envelope.interchange, number, tuple(remarks))


def _transaction(cursor: Cursor) -> Iterator[tuple[Claim, Rest]]:
    cursor.want("BHT")
    for entity in ("41", "40"):
        cursor.want("NM1", (entity,))
        for _ in cursor.run(("PER",)):
            pass
    above = _Open()
    if not cursor.at("HL"):
        cursor.want("HL")
    while cursor.ahead is not None:
        level = _level(above, cursor.want("HL"))
        if level == "20":
            _practice(above, cursor)
        elif level == "22":
            _subscriber(above, cursor)
        else:
            _dependent(above, cursor)
        while cursor.at("CLM"):
            rest = read_claim(cursor)
            yield _claim(above, rest), rest
    for _, found in above.levels:
        _childless(above, found)


def _level(above: _Open, found: Segment) -> str:
    """The level an HL opens: numbered one after the other, each below the one it names. Errors: 837-hierarchy."""
    above.count += 1
    level = found[3]
    if found[1] != str(above.count):
        raise found.wrong(f"it is level {above.count}, not {found[1][:6]}.", 1, "837-hierarchy")
    if level not in ("20", "22", "23"):
        raise found.wrong(f"“{level[:3]}” is no level: write 20, 22 or 23.", 3, "837-hierarchy")
    kept = tuple(each for each in above.levels if each[0] < level)
    for each in above.levels[len(kept) :]:
        _childless(above, each[1])
    parent = kept[-1] if kept else None
    if (level == "20") != (parent is None) or (parent is not None and parent[0] != _PARENTS[level]):
        raise found.wrong("who bills (20), who is insured (22) and who was treated (23) do not follow each other.", 3,
                          "837-hierarchy")  # fmt: skip
    if found[2] != (parent[1][1] if parent is not None else ""):
        wanted = parent[1][1] if parent is not None else "nothing"
        raise found.wrong(f"it stands below level {wanted}, not {found[2][:6] or 'nothing'}.", 2, "837-hierarchy")
    above.levels = (*kept, (level, found))
    above.parents = {each[1][1] for each in kept}
    return level


def _childless(above: _Open, found: Segment) -> None:
    """HL04 must say whether a level follows below."""
    below = found[1] in above.parents
    if found[4] == "1" and not below:
        raise found.wrong("it says that levels stand below it (1), there are none.", 4, "837-hierarchy")
    if found[4] == "0" and below:
        raise found.wrong("it says that no level stands below it (0), there is one.", 4, "837-hierarchy")


def _practice(above: _Open, cursor: Cursor) -> None:
    taxonomy = ""
    for found in cursor.run(("PRV", "CUR")):
        if found.name == "PRV" and found[2] == "PXC":
            taxonomy = found[3]
    who = provider(cursor.want("NM1", ("85",)), taxonomy)
    where = address(cursor)
    if where is None:
        raise Malformed("837-missing", f"Segment {cursor.last} (NM1): the address of who bills (N3, N4) is missing.")
    made = Practice(who, where, "")
    for found in cursor.run(("REF", "PER")):
        if found.name == "REF" and found[1] in ("EI", "SY"):
            made = replace(made, tax_id=found[2], tax_kind=found[1])
        if found.name == "PER":
            ways = dict(zip(found.elements[3::2], found.elements[4::2], strict=False))
            made = replace(made, contact=found[2], phone=ways.get("TE", ""), mail=ways.get("EM", ""))
    while cursor.at("NM1", ("87", "PE")):
        other = cursor.take()
        there = address(cursor)
        for _ in cursor.run(("REF",)):
            pass
        if other[1] == "87":
            made = replace(made, pay_to=there)
    above.practice, above.plan, above.client = made, None, None


def _subscriber(above: _Open, cursor: Cursor) -> None:
    sbr = cursor.want("SBR")
    if sbr[1] not in RANKS:
        raise sbr.wrong(f"“{sbr[1][:3]}” is no place among payers: write P, S or T.", 1, "837-code")
    for _ in cursor.run(("PAT",)):
        pass
    insured = cursor.want("NM1", ("IL",))
    who = replace(person(insured), address=address(cursor))
    birth, sex = born(cursor)
    who = replace(who, birth_date=birth, sex=sex)
    for _ in cursor.run(("REF", "PER")):
        pass
    payer = cursor.want("NM1", ("PR",))
    address(cursor)
    for _ in cursor.run(("REF",)):
        pass
    member = insured[9] if insured[8] == "MI" else ""
    above.rank, above.insured = RANKS[sbr[1]], who
    above.plan = Plan(payer[3], payer[9], sbr[9], member, sbr[3], sbr[4], "self", None, sbr[5])
    above.client = who if sbr[2] == "18" else None


def _dependent(above: _Open, cursor: Cursor) -> None:
    pat = cursor.want("PAT")
    who = replace(person(cursor.want("NM1", ("QC",))), address=address(cursor))
    birth, sex = born(cursor)
    for _ in cursor.run(("REF", "PER")):
        pass
    if above.plan is None:
        raise pat.wrong("no insured person stands above it.", code="837-hierarchy")
    relation = RELATIONS.get(pat[1], "other")
    above.plan = replace(above.plan, relation=relation, subscriber=above.insured)
    above.client = replace(who, birth_date=birth, sex=sex)


def _claim(above: _Open, rest: Rest) -> Claim:
    head = rest.head
    if above.practice is None or above.plan is None or above.client is None:
        say = "it stands below nobody who was treated: SBR02 says 18, or a level 23 comes first."
        raise head.wrong(say, code="837-hierarchy")
    where = rest.people.get("77")
    return Claim(
        id=head[1],
        encounter="",
        practice=above.practice,
        client=above.client,
        plan=above.plan,
        lines=tuple(rest.lines),
        diagnoses=rest.diagnoses,
        pos=rest.pos,
        rank=above.rank,
        frequency=rest.frequency,
        rendering=rest.people.get("82"),
        supervising=rest.people.get("DQ"),
        referring=rest.people.get("DN"),
        where=None if where is None or rest.where is None else (where, rest.where),
        authorization=rest.numbers.get("G1", ""),
        referral=rest.numbers.get("9F", ""),
        original=rest.numbers.get("F8", ""),
        assignment=head[7],
        benefits_assigned=head[8] == "Y",
        release_signed=head[9] == "Y",
        signed_for=head[10] == "P",
        delay=head[20],
        note=rest.note,
        earlier=tuple(rest.earlier),
        further=tuple(rest.further),
    )


def _total(rest: Rest) -> Iterator[Remark]:
    """CLM02 is the sum of its lines (TR3 §1.4.4)."""
    found = sum(line.charge for line in rest.lines)
    if found != rest.total:
        say = f"the claim says {money(rest.total)}, its lines come to {money(found)}: write the sum of the lines."
        yield Remark("charge-not-sum", rest.head.number, rest.head.wrong(say, 2).say)
