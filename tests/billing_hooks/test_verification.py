"""The verification form: every answer kept, no reference no verification, expired is unknown, and what it decides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from billing_hooks import demo, jobs, rules, verification
from billing_hooks.client_record import Authorization, ClientRecord
from billing_hooks.cost_share import CostShare
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.material import Coverage, Sheet
from billing_hooks.store import Store
from billing_hooks.verification import Verification
from tests.billing_hooks.client_kit import BASE, CALL, CLIENT, PLAN, PRACTICE, add_plan, browser_of, checked, fill

Seal = Callable[[dict[str, Any]], bytes]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VISIT, DOS = "vis_7f3a91c2d4", date(2026, 11, 20)
HELD = HeldCoverage("cov_1", 1, Coverage("Aetna", "commercial", funding="fully_insured", state="MN", network="in"),
                    Policy(member="A1"))  # fmt: skip
SAID = Verification(
    on=date(2026, 11, 2), expires=date(2027, 1, 31), payer="Aetna", lob="commercial", member="A1",
    representative="Dana", call_reference="REF-4711", active=True, telehealth=True, home=True, modifier="95",
    pos_home="10", pos_other="02", authorization="not_required",
)  # fmt: skip


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's fees and services."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, [], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages."""
    async with browser_of(store) as made:
        yield made


async def coded(store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal) -> None:
    """A visit that was held, signed and stated."""
    await store.save_sheet(PRACTICE, VISIT, Sheet(minutes=46, diagnoses=("F41.1",)), "stf_rivera", AT)
    for raw in (seal(event), seal(statement)):
        await store.receive(json.loads(raw), raw, AT)


async def outcome(store: Store) -> tuple[str, set[str], tuple[str, ...]]:
    """Outcome, reasons and rules of the one visit, after every run that was asked for."""
    await jobs.work_queue(store, drain=True)
    [row] = await store.worklist(PRACTICE)
    _, codings, _ = await store.encounter(PRACTICE, row.id)
    found = codings[0].proposal
    return found.outcome.value, {each.code for each in found.reasons}, found.rules


async def test_every_answer_is_kept_and_shown_in_the_history(browser: httpx.AsyncClient) -> None:
    """Newest first, with who asked, the representative and the reference; the form starts with the last answers."""
    path = await add_plan(browser)
    everything = CALL | {
        "licence-psychologist": "yes", "excluded-asked": "yes", "excluded-day_treatment": "yes", "note": "no fax",
        "audio-modifier": "93", "audio-only": "listed", "authorization": "required", "authorization-number": "PA1",
    }  # fmt: skip
    assert "holds until 2027-01-31" in (await fill(browser, f"{path}/verify", everything))["say"]
    await fill(browser, f"{path}/verify", CALL | {"call-reference": "REF-2"})
    text = checked(await browser.get(path))
    for part in (
        "Verified", "ref. REF-4711", "ref. REF-2", "Dana", "kept by Robin Hale", "Psychologist", "Day treatment",
        "no fax", "Paid for listed codes, modifier 93", "Required, PA1", "$25.00 copayment", "20 % coinsurance",
        "$500.00 deductible, $120.00 left",
    ):  # fmt: skip
        assert part in text, part
    assert text.index("REF-2") < text.index("REF-4711")
    assert 'id="representative" name="representative" type="text" value=""' in text, "each call has its own"


@pytest.mark.parametrize("without", ["call-reference", "representative", "active"])
async def test_a_call_without_reference_name_or_plan_status_is_kept_but_verifies_nothing(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal, without: str
) -> None:
    """The page says what is missing, and the visit is held as unverified."""
    await coded(store, event, statement, seal)
    path = await add_plan(browser)
    said = await fill(browser, f"{path}/verify", CALL | {without: ""})
    assert said["say"].startswith("It lacks ")
    text = checked(await browser.get(path))
    assert "Not verified" in text
    found, reasons, _ = await outcome(store)
    assert found == "hold"
    assert "COVERAGE_UNVERIFIED" in reasons


async def test_an_expired_verification_is_unknown_and_holds(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """On its last day it still counts; a day later the visit is held as unverified; asking again cures."""
    await coded(store, event, statement, seal)
    path = await add_plan(browser)
    await fill(browser, f"{path}/verify", CALL | {"on": "2026-08-01", "expires": "2026-11-20"})
    assert (await outcome(store))[0] == "bill"
    await fill(browser, f"{path}/verify", CALL | {"on": "2026-08-01", "expires": "2026-11-19", "active": ""})
    assert (await outcome(store))[0] == "bill", "an unfinished call takes nothing from one that counts"
    other = await add_plan(browser, payer="Aetna", member="A1")
    await fill(browser, f"{other}/verify", CALL | {"on": "2026-08-01", "expires": "2026-11-19"})
    ids = [one.rpartition("/")[2] for one in (other, path)]
    await browser.post(f"{BASE}/order", json={"order": ids})
    found, reasons, _ = await outcome(store)
    assert (found, reasons) == ("hold", {"COVERAGE_UNVERIFIED"} | (reasons - {"COVERAGE_UNVERIFIED"}))
    assert "COVERAGE_UNVERIFIED" in reasons
    assert "Expired" in checked(await browser.get(other))
    await fill(browser, f"{other}/verify", CALL)
    assert (await outcome(store))[0] == "bill"


async def test_what_the_payer_said_decides_where_the_practice_has_no_rule(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Held without a rule; the plan's own answers bill with its modifier; what it does not cover is refused."""
    await coded(store, event, statement, seal)
    path = await add_plan(browser, payer="Small Plan of Duluth", member="S1")
    await fill(browser, f"{path}/verify", CALL | {"telehealth": ""})
    found, reasons, _ = await outcome(store)
    assert found == "hold"
    assert reasons & {"RULE_MISSING", "RULE_UNCONFIRMED"}
    await fill(browser, f"{path}/verify", CALL | {"modifier": "GT", "pos-home": "02"})
    found, reasons, named = await outcome(store)
    assert found == "bill", reasons
    assert any(name.startswith("verified-cov_") for name in named)
    [row] = await store.worklist(PRACTICE)
    assert row.verdict == "Ready to release: 90834 GT, POS 02, 46 minutes"
    await fill(browser, f"{path}/verify", CALL | {"home": "no"})
    found, reasons, _ = await outcome(store)
    assert found == "bill", "Minnesota's law frees the place for an insured plan"
    await fill(browser, path, PLAN | {
        "payer": "Small Plan of Duluth", "member": "S1", "funding": "self_funded",
    }, seen=1)  # fmt: skip
    found, reasons, _ = await outcome(store)
    assert (found, reasons) == ("refuse", {"ORIGINATING_SITE_NOT_ALLOWED"}), "it does not reach a self-funded one"
    await fill(browser, f"{path}/verify", CALL | {"telehealth": "no"})
    found, reasons, _ = await outcome(store)
    assert (found, reasons) == ("refuse", {"SERVICE_EXCLUDED_TELEHEALTH"})


async def test_another_plan_under_the_same_entry_is_not_verified_by_the_old_call(browser: httpx.AsyncClient) -> None:
    """A new member number is another plan."""
    path = await add_plan(browser)
    await fill(browser, f"{path}/verify", CALL)
    assert "holds until" in checked(await browser.get(path))
    await fill(browser, path, PLAN | {"member": "OTHER"}, seen=1)
    assert "holds until" not in checked(await browser.get(path)).partition("Ask the payer</h2>")[0]
    assert "Nobody has asked the payer yet" in checked(await browser.get(BASE))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"on": ""}, "on"),
        ({"on": "2031-01-01"}, "on"),
        ({"expires": "2026-11-01"}, "expires"),
        ({"expires": "2028-11-01"}, "expires"),
        ({"copay": "a lot"}, "copay"),
        ({"coinsurance": "101"}, "coinsurance"),
        ({"pos-home": "77"}, "pos-home"),
        ({"modifier": "96"}, "modifier"),
    ],
)
async def test_an_error_of_the_form_names_its_field(
    browser: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    """And nothing is kept."""
    path = await add_plan(browser)
    answer = await fill(browser, f"{path}/verify", CALL | change, 400)
    assert list(answer["fields"]) == [field]
    assert "None yet." in checked(await browser.get(path))


def test_answers_become_the_fields_that_the_coder_reads() -> None:
    """And nothing of them after the day on which they expire."""
    found = verification.applied(HELD, [SAID], ClientRecord(), DOS, ())
    assert (found.active, found.verified_on, found.authorization, found.network) == (
        True, SAID.on, "not_required", "in",
    )  # fmt: skip
    late = verification.applied(HELD, [SAID], ClientRecord(), date(2027, 2, 1), ())
    assert (late.active, late.verified_on, late.authorization) == (None, None, None)
    needed = replace(SAID, authorization="required")
    assert verification.applied(HELD, [needed], ClientRecord(), DOS, ()).authorization == "missing"
    numbered = replace(needed, authorization_number="PA1")
    assert verification.applied(HELD, [numbered], ClientRecord(), DOS, ()).authorization == "on_file"
    used = Authorization("PA1", 2, date(2026, 1, 1), date(2026, 12, 31), used_before=2)
    spent = verification.applied(HELD, [numbered], ClientRecord(authorizations=(used,)), DOS, ())
    assert spent.authorization == "missing"
    given = ClientRecord(authorizations=(Authorization("1", 2, date(2026, 1, 1), date(2026, 12, 31), "cov_1"),))
    assert verification.applied(HELD, [needed], given, DOS, ()).authorization == "on_file"
    elsewhere = ClientRecord(authorizations=(Authorization("1", 2, date(2026, 1, 1), date(2026, 12, 31), "cov_2"),))
    assert verification.applied(HELD, [needed], elsewhere, DOS, ()).authorization == "missing"
    assert verification.applied(HELD, [], ClientRecord(), DOS, ()) == HELD.coverage


def test_that_a_plan_ended_later_takes_nothing_back_from_an_earlier_day() -> None:
    """But a correction about that day does."""
    ended = replace(SAID, on=date(2026, 12, 15), active=False)
    assert verification.standing([ended, SAID], HELD, DOS) == SAID
    assert verification.standing([ended, SAID], HELD, date(2026, 12, 20)) == ended
    corrected = replace(SAID, on=date(2026, 12, 15), home=False)
    assert verification.standing([corrected, SAID], HELD, DOS) == corrected


def test_the_rule_of_a_verification_is_one_that_the_rules_reader_takes() -> None:
    """Strictly; and there is none while an answer that a claim needs is open."""
    made = verification.rule(HELD, SAID, DOS)
    assert made is not None
    parsed = rules.parse(made)
    assert (parsed.kind, parsed.pos_home, parsed.modifiers_av, parsed.call_reference_missing) == (
        "member_verification", "10", ("95",), False,
    )  # fmt: skip
    assert "REF-4711" in parsed.citations[0]
    for change in ({"home": None}, {"modifier": ""}, {"pos_other": ""}, {"telehealth": None}, {"call_reference": ""}):
        assert verification.rule(HELD, replace(SAID, **change), DOS) is None, change  # type: ignore[arg-type]  # each its own
    assert verification.rule(HELD, SAID, date(2027, 2, 1)) is None


def test_a_verification_reads_back_what_it_wrote() -> None:
    """Through JSON."""
    full = replace(SAID, excluded=("therapy",), licences=("psychologist",), copay=2500)
    for one in (SAID, full):
        assert Verification.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert CLIENT


def test_what_the_payer_said_of_the_clients_part_is_told_while_it_counts() -> None:
    """In the same terms as a share that was filed; nothing where nothing was said, or once it has expired."""
    said = replace(SAID, copay=2_500, deductible_left=0)
    assert verification.share(said, DOS) == CostShare(copay=2_500, deductible_left=0, answered_on=date(2026, 11, 2))
    assert verification.share(said, date(2027, 2, 1)) is None
    assert verification.share(SAID, DOS) is None
    assert verification.share(None, DOS) is None


async def test_the_newer_of_two_answers_about_the_clients_part_counts(store: Store) -> None:
    """One was filed, one came with a verification of the plan that holds on the day."""
    filed = CostShare(copay=1_000, answered_on=date(2026, 11, 1))
    await store.save_cost_share(PRACTICE, CLIENT, filed, "stf_hale", AT)
    held = await store.save_held(PRACTICE, CLIENT, replace(HELD, id=""), "stf_hale", AT)
    async with store.work() as work:
        assert await store.cost_share(work, PRACTICE, CLIENT, DOS) == filed
    await store.save_verification(PRACTICE, CLIENT, held.id, replace(SAID, copay=2_500), "stf_hale", AT)
    async with store.work() as work:
        found = await store.cost_share(work, PRACTICE, CLIENT, DOS)
        assert found is not None and found.copay == 2_500
