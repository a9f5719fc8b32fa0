"""Many claims through the store: a batch scrubbed, sealed and sent, its payment posted; paces and memory told."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from billing_hooks.claims.claim import Claim
from billing_hooks.claims.corrections import renumbered
from billing_hooks.claims.from_encounter import claim_id
from billing_hooks.replies import made_835
from billing_hooks.replies.made_835 import Head
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from tests.billing_hooks.claims_kit import AT, BILLER, THEM, TODAY, US, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits
from tests.conftest import Database

_PAGE = 200


async def copied(database: Database, store: Store, first: Claim, many: int) -> list[Claim]:
    """As many released encounters with ready claims as are wanted, made of one."""
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        await connection.execute(
            "INSERT INTO billing.encounters SELECT practice_id, 'enc_' || n, 'vis_m' || n, event_id, client_id,"
            " clinician_id, began_at, service_date, version, outcome, verdict, released, updated_at, reasons, clean,"
            " waits, waits_first, waits_since, asked_at, file_by, payer_digest, payer_sealed"
            " FROM billing.encounters, generate_series(10000, 9999 + $1::int) AS n LIMIT $1", many,
        )  # fmt: skip
    finally:
        await connection.close()
    made = []
    for start in range(0, many, _PAGE):
        async with store.work() as work:
            for at in range(start, min(start + _PAGE, many)):
                encounter, day = f"enc_{10000 + at}", date(2026, 6, 1) + timedelta(days=at % 150)
                lines = tuple(replace(line, day=day) for line in first.lines)
                given = f"J{''.join(chr(97 + int(digit)) for digit in str(at))}"
                client = replace(first.client, given=given)
                claim = replace(first, encounter=encounter, client=client, lines=lines, authorization="")
                claim = renumbered(claim, claim_id(encounter, 1))
                about = {"client_id": f"cli_{at}", "clinician_id": "stf_rivera", "service_date": day, "version": 1,
                         "file_by": None}  # fmt: skip
                await store.put_draft(
                    work, PRACTICE, claim, about=about, receiver=THEM, state=State.RELEASED, problems=(), by=BILLER,
                    at=AT,
                )  # fmt: skip
                made.append(claim)
    return made


@pytest.mark.parametrize("seed", [1])
async def test_a_large_batch_is_sent_and_its_payment_posted(
    desk_store: Store, visits: Visits, database: Database, long: bool, figure: Callable[[str], None], seed: int
) -> None:
    """Every claim of it once, every cent of it; the memory of the process grows by little."""
    many = 10_000 if long else 400
    desk = Desk(desk_store, visits)
    await desk.open()
    [first] = await desk.values(await desk.drafted(1))
    claims = await copied(database, desk_store, first, many)
    async with desk_store.work() as work:
        await desk_store.keep_problems(work, PRACTICE, first.id, ({"code": "x", "say": "x"},), BILLER, AT)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    batch = await desk.batched()
    made = time.perf_counter()
    assert await desk.send(batch)
    sent = time.perf_counter()
    chance = random.Random(seed)
    pairs = [(made_835.decided(each, f"ICN{at:08}", chance), each) for at, each in enumerate(claims)]
    head = Head(THEM, US, 7, TODAY, "Example", "1512345678", "Lakeside", "1990000105", "EFT-MANY")
    file = await desk.arrive(b"".join(made_835.write(head, lambda: iter(pairs))))
    arrived = time.perf_counter()
    verdict = await desk.read(file)
    posted = time.perf_counter()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert (verdict["posted"], verdict["waiting"], verdict["unknown"]) == (many, 0, 0), verdict
    sums = await desk_store.practice_sums(PRACTICE)
    assert sums.payments == sum(paid.paid for paid, _ in pairs)
    assert sums.charges == sum(each.charge for each in claims)
    assert sums.open == 0
    figure(
        f"{many} claims: {many / (made - begun):.0f}/s scrubbed and sealed into a batch, {many / (sent - made):.0f}/s "
        f"sent, {many / (posted - arrived):.0f}/s posted; memory grew by {grown:.0f} MiB"
    )
