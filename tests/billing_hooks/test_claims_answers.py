"""Files that hold more than one kind of answer, and payments that come again after a person settled them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing_hooks import claim_import, claim_sending
from billing_hooks.claim_profile import Route
from billing_hooks.claim_states import Where
from billing_hooks.claims.claim import Claim
from billing_hooks.claims.corrections import renumbered
from billing_hooks.claims.envelope import Receiver
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_batches import reference
from billing_hooks.store_claims import Happened
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


@pytest.mark.parametrize("payment_first", [True, False])
async def test_payments_and_acknowledgments_in_one_file_are_both_taken_in(desk: Desk, payment_first: bool) -> None:
    """Whichever stands first: the one claim is posted, the other moved on; the file is known in every part."""
    batch, [one, other] = await desk.sent(1, 2)
    [value] = await desk.values([one])
    payment, acks = desk.payment([(kit.paid(value), value)]), desk.read_999(batch) + desk.read_277([(other, "A2:20")])
    file = await desk.arrive(payment + acks if payment_first else acks + payment)
    verdict = await desk.read(file)
    assert (verdict["taken"], verdict["posted"], verdict["acks"]["moved"]) == (True, 1, 3), verdict
    assert (await desk.store.claim(PRACTICE, one)).where == Where(State.POSTED, Outcome.PAID)
    assert (await desk.store.claim(PRACTICE, other)).where == Where(State.ACCEPTED)
    assert (await desk.store.batch(PRACTICE, batch.id)).state == "accepted"
    assert sorted((await desk.store.received_file(PRACTICE, file)).kinds) == ["277", "835", "999"]
    for part in (payment, acks):
        assert (await desk.take(part))["code"] == "x12-repeated"
    async with kit.pages(desk.store) as browser:
        page = (await browser.get(f"/billing/replies/{file}")).text
    assert "1 decision posted" in page
    assert "What it says besides" in page
    assert "3 claims moved on" in page


async def test_a_file_that_may_hold_payments_alone_holds_nothing_else(desk: Desk) -> None:
    """Nor does what follows its first payment pass unread."""
    batch, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    raw = desk.payment([(kit.paid(value), value)]) + desk.read_999(batch)
    verdict = await claim_import.take_in(
        desk.store, PRACTICE, await desk.arrive(raw), by=BILLER, at=AT, today=TODAY, wanted=("835",)
    )
    assert verdict["code"] == "x12-version"
    assert (await desk.store.claim(PRACTICE, claim)).where == Where(State.SENT)
    assert (await desk.take(raw))["taken"]


async def test_a_piece_of_a_file_whose_answer_was_lost_may_come_again(desk: Desk) -> None:
    """It is kept once, and the file is whole."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    raw = desk.payment([(kit.paid(value), value)])
    file = await desk.store.begin_received(PRACTICE, way="upload", by=BILLER, at=AT)
    for part, piece in ((0, raw[:100]), (0, raw[:100]), (1, raw[100:])):
        await desk.store.add_received(PRACTICE, file, part, piece, len(raw))
    async with desk.store.work() as work:
        await desk.store.end_received(work, PRACTICE, file)
    assert (await desk.read(file))["posted"] == 1
    assert (await desk.store.received_file(PRACTICE, file)).bytes == len(raw)


async def test_what_a_person_set_aside_is_not_listed_again(desk: Desk) -> None:
    """A second decision about a claim that stands decided, one about a claim that is sent only then, a stranger's."""
    _, [sent] = await desk.sent(1)
    [drafted] = await desk.drafted(2)
    decided, early = await desk.values([sent, drafted])
    stranger = renumbered(decided, "THEIRS-77")
    await desk.take(desk.payment([(kit.paid(decided), decided)]))
    pairs = [(kit.paid(decided, 1), decided), (kit.paid(early), early), (kit.paid(stranger), stranger)]
    first = await desk.take(desk.payment(pairs, "EFT-TWICE"))
    assert (first["posted"], first["waiting"], first["unknown"]) == (0, 2, 1)
    for each in await desk.store.unmatched(PRACTICE):
        await desk.store.set_aside(
            PRACTICE, each.waiting.key, by=BILLER, name="Robin Hale", note="Sent back to the payer.", at=AT
        )
    await desk.send(await desk.batched())
    before = await desk.store.practice_sums(PRACTICE)
    again = await desk.take(desk.payment(pairs, "EFT-TWICE"))
    assert (again["taken"], again["already"], again["posted"]) == (True, 3, 0)
    assert await desk.store.unmatched(PRACTICE) == ()
    assert len(await desk.store.unmatched(PRACTICE, settled=True)) == 3
    assert await desk.store.practice_sums(PRACTICE) == before


async def test_other_amounts_under_the_number_of_what_was_set_aside_are_listed_once(desk: Desk) -> None:
    """Of a claim that is known and of one that is not; nothing of them is posted by itself."""
    _, [sent] = await desk.sent(1)
    [decided] = await desk.values([sent])
    stranger = renumbered(decided, "THEIRS-77")
    await desk.take(desk.payment([(kit.paid(decided), decided)]))
    twice = [(kit.paid(decided, 1), decided), (kit.paid(stranger), stranger)]
    await desk.take(desk.payment(twice, "EFT-TWICE"))
    for each in await desk.store.unmatched(PRACTICE):
        await desk.store.set_aside(
            PRACTICE, each.waiting.key, by=BILLER, name="Robin Hale", note="Sent back to the payer.", at=AT
        )
    # The payment comes to the same, so its number is not refused: a cent less here is a cent more there.
    moved = [shifted(*twice[0], -1), shifted(*twice[1], 1)]
    for _ in range(2):
        verdict = await desk.take(desk.payment(moved, "EFT-TWICE"))
        assert (verdict["taken"], verdict["posted"]) == (True, 0)
        assert len(await desk.store.unmatched(PRACTICE)) == 2


def shifted(paid: PaidClaim, claim: Claim, cents: int) -> tuple[PaidClaim, Claim]:
    """A decision that pays so much more, and takes so much less off its first line."""
    line = paid.lines[0]
    off = line.adjusted[0]
    line = replace(line, paid=line.paid + cents, adjusted=(replace(off, cents=off.cents - cents), *line.adjusted[1:]))
    return replace(paid, paid=paid.paid + cents, lines=(line, *paid.lines[1:])), claim


async def states(desk: Desk, *claims: str) -> list[State]:
    """Where claims stand."""
    return [(await desk.store.claim(PRACTICE, each)).where.state for each in claims]


async def test_an_answer_is_given_to_the_batch_of_the_receiver_that_sent_it(desk: Desk) -> None:
    """Two receivers: a number names one batch, and nobody answers for what went to the other."""
    first, [one] = await desk.sent(1)
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    other = replace(profile, routes=(Route("OTHERCH", Receiver("Other", "OTHERCH")),))
    await desk.store.save_profile(PRACTICE, other, BILLER, AT)
    [two] = await desk.drafted(2)
    made = await claim_sending.make_batch(desk.store, PRACTICE, "OTHERCH", by=BILLER, at=AT, zone=ZONE)
    await desk.send(made.batch)
    second = await desk.store.batch(PRACTICE, made.batch)
    assert first.control != second.control
    assert (await desk.take(desk.read_999(second, "R")))["code"] == "nothing-ours"  # as the first receiver says it
    assert (await desk.take(desk.read_999(first, "R")))["taken"]
    assert await states(desk, one, two) == [State.REJECTED, State.SENT]


async def test_a_rejected_transaction_or_provider_rejects_its_own_claims_alone(desk: Desk) -> None:
    """By the reference with the place of the transaction, and by the NPI; what is not ours is listed as unknown."""
    batch, claims = await desk.sent(1, 2)
    named = reference(batch.id)
    for raw in (desk.rejects("21", f"{named}-2"), desk.rejects("19", named, "1234567893")):
        assert (await desk.take(raw))["code"] == "nothing-ours"
        assert await states(desk, *claims) == [State.SENT] * 2
    async with desk.store.work() as work:  # as if the first transaction had been full
        await desk.store.all_happened(
            work, PRACTICE, claims[1:], Happened("batched", Where(State.SENT)), BILLER, AT, batch_set=2
        )
    assert (await desk.take(desk.rejects("21", f"{named}-2")))["moved"] == 1
    assert await states(desk, *claims) == [State.SENT, State.REJECTED]
    assert (await desk.store.batch(PRACTICE, batch.id)).state == "partly"
    verdict = await desk.take(desk.rejects("19", named))
    assert (verdict["taken"], verdict["moved"]) == (True, 1)
    assert await states(desk, *claims) == [State.REJECTED] * 2
    other, claims = await desk.sent(3)
    assert (await desk.take(desk.rejects("21", reference(other.id))))["moved"] == 1
    assert await states(desk, *claims) == [State.REJECTED]


async def test_an_envelope_that_passes_leaves_what_a_999_said(desk: Desk) -> None:
    """However late it comes."""
    batch, _ = await desk.sent(1)
    await desk.take(desk.read_999(batch, "R"))
    said = await desk.store.batch(PRACTICE, batch.id)
    await desk.take(desk.read_ta1(batch))
    assert await desk.store.batch(PRACTICE, batch.id) == said
    assert said.state == "rejected"
    await desk.take(desk.read_ta1(batch, "R"))
    assert (await desk.store.batch(PRACTICE, batch.id)).said["kind"] == "TA1"
