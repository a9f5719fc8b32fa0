"""Who is who in the visits on screen: names by id, licences, statuses, today's visits. Shell (asyncio).

Signaling keeps ids only; whatever is shown under a name is looked up here, per message or per desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.db import clients, guests, open_visits, people, practices, visits
from server.db.shelf import Shelf
from server.db.visits import BookedVisit
from signaling.licence import Licence
from signaling.shape import Visit
from signaling.views import NextVisit
from signaling.waiting_room import Covered, covered
from signaling.words import DeskStatus, StaffId


@dataclass(frozen=True, slots=True)
class Cast:
    """What a screen about one visit needs beside the visit: names by id, the clinician's status, what comes next.

    `others_may_share`: the practice lets clients and guests show their screens too. `licences`: the clinician's.
    """

    names: Mapping[str, str]
    status: DeskStatus
    following: NextVisit | None
    others_may_share: bool = False
    e2ee_required: bool = False
    licences: tuple[Licence, ...] = ()

    def place_open(self, visit: Visit, now: datetime) -> bool:
        """Whether a client who waits is where no licence on file covers: what happens next is their clinician's."""
        return visit.admitted_at is None and covered(visit, self.licences, now) is Covered.MISSING


@dataclass(frozen=True, slots=True)
class Day:
    """The practice's day: rows of the visits booked today or still open, names by id, licences by clinician."""

    zone: str
    rows: tuple[BookedVisit, ...]
    names: Mapping[str, str]
    licences: Mapping[StaffId, tuple[Licence, ...]]
    statuses: Mapping[str, DeskStatus]
    first_visits: frozenset[str]


class Roster:
    """Look-ups over one practice's shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def of(self, visit: Visit) -> Cast:
        """Names and status for one visit's screens."""
        async with self._shelf.work() as work:
            person = await people.read(work, visit.clinician)
            names = {
                visit.clinician: person.name,
                visit.client: await clients.name(work, visit.client),
            } | {service.id: service.name for service in await practices.all_services(work)}
            if visit.guests:
                names |= await guests.names(work, [visit.id])
            practice = await practices.read(work)
            following = None
            if visit.over:
                coming = await visits.next_of(work, visit.client, work.now(), visit.id)
                if coming is not None:
                    with_whom = await people.read(work, coming.clinician)
                    following = NextVisit(coming.start, with_whom.name)
            held = tuple(await people.held_by(work, visit.clinician))
            return Cast(names, person.status, following, practice.others_may_share, practice.e2ee_required, held)

    async def licences(self, clinician: str) -> list[Licence]:
        """The clinician's licences on file, as they stand now."""
        async with self._shelf.work() as work:
            return await people.held_by(work, clinician)

    async def day(self, now: datetime, still_open: Iterable[str]) -> Day:
        """Today's visits on the practice's calendar, and those of `still_open` that began earlier."""
        async with self._shelf.work() as work:
            practice = await practices.read(work)
            zone = ZoneInfo(practice.zone)
            midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
            rows = {row.id: row for row in await visits.between(work, midnight, midnight + timedelta(days=1))}
            for visit in still_open:
                if visit not in rows:
                    rows[visit] = await visits.read(work, visit)
            staff = await people.clinicians(work)
            names = {person.id: person.name for person in staff}
            names |= {service.id: service.name for service in await practices.all_services(work)}
            names |= await clients.names(work, {row.client for row in rows.values()})
            names |= await guests.names(work, list(rows))
            licences = {StaffId(who): tuple(held) for who, held in (await people.held_by_each(work)).items()}
            return Day(
                practice.zone,
                tuple(rows.values()),
                names,
                licences,
                {person.id: person.status for person in staff},
                await open_visits.first_of_their_client(work, rows),
            )
