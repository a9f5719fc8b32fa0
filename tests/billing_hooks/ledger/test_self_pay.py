"""Self-pay money: nothing appears or disappears, whatever is asked, paid, given up, taken back, and in what order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks import charges
from billing_hooks.claim_sending import charged
from billing_hooks.errors import Refused
from billing_hooks.ledger import accounts, self_pay
from billing_hooks.ledger.accounts import Account
from billing_hooks.ledger.entries import balance, balances, of_line
from tests.billing_hooks.ledger.ledger_kit import DAY, claim

LINES = ((("1", 17500),), (("1", 15000), ("2", 1501)), (("2", 1501),), ())
ACTS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(LINES)),
    st.tuples(st.just("pay"), st.integers(-9000, 20000).filter(bool)),
    st.tuples(st.just("off"), st.integers(1, 18000)),
    st.tuples(st.just("back"), st.none()),
    st.tuples(st.just("again"), st.none()),
)


@given(st.lists(ACTS, max_size=12))
def test_charges_are_payments_adjustments_share_and_open_after_every_history(acts: list[tuple[str, object]]) -> None:
    """Said from the acts alone: what is asked, what was paid, what was given up; entries only grow, each key once."""
    account = Account("enc_9")
    asked: dict[str, int] = {}
    paid = off = 0
    for number, (what, how) in enumerate(acts):
        before = account
        match what:
            case "ask":
                wanted = dict(how)  # type: ignore[call-overload]  # the strategy gives pairs with it
                if wanted != asked:
                    asked, off = wanted, 0
                account = self_pay.ask(account, "enc_9", wanted.items(), DAY, "release")
            case "pay":
                try:
                    account = accounts.client_paid(account, f"R{number}", int(str(how)), DAY, "desk", way="cash")
                    paid += int(str(how))
                except Refused as refused:
                    assert refused.code == "more-than-there-is"
                    assert paid + int(str(how)) < 0
            case "off":
                try:
                    account = accounts.write_off(
                        account, f"W{number}", int(str(how)), DAY, "owner", "", "1", share=True
                    )
                    off += int(str(how))
                except Refused as refused:
                    assert refused.code == "more-than-there-is"
                    assert int(str(how)) > min(asked.get("1", 0) - off, sum(asked.values()) - off - paid)
            case "back":
                account, asked, off = self_pay.take_back(account, DAY, "release"), {}, 0
            case _:
                account = self_pay.ask(account, "enc_9", asked.items(), DAY, "release")
                assert account is before
        assert account.entries[: len(before.entries)] == before.entries
        found = account.balance
        assert found.charges == found.payments + found.adjustments + found.share + found.open
        assert (found.charges, found.adjustments, found.payments, found.open) == (sum(asked.values()), off, 0, 0)
        assert (found.client_paid, found.due) == (paid, sum(asked.values()) - off - paid)
        assert all(each.open == 0 for each in balances(account.entries, of_line).values())
    keys = [each.key for each in account.entries]
    assert len(keys) == len(set(keys))


def test_a_plan_that_is_asked_after_all_takes_the_place_of_the_client() -> None:
    """The charge stands once; what the client had paid is their credit until the plan has decided."""
    asked = self_pay.ask(Account("enc_1"), "enc_1", (("1", 17500),), DAY, "release")
    paid = accounts.client_paid(asked, "R1", 17500, DAY, "desk", way="check 1041")
    assert paid.entries[-1].trace == "check 1041"
    sent = charged(paid, claim(), DAY)
    assert (sent.balance.charges, sent.balance.open, sent.balance.due) == (17500, 17500, -17500)
    assert balance(sent.of("VV-1")).charges == 17500
    assert self_pay.standing(sent) == {}
    assert self_pay.ask(sent, "enc_1", (("1", 17500),), DAY, "release") is sent, "a payer is asked"


def test_no_more_is_paid_back_than_the_client_paid() -> None:
    """And the same receipt again is no second one."""
    asked = self_pay.ask(Account("enc_1"), "enc_1", (("1", 17500),), DAY, "release")
    with pytest.raises(Refused, match=r"paid \$0\.00"):
        accounts.client_paid(asked, "R1", -50000, DAY, "desk")
    paid = accounts.client_paid(asked, "R2", 17500, DAY, "desk")
    with pytest.raises(Refused, match=r"paid \$175\.00"):
        accounts.client_paid(paid, "R3", -17501, DAY, "desk")
    back = accounts.client_paid(paid, "R3", -17500, DAY, "desk")
    assert (back.balance.client_paid, back.balance.due) == (0, 17500)
    assert accounts.client_paid(back, "R3", -17500, DAY, "desk") is back


def test_no_more_is_given_up_than_the_client_owes() -> None:
    """What was paid for the visit counts against what may be written off on its line."""
    asked = self_pay.ask(Account("enc_1"), "enc_1", (("1", 17500),), DAY, "release")
    paid = accounts.client_paid(asked, "R1", 17000, DAY, "desk")
    with pytest.raises(Refused, match=r"Only 5\.00"):
        accounts.write_off(paid, "W1", 501, DAY, "owner", "", "1", share=True)


def test_a_charge_is_that_of_the_day_of_service() -> None:
    """However many the schedule holds, in whatever order; a day without one has none."""
    fees = [["90834", 18000, "2027-01-01", None], ["90834", 17500, "2026-01-01", "2026-12-31"]]
    assert charges.on(fees, date(2026, 12, 31)) == {"90834": 17500}
    assert charges.on(reversed(fees), date(2027, 1, 1)) == {"90834": 18000}
    assert charges.on(fees, date(2025, 12, 31)) == {}
