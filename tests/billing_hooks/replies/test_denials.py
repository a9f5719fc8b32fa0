"""Denials are said in our own words, question payer rules, and tell until when to appeal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_hooks.claims.claim import Adjusted
from billing_hooks.errors import Malformed
from billing_hooks.replies import denial_file, denials
from billing_hooks.replies.denials import Fix, Review, lob_of
from billing_hooks.replies.outcome import Outcome, outcome
from billing_hooks.replies.remittance import PaidClaim
from tests.billing_hooks.ledger.ledger_kit import back, claim, judged, usual
from tests.billing_hooks.replies.reply_kit import PAID, read

SHIPPED = denial_file.shipped()
TWO = claim("VV-1", ("90834", ("95",), 17500), ("90785", (), 1500))
OFF, ALL = (11000, (Adjusted("CO", "45", 6500),)), (0, (Adjusted("CO", "58", 1500),))


def test_the_reasons_that_practices_meet_are_said() -> None:
    """Those of the example, those that question a rule, and one that nobody knows."""
    denied = read(PAID)[2]
    assert isinstance(denied, PaidClaim)
    assert [(each.reason, each.fix, each.review) for each in SHIPPED.why(denied)] == [
        ("4", Fix.REPLACE, Review.MODIFIER), ("107", Fix.REPLACE, Review.CODE),
    ]  # fmt: skip
    for reason in "4 5 8 16 18 22 29 50 58 96 97 107 109 119 170 197 204 B7".split():
        assert SHIPPED.of(reason).known, reason
        assert SHIPPED.of(reason).do.endswith(".")
    assert {reason for reason, each in SHIPPED.reasons.items() if each.review} >= {"4", "5", "58"}
    unknown = SHIPPED.of("ZZ9")
    assert (unknown.known, unknown.say, unknown.reason) == (False, "Unknown reason ZZ9.", "ZZ9")


def test_an_unknown_reason_is_kept_and_shown() -> None:
    """With the denial it stands for, and opens no review."""
    paid = judged(claim(), (0, (Adjusted("CO", "Z99", 17500),)), status="4")
    assert [each.say for each in SHIPPED.why(paid)] == ["Unknown reason Z99."]
    assert SHIPPED.reviews(paid) == frozenset()
    assert SHIPPED.reviews(judged(TWO, OFF, ALL)) == {Review.SITE}


def test_what_a_decision_comes_to() -> None:
    """Nothing paid is no denial where the client, the contract or another payer has it."""
    assert outcome(judged(TWO, OFF, ALL)) is Outcome.PARTLY
    assert outcome(judged(TWO, (0, (Adjusted("PR", "1", 17500),)), (0, (Adjusted("OA", "23", 1500),)))) is Outcome.PAID
    assert outcome(judged(TWO, (0, (Adjusted("CO", "50", 17500),)), ALL)) is Outcome.DENIED
    assert outcome(usual(claim())) is Outcome.PAID
    assert outcome(back(usual(claim()))) is Outcome.REVERSED
    whole = replace(usual(claim()), lines=(), paid=0, adjusted=(Adjusted("PR", "96", 17500),))
    assert outcome(whole) is Outcome.DENIED
    assert outcome(replace(whole, adjusted=(Adjusted("PR", "1", 17500),))) is Outcome.PAID


def test_days_to_appeal_are_told_and_to_be_confirmed() -> None:
    """The payer's own, its kind's, the shortest; a practice's own file goes before."""
    day = date(2026, 12, 5)
    assert SHIPPED.last_day("Anybody", lob_of("MB"), day) == date(2027, 4, 4)
    days = {
        filing: SHIPPED.appeal("Anybody", lob_of(filing), day).days for filing in ("MC", "CI", "BL", "16", "11", "")
    }
    assert days == {"MC": 30, "CI": 180, "BL": 180, "16": 30, "11": 30, "": 30}
    assert SHIPPED.appeal("Nobody", "workers", day).days == 30
    assert all(each.needs_confirmation and each.source for each in SHIPPED.appeals)
    text = (
        '[[appeal]]\npayer = "medicare"\nlob = "medicare_b"\ndays = 100\nfrom = "2026-01-01"\n'
        "needs_confirmation = false\n"
        'source = "our letter"\n[reason.Z99]\nsay = "A."\ndo = "B."\nfix = "look"\n'
    )
    own = denial_file.own(text.encode(), "own.toml")
    assert (own.appeal("Medicare", "medicare_b", day).days, own.of("Z99").known, own.of("4").known) == (100, True, True)
    assert own.appeal("Medicare", "medicare_b", date(2025, 1, 1)).days == 120


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ('[reason.4]\nsay = "a"\ndo = "b"', "x.toml: [reason.4]: fix is missing."),
        ('[reason.4]\nsay = "a"\ndo = "b"\nfix = "pray"', "x.toml: [reason.4]: 'pray' is not a valid Fix."),
        ('[reason.4]\nsay = "a"\ndo = "b"\nfix = "look"\nx = 1', "x.toml: [reason.4]: x is not known."),
        ("[reason]\n4 = 1", "x.toml: [reason.4]: a table belongs here."),
        ("[[appeal]]\ndays = 1", "x.toml: [[appeal]] 1: from is missing."),
        ("[reason", "x.toml: it is not TOML"),
    ],
)
def test_a_wrong_file_is_named(text: str, say: str) -> None:
    """By table and field."""
    with pytest.raises(Malformed) as error:
        denial_file.own(text.encode(), "x.toml")
    assert error.value.say.startswith(say)
    assert denials.parse({}).reasons == {}
