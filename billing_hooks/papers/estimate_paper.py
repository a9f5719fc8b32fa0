"""A good faith estimate on paper: what 45 CFR 149.610(c)(1) wants a client who pays to be told. Pure.

The words and sums are those filed when the estimate was made (`estimating.body`); what the filing leaves to other
records (birth date, tax id, place) comes beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from billing_hooks.claims.claim import Practice
from billing_hooks.errors import Malformed
from billing_hooks.papers import layout, words
from billing_hooks.papers.blocks import Block, Bullets, Callout, Column, Facts, Heading, Paper, Table, Tone
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces

MOST_VISITS = 366  # a year of them; 149.610(b)(1)(x): an estimate of recurring services holds twelve months


@dataclass(frozen=True, slots=True)
class Series:
    """Recurring visits in one estimate: how many, how often in words, and the last day they are expected on."""

    visits: int
    often: str
    until: date


@dataclass(frozen=True, slots=True)
class EstimatePaper:
    """One estimate to print. `filed` is what `estimating.body` made; `given` the day the client had it, if they did."""

    number: str
    made_on: date
    filed: Mapping[str, Any]
    practice: Practice
    birth_date: date | None
    series: Series | None = None
    given: str = ""


def pdf(estimate: EstimatePaper, faces: Faces, *, made: datetime | None = None) -> bytes:
    """The paper. Errors: Refused("paper-incomplete"), Malformed("bad-estimate")."""
    words.complete("estimate", (
        ("the client's name", estimate.filed.get("client")), ("the client's birth date", estimate.birth_date),
        ("the service's code and fee", estimate.filed.get("items")),
        ("the practice's tax id", estimate.practice.tax_id), ("the practice's NPI", estimate.practice.provider.npi),
    ))  # fmt: skip
    return layout.pdf(paper(estimate), words.house(estimate.practice), faces, made=made)


def paper(estimate: EstimatePaper) -> Paper:
    """What stands on it."""
    filed, series = estimate.filed, estimate.series
    if series is not None and not (1 <= series.visits <= MOST_VISITS and (series.until - _first(estimate)).days <= 366):
        raise Malformed("bad-estimate", "An estimate of recurring visits holds for twelve months at most.")
    times = series.visits if series is not None else 1
    items = cast("list[Mapping[str, Any]]", filed["items"])
    total = times * sum(cast(int, item["cents"]) for item in items)
    blocks: tuple[Block, ...] = (
        Callout(f"Expected charge: {words.money(total)}", _of_what(filed, series), Tone.ACCENT),
        Heading("For whom and by whom"),
        Facts(_facts(estimate), columns=3),
        Heading("What we expect to charge"),
        _charges(filed, items, times, total),
        Heading("What you should know"),
        Bullets(tuple(filed["disclaimers"])),
        *((Text(f"Given to the client: {estimate.given}."),) if estimate.given else ()),
        Text(f"Wording {filed['text_version']}.", Tone.MUTED, size=8),
    )
    return Paper(
        title="Good faith estimate",
        reference=f"No. {estimate.number}",
        intro=f"What we expect your care to cost when you pay for it yourself. Made {words.day(estimate.made_on)}.",
        blocks=blocks,
        foot=f"Good faith estimate {estimate.number} · {filed['client']}",
    )


def _first(estimate: EstimatePaper) -> date:
    return date.fromisoformat(estimate.filed["day"])


def _of_what(filed: Mapping[str, Any], series: Series | None) -> str:
    first = words.day(date.fromisoformat(filed["day"]))
    one = f"{filed['service']}, {filed['minutes']} minutes, by video"
    if series is None:
        return f"{one}, on {first}."
    return f"{one}: {series.visits} visits, {series.often}, from {first} to {words.day(series.until)}."


def _facts(estimate: EstimatePaper) -> tuple[tuple[str, str], ...]:
    filed, practice = estimate.filed, estimate.practice
    where = f"{practice.address.city}, {practice.address.state}"
    state = f" (you expect to be in {filed['state']})" if filed.get("state") else ""
    return (
        ("Client", filed["client"]),
        ("Birth date", words.day(estimate.birth_date) if estimate.birth_date else ""),
        ("Diagnoses", filed["diagnoses"]),
        ("Clinician", filed["clinician"]),
        ("Clinician's NPI", filed["npi"]),
        ("Where", f"By video, from our office in {where}{state}"),
        ("Practice", practice.provider.family),
        ("Practice's NPI", practice.provider.npi),
        ("Practice's tax id", words.tax_id(practice)),
    )


def _charges(filed: Mapping[str, Any], items: list[Mapping[str, Any]], times: int, total: int) -> Table:
    columns = (
        Column("Service", 3), Column("Code", 1), Column("Visits", 0.8, right=True), Column("Each", 1.1, right=True),
        Column("Expected charge", 1.5, right=True),
    )  # fmt: skip
    rows = tuple(
        (filed["service"], item["code"], str(times), words.money(item["cents"]), words.money(times * item["cents"]))
        for item in items
    )
    return Table(columns, rows, (("Total", "", "", "", words.money(total)),))
