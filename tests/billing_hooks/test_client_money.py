"""What a client who pays is told, asked, and given on paper: pages, deadlines and PDFs, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from billing_hooks import card_payment, estimating, jobs
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.material import Coverage, Fee
from billing_hooks.self_pay_pages import deadline
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, Desk
from tests.billing_hooks.desk_kit import CLIENT, PRACTICE, Visits
from tests.billing_hooks.papers import pdf_eyes
from tests.billing_hooks.test_claims_pages import press, seen

BODY: dict[str, Any] = {
    "text_version": "estimate/1", "client": "Jordan Doe", "service": "Individual therapy", "day": "2026-09-02",
    "minutes": 50, "items": [{"code": "90834", "cents": 17500}], "diagnoses": "Not known before the visit",
    "clinician": "Ana Rivera", "npi": "1880000207", "state": "MN", "disclaimers": list(estimating.DISCLAIMERS),
    "practice": {"name": "Lakeside", "phone": "(612) 555-0100", "npi": "1990000105"},
}  # fmt: skip


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk whose one client pays themselves."""
    made = Desk(desk_store, visits)
    await made.open()
    own = HeldCoverage("", 0, Coverage("Client", "self_pay"))
    held = await desk_store.save_held(PRACTICE, CLIENT, own, BILLER, AT)
    async with desk_store.work() as work:
        others = [each.id for each in await desk_store.held(work, PRACTICE, CLIENT) if each.id != held.id]
    await desk_store.reorder(PRACTICE, CLIENT, [held.id, *others], BILLER, AT)
    return made


@pytest.fixture
async def browser(desk_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The biller's browser."""
    async with kit.pages(desk_store) as made:
        yield made


async def paper(browser: httpx.AsyncClient, store: Store, **wish: str) -> str:
    """A paper asked for on a page, made by the jobs process, as its reader sees it."""
    to = str((await press(browser, "/papers", **wish))["to"]).removeprefix("/billing")
    await jobs.work_queue(store, drain=True)
    assert "is made" in await seen(browser, to)
    return pdf_eyes.text((await browser.get(f"/billing{to}/file")).content)


async def estimated(store: Store, visit: str, due: date | None, cents: int = 17500) -> int:
    """An estimate of a visit."""
    return await store.save_estimate(PRACTICE, visit, CLIENT, due=due, cents=cents, body=BODY, by="demo", at=AT)


async def test_a_client_who_pays_goes_from_estimate_to_receipt_statement_and_superbill(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """Charged once at release, paid in two parts; each paper says the same sums as the page."""
    version = await estimated(desk.store, "vis_1", date(2026, 8, 24))
    await desk.store.estimate_given(
        PRACTICE, "vis_1", version, on=date(2026, 8, 22), way="opened", by=CLIENT, at=AT - timedelta(days=91)
    )
    [encounter] = await desk.released(1)
    for _ in range(2):
        await jobs.work_queue(desk.store, drain=True)
    account = await desk.store.account(PRACTICE, encounter)
    assert (account.balance.charges, account.balance.share, account.balance.open) == (17500, 17500, 0)
    money = f"/encounters/{encounter}/money"
    for key, amount in (("1" * 16, "100.00"), ("2" * 16, "50.00"), ("1" * 16, "100.00")):
        assert (await press(browser, money, what="client", amount=amount, key=key, way="check 1041"))["status"] == 200
    page = await seen(browser, f"/clients/{CLIENT}/money")
    assert "Jordan Doe owes $25.00" in page
    assert "given 2026-08-22, opened by the client (in time)" in page
    said = await paper(browser, desk.store, paper="receipt", encounter=encounter, entry=f"client/{'1' * 16}")
    assert "$100.00 received from Jordan Doe" in said
    assert "Check 1041" in said
    assert "$25.00 is still open" in said
    said = await paper(browser, desk.store, paper="statement", client=CLIENT)
    assert "You owe $25.00" in said
    assert "Visit of September 2, 2026: your part" in said
    assert "90834" not in said and "F41" not in said, "the minimum necessary"
    assert "nosurprises" not in said
    said = await paper(browser, desk.store, paper="superbill", encounter=encounter)
    assert "90834" in said and "$175.00" in said and "check 1041" in said
    said = await paper(browser, desk.store, paper="estimate", visit="vis_1")
    assert "Expected charge: $175.00" in said
    assert "August 22, 2026 (opened by the client)" in said
    assert f"/billing/clients/{CLIENT}/money" in await seen(browser, "/self-pay")
    lines = await press(browser, money, what="write_off_share", amount="25.01", key="3" * 16, line="1")
    assert (lines["status"], lines["code"]) == (409, "more-than-there-is")
    assert (await press(browser, money, what="write_off_share", amount="25", key="3" * 16, line="1"))["status"] == 200
    assert "Jordan Doe owes nothing" in await seen(browser, f"/clients/{CLIENT}/money")


PAGE = "https://pay.example.com/lakeside?for={reference}&cents={cents}"


async def test_a_card_is_taken_on_the_processors_page_for_no_more_than_is_owed(desk: Desk) -> None:
    """On the page and on the statement, with a reference that says nothing; gone when nothing is due."""
    first, second = await desk.released(1, 2)
    await jobs.work_queue(desk.store, drain=True)
    names = [desk.store.payment_reference(PRACTICE, each) for each in (first, second)]
    places = [f"https://pay.example.com/lakeside?for={each}" for each in names]
    async with kit.pages(desk.store, payment_page=PAGE) as browser:
        money = f"/encounters/{first}/money"
        assert (await press(browser, money, what="client", amount="200", key="1" * 16))["status"] == 200
        page = await seen(browser, f"/clients/{CLIENT}/money")
        assert page.count(f"{places[1]}&amp;cents=15000") == 2, "to open and to copy"
        assert names[0] not in page, "a credit of one visit stands against the other's part"
        for name in names:
            assert len(name) == 20 and CLIENT not in name and "doe" not in name
        # Words on paper are broken where a line ends.
        said = "".join((await paper(browser, desk.store, paper="statement", client=CLIENT)).split())
        assert f"{places[1]}&cents=15000" in said
        assert "Bycard,$150.00forthevisitofSeptember3,2026" in said
        notice = card_payment.Notice(names[1], 15000, "pi_3NabcXYZ")
        assert await desk.store.post_card_payment(PRACTICE, notice, date(2026, 11, 23), AT)
        page = await seen(browser, f"/clients/{CLIENT}/money")
        assert "owes nothing" in page and "pay.example.com" not in page and "card, pi_3NabcXYZ" in page
        wish = {"paper": "receipt", "encounter": second, "entry": f"client/{notice.key}"}
        assert "Card, pi_3NabcXYZ" in await paper(browser, desk.store, **wish)
        wish = {"paper": "statement", "client": CLIENT, "payment_page": "https://elsewhere.example/"}
        assert "Bycard" not in "".join((await paper(browser, desk.store, **wish)).split())


async def test_without_a_processors_page_nobody_is_asked_to_pay_by_card(desk: Desk, browser: httpx.AsyncClient) -> None:
    """Neither by our own wish nor by one that a browser made up."""
    await desk.released(1)
    await jobs.work_queue(desk.store, drain=True)
    page = await seen(browser, f"/clients/{CLIENT}/money")
    assert "owes $175.00" in page and "Pay by card" not in page
    said = await paper(browser, desk.store, paper="statement", client=CLIENT, payment_page="https://elsewhere.example/")
    assert "You owe $175.00" in said
    assert "elsewhere" not in said and "By card" not in said


def test_what_may_be_paid_by_card_is_never_more_than_is_owed() -> None:
    """Oldest first; nothing where credits are larger."""
    assert card_payment.asked([("a", 500), ("b", -200), ("c", 300)]) == (("a", 500), ("c", 100))
    assert card_payment.asked([("a", -500), ("b", 300)]) == ()
    assert card_payment.asked([]) == ()


async def test_a_bill_of_400_dollars_above_its_estimate_says_that_it_may_be_disputed(
    desk: Desk, browser: httpx.AsyncClient
) -> None:
    """45 CFR 149.620; and a fee that was changed later changes no visit of before."""
    await desk.store.save_fee(PRACTICE, Fee("90834", 60_000, date(2026, 9, 2)), BILLER, AT)
    await desk.store.save_fee(PRACTICE, Fee("90834", 99_900, date(2026, 9, 3)), BILLER, AT)
    await estimated(desk.store, "vis_1", None, cents=20_000)
    [encounter] = await desk.released(1)
    await jobs.work_queue(desk.store, drain=True)
    assert (await desk.store.account(PRACTICE, encounter)).balance.charges == 60_000
    assert "nosurprises" in await paper(browser, desk.store, paper="statement", client=CLIENT)
    assert "$600.00" in await paper(browser, desk.store, paper="superbill", encounter=encounter)
    assert "$600.00" in await seen(browser, f"/encounters/{encounter}")


async def test_estimates_stand_by_their_last_day_until_they_are_given(desk: Desk, browser: httpx.AsyncClient) -> None:
    """The nearest first; given once, it leaves the list, and another version asks for nothing anew."""
    for number, due in ((1, date(2026, 11, 27)), (2, date(2026, 11, 19)), (3, None)):
        await estimated(desk.store, f"vis_{number}", due)
    assert [each.visit for each in await desk.store.estimates(PRACTICE, open_only=True)] == ["vis_2", "vis_1", "vis_3"]
    page = await seen(browser, "/self-pay")
    assert page.index("/visits/vis_2/estimate") < page.index("/visits/vis_1/estimate")
    assert "over since 2026-11-19" in page
    await desk.store.estimate_given(PRACTICE, "vis_2", 1, on=date(2026, 11, 21), way="paper", by=BILLER, at=AT)
    await estimated(desk.store, "vis_2", date(2026, 11, 19))
    assert "/visits/vis_2/estimate" not in await seen(browser, "/self-pay")
    assert "2026-11-21, on paper" in await seen(browser, "/self-pay?show=all")
    other = await browser.get("/billing/self-pay?show=all", headers={"x-practice": "prc_other"})
    assert "No estimate was made yet" in other.text


async def test_a_paper_that_cannot_be_made_says_what_to_do(desk: Desk, browser: httpx.AsyncClient) -> None:
    """No such client, payment or estimate; nothing is made of nothing."""
    assert (await browser.get("/billing/clients/cli_none/money")).json()["code"] == "client-unknown"
    [encounter] = await desk.released(1)
    for wish, words in (
        ({"paper": "statement", "client": "cli_none"}, "no statement to make"),
        ({"paper": "receipt", "encounter": encounter, "entry": "client/0"}, "no such payment"),
        ({"paper": "estimate", "visit": "vis_none"}, "no estimate of this visit"),
    ):
        to = str((await press(browser, "/papers", **wish))["to"]).removeprefix("/billing")
        await jobs.work_queue(desk.store, drain=True)
        assert words in await seen(browser, to)


def test_a_deadline_says_how_long_is_left_or_how_late_it_was() -> None:
    """With its tone; without a day of the law there is none."""
    day = date(2026, 11, 23)
    assert deadline(None, None, day) == ("no day set by law", "")
    assert deadline(day, None, day) == ("today is the last day", "warn")
    assert deadline(day + timedelta(days=3), None, day) == ("3 days", "")
    assert deadline(day - timedelta(days=1), None, day)[1] == "danger"
    assert deadline(day, day, day) == ("in time", "ok")
    assert deadline(day - timedelta(days=2), day, day) == ("2 days late", "danger")
