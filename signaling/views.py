"""What the server says to browsers, made from a Visit, the names it is given, and what flows. Pure.

Signaling stores no names: they come in as a mapping from id to what is shown (clients, staff, services). A client is
told of their own visit only, never who else waits and never a running count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from signaling.fact_forms import kind_of
from signaling.facts import (
    ConnectionChanged,
    EvidenceRecorded,
    Fact,
    IdentityConfirmed,
    OverrideExplained,
    PictureReported,
    StatementMade,
)
from signaling.guest_facts import (
    GuestAdmitted,
    GuestArrived,
    GuestChecked,
    GuestInvited,
    GuestJoined,
    GuestLeft,
    GuestReturned,
    GuestRevoked,
)
from signaling.moments import maybe, moment
from signaling.people import as_guest, counterpart, guest_card_part, guests_part, people_part
from signaling.shape import Participant, Visit
from signaling.waiting_room import Card
from signaling.words import (
    DeskStatus,
    LinkQuality,
    MediaKind,
    OverrideReason,
    ParticipantId,
    PictureNow,
    Requirement,
    Role,
    SoundNow,
    VisitId,
)

Names = Mapping[str, str]
Message = dict[str, Any]

PING_S = 5
DEAD_S = 15


@dataclass(frozen=True, slots=True)
class StreamNow:
    """What flows from one person this second."""

    audio: SoundNow = SoundNow.NONE
    video: PictureNow = PictureNow.NONE


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows in a visit; `deadline` is when missing becomes interrupted; `counted_s` is for the clinician only."""

    of: Mapping[ParticipantId, StreamNow] = field(default_factory=dict)
    requirement: Requirement = Requirement.WAITING
    missing: tuple[tuple[ParticipantId, MediaKind], ...] = ()
    deadline: datetime | None = None
    counted_s: int = 0


@dataclass(frozen=True, slots=True)
class Muting:
    """What a person's own buttons say; `weak`: their page paused the picture, for the sound's sake."""

    audio: bool = False
    video: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True)
class NextVisit:
    """The client's next booked visit, for the page after this one."""

    start: datetime
    clinician: str


# Between the clinician and the record: a client learns that something was noted, so that no seq is missing, not what.
_NOT_THE_CLIENTS = (
    EvidenceRecorded,
    OverrideExplained,
    IdentityConfirmed,
    StatementMade,
    PictureReported,
    GuestInvited,
    GuestRevoked,
    GuestArrived,
    GuestChecked,
    GuestJoined,
    GuestLeft,
    GuestAdmitted,
    GuestReturned,
)

NO_FLOW = Flow()
NOT_MUTED = Muting()


def dump_welcome(now: datetime) -> Message:
    """The first message on every socket."""
    return {"type": "welcome", "ping_s": PING_S, "dead_s": DEAD_S, "server_time": moment(now)}


def dump_snapshot(
    visit: Visit,
    seq: int,
    you: Participant,
    names: Names,
    status: DeskStatus,
    *,
    flow: Flow = NO_FLOW,
    muted: Mapping[ParticipantId, Muting] | None = None,
    sharing: ParticipantId | None = None,
    others_may_share: bool = False,
    next_visit: NextVisit | None = None,
    place_open: bool = False,
) -> Message:
    """Everything this participant may know of the visit, as of `seq`."""
    said = {who: one for who, one in (muted or {}).items() if who != you.id}
    other = said.get(counterpart(visit, you.id), NOT_MUTED)
    return {
        "type": "snapshot",
        "seq": seq,
        "you": {"participant": you.id, "role": you.role.value},
        "visit": visit_part(
            visit, you, names, status, next_visit, others_may_share=others_may_share, place_open=place_open
        ),
        "media": media_part(flow, you, visit),
        "muted": {"other": _muting(other), "of": {who: _muting(one) for who, one in said.items()}},
        "sharing": sharing,
    }


def dump_fact(
    visit: Visit,
    seq: int,
    fact: Fact,
    you: Participant,
    names: Names,
    status: DeskStatus,
    *,
    others_may_share: bool = False,
    next_visit: NextVisit | None = None,
    place_open: bool = False,
) -> Message:
    """A fact happened; the visit part is whole and replaces the browser's own. Every fact is sent, without a gap."""
    part = visit_part(visit, you, names, status, next_visit, others_may_share=others_may_share, place_open=place_open)
    hidden = isinstance(fact, _NOT_THE_CLIENTS) or (
        isinstance(fact, ConnectionChanged) and visit.guest(fact.participant) is not None
    )
    kind = "noted" if you.role is not Role.CLINICIAN and hidden else kind_of(fact)
    return {"type": "fact", "seq": seq, "kind": kind, "at": moment(fact.at), "visit": part}


def dump_offer(number: int, sdp: str) -> Message:
    """An SDP offer; the browser answers with the same number."""
    return {"type": "offer", "number": number, "sdp": sdp}


def dump_turn(urls: Sequence[str], username: str, credential: str, expires_s: int) -> Message:
    """The relay for networks without UDP, and a credential for it that ends; to those who are let in."""
    return {"type": "turn", "urls": list(urls), "username": username, "credential": credential, "expires_s": expires_s}


def dump_flow(flow: Flow, you: Participant, visit: Visit) -> Message:
    """What flows now."""
    return {"type": "flow", "media": media_part(flow, you, visit)}


def dump_muted(participant: ParticipantId, muting: Muting) -> Message:
    """What somebody else's buttons say."""
    return {"type": "muted", "participant": participant, **_muting(muting)}


def dump_sharing(participant: ParticipantId | None) -> Message:
    """Whose screen is shown now; None: nobody's."""
    return {"type": "sharing", "participant": participant}


def dump_downlink(audio_only: bool) -> Message:
    """Whether your connection is too weak for the others' pictures just now, so that you get their sound alone."""
    return {"type": "downlink", "audio_only": audio_only}


def dump_quality(of: Mapping[ParticipantId, LinkQuality]) -> Message:
    """How good each person's connection is."""
    return {"type": "quality", "of": {who: level.value for who, level in of.items()}}


def dump_refused(re: str, code: str, say: str, visit: VisitId | None = None) -> Message:
    """The message of type `re` was refused; at the desk with the visit it was about."""
    return {"type": "refused", "re": re, "visit": visit, "code": code, "say": say}


def dump_pong(n: int) -> Message:
    """The answer to a ping."""
    return {"type": "pong", "n": n}


def dump_closed(reason: str, say: str, then: str) -> Message:
    """The socket closes after this; `then` is what the browser does next: resume, rejoin or stop."""
    return {"type": "closed", "reason": reason, "say": say, "next": then}


def dump_desk(
    seq: int,
    now: datetime,
    zone: str,
    status: DeskStatus,
    waiting: Sequence[Card],
    today: Sequence[Card],
    names: Names,
    checks: Mapping[VisitId, Message] | None = None,
) -> Message:
    """The whole desk (or board), sent at the start and on every change.

    `checks`: what billing says of visits that have not begun, in billing's own words; none where it says nothing.
    """
    said = checks or {}
    return {
        "type": "desk",
        "seq": seq,
        "now": moment(now),
        "zone": zone,
        "status": status.value,
        "waiting": [card_part(one, names, said.get(one.visit)) for one in waiting],
        "today": [card_part(one, names, said.get(one.visit)) for one in today],
    }


def visit_part(
    visit: Visit,
    you: Participant,
    names: Names,
    status: DeskStatus,
    then: NextVisit | None,
    *,
    others_may_share: bool = False,
    place_open: bool = False,
) -> Message:
    """The visit as this participant may see it.

    `place_open`: whether the client may be seen where they are is being settled; they read that, and not why.
    """
    clinician = you.role is Role.CLINICIAN
    place = visit.location
    part = {
        "id": visit.id,
        "phase": visit.phase.value,
        "since": moment(visit.since),
        "booked_start": moment(visit.start),
        "booked_end": moment(visit.booked_end),
        "zone": visit.zone,
        "service": names.get(visit.service),
        "clinician": {"name": names.get(visit.clinician, "")},
        "client": {"name": names.get(visit.client, "")} if clinician else None,
        "waiting_since": maybe(visit.waiting_since),
        "admitted_at": maybe(visit.admitted_at),
        "began_at": maybe(visit.began_at),
        "message": visit.message.value if visit.message else None,
        "clinician_status": status.value,
        "audio_only": visit.audio_only is not None,
        "left": visit.client_left,
        "ended": _ended(visit, then),
        "location": place
        and {"state": place.state, "site": place.site.value, "confirmed": place.confirmed_at is not None},
        "identity_confirmed": visit.identity is not None,
        "licence": _licence(visit) if clinician else None,
        "online": {"client": visit.client_seat.online, "clinician": visit.clinician_seat.online},
        "people": people_part(visit, you, names),
        "guests": guests_part(visit, names) if clinician else None,
        "may_share": clinician or (others_may_share and visit.admits(you.id)),
        "place_open": place_open and you.role is Role.CLIENT and visit.admitted_at is None,
    }
    guest = visit.guest(you.id)
    return part if guest is None else as_guest(part, visit, guest)


def media_part(flow: Flow, you: Participant, visit: Visit) -> Message:
    """What flows, seen from one side. What is required of the pair is not asked of a guest: they read a pause, no more.

    `of` is there while guests are in the visit: everybody else's, by participant.
    """
    others = {who: now for who, now in flow.of.items() if who != you.id and visit.admits(who)}
    guest = visit.guest(you.id) is not None
    missing = () if guest else flow.missing
    required = Requirement.MET if guest and flow.requirement is Requirement.MISSING else flow.requirement
    part: Message = {
        "you": _stream(flow.of.get(you.id, StreamNow())),
        "other": _stream(flow.of.get(counterpart(visit, you.id), StreamNow())),
        "requirement": required.value,
        "missing": [{"who": "you" if who == you.id else "other", "kind": kind.value} for who, kind in missing],
        "deadline": None if guest else maybe(flow.deadline),
    }
    if any(visit.admits(one.participant) for one in visit.guests):
        part["of"] = {who: _stream(now) for who, now in others.items()}
    return {**part, "counted_s": flow.counted_s} if you.role is Role.CLINICIAN else part


def card_part(card: Card, names: Names, check: Message | None = None) -> Message:
    """A card with the names on it, and what billing's check says of it."""
    name = names.get(card.client, "")
    return {
        "visit": card.visit,
        "client": {"name": name, "initials": initials(name)},
        "clinician": {"id": card.clinician, "name": names.get(card.clinician, "")},
        "service": names.get(card.service, ""),
        "start": moment(card.start),
        "minutes": card.minutes,
        "phase": card.phase.value,
        "step": card.step.value if card.step else None,
        "waiting_since": maybe(card.waiting_since),
        "late": card.late,
        "asleep": card.asleep,
        "online": card.online,
        "consent": card.consent,
        "location": {"state": card.location[0], "site": card.location[1].value} if card.location else None,
        "devices": card.devices.value if card.devices else None,
        "licence": card.licence.value,
        "coverage": check["standing"] if check is not None else "unknown",
        "check": check,
        "can_admit": card.can_admit,
        "first_visit": card.first_visit,
        "override_due": card.override_due,
        "guests": [guest_card_part(one, names) for one in card.guests],
    }


def initials(name: str) -> str:
    """`Jordan van Dyke` as `J. D.`: what a passer-by may read on a screen."""
    words = name.split()
    ends = words[:1] + words[1:][-1:]
    return " ".join(f"{word[0].upper()}." for word in ends)


def _stream(now: StreamNow) -> Message:
    return {"audio": now.audio.value, "video": now.video.value}


def _muting(one: Muting) -> Message:
    return {"audio": one.audio, "video": one.video, "weak": one.weak}


def _ended(visit: Visit, then: NextVisit | None) -> Message | None:
    if not visit.over:
        return None
    reason = visit.ending.reason.value if visit.ending else visit.phase.value
    return {"reason": reason, "next": then and {"start": moment(then.start), "clinician": then.clinician}}


def _licence(visit: Visit) -> str | None:
    """For the clinician, of the client's present state: covered, override, missing, or (after a crisis) explain."""
    if visit.admitted_at is None:
        return None
    if visit.override is not None and visit.override.reason is OverrideReason.CRISIS and not visit.override.explained:
        return "explain"
    if visit.covered:
        return "covered"
    return "missing" if visit.cover is None else "override"
