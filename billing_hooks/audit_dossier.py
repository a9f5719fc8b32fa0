"""Gathers everything that is known of one encounter for an audit, from billing's store and the house. Shell (asyncio).

Nothing is filled in: what is not on file stays None, and the checklist shows it as a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import packs, page_words, rules
from billing_hooks.audit.custody import Custody, OfVisit
from billing_hooks.audit.dossier import (
    Assurance,
    CitedRule,
    Dossier,
    Proven,
    Released,
    Reply,
    ReplyKind,
)
from billing_hooks.audit.own_segments import OwnSegments
from billing_hooks.claim_profile import ClaimProfile
from billing_hooks.claim_words import fact_words, money
from billing_hooks.claims.claim import Claim, Person, PostalAddress, Provider
from billing_hooks.client_record import ClientRecord
from billing_hooks.contract import SESSION_COMPLETE, STATEMENT
from billing_hooks.errors import Refused
from billing_hooks.jobs import lineage
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.rule_words import INTENTS
from billing_hooks.store import Store, StoredEvent
from billing_hooks.store_audits import AssuranceOnFile
from billing_hooks.store_claims import ClaimFact, ClaimRow
from billing_hooks.store_encounters import Coding, Release, Row
from billing_hooks.verification import Verification

_REPLIES = {
    "999": ReplyKind.ACCEPTED_999, "277ca": ReplyKind.CLAIM_277CA, "judged": ReplyKind.PAYMENT_835,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What was read, before it is made into a dossier apart from the loop."""

    row: Row
    coding: Coding
    releases: tuple[Release, ...]
    profile: ClaimProfile
    record: ClientRecord
    verified: Verification | None
    events: tuple[StoredEvent, ...]
    claim: ClaimRow | None
    value: Claim | None
    x12: str
    facts: Sequence[ClaimFact]
    assurances: Sequence[AssuranceOnFile]
    own_rules: Sequence[Mapping[str, Any]]
    of_visit: OfVisit
    keys: Mapping[str, PublicKey]
    zone: ZoneInfo


async def gather(
    store: Store, custody: Custody, practice: str, encounter: str, *, zone: str, claim: str = ""
) -> Dossier:
    """What stands in the package of an encounter; of its claims the one named, else the one that stands first.

    Errors: Refused("encounter-unknown" | "claim-unknown" | "paper-incomplete"), and those of a signed record that is
    not good.
    """
    profile = await store.profile(practice)
    if profile is None:
        raise Refused("paper-incomplete", "Enter who bills, with its clinicians, first: a package names the practice.")
    row, codings, releases = await store.encounter(practice, encounter)
    coding = codings[0]
    if row.released and releases and releases[0].version != coding.version:
        [coding] = await store.runs(practice, encounter, [releases[0].version])
    chosen = _chosen(await store.claims_of(practice, encounter), claim)
    facts: Sequence[ClaimFact] = ()
    if chosen is not None:
        facts = (await store.claim_facts(practice, [chosen.id]))[chosen.id]
    async with store.work() as work:
        record = await store.record(work, practice, row.client)
        verified = await store.verified(work, practice, row.client, row.service_date)
        events = await store.events(work, practice, row.visit)
        own_rules = await store.rules(work, practice)
    found = _Gathered(
        row, coding, releases if row.released else (), profile, record, verified, events, chosen,
        None if chosen is None else await store.claim_value(practice, chosen.id),
        await _own_segments(store, practice, chosen), facts, await store.assurances(practice), own_rules,
        await custody.of_visit(practice, row.visit, row.client, row.service_date), await custody.keys(), ZoneInfo(zone),
    )  # fmt: skip
    return await asyncio.to_thread(_dossier, found)


def _chosen(claims: Sequence[ClaimRow], named: str) -> ClaimRow | None:
    if named:
        found = next((one for one in claims if one.id == named), None)
        if found is None:
            raise Refused("claim-unknown", "There is no such claim of this visit.")
        return found
    return next((one for one in claims if one.living and one.rank == "P"), next(iter(claims), None))


async def _own_segments(store: Store, practice: str, claim: ClaimRow | None) -> str:
    """The claim as it was sent, "" where it never was."""
    if claim is None or claim.batch is None or claim.sent_at is None:
        return ""
    own = OwnSegments(claim.id)
    async for piece in store.pieces(practice, claim.batch):
        if await asyncio.to_thread(own.feed, piece):
            break
    return own.text


def _dossier(found: _Gathered) -> Dossier:
    row, coding, of_visit = found.row, found.coding, found.of_visit
    event, statement = _signed(found)
    sheet = coding.rests_on.get("sheet")
    clinician = found.profile.clinician(row.clinician)
    return Dossier(
        encounter=row.id,
        practice=found.profile.practice,
        client=_client(found.record),
        clinician=clinician or Provider(of_visit.clinician or "not entered under who bills", ""),
        service=of_visit.service or INTENTS.get(str(coding.rests_on.get("intent")), ""),
        event=event,
        statement=statement,
        note=of_visit.note,
        note_elsewhere=of_visit.note_elsewhere,
        why_telehealth=of_visit.why,
        plan=of_visit.plan,
        assurance=_assurance(found),
        sheet=Sheet.from_json(sheet) if sheet else None,
        proposal=coding.proposal,
        released=Released(found.releases[0].name, found.releases[0].released_at) if found.releases else None,
        rules=_cited(coding, found.own_rules),
        verified=found.verified,
        claim=found.value,
        x12=found.x12,
        replies=tuple(_reply(each, found.zone) for each in found.facts if each.kind in _REPLIES),
    )


def _signed(found: _Gathered) -> tuple[Proven | None, Proven | None]:
    """The newest signed record of the visit, and the newest statement about it or one that it replaced."""
    bodies = [(stored.raw, stored.body) for stored in found.events]
    complete = [(raw, body) for raw, body in bodies if body["type"] == SESSION_COMPLETE]
    if not complete:
        return None, None
    about = lineage(complete[-1][1]["id"], {body["id"]: body["supersedes"] for _, body in complete})
    said = [raw for raw, body in bodies if body["type"] == STATEMENT and body["about"] in about]
    return Proven(complete[-1][0], found.keys), Proven(said[-1], found.keys) if said else None


def _client(record: ClientRecord) -> Person:
    home = record.address
    return Person(
        record.given, record.family, record.birth_date, record.sex,
        address=PostalAddress(home.street, home.city, home.state, home.zip),
    )  # fmt: skip


def _assurance(found: _Gathered) -> Assurance | None:
    """For this claim's payer: the newest that was signed by the day of service, else the newest at all."""
    plan = found.value.plan if found.value is not None else None
    payer, number = (plan.name, plan.payer_id) if plan is not None else (found.row.payer or "", "")
    held = [
        each
        for each in found.assurances
        if (number and each.payer_id == number) or each.payer.casefold() == payer.casefold()
    ]
    in_time = [each for each in held if each.signed_on <= found.row.service_date]
    best = next(iter(in_time or held), None)
    return None if best is None else Assurance(best.payer, best.signed_on, best.by)


def _cited(coding: Coding, kept: Sequence[Mapping[str, Any]]) -> tuple[CitedRule, ...]:
    """The rules that decided, as they were when they did."""
    then = coding.rests_on.get("rules") or kept
    known = [*packs.shipped_rules(), *(rules.parse(rule, lenient=True) for rule in then)]
    return tuple(
        CitedRule(each.name, each.span, each.status, each.citations)
        for each in page_words.sources(coding.proposal.rules, known)
    )


def _reply(fact: ClaimFact, zone: ZoneInfo) -> Reply:
    codes = fact.body.get("codes") or ()
    return Reply(
        _REPLIES[fact.kind], fact.at.astimezone(zone).date(), fact_words(fact.kind, fact.body, fact.said, money),
        str(fact.body.get("status") or (codes[0] if codes else "")), str(fact.said.get("payer_number") or ""),
        int(fact.body["paid"]) if fact.kind == "judged" and "paid" in fact.body else None,
    )  # fmt: skip
