"""How facts move a visit: the table NEXT, and evolve, which never refuses, for history has happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import assert_never

from signaling import guests
from signaling.facts import (
    Admitted,
    AudioOnlyAllowed,
    Booked,
    CameBack,
    Cancelled,
    Completed,
    ConnectionChanged,
    ConsentGiven,
    Declined,
    DevicesChecked,
    Ended,
    EvidenceRecorded,
    Fact,
    IdentityConfirmed,
    Joined,
    Lapsed,
    Left,
    LinkOpened,
    LocationAttested,
    LocationChanged,
    LocationConfirmed,
    MediaInterrupted,
    MediaMissing,
    MediaResumed,
    NoShow,
    OverrideExplained,
    PictureReported,
    ProtectionChanged,
    PutOnHold,
    Returned,
    StatementMade,
    Told,
    VisitBegan,
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
from signaling.shape import (
    AudioOnly,
    Consent,
    DeviceCheck,
    Ending,
    Identity,
    Location,
    Origin,
    Override,
    Participant,
    PictureReport,
    Statement,
    Visit,
)
from signaling.words import Connection, Phase, Requirement, Role, TellCode


def _stays(phase: Phase, *kinds: type[Fact]) -> dict[type[Fact], Phase]:
    return dict.fromkeys(kinds, phase)


# Guests come and go in every phase of a visit that is not over; let in they are only beside the client.
_GUESTS: tuple[type[Fact], ...] = (
    GuestInvited,
    GuestRevoked,
    GuestArrived,
    GuestChecked,
    GuestJoined,
    GuestLeft,
)
_CHECK_IN: tuple[type[Fact], ...] = (
    LinkOpened,
    ConsentGiven,
    LocationAttested,
    DevicesChecked,
    ConnectionChanged,
    Told,
    *_GUESTS,
)
_WITHIN: tuple[type[Fact], ...] = (
    LinkOpened,
    Left,
    CameBack,
    DevicesChecked,
    ConnectionChanged,
    EvidenceRecorded,
    PictureReported,
    LocationChanged,
    LocationConfirmed,
    IdentityConfirmed,
    OverrideExplained,
    *_GUESTS,
    GuestReturned,
)
_OUT: dict[type[Fact], Phase] = {
    PutOnHold: Phase.ON_HOLD,
    Returned: Phase.WAITING,
    Ended: Phase.ENDED,
}

# Everything that changes a phase stands here and nowhere else; what is absent is refused.
NEXT: Mapping[Phase, Mapping[type[Fact], Phase]] = MappingProxyType(
    {
        Phase.BOOKED: {
            **_stays(Phase.BOOKED, ConnectionChanged, Told, *_GUESTS),
            LinkOpened: Phase.ARRIVED,
            Cancelled: Phase.CANCELLED,
            NoShow: Phase.NO_SHOW,
            Lapsed: Phase.LAPSED,
        },
        Phase.ARRIVED: {
            **_stays(Phase.ARRIVED, *_CHECK_IN),
            Joined: Phase.WAITING,
            Cancelled: Phase.CANCELLED,
            NoShow: Phase.NO_SHOW,
            Lapsed: Phase.LAPSED,
        },
        Phase.WAITING: {
            **_stays(Phase.WAITING, *_CHECK_IN, EvidenceRecorded, OverrideExplained),
            Left: Phase.LEFT,
            Admitted: Phase.ADMITTED,
            Declined: Phase.DECLINED,
            Cancelled: Phase.CANCELLED,
            Ended: Phase.ENDED,
            Lapsed: Phase.LAPSED,
        },
        Phase.LEFT: {
            **_stays(Phase.LEFT, *_CHECK_IN, EvidenceRecorded, OverrideExplained),
            CameBack: Phase.WAITING,
            Cancelled: Phase.CANCELLED,
            NoShow: Phase.NO_SHOW,
            Ended: Phase.ENDED,
            Lapsed: Phase.LAPSED,
        },
        Phase.ON_HOLD: {
            **_stays(Phase.ON_HOLD, *_WITHIN, Told),
            Admitted: Phase.ADMITTED,
            Returned: Phase.WAITING,
            Ended: Phase.ENDED,
        },
        Phase.ADMITTED: {
            **_stays(Phase.ADMITTED, *_WITHIN, GuestAdmitted, AudioOnlyAllowed, ProtectionChanged),
            **_OUT,
            VisitBegan: Phase.IN_VISIT,
            MediaResumed: Phase.IN_VISIT,
        },
        Phase.IN_VISIT: {
            **_stays(Phase.IN_VISIT, *_WITHIN, GuestAdmitted, AudioOnlyAllowed, ProtectionChanged),
            **_stays(Phase.IN_VISIT, MediaMissing, MediaResumed),
            **_OUT,
            MediaInterrupted: Phase.INTERRUPTED,
        },
        Phase.INTERRUPTED: {
            **_stays(Phase.INTERRUPTED, *_WITHIN, GuestAdmitted, AudioOnlyAllowed, ProtectionChanged),
            **_OUT,
            MediaResumed: Phase.IN_VISIT,
        },
        Phase.ENDED: {
            **_stays(Phase.ENDED, EvidenceRecorded, ProtectionChanged, OverrideExplained, StatementMade),
            Completed: Phase.COMPLETE,
        },
        Phase.COMPLETE: _stays(Phase.COMPLETE, OverrideExplained, StatementMade),
        Phase.DECLINED: {Returned: Phase.WAITING},
        Phase.CANCELLED: {},
        Phase.NO_SHOW: {},
        Phase.TRANSFERRED: {},
        Phase.LAPSED: {},
    }
)


def evolve(visit: Visit | None, fact: Fact) -> Visit:
    """The visit after the fact; None is the visit before it is booked."""
    if visit is None:
        if not isinstance(fact, Booked):
            raise ValueError("a journal begins with Booked")
        return _booked(fact)
    phase = NEXT[visit.phase].get(type(fact), visit.phase)
    after = _apply(visit, fact)
    if phase is not visit.phase:
        spent = dict(visit.spent)
        spent[visit.phase] = visit.seconds_in(visit.phase, fact.at)
        after = replace(after, phase=phase, since=fact.at, spent=tuple(sorted(spent.items())))
    quiet = None if _alive(after) else (after.quiet_since or fact.at)
    return after if quiet == after.quiet_since else replace(after, quiet_since=quiet)


def replay(facts: Iterable[Fact], visit: Visit | None = None) -> Visit | None:
    """The visit after all the facts, in order."""
    for fact in facts:
        visit = evolve(visit, fact)
    return visit


def _booked(fact: Booked) -> Visit:
    return Visit(
        id=fact.visit,
        practice=fact.practice,
        client=fact.client,
        clinician=fact.clinician,
        participants=(
            Participant(fact.client_participant, Role.CLIENT, fact.client),
            Participant(fact.clinician_participant, Role.CLINICIAN, fact.clinician),
        ),
        service=fact.service,
        start=fact.start,
        minutes=fact.minutes,
        zone=fact.zone,
        booked_by=fact.by,
        booked_at=fact.at,
        phase=Phase.BOOKED,
        since=fact.at,
        quiet_since=fact.at,
    )


def _alive(visit: Visit) -> bool:
    """Somebody of the pair is connected, or both flow; a guest alone does not keep a visit open."""
    pair = (visit.client_seat, visit.clinician_seat)
    connected = any(one.online or one.media is Connection.CONNECTED for one in pair)
    return connected or (visit.phase is Phase.IN_VISIT and visit.requirement is Requirement.MET)


def _apply(visit: Visit, fact: Fact) -> Visit:
    match fact:
        case Booked():
            return visit
        case LinkOpened(at, device):
            return replace(visit, device=device, arrived_at=visit.arrived_at or at)
        case ConsentGiven(at, version, sha256, language, method, by, signed_at):
            return replace(visit, consent=Consent(at, version, sha256, language, method, by, signed_at))
        case LocationAttested():
            return _attested(visit, fact)
        case LocationChanged():
            return _moved(visit, fact)
        case LocationConfirmed(at, by):
            place_now = visit.location and replace(visit.location, confirmed_by=by, confirmed_at=at)
            return replace(visit, location=place_now)
        case DevicesChecked(at, camera, microphone, speaker, connection):
            return replace(visit, devices=DeviceCheck(at, camera, microphone, speaker, connection))
        case Joined(at):
            return replace(visit, joined_at=at, waiting_since=at)
        case Left():
            return replace(visit, client_left=True)
        case CameBack(at, waiting_since):
            back = visit.returns.and_one(at)
            return replace(visit, client_left=False, waiting_since=waiting_since, returns=back)
        case Admitted():
            return _admitted(visit, fact)
        case OverrideExplained(_, _, reason):
            return replace(visit, override=visit.override and replace(visit.override, explained=reason))
        case Declined(_, _, why):
            return replace(visit, decline_reason=why)
        case PutOnHold():
            return _off_media(visit)
        case Returned(at):
            all_out = guests.all_wait(_off_media(visit), at)
            return replace(all_out, waiting_since=at, client_left=False, decline_reason=None)
        case VisitBegan(at):
            return replace(visit, began_at=at, requirement=Requirement.MET, missing=())
        case MediaResumed():
            return replace(visit, requirement=Requirement.MET, missing=())
        case MediaMissing(_, missing):
            return replace(visit, requirement=Requirement.MISSING, missing=missing)
        case MediaInterrupted(_, missing):
            return replace(visit, requirement=Requirement.INTERRUPTED, missing=missing)
        case ConnectionChanged():
            return _connection(visit, fact)
        case IdentityConfirmed(at, by, how):
            return replace(visit, identity=Identity(at, by, how))
        case AudioOnlyAllowed(at, by, cause):
            return replace(visit, audio_only=AudioOnly(at, by, cause))
        case PictureReported(at, whose, seen):
            others = tuple(one for one in visit.pictures if one.participant != whose)
            return replace(visit, pictures=(*others, PictureReport(at, whose, seen)))
        case ProtectionChanged(_, epoch, state):
            return replace(visit, protection=(epoch, state))
        case Told(_, _, code):
            return replace(visit, message=code)
        case Ended() | Completed() | StatementMade() | Cancelled() | NoShow() | Lapsed() | EvidenceRecorded():
            return _closing(visit, fact)
        case (
            GuestInvited()
            | GuestRevoked()
            | GuestArrived()
            | GuestChecked()
            | GuestJoined()
            | GuestLeft()
            | GuestAdmitted()
            | GuestReturned()
        ):
            return guests.evolve(visit, fact)
        case _:
            assert_never(fact)


def _closing(
    visit: Visit, fact: Ended | Completed | StatementMade | Cancelled | NoShow | Lapsed | EvidenceRecorded
) -> Visit:
    match fact:
        case Ended(at, by, reason):
            return replace(_off_media(visit), ending=Ending(at, by, reason))
        case Completed(_, event, sha256):
            return replace(visit, event=event, evidence_sha256=sha256)
        case StatementMade(at, by, saw, place, exceptions, event):
            return replace(visit, statement=Statement(at, by, saw, place, exceptions, event))
        case Cancelled(_, _, why):
            return replace(visit, cancel_reason=why)
        case NoShow() | Lapsed() | EvidenceRecorded():
            return visit
        case _:
            assert_never(fact)


def _admitted(visit: Visit, fact: Admitted) -> Visit:
    override = visit.override
    if fact.override_reason is not None:
        override = Override(fact.at, fact.by, fact.override_reason, None)
    return replace(
        visit,
        admitted_at=visit.admitted_at or fact.at,
        origin=visit.origin or Origin(fact.at - timedelta(milliseconds=fact.mono_ms), fact.mono_s, fact.boot),
        cover=fact.cover,
        override=override,
        precheck=fact.precheck or visit.precheck,
        message=None,
        client_left=False,
        requirement=Requirement.WAITING,
        missing=(),
    )


def _attested(visit: Visit, fact: LocationAttested) -> Visit:
    """What was said before admission is put right; where the client was in a part that was held stays on record."""
    held = visit.location is not None and visit.admitted_at is not None
    past = visit.location_changes + ((visit.location,) if visit.location and held else ())
    now = Location(fact.at, fact.country, fact.state, fact.site, fact.place)
    asked = visit.message is TellCode.WHERE_NOW  # and answered
    return replace(visit, location=now, location_changes=past, message=None if asked else visit.message)


def _moved(visit: Visit, fact: LocationChanged) -> Visit:
    past = visit.location_changes + ((visit.location,) if visit.location else ())
    now = Location(fact.at, fact.country, fact.state, fact.site, fact.place)
    asked = visit.message is TellCode.WHERE_NOW
    message = None if asked else visit.message
    return replace(visit, location=now, location_changes=past, cover=fact.cover, message=message)


def _off_media(visit: Visit) -> Visit:
    """Nobody who is not admitted has a media connection."""
    people = tuple(replace(one, media=None) for one in visit.participants)
    return replace(visit, participants=people, requirement=Requirement.WAITING, missing=())


def _connection(visit: Visit, fact: ConnectionChanged) -> Visit:
    def changed(one: Participant) -> Participant:
        if one.id != fact.participant:
            return one
        if fact.state in (Connection.ONLINE, Connection.OFFLINE):
            return replace(one, online=fact.state is Connection.ONLINE)
        return replace(one, media=fact.state)

    return replace(visit, participants=tuple(changed(one) for one in visit.participants))
