"""Whom an encounter waits for, how long it may be filed, and what may be released without a look of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from billing_hooks import desk_words, waiting
from billing_hooks.coding import code
from billing_hooks.sentences import REASONS, WARNINGS
from billing_hooks.waiting import Party
from billing_hooks.words import Finding, Outcome, Proposal
from tests.billing_hooks.encounters import COMPACTS, PACK, READY, RULE

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def proposal(outcome: Outcome, reasons: str = "", warnings: str = "") -> Proposal:
    """A proposal with these codes."""
    found, known = ([Finding(code, code) for code in codes.split()] for codes in (reasons, warnings))
    return Proposal(outcome, (), tuple(found), tuple(known), None, "audio_video", (), "")


def test_every_reason_of_the_closed_list_names_who_cures_it() -> None:
    """No reason without somebody, nobody for a reason that does not exist; what wants no eyes is a warning."""
    assert set(waiting.WAITS_FOR) == set(REASONS)
    assert set(WARNINGS) >= waiting.NO_EYES
    assert set(waiting.PARTY_WORDS) == set(Party)


@pytest.mark.parametrize(
    ("found", "who"),
    [
        (proposal(Outcome.BILL), (Party.BILLER,)),
        (proposal(Outcome.SELF_PAY), (Party.BILLER,)),
        (proposal(Outcome.REFUSE, "NO_CLIENT_PRESENT"), ()),
        (proposal(Outcome.IGNORE, "DUPLICATE_EVENT"), ()),
        (proposal(Outcome.HOLD, "AUTH_MISSING DX_MISSING"), (Party.CLINICIAN, Party.PAYER)),
        (proposal(Outcome.HOLD, "COVERAGE_UNVERIFIED FEE_MISSING"), (Party.FRONT_DESK, Party.BILLER)),
        (proposal(Outcome.HOLD, "A_REASON_OF_TOMORROW"), (Party.BILLER,)),
    ],
)  # fmt: skip
def test_who_is_waited_for_follows_from_the_reasons(found: Proposal, who: tuple[Party, ...]) -> None:
    """In one order, each once; nobody where nothing can be cured."""
    assert waiting.parties(found) == who


def test_who_was_waited_for_already_keeps_the_moment() -> None:
    """Coding again meanwhile does not make anybody's wait look shorter; who comes new begins now."""
    first = waiting.since(None, [Party.CLINICIAN, Party.PAYER], AT)
    later = waiting.since(first, [Party.CLINICIAN, Party.CLIENT], AT + timedelta(days=3))
    assert later == {"clinician": AT.isoformat(), "client": (AT + timedelta(days=3)).isoformat()}


def test_only_what_is_ready_without_a_warning_for_eyes_is_clean() -> None:
    """A client who pays and a claim with a warning to weigh are looked at one by one."""
    assert waiting.clean(proposal(Outcome.BILL))
    assert waiting.clean(proposal(Outcome.BILL, warnings="MODIFIER_REMOVED NO_PROLONGED_FOR_PSYCHOTHERAPY"))
    assert not waiting.clean(proposal(Outcome.BILL, warnings="MODIFIER_REMOVED VIDEO_OFF_MINUTES"))
    assert not waiting.clean(proposal(Outcome.SELF_PAY))
    assert not waiting.clean(proposal(Outcome.HOLD, "DX_MISSING"))


@pytest.mark.parametrize(
    ("last", "say", "tone"),
    [
        (None, "unknown", ""),
        (date(2027, 2, 18), "89 days", ""),
        (date(2026, 12, 5), "14 days", "warn"),
        (date(2026, 11, 22), "1 day", "warn"),
        (date(2026, 11, 21), "today is the last day", "warn"),
        (date(2026, 11, 20), "over since 2026-11-20", "danger"),
    ],
)
def test_days_left_to_file_are_said_and_unknown_says_unknown(last: date | None, say: str, tone: str) -> None:
    """No day is made up where the payer's rule names none."""
    found = desk_words.left(Outcome.HOLD, False, last, TODAY)
    assert (found.say, found.tone) == (say, tone)


def test_nothing_is_left_to_file_where_no_claim_goes() -> None:
    """The client pays, it is refused, it is released."""
    assert desk_words.left(Outcome.SELF_PAY, False, None, TODAY).say == "no claim"
    assert desk_words.left(Outcome.REFUSE, False, None, TODAY).say == "none"
    assert desk_words.left(Outcome.BILL, True, date(2026, 12, 1), TODAY).say == "released"


def test_an_open_question_is_what_is_waited_for_first() -> None:
    """Before whatever the reasons name; a released encounter waits for nobody."""
    waits = (("payer", AT), ("biller", AT))
    asked = desk_words.waited(waits, AT + timedelta(hours=1), False)
    assert (asked.say, asked.others, asked.since) == ("Clinician (asked)", "payer, biller", AT + timedelta(hours=1))
    assert desk_words.waited(waits, None, False).say == "Payer"
    assert desk_words.waited(waits, None, True).since is None


def test_a_wait_is_counted_in_days_of_the_practices_calendar() -> None:
    """An hour after midnight a wait since last evening is a day old."""
    evening = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)  # 23:30 in Chicago
    assert desk_words.ago(evening, evening + timedelta(minutes=20), "America/Chicago") == "today"
    assert desk_words.ago(evening, evening + timedelta(hours=1), "America/Chicago") == "1 day"


def test_the_last_day_to_file_is_the_payers_medicares_or_unknown() -> None:
    """Days after the date of service as the rule says; a calendar year for Medicare; none where the client pays."""
    limited = replace(RULE, timely_filing_days=90)
    assert READY.coverage is not None
    medicare = replace(READY, coverage=replace(READY.coverage, payer="Medicare", lob="medicare_b"))
    privately = replace(READY, coverage=replace(READY.coverage, network="none"))
    year = timedelta(days=PACK.medicare.filing_days)
    for encounter, rules, last in (
        (READY, [replace(RULE, timely_filing_days=None)], None),
        (READY, [limited], READY.dos + timedelta(days=90)),
        (READY, [], None),
        (medicare, [], READY.dos + year),
        (privately, [limited], None),
    ):
        assert code(encounter, rules, PACK, COMPACTS).file_by == last
