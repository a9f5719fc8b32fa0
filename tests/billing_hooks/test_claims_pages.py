"""The biller's pages of claims: every state drawn, everything done by a named person, once, with its reason."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from billing_hooks import jobs
from billing_hooks.claim_profile import to_form
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import THEM, Desk
from tests.billing_hooks.desk_kit import CLINICIAN, PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which nobody has said who bills."""
    return Desk(desk_store, visits)


@pytest.fixture
async def browser(desk_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The biller's browser."""
    async with kit.pages(desk_store) as made:
        yield made


async def seen(browser: httpx.AsyncClient, path: str) -> str:
    """A page as text."""
    found = await browser.get(f"/billing{path}")
    assert found.status_code == 200, found.text[:500]
    return found.text


async def press(browser: httpx.AsyncClient, path: str, **form: str) -> dict[str, Any]:
    """A form sent, and what came of it."""
    found = await browser.post(f"/billing{path}", json={"fields": form, "seen": None})
    return {"status": found.status_code, **found.json()}


async def give(browser: httpx.AsyncClient, store: Store, raw: bytes) -> str:
    """A file given on the page, read by the jobs process; its id."""
    task = (await browser.post("/billing/files", json={"kind": "reply_file", "name": "x"})).json()["task"]
    for part, at in enumerate(range(0, len(raw), 1000)):
        content = base64.b64encode(raw[at : at + 1000]).decode()
        done = await browser.post(f"/billing/files/{task}/parts", json={"part": part, "content": content})
        assert done.status_code == 200, done.text
    assert (await browser.post(f"/billing/files/{task}/end", json={})).status_code == 200
    await jobs.work_queue(store, drain=True)
    return str((await browser.get(f"/billing/tasks/{task}")).json()["outcome"]["file"])


async def test_a_biller_says_who_bills_sends_a_batch_and_posts_its_payment(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """From a practice of which claims know nothing to paid, by the pages alone."""
    [encounter] = await desk.released(1)
    await jobs.work_queue(desk.store, drain=True)
    page = await seen(browser, "/claims")
    assert "Nobody has said yet who bills" in page
    assert "Released, and not a claim yet (1)" in page
    assert "Enter who bills" in await seen(browser, f"/encounters/{encounter}/claims")
    await desk.open()
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    fields = to_form(profile)
    wrong = await press(browser, "/practice", **{**fields, "npi": "1990000106", "zip": "55401"})
    assert wrong["status"] == 400
    assert set(wrong["fields"]) == {"npi", "zip"}
    assert (await press(browser, "/practice", **fields))["to"] == "/billing/claims"
    assert f'name="npi-{CLINICIAN}" value="1880000207"' in await seen(browser, "/practice")
    await jobs.work_queue(desk.store, drain=True)
    assert "1 claim is ready" in await seen(browser, "/claims")
    await press(browser, "/batches", receiver=THEM)
    await jobs.work_queue(desk.store, drain=True)
    [batch] = await desk.store.batches(PRACTICE)
    assert "Send as Robin Hale" in await seen(browser, f"/batches/{batch.id}")
    early = await browser.get(f"/billing/batches/{batch.id}/file")
    assert early.json()["code"] == "batch-not-sent"
    unseen = await press(browser, f"/batches/{batch.id}/send", way="download")
    assert "looked" in unseen["fields"]
    await press(browser, f"/batches/{batch.id}/send", looked="yes", way="download")
    await jobs.work_queue(desk.store, drain=True)
    assert "Sent by Robin Hale" in await seen(browser, f"/batches/{batch.id}")
    file = await browser.get(f"/billing/batches/{batch.id}/file")
    assert file.content.startswith(b"ISA*00*")
    assert "no answer yet" in await seen(browser, "/batches")
    [claim] = await desk.store.claims_of(PRACTICE, encounter)
    [value] = await desk.values([claim.id])
    answer = await give(browser, desk.store, desk.payment([(kit.paid(value), value)]))
    assert "1 decision posted" in await seen(browser, f"/replies/{answer}")
    assert "Paid" in await seen(browser, f"/encounters/{encounter}/claims")
    assert "EXAMPLE COMMERCIAL" in (await seen(browser, "/replies")).upper()
    assert "Everything is posted" in await seen(browser, "/unmatched")
    assert "Claims, answers and money" in await seen(browser, f"/encounters/{encounter}")


async def test_a_denial_is_appealed_its_rule_reviewed_and_the_claim_replaced(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """With its days left; the replacement bears the payer's number and takes the place of the first."""
    await desk.open()
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    await desk.take(desk.payment([(kit.denied(value), value)]))
    assert "Denied" in await seen(browser, "/claims?show=denied")
    [denial] = await desk.store.denials(PRACTICE, claims=[claim])
    where = f"/encounters/{value.encounter}/claims"
    assert "Left to appeal" in await seen(browser, where)
    assert "why" in (await press(browser, f"/denials/{denial.id}/appeal"))["fields"]
    await press(browser, f"/denials/{denial.id}/appeal", why="The visit was by video.", call="EX-1")
    assert "The visit was by video." in await seen(browser, where)
    assert (await desk.store.claim(PRACTICE, claim)).where.state is State.APPEALED
    for form in (
        {"paper": "appeal", "denial": denial.id},
        {"paper": "form", "claim": claim},
        {"paper": "form_csv", "claim": claim},
        {"paper": "form_json", "claim": claim},
        {"paper": "superbill", "encounter": value.encounter},
    ):
        to = str((await press(browser, "/papers", **form))["to"]).removeprefix("/billing")
        assert "is being made" in await seen(browser, to)
        await jobs.work_queue(desk.store, drain=True)
        assert "is made" in await seen(browser, to)
        begun = {"form_csv": b"form,box,value\r\n1,", "form_json": b'[\n {\n  "carrier.name"'}.get(
            form["paper"], b"%PDF-"
        )
        assert (await browser.get(f"/billing{to}/file")).content.startswith(begun)
    # The appeal made its letter, and it was asked for once more: each that may have left the house is kept.
    disclosed = await desk.store.disclosures(PRACTICE, value.encounter)
    assert [(each["kind"], each["by"]) for each in disclosed] == [("appeal", "stf_hale")] * 2
    review = await press(browser, f"/denials/{denial.id}/review")
    assert str(review["to"]).startswith("/billing/rules/")
    assert len(await desk.store.reviews(PRACTICE)) == 1
    assert (await press(browser, f"/claims/{claim}/change", what="replace"))["status"] == 200
    [new, old] = await desk.store.claims_of(PRACTICE, value.encounter)
    assert (new.frequency, new.replaces, new.living, old.living) == ("7", claim, True, False)
    [replacing] = await desk.values([new.id])
    assert replacing.original
    again = await press(browser, f"/claims/{claim}/change", what="replace")
    assert (again["status"], again["code"]) == (409, "claim-passed")
    await desk.send(await desk.batched())
    account = await desk.store.account(PRACTICE, value.encounter)
    assert account.balance.charges == value.charge
    assert "Denied, then sent anew" in await seen(browser, where)


async def test_what_was_sent_back_unjudged_is_written_anew_as_a_new_claim(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Frequency 1 under another number; the charge stands once."""
    await desk.open()
    batch, [claim] = await desk.sent(1)
    fault = ["IK3*CLM*19*2300*8", "CTX*CLM01:" + claim, "IK4*5:1*1331*7*77"]
    verdict = await desk.take(desk.read_999(batch, "R", fault))
    assert verdict["taken"], verdict
    row = await desk.store.claim(PRACTICE, claim)
    assert row.where.state is State.REJECTED
    assert "CLM05-1" in await seen(browser, f"/encounters/{row.encounter}/claims")
    await press(browser, f"/claims/{claim}/change", what="resend")
    [new, _] = await desk.store.claims_of(PRACTICE, row.encounter)
    assert (new.frequency, new.where.state) == ("1", State.RELEASED)
    await desk.send(await desk.batched())
    assert (await desk.store.account(PRACTICE, row.encounter)).balance.charges == row.cents


async def test_money_entered_by_hand_counts_once_and_no_more_than_there_is(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """A second click changes nothing; a wrong amount is said beside its field."""
    await desk.open()
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    await desk.take(desk.payment([(kit.paid(value), value)]))
    where = f"/encounters/{value.encounter}/money"
    assert "amount" in (await press(browser, where, what="client", amount="a lot", key="0" * 16))["fields"]
    for _ in range(3):
        assert (await press(browser, where, what="client", amount="5.00", key="1" * 16))["status"] == 200
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.client_paid == 500
    more = await press(browser, where, what="write_off", amount="9999", key="2" * 16, claim=claim, line=f"{claim}-1")
    assert (more["status"], more["code"]) == (409, "more-than-there-is")


async def test_a_refused_file_names_its_segment_and_another_practice_sees_nothing(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Nothing of it stays; the page says why; other practices' pages are empty."""
    await desk.open()
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    raw = desk.payment([(kit.paid(value), value)])
    file = await give(browser, desk.store, raw[: len(raw) // 2])
    page = await seen(browser, f"/replies/{file}")
    assert "Nothing of this file was kept" in page
    assert "Segment" in page
    other = {"x-practice": "prc_other"}
    assert (await browser.get(f"/billing/replies/{file}", headers=other)).json()["code"] == "file-unknown"
    assert claim not in (await browser.get("/billing/claims?show=all", headers=other)).text


async def test_a_waiting_decision_is_placed_by_a_person_and_the_measures_count_it(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """A payer wrote our number wrongly: the biller says which claim is meant; then the year is counted."""
    await desk.open()
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    await desk.take(desk.payment([(replace(decided, claim="THEIRS-77"), value)]))
    assert "THEIRS-77" in await seen(browser, "/unmatched")
    [waiting] = await desk.store.unmatched(PRACTICE)
    key = waiting.waiting.key
    wrong = await press(browser, "/unmatched", key=key, how="onto", claim="NONE-1")
    assert (wrong["status"], wrong["code"]) == (409, "claim-unknown")
    done = await press(browser, "/unmatched", key=key, how="onto", claim=claim.lower())
    assert done["status"] == 200, done
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.payments == decided.paid
    assert await desk.store.unmatched(PRACTICE) == ()
    assert "Nothing counted yet" in await seen(browser, "/measures")
    await press(browser, "/measures")
    await jobs.work_queue(desk.store, drain=True)
    page = await seen(browser, "/measures")
    assert "<svg" in page
    assert "90834" in page
    assert b"90834" in (await browser.get("/billing/measures.csv")).content
