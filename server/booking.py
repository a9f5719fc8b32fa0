"""Booking a visit: the client, the time on the practice's clock, nobody booked twice unmeant, the link.

Shell (asyncio, sqlalchemy).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.db import clients, links, people, practices, visits
from server.db.shelf import Work
from server.db.visits import BookedVisit
from server.errors import Malformed, Refused
from server.local_time import spoken, start_in, zone_named
from server.logs import log
from server.phones import is_phone
from server.ports import Front
from signaling import commands
from signaling.words import ClientId, ParticipantId, PracticeId, ServiceId, StaffId, VisitId

SHORTEST: Final = 5  # minutes
LONGEST: Final = 480
_FURTHEST: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class NewClient:
    """Somebody who was not a client before."""

    name: str
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit to be booked for `client` (an id, or somebody new). `start`: `YYYY-MM-DDTHH:MM` in the practice's zone.

    `anyway`: an overlap was read and is meant.
    """

    client: str | NewClient
    clinician: str
    service: str
    start: str
    minutes: int
    anyway: bool = False


def link_address(front: Front, secret: str) -> str:
    """What the client gets: the secret stands behind the #, which no browser sends to anybody."""
    return f"{front.runtime.settings.origin}/j#{secret}"


async def book(front: Front, wish: Wish, by: str) -> tuple[BookedVisit, str]:
    """Book a visit and make its link: (visit, the link's address).

    Raises Refused and Malformed with the codes of the interface; then nothing was booked.
    """
    async with front.shelf.work() as work:
        zone = (await practices.read(work)).zone
        made, secret = await reserve(work, zone, wish, by)
    await front.hub.command(VisitId(made.id), first_command(front.shelf.practice, made, zone, by))
    log.info("visit-booked", visit=made.id, staff=by)
    return made, link_address(front, secret)


async def reserve(work: Work, zone: str, wish: Wish, by: str, *, lock: bool = True) -> tuple[BookedVisit, str]:
    """The first half of booking, inside a transaction: the client, the row, the link's secret. Raises as `book`.

    Nobody sees the visit before `first_command` was done. Without `lock`, for a trial that is rolled back, nobody else
    who books has to wait for it.
    """
    if not SHORTEST <= wish.minutes <= LONGEST:
        raise Malformed("minutes-malformed", f"A visit lasts from {SHORTEST} to {LONGEST} minutes.")
    start = start_in(zone_named(zone), wish.start)
    _refuse_far_away(start, work.now(), wish.minutes)
    await people.clinician(work, wish.clinician)
    await practices.service(work, wish.service)
    client = await client_for(work, wish.client)
    if lock:
        await visits.lock_people(work, client, wish.clinician)
    made = visits.draft(
        client=client, clinician=wish.clinician, service=wish.service, start=start, minutes=wish.minutes
    )
    if not wish.anyway:
        await _refuse_overlap(work, zone, made)
    await visits.insert_booked(work, made, by)
    return made, await links.make(work, made.id, client)


def _refuse_far_away(start: datetime, now: datetime, minutes: int) -> None:
    if start + timedelta(minutes=minutes) <= now:
        raise Refused("in-the-past", "That time has passed: choose a later one.")
    if start - now > _FURTHEST:
        raise Refused("too-far-ahead", "That is more than two years ahead: look at the year again.")


async def client_for(work: Work, wanted: str | NewClient) -> str:
    """The client's id; a new client is made here."""
    if isinstance(wanted, str):
        await work.client_key(wanted)
        return wanted
    if wanted.phone and not is_phone(wanted.phone):
        raise Malformed("phone-malformed", "That does not look like a phone number: look at it again.")
    if wanted.email and "@" not in wanted.email[1:-1]:
        raise Malformed("email-malformed", "That does not look like an email address: look at it again.")
    return await clients.add(work, name=wanted.name, phone=wanted.phone, email=wanted.email)


async def _refuse_overlap(work: Work, zone: str, made: BookedVisit) -> None:
    """Raises Refused("overlaps")."""
    found = await visits.overlapping(
        work, client=made.client, clinician=made.clinician, start=made.start, minutes=made.minutes
    )
    if not found:
        return
    other = found[0]
    when = spoken(other.start, zone_named(zone))
    if other.client == made.client:
        who = f"{await clients.name(work, other.client)} has a visit"
    else:
        clinician = (await people.read(work, other.clinician)).name
        who = f"{clinician} has a visit with {await clients.name(work, other.client)}"
    raise Refused("overlaps", f"{who} on {when}, {other.minutes} minutes. Choose another time, or book anyway.")


def first_command(practice: str, made: BookedVisit, zone: str, by: str) -> commands.Book:
    """The first command of a visit."""
    return commands.Book(
        visit=VisitId(made.id),
        practice=PracticeId(practice),
        client=ClientId(made.client),
        clinician=StaffId(made.clinician),
        client_participant=ParticipantId(made.client_participant),
        clinician_participant=ParticipantId(made.clinician_participant),
        service=ServiceId(made.service),
        start=made.start,
        minutes=made.minutes,
        zone=zone,
        by=StaffId(by),
    )
