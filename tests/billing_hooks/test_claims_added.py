"""What claims say beside their visit is entered on pages: supervisor, place, a delay's reason, who referred, and why
another plan pays before Medicare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from billing_hooks import claim_changes, claim_drafting, held_coverage, jobs
from billing_hooks.claim_profile import from_form, to_form
from billing_hooks.claims import reading
from billing_hooks.claims.claim import Claim, PostalAddress, Provider
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.material import Sheet
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, TODAY, Desk
from tests.billing_hooks.desk_kit import CLIENT, CLINICIAN, PRACTICE, Visits

SUPERVISOR = {"given": "Sam", "family": "Ode", "npi": "1770000309"}
PLACE = {"name": "Lakeside North", "street": "9 Oak Ave", "city": "Duluth", "state": "MN", "zip": "558021234"}
LATE = date(2027, 11, 21)


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


@pytest.fixture
async def browser(desk_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The biller's browser."""
    async with kit.pages(desk_store) as made:
        yield made


async def press(browser: httpx.AsyncClient, path: str, **form: str) -> dict[str, Any]:
    """A form sent, and what came of it."""
    found = await browser.post(f"/billing{path}", json={"fields": form, "seen": None})
    return {"status": found.status_code, **found.json()}


async def fields(desk: Desk) -> dict[str, str]:
    """The form of who bills as it stands."""
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    return to_form(profile)


async def supervised(desk: Desk, number: int) -> str:
    """A released visit whose sheet says that it was given under supervision."""
    [encounter] = await desk.released(number)
    sheet = Sheet(minutes=46, diagnoses=("F41.1",), incident_to=True)
    await desk.store.save_sheet(PRACTICE, f"vis_{number}", sheet, CLINICIAN, AT)
    await jobs.code_encounter(desk.store, PRACTICE, f"vis_{number}", at=AT)
    row = await desk.visits.row(encounter)
    if not row.released:
        await desk.store.release(
            PRACTICE, encounter, version=row.version, by=BILLER, name="Robin Hale", note_seen=True, at=AT
        )
    return encounter


async def out(desk: Desk) -> list[Claim]:
    """What the file of everything that is ready says."""
    batch = await desk.batched()
    await desk.send(batch)
    raw = b"".join([piece async for piece in desk.store.pieces(PRACTICE, batch)])
    return [each.claim for each in reading.read([raw])]


async def test_a_visit_under_supervision_is_billed_once_its_supervisor_is_entered(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Missing where it was asked for; then named on that claim, and on no other of the clinician's."""
    encounter = await supervised(desk, 1)
    await desk.released(2)
    await jobs.work_queue(desk.store, drain=True)
    page = (await browser.get(f"/billing/encounters/{encounter}/claims")).text
    assert "enter the supervisor" in page
    assert 'href="/billing/practice#clinicians"' in page
    theirs = {f"supervisor-{CLINICIAN}-{part}": value for part, value in SUPERVISOR.items()}
    assert set(theirs) <= {part.split('"')[0] for part in (await browser.get("/billing/practice")).text.split('name="')}
    own = await press(
        browser, "/practice", **await fields(desk) | theirs | {f"supervisor-{CLINICIAN}-npi": "1880000207"}
    )
    assert list(own["fields"]) == [f"supervisor-{CLINICIAN}-npi"]
    half = await press(browser, "/practice", **await fields(desk) | {f"supervisor-{CLINICIAN}-family": "Ode"})
    assert set(half["fields"]) == {f"supervisor-{CLINICIAN}-npi", f"supervisor-{CLINICIAN}-given"}
    assert (await press(browser, "/practice", **await fields(desk) | theirs))["status"] == 200
    await jobs.work_queue(desk.store, drain=True)
    named = {claim.lines[0].day.day: claim.supervising for claim in await out(desk)}
    assert named == {2: Provider("ODE", "1770000309", given="SAM"), 3: None}


async def test_another_place_of_a_clinician_stands_on_their_claims(desk: Desk, browser: httpx.AsyncClient) -> None:
    """Not where it is the practice's own address."""
    theirs = {f"place-{CLINICIAN}-{part}": value for part, value in PLACE.items()}
    short = await press(browser, "/practice", **await fields(desk) | theirs | {f"place-{CLINICIAN}-zip": "55802"})
    assert list(short["fields"]) == [f"place-{CLINICIAN}-zip"]
    assert (await press(browser, "/practice", **await fields(desk) | theirs))["status"] == 200
    assert from_form(await fields(desk)) == await desk.store.profile(PRACTICE)
    await desk.drafted(1)
    [claim] = await out(desk)
    assert claim.where == (Provider("LAKESIDE NORTH", ""), PostalAddress("9 OAK AVE", "DULUTH", "MN", "558021234"))
    same = {f"place-{CLINICIAN}-{part}": (await fields(desk))[part] for part in ("street", "city", "state", "zip")}
    assert (await press(browser, "/practice", **await fields(desk) | theirs | same))["status"] == 200
    await desk.drafted(2)
    [claim] = await out(desk)
    assert claim.where is None


async def test_a_late_claim_goes_out_with_the_reason_that_a_person_chose(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """It stays on the claim however often it is written anew, and on what is sent again in its place."""
    [claim] = await desk.drafted(1)
    row = await desk.store.claim(PRACTICE, claim)
    redraft = await claim_drafting.draft(desk.store, PRACTICE, row.encounter, by=BILLER, at=AT, today=LATE)
    assert redraft is not None
    assert "too-late" in {each["code"] for each in redraft.problems}
    page = (await browser.get(f"/billing/encounters/{row.encounter}/claims")).text
    assert f'href="/billing/encounters/{row.encounter}/claims#added"' in page
    assert f'data-post="/billing/claims/{claim}/added"' in page
    slip = await press(browser, f"/claims/{claim}/added", delay="7", **{"referring-npi": "1880000208"})
    assert set(slip["fields"]) == {"referring-npi", "referring-family", "referring-given"}
    assert (await press(browser, f"/claims/{claim}/added", delay="12"))["code"] == "delay-unknown"
    referred = {f"referring-{part}": value for part, value in SUPERVISOR.items()}
    assert (await press(browser, f"/claims/{claim}/added", delay="7", **referred))["status"] == 200
    for _ in range(2):
        again = await claim_drafting.draft(desk.store, PRACTICE, row.encounter, by=BILLER, at=AT, today=LATE)
        assert again is not None
        assert not claim_drafting.grave(again.problems), again
    batch = await desk.store.batch(PRACTICE, await desk.batched())
    await desk.send(batch.id)
    assert (await press(browser, f"/claims/{claim}/added", delay="9"))["code"] == "claim-passed"
    raw = b"".join([piece async for piece in desk.store.pieces(PRACTICE, batch.id)])
    [sent] = [each.claim for each in reading.read([raw])]
    assert (sent.delay, sent.referring) == ("7", Provider("ODE", "1770000309", given="SAM"))
    await desk.take(desk.read_999(batch, "R"))
    await press(browser, f"/claims/{claim}/change", what="resend")
    [new, _] = await desk.store.claims_of(PRACTICE, row.encounter)
    assert new.where.state is State.RELEASED
    [value] = await desk.values([new.id])
    assert (value.delay, value.referring) == ("7", Provider("Ode", "1770000309", given="Sam"))


async def test_medicare_is_asked_second_once_its_plan_says_why(desk: Desk) -> None:
    """Who still works has an employer's plan that pays first: SBR05 says so to Medicare, and to nobody else."""
    _, [first] = await desk.sent(1)
    [value] = await desk.values([first])
    await desk.take(desk.payment([(kit.paid(value), value)]))
    form = {"payer": "Medicare", "lob": "medicare_b", "member": "1EG4-TE5-MK73", "payer-id": "10112",
            "since": "2026-01-01"}  # fmt: skip

    async def ask(why: str, before: HeldCoverage | None) -> tuple[HeldCoverage, str]:
        coverage, policy = held_coverage.from_form({**form, "medicare-second": why}, before, ())
        made = HeldCoverage(*(("", 2) if before is None else (before.id, before.rank)), coverage, policy)
        if before is not None:
            made = replace(made, version=before.version)
        saved = await desk.store.save_held(PRACTICE, CLIENT, made, BILLER, AT)
        second = await claim_changes.ask_next(desk.store, PRACTICE, first, by=BILLER, at=AT, today=TODAY)
        return saved, second

    saved, second = await ask("", None)
    row = await desk.store.claim(PRACTICE, second)
    assert (row.where.state, [each["code"] for each in row.problems]) == (State.DRAFTED, ["medicare-second"])
    assert row.problems[0]["link"] == "/billing/clients/{client}"
    _, second = await ask("12", saved)
    row = await desk.store.claim(PRACTICE, second)
    assert (row.where.state, row.problems) == (State.RELEASED, ())
    batch = await desk.batched()
    raw = b"".join([piece async for piece in desk.store.pieces(PRACTICE, batch)])
    assert b"SBR*S*18***12****MB~" in raw
    [asked] = [each.claim for each in reading.read([raw])]
    assert (asked.plan.medicare_second, asked.earlier[0].plan.medicare_second) == ("12", "")


async def test_a_first_claim_names_the_clients_next_plan(desk: Desk) -> None:
    """As the client's page has it, in the file itself."""
    form = {"payer": "State Plan", "lob": "medicaid", "member": "MA77", "payer-id": "55502", "since": "2026-01-01"}
    coverage, policy = held_coverage.from_form(form, None, ())
    await desk.store.save_held(PRACTICE, CLIENT, HeldCoverage("", 2, coverage, policy), BILLER, AT)
    await desk.drafted(1)
    [claim] = await out(desk)
    assert [(each.rank.value, each.plan.name, each.plan.member) for each in claim.further] == [
        ("S", "STATE PLAN", "MA77")
    ]
    assert claim.earlier == ()
