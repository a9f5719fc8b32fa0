"""A denial that questions a payer rule opens a review of it; the worklist says where each claim stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from billing_hooks import claim_reviews, jobs
from billing_hooks.replies import denial_file
from billing_hooks.store import Store
from billing_hooks.verification import Verification
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import BILLER, TODAY, Desk
from tests.billing_hooks.desk_kit import AT, CLIENT, PRACTICE, Visits
from tests.billing_hooks.papers import pdf_eyes
from tests.billing_hooks.test_claims_pages import press, seen

RULE = "demo-commercial"


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


async def test_a_denial_for_a_modifier_opens_a_review_that_a_person_ends(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Seen on Your payers and at the rule until somebody says what came of it; posted twice it asks once."""
    _, [claim, other] = await desk.sent(1, 2)
    value, plain = await desk.values([claim, other])
    file = desk.payment([(kit.denied(value, reason="4"), value), (kit.denied(plain, reason="50"), plain)])
    for _ in range(2):
        await desk.take(file)
    [review] = await desk.store.reviews(PRACTICE)
    assert (review.rule, review.asked_by) == (RULE, "payer")
    for path in ("/payers", f"/rules/{RULE}"):
        page = await seen(browser, path)
        assert "Denied: look again" in page
        assert "The modifier does not go with the code" in page
    assert f"/billing/rules/{RULE}" in await seen(browser, f"/encounters/{value.encounter}/claims")
    assert f"note-{RULE}" in (await press(browser, f"/rules/{RULE}/reviewed", note=" "))["fields"]
    assert (await press(browser, f"/rules/{RULE}/reviewed", note="They took it wrongly: appealed."))["status"] == 200
    again = await press(browser, f"/rules/{RULE}/reviewed", note="Once more")
    assert (again["status"], again["code"]) == (409, "review-unknown")
    assert "Denied: look again" not in await seen(browser, "/payers")


async def test_the_worklist_shows_what_was_sent_denied_and_paid_with_the_days_to_appeal(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Each under its heading with its count; the nearest deadline first where that is asked."""
    _, claims = await desk.sent(1, 2, 3, 4)
    sent, paid, denied, late = await desk.values(claims)
    await desk.take(desk.payment([(kit.paid(paid), paid), (kit.denied(denied), denied)]))
    await desk.take(desk.payment([(kit.denied(late), late)]))
    counts = await desk.store.counts(PRACTICE)
    assert (counts["sent"], counts["denied"], counts["paid"], counts["all"]) == (1, 2, 1, 4)
    for show, wanted in (("sent", {sent}), ("denied", {denied, late}), ("paid", {paid})):
        rows = await desk.store.worklist(PRACTICE, show=show)
        assert {row.id for row in rows} == {each.encounter for each in wanted}
        page = await seen(browser, f"/?show={show}")
        assert all(f"/billing/encounters/{each.encounter}/claims" in page for each in wanted)
    row = await desk.store.claim(PRACTICE, denied.id)
    assert row.appeal_by is not None
    page = await seen(browser, "/?show=denied&sort=appeal")
    assert "Left to appeal" in page
    assert 'class="tag danger"' in page
    [first, *_] = await desk.store.worklist(PRACTICE, show="all", sort="appeal", down=False)
    assert first.id in (denied.encounter, late.encounter)


async def test_an_appeal_goes_from_the_page_to_its_letter_with_both_call_references(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """What was verified before the visit, and the call about the denial; the evidence stands behind it."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    known = Verification(
        on=TODAY - timedelta(days=120), expires=TODAY + timedelta(days=60), payer="Example Commercial",
        lob="commercial", member="HPX123456789", representative="Dana K.", call_reference="CR-8841",
        active=True, telehealth=True, home=True, modifier="95", pos_home="10", pos_other="02",
        authorization="not_required", network="in",
    )  # fmt: skip
    async with desk.store.work() as work:
        [held] = await desk.store.held(work, PRACTICE, CLIENT)
    await desk.store.save_verification(PRACTICE, CLIENT, held.id, known, BILLER, AT)
    await desk.take(desk.payment([(kit.denied(value), value)]))
    [denial] = await desk.store.denials(PRACTICE, claims=[claim])
    assert "CR-8841" in await seen(browser, f"/encounters/{value.encounter}/claims")
    done = await press(browser, f"/denials/{denial.id}/appeal", why="It was live video.", call="AP-77")
    to = str(done["to"]).removeprefix("/billing")
    await jobs.work_queue(desk.store, drain=True)
    assert "is made" in await seen(browser, to)
    said = pdf_eyes.text((await browser.get(f"/billing{to}/file")).content)
    for words in ("It was live video.", "CR-8841", "AP-77", "Evidence of the visit", claim):
        assert words in said


def test_the_rule_that_a_denial_questions_is_the_one_that_decided() -> None:
    """Before its rival and the laws; nothing where none did."""
    assert claim_reviews.rule_of(("demo-commercial v3", "verified-cov_1 v1", "law-1 v1")) == "demo-commercial"
    assert claim_reviews.rule_of(("verified-cov_1 v1",)) == "verified-cov_1"
    assert claim_reviews.rule_of(()) == ""
    table = denial_file.shipped()
    assert "modifier" in claim_reviews.questions(table, ("CO-45", "CO-4"))
    assert claim_reviews.questions(table, ("CO-45",)) == ""
