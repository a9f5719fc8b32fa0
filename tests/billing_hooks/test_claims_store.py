"""Claims in the store: from a release to paid, once, whatever the clicks, retries, crashes and processes."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import asyncpg
import pytest

from billing_hooks import claim_changes, claim_drafting, claim_sending
from billing_hooks.claim_states import Where
from billing_hooks.claims import reading
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.ledger.entries import Balance
from billing_hooks.material import Coverage
from billing_hooks.replies import made_835
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, THEM, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import CLIENT, PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def where(desk: Desk, claim: str) -> Where:
    """Where a claim stands."""
    return (await desk.store.claim(PRACTICE, claim)).where


async def test_a_released_visit_goes_out_is_read_accepted_and_paid(desk: Desk) -> None:
    """From the release to the last cent, each answer moving the claim on."""
    [claim] = await desk.drafted(1)
    assert await where(desk, claim) == Where(State.RELEASED)
    batch = await desk.store.batch(PRACTICE, await desk.batched())
    assert await desk.send(batch.id)
    assert await where(desk, claim) == Where(State.SENT)
    raw = b"".join([piece async for piece in desk.store.pieces(PRACTICE, batch.id)])
    assert [each.claim.id for each in reading.read([raw])] == [claim]
    assert (await desk.take(desk.read_999(batch)))["taken"]
    assert await where(desk, claim) == Where(State.ACKNOWLEDGED)
    assert (await desk.take(desk.read_277([(claim, "A2:20")])))["taken"]
    assert await where(desk, claim) == Where(State.ACCEPTED)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    assert (await desk.take(desk.payment([(decided, value)])))["posted"] == 1
    assert await where(desk, claim) == Where(State.POSTED, Outcome.PAID)
    [account] = [await desk.store.account(PRACTICE, value.encounter)]
    assert account.balance.payments == decided.paid
    assert account.balance.open == 0
    assert (await desk.store.batch(PRACTICE, batch.id)).state == "accepted"


async def test_one_claim_stands_whatever_the_number_of_clicks(desk: Desk) -> None:
    """Twelve at once, before and after it was sent."""
    [encounter] = await desk.released(1)

    async def click() -> str:
        found = await claim_drafting.draft(desk.store, PRACTICE, encounter, by=BILLER, at=AT, today=TODAY)
        assert found is not None
        return found.claim

    assert len(set(await asyncio.gather(*(click() for _ in range(12))))) == 1
    made = await asyncio.gather(*(batch_or_none(desk) for _ in range(4)))
    [batch] = [each for each in made if each]
    assert sum(await asyncio.gather(*(desk.send(batch) for _ in range(4)))) == 1
    await asyncio.gather(*(click() for _ in range(4)))
    assert len(await desk.store.claims_of(PRACTICE, encounter)) == 1
    [account] = [await desk.store.account(PRACTICE, encounter)]
    assert account.balance.charges == 17500


async def batch_or_none(desk: Desk) -> str:
    """The batch that somebody's click makes, "" where another's took everything."""
    try:
        return (await claim_sending.make_batch(desk.store, PRACTICE, THEM, by=BILLER, at=AT, zone=ZONE)).batch
    except Refused as refused:
        assert refused.code == "batch-empty"
        return ""


async def test_the_table_itself_refuses_a_second_claim(desk: Desk, database: Any) -> None:
    """Whatever the program does."""
    [claim] = await desk.drafted(1)
    connection = await asyncpg.connect(database.billing_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                "INSERT INTO billing.claims SELECT practice_id, 'SECOND-1', encounter_id, client_id, clinician_id,"
                " service_date, version, rank, frequency, replaces, living, state, outcome, seq, cents, receiver, NULL,"
                " NULL, drafted_at, NULL, updated_at, file_by, appeal_by, problems_sealed, claim_sealed, payer_digest,"
                " payer_sealed FROM billing.claims WHERE claim_id = $1", claim,
            )  # fmt: skip
    finally:
        await connection.close()


async def test_a_crash_between_number_and_batch_uses_no_number_twice(desk: Desk) -> None:
    """The number is gone, the claims are still ready, and the next batch has another."""
    await desk.drafted(1, 2)
    crashed = await desk.store.take_control(PRACTICE, THEM, "bat_crashed", AT)
    batch = await desk.store.batch(PRACTICE, await desk.batched())
    assert (batch.control, batch.claims) == (crashed + 1, 2)
    numbers = await asyncio.gather(*(desk.store.take_control(PRACTICE, THEM, f"bat_{one}", AT) for one in range(20)))
    assert sorted(numbers) == list(range(batch.control + 1, batch.control + 21))


async def test_the_same_file_twice_or_in_two_processes_posts_once(desk: Desk, database: Any) -> None:
    """By its bytes, by its envelope in other bytes, by its payment in another envelope."""
    _, claims = await desk.sent(*range(1, 6))
    values = await desk.values(claims)
    pairs = [(kit.paid(each), each) for each in values]
    raw = desk.payment(pairs, "EFT-1")
    other = Store.open(database.billing_url, bytes(32))
    try:
        second = Desk(other, desk.visits)
        files = [await desk.arrive(raw), await second.arrive(raw)]
        verdicts = await asyncio.gather(desk.read(files[0]), second.read(files[1]))
    finally:
        await other.close()
    assert sorted(each["code"] for each in verdicts) == ["file-repeated", "taken"]
    assert (await desk.take(raw.replace(b"~\n", b"~\r\n")))["code"] == "x12-repeated"
    again = await desk.take(desk.payment(pairs, "EFT-1"))
    assert (again["taken"], again["posted"], again["already"]) == (True, 0, 5)
    sums = await desk.store.practice_sums(PRACTICE)
    assert sums.payments == sum(each.paid for each, _ in pairs)


async def test_nothing_of_a_file_that_does_not_hold_is_posted(desk: Desk) -> None:
    """The last claim is a cent off: the four before it stay as they were."""
    _, claims = await desk.sent(*range(1, 6))
    pairs = [(kit.paid(each), each) for each in await desk.values(claims)]
    raw = desk.payment(pairs)
    head, _, tail = raw.rpartition(b"CLP*")
    parts = tail.split(b"*")
    parts[3] = b"%d" % (int(float(parts[3])) + 1)
    verdict = await desk.take(head + b"CLP*" + b"*".join(parts))
    assert verdict["code"] == "835-claim-unbalanced"
    assert "Segment" in verdict["say"]
    assert "CLP" in verdict["say"]
    assert await desk.store.practice_sums(PRACTICE) == Balance(charges=5 * 17500)
    assert [await where(desk, each) for each in claims] == [Where(State.SENT)] * 5
    assert (await desk.take(raw))["posted"] == 5


async def test_a_payment_for_a_claim_nobody_knows_waits_and_is_posted_when_it_is_sent(desk: Desk) -> None:
    """Every cent is somewhere: in the accounts or on the list."""
    [claim] = await desk.drafted(1)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    verdict = await desk.take(desk.payment([(decided, value)]))
    assert verdict["posted"] == 0
    [waiting] = await desk.store.unmatched(PRACTICE)
    assert waiting.waiting.paid.paid == decided.paid
    await desk.send(await desk.batched())
    assert await desk.store.unmatched(PRACTICE) == ()
    assert await where(desk, claim) == Where(State.POSTED, Outcome.PAID)
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.payments == decided.paid


async def test_a_denial_has_its_deadline_and_a_reversal_and_correction_end_it(desk: Desk) -> None:
    """Denied, then taken back and paid: the denial is over, the money is the correction's alone."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    no = kit.denied(value)
    await desk.take(desk.payment([(no, value)]))
    assert (await desk.store.claim(PRACTICE, claim)).appeal_by is not None
    [denial] = await desk.store.denials(PRACTICE, claims=[claim])
    assert (denial.state, denial.denied.appeal_by is not None) == ("open", True)
    yes = kit.paid(value, 1)
    await desk.take(desk.payment([(made_835.reversed_(no), value), (yes, value)]))
    assert await where(desk, claim) == Where(State.POSTED, Outcome.PAID)
    assert (await desk.store.claim(PRACTICE, claim)).appeal_by is None
    assert [each.state for each in await desk.store.denials(PRACTICE, claims=[claim])] == ["overturned"]
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.payments == yes.paid


async def test_what_was_sent_cannot_be_changed_even_by_the_owner(desk: Desk, database: Any) -> None:
    """Claims, batches, files, entries: the triggers refuse whom the grants would let through."""
    batch, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    await desk.take(desk.payment([(kit.paid(value), value)]))
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        for change in (
            "UPDATE billing.claims SET cents = 1", "UPDATE billing.claims SET claim_sealed = 'x'",
            "UPDATE billing.batches SET raw_sha256 = decode(repeat('00', 32), 'hex')",
            "UPDATE billing.batches SET state = 'discarded'", "DELETE FROM billing.file_parts",
            "UPDATE billing.file_parts SET content_sealed = 'x'", "UPDATE billing.ledger_entries SET cents = 1",
            "DELETE FROM billing.ledger_entries", "DELETE FROM billing.claim_facts",
            "UPDATE billing.control_numbers SET control = 7", "UPDATE billing.received_files SET state = 'refused'",
            "UPDATE billing.judgements SET status = '4'", "DELETE FROM billing.payments",
        ):  # fmt: skip
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await connection.execute(change)
    finally:
        await connection.close()
    assert batch.state == "sent"


async def test_the_next_payer_is_asked_for_what_the_first_left(desk: Desk) -> None:
    """With the first one's decision in it; the money moves from the one claim to the other, and ends whole."""
    _, [first] = await desk.sent(1)
    [value] = await desk.values([first])
    with pytest.raises(Refused, match="has not decided"):
        await claim_changes.ask_next(desk.store, PRACTICE, first, by=BILLER, at=AT, today=TODAY)
    decided = kit.paid(value)
    await desk.take(desk.payment([(decided, value)]))
    with pytest.raises(Refused, match="no further plan"):
        await claim_changes.ask_next(desk.store, PRACTICE, first, by=BILLER, at=AT, today=TODAY)
    plan = Coverage("Second Plan", "commercial", "fully_insured", "MN", since=date(2026, 1, 1), active=True)
    policy = Policy("SEC12345", payer_id="77702")
    await desk.store.save_held(PRACTICE, CLIENT, HeldCoverage("", 2, plan, policy), BILLER, AT)
    second = await claim_changes.ask_next(desk.store, PRACTICE, first, by=BILLER, at=AT, today=TODAY)
    assert await claim_changes.ask_next(desk.store, PRACTICE, first, by=BILLER, at=AT, today=TODAY) == second
    row = await desk.store.claim(PRACTICE, second)
    assert (row.rank, row.where.state, row.problems) == ("S", State.RELEASED, ()), row.problems
    await desk.send(await desk.batched())
    [asked] = await desk.values([second])
    assert asked.earlier[0].paid == decided.paid
    before = (await desk.store.account(PRACTICE, value.encounter)).balance
    left = value.charge - decided.paid - sum(each.cents for _, each in decided.every() if each.group != "PR")
    assert (before.charges, before.open, before.share) == (value.charge, left, 0)
    theirs = kit.second(asked)
    await desk.take(desk.payment([(theirs, asked)]))
    after = (await desk.store.account(PRACTICE, value.encounter)).balance
    assert (after.payments, after.open, after.share) == (decided.paid + left, 0, 0)
    assert await where(desk, second) == Where(State.POSTED, Outcome.PAID)


async def test_a_void_takes_the_claim_and_its_money_back(desk: Desk) -> None:
    """Sent as frequency 8 with the payer's number; when the payer has taken it back, no claim stands."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    decided = kit.paid(value)
    await desk.take(desk.payment([(decided, value)]))
    void = await claim_changes.change(desk.store, PRACTICE, claim, claim_changes.VOID, by=BILLER, at=AT, today=TODAY)
    [made] = await desk.values([void])
    assert (made.frequency, made.original) == ("8", decided.payer_number)
    await desk.send(await desk.batched())
    assert (await desk.store.account(PRACTICE, value.encounter)).balance.charges == 0
    await desk.take(desk.payment([(made_835.reversed_(decided), value)]))
    assert (await desk.store.account(PRACTICE, value.encounter)).balance == Balance()
    assert [each.id for each in await desk.store.claims_of(PRACTICE, value.encounter) if each.living] == []
