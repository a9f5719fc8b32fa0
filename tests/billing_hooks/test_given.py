"""Services without a visit: read line by line, one a client, kind and period, coded into an encounter of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from billing_hooks import demo, given, jobs
from billing_hooks.errors import Malformed, Refused
from billing_hooks.given import Given
from billing_hooks.material import Fee
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.words import Outcome, Proposal

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PRACTICE, CLIENT = "prc_lakeside", "cli_82b1f0"
FIRST = date(2026, 10, 1)
DAYS = Given(
    kind=given.DEVICE_DAYS,
    client=CLIENT,
    begins=FIRST,
    clinician={"id": "stf_moss", "npi": "1880000207", "type": "MD", "licensed": {"MN": "2029-12-31"}},
    state="MN",
    site="home",
    diagnoses=("I10",),
    entries=given.device_lines(
        "\n".join(f"{FIRST + timedelta(days=number)} 128/82" for number in range(17)), "blood_pressure", "mmHg"
    ),
    consent=True,
    confirmed=True,
)
MINUTES = replace(
    DAYS, kind=given.MONITORING, live_contact=True,
    entries=given.minute_lines("2026-10-03 12 reviewed readings\n2026-10-20 11 called, changed the dose"),
)  # fmt: skip
HOSTED = replace(DAYS, kind=given.HOSTING, entries=(), site="clinic", begins=date(2026, 11, 3))


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing and fees for these services."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, [CLIENT], {}, AT)
    for code in ("99453", "99454", "99445", "99457", "99458", "99470", "Q3014"):
        await made.save_fee(PRACTICE, Fee(code, 5000, date(2026, 1, 1)))
    yield made
    await made.close()


async def coded(store: Store, found: Given, seen: int = 0) -> Proposal:
    """Enter a service and code it through the queue's own way."""
    entered = await store.save_given(PRACTICE, found, seen, "stf_hale", AT)
    await jobs.code_encounter(store, PRACTICE, entered.id, at=AT)
    row, codings, _ = await store.encounter(PRACTICE, encounter_id(PRACTICE, entered.id))
    assert (row.event, row.visit, row.client, row.clinician) == (entered.id, entered.id, CLIENT, "stf_moss")
    assert row.service_date == found.ends
    return codings[0].proposal


async def test_device_days_minutes_and_hosting_are_coded_each_into_its_own_encounter(store: Store) -> None:
    """With the codes of the tables, none of them at a place of telehealth, none with its modifier."""
    days = await coded(store, replace(DAYS, set_up=True))
    assert days.outcome is Outcome.BILL, days.reasons
    assert [(line.code, line.units, line.modifiers) for line in days.lines] == [("99453", 1, ()), ("99454", 1, ())]
    minutes = await coded(store, MINUTES)
    assert [(line.code, line.units) for line in minutes.lines] == [("99457", 1)]
    hosted = await coded(store, HOSTED)
    assert [line.code for line in hosted.lines] == ["Q3014"]
    assert not {line.pos for found in (days, minutes, hosted) for line in found.lines} & {"02", "10"}
    assert (await store.counts(PRACTICE))["all"] == 3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"consent": False}, "CONSENT_MISSING"),
        ({"confirmed": False}, "CLINICIAN_ATTESTATION_MISSING"),
        ({"diagnoses": ()}, "DX_MISSING"),
        ({"state": "WI"}, "LICENSE_STATE_MISMATCH"),
        ({"entries": DAYS.entries[:1]}, "TIME_BELOW_MINIMUM"),
    ],
)
async def test_what_is_missing_is_named(store: Store, changed: dict[str, Any], reason: str) -> None:
    """By the same coder as for visits."""
    assert reason in [each.code for each in (await coded(store, replace(DAYS, **changed))).reasons]


async def test_a_period_beyond_the_diagnosis_table_is_held_as_a_visit_is(store: Store) -> None:
    """Until somebody has compared the table with a younger release."""
    await store.save_diagnosis_reach(PRACTICE, date(2026, 9, 30), "the release as shipped", "stf_hale", AT)
    found = await coded(store, DAYS)
    assert (found.outcome, [each.code for each in found.reasons]) == (Outcome.HOLD, ["TABLES_OUT_OF_DATE"])


async def test_a_released_service_stays_released_while_nothing_of_it_changes(store: Store) -> None:
    """Coded again half a year later it is the same claim."""
    await coded(store, DAYS)
    (entered,) = await store.given_services(PRACTICE, CLIENT)
    encounter = encounter_id(PRACTICE, entered.id)
    await store.release(PRACTICE, encounter, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    await jobs.code_encounter(store, PRACTICE, entered.id, at=AT + timedelta(days=900))
    row, codings, _ = await store.encounter(PRACTICE, encounter)
    assert (row.released, row.version, len(codings)) == (True, 1, 1)


async def test_minutes_of_a_billed_visit_do_not_count_twice(store: Store) -> None:
    """They hold the month."""
    found = await coded(store, replace(MINUTES, twice=5))
    assert [each.code for each in found.reasons] == ["DOUBLE_COUNTED_TIME"]


async def test_one_service_a_client_kind_and_period(store: Store) -> None:
    """The same again is a correction of a version that was seen, or refused; device periods do not overlap."""
    await coded(store, DAYS)
    with pytest.raises(Refused, match="already-entered"):
        await store.save_given(PRACTICE, DAYS, 0, "stf_hale", AT)
    fewer = await coded(store, replace(DAYS, entries=DAYS.entries[:5]), seen=1)
    assert [line.code for line in fewer.lines] == ["99445"]
    assert (await store.counts(PRACTICE))["all"] == 1
    with pytest.raises(Refused, match="period-overlaps"):
        await store.save_given(PRACTICE, replace(DAYS, begins=date(2026, 9, 20)), 0, "stf_hale", AT)
    await store.save_given(PRACTICE, replace(DAYS, begins=date(2026, 9, 1), set_up=True), 0, "stf_hale", AT)
    with pytest.raises(Refused, match="set-up-entered"):
        await store.save_given(PRACTICE, replace(DAYS, set_up=True), 2, "stf_hale", AT)
    (first, second) = await store.given_services(PRACTICE, CLIENT)
    assert (first.version, first.given.days, second.version) == (2, 5, 1)


async def test_a_changed_plan_codes_them_again(store: Store) -> None:
    """As it does visits."""
    await coded(store, DAYS)
    assert await store.recode_open(PRACTICE, None, None) == 1


async def test_an_entered_service_whose_turn_was_lost_is_coded_all_the_same(store: Store) -> None:
    """As a visit is: the sweep finds it."""
    await store.save_given(PRACTICE, DAYS, 0, "stf_hale", AT)
    assert await store.enqueue_forgotten() == 1
    await jobs.work_queue(store, drain=True)
    assert (await store.counts(PRACTICE))["all"] == 1
    assert await store.enqueue_forgotten() == 0


async def test_an_entered_service_is_sealed_and_stays(store: Store, database: Any) -> None:
    """Readings and diagnoses stand readable in no column; the role may change and delete nothing."""
    await coded(store, DAYS)
    engine = create_async_engine(database.billing_url)
    async with engine.connect() as work:
        row = (await work.execute(text("SELECT given::text FROM billing.given"))).scalar_one()
        assert "I10" not in row
        assert b"128".hex() not in row
        for statement in ("UPDATE billing.given SET kind = 'hosting'", "DELETE FROM billing.given"):
            with pytest.raises(DBAPIError):
                await work.execute(text(statement))
            await work.rollback()
    await engine.dispose()


@pytest.mark.parametrize(
    ("lines", "say"),
    [
        ("2026-10-03", "Line 1: write it like 2026-11-03 128/82"),
        ("2026-10-03 128/82\n2026-02-30 128/82", "Line 2: there is no such day"),
        ("\n2026-10-03 82/128", "Line 2: Blood pressure: the upper number comes first"),
        ("2026-10-03 high", "Line 1: Blood pressure: write the number"),
    ],
)
def test_a_broken_line_is_named_by_its_number(lines: str, say: str) -> None:
    """And nothing of the others is kept."""
    with pytest.raises(Malformed) as refused:
        given.device_lines(lines, "blood_pressure", "mmHg")
    assert say in refused.value.say


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(DAYS, begins=date(2026, 11, 1)), "period-open"),
        (replace(DAYS, begins=date(2026, 10, 5)), "lines-outside"),
        (replace(DAYS, entries=()), "lines-missing"),
        (replace(MINUTES, begins=date(2026, 10, 2)), "period-begins"),
        (replace(MINUTES, live_contact=None), "contact-missing"),
        (replace(HOSTED, site="home"), "site-home"),
    ],
)
def test_a_service_that_cannot_be_is_refused_with_what_to_do(found: Given, code: str) -> None:
    """Before anything is stored."""
    with pytest.raises(Malformed) as refused:
        given.check(found, date(2026, 11, 21))
    assert refused.value.code == code


def test_what_is_kept_is_what_was_entered() -> None:
    """To the last reading."""
    for found in (DAYS, MINUTES, HOSTED):
        assert Given.from_json(found.to_json()) == found
