"""Notices of a card processor on a real database, through the doorkeeper: proven, strict, posted once, or refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from billing_hooks import card_payment, jobs, signing
from billing_hooks.ledger import accounts
from billing_hooks.ledger.accounts import Account
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from server.billing_wing import BillingWing
from server.db import clients
from server.keys import KeyFile
from server.routes import answers
from server.throttle import PREFIX
from tests.server.people.kit import NOW, ORIGIN, House, Team
from tests.server.people.test_given_pages import form

RECEIPT = "pi_3NabcXYZ"


@pytest.fixture
async def app(house: House) -> AsyncIterator[FastAPI]:
    """The billing wing in the house."""
    made = FastAPI(openapi_url=None)
    made.state.house = house
    answers.install(made)
    wing = BillingWing(house.runtime)
    wing.install(made)
    async with wing.open(house):  # type: ignore[arg-type]  # a house of the tests' own
        yield made


@pytest.fixture
async def store(house: House) -> AsyncIterator[Store]:
    """What billing keeps of this practice."""
    assert house.runtime.billing_url is not None
    made = Store.open(house.runtime.billing_url, house.runtime.keys.derive("billing"))
    yield made
    await made.close()


@pytest.fixture
async def owed(house: House, store: Store, team: Team, signed_in: Any) -> list[str]:
    """Two encounters of which the client owes 175.00 each."""
    async with house.shelf.work() as work:
        client = await clients.add(work, name="Jordan Doe", phone=None, email=None)
    browser, found = await signed_in("biller"), []
    for month, cents in ((8, 17500), (10, 17500)):
        lines = "\n".join(f"{date(2026, month, 1) + timedelta(days=number)} 128/82" for number in range(16))
        wish = form(team.clinician, begins=date(2026, month, 1).isoformat(), lines=lines)
        made = await browser.ask(f"/billing/clients/{client}/services", wish)
        await jobs.code_encounter(store, house.practice_id, made["id"])
        encounter = encounter_id(house.practice_id, made["id"])

        def charged(account: Account, cents: int = cents) -> Account:
            return accounts.charge_client(account, "1", [("1", cents)], NOW.date(), "desk")

        await store.change_account(house.practice_id, encounter, charged, "desk", NOW)
        found.append(encounter)
    return found


class Processor:
    """The card processor's end: no cookie, no browser's headers, the secret."""

    def __init__(self, post: httpx.AsyncClient, house: House) -> None:
        self.post, self.house = post, house
        post.headers.pop("sec-fetch-site", None)

    async def say(
        self, reference: str, cents: Any = 2500, receipt: Any = RECEIPT, *, ago: int = 0, secret: bytes = b"",
        body: bytes | None = None, **more: Any,
    ) -> tuple[int, str, str]:  # fmt: skip
        """Status, code and words of what is answered to a notice signed so many seconds ago."""
        said = {"reference": reference, "cents": cents, "currency": "usd", "receipt": receipt, **more}
        raw = json.dumps(said).encode() if body is None else body
        key = signing.HmacKey(secret or self.house.runtime.keys.payments_secret())
        at = int(self.house.clock.now().timestamp()) - ago
        headers = signing.sign("msg_1", at, raw, [key]) | {"content-type": "application/json"}
        answer = await self.post.post("/billing/payments", content=raw, headers=headers)
        found = answer.json() if answer.content else {}
        return answer.status_code, found.get("code", found.get("received", "")), found.get("say", "")


@pytest.fixture
def processor(browsers: Any, house: House) -> Processor:
    """The practice's card processor."""
    return Processor(browsers("198.51.100.9"), house)


@pytest.fixture
def reference(house: House, store: Store, owed: list[str]) -> str:
    """What the processor knows the first account by."""
    return store.payment_reference(house.practice_id, owed[0])


async def paid(store: Store, house: House, encounter: str) -> list[int]:
    """What the ledger says that the client paid for an encounter."""
    account = await store.account(house.practice_id, encounter)
    found = [each.cents for each in account.entries if each.kind is accounts.Kind.CLIENT]
    assert account.balance.client_paid == sum(found)
    return found


async def test_a_signed_notice_is_posted_once_whatever_the_number_of_retries(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str
) -> None:
    """At once and later; on the practice's own day, with the processor's receipt beside it."""
    answered = await asyncio.gather(*(processor.say(reference) for _ in range(8)))
    assert sorted(each[:2] for each in answered) == [(200, "before")] * 7 + [(204, "")]
    house.clock.forward(timedelta(days=3))
    assert await processor.say(reference) == (200, "before", "")
    assert await paid(store, house, owed[0]) == [2500]
    entry = (await store.account(house.practice_id, owed[0])).entries[-1]
    assert (entry.day, entry.trace, entry.by) == (date(2026, 11, 23), f"card, {RECEIPT}", "Card processor")


async def test_money_goes_back_and_no_more_than_was_paid(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str
) -> None:
    """A notice below nothing has a receipt of its own."""
    assert (await processor.say(reference, -1, "re_0"))[:2] == (409, "more-than-there-is")
    assert (await processor.say(reference, 2500, "pi_1"))[0] == 204
    assert (await processor.say(reference, -2501, "re_1"))[:2] == (409, "more-than-there-is")
    assert (await processor.say(reference, -2500, "re_1"))[0] == 204
    assert (await processor.say(reference, -2500, "re_1"))[0] == 200
    assert await paid(store, house, owed[0]) == [2500, -2500]


async def test_a_receipt_stands_for_one_sum_and_one_reference(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str
) -> None:
    """The same receipt with another sum, or for another account, is refused and posts nothing."""
    other = store.payment_reference(house.practice_id, owed[1])
    assert other != reference
    assert (await processor.say(reference))[0] == 204
    assert (await processor.say(reference, 2600))[:2] == (409, "receipt-differs")
    assert (await processor.say(other))[:2] == (409, "receipt-differs")
    assert (await processor.say(other, receipt="pi_2"))[0] == 204
    assert [await paid(store, house, each) for each in owed] == [[2500], [2500]]


async def test_nothing_is_believed_that_is_not_signed_now_with_our_secret(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str, keys: KeyFile
) -> None:
    """Another secret, another time, another body, no signature at all."""
    assert (await processor.say(reference, secret=bytes(32)))[:2] == (401, "bad-signature")
    assert (await processor.say(reference, secret=keys.derive("billing")))[:2] == (401, "bad-signature")
    for ago in (301, -301):
        assert (await processor.say(reference, ago=ago))[:2] == (401, "stale-timestamp")
    raw = json.dumps({"reference": reference, "cents": 1, "currency": "usd", "receipt": RECEIPT}).encode()
    key = signing.HmacKey(keys.payments_secret())
    headers = signing.sign("msg_1", int(NOW.timestamp()), raw, [key]) | {"content-type": "application/json"}
    answer = await processor.post.post("/billing/payments", content=raw.replace(b"1", b"9", 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-signature")
    bare = await processor.post.post("/billing/payments", json={"reference": reference})
    assert (bare.status_code, bare.json()["code"]) == (400, "bad-header")
    assert (await processor.say(reference, ago=299))[0] == 204
    assert await paid(store, house, owed[0]) == [2500]


async def test_an_unknown_reference_is_refused_and_logged_by_its_code_alone(
    processor: Processor,
    store: Store,
    house: House,
    owed: list[str],
    reference: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Guessed whole, guessed behind a true beginning, or of another practice."""
    guessed = reference[:6] + ("a" if reference[6] != "a" else "b") + reference[7:]
    for each in ("a" * 20, guessed, store.payment_reference("prc_other", owed[0])):
        assert (await processor.say(each))[:2] == (404, "reference-unknown")
    logged = "".join(capsys.readouterr())
    assert "reference-unknown" in logged
    assert guessed not in logged and RECEIPT not in logged
    assert await paid(store, house, owed[0]) == []


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"card": "4111111111111111"}, "notice-fields", "no card number"),
    ({"name": "Jordan Doe"}, "notice-fields", "nothing else"),
    ({"currency": "eur"}, "notice-malformed", "usd"),
    ({"cents": 0}, "notice-malformed", "cents"),
    ({"cents": True}, "notice-malformed", "cents"),
    ({"cents": "2500"}, "notice-malformed", "cents"),
    ({"cents": 25.5}, "notice-malformed", "whole"),
    ({"cents": 10**9}, "notice-malformed", "cents"),
    ({"receipt": "4111111111111111"}, "notice-malformed", "letter"),
    ({"receipt": ""}, "notice-malformed", "letter"),
    ({"body": b"[]"}, "notice-fields", "nothing else"),
    ({"body": b'{"reference":"x","reference":"y"}'}, "notice-malformed", "once"),
    ({"body": b"\xff"}, "notice-malformed", "UTF-8"),
)


async def test_a_notice_that_says_more_or_less_is_refused_whole(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Nothing is kept, and nothing of it is repeated in the answer or in the log."""
    for more, code, words in WRONG:
        status, found, say = await processor.say(reference, **more)
        assert (status, found) == (400, code), more
        assert words in say
        assert "4111" not in say + "".join(capsys.readouterr()) and "Jordan" not in say
    assert await paid(store, house, owed[0]) == []


async def test_a_notice_that_is_too_large_never_arrives(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str
) -> None:
    """However well it is signed."""
    assert (await processor.say(reference, note="x" * card_payment.LARGEST))[:2] == (413, "too-large")
    assert await paid(store, house, owed[0]) == []


async def test_many_refusals_wait_and_a_right_notice_never_does(
    processor: Processor, store: Store, house: House, owed: list[str], reference: str
) -> None:
    """Counted by network, as links that lead nowhere are."""
    for _ in range(PREFIX.free):
        assert (await processor.say("a" * 20))[0] == 404
    assert (await processor.say("a" * 20))[:2] == (429, "too-many-tries")
    assert (await processor.say(reference))[0] == 204
    assert await paid(store, house, owed[0]) == [2500]


async def test_the_way_in_takes_notices_alone(processor: Processor, owed: list[str]) -> None:
    """No GET, no form."""
    assert (await processor.post.get("/billing/payments")).status_code in (404, 405)
    answer = await processor.post.post("/billing/payments", data={"cents": "1"})
    assert answer.status_code == 415
    assert str(processor.post.base_url) == ORIGIN
