"""Who is shown to whom: the people in a visit, its guests for the clinician, and the visit as a guest may see it. Pure.

Before they are let in nobody is told more than the clinician's name: neither who is there nor who else waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signaling.moments import maybe, moment
from signaling.shape import OVER, Guest, Participant, Visit
from signaling.waiting_room import GuestCard, devices_in_a_word
from signaling.words import GuestStanding, ParticipantId, Phase, Role

Names = Mapping[str, str]
Part = dict[str, Any]

_AWAY = {
    GuestStanding.INVITED: Phase.BOOKED,
    GuestStanding.ARRIVED: Phase.ARRIVED,
    GuestStanding.WAITING: Phase.WAITING,
    GuestStanding.ADMITTED: Phase.WAITING,
    GuestStanding.LEFT: Phase.LEFT,
    GuestStanding.REVOKED: Phase.CANCELLED,
}


def people_part(visit: Visit, you: Participant, names: Names) -> list[Part]:
    """Everybody who is let in, for those who are let in and for the clinician; for others nobody."""
    if you.role is not Role.CLINICIAN and not visit.admits(you.id):
        return []
    inside = (one for one in visit.participants if visit.guest(one.id) and visit.admits(one.id))
    return [
        {
            "participant": one.id,
            "role": one.role.value,
            "name": names.get(one.person, ""),
            "here": one.online and not (one.role is Role.CLIENT and visit.client_left),
        }
        for one in (visit.clinician_seat, visit.client_seat, *inside)
    ]


def guests_part(visit: Visit, names: Names) -> list[Part]:
    """The guests whose links still work, for the clinician: ids, name, role, how far they have come."""
    return [
        {
            "participant": one.participant,
            "guest": one.id,
            "role": one.role.value,
            "name": names.get(one.id, ""),
            "standing": one.standing.value,
            "since": moment(one.since),
            "here": _online(visit, one.participant),
            "devices": checked.value if (checked := devices_in_a_word(one.devices)) else None,
        }
        for one in visit.guests
        if one.standing is not GuestStanding.REVOKED
    ]


def guest_card_part(card: GuestCard, names: Names) -> Part:
    """A guest on a desk's or board's card."""
    return {
        "participant": card.participant,
        "guest": card.guest,
        "role": card.role.value,
        "name": names.get(card.guest, ""),
        "standing": card.standing.value,
        "here": card.online,
    }


def as_guest(part: Part, visit: Visit, guest: Guest) -> Part:
    """The visit part as this guest may see it: their own standing for a phase, nothing that is the client's."""
    inside = visit.admits(guest.participant)
    ended = part["ended"]
    return part | {
        "phase": guest_phase(visit, guest).value,
        "since": part["since"] if inside else moment(guest.since),
        "service": None,
        "client": None,
        "waiting_since": maybe(guest.waiting_since),
        "admitted_at": maybe(guest.admitted_at),
        "began_at": part["began_at"] if inside else None,
        "message": None,
        "audio_only": part["audio_only"] if inside else False,
        "left": guest.standing is GuestStanding.LEFT,
        "ended": None if ended is None else {"reason": ended["reason"], "next": None},
        "location": None,
        "identity_confirmed": False,
        "licence": None,
        "online": {"client": inside and visit.client_seat.online, "clinician": visit.clinician_seat.online},
    }


def guest_phase(visit: Visit, guest: Guest) -> Phase:
    """What a guest sees for the visit's phase: how far they have come themselves, until they are let in or it is over.

    A visit that was not held is over for a guest like any other: why is the client's matter.
    """
    if visit.phase in OVER:
        return Phase.ENDED
    if visit.admits(guest.participant):
        return visit.phase
    if guest.standing is GuestStanding.ADMITTED and visit.phase is Phase.ON_HOLD:
        return Phase.ON_HOLD
    return _AWAY[guest.standing]


def counterpart(visit: Visit, you: ParticipantId) -> ParticipantId:
    """Whom this person's screen shows large: the clinician, and for the clinician the client."""
    clinician = visit.clinician_seat.id
    return visit.client_seat.id if you == clinician else clinician


def _online(visit: Visit, who: ParticipantId) -> bool:
    found = visit.participant(who)
    return found is not None and found.online
