"""A claim leaves by a release that stands: what was coded again since waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_hooks import claim_changes, claim_drafting, claim_sending, jobs
from billing_hooks.claim_drafting import Drafted
from billing_hooks.claim_states import Where
from billing_hooks.errors import Refused
from billing_hooks.material import Sheet
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, THEM, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import CLIENT, CLINICIAN, PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def coded_again(desk: Desk, number: int, minutes: int = 30) -> str:
    """The clinician corrects the minutes, which takes the release back; the encounter."""
    visit = f"vis_{number}"
    await desk.store.save_sheet(PRACTICE, visit, Sheet(minutes=minutes, diagnoses=("F41.1",)), CLINICIAN, AT)
    await jobs.code_encounter(desk.store, PRACTICE, visit, at=AT)
    encounter = encounter_id(PRACTICE, visit)
    assert not (await desk.visits.row(encounter)).released
    return encounter


async def release(desk: Desk, encounter: str) -> None:
    """A person releases what stands."""
    row = await desk.visits.row(encounter)
    await desk.store.release(
        PRACTICE, encounter, version=row.version, by=BILLER, name="Robin Hale", note_seen=True, at=AT
    )


async def drafted(desk: Desk, encounter: str) -> Drafted | None:
    """What the job of claims does with it."""
    return await claim_drafting.draft(desk.store, PRACTICE, encounter, by=BILLER, at=AT, today=TODAY)


async def test_a_claim_whose_release_was_taken_back_is_not_sent(desk: Desk) -> None:
    """Not even before the job has looked; it says why, and goes out as what is released next."""
    [claim] = await desk.drafted(1)
    encounter = await coded_again(desk, 1)
    assert await desk.store.ready_counts(PRACTICE) == {}
    with pytest.raises(Refused, match="No claim is ready"):
        await claim_sending.make_batch(desk.store, PRACTICE, THEM, by=BILLER, at=AT, zone=ZONE)
    await jobs.work_queue(desk.store, drain=True)
    row = await desk.store.claim(PRACTICE, claim)
    assert (row.where, [each["code"] for each in row.problems]) == (Where(State.DRAFTED), ["coded-again"])
    seq = row.seq
    assert await drafted(desk, encounter) is None
    assert (await desk.store.claim(PRACTICE, claim)).seq == seq
    await release(desk, encounter)
    await jobs.work_queue(desk.store, drain=True)
    row = await desk.store.claim(PRACTICE, claim)
    assert (row.where, row.version, row.problems) == (Where(State.RELEASED), 2, ())
    [value] = await desk.values([claim])
    assert [line.code for line in value.lines] == ["90832"]
    assert await desk.send(await desk.batched())


async def test_a_batch_with_a_visit_that_was_coded_again_is_taken_apart(desk: Desk) -> None:
    """Sending it is refused; its other claim is ready again, the one that was coded again waits."""
    [one, other] = await desk.drafted(1, 2)
    batch = await desk.batched()
    await coded_again(desk, 1)
    with pytest.raises(Refused, match="1 visit in it was coded again") as refused:
        await desk.send(batch)
    assert refused.value.code == "batch-passed"
    assert (await desk.store.batch(PRACTICE, batch)).state == "made"
    assert (await desk.store.practice_sums(PRACTICE)).charges == 0
    await desk.store.discard(PRACTICE, batch, by=BILLER, at=AT)
    await jobs.work_queue(desk.store, drain=True)
    assert (await desk.store.claim(PRACTICE, one)).where == Where(State.DRAFTED)
    assert (await desk.store.batch(PRACTICE, await desk.batched())).claims == 1
    assert (await desk.store.claim(PRACTICE, other)).batch is not None


async def test_a_replacement_stays_one_when_its_visit_is_released_again(desk: Desk) -> None:
    """It asks for the other service under frequency 7 and the payer's number; a void stays a void."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    no = kit.denied(value)
    await desk.take(desk.payment([(no, value)]))
    new = await claim_changes.change(desk.store, PRACTICE, claim, "replace", by=BILLER, at=AT, today=TODAY)
    encounter = await coded_again(desk, 1)
    assert await drafted(desk, encounter) is None
    assert await desk.store.ready_counts(PRACTICE) == {}
    await release(desk, encounter)
    assert await desk.store.to_draft(PRACTICE) == [encounter]
    found = await drafted(desk, encounter)
    assert found == Drafted(encounter, new, ())
    [made] = await desk.values([new])
    assert (made.frequency, made.original, made.lines[0].code) == ("7", no.payer_number, "90832")
    await desk.send(await desk.batched())
    assert (await desk.store.account(PRACTICE, encounter)).balance.charges == made.charge


async def test_what_takes_a_claim_back_needs_no_release_and_no_other_follows_it_by_itself(desk: Desk) -> None:
    """The visit was coded again: its void leaves all the same, as it was written."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    paid = kit.paid(value)
    await desk.take(desk.payment([(paid, value)]))
    void = await claim_changes.change(desk.store, PRACTICE, claim, "void", by=BILLER, at=AT, today=TODAY)
    encounter = await coded_again(desk, 1)
    assert await drafted(desk, encounter) is None
    [made] = await desk.values([void])
    assert (made.frequency, made.lines[0].code) == ("8", "90834")
    await release(desk, encounter)
    assert await drafted(desk, encounter) == Drafted(encounter, void, ())
    assert (await desk.values([void]))[0].frequency == "8"
    await desk.send(await desk.batched())
    assert await desk.store.to_draft(PRACTICE) == []


async def test_what_is_corrected_at_the_client_stands_in_the_claim_that_was_not_sent(desk: Desk) -> None:
    """The member's number, the birth date: by themselves, soon after they are saved; who bills, by its task."""
    [claim] = await desk.drafted(1)
    async with desk.store.work() as work:
        [held] = await desk.store.held(work, PRACTICE, CLIENT)
    policy = replace(held.policy, member="HPX999999999")
    await desk.store.save_held(PRACTICE, CLIENT, replace(held, policy=policy), BILLER, AT)
    born = date(1991, 3, 15)
    await desk.store.change_record(PRACTICE, CLIENT, lambda record: replace(record, birth_date=born), BILLER, AT)
    await jobs.work_queue(desk.store, drain=True)
    [value] = await desk.values([claim])
    assert (value.plan.member, value.client.birth_date) == ("HPX999999999", born)
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    await desk.store.save_profile(PRACTICE, replace(profile, practice=replace(profile.practice, tax_id="417654321")),
                                  BILLER, AT)  # fmt: skip
    for encounter in await desk.store.to_draft(PRACTICE):
        await drafted(desk, encounter)
    assert [each.practice.tax_id for each in await desk.values([claim])] == ["417654321"]
    await desk.send(await desk.batched())
    assert await desk.store.to_draft(PRACTICE) == []


async def test_what_a_claim_lacked_is_looked_for_when_its_client_is_saved(desk: Desk) -> None:
    """Without a sex there is no claim; a claim that loses it later waits; each leaves its list by itself."""
    await desk.store.change_record(PRACTICE, CLIENT, lambda record: replace(record, sex=""), BILLER, AT)
    [encounter] = await desk.released(1)
    await jobs.work_queue(desk.store, drain=True)
    assert list(await desk.store.gaps(PRACTICE)) == [encounter]
    for sex, state in (("F", State.RELEASED), ("", State.DRAFTED), ("M", State.RELEASED)):
        await desk.store.change_record(PRACTICE, CLIENT, lambda record, sex=sex: replace(record, sex=sex), BILLER, AT)
        await jobs.work_queue(desk.store, drain=True)
        [row] = await desk.store.claims_of(PRACTICE, encounter)
        assert (row.where.state, bool(row.problems)) == (state, state is State.DRAFTED), (sex, row.problems)
        assert await desk.store.gaps(PRACTICE) == {}


async def test_no_claim_goes_to_another_payer_than_the_one_it_was_released_for(desk: Desk) -> None:
    """Its codes are those of the other's rules: the plan is chosen at the visit, and a person releases it again."""
    [claim] = await desk.drafted(1)
    await jobs.work_queue(desk.store, drain=True)
    async with desk.store.work() as work:
        [held] = await desk.store.held(work, PRACTICE, CLIENT)
    other = replace(held, coverage=replace(held.coverage, payer="Another Payer"))
    await desk.store.save_held(PRACTICE, CLIENT, other, BILLER, AT)
    await jobs.work_queue(desk.store, drain=True)
    row = await desk.store.claim(PRACTICE, claim)
    assert row.where == Where(State.DRAFTED)
    assert "released for Example Commercial, and Another Payer pays first now" in row.problems[0]["say"]
    assert await desk.store.ready_counts(PRACTICE) == {}
    async with desk.store.work() as work:
        [now] = await desk.store.held(work, PRACTICE, CLIENT)
    await desk.store.save_held(PRACTICE, CLIENT, replace(held, version=now.version), BILLER, AT)
    await jobs.work_queue(desk.store, drain=True)
    assert (await desk.store.claim(PRACTICE, claim)).where == Where(State.RELEASED)
