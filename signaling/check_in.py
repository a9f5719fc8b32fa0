"""Decisions on the booking and on the client's way in and out. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from signaling import commands as c
from signaling import facts as f
from signaling.deadlines import place_kept_until
from signaling.errors import Refused
from signaling.refusals import covers, may_come_back, step_missing, still_to_come
from signaling.shape import SEATED, Visit
from signaling.words import Instant, Phase, ReturnReason

Facts = tuple[f.Fact, ...]

LONGEST_VISIT = 12 * 60
MOST_PLACES = 50
"""Places on record before the present one: what the signed event can hold (`session-complete/1`)."""


def book(command: c.Book, now: Instant) -> Facts:
    """A visit of 1 minute to 12 hours that is not already past."""
    if command.start.tzinfo is None or not 1 <= command.minutes <= LONGEST_VISIT:
        raise Refused("bad-time", "Choose a day, a time and a length of 1 minute to 12 hours.")
    try:
        ZoneInfo(command.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        raise Refused("bad-zone", "Choose the practice's time zone in the settings.") from wrong
    if command.start + timedelta(minutes=command.minutes) <= now.wall:
        raise Refused("in-the-past", "That time has passed: choose a later one.")
    return (
        f.Booked(
            at=now.wall,
            visit=command.visit,
            practice=command.practice,
            client=command.client,
            clinician=command.clinician,
            client_participant=command.client_participant,
            clinician_participant=command.clinician_participant,
            service=command.service,
            start=command.start,
            minutes=command.minutes,
            zone=command.zone,
            by=command.by,
        ),
    )


CheckIn = c.OpenLink | c.GiveConsent | c.AttestLocation | c.ChangeLocation | c.CheckDevices


def step(visit: Visit, command: CheckIn, now: Instant) -> Facts:
    """One step of the check-in, or a change of place later on."""
    at = now.wall
    still_to_come(visit, now)
    match command:
        case c.OpenLink(device):
            return _open_link(visit, device, now)
        case c.GiveConsent(version, sha256, language, method, by, signed_at):
            return (f.ConsentGiven(at, version, sha256, language, method, by, signed_at),)
        case c.AttestLocation(country, state, site, place):
            _room_for_a_place(visit)
            return (f.LocationAttested(at, country, state, site, place),)
        case c.ChangeLocation(country, state, site, place, cover):
            _room_for_a_place(visit)
            held = cover if cover is not None and covers(cover, country, state, visit, now) else None
            return (f.LocationChanged(at, country, state, site, place, held),)
        case c.CheckDevices(camera, microphone, speaker, connection):
            same = visit.devices is not None and visit.devices.says(camera, microphone, speaker, connection)
            return () if same else (f.DevicesChecked(at, camera, microphone, speaker, connection),)
        case _:
            assert_never(command)


def _room_for_a_place(visit: Visit) -> None:
    if len(visit.location_changes) >= MOST_PLACES:
        raise Refused("too-many-places", "That is very often for one visit: tell your clinician where you are now.")


def _open_link(visit: Visit, device: str, now: Instant) -> Facts:
    if visit.device == device and visit.phase is not Phase.BOOKED:
        return ()
    opened = f.LinkOpened(now.wall, device)
    # A link may have been passed on: whoever opens it elsewhere is looked at again before they are let in.
    if visit.seated:
        return (opened, f.Returned(now.wall, None, ReturnReason.NEW_DEVICE))
    return (opened,)


def join(visit: Visit, now: Instant) -> Facts:
    """Into the waiting room, once every step is made for this visit; or back into it."""
    still_to_come(visit, now)
    if visit.phase is not Phase.ARRIVED:
        return come_back(visit, now)
    if visit.step is not None:
        raise step_missing(visit)
    return (f.Joined(now.wall),)


def come_back(visit: Visit, now: Instant) -> Facts:
    """Back after leaving, without a new check-in; the place in the order is kept for a while."""
    still_to_come(visit, now)
    if visit.phase in (Phase.BOOKED, Phase.ARRIVED):
        raise Refused("not-joined", "Finish checking in, then join the waiting room.")
    if not visit.client_left:
        return ()
    may_come_back(visit.returns, now)
    place = visit.waiting_since or now.wall
    kept = visit.phase is not Phase.LEFT or now.wall < place_kept_until(visit)
    return (f.CameBack(now.wall, place if kept else now.wall),)


def leave(visit: Visit, now: Instant) -> Facts:
    """Leaving is recoverable; before the waiting room there is nothing to leave."""
    may_leave = visit.phase in SEATED or visit.phase in (Phase.WAITING, Phase.ON_HOLD)
    return (f.Left(now.wall),) if may_leave and not visit.client_left else ()
