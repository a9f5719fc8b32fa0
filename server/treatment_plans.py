"""Treatment plans: signed by the clinician, read and signed by the client, told to billing. Shell (asyncio)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks.store_papers import PlanDates
from server.db import clients, people, plans, practices, visits
from server.db.plans import TreatmentPlan
from server.db.shelf import Work
from server.errors import Refused
from server.identity import ClientHere, StaffHere
from server.local_time import iso
from server.logs import log
from server.plan_text import Goal, PlanWords, text_of
from server.ports import Front
from signaling.words import ConsentBy

_LONGEST = timedelta(days=366)
_SOON = timedelta(days=30)


async def _treats(work: Work, client: str, who: StaffHere) -> str:
    """The client's name, for a clinician who has a visit with them. Raises Refused("client-unknown")."""
    name = await clients.name(work, client)
    if not any(visit.clinician == who.id for visit in await visits.of_client(work, client)):
        raise Refused("client-unknown", "There is no such client among yours: open one of your visits with them.")
    return name


async def told(front: Front, client: str, who: StaffHere) -> dict[str, Any]:
    """A client's plans with all versions. Raises Refused("client-unknown")."""
    async with front.shelf.work() as work:
        name = await _treats(work, client, who)
        found = await plans.of_client(work, client)
        zone = ZoneInfo((await practices.read(work)).zone)
    today = front.shelf.now().astimezone(zone).date()
    return {
        "client": name,
        "today": today.isoformat(),
        "plans": [{**shown(plan), "mine": plan.author == who.id} for plan in found],
    }


def shown(plan: TreatmentPlan) -> dict[str, Any]:
    """One version as pages show it."""
    signature = plan.client_signed
    return {
        "plan": plan.id,
        "version": plan.version,
        "begins_on": plan.begins.isoformat(),
        "review_on": plan.review.isoformat(),
        "content": plan.record["content"],
        "text": plan.record["text"],
        "author": plan.record["author"],
        "credentials": plan.record["credentials"],
        "sha256": plan.sha256.hex(),
        "signed_at": iso(plan.signed_at),
        "client_signed": None
        if signature is None
        else {"name": signature.name, "by": signature.by, "at": iso(signature.at)},
    }


async def write(
    front: Front, client: str, who: StaffHere, plan: str | None, seen: int, *, begins: date, review: date,
    words: PlanWords,
) -> TreatmentPlan:  # fmt: skip
    """Sign the next version of a plan. It waits for the client from then on.

    Raises Refused("client-unknown" | "plan-unknown" | "changed-elsewhere" | "review-too-far" | "review-before").
    """
    if review <= begins:
        raise Refused("review-before", "The review comes after the day on which the plan begins.")
    if review - begins > _LONGEST:
        raise Refused("review-too-far", "Review a plan within a year of its beginning: choose an earlier day.")
    async with front.shelf.work() as work:
        await _treats(work, client, who)
        practice = await practices.read(work)
        titles = dict.fromkeys(one.type for one in await people.licences_of(work, who.id))
        author = ", ".join([who.name, *titles])
        record = {
            "content": {
                "needs": words.needs,
                "frequency": words.frequency,
                "goals": [{"goal": one.goal, "measure": one.measure, "steps": one.steps} for one in words.goals],
            },
            "text": text_of(words, practice=practice.name, author=author, begins=begins, review=review),
            "author": who.name,
            "credentials": ", ".join(titles),
        }
        made = await plans.add(work, client, who.id, plan, seen, begins=begins, review=review, record=record)
    await tell(front, made, who.id)
    log.info("plan-signed", staff=who.id)
    return made


def words_of(needs: str, frequency: str, goals: list[tuple[str, str, str]]) -> PlanWords:
    """What was written, as a value."""
    return PlanWords(needs, tuple(Goal(*each) for each in goals), frequency)


async def tell(front: Front, plan: TreatmentPlan, by: str) -> None:
    """Billing learns the plan's dates and whether the client has signed; never a word of it."""
    if front.filing is None:
        return
    signed = plan.client_signed.at if plan.client_signed is not None else None
    dates = PlanDates(plan.id, plan.client, plan.author, plan.version, plan.begins, plan.review, signed)
    await front.filing.save_plan_dates(dates, by, front.shelf.now())


async def due(front: Front, who: StaffHere) -> list[dict[str, str]]:
    """One's own plans whose review is due within a month or overdue."""
    async with front.shelf.work() as work:
        found = await plans.due(work, who.id, (work.now() + _SOON).date())
        names = await clients.names(work, {client for _, client, _ in found})
    return [{"client_id": client, "client": names[client], "review_on": day.isoformat()} for _, client, day in found]


async def waiting(work: Work, client: str) -> dict[str, Any] | None:
    """What the client's document is told of a plan that waits for them."""
    plan = await plans.waiting(work, client)
    if plan is None:
        return None
    return {"id": plan.id, "version": plan.version, "text": plan.record["text"], "sha256": plan.sha256.hex()}


async def client_signs(
    front: Front, here: ClientHere, plan: str, version: int, digest: bytes, name: str, by: ConsentBy
) -> None:
    """The client signs with their typed name. Raises Refused("too-early" | "name-missing" | "plan-…")."""
    if not here.window.is_open(front.shelf.now()):
        raise Refused("too-early", "You can sign when your check-in opens.")
    if sum(letter.isalpha() for letter in name) < 2:
        raise Refused("name-missing", "Please type your full name, and say who you are to the client.")
    async with front.shelf.work() as work:
        signed = await plans.client_signs(work, here.id, here.visit.id, plan, version, digest, name, by.value)
    await tell(front, signed, here.id)
    log.info("plan-signed-by-client", visit=here.visit.id)
