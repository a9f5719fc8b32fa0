"""Makes the claim of a released encounter, or says what it lacks; looked over before anybody sends it. Shell (asyncio).

Nothing is made twice: an encounter's lock is held, and the claim that stands is written anew as long as it was not put
into a batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from billing_hooks import charges, packs
from billing_hooks.claim_profile import ClaimProfile
from billing_hooks.claims import companion_files, corrections, from_encounter, scrub
from billing_hooks.claims.claim import Claim, Frequency, Provider, Rank
from billing_hooks.claims.from_encounter import Facts, Missing, Released
from billing_hooks.claims.scrub_words import Against, Problem
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import covering
from billing_hooks.ledger import self_pay
from billing_hooks.ledger.accounts import Account
from billing_hooks.replies.state import State
from billing_hooks.rule_reading import learn_tables
from billing_hooks.store import Store
from billing_hooks.store_encounters import Coding, Release, Row
from billing_hooks.store_shelf import Work, lock
from billing_hooks.words import Outcome

NO_ROUTE = {
    "code": "no-receiver", "place": "plan.payer_id", "link": "/billing/practice",
    "say": "No receiver takes claims to this payer: name one under Who bills.",
}  # fmt: skip
CODED_AGAIN = {
    "code": "coded-again", "place": "visit", "rule": "", "grave": "yes", "link": "/billing/encounters/{encounter}",
    "say": "The visit was coded again since it was released: look at it, and release it again if it is to be billed.",
}  # fmt: skip
_PAGES = {"/settings": "/billing/practice#clinicians"}


@dataclass(frozen=True, slots=True)
class Added:
    """What a person adds to a claim beside its visit: why it comes late (CLM20) and who referred the client."""

    delay: str = ""
    referring: Provider | None = None

    @classmethod
    def of(cls, claim: Claim) -> Added:
        """What was added to this one; it stays when the claim is written anew."""
        return cls(claim.delay, claim.referring)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What came of an encounter. `claim` "" where it lacks something."""

    encounter: str
    claim: str
    problems: tuple[Mapping[str, str], ...]


async def against(
    store: Store, work: Work, practice: str, today: date, filing: Mapping[str, int] | None = None
) -> Against:
    """What claims of a practice are held against today."""
    tables = packs.tables(await learn_tables(store, work, practice))
    reach = await store.diagnosis_reach(work, practice)
    through = None if reach is None else reach.through
    return Against(tables, today, through, filing or {}, companion=companion_files.shipped())


async def draft(
    store: Store, practice: str, encounter: str, *, by: str, at: datetime, today: date, added: Added | None = None
) -> Drafted | None:
    """Make or renew the claim to the first payer; None where nothing is to be billed or nobody released it: a claim
    that was not sent yet waits then. `added` takes the place of what somebody added to it before."""
    async with store.work() as work:
        await lock(work, "claim", practice, encounter)
        row, codings, releases = await store.encounter(practice, encounter, work)
        coding = codings[0]
        standing = await store.standing(work, practice, encounter, Rank.PRIMARY.value)
        if row.released and row.outcome is Outcome.BILL:
            return await _draft(store, work, practice, row, coding, releases, standing, by, at, today, added)
        await store.keep_gaps(work, practice, encounter, row.version, (), at)
        if standing is not None:
            await _stop(store, work, practice, standing, (CODED_AGAIN,), by, at)
    if row.released and row.outcome is Outcome.SELF_PAY:
        await _charge_client(store, practice, row, coding, by, at, today)
    return None


async def _draft(
    store: Store, work: Work, practice: str, row: Row, coding: Coding, releases: Sequence[Release], standing: Any,
    by: str, at: datetime, today: date, added: Added | None,
) -> Drafted:  # fmt: skip
    encounter = row.id
    if standing is not None and standing.batch_id is not None:
        return Drafted(encounter, standing.claim_id, ())
    profile = await store.profile(practice, work)
    try:
        made = await _made(store, work, practice, row, coding, profile, standing, added)
    except Refused as refused:  # the one that was sent cannot be replaced by what was released
        made = (Missing(refused.code, refused.say, "/billing/encounters/{encounter}"),)
    if not isinstance(made, Claim):
        lacks = tuple(_lack(each) for each in made)
        if standing is not None:
            await _stop(store, work, practice, standing, lacks, by, at)
            return Drafted(encounter, standing.claim_id, lacks)
        await store.keep_gaps(work, practice, encounter, row.version, lacks, at)
        return Drafted(encounter, "", lacks)
    await store.keep_gaps(work, practice, encounter, row.version, (), at)
    problems = await looked_over(store, work, practice, made, profile, row.file_by, today)
    route = profile.route(made.plan.payer_id) if profile is not None else None
    about = {
        "client_id": row.client, "clinician_id": row.clinician, "service_date": row.service_date,
        "version": row.version, "file_by": row.file_by,
    }  # fmt: skip
    state = State.DRAFTED if any(each.get("grave") != "no" for each in problems) else State.RELEASED
    named = await store.put_draft(
        work, practice, made, about=about, receiver=route.key if route is not None else "", state=state,
        problems=problems, by=releases[0].by if releases else by, at=at,
    )  # fmt: skip
    return Drafted(encounter, named, problems)


async def _made(
    store: Store, work: Work, practice: str, row: Row, coding: Coding, profile: ClaimProfile | None, standing: Any,
    added: Added | None,
) -> Claim | tuple[Missing, ...]:  # fmt: skip
    """The claim as it is released; in the place of one that was sent it stays what replaces it or takes it back.

    Errors: Refused("other-payer").
    """
    kept = await store.claim_value(practice, standing.claim_id, work) if standing is not None else None
    if kept is not None and kept.frequency is Frequency.VOID:
        return kept
    many = await store.count_claims(work, practice, row.id)
    sequence = max(1, many if standing is not None else many + 1)
    if added is None:
        added = Added() if kept is None else Added.of(kept)
    made = await make(store, work, practice, row, coding, profile, sequence=sequence, added=added)
    if kept is not None and kept.frequency is Frequency.REPLACE and isinstance(made, Claim):
        return corrections.replacing(kept, made, kept.original, kept.id)
    return made


async def _stop(
    store: Store, work: Work, practice: str, standing: Any, why: Sequence[Mapping[str, str]], by: str,
    at: datetime,
) -> None:  # fmt: skip
    """Keep a claim that was not sent from being sent. What takes one back needs no release."""
    unsent = standing.batch_id is None and State(standing.state) in (State.DRAFTED, State.RELEASED)
    if unsent and standing.frequency != Frequency.VOID.value:
        await store.stop(work, practice, standing.claim_id, why, by, at)


async def _charge_client(
    store: Store, practice: str, row: Row, coding: Coding, by: str, at: datetime, today: date
) -> None:
    """What a client who pays themselves owes for a visit stands in the ledger, once, as it was released last."""
    fees = charges.on(coding.rests_on["fees"], row.service_date)
    lines = [(str(place), fees.get(line.code, 0) * line.units) for place, line in enumerate(coding.proposal.lines, 1)]

    def charged(account: Account) -> Account:
        return self_pay.ask(account, row.id, lines, today, by)

    await store.change_account(practice, row.id, charged, by, at)


async def make(
    store: Store, work: Work, practice: str, row: Row, coding: Coding, profile: ClaimProfile | None, *,
    sequence: int, added: Added,
) -> Claim | tuple[Missing, ...]:  # fmt: skip
    """The claim that an encounter comes to as things stand, or all that is missing."""
    rests_on = coding.rests_on
    sheet: Mapping[str, Any] = rests_on.get("sheet") or {}
    event: Mapping[str, Any] = rests_on.get("event") or {"visit": {}}
    released = Released(
        row.id, row.client, row.visit, row.service_date, coding.proposal, tuple(sheet.get("diagnoses") or ()),
        event["visit"].get("incident_to") is True or sheet.get("incident_to") is True,
    )  # fmt: skip
    plans = await store.held(work, practice, row.client)
    held = covering(plans, row.service_date)
    was = rests_on.get("coverage")
    if held is not None and was is not None and (held.coverage.payer, held.coverage.lob) != (was["payer"], was["lob"]):
        # Its codes are those of the other payer's rules: nobody released them for this one.
        say = f"It was released for {was['payer']}, and {held.coverage.payer} pays first now: choose at the visit."
        return (Missing("the plan it was released for", say, f"/billing/encounters/{row.id}/coverage"),)
    record = await store.record(work, practice, row.client)
    facts = Facts(None, None)
    if profile is not None:
        facts = Facts(
            profile.practice, profile.clinician(row.clinician),
            profile.supervisor(row.clinician) if released.incident_to else None, added.referring,
            profile.place(row.clinician),
        )  # fmt: skip
    fees = await store.fees(work, practice)
    return from_encounter.build(released, held, record, facts, fees, sequence=sequence, delay=added.delay, plans=plans)


async def looked_over(
    store: Store, work: Work, practice: str, claim: Claim, profile: ClaimProfile | None,
    file_by: date | None, today: date,
) -> tuple[Mapping[str, str], ...]:  # fmt: skip
    """What is wrong with a claim, where, and where it is put right."""
    filing = {}
    if file_by is not None and claim.lines:
        filing = {claim.plan.payer_id: (file_by - claim.lines[0].day).days}
    look = await against(store, work, practice, today, filing)
    if profile is not None:
        own = {one.taxonomy for _, one in profile.clinicians} | {profile.practice.provider.taxonomy}
        look = replace(look, taxonomies=look.taxonomies | (own - {""}))
    problems = [told(each) for each in scrub.scrub(claim, look)]
    if profile is None or profile.route(claim.plan.payer_id) is None:
        problems.insert(0, NO_ROUTE)
    return tuple(problems)


def told(problem: Problem) -> Mapping[str, str]:
    """A problem as it is kept beside the claim. `grave` no: it may be sent with it."""
    return {
        "code": problem.code, "place": problem.place, "say": problem.say, "rule": problem.rule,
        "link": _link(problem.code, problem.place), "grave": "yes" if problem.grave else "no",
    }  # fmt: skip


def grave(problems: Sequence[Mapping[str, str]]) -> bool:
    """Whether any of them keeps a claim from being sent."""
    return any(each.get("grave") != "no" for each in problems)


def _link(code: str, place: str) -> str:
    """The page where a part of a claim is entered; {client} and {encounter} are filled in by the page."""
    if code == "too-late" or place.startswith(("delay", "referring")):
        return "/billing/encounters/{encounter}/claims#added"
    if place.startswith(("practice", "rendering", "supervising", "where")):
        return "/billing/practice"
    if place == "diagnoses" and code == "diagnosis-on-day":
        return "/billing/diagnoses"
    if place.startswith(("client", "plan", "authorization", "earlier")):
        return "/billing/clients/{client}"
    return "/billing/encounters/{encounter}"


def _lack(each: Missing) -> Mapping[str, str]:
    return {
        "code": "missing", "place": each.what, "say": each.say, "rule": "", "grave": "yes",
        "link": _PAGES.get(each.page, each.page),
    }  # fmt: skip
