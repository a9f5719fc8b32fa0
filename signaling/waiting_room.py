"""The waiting room: a view over visits. Who waits, in which order, and what each member of staff may see. Pure.

It stores nothing of its own and drops nobody. Clients see none of it: a client is told of their own visit only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from signaling.deadlines import place_kept_until
from signaling.facts import EvidenceRecorded, MediaMissing, PictureReported
from signaling.licence import Licence, cover
from signaling.shape import DeviceCheck, Visit
from signaling.words import (
    ClientId,
    DeviceCode,
    GuestId,
    GuestStanding,
    OverrideReason,
    ParticipantId,
    Phase,
    Role,
    ServiceId,
    Site,
    StaffId,
    StaffRole,
    Step,
    VisitId,
)

LATE_AFTER = timedelta(minutes=2)
UNSEEN = (EvidenceRecorded, MediaMissing, PictureReported)
"""Frequent facts that change no card."""

_WAITS = frozenset({Phase.WAITING, Phase.ON_HOLD})
_NOT_HERE = frozenset({Phase.BOOKED, Phase.ARRIVED, Phase.LEFT})


class Covered(StrEnum):
    """What the clinician's licences say of the state the client is in; OVERRIDE: a reason given for it still stands."""

    COVERED = "covered"
    OVERRIDE = "override"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Checked(StrEnum):
    """The device check in one word."""

    OK = "ok"
    PARTLY = "partly"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The member of staff who looks."""

    id: StaffId
    role: StaffRole


@dataclass(frozen=True, slots=True)
class GuestCard:
    """One guest under a visit's card."""

    participant: ParticipantId
    guest: GuestId
    role: Role
    standing: GuestStanding
    online: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One visit as the desk and the board show it: ids only, names are added where the message is made."""

    visit: VisitId
    client: ClientId
    clinician: StaffId
    service: ServiceId
    start: datetime
    minutes: int
    phase: Phase
    step: Step | None
    waiting_since: datetime | None
    late: bool
    asleep: bool
    online: bool
    consent: bool
    location: tuple[str, Site] | None
    devices: Checked | None
    licence: Covered
    can_admit: bool
    first_visit: bool
    override_due: bool
    guests: tuple[GuestCard, ...] = ()


def may_see(viewer: Viewer, visit: Visit) -> bool:
    """A clinician sees their own visits, the front desk everybody's, a biller none."""
    match viewer.role:
        case StaffRole.CLINICIAN:
            return visit.clinician == viewer.id
        case StaffRole.FRONT_DESK:
            return True
        case StaffRole.BILLER:
            return False


def order(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    """Those who wait or are on hold, longest first."""
    waiting = [one for one in visits if one.phase in _WAITS]
    return tuple(sorted(waiting, key=lambda one: (waiting_since(one), one.start, one.id)))


def waiting_since(visit: Visit) -> datetime:
    """Since when the client waits, or is on hold."""
    return visit.since if visit.phase is Phase.ON_HOLD else (visit.waiting_since or visit.since)


def late(visit: Visit, now: datetime) -> bool:
    """The booked start has passed and the client is not in the waiting room."""
    return visit.phase in _NOT_HERE and now >= visit.start + LATE_AFTER


def asleep(visit: Visit, now: datetime) -> bool:
    """Long past the booked start, waiting, and not connected: perhaps a phone in a pocket. Shown, never dropped."""
    return visit.phase is Phase.WAITING and not visit.client_seat.online and now >= place_kept_until(visit)


def devices_in_a_word(check: DeviceCheck | None) -> Checked | None:
    """OK when nothing failed; FAILED without a connection, or with neither camera nor microphone; else PARTLY.

    A speaker or connection test that was skipped did not fail: most people never press the speaker's, and the desk
    should not warn of them.
    """
    if check is None:
        return None
    seen_heard = {check.camera, check.microphone}
    tested = {check.speaker, check.connection}
    if seen_heard == {DeviceCode.OK} and tested <= {DeviceCode.OK, DeviceCode.SKIPPED}:
        return Checked.OK
    if DeviceCode.OK not in seen_heard or check.connection not in (DeviceCode.OK, DeviceCode.SKIPPED):
        return Checked.FAILED
    return Checked.PARTLY


def covered(visit: Visit, licences: Sequence[Licence], now: datetime) -> Covered:
    """Whether a licence on file covers, today on the practice's calendar, where the client says they are; or the
    reason that the clinician gave for that state earlier in this visit."""
    if visit.location is None:
        return Covered.UNKNOWN
    today = now.astimezone(ZoneInfo(visit.zone)).date()
    held = visit.location.country == "US" and cover(licences, visit.location.state, today, now)
    if held:
        return Covered.COVERED
    return Covered.OVERRIDE if visit.override_stands else Covered.MISSING


def card(visit: Visit, viewer: Viewer, now: datetime, licences: Sequence[Licence], *, first_visit: bool) -> Card:
    """The visit as a card for this viewer. Only the visit's own clinician can admit."""
    own = viewer.role is StaffRole.CLINICIAN and viewer.id == visit.clinician
    crisis = visit.override is not None and visit.override.reason is OverrideReason.CRISIS
    return Card(
        visit=visit.id,
        client=visit.client,
        clinician=visit.clinician,
        service=visit.service,
        start=visit.start,
        minutes=visit.minutes,
        phase=visit.phase,
        step=visit.step if visit.phase is Phase.ARRIVED else None,
        waiting_since=waiting_since(visit) if visit.phase in _WAITS else None,
        late=late(visit, now),
        asleep=asleep(visit, now),
        online=visit.client_seat.online,
        consent=visit.consent is not None,
        location=(visit.location.state, visit.location.site) if visit.location else None,
        devices=devices_in_a_word(visit.devices),
        licence=covered(visit, licences, now),
        can_admit=own and visit.phase in _WAITS and not visit.client_left,
        first_visit=first_visit,
        override_due=own and crisis and visit.override is not None and visit.override.explained is None,
        guests=guest_cards(visit),
    )


def guest_cards(visit: Visit) -> tuple[GuestCard, ...]:
    """The guests whose links still work, in the order in which they were invited."""
    online = {one.id for one in visit.participants if one.online}
    return tuple(
        GuestCard(one.participant, one.id, one.role, one.standing, one.participant in online)
        for one in visit.guests
        if one.standing is not GuestStanding.REVOKED
    )


def cards(
    visits: Iterable[Visit],
    viewer: Viewer,
    now: datetime,
    licences: Mapping[StaffId, Sequence[Licence]],
    first_visits: Collection[VisitId] = frozenset(),
) -> tuple[tuple[Card, ...], tuple[Card, ...]]:
    """What this viewer's screen shows of these visits: those who wait, longest first; and all of them, by start."""

    def made(one: Visit) -> Card:
        return card(one, viewer, now, licences.get(one.clinician, ()), first_visit=one.id in first_visits)

    seen = [one for one in visits if may_see(viewer, one)]
    by_start = sorted(seen, key=lambda one: (one.start, one.id))
    return tuple(map(made, order(seen))), tuple(map(made, by_start))
