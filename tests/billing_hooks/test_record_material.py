"""What a client's record brings to the coder: days that Medicare counts from, private pay, who was seen before."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing_hooks import demo, jobs, packs
from billing_hooks.client_record import Address, ClientRecord, Seen
from billing_hooks.encounter import from_event
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.jobs import Material, propose
from billing_hooks.material import Coverage, Sheet
from billing_hooks.store import Store
from billing_hooks.store_checks import Act
from tests.billing_hooks.client_kit import CLIENT, PRACTICE

Seal = Callable[[dict[str, Any]], bytes]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VISIT, DOS = "vis_7f3a91c2d4", date(2026, 11, 20)
FULL = ClientRecord(
    given="Jordan", private_pay=True, medicare_client=True, last_in_person=date(2026, 6, 1),
    in_person_exception=True, first_home_telehealth=date(2026, 1, 5),
    seen_elsewhere=Seen(date(2024, 11, 21), "psychiatry"),
)  # fmt: skip
MEDICARE = Coverage(
    "Medicare Part B", "medicare_b", funding="government", state="MN", active=True, verified_on=date(2026, 1, 1),
    first_payer=True, authorization="not_required", network="in", credentialing="practice",
)  # fmt: skip


def material(event: dict[str, Any], statement: dict[str, Any], record: ClientRecord | None, **change: Any) -> Material:
    """A visit with a Medicare plan."""
    made = Material(
        event=event, statement=statement, sheet=Sheet(minutes=46, diagnoses=("F41.1",)), coverage=MEDICARE,
        intent="psychotherapy_individual", fees=(), rules=(), today=date(2026, 11, 21), record=record,
    )  # fmt: skip
    return replace(made, **change)


def test_the_record_becomes_what_the_coder_asks_for(event: dict[str, Any]) -> None:
    """Months are whole months before the visit; what lies after it has not happened yet."""

    def service(record: ClientRecord | None) -> Any:
        return from_event(
            event, None, None, None, intent=None, fees=(), today=DOS, titles=packs.shipped()[0].titles, record=record
        ).service

    found = service(FULL)
    assert (found.private_pay, found.medicare_client, found.in_person_exception) == (True, True, True)
    assert (found.last_in_person, found.first_home_telehealth) == (date(2026, 6, 1), date(2026, 1, 5))
    assert (found.seen_months_ago, found.seen_by_specialty) == (23, "psychiatry")
    late = replace(FULL, last_in_person=date(2026, 12, 1), first_home_telehealth=date(2026, 12, 1),
                   seen_elsewhere=Seen(DOS, "psychiatry"))  # fmt: skip
    found = service(late)
    assert (found.last_in_person, found.first_home_telehealth, found.seen_months_ago) == (None, None, None)
    assert service(None) == service(ClientRecord())


def test_material_keeps_the_record_and_reads_what_was_kept_before_there_was_one(
    event: dict[str, Any], statement: dict[str, Any]
) -> None:
    """A client of whom nothing decides leaves the digest of older runs as it was."""
    kept = material(event, statement, FULL.for_coding())
    assert Material.from_json(json.loads(json.dumps(kept.to_json()))) == kept
    assert "Jordan" not in json.dumps(kept.to_json()["record"])
    without = material(event, statement, None)
    assert "record" not in without.to_json()
    assert Material.from_json(json.loads(json.dumps(without.to_json()))) == without


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (None, True),
        (ClientRecord(last_in_person=date(2027, 10, 1)), False),
        (ClientRecord(last_in_person=date(2027, 5, 1)), True),
        (ClientRecord(last_in_person=date(2027, 5, 1), first_home_telehealth=date(2027, 6, 1)), False),
        (ClientRecord(in_person_exception=True, first_home_telehealth=date(2027, 6, 1)), False),
    ],
)
def test_medicares_visit_in_person_is_found_in_the_record(
    event: dict[str, Any], statement: dict[str, Any], record: ClientRecord | None, asked: bool
) -> None:
    """Within six months before the first visit at home, then within twelve, or the documented exception."""
    event["visit"]["date_of_service"] = "2028-01-05"
    event["clinician"]["covers_client_state"]["expires"] = "2029-08-31"
    found = propose(material(event, statement, record, today=date(2028, 1, 6)))
    assert ("IN_PERSON_REQUIRED" in {each.code for each in found.reasons}) is asked


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's fees and services, and a coverage."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, [CLIENT], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


async def version(store: Store) -> tuple[str, int, set[str]]:
    """Outcome, version and reasons of the visit, after every run that was asked for."""
    await jobs.work_queue(store, drain=True)
    [row] = await store.worklist(PRACTICE)
    _, codings, _ = await store.encounter(PRACTICE, row.id)
    return row.outcome.value, row.version, {each.code for each in codings[0].proposal.reasons}


async def test_only_what_decides_codes_a_visit_again(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """A new address changes no decision, nor a visit in person; that the client pays although Medicare stands behind
    does."""
    await store.save_sheet(PRACTICE, VISIT, Sheet(minutes=46, diagnoses=("F41.1",)), "stf_rivera", AT)
    for raw in (seal(event), seal(statement)):
        await store.receive(json.loads(raw), raw, AT)
    assert (await version(store))[:2] == ("bill", 1)
    await store.change_record(PRACTICE, CLIENT, lambda r: replace(r, address=Address("9 Elm St")), "stf_hale", AT)
    assert (await version(store))[:2] == ("bill", 1)
    await store.change_record(PRACTICE, CLIENT, lambda r: replace(r, last_in_person=date(2026, 3, 1)), "stf_hale", AT)
    assert (await version(store))[:2] == ("bill", 1)
    own = await store.save_held(PRACTICE, CLIENT, HeldCoverage("", 0, Coverage("Client", "self_pay")), "stf_hale", AT)
    await store.reorder(PRACTICE, CLIENT, [own.id, "cov_first"], "stf_hale", AT)
    outcome, number, reasons = await version(store)
    assert (outcome, number) == ("self_pay", 2), reasons
    plan = HeldCoverage("", 0, Coverage("Medicare Part B", "medicare_b"))
    await store.save_held(PRACTICE, CLIENT, plan, "stf_hale", AT)
    outcome, number, reasons = await version(store)
    assert (outcome, number) == ("hold", 3)
    assert "MANDATORY_CLAIM_SUBMISSION" in reasons


async def test_who_chose_at_the_desk_to_pay_is_not_held_for_credentialing(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Of that visit alone: the plan stays on file, and is billed for the next."""
    plan = replace(demo.COVERAGE, credentialing="client_state", credentialed=())
    await store.save_coverage(PRACTICE, CLIENT, plan, "stf_hale", AT)
    await store.save_sheet(PRACTICE, VISIT, Sheet(minutes=46, diagnoses=("F41.1",)), "stf_rivera", AT)
    for raw in (seal(event), seal(statement)):
        await store.receive(json.loads(raw), raw, AT)
    outcome, _, reasons = await version(store)
    assert outcome == "hold" and "NOT_CREDENTIALED_IN_STATE" in reasons
    act = Act("act_1", VISIT, CLIENT, "stf_rivera", "private_pay", "MN", AT, "stf_rivera")
    await store.add_act(PRACTICE, act)
    await store.recode_open(PRACTICE, None, None)
    outcome, _, reasons = await version(store)
    assert "NOT_CREDENTIALED_IN_STATE" not in reasons
    assert outcome == "self_pay", reasons
