"""What a person does with a claim that was sent: correct, replace, take back, ask the next payer. Shell (asyncio).

The claim that was sent stays as it is; another takes its place, under a number of its own. To one that was not sent yet
a person may add what the visit does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from billing_hooks import plain
from billing_hooks.claim_drafting import Added, draft, grave, looked_over, make
from billing_hooks.claims import corrections, secondary
from billing_hooks.claims.claim import Claim, Frequency, Rank
from billing_hooks.claims.from_encounter import claim_id, plan_of
from billing_hooks.claims.tables import DELAYS
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.replies import state as states
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_claims import ClaimRow
from billing_hooks.store_shelf import Work, lock

RESEND, REPLACE, VOID = "resend", "replace", "void"


async def change(store: Store, practice: str, claim: str, what: str, *, by: str, at: datetime, today: date) -> str:
    """Put another claim in the place of one that was sent; its id.

    `what` resend (it was sent back unjudged), replace (7) or void (8). Errors: Refused("claim-unknown" |
    "claim-passed" | "claim-state" | "claim-not-sent" | "claim-lacks" | "payer-number-missing" | "other-payer"), and for
    a claim to a later payer those of `ask_next`.
    """
    row = await store.claim(practice, claim)
    _may(row, what)
    facts = (await store.claim_facts(practice, [claim]))[claim]
    number = next((str(each.said["payer_number"]) for each in reversed(facts) if each.said.get("payer_number")), "")
    encounter, codings, _ = await store.encounter(practice, row.encounter)
    async with store.work() as work:
        await lock(work, "claim", practice, row.encounter)
        many = await store.count_claims(work, practice, row.encounter)
        named = claim_id(row.encounter, many + 1)
        before = await store.claim_value(practice, claim, work)
        profile = await store.profile(practice, work)
        if what == VOID:
            made = corrections.voiding(before, number, named)
        elif before.frequency is Frequency.VOID:
            made = corrections.renumbered(before, named)  # what was refused is still to be taken back
        else:
            if row.rank != Rank.PRIMARY.value:
                mended = await _told_anew(store, work, practice, row, before, named, today)
            else:
                if not encounter.released:
                    raise Refused(
                        "not-released", "The visit was coded again: release it first, then correct its claim."
                    )
                found = await make(
                    store, work, practice, encounter, codings[0], profile, sequence=many + 1, added=Added.of(before)
                )
                if not isinstance(found, Claim):
                    raise Refused("claim-lacks", found[0].say)
                mended = found
            # What replaces a judged claim and was refused replaces that claim still, by the number it bore.
            given = number if what == REPLACE else before.original
            made = (
                corrections.replacing(before, mended, given, named)
                if what == REPLACE or before.frequency is Frequency.REPLACE
                else corrections.renumbered(mended, named)
            )
        problems = await looked_over(store, work, practice, made, profile, row.file_by, today)
        route = profile.route(made.plan.payer_id) if profile is not None else None
        await store.supersede(
            work, practice, claim, made, about=_about(row, encounter.version),
            receiver=route.key if route is not None else "",
            state=State.DRAFTED if grave(problems) else State.RELEASED, problems=problems, by=by, at=at,
        )  # fmt: skip
        await store.resubmitted(work, practice, claim, by, at)
    return named


async def ask_next(store: Store, practice: str, claim: str, *, by: str, at: datetime, today: date) -> str:
    """The claim to the client's next payer, with what this one decided; its id.

    Errors: Refused("claim-unknown" | "not-judged" | "no-next-payer" | "same-payer" | "not-balanced" | "lines-differ" |
    "sent-on" | "claim-passed").
    """
    row = await store.claim(practice, claim)
    paid, day = await _decided(store, practice, row, today)
    async with store.work() as work:
        await lock(work, "claim", practice, row.encounter)
        standing = await store.standing(work, practice, row.encounter, row.rank)
        if standing is None or (standing.claim_id, standing.seq) != (row.id, row.seq):
            raise Refused("claim-passed", "Something happened to this claim meanwhile: load the page again.")
        before = await store.claim_value(practice, claim, work)
        held = _next(before, await store.held(work, practice, row.client), row.day)
        many = await store.count_claims(work, practice, row.encounter)
        earlier = secondary.earlier(before, paid, day)
        # Why Medicare does not come first is asked where it comes second (SBR05); the scrubber names what is missing.
        made = secondary.secondary(before, earlier, plan_of(held), claim_id(row.encounter, many + 1))
        profile = await store.profile(practice, work)
        made = await _instead(store, work, practice, row.encounter, made)
        problems = await looked_over(store, work, practice, made, profile, None, today)
        route = profile.route(made.plan.payer_id) if profile is not None else None
        return await store.put_draft(
            work, practice, made, about=_about(row, row.version), receiver=route.key if route is not None else "",
            state=State.DRAFTED if grave(problems) else State.RELEASED, problems=problems, by=by, at=at,
        )  # fmt: skip


async def _decided(store: Store, practice: str, row: ClaimRow, today: date) -> tuple[PaidClaim, date]:
    """The decision that stands about a claim, and its day. A transfer's day (BPR16) may lie days ahead of the file that
    tells of it: decided it was by `today`. Errors: Refused("not-judged")."""
    facts = (await store.claim_facts(practice, [row.id]))[row.id]
    decision = next((each for each in reversed(facts) if each.said.get("decision")), None)
    if decision is None or row.where.state is not State.POSTED:
        raise Refused("not-judged", "The payer has not decided yet: wait for its payment before you ask the next one.")
    return plain.load(PaidClaim, decision.said["decision"]), min(date.fromisoformat(str(decision.said["day"])), today)


async def _told_anew(
    store: Store, work: Work, practice: str, row: ClaimRow, before: Claim, named: str, today: date
) -> Claim:
    """A claim to a later payer, with what the payer before has decided by now. Errors: those of `ask_next`."""
    standing = (await store.claims_standing(practice, [row.encounter])).get(row.encounter, ())
    ranks = [each.value for each in Rank]
    first = max((each for each in standing if ranks.index(each.rank) < ranks.index(row.rank)),
                key=lambda each: ranks.index(each.rank), default=None)  # fmt: skip
    if first is None:
        raise Refused("not-judged", "No claim to the payer before stands for this visit: take this one back (8).")
    paid, day = await _decided(store, practice, first, today)
    value = await store.claim_value(practice, first.id, work)
    return secondary.secondary(value, secondary.earlier(value, paid, day), before.plan, named)


async def _instead(store: Store, work: Work, practice: str, encounter: str, made: Claim) -> Claim:
    """A claim to the next payer that was not sent yet is written anew as what it is; one that takes another back stays.

    Errors: Refused("void-first" | "other-payer").
    """
    standing = await store.standing(work, practice, encounter, made.rank.value)
    if standing is None or standing.frequency == Frequency.NEW.value or standing.batch_id is not None:
        return made
    if standing.frequency == Frequency.VOID.value:
        raise Refused("void-first", "The claim to the next payer is being taken back: send that first.")
    kept = await store.claim_value(practice, standing.claim_id, work)
    return corrections.replacing(kept, made, kept.original, kept.id)


async def add(store: Store, practice: str, claim: str, added: Added, *, by: str, at: datetime, today: date) -> None:
    """Write a first payer's claim that was not sent yet anew, with what a person adds to it.

    Errors: Refused("claim-unknown" | "claim-passed" | "delay-unknown" | "not-released" | "claim-lacks").
    """
    row = await store.claim(practice, claim)
    if not addable(row):
        raise Refused("claim-passed", "This claim was sent or replaced meanwhile: load the page again.")
    if added.delay and added.delay not in DELAYS:
        raise Refused("delay-unknown", "There is no such reason of a delay: load the page again.")
    found = await draft(store, practice, row.encounter, by=by, at=at, today=today, added=added)
    if found is None:
        raise Refused("not-released", "The visit was coded again: release it first, then add to its claim.")
    written = Added.of(await store.claim_value(practice, claim))
    if written != added:
        say = found.problems[0]["say"] if found.problems else "This claim was sent meanwhile: load the page again."
        raise Refused("claim-lacks", say)


def addable(row: ClaimRow) -> bool:
    """Whether a person may still add to a claim: it goes to the first payer and is in no batch."""
    unsent = row.batch is None and row.where.state in (State.DRAFTED, State.RELEASED)
    return row.living and unsent and row.rank == Rank.PRIMARY.value and row.frequency != Frequency.VOID.value


def possible(row: ClaimRow) -> tuple[str, ...]:
    """What may be done with a claim now: the buttons of its page."""
    found = []
    for what in (RESEND, REPLACE, VOID):
        try:
            _may(row, what)
        except Refused:
            continue
        found.append(what)
    return tuple(found)


def _may(row: ClaimRow, what: str) -> None:
    if not row.living:
        raise Refused("claim-passed", "Another claim has taken its place meanwhile: load the page again.")
    if row.where.state in (State.DRAFTED, State.RELEASED):
        raise Refused("claim-not-sent", "This claim was not sent yet: correct the visit, and it is written anew.")
    frequencies = states.frequencies(states.Standing(row.id, row.where.state))
    wanted = {RESEND: "1", REPLACE: "7", VOID: "8"}[what]
    if wanted not in [each.value for each in frequencies] or (row.frequency == "8" and what != RESEND):
        raise Refused("claim-state", "That does not fit where this claim stands: load the page again.")


def _next(before: Claim, held: tuple[HeldCoverage, ...], day: date) -> HeldCoverage:
    asked = {before.plan.payer_id, *(each.plan.payer_id for each in before.earlier)}
    for each in held:
        if each.coverage.covers(day) and each.coverage.lob != "self_pay" and each.policy.payer_id not in asked:
            return each
    say = "The client has no further plan for that day: add it to their plans, or bill the client."
    raise Refused("no-next-payer", say)


def _about(row: ClaimRow, version: int) -> Mapping[str, Any]:
    return {
        "client_id": row.client, "clinician_id": row.clinician, "service_date": row.day, "version": version,
        "file_by": row.file_by,
    }  # fmt: skip
