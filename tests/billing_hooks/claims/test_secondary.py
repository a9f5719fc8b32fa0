"""What comes after a claim: the next payer, a replacement, a void; every cent of the first is accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_hooks import packs
from billing_hooks.claims import corrections, reading, scrub
from billing_hooks.claims.claim import Adjusted, Claim, Frequency, Further, Rank
from billing_hooks.claims.secondary import earlier, secondary
from billing_hooks.errors import Refused
from billing_hooks.replies.remittance import PaidClaim, PaidLine
from tests.billing_hooks.claims import judges, kit
from tests.billing_hooks.claims.test_emit import written as batch

AGAINST = scrub.Against(packs.shipped()[0], kit.TODAY + timedelta(60), date(2026, 12, 31))
PAID_ON = date(2026, 12, 4)
MEDICARE = replace(kit.MEDICARE, medicare_second="12")
LINE = PaidLine(
    17, "90834", ("95",), 175_00, 110_00, "1", (Adjusted("CO", "45", 40_00), Adjusted("PR", "3", 25_00)), kit.DAY,
    number="VV-7F3A91C2-1",
)  # fmt: skip
PAID = PaidClaim(
    11, "VV-7F3A91C2", "1", 175_00, 110_00, 25_00, "12", "PAYERICN001", "10", "1", (), (LINE,)
)  # fmt: skip


def test_the_second_payer_gets_what_the_first_decided() -> None:
    """The claim of the example with its remittance: nothing for the scrubber to say, two readers take it."""
    found = secondary(kit.WHOLE, earlier(kit.WHOLE, PAID, PAID_ON), MEDICARE, "VV-7F3A91C2-S")
    assert (found.rank, found.plan, found.id, found.lines[0].number) == (
        Rank.SECONDARY, MEDICARE, "VV-7F3A91C2-S", "VV-7F3A91C2-S-1",
    )  # fmt: skip
    before = found.earlier[0]
    assert (before.rank, before.plan, before.paid, before.payer_number) == (
        Rank.PRIMARY, kit.COMMERCIAL, 110_00, "PAYERICN001",
    )  # fmt: skip
    assert (before.lines[0].line, before.lines[0].paid, before.lines[0].day) == ("VV-7F3A91C2-S-1", 110_00, PAID_ON)
    assert scrub.scrub(found, AGAINST) == ()
    text = batch([found])
    assert judges.pyx12_says(text) + judges.x12sdk_says(text) == []
    assert "AMT*EAF*25~" in text


def test_remarks_and_what_a_decision_of_the_whole_claim_leaves_go_along() -> None:
    """MOA behind OI; AMT*EAF in 2320 where no line has its own; never more remarks than there is room for."""
    whole = replace(PAID, lines=(), adjusted=LINE.adjusted, remarks=("MA01", "MA18", "N1", "N2", "N3", "N4"))
    found = secondary(kit.WHOLE, earlier(kit.WHOLE, whole, PAID_ON), MEDICARE, "S1")
    assert scrub.scrub(found, AGAINST) == ()
    text = batch([found])
    assert judges.pyx12_says(text) + judges.x12sdk_says(text) == []
    assert "AMT*D*110~\nAMT*EAF*25~\nOI***Y***Y~\nMOA***MA01*MA18*N1*N2*N3~\nNM1*IL*" in text
    assert text.count("AMT*EAF") == 1
    [said] = [each.claim.earlier[0] for each in reading.read([text.encode()])]
    assert said.remarks == whole.remarks[:5]


def test_the_claim_to_the_second_payer_names_the_third_alone() -> None:
    """Of the plans that come after the first, whichever is asked."""
    third = Further(Rank.TERTIARY, replace(kit.COMMERCIAL, payer_id="T1"))
    first = replace(kit.WHOLE, further=(Further(Rank.SECONDARY, MEDICARE), third))
    text = batch([first])
    assert judges.pyx12_says(text) + judges.x12sdk_says(text) == []
    assert "SBR*S*18***12****MB~\nOI***Y***Y~\nNM1*IL*1*DOE*JORDAN" in text
    decided = earlier(first, PAID, PAID_ON)
    assert secondary(first, decided, MEDICARE, "S1").further == (third,)
    assert secondary(first, decided, third.plan, "S1").further == ()


def test_numbers_of_the_first_payer_do_not_go_to_the_second() -> None:
    """Neither authorisation nor referral nor the number of a claim that was replaced."""
    first = replace(
        kit.WHOLE, authorization="PA1", referral="R1", frequency=Frequency.REPLACE, original="ICN0", delay="7"
    )
    found = secondary(first, earlier(first, PAID, PAID_ON), MEDICARE, "S1")
    assert (found.authorization, found.referral, found.original, found.delay) == ("", "", "", "")
    assert found.frequency is Frequency.NEW


def test_a_third_payer_gets_both_decisions_and_a_fourth_none() -> None:
    """The ranks go on; after three payers the client is billed."""
    second = secondary(kit.WHOLE, earlier(kit.WHOLE, PAID, PAID_ON), MEDICARE, "S1")
    rest = replace(
        PAID, claim="S1", status="2", paid=25_00, lines=(replace(
            LINE, number="S1-1", paid=25_00, adjusted=(Adjusted("OA", "23", 150_00),)),),
    )  # fmt: skip
    third = secondary(second, earlier(second, rest, PAID_ON), replace(kit.COMMERCIAL, payer_id="99905"), "T1")
    assert (third.rank, [each.rank for each in third.earlier]) == (Rank.TERTIARY, [Rank.PRIMARY, Rank.SECONDARY])
    assert {judged.line for each in third.earlier for judged in each.lines} == {"T1-1"}
    assert [each.code for each in scrub.scrub(replace(third, plan=replace(third.plan)), AGAINST)] == []
    assert judges.pyx12_says(batch([third])) == []
    with pytest.raises(Refused, match="no-next-payer"):
        secondary(third, third.earlier[0], MEDICARE, "X")
    with pytest.raises(Refused, match="same-payer"):
        secondary(second, second.earlier[0], kit.COMMERCIAL, "X")


@pytest.mark.parametrize(
    ("paid", "code"),
    [
        (replace(PAID, claim="OTHER"), "other-claim"),
        (replace(PAID, status="22"), "not-judged"),
        (replace(PAID, status="25"), "not-judged"),
        (replace(PAID, status="19", next_payer="SOMEBODY"), "sent-on"),
        (replace(PAID, charge=176_00), "not-balanced"),
        (replace(PAID, paid=109_00), "not-balanced"),
        (replace(PAID, lines=(replace(LINE, paid=109_00),)), "not-balanced"),
        (replace(PAID, lines=(LINE, LINE)), "lines-differ"),
        (replace(PAID, lines=(replace(LINE, number="X"),)), "lines-differ"),
        (replace(PAID, lines=(replace(LINE, number="", code="90837"),)), "lines-differ"),
    ],
)
def test_a_remittance_that_does_not_add_up_makes_no_claim(paid: PaidClaim, code: str) -> None:
    """Each is refused with what to do."""
    with pytest.raises(Refused, match=code) as caught:
        earlier(kit.WHOLE, paid, PAID_ON)
    assert caught.value.say.endswith(".")


def test_lines_are_found_again_without_their_numbers_and_modifiers() -> None:
    """A payer who gives neither back; two lines of one code keep their charges apart."""
    first = replace(kit.WHOLE.lines[0], number="L1")
    claim = replace(kit.WHOLE, lines=(first, replace(first, number="L2", charge=100_00)))
    lines = (
        replace(LINE, number="", modifiers=(), charge=100_00, paid=60_00, adjusted=(Adjusted("CO", "45", 40_00),)),
        replace(LINE, number="", modifiers=()),
    )
    paid = replace(PAID, charge=275_00, paid=170_00, lines=lines)
    found = earlier(claim, paid, PAID_ON)
    assert [(each.line, each.paid) for each in found.lines] == [("L1", 110_00), ("L2", 60_00)]


def test_a_remittance_without_lines_decides_of_the_whole_claim() -> None:
    """Its adjustments stand at the claim."""
    paid = replace(PAID, lines=(), adjusted=LINE.adjusted)
    found = secondary(kit.WHOLE, earlier(kit.WHOLE, paid, PAID_ON), MEDICARE, "S1")
    before = found.earlier[0]
    assert (before.lines, before.adjusted, before.day) == ((), LINE.adjusted, PAID_ON)
    assert "DTP*573*D8*20261204~" in batch([found])
    assert scrub.scrub(found, AGAINST) == ()
    assert judges.pyx12_says(batch([found])) == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(kit.claims(earlier=0), st.data())
def test_no_cent_appears_or_disappears_on_the_way_to_the_next_payer(claim: Claim, data: st.DataObject) -> None:
    """Whatever the first payer paid and adjusted: the charge is what was paid, adjusted and left."""
    lines = []
    for line in claim.lines:
        paid = data.draw(st.integers(0, line.charge))
        off = data.draw(st.integers(0, line.charge - paid))
        reasons = (Adjusted("CO", "45", off), Adjusted("PR", "1", line.charge - paid - off))
        kept = tuple(each for each in reasons if each.cents)
        lines.append(PaidLine(1, line.code, line.modifiers, line.charge, paid, "1", kept, line.day, line.number))
    decided = PaidClaim(
        1, claim.id, "1", claim.charge, sum(each.paid for each in lines), None, "", "ICN", claim.pos, "1", (),
        tuple(lines),
    )  # fmt: skip
    found = secondary(claim, earlier(claim, decided, PAID_ON), replace(kit.COMMERCIAL, payer_id="NEXT"), "S1")
    before = found.earlier[0]
    adjusted = sum(each.cents for judged in before.lines for each in judged.adjusted)
    assert found.charge == claim.charge == before.paid + adjusted
    said = {each.code for each in scrub.scrub(found, AGAINST)}
    assert not {code for code in said if code.startswith("earlier-")}


def test_a_replacement_names_the_payer_s_number_and_stays_with_the_payer() -> None:
    """The mended claim as 7, under a number of its own."""
    mended = replace(kit.WHOLE, pos="02")
    found = corrections.replacing(kit.WHOLE, mended, " ICN9 ", "VV-7F3A91C2-R")
    assert (found.frequency, found.original, found.pos, found.id) == (Frequency.REPLACE, "ICN9", "02", "VV-7F3A91C2-R")
    assert found.lines[0].number == "VV-7F3A91C2-R-1"
    assert scrub.scrub(found, AGAINST) == ()
    assert judges.pyx12_says(batch([found])) == []
    with pytest.raises(Refused, match="payer-number-missing"):
        corrections.replacing(kit.WHOLE, mended, "", "X")
    with pytest.raises(Refused, match="other-payer"):
        corrections.replacing(kit.WHOLE, replace(mended, plan=kit.MEDICARE), "ICN9", "X")


def test_a_void_takes_the_same_claim_back() -> None:
    """Everything as it was sent, as 8, with the payer's number."""
    found = corrections.voiding(kit.secondary(), "ICN9", "VV-V")
    assert (found.frequency, found.original, found.charge) == (Frequency.VOID, "ICN9", kit.WHOLE.charge)
    assert found.earlier[0].lines[0].line == found.lines[0].number == "VV-V-1"
    assert [(each.code, each.grave) for each in scrub.scrub(found, AGAINST)] == [("medicare-frequency", False)]
    assert scrub.scrub(corrections.voiding(kit.WHOLE, "ICN9", "VV-V"), AGAINST) == ()
    with pytest.raises(Refused, match="payer-number-missing"):
        corrections.voiding(kit.WHOLE, " ", "X")
