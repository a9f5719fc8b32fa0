"""*Your payers* over a real store: the answers of a call become a version, tried on the visits of the last 90 days."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from billing_hooks import contract, demo, jobs, payer_script, payer_tasks, rules
from billing_hooks.field_errors import WrongFields
from billing_hooks.files_pages import create_files_pages
from billing_hooks.material import Sheet
from billing_hooks.payer_script import Row
from billing_hooks.payers_pages import create_payers_pages
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind
from tests.billing_hooks.desk_kit import answering
from tests.billing_hooks.test_pages import AT, PRACTICE, TEMPLATES, checked, who

Seal = Callable[[dict[str, Any]], bytes]
TODAY = date(2026, 11, 22)
ANSWERS = {
    "home": "yes", "elsewhere": "yes", "pos_home": "no", "pos_home_words": "02", "pos_other": "yes", "mods_av": "yes",
    "audio_only": "yes", "audio_only_words": "90834 90837", "mods_audio": "no", "mods_audio_words": "none",
    "licences": "no", "licences_words": "clinical_social_worker psychologist", "excluded": "no",
    "telemedicine": "no", "auth_required": "no", "filing": "yes", "filing_words": "180",
    "call_ref": "A-17", "representative": "Kim", "answered_on": "2026-11-20", "way": "phone", "scope": "payer_policy",
    "from": "2026-01-01", "valid_through": "2027-11-20", "note": "Call again in spring.",
}  # fmt: skip
BCBS = {"id": "bcbs-mn-commercial-2026", "payer": "BCBS MN", "lob": "commercial", "unit_rule": "cpt_midpoint"}


def rule_of(row: dict[str, Any] = BCBS, **change: str) -> rules.PayerRule:
    """The rule that the answers make."""
    form = payer_script.rule_from(Row(row["id"], row), ANSWERS | change, by="Robin Hale", today=TODAY)
    return rules.parse({**form, "version": 2})


def test_answers_become_what_the_coder_reads() -> None:
    """Each answer its field; what the call does not ask stays; who, when and under which number stand in it."""
    rule = rule_of()
    assert (rule.originating_sites, rule.pos_home, rule.pos_other) == (rules.ANY, "02", "02")
    assert (rule.modifiers_av, rule.modifiers_audio) == (("95",), ())
    assert (rule.audio_only, rule.audio_codes) == ("listed", frozenset({"90834", "90837"}))
    assert rule.licences_allow == frozenset({"clinical_social_worker", "psychologist"})
    assert (rule.family("98000").accepted, rule.auth_required, rule.timely_filing_days) == (False, False, 180)
    assert (rule.kind, rule.status, rule.unit_rule) == ("payer_policy", "confirmed", "cpt_midpoint")
    assert rule.confirmed == rules.Confirmed("Robin Hale", TODAY, "Kim", "A-17")
    assert rule.citations == ("phone with BCBS MN, reference A-17 · 2026-11-20",)
    assert not rule.call_reference_missing


@pytest.mark.parametrize(
    ("question", "field"),
    [("home", "originating_sites"), ("elsewhere", "originating_sites"), ("pos_home", "pos_home"),
     ("pos_other", "pos_other"), ("mods_av", "modifiers_av"), ("mods_audio", "modifiers_audio"),
     ("audio_only", "audio_only"), ("licences", "licences_allow"), ("excluded", "services_excluded"),
     ("auth_required", "auth_required"), ("filing", "timely_filing_days")],
)  # fmt: skip
def test_unknown_stays_unknown(question: str, field: str) -> None:
    """Neither yes nor no is made of what the payer did not know, and the rule says that it was left open."""
    rule = rule_of(**{question: "unknown"})
    assert getattr(rule, field) is None
    assert question.replace("_", " ") in rule.note


def test_a_row_that_speaks_for_many_becomes_the_rule_of_the_one_that_was_asked() -> None:
    """A plan's name, or one of the payer's plans; a member's answer is no rule for the others."""
    pmap = {"id": "mn-pmap-2026", "payer": "*", "lob": "mn_pmap"}
    rule = rule_of(pmap, plan="Hennepin Health")
    assert (rule.id, rule.payer, rule.kind) == ("mn-pmap-2026-hennepin-health", "Hennepin Health", "payer_policy")
    rule = rule_of({"id": "ucare-2026", "payer": "UCare", "lob": "*"}, lob="medicare_advantage")
    assert (rule.id, rule.lob) == ("ucare-2026-medicare-advantage", "medicare_advantage")
    for row, field in ((pmap, "plan"), ({"id": "ucare-2026", "payer": "UCare", "lob": "*"}, "lob")):
        with pytest.raises(WrongFields) as refused:
            rule_of(row)
        assert refused.value.fields.keys() == {field}


WRONG = [
    ("call_ref", {"call_ref": " "}), ("representative", {"representative": ""}), ("answered_on", {"answered_on": "x"}),
    ("answered_on", {"answered_on": "2026-11-23"}), ("from", {"from": ""}),
    ("valid_through", {"valid_through": "2025-01-01"}),
    ("pos_home_words", {"pos_home_words": "2"}), ("mods_audio_words", {"mods_audio_words": ""}),
    ("licences_words", {"licences_words": ""}), ("filing_words", {"filing_words": "many"}),
    ("note", {"note": "a\x00"}),
    ("audio_only_words", {"audio_only_words": "9083"}), ("home", {"home": "perhaps"}), ("scope", {"scope": "law"}),
    ("scope", {"scope": "member_verification"}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "change"), WRONG, ids=[f"{each[0]}-{n}" for n, each in enumerate(WRONG)])
def test_what_is_wrong_is_said_at_its_field(field: str, change: dict[str, str]) -> None:
    """Above all the reference number."""
    with pytest.raises(WrongFields) as refused:
        rule_of(**change)
    assert refused.value.fields.keys() == {field}


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing; the client's plan is one that nobody has asked."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, [], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages as the house mounts them."""
    app = FastAPI()
    app.include_router(create_payers_pages(store, TEMPLATES, who), prefix="/billing")
    app.include_router(create_files_pages(store, who), prefix="/billing")

    answering(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as client:
        yield client


async def visits(store: Store, event: dict[str, Any], seal: Seal, payers: list[str]) -> None:
    """One finished visit for each payer named, signed and stated."""
    for number, payer in enumerate(payers):
        event |= {"id": f"evt_{number}", "client": {"id": f"cli_{number}"}}
        event["visit"]["id"] = f"vis_{number}"
        said = contract.statement(
            id_=f"evt_s{number}", sequence=42, about=event["id"], practice=PRACTICE, visit=f"vis_{number}",
            clinician="stf_rivera", issued_at="2026-11-20T17:01:00.000Z", saw_and_heard=True, place_confirmed=True,
            exceptions=[],
        )  # fmt: skip
        await store.save_coverage(PRACTICE, f"cli_{number}", replace(demo.COVERAGE, payer=payer), "demo", AT)
        await store.save_sheet(PRACTICE, f"vis_{number}", Sheet(46, ("F41.1",)), "stf_rivera", AT)
        for body in (event, said):
            await store.receive(body, seal(body), AT)
        await jobs.code_encounter(store, PRACTICE, f"vis_{number}", at=AT)


async def confirm(browser: httpx.AsyncClient, row: str = "bcbs-mn-commercial-2026", **change: str) -> httpx.Response:
    """Send the answers."""
    return await browser.post(f"/billing/payers/{row}", json={"fields": ANSWERS | change})


async def test_a_call_confirms_the_row_and_says_what_could_now_be_coded(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """Two of three visits are under the row: both are freed; the third stays with its own reason. Nothing changes by
    the trying itself; the queue then codes what is open."""
    await visits(store, event, seal, ["BCBS MN", "BCBS MN", "Medica"])
    assert "0 of 11 confirmed" in checked(await browser.get("/billing/payers"))
    answer = await confirm(browser)
    assert answer.json() == {"to": "/billing/payers/bcbs-mn-commercial-2026/result"}, answer.text
    asked = await store.last_task(PRACTICE, TaskKind.DRY_RUN, "bcbs-mn-commercial-2026")
    assert asked is not None
    assert asked.state == "waiting"
    await payer_tasks.run(store, PRACTICE, asked.id, at=AT)
    found = (await browser.get(f"/billing/tasks/{asked.id}")).json()
    assert (found["state"], found["done"], found["total"]) == ("done", 3, 3)
    assert {name: found["outcome"][name] for name in ("visits", "concerned", "before", "now", "freed")} == {
        "visits": 3, "concerned": 2, "before": 0, "now": 2, "freed": 2,
    }  # fmt: skip
    assert {row.outcome.value for row in await store.worklist(PRACTICE)} == {"hold"}
    await jobs.work_queue(store, drain=True)
    verdicts = sorted(row.verdict for row in await store.worklist(PRACTICE) if row.outcome == "bill")
    assert verdicts == ["Ready to release: 90834 95, POS 02, 46 minutes"] * 2
    page = checked(await browser.get("/billing/payers"))
    assert "1 of 11 confirmed" in page
    assert "reference A-17" in page
    assert f'data-task="{asked.id}"' in checked(await browser.get("/billing/payers/bcbs-mn-commercial-2026/result"))


async def test_what_is_still_held_is_counted_by_its_reason(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """An answer left open frees nothing, and the result says why."""
    await visits(store, event, seal, ["BCBS MN"])
    await confirm(browser, elsewhere="unknown")
    asked = await store.last_task(PRACTICE, TaskKind.DRY_RUN)
    assert asked is not None
    await payer_tasks.run(store, PRACTICE, asked.id, at=AT)
    outcome = (await store.task(PRACTICE, asked.id)).outcome
    assert outcome is not None
    assert (outcome["freed"], outcome["concerned"]) == (0, 1)
    assert outcome["still"][0][0].startswith("RULE_INCOMPLETE: ")


async def test_a_task_is_run_once_and_found_again_after_a_crash(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal
) -> None:
    """A worker that starts finds what was begun; what has ended stays as it is."""
    await visits(store, event, seal, ["BCBS MN"])
    await confirm(browser)
    asked = await store.last_task(PRACTICE, TaskKind.DRY_RUN)
    assert asked is not None
    await store.progress(PRACTICE, asked.id, 0, 1)
    await jobs.work_queue(store, drain=True)
    first = await store.task(PRACTICE, asked.id)
    assert first.state == "done"
    await payer_tasks.run(store, PRACTICE, asked.id)
    assert await store.task(PRACTICE, asked.id) == first


async def test_what_was_typed_is_found_again(browser: httpx.AsyncClient, store: Store, database: Any) -> None:
    """On another day, on another machine; sealed meanwhile, and gone once it is confirmed."""
    typed = {"home": "yes", "representative": "Kim Unusual", "filing": "yes", "filing_words": "180"}
    await browser.post("/billing/payers/medica-commercial-2026/draft", json={"fields": typed})
    assert "Go on with Medica" not in checked(await browser.get("/billing/payers"))  # the first row waits before it
    connection = await asyncpg.connect(database.billing_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        [draft] = await connection.fetch("SELECT * FROM billing.payer_drafts")
    finally:
        await connection.close()
    assert b"Unusual" not in draft["answers_sealed"]
    page = checked(await browser.get("/billing/payers/medica-commercial-2026"))
    assert 'value="Kim Unusual"' in page
    assert 'name="filing" value="yes" checked' in page
    assert "Begun" in checked(await browser.get("/billing/payers"))
    assert (await confirm(browser, "medica-commercial-2026")).status_code == 200
    assert await store.drafts(PRACTICE) == {}


async def test_names_of_people_stand_sealed(browser: httpx.AsyncClient, store: Store, database: Any) -> None:
    """The biller's and the representative's: no row of any table holds either in clear, and the page shows both."""
    assert (await confirm(browser, representative="Kim Unusual")).status_code == 200
    await jobs.work_queue(store, drain=True)
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        for table in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'billing'"):
            rows = await connection.fetch(f"SELECT * FROM billing.{table[0]}")  # noqa: S608 - names from the catalogue
            shown = b" ".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row.values())
            assert b"Unusual" not in shown, table[0]
            assert b"Robin Hale" not in shown, table[0]
    finally:
        await connection.close()
    [version] = await store.rule_versions(PRACTICE, "bcbs-mn-commercial-2026")
    assert version.form["confirmed"]["by"] == "Robin Hale"
    assert version.form["verification"]["rep"] == "Kim Unusual"


async def test_a_refusal_keeps_nothing_and_names_the_fields(browser: httpx.AsyncClient, store: Store) -> None:
    """No reference number, no rule."""
    answer = await confirm(browser, call_ref="", representative="")
    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"call_ref", "representative"}
    assert "reference number" in answer.json()["fields"]["call_ref"]
    assert await store.rule_versions(PRACTICE, "bcbs-mn-commercial-2026") == ()
    assert (await browser.get("/billing/payers/no-such-row")).json()["code"] == "rule-unknown"


async def test_every_row_of_the_pack_can_be_confirmed(browser: httpx.AsyncClient, store: Store) -> None:
    """Eleven calls: eleven of eleven, with nothing in each other's way."""
    from billing_hooks import packs

    rows = [each for each in packs.shipped_versions() if each.file == "minnesota.toml"]
    for each in rows:
        named = {"plan": "Blue Plus"} if each.rule.payer == "*" else {}
        chosen = {"lob": "commercial"} if each.rule.lob == "*" else {}
        checked(await browser.get(f"/billing/payers/{each.rule.id}"))
        answer = await confirm(browser, each.rule.id, **named, **chosen, **{"from": each.rule.since.isoformat()})
        assert answer.status_code == 200, (each.rule.id, answer.text)
    page = checked(await browser.get("/billing/payers"))
    assert "11 of 11 confirmed" in page
    assert "Every row is confirmed" in page
