"""What the emitter writes is taken by two readers that nobody here wrote, and names what it cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_hooks.claims import emit, letters
from billing_hooks.claims.claim import Claim, Frequency, Rank
from billing_hooks.errors import Refused
from tests.billing_hooks.claims import judges, kit

SHELF = (kit.PRACTICE, replace(kit.PRACTICE, provider=replace(kit.PRACTICE.provider, npi="1770000309")))


def written(claims: Iterable[Claim], most: int = 5000) -> str:
    """The batch's text."""
    return b"".join(emit.chunks(kit.ENVELOPE, claims, most)).decode("ascii")


def judged(text: str) -> list[str]:
    """What both judges say."""
    return judges.pyx12_says(text) + judges.x12sdk_says(text)


def test_the_judges_judge() -> None:
    """A file with a wrong place of service and a wrong count is refused by each, a good one by neither."""
    good = written([kit.WHOLE])
    assert judged(good) == []
    assert judges.pyx12_says(good.replace(":B:1", "").replace("***10", "***77:B:1"))
    assert judges.x12sdk_says(good.replace("SE*", "SE*9"))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(kit.claims(shelf=SHELF, earlier=1), min_size=1, max_size=4, unique_by=lambda each: each.id),
    st.integers(1, 4),
)
def test_every_batch_is_taken_by_two_independent_readers(claims: list[Claim], most: int) -> None:
    """Whatever claims, in whatever order, over however many transactions."""
    assert judged(written(claims, most)) == []


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(kit.claims(earlier=2), min_size=1, max_size=3, unique_by=lambda each: each.id))
def test_any_practice_and_two_earlier_payers_are_taken_too(claims: list[Claim]) -> None:
    """A person as a practice, pay-to addresses, contacts. x12sdk 2.2.0 forgets all but the last 2430 of a line and then
    miscounts, so pyx12 alone judges a third payer's claims."""
    text = written(claims)
    assert judges.pyx12_says(text) == []
    if all(len(each.earlier) < 2 for each in claims):
        assert judges.x12sdk_says(text) == []


def test_claims_share_who_bills_and_whose_plan_it_is() -> None:
    """Ordered, one practice stands once, one subscriber once for themselves and once for their dependents."""
    mine = [replace(kit.WHOLE, id=f"A{place}") for place in range(3)]
    child = replace(kit.COMMERCIAL, subscriber=kit.JORDAN, relation="child")
    theirs = [replace(kit.WHOLE, id=f"B{place}", client=kit.ROBIN, plan=child) for place in range(2)]
    text = written(sorted([theirs[1], mine[2], mine[0], theirs[0], mine[1]], key=emit.order))
    assert [line.split("*")[3] for line in text.splitlines() if line.startswith("HL*")] == ["20", "22", "23", "22"]
    assert [line.split("*")[-1] for line in text.splitlines() if line.startswith("HL*")] == ["1~", "1~", "0~", "0~"]
    assert text.count("\nCLM*") == 5
    assert judged(text) == []


def test_a_long_batch_is_cut_into_transactions() -> None:
    """No more claims in one than asked for, each numbered and counted for itself."""
    text = written([replace(kit.WHOLE, id=f"A{place}") for place in range(5)], most=2)
    lines = text.splitlines()
    assert [each for each in lines if each.startswith("ST*")] == [f"ST*837*000{n}*005010X222A1~" for n in (1, 2, 3)]
    assert "GE*3*1~" in lines
    assert judged(text) == []


def test_claims_are_taken_one_at_a_time() -> None:
    """The third claim is not asked for before the first is written."""
    taken = []

    def source() -> Iterator[Claim]:
        for place in range(1000):
            taken.append(place)
            yield replace(kit.WHOLE, id=f"A{place}")

    found = emit.segments(kit.ENVELOPE, source())
    while not next(found).startswith("CLM*A0*"):
        pass
    assert len(taken) == 1


def test_test_and_production_are_told_apart() -> None:
    """ISA15 says which it is."""
    assert "*0*T*:~" in written([kit.WHOLE])
    live = replace(kit.ENVELOPE, production=True)
    assert "*0*P*:~" in b"".join(emit.chunks(live, [kit.WHOLE])).decode()


def test_every_part_of_a_claim_has_its_place() -> None:
    """What stands in the claim is found in the segment that the guide has for it."""
    claim = replace(
        kit.secondary(), frequency=Frequency.REPLACE, original="ICN77", authorization="PA55512", referral="RF1",
        delay="7", note="late because of the payer", assignment="C", benefits_assigned=False, release_signed=False,
        signed_for=True, supervising=kit.RIVERA, referring=kit.RIVERA, pos="02",
        where=(replace(kit.PRACTICE.provider, family="NORTH", npi="1770000309"), kit.PRACTICE.address),
    )  # fmt: skip
    lines = written([claim]).splitlines()
    for wanted in (
        "SBR*S*18***12****MB~", "CLM*VV-7F3A91C2*175***02:B:7*Y*C*N*I*P**********7~", "REF*9F*RF1~", "REF*G1*PA55512~",
        "REF*F8*ICN77~", "NTE*ADD*LATE BECAUSE OF THE PAYER~", "HI*ABK:F411*ABF:F331~",
        "NM1*DN*1*RIVERA*ANA*M***XX*1880000207~", "NM1*82*1*RIVERA*ANA*M***XX*1880000207~", "PRV*PE*PXC*1041C0700X~",
        "NM1*77*2*NORTH*****XX*1770000309~", "NM1*DQ*1*RIVERA*ANA*M***XX*1880000207~", "SBR*P*18*GRP7788******CI~",
        "AMT*D*105~", "OI***N*P**I~", "REF*F8*PAYERICN001~", "SV1*HC:90834:95*175*UN*1***1:2~", "DTP*472*D8*20261120~",
        "REF*6R*VV-7F3A91C2-1~", "SVD*99901*105*HC:90834:95**1~", "CAS*CO*45*35~", "CAS*PR*2*35~",
        "DTP*573*D8*20261121~", "AMT*EAF*35~",
    ):  # fmt: skip
        assert wanted in lines, wanted


def test_names_are_spelled_as_claims_can_carry_them() -> None:
    """Accents fall, other Latin letters are spelled out, signs become blanks, delimiters never stand in a value."""
    for given_, kept in (
        ("Núñez-Łoś", "NUNEZ-LOS"), ("Müller", "MULLER"), ("Groß", "GROSS"), ("Bjørn", "BJOERN"),
        ("O\u2019Brien", "O'BRIEN"),
        ("Æsa", "AESA"), ("55 Lake St #4", "55 LAKE ST 4"), ("A*B~C:D^E", "A B C D E"),
        ("  two   blanks ", "TWO BLANKS"),
        ("Ťhị", "THI"), ("ﬁn", "FIN"), ("Zoë\n", "ZOE"),
    ):  # fmt: skip
        assert letters.text(given_) == kept
    assert letters.spell("Иван") == ("", "И")
    assert letters.spell("李") == ("", "李")


@given(st.text(max_size=40))
def test_no_text_can_break_a_segment(value: str) -> None:
    """Whatever is typed: only letters of the basic set come out, and twice is as once."""
    found = letters.text(value)
    assert not set(found) & set("*~:^\r\n|")
    assert found.isascii()
    assert letters.text(found) == found
    assert not set(letters.number(value)) & set("*~:^\r\n|")


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"client": replace(kit.JORDAN, family="Иванова")}, "client.family"),
        ({"client": replace(kit.JORDAN, given="X" * 36)}, "client.given"),
        ({"note": "x" * 81}, "note"),
        ({"id": "A" * 21}, "id"),
        ({"authorization": "PA*1"}, "authorization"),
        ({"plan": replace(kit.COMMERCIAL, member="12:34")}, "plan.member"),
        ({"practice": replace(kit.PRACTICE, mail="two words@example.org", phone="6125550100")}, "practice.mail"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_an_error_naming_the_field(changed: dict[str, object], place: str) -> None:
    """The claim and the place of it are named, and what to do."""
    with pytest.raises(Refused) as caught:
        written([replace(kit.WHOLE, **changed)])  # type: ignore[arg-type]  # one field of the claim each
    assert caught.value.code == "claim-unwritable"
    assert f", {place}: " in caught.value.say


def test_an_empty_or_nameless_batch_is_refused() -> None:
    """Nothing to send, or nobody who sends it."""
    with pytest.raises(Refused, match="batch-empty"):
        written([])
    nobody = replace(kit.ENVELOPE, sender=replace(kit.SENDER, name=""), control=0)
    with pytest.raises(Refused) as caught:
        list(emit.segments(nobody, [kit.WHOLE]))
    assert (
        caught.value.say == "The batch cannot be written: missing or too long: the sender's name, its control numbers."
    )


@given(st.integers(-99_999_999, 99_999_999))
def test_money_is_written_without_loss(cents: int) -> None:
    """And without zeros behind the last digit that counts."""
    found = letters.money(cents)
    assert letters.cents(found) == cents
    assert "." not in found or not found.endswith(("0", "."))


def test_ranks_and_days_are_written() -> None:
    """A tertiary claim says so, and a day has four digits of its year."""
    claim = replace(kit.secondary(), rank=Rank.TERTIARY)
    text = written([replace(claim, lines=(replace(claim.lines[0], day=date(2025, 1, 2)),))])
    assert "SBR*T*18" in text
    assert "DTP*472*D8*20250102~" in text
