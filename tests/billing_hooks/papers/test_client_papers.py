"""What a client is handed: superbill, estimate, receipt and statement say what they must and nothing that is not so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_hooks.errors import Malformed, Refused
from billing_hooks.papers import accounts, estimate_paper, superbill, typefaces
from billing_hooks.papers.accounts import Entry
from billing_hooks.papers.estimate_paper import Series
from billing_hooks.papers.face import Faces
from billing_hooks.papers.superbill import Received, Service
from tests.billing_hooks.papers import pdf_eyes, samples

SHIPPED = typefaces.shipped()


def test_a_superbill_has_everything_that_a_plan_asks_for(faces: Faces) -> None:
    """Client, clinician, practice, each service with place, modifier, diagnoses and fee, payment, signature."""
    said = pdf_eyes.text(superbill.pdf(samples.BILL, faces))
    for part in (
        "Jordan A Doe", "February 14, 1990", "55 Lake St Apt 4", "Saint Paul, MN 55101", "Ana M Rivera, LICSW",
        "LICSW 12345, Minnesota", "1880000207", "1041C0700X", "1990000105", "41-1234567 (EIN)", "100 Main St Ste 200",
        "612-555-0100", "11/20/2026", "90834 95", "F41.1, F33.1", "POS 10: by video or telephone, at home",
        "$175.00", "Card", "Paid in full by the client", "Benefits are not assigned", "signed electronically",
    ):  # fmt: skip
        assert part in said, part


@given(st.integers(0, 60000), st.lists(st.integers(-20000, 30000), max_size=4), st.booleans())
@settings(max_examples=60, deadline=None)
def test_paid_is_said_only_where_all_of_it_was(fee: int, got: list[int], signed: bool) -> None:
    """Whatever was received: unless nothing is open, no form of the word stands on the paper."""
    bill = replace(
        samples.BILL,
        services=(replace(samples.SERVICE, fee=fee),),
        received=tuple(Received(samples.DAY, "Card", cents) for cents in got),
        signed="Ana" if signed else "",
    )
    said = pdf_eyes.text(superbill.pdf(bill, SHIPPED))
    in_full = sum(got) >= fee > 0
    assert bool(re.search(r"paid", said, re.IGNORECASE)) == in_full
    if not in_full:
        assert "Balance open" in said


@pytest.mark.parametrize(
    ("service", "modifiers"),
    [
        (replace(samples.SERVICE, pos="10"), ("95",)),
        (replace(samples.SERVICE, pos="02"), ("95",)),
        (replace(samples.SERVICE, modality="audio_only"), ("93",)),
        (replace(samples.SERVICE, modifiers=("HO", "GT")), ("HO", "GT")),
        (replace(samples.SERVICE, modifiers=("HO",)), ("HO", "95")),
        (replace(samples.SERVICE, modality="mixed"), ()),
        (replace(samples.SERVICE, pos="11"), ()),
        (replace(samples.SERVICE, code="98006"), ()),
        (replace(samples.SERVICE, code="99421"), ()),
    ],
)
def test_the_telehealth_modifier_is_on_it_where_it_belongs(service: Service, modifiers: tuple[str, ...]) -> None:
    """95 for video, 93 for sound alone; never twice, never in person, never on codes that say it themselves."""
    assert superbill.with_telehealth_modifier(service).modifiers == modifiers


def test_an_incomplete_superbill_is_refused_with_what_it_lacks(faces: Faces) -> None:
    """A paper that a plan would send back is not handed out."""
    bill = replace(
        samples.BILL,
        client=replace(samples.CLIENT, birth_date=None),
        services=(replace(samples.SERVICE, diagnoses=()),),
    )
    with pytest.raises(Refused, match="the client's birth date, a diagnosis for each service"):
        superbill.pdf(bill, faces)


def test_long_names_and_many_services_go_over_pages(faces: Faces) -> None:
    """Nothing is lost: every day stands on it once, the sum is the sum."""
    days = [date(2026, 1, 2) + timedelta(days=7 * each) for each in range(40)]
    bill = replace(
        samples.BILL, client=samples.LONG_CLIENT, services=tuple(replace(samples.SERVICE, day=day) for day in days)
    )
    leaves = pdf_eyes.leaves(superbill.pdf(bill, faces))
    said = " ".join(leaf.text for leaf in leaves)
    assert len(leaves) == 3
    assert all(said.count(f"{day:%m/%d/%Y}") == 1 for day in days if day != samples.DAY)
    assert "$7,000.00" in said
    assert max(leaf.ink[2] for leaf in leaves) < 0.93


def test_an_estimate_has_what_the_law_lists(faces: Faces) -> None:
    """45 CFR 149.610(c)(1): client, birth date, service, day, itemised charges, codes, provider, place, disclaimers."""
    said = pdf_eyes.text(estimate_paper.pdf(samples.ESTIMATE, faces))
    for part in (
        "Good faith estimate", "Jordan A Doe", "February 14, 1990", "Individual psychotherapy", "December 4, 2026",
        "90834", "$175.00", "Not known before the visit", "Ana M Rivera", "1880000207", "41-1234567 (EIN)",
        "Minneapolis, MN", "not a contract", "scheduled or asked for separately", "$400 or more", "120 calendar days",
        "$25 fee", "November 21, 2026",
    ):  # fmt: skip
        assert part in said, part


def test_recurring_visits_are_summed_over_twelve_months_at_most(faces: Faces) -> None:
    """149.610(b)(1)(x): one estimate may hold them, for a year."""
    series = Series(26, "every week", date(2027, 6, 1))
    said = pdf_eyes.text(estimate_paper.pdf(replace(samples.ESTIMATE, series=series), faces))
    assert "Expected charge: $4,550.00" in said
    assert "26 visits, every week, from December 4, 2026 to June 1, 2027" in said
    with pytest.raises(Malformed, match="twelve months"):
        estimate_paper.pdf(replace(samples.ESTIMATE, series=replace(series, until=date(2028, 1, 1))), faces)
    with pytest.raises(Refused, match="birth date"):
        estimate_paper.pdf(replace(samples.ESTIMATE, birth_date=None), faces)


def test_a_receipt_adds_up(faces: Faces) -> None:
    """From whom, when, how, for what, what is left; parts that are not the whole are refused."""
    said = pdf_eyes.text(accounts.receipt(samples.RECEIPT, faces))
    for part in ("$175.00 received from Jordan A Doe", "Card", "November 20, 2026", "Nothing is open"):
        assert part in said, part
    with pytest.raises(Malformed, match="add up"):
        accounts.receipt(replace(samples.RECEIPT, cents=100), faces)
    back = replace(samples.RECEIPT, cents=-17500, for_what=(("Visit of November 20, 2026", -17500),), left=2500)
    said = pdf_eyes.text(accounts.receipt(back, faces))
    assert "$175.00 given back to" in said
    assert "$25.00 is still open" in said


@given(st.integers(-9000, 9000), st.lists(st.integers(-30000, 30000), max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_statement_balances_whatever_happened(before: int, entries: list[int]) -> None:
    """The last balance is what was carried over and everything since; a credit is never asked for."""
    account = replace(
        samples.ACCOUNT, before=before, entries=tuple(Entry(samples.DAY, "Something", cents) for cents in entries)
    )
    owed = before + sum(entries)
    said = pdf_eyes.text(accounts.statement(account, SHIPPED))
    words = f"${abs(owed) // 100:,}.{abs(owed) % 100:02d}"
    assert account.owed == owed
    balance = before
    for cents in entries:
        balance += cents
        assert f"{'-' if balance < 0 else ''}${abs(balance) // 100:,}.{abs(balance) % 100:02d}" in said
    assert ("You owe " + words if owed > 0 else f"credit of {words}" if owed < 0 else "You owe nothing") in said
    assert ("To pay" in said) == (owed > 0)


def test_a_statement_that_goes_by_mail_names_no_diagnosis_and_no_code(faces: Faces) -> None:
    """The minimum necessary; the right to dispute a bill far over its estimate is on it where it applies."""
    said = pdf_eyes.text(accounts.statement(replace(samples.ACCOUNT, over_estimate=True), faces))
    assert "F41" not in said
    assert "90834" not in said
    assert "www.cms.gov/nosurprises" in said
    assert "nosurprises" not in pdf_eyes.text(accounts.statement(samples.ACCOUNT, faces))
