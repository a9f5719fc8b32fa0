"""What a biller does with claims, in their own order, and what payers answer: shared by the test and the pictures."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from billing_hooks import contract, demo
from billing_hooks.claims.claim import Claim
from billing_hooks.client_record import ClientRecord
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.store_encounters import encounter_id
from tests.billing_hooks.claims_kit import Desk
from tests.billing_hooks.conftest import EVENT, KID
from tests.billing_hooks.desk_kit import Visits
from tests.browser import steps
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.running import Antechamber

MEDICARE: Final = "Medicare Part B"
MEDICARE_RULE: Final = {**demo.RULE, "id": "demo-medicare", "payer": MEDICARE, "lob": "medicare_b"}
BACK: Final = timedelta(days=20)  # filed in good time, and before their payments
Pair = tuple[PaidClaim, Claim]


@asynccontextmanager
async def desk_of(server: Antechamber) -> AsyncIterator[Desk]:
    """The billing of a running server with the means to let visits come in, and payers answer."""
    store, key = steps.billing_of(server), Ed25519PrivateKey.generate()

    def about(body: dict[str, Any], number: int) -> dict[str, Any]:
        return contract.statement(
            id_=f"evt_{number}stated", sequence=1000 + number, about=body["id"], practice=body["practice"]["id"],
            visit=body["visit"]["id"], clinician=body["clinician"]["id"], issued_at=body["issued_at"],
            saw_and_heard=True, place_confirmed=True, exceptions=[],
        )  # fmt: skip

    try:
        practice, _ = await steps.practice_and_client(store)
        base = copy.deepcopy(EVENT)
        base["practice"]["id"] = practice
        base["issued_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        visits = Visits(store, lambda body: contract.seal(body, key, KID), about, base, datetime.now(UTC))
        yield Desk(store, visits, today=today())
    finally:
        await store.close()


def today() -> date:
    """The day at the practice."""
    return datetime.now(ZoneInfo("America/Chicago")).date()


async def held(desk: Desk, number: int, client: str = "", visit: str = "") -> str:
    """A visit with event, statement and sheet: of some days ago, or the booked `visit`, as if it was today. Its
    encounter's id."""
    practice = desk.visits.practice
    async with desk.store.work() as work:
        service = await work.scalar(
            text("SELECT service_id FROM billing.services WHERE intent = 'psychotherapy_individual' LIMIT 1")
        )
    profile = await desk.store.profile(practice)
    assert profile is not None
    known = client or (await steps.practice_and_client(desk.store))[1]
    day = today() if visit else today() - BACK + timedelta(days=number)
    await desk.visits.ready(
        number, day=day.isoformat(), client=known, clinician=profile.clinicians[0][0], service=service, visit=visit
    )
    return encounter_id(practice, visit or f"vis_{number}")


async def client_named(biller: Chromium, server: Antechamber, name: str) -> str:
    """A client's id, from the biller's list."""
    await biller.open(f"{server.origin}/billing/clients")
    await biller.click(name, role="link")
    await biller.until("() => location.pathname.startsWith('/billing/clients/cli_')")
    return (await biller.address()).rpartition("/")[2]


async def with_medicare(desk: Desk, client: str) -> None:
    """Medicare pays first for this client, and the demo's plan second."""
    practice, at = desk.visits.practice, datetime.now(UTC)
    await desk.store.save_rule(practice, MEDICARE_RULE, demo.BY, at)
    record = replace(demo.RECORD, given="Casey", family="Example", birth_date=date(1955, 5, 5), authorizations=())
    await desk.store.change_record(practice, client, lambda _: record, demo.BY, at)
    first = replace(demo.COVERAGE, payer=MEDICARE, lob="medicare_b", funding="government")
    medicare = HeldCoverage("", 1, first, Policy("1EG4TE5MK73", payer_id="10112"))
    second = HeldCoverage("", 2, replace(demo.COVERAGE, first_payer=False), demo.POLICY)
    for each in (medicare, second):
        await desk.store.save_held(practice, client, each, demo.BY, at)


async def recorded(desk: Desk, client: str, record: ClientRecord) -> None:
    """Who a client is, as a claim or a superbill names them."""
    await desk.store.change_record(desk.visits.practice, client, lambda _: record, demo.BY, datetime.now(UTC))


async def until_there(biller: Chromium, path: str, words: str) -> None:
    """Open a page again and again until it says so: the jobs process is at it."""
    end = time.monotonic() + 30
    await biller.open(path)
    while words.lower() not in (await biller.text()).lower():
        assert time.monotonic() < end, await biller.text()
        await biller.reload()


async def release_clean(biller: Chromium, server: Antechamber, many: int) -> None:
    """Everything that is ready and wants no eyes, in one go."""
    await until_there(biller, f"{server.origin}/billing/?show=all", f"Release {many} clean")
    await biller.click(f"Release {many} clean", role="link")
    await biller.click("I have seen that the note of each of these visits is signed.", role="checkbox")
    await biller.click(f"Release {many}")
    await biller.sees(f"{many} released.")


async def send(biller: Chromium, server: Antechamber, many: int) -> str:
    """Make a batch of what is ready and send it by name; its address."""
    ready = "1 claim is ready" if many == 1 else f"{many} claims are ready"
    await until_there(biller, f"{server.origin}/billing/claims", ready)
    await biller.click("Make the batch")
    await biller.until("() => location.pathname.startsWith('/billing/batches/bat_')", timeout=30)
    await biller.click("I have looked over this batch.", role="checkbox")
    await biller.click("Send as Robin Hale")
    await biller.sees("Sent by Robin Hale", timeout=30)
    return await biller.address()


async def give(biller: Chromium, server: Antechamber, raw: bytes, words: str) -> None:
    """Give a file that came back, and read its verdict."""
    await biller.open(f"{server.origin}/billing/replies")
    payload = {"name": "reply.x12", "mimeType": "application/octet-stream", "buffer": raw}
    await biller.page.set_input_files("input[type=file]", payload)  # type: ignore[arg-type]  # a TypedDict of these
    await biller.click("Read the file")
    await biller.until("() => location.pathname.startsWith('/billing/replies/')", timeout=30)
    await biller.sees(words)


async def values(desk: Desk, encounters: Sequence[str]) -> list[Claim]:
    """What the claims that stand for these encounters say."""
    practice, found = desk.visits.practice, []
    for encounter in encounters:
        rows = [each for each in await desk.store.claims_of(practice, encounter) if each.living]
        found.append(await desk.store.claim_value(practice, rows[0].id))
    return found


async def paper(biller: Chromium, label: str) -> bytes:
    """Ask for a paper, wait until it is made, and save it."""
    await biller.click(label)
    await biller.sees("The paper is made", timeout=30)
    async with biller.page.expect_download() as coming:
        await biller.page.locator("a[download]").click()
    made = await (await coming.value).path()
    return await asyncio.to_thread(made.read_bytes)


async def pays_themselves(biller: Chromium) -> None:
    """On the client's page: their plan is that they pay."""
    await biller.click("Add coverage", role="link")
    await biller.fill("Payer As rules name it, where one does", "Client")
    await biller.choose("Kind of plan", "Pays themselves")
    await biller.click("Add coverage")
    await biller.until("() => !location.pathname.endsWith('/new')")


async def estimated(biller: Chromium, server: Antechamber) -> str:
    """Before the visit: the estimate is made, and given to the client. The visit's id."""
    await biller.open(f"{server.origin}/billing/upcoming")
    await biller.page.get_by_role("row", name="Morgan Example").get_by_role("button", name="Estimate").click()
    await biller.sees("Good faith estimate")
    await biller.sees("Total $175.00")
    await biller.click("The client has it")
    await biller.sees("Given on")
    return (await biller.address()).split("/")[-2]
