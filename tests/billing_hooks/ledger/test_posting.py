"""Payments are posted whole or not at all, once, to the right claim and line; what cannot be placed is listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_hooks.claims.claim import Adjusted, Frequency, Rank
from billing_hooks.errors import Refused
from billing_hooks.ledger import accounts, by_hand, posting, remit
from billing_hooks.ledger.accounts import Account
from billing_hooks.ledger.entries import Kind, balance, balances, beside, of_claim, of_line
from billing_hooks.ledger.posting import Result, judge
from billing_hooks.replies import reading
from tests.billing_hooks.ledger.ledger_kit import CHECK, DAY, Shelf, account, back, claim, judged, usual
from tests.billing_hooks.replies.reply_kit import ANSWERED, GOOD, PAID, SDK, TESTS, changed

ASKED = (
    claim("VV-7F3A91C2", encounter="enc_1"),
    claim("VV-55BB66CC", ("99214", ("95",), 17000), ("90833", ("95",), 12000), encounter="enc_2",
          day=date(2026, 11, 18)),
)  # fmt: skip


def shelf() -> Shelf:
    """The two claims of the example."""
    return Shelf(*(account(each) for each in ASKED))


def posted(book: Shelf, raw: bytes) -> list[remit.Posted]:
    """A file checked and posted."""
    source, told = reading.of(raw), list[tuple[int, int]]()
    checked = remit.check(source, TESTS, DAY)
    made = remit.post(source, TESTS, book, checked, DAY, lambda *far: told.append(far))
    assert told[0] == (0, checked.claims)
    assert told[-1] == (checked.claims, checked.claims)
    assert all(each.holds for each in made)
    return made


def test_the_example_posts_to_the_cent() -> None:
    """One claim paid, one denied line by line, one recoupment beside them."""
    book = shelf()
    [made] = posted(book, PAID)
    assert (made.many, made.came, made.beside) == ({"posted": 2}, {"posted": 11000}, 1500)
    one, two = book.accounts["enc_1"].balance, book.accounts["enc_2"].balance
    assert (one.charges, one.payments, one.adjustments, one.share, one.open, one.due) == (
        17500,
        11000,
        4000,
        2500,
        0,
        2500,
    )
    assert (two.charges, two.payments, two.adjustments, two.share, two.open) == (29000, 0, 29000, 0, 0)
    lines = balances(book.accounts["enc_2"].entries, of_line)
    assert {where[2]: each.adjustments for where, each in lines.items()} == {
        "VV-55BB66CC-1": 17000,
        "VV-55BB66CC-2": 12000,
    }
    assert beside(book.practice.values()) == {("1512345678", "WO"): 1500}
    taken = [each for each in book.accounts["enc_1"].entries if each.kind is Kind.ADJUSTMENT]
    assert [(each.group, each.reason, each.segment) for each in taken] == [("CO", "45", 21)]


def test_a_payment_posts_from_a_file_that_holds_other_replies_too() -> None:
    """Two payments and acknowledgments in one file; every envelope's key is kept."""
    book = shelf()
    later = changed(PAID, ("000000020", "000000021"), ("EFT20261205001", "EFT2"))
    made = posted(book, GOOD + PAID + ANSWERED + later)
    assert [each.many for each in made] == [{"posted": 2}, {"waiting": 2, "judged-already": 2}]
    assert len(remit.check(reading.of(GOOD + PAID), TESTS, DAY).keys) == 2


def test_the_same_payment_never_posts_twice() -> None:
    """Neither the same file, nor its payment in another file."""
    book = shelf()
    posted(book, PAID)
    before = dict(book.accounts), dict(book.practice)
    again = changed(PAID, ("000000020", "000000077"), ("*20*X", "*77*X"), ("GE*1*20", "GE*1*77"))
    for raw in (PAID, again):
        [made] = posted(book, raw)
        assert made.many == {"already": 2}
        assert (dict(book.accounts), dict(book.practice)) == before


def test_another_amount_under_the_same_number_is_refused_or_listed() -> None:
    """A payment of another sum is refused; a claim of another sum in it is listed and not posted."""
    book = shelf()
    posted(book, PAID)
    more = changed(PAID, ("BPR*I*95*", "BPR*I*96*"), ("*175*110*25*", "*175*111*25*"), ("*175*110**1", "*175*111**1"),
                   ("CO*45*40", "CO*45*39"))  # fmt: skip
    with pytest.raises(Refused) as error:
        remit.check(reading.of(more), TESTS, DAY, known={"1512345678/EFT20261205001": 9500})
    assert error.value.say.startswith(
        "Segment 5 (TRN02): 95.00 came under number EFT20261205001 before, here it is 96.00"
    )
    [made] = posted(book, more)
    assert made.many["waiting"] == made.many["differs"] == 1
    assert book.accounts["enc_1"].balance.payments == 11000
    assert "read before with other amounts" in book.accounts["enc_1"].waiting[0].say


@pytest.mark.parametrize(
    ("swap", "code", "say"),
    [
        (("CAS*CO*45*40", "CAS*CO*45*41"), "835-line-unbalanced",
         "Segment 21 (SVC02): 175.00 was charged, but 110.00 paid and 66.00 adjusted make 176.00. Nothing of the file"),
        (("CLP*VV-7F3A91C2*1*175*110", "CLP*VV-7F3A91C2*1*175*111"), "835-claim-unbalanced",
         "Segment 17 (CLP03): 175.00 was charged, but 111.00 paid and 65.00 adjusted make 176.00"),
        (("BPR*I*95*", "BPR*I*95.01*"), "835-payment-unbalanced",
         "Segment 4 (BPR02): the payment is 95.01, but its claims come to 110.00 and what moves beside them (PLB)"),
        (("WO:VV-OLD0001*15", "WO:VV-OLD0001*-15"), "835-payment-unbalanced", "which makes 125.00"),
    ],
)  # fmt: skip
def test_sums_that_do_not_hold_are_refused_and_nothing_is_posted(swap: tuple[str, str], code: str, say: str) -> None:
    """A line's, a claim's, the payment's; with the place."""
    book = shelf()
    with pytest.raises(Refused) as error:
        posted(book, changed(PAID, swap))
    assert error.value.code == code
    assert say in error.value.say
    assert (book.accounts, book.practice) == (shelf().accounts, {})


def test_a_payment_to_somebody_else_is_refused() -> None:
    """By NPI or tax number."""
    assert remit.check(reading.of(PAID), TESTS, DAY, payees={"411234567"}).payments[0].beside == 1500
    with pytest.raises(Refused, match="paid to 1990000105, who is not us"):
        remit.check(reading.of(PAID), TESTS, DAY, payees={"1234567893"})


def test_unknown_claims_are_listed_and_posted_once_known() -> None:
    """With every cent of the payment accounted for."""
    book = Shelf()
    [made] = posted(book, SDK)
    assert made.many == {"unknown": 3}
    assert sum(each.paid.paid for each in book.unknowns.values()) == 365819
    listed = next(each for each in book.unknowns.values() if each.paid.claim == "PCN000002")
    rows = (("85025", (), 6169), ("93000", (), 17797), ("99214", (), 24011))
    found = posting.again(account(claim("PCN000002", *rows)), listed)
    assert (found.result, found.account.balance.payments, found.account.balance.due) == (Result.POSTED, 46743, 1234)
    assert posting.again(found.account, listed).result is Result.ALREADY


def test_a_payer_may_drop_numbers_modifiers_and_days() -> None:
    """Lines are found without REF 6R by what is left; what is none of ours is posted to the claim and remarked."""
    asked = claim("VV-1", ("90834", ("95",), 17500), ("90834", ("93",), 9000), ("90785", (), 1500))
    paid = usual(asked, 100, 200)
    lines = tuple(replace(each, number="", modifiers=()) for each in paid.lines)
    swapped = replace(paid, lines=(lines[1], lines[2], lines[0]))
    made = judge(account(asked), CHECK, swapped)
    assert not made.remarks
    assert {each.open for each in balances(made.account.entries, of_line).values()} == {0}
    day = replace(paid, lines=(*lines[:2], replace(lines[2], day=date(2026, 1, 1))))
    assert not judge(account(asked), CHECK, day).remarks
    other = judge(account(asked), CHECK, replace(paid, lines=(*lines[:2], replace(lines[2], code="90846"))))
    assert other.remarks == ("Segment 13 (SVC01): 90846 is none of our lines; posted to the claim.",)
    assert other.account.balance.open == 0


def test_a_reversal_and_the_corrected_claim_leave_only_the_corrected() -> None:
    """In one payment or several, in every order; the entries all stay."""
    asked = claim()
    first, then = usual(asked), replace(usual(asked, 3000, 2000), payer_number="ICN2")
    three = ((CHECK, first), (replace(CHECK, trace="EFT2"), back(first)), (replace(CHECK, trace="EFT2"), then))
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        made = account(asked)
        for at in order:
            made = judge(made, *three[at]).account
            assert balance(made.entries).charges == 17500
        found = made.balance
        assert (found.payments, found.adjustments, found.share, found.open) == (12500, 2000, 3000, 0)
        assert not made.waiting
        assert len(made.judged) == 3
        assert len([each for each in made.entries if each.reversal]) == 3
    assert judge(made, *three[1]).result is Result.ALREADY


def test_what_cannot_be_reversed_or_is_decided_already_waits_with_its_reason() -> None:
    """Nothing is posted, nothing is lost."""
    asked = claim()
    made = judge(account(asked), CHECK, back(usual(asked))).account
    assert (made.waiting[0].why, made.balance.payments) == ("nothing-to-reverse", 0)
    twice = judge(
        judge(account(asked), CHECK, usual(asked)).account, replace(CHECK, trace="EFT9"), usual(asked)
    ).account
    assert (twice.waiting[0].why, twice.balance.payments) == ("judged-already", 11000)
    other = judge(account(asked), CHECK, replace(usual(asked), status="77")).account
    assert (other.waiting[0].why, other.balance.payments) == ("status-unknown", 0)
    forecast = judge(account(asked), CHECK, replace(usual(asked), status="25")).account
    assert (forecast.waiting[0].why, forecast.balance.payments) == ("forecast", 0)


def test_two_decisions_alike_in_one_payment_are_two() -> None:
    """Counted in their order, so that the file may come again."""
    asked = claim()
    made = judge(judge(account(asked), CHECK, usual(asked), 0).account, CHECK, usual(asked), 1)
    assert (made.result, len(made.account.waiting)) == (Result.WAITING, 1)
    assert judge(made.account, CHECK, usual(asked), 1).account == made.account


def test_a_secondary_payer_decides_on_what_the_first_left() -> None:
    """The visit's charges stand once; the client owes what both leave."""
    first = claim()
    second = claim("VV-2", rank=Rank.SECONDARY)
    with pytest.raises(Refused, match="has not decided yet"):
        account(first, second)
    made = judge(account(first), CHECK, usual(first)).account
    made = accounts.charge(made, second, DAY)
    assert (made.balance.charges, made.balance.share, made.balance.open) == (17500, 0, 2500)
    earlier = (Adjusted("OA", "23", 15000), Adjusted("PR", "2", 500))
    there = replace(CHECK, payer="2", trace="T2")
    made = judge(made, there, judged(second, (2000, earlier), status="2")).account
    found = made.balance
    assert (found.charges, found.payments, found.adjustments, found.share, found.open) == (17500, 13000, 4000, 500, 0)
    assert {each.open for each in balances(made.entries, of_line).values()} == {0}
    undone = judge(made, replace(there, trace="T3"), back(judged(second, (2000, earlier), status="2"))).account
    assert (undone.balance.payments, undone.balance.open) == (11000, 2500)
    assert {each.open for each in balances(undone.entries, of_line).values()} == {0, 2500}


def test_a_claim_sent_on_by_the_first_payer_is_posted_to_the_second() -> None:
    """They name our first claim; it waits until there is one to the second payer."""
    first, second = claim(), claim("VV-2", rank=Rank.SECONDARY)
    made = judge(account(first), CHECK, replace(usual(first), status="19")).account
    crossed = judged(first, (2500, (Adjusted("OA", "23", 15000),)), status="2", number="SEC1")
    there = replace(CHECK, payer="2", trace="T2")
    made = judge(made, there, crossed).account
    assert made.waiting[0].why == "no-claim-to-payer"
    made = posting.settled(accounts.charge(made, second, DAY)).account
    assert (made.balance.payments, made.balance.share, made.balance.open, made.waiting) == (13500, 0, 0, ())
    assert made.judged[-1].claim == "VV-2"
    undone = judge(made, replace(there, trace="T3"), back(crossed)).account
    assert (undone.balance.open, undone.balance.payments) == (2500, 11000)


def test_one_claim_asks_one_payer_for_a_visit() -> None:
    """Sent again it is the same; another is refused; a replacement and a void take the place of the first."""
    first = claim()
    made = judge(account(first), CHECK, usual(first)).account
    assert accounts.charge(made, first, DAY) is made
    with pytest.raises(Refused, match="already asks this payer"):
        accounts.charge(made, claim("VV-9"), DAY)
    with pytest.raises(Refused, match="sent with other lines"):
        accounts.charge(made, claim("VV-1", ("90837", ("95",), 22000)), DAY)
    with pytest.raises(Refused, match="No claim stands"):
        accounts.charge(Account("enc_1"), claim("VV-9", frequency=Frequency.REPLACE), DAY)
    better = claim("VV-3", ("90832", ("95",), 12000), frequency=Frequency.REPLACE)
    replaced = accounts.charge(made, better, DAY)
    assert (replaced.balance.charges, replaced.balance.open) == (12000, 12000 - 17500)
    there = replace(CHECK, trace="EFT2")
    settled = judge(judge(replaced, there, back(usual(first))).account, there, usual(better)).account
    assert (settled.balance.open, settled.balance.payments, settled.balance.share) == (0, 5500, 2500)
    ended = accounts.charge(settled, claim("VV-4", frequency=Frequency.VOID), DAY)
    assert ended.balance.charges == 0
    void = judge(ended, replace(CHECK, trace="EFT3"), back(usual(better))).account
    assert (void.balance, void.balance.open) == (balance(()), 0)
    assert accounts.charge(void, claim("VV-5"), DAY).balance.charges == 17500


def test_a_replacement_after_the_second_payer_was_asked_keeps_what_went_on() -> None:
    """And a voided second claim gives the client's share back."""
    first, second = claim(), claim("VV-2", rank=Rank.SECONDARY)
    made = accounts.charge(judge(account(first), CHECK, usual(first)).account, second, DAY)
    void = accounts.charge(made, claim("VV-8", rank=Rank.SECONDARY, frequency=Frequency.VOID), DAY)
    assert (void.balance.share, void.balance.open) == (2500, 0)
    made = accounts.charge(made, claim("VV-3", frequency=Frequency.REPLACE), DAY)
    there = replace(CHECK, trace="EFT2")
    made = judge(judge(made, there, back(usual(first))).account, there, usual(claim("VV-3"))).account
    assert (made.balance.share, made.balance.open) == (0, 2500)
    left = {where[1]: each.open for where, each in balances(made.entries, of_claim).items()}
    assert left == {"VV-1": 0, "VV-2": 2500, "VV-3": 0}


def test_a_voided_second_claim_leaves_open_what_the_first_payer_left_open() -> None:
    """The client owes their share again, and nothing of what nobody decided; a replaced one gives back the same."""
    first, second = claim(), claim("VV-2", rank=Rank.SECONDARY)
    decided = judged(first, (10000, (Adjusted("CO", "45", 4000), Adjusted("PR", "2", 2500))))
    made = accounts.charge(judge(account(first), CHECK, decided).account, second, DAY)
    again = accounts.charge(made, claim("VV-3", rank=Rank.SECONDARY, frequency=Frequency.REPLACE), DAY)
    for each in (made, again):
        void = accounts.charge(each, claim("VV-8", rank=Rank.SECONDARY, frequency=Frequency.VOID), DAY)
        assert (void.balance.share, void.balance.open) == (2500, 1000)
        assert {where[1]: one.open for where, one in balances(void.entries, of_claim).items()}["VV-1"] == 1000


def test_clients_pay_and_practices_write_off_once() -> None:
    """A receipt's number posts once, another amount under it is refused; no more is written off than there is."""
    made = judge(account(claim()), CHECK, usual(claim())).account
    paid = accounts.client_paid(made, "R1", 2000, DAY, "biller")
    assert accounts.client_paid(paid, "R1", 2000, DAY, "biller") is paid
    assert paid.balance.due == 500
    with pytest.raises(Refused, match=r"R1 is on file with 20\.00"):
        accounts.client_paid(paid, "R1", 2001, DAY, "biller")
    off = accounts.write_off(paid, "W1", 500, DAY, "owner", "VV-1", "VV-1-1", share=True)
    assert accounts.write_off(off, "W1", 500, DAY, "owner", "VV-1", "VV-1-1", share=True) == off
    assert (off.balance.share, off.balance.adjustments, off.balance.open) == (2000, 4500, 0)
    with pytest.raises(Refused, match=r"Only 0\.00 is there"):
        accounts.write_off(off, "W2", 1, DAY, "owner", "VV-1", "VV-1-1")
    alone = accounts.charge_client(Account("enc_9"), "S1", (("1", 15000),), DAY, "biller")
    assert accounts.charge_client(alone, "S1", (("1", 15000),), DAY, "biller") is alone
    assert (alone.balance.charges, alone.balance.due, alone.balance.open) == (15000, 15000, 0)


def test_what_moves_beside_claims_is_kept_by_payer_and_code() -> None:
    """Interest, a balance carried forward and taken in the next payment comes back to nothing."""
    book = shelf()
    fb = changed(PAID, ("BPR*I*95*", "BPR*I*117.25*"), ("WO:VV-OLD0001*15", "L6:VV-1*-1.25*FB:X*-6"))
    posted(book, fb)
    assert beside(book.practice.values()) == {("1512345678", "L6"): -125, ("1512345678", "FB"): -600}
    later = changed(PAID, ("EFT20261205001", "EFT2"), ("BPR*I*95*", "BPR*I*104*"), ("WO:VV-OLD0001*15", "FB:X*6"))
    posted(book, later)
    assert beside(book.practice.values())["1512345678", "FB"] == 0


def test_remarks_say_what_should_be_seen() -> None:
    """Another charge than ours, another share than the reasons."""
    asked = claim()
    less = replace(usual(claim("VV-1", ("90834", ("95",), 17000))), share=1)
    assert judge(account(asked), CHECK, less).remarks == (
        "Segment 10 (CLP03): they say 170.00 was charged, we asked 175.00.",
        "Segment 10 (CLP05): they say the client owes 0.01, their reasons (PR) come to 25.00. The reasons were posted.",
    )


def test_a_person_says_what_a_reversal_takes_back() -> None:
    """Although its amounts differ; what waited for it follows, and the person's name stands at the entries."""
    asked = claim()
    made = judge(account(asked), CHECK, usual(asked)).account
    other = back(usual(asked, 2000, 4500))
    made = judge(made, replace(CHECK, trace="EFT2"), other).account
    made = judge(made, replace(CHECK, trace="EFT3"), usual(asked, 0, 7500)).account
    assert [each.why for each in made.waiting] == ["nothing-to-reverse", "judged-already"]
    with pytest.raises(Refused, match="not there, or was taken back"):
        by_hand.take_back(made, made.waiting[0].key, "nonsense", "biller")
    with pytest.raises(Refused, match="does not wait"):
        by_hand.take_back(made, made.waiting[1].key, made.judged[0].key, "biller")
    done = by_hand.take_back(made, made.waiting[0].key, made.judged[0].key, "biller")
    assert (len(done.added), done.account.waiting, done.account.balance.open) == (2, (), 0)
    assert done.account.balance.payments == 10000
    assert {each.by for each in done.account.entries if each.reversal} == {"biller"}
    whole = account(claim("VV-1", ("90834", ("95",), 20000)))
    odd = judge(
        judge(whole, CHECK, usual(asked)).account, CHECK, back(usual(claim("VV-1", ("90834", (), 20000))))
    ).account
    with pytest.raises(Refused, match=r"about 200\.00, the decision about 175\.00"):
        by_hand.take_back(odd, odd.waiting[0].key, odd.judged[0].key, "biller")


def test_a_person_adds_a_payment_to_a_decision_that_stands() -> None:
    """What it pays comes on top, what it takes off is not taken twice; taken back, all is as before."""
    asked = claim()
    first = judge(account(asked), CHECK, usual(asked)).account
    more = judged(asked, (1500, (Adjusted("CO", "45", 13500), Adjusted("PR", "3", 2500))), number="ICN2")
    there = replace(CHECK, trace="EFT2")
    made = judge(first, there, more).account
    done = by_hand.supplement(made, made.waiting[0].key, "biller").account
    assert (done.balance.payments, done.balance.open, done.balance.charges) == (12500, 0, 17500)
    assert (done.balance.share, done.balance.adjustments) == (2500, 2500)
    assert judge(done, there, more).result is Result.ALREADY
    undone = judge(done, replace(CHECK, trace="EFT4"), back(more)).account
    assert undone.balance == first.balance
    with pytest.raises(Refused, match="does not wait"):
        by_hand.supplement(done, made.waiting[0].key, "biller")


def test_a_person_says_which_claim_a_decision_is_about() -> None:
    """A second payer denies what the first sent on, by the first claim's number; taken back, it is open again."""
    first, second = claim(), claim("VV-2", rank=Rank.SECONDARY)
    made = accounts.charge(judge(account(first), CHECK, usual(first)).account, second, DAY)
    there = replace(CHECK, payer="2", trace="T2")
    denied = judged(first, (0, (Adjusted("OA", "23", 15000), Adjusted("PR", "204", 2500))), status="4", number="S1")
    made = judge(made, there, denied).account
    assert made.waiting[0].why == "judged-already"
    with pytest.raises(Refused, match="VV-1 is decided already"):
        by_hand.onto(made, made.waiting[0].key, "VV-1", "biller")
    done = by_hand.onto(made, made.waiting[0].key, "VV-2", "biller").account
    assert (done.balance.share, done.balance.open, done.waiting) == (2500, 0, ())
    undone = judge(done, replace(there, trace="T3"), back(denied)).account
    assert (undone.balance.share, undone.balance.open) == (0, 2500)
