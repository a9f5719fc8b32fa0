"""Guests of a visit: who may come, who is let in, and what follows from it. Pure.

Each is let in by the clinician, one by one, after the client; none moves the visit's phase, its requirement or its
count.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from signaling import guest_commands as c
from signaling import guest_facts as f
from signaling.errors import Refused
from signaling.refusals import may_come_back, own, still_to_come
from signaling.shape import DeviceCheck, Guest, Participant, Visit
from signaling.words import GUEST_ROLES, GuestStanding, Instant, ParticipantId, ReturnReason

GuestFacts = tuple[f.GuestFact, ...]

MOST_GUESTS = 4
"""With the client and the clinician that makes the six who fit into a visit."""
MOST_INVITED = 20
"""Links ever made for one visit, those taken back among them: the signed event names everybody who was there."""


def decide(visit: Visit, command: c.GuestCommand, now: Instant) -> GuestFacts:
    """The facts the command makes (none: nothing to do). Raises Refused."""
    at = now.wall
    match command:
        case c.InviteGuest():
            return _invite(visit, command, at)
        case c.RevokeGuest(by, who):
            revoked = _guest(visit, who).standing is GuestStanding.REVOKED
            return () if revoked else (f.GuestRevoked(at, by, who),)
        case c.OpenGuestLink(who, device):
            return _open_link(_coming(visit, who, now), device, at)
        case c.CheckGuestDevices(who, camera, microphone, speaker, connection):
            before = _coming(visit, who, now).devices
            same = before is not None and before.says(camera, microphone, speaker, connection)
            return () if same else (f.GuestChecked(at, who, camera, microphone, speaker, connection),)
        case c.JoinAsGuest(who):
            return _join(_coming(visit, who, now), now)
        case c.LeaveAsGuest(who):
            here = _guest(visit, who).standing in (GuestStanding.WAITING, GuestStanding.ADMITTED)
            return (f.GuestLeft(at, who),) if here else ()
        case c.AdmitGuest(by, who):
            own(visit, by)
            return _admit(visit, _guest(visit, who), command, at)
        case c.ReturnGuest(by, who):
            own(visit, by)
            if _guest(visit, who).standing is not GuestStanding.ADMITTED:
                raise Refused("not-admitted", "This guest is not in the visit.")
            return (f.GuestReturned(at, by, who, ReturnReason.CLINICIAN),)
        case _:
            assert_never(command)


def evolve(visit: Visit, fact: f.GuestFact) -> Visit:
    """The visit after a fact about a guest; it never refuses, and history about nobody known changes nothing."""
    if not isinstance(fact, f.GuestInvited) and visit.guest(fact.participant) is None:
        return visit
    match fact:
        case f.GuestInvited(at, _, guest, participant, role):
            made = Guest(guest, participant, role, GuestStanding.INVITED, at)
            person = Participant(participant, role, guest)
            return replace(visit, guests=(*visit.guests, made), participants=(*visit.participants, person))
        case f.GuestRevoked(at, _, who):
            return _off_media(_standing(visit, who, GuestStanding.REVOKED, at), who)
        case f.GuestArrived(at, who, device):
            first = _guest(visit, who).standing is GuestStanding.INVITED
            arrived = _standing(visit, who, GuestStanding.ARRIVED, at) if first else visit
            return _changed(arrived, replace(_guest(arrived, who), device=device))
        case f.GuestChecked(at, who, camera, microphone, speaker, connection):
            check = DeviceCheck(at, camera, microphone, speaker, connection)
            return _changed(visit, replace(_guest(visit, who), devices=check))
        case f.GuestJoined(at, who):
            before, waits = _guest(visit, who), _waiting(visit, who, at)
            if before.standing is not GuestStanding.LEFT:
                return waits
            return _changed(waits, replace(_guest(waits, who), returns=before.returns.and_one(at)))
        case f.GuestLeft(at, who):
            return _off_media(_standing(visit, who, GuestStanding.LEFT, at), who)
        case f.GuestAdmitted(at, _, who):
            admitted = _standing(visit, who, GuestStanding.ADMITTED, at)
            let_in = _guest(admitted, who)
            return _changed(admitted, replace(let_in, admitted_at=let_in.admitted_at or at))
        case f.GuestReturned(at, _, who, _):
            return _off_media(_waiting(visit, who, at), who)
        case _:
            assert_never(fact)


def all_wait(visit: Visit, at: datetime) -> Visit:
    """The client was put back into the waiting room: whoever else was in is let in again by the clinician alone."""
    for guest in visit.guests:
        if guest.standing is GuestStanding.ADMITTED:
            visit = _waiting(visit, guest.participant, at)
    return visit


def _invite(visit: Visit, command: c.InviteGuest, at: datetime) -> GuestFacts:
    if command.role not in GUEST_ROLES:
        raise Refused("not-a-guest", "A guest comes as interpreter, family, caregiver, supervisor or trainee.")
    expected = [one for one in visit.guests if one.standing is not GuestStanding.REVOKED]
    if len(expected) >= MOST_GUESTS:
        raise Refused("too-many-guests", f"A visit holds {MOST_GUESTS} guests. Take a link back to invite another.")
    if len(visit.guests) >= MOST_INVITED:
        raise Refused("too-many-guests", "Too many people were invited to this visit: book another one.")
    return (f.GuestInvited(at, command.by, command.guest, command.participant, command.role),)


def _open_link(guest: Guest, device: str, at: datetime) -> GuestFacts:
    if guest.device == device:
        return ()
    opened = f.GuestArrived(at, guest.participant, device)
    # A link may have been passed on: whoever opens it elsewhere is looked at again before they are let in.
    if guest.standing is GuestStanding.ADMITTED:
        return (opened, f.GuestReturned(at, None, guest.participant, ReturnReason.NEW_DEVICE))
    return (opened,)


def _join(guest: Guest, now: Instant) -> GuestFacts:
    match guest.standing:
        case GuestStanding.WAITING | GuestStanding.ADMITTED:
            return ()
        case GuestStanding.ARRIVED | GuestStanding.LEFT:
            if guest.devices is None:
                raise Refused("devices-missing", "The camera and microphone check has not been made yet.")
            if guest.standing is GuestStanding.LEFT:
                may_come_back(guest.returns, now)
            return (f.GuestJoined(now.wall, guest.participant),)
        case _:
            raise Refused("not-joined", "Open the link that the practice sent you first.")


def _admit(visit: Visit, guest: Guest, command: c.AdmitGuest, at: datetime) -> GuestFacts:
    match guest.standing:
        case GuestStanding.ADMITTED:
            raise Refused("already-admitted", "You have let this guest in already.")
        case GuestStanding.LEFT:
            raise Refused("guest-left", "This guest has left. They can come back by their link.")
        case GuestStanding.WAITING:
            if not visit.seated:
                raise Refused("client-first", "Let the client in first, then their guests.")
            return (f.GuestAdmitted(at, command.by, guest.participant),)
        case _:
            raise Refused("not-joined", "This guest does not wait to be let in yet.")


def _guest(visit: Visit, who: ParticipantId) -> Guest:
    found = visit.guest(who)
    if found is None:
        raise Refused("no-such-guest", "There is no such guest in this visit.")
    return found


def _coming(visit: Visit, who: ParticipantId, now: Instant) -> Guest:
    """The guest, while there is something to come to."""
    still_to_come(visit, now)
    guest = _guest(visit, who)
    if guest.standing is GuestStanding.REVOKED:
        raise Refused("link-withdrawn", "This link no longer works. Please ask the practice if you are expected.")
    return guest


def _changed(visit: Visit, guest: Guest) -> Visit:
    others = tuple(guest if one.participant == guest.participant else one for one in visit.guests)
    return replace(visit, guests=others)


def _standing(visit: Visit, who: ParticipantId, standing: GuestStanding, at: datetime) -> Visit:
    return _changed(visit, replace(_guest(visit, who), standing=standing, since=at))


def _waiting(visit: Visit, who: ParticipantId, at: datetime) -> Visit:
    waits = _standing(visit, who, GuestStanding.WAITING, at)
    return _changed(waits, replace(_guest(waits, who), waiting_since=at))


def _off_media(visit: Visit, who: ParticipantId) -> Visit:
    """Nobody who is not admitted has a media connection."""
    people = tuple(replace(one, media=None) if one.id == who else one for one in visit.participants)
    return replace(visit, participants=people)
