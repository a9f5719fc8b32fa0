"""Every check of the scrubber finds what it is for, says what to do and where, and leaves a whole claim alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_hooks import packs
from billing_hooks.claims import companion, companion_files, scrub
from billing_hooks.claims.claim import Adjusted, Claim, Frequency, Person, Plan, PostalAddress, Provider, Rank
from billing_hooks.claims.npi import check_digit, is_npi
from billing_hooks.errors import Malformed
from tests.billing_hooks.claims import kit
from tests.billing_hooks.claims.kit import COMMERCIAL, DAY, JORDAN, MEDICARE, PRACTICE, ROBIN, TODAY, WHOLE, secondary

AGAINST = scrub.Against(packs.shipped()[0], TODAY, date(2026, 12, 31), {"99901": 90})


def but(claim: Claim = WHOLE, **changed: Any) -> Claim:
    """The claim with something else in it."""
    return replace(claim, **changed)


def line(claim: Claim = WHOLE, **changed: Any) -> Claim:
    """The claim with something else in its first line."""
    return replace(claim, lines=(replace(claim.lines[0], **changed), *claim.lines[1:]))


def bills(**changed: Any) -> Claim:
    """The claim of a practice with something else."""
    return replace(WHOLE, practice=replace(PRACTICE, **changed))


def sits(**changed: Any) -> Claim:
    """The claim of a practice at another address."""
    return bills(address=replace(PRACTICE.address, **changed))


def plan(base: Plan = COMMERCIAL, **changed: Any) -> Claim:
    """The claim to another plan."""
    return replace(WHOLE, plan=replace(base, **changed))


def earlier(**changed: Any) -> Claim:
    """The secondary claim whose first payer decided otherwise."""
    found = secondary()
    return replace(found, earlier=(replace(found.earlier[0], **changed),))


def judged(**changed: Any) -> Claim:
    """The secondary claim whose line was decided otherwise."""
    return earlier(lines=(replace(secondary().earlier[0].lines[0], **changed),))


def two(first: str, second: str) -> Claim:
    """A claim with two services of one day."""
    one = replace(WHOLE.lines[0], code=first)
    return replace(WHOLE, lines=(one, replace(one, code=second, number="L2")))


CLINICIAN = WHOLE.rendering or Provider("", "")
BAD: list[tuple[str, str, Claim]] = [
    ("cannot-be-written", "client.family", but(client=replace(JORDAN, family="李"))),
    ("cannot-be-written", "practice.address.city", sits(city="X")),
    ("npi", "practice.provider.npi", bills(provider=replace(PRACTICE.provider, npi="1990000106"))),
    ("npi", "rendering.npi", but(rendering=replace(CLINICIAN, npi=""))),
    ("npi", "supervising.npi", but(supervising=replace(CLINICIAN, npi="123"))),
    ("npi", "where.npi", but(where=(Provider("NORTH", "1234567890"), PRACTICE.address))),
    ("taxonomy", "rendering.taxonomy", but(rendering=replace(CLINICIAN, taxonomy="1041C0700"))),
    ("taxonomy-not-listed", "rendering.taxonomy", but(rendering=replace(CLINICIAN, taxonomy="207RC0000X"))),
    ("taxonomy-missing", "rendering.taxonomy", but(rendering=replace(CLINICIAN, taxonomy=""))),
    ("clinician", "rendering", but(rendering=None)),
    ("clinician", "rendering.given", but(rendering=replace(CLINICIAN, given=""))),
    ("clinician", "referring.given", but(referring=replace(CLINICIAN, given=""))),
    ("clinician", "where.given", but(where=(CLINICIAN, PRACTICE.address))),
    *(("po-box", "practice.address.street", sits(street=each)) for each in
      ("PO BOX 12", "P.O. Box 12", "P O BOX 12", "Post Office Box 12", "100 Main St, POBOX 4", "Box 12", "p.o.box 9")),
    ("po-box", "practice.address.street", sits(second="PO BOX 7")),
    ("zip", "client.address.zip", but(client=replace(JORDAN, address=replace(kit.HOME, zip="5510")))),
    ("zip-plus-four", "practice.address.zip", sits(zip="55401")),
    ("zip-plus-four", "practice.address.zip", sits(zip="554010000")),
    ("zip-plus-four", "where.address.zip", but(where=(Provider("N", "1770000309"), replace(kit.HOME)))),
    ("state", "practice.address.state", sits(state="XX")),
    ("state", "client.address.state", but(client=replace(JORDAN, address=replace(kit.HOME, state="")))),
    ("address", "client.address", but(client=replace(JORDAN, address=None))),
    ("address", "practice.address.street", sits(street=" ")),
    ("tax-id", "practice.tax_id", bills(tax_id="")),
    ("tax-id", "practice.tax_id", bills(tax_id="41-1234567")),
    ("tax-id", "practice.tax_id", bills(tax_id="111111111")),
    ("tax-id", "practice.tax_id", bills(tax_id="666112222", tax_kind="SY")),
    ("tax-id", "practice.tax_kind", bills(tax_kind="")),
    ("practice-contact", "practice.phone", bills(phone="612-555-0100", contact="A")),
    ("practice-contact", "practice.contact", bills(phone="6125550100")),
    ("name", "client.given", but(client=replace(JORDAN, given=""))),
    ("name", "rendering.family", but(rendering=replace(CLINICIAN, family=""))),
    ("birth-date", "client.birth_date", but(client=replace(JORDAN, birth_date=None))),
    ("birth-date", "client.birth_date", but(client=replace(JORDAN, birth_date=DAY + timedelta(1)))),
    ("birth-date", "client.birth_date", but(client=replace(JORDAN, birth_date=date(1900, 1, 1)))),
    ("sex", "client.sex", but(client=replace(JORDAN, sex="X"))),
    ("plan", "plan.member", plan(member="")),
    ("plan", "plan.member", plan(member="HPX 123")),
    ("plan", "plan.payer_id", plan(payer_id=" ")),
    ("plan", "plan.name", plan(name="")),
    ("medicare-number", "plan.member", plan(MEDICARE, member="123456789A")),
    ("medicare-number", "plan.member", plan(MEDICARE, member="1SG4TE5MK72")),
    ("filing-code", "plan.filing", plan(filing="QQ")),
    ("relation", "plan.relation", plan(relation="cousin")),
    ("relation", "plan.subscriber", plan(relation="child")),
    ("relation", "plan.subscriber", plan(subscriber=ROBIN)),
    ("relation", "plan.subscriber", plan(MEDICARE, relation="spouse", subscriber=ROBIN)),
    ("claim-number", "id", but(id="a b")),
    ("lines", "lines", but(lines=())),
    ("lines", "lines", but(lines=tuple(replace(WHOLE.lines[0], number=f"L{n}") for n in range(51)))),
    ("line-number", "lines[0].number", line(number="")),
    ("line-number", "lines[1].number", but(lines=WHOLE.lines * 2)),
    ("line-twice", "lines[1]", but(lines=(WHOLE.lines[0], replace(WHOLE.lines[0], number="L2")))),
    ("diagnoses", "diagnoses", but(diagnoses=())),
    ("diagnoses", "diagnoses", but(diagnoses=tuple(f"F10{n}0" for n in range(13)))),
    ("diagnoses", "diagnoses[1]", but(diagnoses=("F411", "F411"))),
    ("diagnosis-dot", "diagnoses[0]", but(diagnoses=("F41.1", "F331"))),
    ("diagnosis-on-day", "diagnoses[0]", but(diagnoses=("F41", "F331"))),
    ("diagnosis-on-day", "diagnoses[1]", but(diagnoses=("F411", "F419X"))),
    ("tables-reach", "lines", line(day=date(2027, 2, 1))),
    ("pointers", "lines[0].pointers", line(pointers=())),
    ("pointers", "lines[0].pointers", line(pointers=(1, 3))),
    ("pointers", "lines[0].pointers", line(pointers=(0,))),
    ("pointers", "lines[0].pointers", line(pointers=(1, 1))),
    ("pointers", "lines[0].pointers",
     line(but(diagnoses=("F411", "F331", "F329", "F4310", "F901")), pointers=(1, 2, 3, 4, 5))),
    ("modifiers", "lines[0].modifiers", line(modifiers=("95", "HO", "U1", "U2", "U3"))),
    ("modifiers", "lines[0].modifiers", line(modifiers=("9",))),
    ("modifiers", "lines[0].modifiers", line(modifiers=("HO", "HO"))),
    ("modifiers", "lines[0].modifiers", line(modifiers=("95", "GT"))),
    ("modifier-on-day", "lines[0].modifiers", line(modifiers=("93",), day=date(2021, 12, 31))),
    ("code", "lines[0].code", line(code="9083")),
    ("code-on-day", "lines[0].code", line(code="99201")),
    ("code-on-day", "lines[0].code", line(code="98000", day=date(2024, 12, 31))),
    ("code-for-plan", "lines[0].code", line(plan(MEDICARE), code="98000")),
    ("code-for-plan", "lines[0].code", line(code="G2212")),
    ("codes-together", "lines[0].code", line(code="90833")),
    ("codes-together", "lines", two("90834", "90837")),
    ("codes-together", "lines", two("90791", "90834")),
    ("place", "pos", but(pos="77")),
    ("place", "lines[0].pos", line(pos="98")),
    ("place", "pos", line(day=date(2021, 12, 31))),
    ("charge", "lines[0].charge", line(charge=0)),
    ("charge", "lines", line(charge=100_000_000)),
    ("units", "lines[0].units", line(units=0)),
    ("units", "lines[0].units", line(units=2)),
    ("day-to-come", "lines[0].day", line(day=TODAY + timedelta(1))),
    ("too-late", "lines[0].day", line(day=TODAY - timedelta(91))),
    ("too-late", "lines[0].day", line(plan(MEDICARE), day=TODAY - timedelta(366))),
    ("delay", "delay", but(delay="12")),
    ("assignment", "assignment", but(assignment="P")),
    ("original", "original", but(frequency=Frequency.REPLACE)),
    ("original", "original", but(frequency=Frequency.VOID)),
    ("original", "original", but(original="ICN1")),
    ("medicare-frequency", "frequency", replace(plan(MEDICARE), frequency=Frequency.VOID, original="I1")),
    ("earlier-day", "earlier[0].day", earlier(lines=(), adjusted=secondary().earlier[0].lines[0].adjusted)),
    ("payers-order", "earlier", but(secondary(), rank=Rank.PRIMARY)),
    ("payers-order", "earlier", but(rank=Rank.SECONDARY)),
    ("payers-order", "earlier", but(secondary(), rank=Rank.TERTIARY, earlier=secondary().earlier * 2)),
    ("medicare-second", "plan.medicare_second", but(secondary(), plan=MEDICARE)),
    ("medicare-second", "plan.medicare_second", plan(medicare_second="12")),
    ("earlier-plan", "earlier[0].plan", earlier(plan=replace(COMMERCIAL, member=""))),
    ("earlier-plan", "earlier[0].plan.filing", earlier(plan=replace(COMMERCIAL, filing="9"))),
    ("earlier-line-sum", "earlier[0].lines[0]", judged(paid=1)),
    ("earlier-line-sum", "earlier[0].lines[0].modifiers", judged(modifiers=("Z",))),
    ("earlier-line-sum", "earlier[0].lines[0].line", judged(line="other")),
    ("earlier-line-sum", "earlier[0].lines",
     but(secondary(), lines=(*WHOLE.lines, replace(WHOLE.lines[0], number="L2")))),
    ("earlier-claim-sum", "earlier[0]", earlier(paid=1)),
    ("earlier-reasons", "earlier[0].adjusted", earlier(adjusted=(Adjusted("XX", "45", 0),))),
    ("earlier-reasons", "earlier[0].lines[0].adjusted", judged(adjusted=(Adjusted("CO", "forty", 7000),))),
    ("earlier-day", "earlier[0].lines[0].day", judged(day=TODAY + timedelta(1))),
    ("earlier-day", "earlier[0].lines[0].day", judged(day=DAY - timedelta(1))),
]  # fmt: skip


def codes(claim: Claim, against: scrub.Against = AGAINST) -> list[str]:
    """The checks that speak."""
    return [each.code for each in scrub.scrub(claim, against)]


@pytest.mark.parametrize(("code", "place", "claim"), BAD, ids=lambda each: each if isinstance(each, str) else "")
def test_each_check_finds_what_it_is_for(code: str, place: str, claim: Claim) -> None:
    """At its place, with a sentence that says what to do."""
    found = [each for each in scrub.scrub(claim, AGAINST) if (each.code, each.place) == (code, place)]
    assert found, scrub.scrub(claim, AGAINST)
    assert all(each.say[0].isupper() or each.say[0].isdigit() for each in found)
    assert all(each.say.endswith((".", "…")) and len(each.say) < 240 for each in found)


def test_every_check_has_its_example() -> None:
    """No check without one, and no two with one name; each says why a payer minds."""
    names = [check.code for check in scrub.CHECKS]
    assert len(set(names)) == len(names)
    assert {code for code, _, _ in BAD} == set(names)
    assert all(check.source for check in scrub.CHECKS)


@pytest.mark.parametrize(
    "claim",
    [
        WHOLE,
        secondary(),
        plan(MEDICARE),
        but(client=ROBIN, plan=replace(COMMERCIAL, relation="child", subscriber=JORDAN)),
        but(frequency=Frequency.VOID, original="ICN1"),
        two("99214", "90833"),
        line(modifiers=("95", "HO", "U1", "U2")),
        line(but(delay="7"), day=TODAY - timedelta(200)),
        line(pos="02"),
        sits(street="100 Boxwood Ave", second="Apollo Box Office"),
    ],
)
def test_a_whole_claim_passes(claim: Claim) -> None:
    """Nothing is said against it."""
    assert codes(claim) == []


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(kit.claims(), st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_the_scrubber_judges_any_claim(claim: Claim, today: date) -> None:
    """It never fails, says grave things first, and the same thing twice."""
    found = scrub.scrub(claim, replace(AGAINST, today=today))
    assert [each.grave for each in found] == sorted((each.grave for each in found), reverse=True)
    assert found == scrub.scrub(claim, replace(AGAINST, today=today))


def test_a_batch_sees_what_stands_in_it_twice() -> None:
    """One number twice, and one service of one client twice; a replacement or another modifier is none."""
    batch = scrub.Batch(AGAINST)
    assert batch.scrub(WHOLE) == ()
    assert [each.code for each in batch.scrub(WHOLE)] == ["twice-number", "twice-service"]
    assert [each.code for each in batch.scrub(but(id="A2"))] == ["twice-service"]
    assert batch.scrub(but(id="A3", frequency=Frequency.REPLACE, original="ICN1")) == ()
    assert batch.scrub(line(but(id="A4"), modifiers=("95", "59"))) == ()
    assert batch.scrub(but(id="A5", client=replace(JORDAN, birth_date=date(1991, 1, 1)))) == ()
    assert batch.scrubbed == 6
    assert [len(found) for _, found in scrub.Batch(AGAINST).over([WHOLE, WHOLE])] == [0, 2]


def test_the_table_of_diagnoses_reaches_as_far_as_somebody_answers_for_it() -> None:
    """Beyond its release a claim waits until the practice confirmed the table."""
    assert codes(WHOLE, replace(AGAINST, diagnoses_through=None)) == ["tables-reach"]


@given(st.text("0123456789", min_size=9, max_size=9), st.integers(0, 9))
def test_one_digit_in_ten_checks(nine: str, digit: int) -> None:
    """Of the ten tenth digits one makes an NPI, where the first is 1 or 2."""
    good = nine[0] in "12" and str(digit) == check_digit(nine)
    assert is_npi(nine + str(digit)) is good


def test_known_npis() -> None:
    """CMS's own example; letters of other alphabets are no digits."""
    assert is_npi("1234567893")
    wide = "".join(chr(0xFF10 + int(digit)) for digit in "1234567893")
    assert not any(map(is_npi, ("1234567890", "123456789", "12345678933", "", wide, "3234567891")))


GUIDE = companion_files.shipped()[0]


def test_minnesota_s_guide_warns_until_it_is_confirmed() -> None:
    """Its rules cite a source and the day it was read; unconfirmed they only warn, confirmed they are grave."""
    assert (GUIDE.state, GUIDE.version, GUIDE.dated) == ("MN", "18.0", "2024-01-10")
    assert all(rule.needs_confirmation and rule.source and rule.read for rule in GUIDE.rules)
    claim = but(note="LATE", plan=replace(COMMERCIAL, filing="MC", member="12"))
    found = scrub.scrub(claim, replace(AGAINST, companion=(GUIDE,)))
    assert {each.code for each in found} == {"guide-no-note", "guide-medicaid-member-8"}
    assert not any(each.grave for each in found)
    assert {each.rule for each in found} == {"minnesota-837p 18.0"}
    sure = companion.confirmed(GUIDE, {"medicaid-member-8"})
    assert [each.grave for each in scrub.scrub(claim, replace(AGAINST, companion=(sure,)))] == [True, False]
    elsewhere = replace(claim, practice=replace(PRACTICE, address=PostalAddress("1 A ST", "FARGO", "ND", "581021234")))
    assert codes(elsewhere, replace(AGAINST, companion=(GUIDE,))) == []


TOML = """
[guide]
id = "x"
title = "X"
state = "MN"
version = "1"
dated = "2026-01-01"
url = ""
law = ""
[[rule]]
id = "r"
asks = "one_of"
field = "lines[].pos"
values = ["02", ""]
say = "Not there."
source = "s"
read = "2026-01-01"
needs_confirmation = false
"""


def test_a_practice_s_own_guide_is_read() -> None:
    """A rule over every line finds the line."""
    guide = companion_files.read(TOML.encode(), "own.toml")
    found = scrub.scrub(line(pos="11"), replace(AGAINST, companion=(guide,)))
    assert [(each.code, each.place, each.grave) for each in found] == [("guide-r", "lines[0].pos", True)]


@pytest.mark.parametrize(
    ("old", "new", "say"),
    [
        ('"one_of"', '"often"', "own.toml: rule r: asks must be one of required"),
        ('"lines[].pos"', '"lines.pos"', "own.toml: rule r: a claim has no field lines.pos."),
        ('"lines[].pos"', '"client.shoe"', "a claim has no field client.shoe."),
        ('values = ["02", ""]', "", "rule r: values is missing."),
        ('say = "Not there."', "", "rule r: say is missing."),
        ("needs_confirmation = false", "colour = 1", "rule r: colour is no member of a rule"),
        ('state = "MN"', "", "[guide] must have"),
        ("[[rule]]", "[[rules]]", "it must have one [guide] and its [[rule]]s."),
        ("[guide]", "[guide", "it is not TOML"),
        ('"one_of"', '"pattern"\npattern = "["', "its pattern cannot be read"),
    ],
)
def test_a_faulty_guide_is_refused_whole(old: str, new: str, say: str) -> None:
    """The file, the rule and the member are named."""
    with pytest.raises(Malformed) as caught:
        companion_files.read(TOML.replace(old, new).encode(), "own.toml")
    assert say in caught.value.say


def test_every_field_of_a_shipped_rule_is_one_of_a_claim() -> None:
    """And has a value in a whole claim, or None where the part is absent."""
    for rule in GUIDE.rules:
        assert list(companion.values(secondary(), rule.field)), rule.id


def test_a_person_without_anything_is_told_everything() -> None:
    """An empty claim gets many sentences and no error."""
    empty = replace(
        WHOLE, client=Person("", ""), plan=Plan("", "", "", ""), lines=(), diagnoses=(), rendering=None, id="", pos=""
    )
    assert len(codes(empty)) >= 12
