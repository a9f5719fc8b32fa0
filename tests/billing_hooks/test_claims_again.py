"""Claims that go a second time: after a refusal, after the decision they rest on was taken back, after a trial."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_hooks import claim_changes, claim_sending, jobs
from billing_hooks.claim_states import Where
from billing_hooks.claims.claim import Adjusted, Claim
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.material import Coverage
from billing_hooks.replies import made_835
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_claims import Happened
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, THEM, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import CLIENT, PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def changed(desk: Desk, claim: str, what: str) -> str:
    """Another claim in the place of one; its number."""
    return await claim_changes.change(desk.store, PRACTICE, claim, what, by=BILLER, at=AT, today=TODAY)


async def test_a_void_that_was_sent_back_goes_again_as_a_void(desk: Desk) -> None:
    """Under the number that the payer gave the first claim; the money moves once, and the payer's reversal ends it."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    await desk.take(desk.payment([(decided, value)]))
    void = await changed(desk, claim, "void")
    await desk.send(await desk.batched())
    await desk.take(desk.read_277([(void, "A7:21")]))
    before = (await desk.store.account(PRACTICE, value.encounter)).balance
    assert claim_changes.possible(await desk.store.claim(PRACTICE, void)) == ("resend",)
    again = await changed(desk, void, "resend")
    [asked] = await desk.values([again])
    assert (asked.frequency.value, asked.original) == ("8", decided.payer_number)
    assert (await desk.store.claim(PRACTICE, void)).where.state is State.WITHDRAWN
    await desk.send(await desk.batched())
    account = await desk.store.account(PRACTICE, value.encounter)
    assert account.balance == before
    assert (account.balance.charges, account.balance.payments) == (0, decided.paid)
    await desk.take(desk.payment([(made_835.reversed_(decided), value)]))
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.payments == 0
    assert not (await desk.store.claim(PRACTICE, again)).living


async def test_a_replacement_that_was_sent_back_goes_again_as_one(desk: Desk) -> None:
    """Its charges stand once in the books, however often it goes."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    await desk.take(desk.payment([(decided, value)]))
    last = await changed(desk, claim, "replace")
    await desk.send(await desk.batched())
    for _ in range(2):
        await desk.take(desk.read_277([(last, "A7:21")]))
        last = await changed(desk, last, "resend")
        [asked] = await desk.values([last])
        assert (asked.frequency.value, asked.original) == ("7", decided.payer_number)
        await desk.send(await desk.batched())
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.charges == value.charge
    assert (await desk.store.claim(PRACTICE, claim)).where == Where(State.REPLACED, Outcome.PAID)


async def second_plan(desk: Desk) -> None:
    """The client has a second plan."""
    plan = Coverage("Second Plan", "commercial", "fully_insured", "MN", since=date(2026, 1, 1), active=True)
    held = HeldCoverage("", 2, plan, Policy("SEC12345", payer_id="77702"))
    await desk.store.save_held(PRACTICE, CLIENT, held, BILLER, AT)


async def asked_next(desk: Desk, number: int) -> tuple[PaidClaim, Claim, str]:
    """A visit whose first payer paid, and the claim to the second that waits to be sent."""
    _, [claim] = await desk.sent(number)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    await desk.take(desk.payment([(decided, value)]))
    return decided, value, await ask_next(desk, claim)


async def ask_next(desk: Desk, claim: str) -> str:
    """The claim to the next payer."""
    return await claim_changes.ask_next(desk.store, PRACTICE, claim, by=BILLER, at=AT, today=TODAY)


def corrected(decided: PaidClaim) -> PaidClaim:
    """The same decision with a dollar less."""
    line = decided.lines[0]
    off = Adjusted("PR", "2", 100)
    line = replace(line, paid=line.paid - 100, adjusted=(*line.adjusted, off))
    return replace(decided, paid=decided.paid - 100, lines=(line, *decided.lines[1:]), payer_number="ICNNEW")


async def decides_anew(desk: Desk, decided: PaidClaim, value: Claim) -> PaidClaim:
    """The first payer takes its decision back and decides anew."""
    new = corrected(decided)
    assert (await desk.take(desk.payment([(made_835.reversed_(decided), value), (new, value)])))["taken"]
    return new


async def test_a_claim_to_the_next_payer_is_stopped_when_the_first_decides_anew(desk: Desk) -> None:
    """It waits for a person, who asks again; what is sent is what stands."""
    await second_plan(desk)
    decided, value, second = await asked_next(desk, 1)
    new = await decides_anew(desk, decided, value)
    row = await desk.store.claim(PRACTICE, second)
    assert (row.where.state, [each["code"] for each in row.problems]) == (State.DRAFTED, ["decided-anew"])
    with pytest.raises(Refused, match="No claim is ready"):
        await desk.batched()
    assert await ask_next(desk, value.id) == second
    await desk.send(await desk.batched())
    [asked] = await desk.values([second])
    assert (asked.earlier[0].paid, asked.earlier[0].payer_number) == (new.paid, "ICNNEW")


async def test_a_batch_with_a_claim_whose_first_payer_decided_anew_is_not_sent(desk: Desk) -> None:
    """It is taken apart: what is in order is ready again, the other one waits for a person."""
    await second_plan(desk)
    decided, value, second = await asked_next(desk, 1)
    [other] = await desk.drafted(2)
    batch = await desk.batched()
    await decides_anew(desk, decided, value)
    with pytest.raises(Refused, match="take the batch apart") as refused:
        await desk.send(batch)
    assert refused.value.code == "batch-stopped"
    await desk.store.discard(PRACTICE, batch, by=BILLER, at=AT)
    rows = [await desk.store.claim(PRACTICE, each) for each in (second, other)]
    assert [each.where.state for each in rows] == [State.DRAFTED, State.RELEASED]
    await desk.send(await desk.batched())
    assert (await desk.store.claim(PRACTICE, other)).where.state is State.SENT


async def test_a_later_claim_that_was_sent_back_goes_again_with_what_stands_by_then(desk: Desk) -> None:
    """Not with what the first payer had said when it was written; while nothing stands it waits."""
    await second_plan(desk)
    decided, value, second = await asked_next(desk, 1)
    await desk.send(await desk.batched())
    await desk.take(desk.read_277([(second, "A7:21")]))
    await desk.take(desk.payment([(made_835.reversed_(decided), value)]))
    with pytest.raises(Refused, match="has not decided yet"):
        await changed(desk, second, "resend")
    new = corrected(decided)
    await desk.take(desk.payment([(new, value)]))
    [asked] = await desk.values([await changed(desk, second, "resend")])
    assert (asked.frequency.value, asked.earlier[0].paid) == ("1", new.paid)


async def test_a_claim_that_the_books_would_refuse_stays_out_of_the_batch(desk: Desk) -> None:
    """The others leave: one visit never holds up a batch."""
    await second_plan(desk)
    decided, value, second = await asked_next(desk, 1)
    others = await desk.drafted(2, 3)
    # It is ready again although nothing stands behind it: as after a restore, or by a slip of ours.
    await desk.take(desk.payment([(made_835.reversed_(decided), value)]))
    async with desk.store.work() as work:
        await desk.store.happened(work, PRACTICE, second, Happened("drafted", Where(State.RELEASED)), BILLER, AT)
    made = await claim_sending.make_batch(desk.store, PRACTICE, THEM, by=BILLER, at=AT, zone=ZONE)
    assert (made.claims, [claim for claim, _ in made.left]) == (2, [second])
    row = await desk.store.claim(PRACTICE, second)
    assert [each["code"] for each in row.problems] == ["not-judged"]
    await desk.send(made.batch)
    assert {(await desk.store.claim(PRACTICE, each)).where.state for each in others} == {State.SENT}


async def billing(desk: Desk, *, production: bool) -> None:
    """Claims leave to be paid, or for trial."""
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    await desk.store.save_profile(PRACTICE, replace(profile, production=production), BILLER, AT)


async def test_a_trial_asks_for_nothing_and_its_claims_are_ready_again_afterwards(desk: Desk) -> None:
    """The books stay empty; what was tried is sent once more, to be paid, and what came back is looked over again."""
    await billing(desk, production=False)
    batch, claims = await desk.sent(1, 2)
    [value, _] = await desk.values(claims)
    assert batch.usage == "T"
    assert (await desk.store.account(PRACTICE, value.encounter)).entries == ()
    await desk.take(desk.read_277([(claims[0], "A2:20"), (claims[1], "A7:21")]))
    await billing(desk, production=True)
    async with kit.pages(desk.store) as browser:
        assert "left for trial alone" in (await browser.get("/billing/claims")).text
        assert "Make its claims ready again" in (await browser.get(f"/billing/batches/{batch.id}")).text
        pressed = await browser.post(f"/billing/batches/{batch.id}/trial", json={"fields": {}, "seen": None})
        assert pressed.json()["to"] == "/billing/claims?show=ready"
        assert "left for trial alone" not in (await browser.get("/billing/claims")).text
    await jobs.work_queue(desk.store, drain=True)
    assert await desk.store.end_trial(PRACTICE, batch.id, by=BILLER, at=AT) == 0
    paid = await desk.batched()
    await desk.send(paid)
    assert {each.id for each in await desk.store.list_claims(PRACTICE, batch=paid)} == set(claims)
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.charges == value.charge
    with pytest.raises(Refused, match="sent to be paid"):
        await desk.store.end_trial(PRACTICE, paid, by=BILLER, at=AT)


async def test_a_batch_that_nobody_could_read_is_written_anew_with_one_press(desk: Desk) -> None:
    """Each of its claims, once; one that cannot be stays, with the reason."""
    batch, claims = await desk.sent(1, 2, 3)
    await desk.take(desk.read_999(batch, "R"))
    async with kit.pages(desk.store) as browser:
        assert "3 claims were sent back unjudged" in (await browser.get(f"/billing/batches/{batch.id}")).text
        for _ in range(2):
            pressed = await browser.post(f"/billing/batches/{batch.id}/resend", json={"fields": {}, "seen": None})
            await jobs.work_queue(desk.store, drain=True)
        done = (await browser.get(f"/billing/tasks/{pressed.json()['task']}")).json()
        assert (done["state"], done["outcome"]) == ("done", {"claims": 0, "left": []})
    assert [(await desk.store.claim(PRACTICE, each)).where.state for each in claims] == [State.WITHDRAWN] * 3
    again = await desk.store.batch(PRACTICE, await desk.batched())
    assert again.claims == 3
    await desk.send(again.id)
    [value] = await desk.values(claims[:1])
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.charges == value.charge
