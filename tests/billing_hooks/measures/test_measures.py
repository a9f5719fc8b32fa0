"""Measures count what they say, of nothing they say nothing, and every picture says itself in words and in a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks.measures import charts, files, readiness, sums
from billing_hooks.measures.charts import Bar
from billing_hooks.measures.lives import Life, PaidLine, Unbilled
from billing_hooks.measures.readiness import Lack, Standing
from billing_hooks.measures.sums import SAYS, Measures, Share

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 30)
LINE = PaidLine("90834", 1, 17500, 15000, 12000)
PAID = Life(
    "C1", "Plan A", date(2026, 11, 2), 17500, sent=date(2026, 11, 3), accepted=date(2026, 11, 4),
    decided=date(2026, 11, 20), lines=(LINE,),
)  # fmt: skip
LIVES = (
    PAID,
    replace(PAID, claim="C2", denied=("CO-4", "CO-16"), lines=(), open=17500),
    replace(PAID, claim="C3", payer="Plan B", sent=date(2026, 9, 30), rejected=date(2026, 10, 1), decided=None,
            accepted=None, lines=(), open=17500),
    replace(PAID, claim="C4", again=True, denied=("CO-4",), open=1000),
    replace(PAID, claim="C5", sent=None, accepted=None, decided=None, lines=(), open=17500),
    replace(PAID, claim="C6", sent=date(2026, 8, 31), service_day=date(2026, 8, 1), lines=()),
)  # fmt: skip
WAITING = (
    Unbilled("v1", date(2026, 11, 1), "clinician", 17500), Unbilled("v2", date(2026, 10, 1), "clinician"),
    Unbilled("v3", date(2026, 11, 9), "payer", 9000),
)  # fmt: skip


def measured(lives: tuple[Life, ...] = LIVES, waiting: tuple[Unbilled, ...] = WAITING) -> Measures:
    """The measures of the quarter."""
    return sums.measure(lives, waiting, first=FIRST, last=LAST)


def parsed(svg: str) -> ElementTree.Element:
    """The picture as a tree; raises where it is not well-formed."""
    return ElementTree.fromstring(svg)  # noqa: S314 - our own drawing


def test_claims_sent_are_counted_in_their_months_also_in_none() -> None:
    """Each month of the span stands there; what was never sent, or outside of it, does not count."""
    assert [(month.name, month.claims, month.charge) for month in measured().sent] == [
        ("2026-09", 1, 17500), ("2026-10", 0, 0), ("2026-11", 3, 52500),
    ]  # fmt: skip


def test_the_first_pass_counts_new_answered_claims_without_rejection() -> None:
    """Two of three; the correction and the unsent one are no first pass."""
    assert measured().first_pass == Share("first_pass", 2, 3)
    assert measured().first_pass.percent == 66.7


def test_denials_are_shares_of_judged_claims_by_payer_and_reason() -> None:
    """One of Plan A's two; both of its reasons; nothing of a payer who judged nothing."""
    assert measured().by_payer == (Share("Plan A", 1, 2),)
    assert measured().by_reason == (Share("CO-16", 1, 2), Share("CO-4", 1, 2))


def test_days_in_receivable_are_open_money_by_an_average_day() -> None:
    """Of charges in the last 90 days, each counted once; without charges there is no number."""
    charged = 17500 * 4
    assert measured().open == 17500 * 3 + 1000
    assert measured().receivable == round((17500 * 3 + 1000) * 90 / charged, 1)
    assert measured(()).receivable is None


def test_a_code_brings_what_was_decided_by_the_unit() -> None:
    """Averages of whole units, in whole cents."""
    two = replace(PAID, claim="C7", lines=(PaidLine("90834", 2, 35000, 30001, 20000),))
    (found,) = measured((*LIVES, two)).codes
    assert (found.units, found.charge, found.allowed, found.paid) == (4, 17500, 15000, 11000)


def test_visits_not_billed_stand_under_what_they_wait_for() -> None:
    """How many, since when, and the charges as far as they are known."""
    clinician, payer = measured().unbilled
    assert (clinician.waits_for, clinician.visits, clinician.oldest, clinician.charge) == (
        "clinician", 2, date(2026, 10, 1), 17500,
    )  # fmt: skip
    assert (payer.visits, payer.charge) == (1, 9000)


def test_every_chart_is_a_picture_with_words_and_the_same_as_a_table() -> None:
    """Valid SVG with title and description, no colour of its own, no style, no script; rows under headings."""
    found = charts.charts(measured())
    assert [each.key for each in found] == [
        "sent", "first-pass", "by-payer", "by-reason", "receivable", "codes", "unbilled",
    ]  # fmt: skip
    for chart in found:
        drawn = parsed(chart.svg)
        words = [part.text or "" for part in drawn.iter() if part.tag in ("title", "desc")]
        assert words[0] == chart.title
        assert chart.rows[0][0] in words[1] or chart.key in ("first-pass", "receivable")
        assert "style" not in chart.svg
        assert "#" not in chart.svg
        assert drawn.get("role") == "img"
        assert all(len(row) == len(chart.head) for row in chart.rows)
        assert chart.says in SAYS.values()


def test_of_nothing_the_charts_say_nothing_yet() -> None:
    """An empty practice sees no 0 % and no broken picture."""
    for chart in charts.charts(measured((), ())):
        parsed(chart.svg)
        if chart.key != "sent":
            assert "Nothing yet" in chart.svg, chart.key
            assert "0 %" not in chart.svg


@given(st.lists(st.builds(Bar, st.text(max_size=60), st.floats(0, 1e12), st.text(max_size=30)), max_size=12))
def test_any_bars_are_a_valid_picture_inside_its_frame(bars: list[Bar]) -> None:
    """Names with signs, huge and tiny values: well-formed, no bar longer than its ground."""
    drawn = parsed(charts.draw("any", "Any <title> & more", bars))
    reach = charts.WIDTH - charts.LABEL - charts.VALUE
    assert all(float(part.get("width", 0)) <= reach + 0.1 for part in drawn.iter() if part.tag == "rect")


@given(st.lists(st.sampled_from(LIVES), max_size=20), st.integers(0, 400))
def test_no_share_is_beyond_its_whole(lives: list[Life], days: int) -> None:
    """Whatever was sent whenever: parts within wholes, months in order, no money made up."""
    found = sums.measure(lives, (), first=FIRST, last=FIRST + timedelta(days=days))
    for share in (found.first_pass, *found.by_payer, *found.by_reason):
        assert 0 <= share.part <= share.whole
    assert found.open == sum(life.open for life in lives)
    assert sum(month.claims for month in found.sent) <= len(lives)


def test_the_file_says_every_value_and_what_it_counts() -> None:
    """One row a value of the tables; a payer's name is never a formula."""
    odd = replace(PAID, payer="=cmd()", denied=("CO-4",))
    raw = b"".join(files.rows(charts.charts(measured((*LIVES, odd)))))
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert {row["measure"] for row in rows} >= {"Claims sent", "Accepted at first", "Days in receivable"}
    assert {"measure": "Claims sent", "of": "2026-11", "column": "Claims", "value": "4", "counts": SAYS["sent"]} in rows
    assert "'=cmd()" in {row["of"] for row in rows}


def test_the_tile_names_who_lacks_what() -> None:
    """Known lacks alone: what another system keeps is not asked for; one visit can lack two things."""
    ready = Standing("v1", "c1", "s1", date(2026, 11, 2), note=True, consent=True, plan=None, statement=True)
    lacking = replace(ready, visit="v2", day=date(2026, 11, 1), note=False, statement=False)
    found = readiness.tile([ready, lacking, replace(lacking, visit="v3", day=date(2026, 10, 1), statement=True)])
    assert found.verdict == "1 of 3 visits are ready for an audit"
    assert [(group.lack, [each.visit for each in group.visits]) for group in found.wanting] == [
        (Lack.NOTE, ["v3", "v2"]), (Lack.STATEMENT, ["v2"]),
    ]  # fmt: skip
    assert all(lack.say and lack.button for lack in Lack)
    assert readiness.tile([ready]).verdict == "The one visit is ready for an audit"
    assert readiness.tile([]).verdict == "No complete visits yet"


def test_shares_of_nothing_have_no_percent() -> None:
    """Not 0 %: nothing."""
    assert Share("x", 0, 0).percent is None
    assert Share("x", 0, 4).percent == 0
    assert Share("x", 1, 3).percent == pytest.approx(33.3)
