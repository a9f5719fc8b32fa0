"""The list of missing cover as a page, the tasks on it, the estimate that reaches the coder, and what a check costs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import JSONResponse, Response

import web
from billing_hooks import demo, jobs, packs
from billing_hooks.check import Ahead, look_ahead
from billing_hooks.check_words import to_json
from billing_hooks.encounter import Place
from billing_hooks.errors import Refused
from billing_hooks.estimating import due_day
from billing_hooks.holidays import federal_holidays, holidays
from billing_hooks.material import Coverage, EstimateOnFile, Fee, Sheet
from billing_hooks.pages import Biller
from billing_hooks.store import Store
from billing_hooks.store_checks import Act
from billing_hooks.upcoming_pages import Coming, create_upcoming_pages
from billing_hooks.words import Outcome
from tests.billing_hooks import encounters as e
from tests.billing_hooks.test_check import AHEAD, FEES

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRACTICE = "prc_lakeside"
TEMPLATES = Environment(loader=FileSystemLoader(web.TEMPLATES), autoescape=True, undefined=StrictUndefined)
STAFF = {"id": "stf_okafor", "name": "Sam Okafor", "role": "front_desk"}
SHOWN = {"name": "Lakeside <Behavioral>", "phone": "(612) 555-0100", "zone": "America/Chicago"}


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """Billing's store."""
    made = Store.open(database.billing_url, bytes(32))
    yield made
    await made.close()


async def who(_: Request) -> Biller:
    """The front desk."""
    return Biller(PRACTICE, "stf_okafor", "Sam Okafor", "America/Chicago", {"staff": STAFF, "practice": SHOWN})


async def names(_: Request, ids: Collection[str]) -> dict[str, str]:
    """The house knows the names."""
    return {each: f"Name of {each} <b>" for each in ids}


def coming(visit: str, ahead: Ahead, **more: Any) -> Coming:
    """A visit with its check under the plan's contract."""
    found = look_ahead(ahead, [e.RULE], e.PACK, e.COMPACTS)
    return Coming(visit, f"cli_{visit}", "stf_rivera", AT + timedelta(hours=len(visit)), found, ahead, **more)


def browser(store: Store, found: Sequence[Coming]) -> httpx.AsyncClient:
    """The page as the house mounts it."""

    async def upcoming(_: Request) -> Sequence[Coming]:
        return found

    app = FastAPI()
    pages = create_upcoming_pages(store, TEMPLATES, who, names, upcoming, lambda: "act_done")
    app.include_router(pages, prefix="/billing")

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return JSONResponse({"code": error.code}, 409)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://practice.example")


async def test_the_page_shows_who_when_what_is_missing_and_leads_to_the_coverage(store: Store) -> None:
    """Only those with something missing; every name escaped, nothing inline, no name in an address."""
    assert AHEAD.coverage is not None
    lapsed = replace(AHEAD, coverage=replace(AHEAD.coverage, active=False, authorization="missing"))
    pays = replace(AHEAD, coverage=Coverage(payer="", lob="self_pay"))
    found = [coming("vis_a", AHEAD), coming("vis_bb", lapsed), coming("vis_ccc", pays, estimate_due=date(2026, 11, 24))]
    found.append(coming("vis_dddd", replace(pays, place=Place())))  # where they are is asked later; the estimate is due
    async with browser(store, found) as client:
        page = (await client.get("/billing/upcoming")).text
    assert "Name of cli_vis_bb &lt;b&gt;" in page
    assert "cli_vis_a " not in page and '/billing/clients/cli_vis_a"' not in page
    assert "/billing/clients/cli_vis_bb" in page
    assert "The client&#39;s plan is not active on 2026-11-23." in page
    assert "authorisation is not on file." in page
    assert "The estimate is to be made by 2026-11-24." in page
    assert 'data-estimate="vis_ccc"' in page
    assert 'data-estimate="vis_dddd"' in page
    assert page.count("<h1") == 1
    assert "style=" not in page and "onclick" not in page and "<b>" not in page


async def test_an_empty_list_says_whether_all_is_verified_or_nothing_is_booked(store: Store) -> None:
    """Two different sentences."""
    async with browser(store, [coming("vis_a", AHEAD)]) as client:
        assert "All verified." in (await client.get("/billing/upcoming")).text
    async with browser(store, []) as client:
        assert "Nothing is booked for the next 3 days." in (await client.get("/billing/upcoming")).text


async def test_credentialing_stays_on_the_list_until_somebody_marks_it_as_done(store: Store) -> None:
    """Once; both who began and who finished it are kept."""
    act = Act(
        "act_a",
        "vis_a",
        "cli_a",
        "stf_rivera",
        "credentialing",
        "WI",
        AT,
        "stf_rivera",
        {"payer": "Example Commercial"},
    )
    await store.add_act(PRACTICE, act)
    async with browser(store, []) as client:
        page = (await client.get("/billing/upcoming")).text
        assert "with Example Commercial in WI" in page
        assert (await client.post("/billing/upcoming/tasks/act_a/done", json={})).status_code == 200
        assert "Example Commercial" not in (await client.get("/billing/upcoming")).text
        assert (await client.post("/billing/upcoming/tasks/act_a/done", json={})).json()["code"] == "task-unknown"
    done, begun = await store.acts_of_visit(PRACTICE, "vis_a")
    assert {(done.kind, done.by, done.about), (begun.kind, begun.by, begun.about)} == {
        ("credentialing", "stf_rivera", None), ("credentialing_done", "stf_okafor", "act_a"),
    }  # fmt: skip


async def test_an_estimate_reaches_the_coder_with_its_due_and_sent_day(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Any
) -> None:
    """Not given by its day: a warning; given: none; a bill of $400 more: the client may dispute it."""
    visit, client = event["visit"]["id"], event["client"]["id"]
    await demo.save_demo(store, PRACTICE, [], {"svc_individual": "psychotherapy_individual"}, AT)
    await store.save_coverage(PRACTICE, client, Coverage(payer="", lob="self_pay", network="none"), "stf_hale", AT)
    await store.save_sheet(PRACTICE, visit, Sheet(minutes=46, diagnoses=("F41.1",)), "stf_rivera", AT)
    for raw in (seal(event), seal(statement)):
        await store.receive(jobs.json.loads(raw), raw, AT)
    told = {}
    for step in ("missing", "made", "given", "dear"):
        if step == "made":
            values = {"due": date(2026, 11, 19), "cents": 17_500, "body": {"items": []}, "by": "stf_hale", "at": AT}
            await store.save_estimate(PRACTICE, visit, client, **values)
        if step == "given":
            given = {"on": date(2026, 11, 19), "way": "paper", "by": "stf_hale", "at": AT}
            assert await store.estimate_given(PRACTICE, visit, 1, **given)
            assert not await store.estimate_given(PRACTICE, visit, 1, **{**given, "on": date(2026, 11, 25)})
        if step == "dear":
            await store.save_fee(PRACTICE, Fee("90834", 57_500, date(2026, 2, 1)))
            await store.save_fee(PRACTICE, Fee("90834", 57_500, date(2026, 1, 1)))
        await jobs.code_encounter(store, PRACTICE, visit, at=AT)
        rows = await store.worklist(PRACTICE)
        _, codings, _ = await store.encounter(PRACTICE, rows[0].id)
        assert codings[0].proposal.outcome is Outcome.SELF_PAY
        told[step] = {each.code for each in codings[0].proposal.warnings}
        assert jobs.propose(jobs.Material.from_json(codings[0].rests_on)) == codings[0].proposal
    assert "GFE_NOT_SENT" not in told["missing"]
    assert "GFE_NOT_SENT" in told["made"]
    assert "GFE_NOT_SENT" not in told["given"] and "GFE_DISPUTE_ELIGIBLE" not in told["given"]
    assert "GFE_DISPUTE_ELIGIBLE" in told["dear"]


def test_material_of_older_runs_knows_no_estimate() -> None:
    """What was stored before there were any is read all the same."""
    made = jobs.Material({}, None, None, None, None, (), (), AT.date(), estimate=EstimateOnFile(None, AT.date(), 5))
    kept = made.to_json()
    assert jobs.Material.from_json(kept) == made
    del kept["estimate"]
    assert jobs.Material.from_json(kept).estimate is None


def test_federal_holidays_are_no_business_days() -> None:
    """2026: Independence Day falls on a Saturday and is kept on Friday; Thanksgiving is the fourth Thursday."""
    days = federal_holidays(2026)
    assert sorted(days) == [
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 5, 25), date(2026, 6, 19), date(2026, 7, 3),
        date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26), date(2026, 12, 25),
    ]  # fmt: skip
    assert date(2021, 12, 31) in federal_holidays(2021)  # New Year's Day of 2022, a Saturday
    assert date(2020, 6, 19) not in federal_holidays(2020)
    assert holidays(date(2026, 12, 1), date(2027, 1, 2)) >= {date(2026, 12, 25), date(2027, 1, 1)}


@pytest.mark.parametrize(
    ("booked", "visit", "asked", "due"),
    [
        (date(2026, 11, 23), date(2026, 12, 8), None, date(2026, 11, 27)),  # ten business days, Thanksgiving aside
        (date(2026, 11, 23), date(2026, 12, 7), None, date(2026, 11, 24)),
        (date(2026, 11, 23), date(2026, 11, 25), None, None),
        (date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 27)),
        (date(2026, 11, 23), date(2026, 12, 8), date(2026, 11, 20), date(2026, 11, 25)),
        (date(2026, 12, 30), date(2026, 12, 31), date(2026, 12, 30), date(2027, 1, 5)),  # over New Year's Day
    ],
)
def test_an_estimate_is_due_by_how_far_ahead_the_visit_was_booked_or_when_it_was_asked_for(
    booked: date, visit: date, asked: date | None, due: date | None
) -> None:
    """The earlier of the two; none where the law sets none."""
    assert due_day(booked, visit, asked) == due


def test_a_check_takes_less_than_a_millisecond_of_the_processor() -> None:
    """It may run in the process that forwards media: measured over the shipped rules, in processor time."""
    known = [e.RULE, *packs.shipped_rules()]
    assert AHEAD.fees is FEES
    took = []
    for _ in range(200):
        begun = time.process_time()
        to_json(look_ahead(AHEAD, known, e.PACK, e.COMPACTS), AHEAD)
        took.append(time.process_time() - begun)
    assert sorted(took)[100] < 0.001
