"""Claims for tests: one that is whole, and any that chance makes up which a payer could take. Invented persons only."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from billing_hooks.claims.claim import (
    Adjusted,
    Claim,
    Earlier,
    Frequency,
    Further,
    Judged,
    Person,
    Plan,
    PostalAddress,
    Practice,
    Provider,
    Rank,
    ServiceLine,
)
from billing_hooks.claims.envelope import Envelope, Receiver, Sender
from billing_hooks.claims.npi import check_digit

TODAY = date(2026, 11, 22)
DAY = date(2026, 11, 20)
HOME = PostalAddress("55 LAKE ST APT 4", "SAINT PAUL", "MN", "55101")
PRACTICE = Practice(
    Provider("LAKESIDE BEHAVIORAL GROUP", "1990000105", "251S00000X"),
    PostalAddress("100 MAIN ST STE 200", "MINNEAPOLIS", "MN", "554011234"),
    "411234567",
)
RIVERA = Provider("RIVERA", "1880000207", "1041C0700X", "ANA", "M")
JORDAN = Person("JORDAN", "DOE", date(1990, 2, 14), "F", "A", address=HOME)
ROBIN = Person("ROBIN", "DOE", date(2015, 5, 5), "M", address=HOME)
COMMERCIAL = Plan("EXAMPLE COMMERCIAL HEALTH PLAN", "99901", "CI", "HPX123456789", "GRP7788")
MEDICARE = Plan("MEDICARE PART B JURISDICTION EXAMPLE", "99902", "MB", "1EG4TE5MK72")
WHOLE = Claim(
    id="VV-7F3A91C2",
    encounter="enc_7f3a91c2",
    practice=PRACTICE,
    client=JORDAN,
    plan=COMMERCIAL,
    lines=(ServiceLine("VV-7F3A91C2-1", "90834", ("95",), 1, 17500, DAY, (1, 2)),),
    diagnoses=("F411", "F331"),
    pos="10",
    rendering=RIVERA,
)
SENDER = Sender("LAKESIDE BEHAVIORAL GROUP", "VISITSRV", "BILLING DESK", "6125550100", "billing@example.org")
ENVELOPE = Envelope(
    SENDER, Receiver("EXAMPLE CLEARINGHOUSE", "EXAMPLECH"), 1, 1, "VV20261122-0001",
    datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
)  # fmt: skip


def decided(claim: Claim, *, rank: Rank = Rank.PRIMARY, plan: Plan = COMMERCIAL, paid: int = 60) -> Earlier:
    """What an earlier payer decided of every line: so many percent paid, the rest written off or left to the client."""
    judged = []
    for line in claim.lines:
        gave = line.charge * paid // 100
        off = (line.charge - gave) // 2
        reasons = [Adjusted("CO", "45", off), Adjusted("PR", "2", line.charge - gave - off)]
        kept = tuple(each for each in reasons if each.cents)
        judged.append(Judged(line.number, gave, kept, DAY + timedelta(1), line.code, line.modifiers, line.units))
    return Earlier(rank, plan, sum(each.paid for each in judged), (), tuple(judged), "PAYERICN001")


def secondary(claim: Claim = WHOLE) -> Claim:
    """The claim to Medicare after the commercial plan decided."""
    return replace(claim, rank=Rank.SECONDARY, plan=replace(MEDICARE, medicare_second="12"), earlier=(decided(claim),))


# Letters of the basic set, no blank at an end, none twice: what is written stays as it is.
_WORD = st.text(string.ascii_uppercase + "'-.", min_size=1, max_size=9).filter(lambda each: each.strip("'-. ") != "")
NAMES = st.lists(_WORD, min_size=1, max_size=3).map(" ".join)
SHORT = st.text(string.ascii_uppercase, min_size=1, max_size=10)
CITIES = NAMES.filter(lambda each: len(each) > 1)
NUMBERS = st.text(string.ascii_uppercase + string.digits, min_size=2, max_size=20)
STATES = st.sampled_from("MN WI ND SD IA CA NY DC PR".split())
NPIS = st.tuples(st.sampled_from("12"), st.text(string.digits, min_size=8, max_size=8)).map(
    lambda each: (found := "".join(each)) + check_digit(found)
)
TAXONOMIES = st.sampled_from("1041C0700X 103TC0700X 101YM0800X 106H00000X 2084P0800X 363LP0808X 251S00000X".split())
STREETS = st.builds(lambda number, name: f"{number} {name} ST", st.integers(1, 9999), SHORT)
ZIP5 = st.integers(501, 99950).map(lambda each: f"{each:05}")
ZIP9 = st.builds(lambda five, four: f"{five}{four:04}", ZIP5, st.integers(1, 9998))
ADDRESSES = st.builds(
    PostalAddress, STREETS, CITIES, STATES, ZIP5 | ZIP9, second=st.just("") | st.integers(1, 99).map("APT {}".format)
)
OFFICES = st.builds(PostalAddress, STREETS, CITIES, STATES, ZIP9)
GROUPS = st.builds(Provider, NAMES, NPIS, TAXONOMIES)
CLINICIANS = st.builds(
    Provider, NAMES, NPIS, TAXONOMIES, SHORT, st.just("") | SHORT, st.sampled_from(["", "JR", "III"])
)
NAMED = st.builds(lambda who: replace(who, taxonomy=""), CLINICIANS)
PRACTICES = st.builds(
    Practice,
    GROUPS | CLINICIANS,
    OFFICES,
    st.integers(10_0000001, 99_9999999).map(str),
    st.sampled_from(["EI", "SY"]),
    phone=st.just("") | st.integers(201_2000000, 989_9999999).map(str),
    contact=NAMES,
    mail=st.just("") | st.just("billing@example.org"),
    pay_to=st.none() | OFFICES,
).map(lambda each: each if each.phone or each.mail else replace(each, contact=""))
PEOPLE = st.builds(
    Person, SHORT, NAMES, st.dates(date(1915, 1, 1), date(2020, 1, 1)), st.sampled_from("FMU"),
    st.just("") | SHORT, st.sampled_from(["", "SR", "II"]), ADDRESSES,
)  # fmt: skip
PLANS = st.builds(
    Plan, NAMES, NUMBERS, st.sampled_from(["CI", "BL", "MC", "HM", "12", "16", "ZZ"]), NUMBERS, st.just("") | NUMBERS
)  # fmt: skip
CODES = st.sampled_from("90832 90834 90837 90791 90846 90847 99213 99214 96156".split())
MODIFIERS = st.lists(st.sampled_from("95 HO U1 U2 AJ 59".split()), max_size=4, unique=True).map(tuple)
DIAGNOSES = st.lists(
    st.sampled_from("F411 F331 F329 F4310 F901 F3181 Z630 F4320 F1020 F200 F250 F600 F632 F840".split()),
    min_size=1, max_size=12, unique=True,
).map(tuple)  # fmt: skip


@st.composite
def claims(draw: st.DrawFn, shelf: tuple[Practice, ...] = (), earlier: int = 2) -> Claim:
    """Any claim that a payer could take. `shelf` practices to draw from, so that claims share one; `earlier` how many
    payers may have decided before."""
    name = draw(st.text(string.ascii_uppercase + string.digits, min_size=3, max_size=16))
    diagnoses = draw(DIAGNOSES)
    pointers = st.lists(st.integers(1, len(diagnoses)), min_size=1, max_size=4, unique=True).map(tuple)
    days = st.integers(0, 60).map(lambda each: DAY - timedelta(each))
    pos = draw(st.sampled_from(["02", "10", "11"]))
    made = st.builds(
        ServiceLine, st.just(""), CODES, MODIFIERS, st.integers(1, 12), st.integers(1, 999_99), days, pointers,
        st.just("") | st.sampled_from(["02", "10", "11"]).filter(lambda each: each != pos),
    )  # fmt: skip
    lines = tuple(
        replace(line, number=f"{name}-{place}")
        for place, line in enumerate(draw(st.lists(made, min_size=1, max_size=6)), 1)
    )
    client, whose = draw(PEOPLE), draw(st.none() | PEOPLE)
    relation = "self" if whose is None else draw(st.sampled_from(["spouse", "child", "other"]))
    frequency = draw(st.sampled_from(Frequency))
    found = Claim(
        id=name,
        encounter="",
        practice=draw(st.sampled_from(shelf) if shelf else PRACTICES),
        client=client,
        plan=replace(draw(PLANS), subscriber=whose, relation=relation),
        lines=lines,
        diagnoses=diagnoses,
        pos=pos,
        frequency=frequency,
        rendering=draw(st.none() | CLINICIANS),
        supervising=draw(st.none() | NAMED),
        referring=draw(st.none() | NAMED),
        where=draw(st.none() | st.tuples(GROUPS.map(lambda who: replace(who, taxonomy="")), OFFICES)),
        authorization=draw(st.just("") | NUMBERS),
        referral=draw(st.just("") | NUMBERS),
        original=draw(NUMBERS) if frequency is not Frequency.NEW else "",
        assignment=draw(st.sampled_from("ABC")),
        benefits_assigned=draw(st.booleans()),
        release_signed=draw(st.booleans()),
        signed_for=draw(st.booleans()),
        delay=draw(st.sampled_from(["", "1", "7", "11"])),
        note=draw(st.just("") | NAMES),
    )
    return _before(draw, _after(draw, found, earlier))


def _before(draw: Any, claim: Claim) -> Claim:
    """With the plans that come after it, told apart by their numbers as the earlier ones are."""
    ranks = {Rank.PRIMARY: (Rank.SECONDARY, Rank.TERTIARY), Rank.SECONDARY: (Rank.TERTIARY,)}.get(claim.rank, ())
    found = []
    for rank in ranks[: draw(st.integers(0, len(ranks)))]:
        plan, whose = draw(PLANS), draw(st.none() | PEOPLE)
        relation = "self" if whose is None else draw(st.sampled_from(["spouse", "child", "other"]))
        number = f"{plan.payer_id[:15]}F{rank.value}"
        found.append(Further(rank, replace(plan, payer_id=number, subscriber=whose, relation=relation)))
    return replace(claim, further=tuple(found))


def _merged(reasons: tuple[Adjusted, ...]) -> tuple[Adjusted, ...]:
    """One sum for each reason."""
    sums: dict[tuple[str, str], int] = {}
    for each in reasons:
        sums[each.group, each.reason] = sums.get((each.group, each.reason), 0) + each.cents
    return tuple(Adjusted(group, reason, cents) for (group, reason), cents in sorted(sums.items()))


def _after(draw: Any, claim: Claim, most: int) -> Claim:
    """With what earlier payers decided, all lines of each, balanced to the cent."""
    many = draw(st.integers(0, most))
    if not many:
        return claim
    found = []
    for rank in (Rank.PRIMARY, Rank.SECONDARY)[:many]:
        plan = draw(PLANS)
        # Two payers of one claim are told apart by their number.
        whose = draw(st.none() | PEOPLE)
        relation = "self" if whose is None else draw(st.sampled_from(["spouse", "child", "other"]))
        plan = replace(plan, payer_id=f"{plan.payer_id[:15]}{rank.value}", subscriber=whose, relation=relation)
        judged = decided(claim, rank=rank, plan=plan, paid=draw(st.integers(0, 100)))
        judged = replace(
            judged, remarks=draw(st.lists(st.sampled_from("MA01 MA18 N130".split()), max_size=3).map(tuple))
        )
        if draw(st.booleans()):
            reasons = tuple(reason for each in judged.lines for reason in each.adjusted)
            judged = replace(judged, lines=(), adjusted=_merged(reasons), day=DAY + timedelta(1))
        found.append(judged)
    rank = Rank.SECONDARY if many == 1 else Rank.TERTIARY
    return replace(
        claim, rank=rank, earlier=tuple(found), plan=replace(claim.plan, payer_id=claim.plan.payer_id[:15] + "X")
    )
