"""What a command makes happen to a visit, or why it is refused; it changes nothing. Pure.

Three groups: the client's way in and out, the staff's acts, and what the machine notes. A guard that needs more than
the phase stands in its own function; everything about phases stands in the table NEXT.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from signaling import commands as c
from signaling import facts as f
from signaling.codec import measure
from signaling.deadlines import closes_at, overdue, place_kept_until
from signaling.errors import Refused
from signaling.licence import LicenceCover
from signaling.shape import SEATED, Visit
from signaling.transitions import NEXT, evolve
from signaling.words import (
    Connection,
    CoverBasis,
    EndReason,
    Instant,
    OverrideReason,
    Phase,
    Requirement,
    ReturnReason,
    StaffId,
    Step,
)

Facts = tuple[f.Fact, ...]

LONGEST_VISIT = 12 * 60
_WHILE = {
    Phase.BOOKED: "The client has not opened the link yet.",
    Phase.ARRIVED: "The client is still checking in.",
    Phase.WAITING: "The client is in the waiting room.",
    Phase.ON_HOLD: "The client is on hold.",
    Phase.ADMITTED: "The client has been let in.",
    Phase.IN_VISIT: "The visit is in progress.",
    Phase.INTERRUPTED: "The visit is interrupted.",
    Phase.LEFT: "The client has left and may come back.",
    Phase.ENDED: "This visit is over.",
    Phase.COMPLETE: "This visit is over.",
    Phase.DECLINED: "The client was not let in.",
    Phase.CANCELLED: "This visit was cancelled.",
    Phase.NO_SHOW: "This visit was marked as a no-show.",
    Phase.TRANSFERRED: "This visit was handed over.",
    Phase.LAPSED: "The time for this visit has passed.",
}
_STEP_MISSING = {
    Step.CONSENT: ("consent-missing", "Consent has not been given for this visit yet."),
    Step.LOCATION: ("location-missing", "Where the client is has not been said for this visit yet."),
    Step.DEVICES: ("devices-missing", "The camera and microphone check has not been made yet."),
}


def decide(visit: Visit | None, command: c.Command, now: Instant) -> Facts:
    """The facts the command makes (none: nothing to do). Raises Refused; None is a visit not yet booked."""
    if isinstance(command, c.Book):
        if visit is not None:
            raise Refused("already-booked", "This visit is booked already.")
        return _book(command, now)
    if visit is None:
        raise Refused("no-such-visit", "There is no such visit.")
    made = _decide(visit, command, now)
    after = visit
    for fact in made:
        if type(fact) not in NEXT[after.phase]:
            raise Refused(
                f"not-while-{after.phase.value.replace('_', '-')}", f"{_WHILE[after.phase]} That cannot be done now."
            )
        after = evolve(after, fact)
    return made


def decide_all(visit: Visit | None, wishes: Sequence[c.Command], now: Instant) -> tuple[Facts, Visit | None]:
    """The facts of several commands, each decided on what the ones before it made; and the visit after them."""
    made: Facts = ()
    for wish in wishes:
        new = decide(visit, wish, now)
        for fact in new:
            visit = evolve(visit, fact)
        made += new
    return made, visit


def _decide(visit: Visit, command: c.Command, now: Instant) -> Facts:
    at = now.wall
    match command:
        case c.Book():
            raise Refused("already-booked", "This visit is booked already.")
        case c.OpenLink() | c.GiveConsent() | c.AttestLocation() | c.ChangeLocation() | c.CheckDevices():
            return _check_in(visit, command, now)
        case c.Join():
            return _join(visit, now)
        case c.Leave():
            may_leave = visit.phase in SEATED or visit.phase in (Phase.WAITING, Phase.ON_HOLD)
            return (f.Left(at),) if may_leave and not visit.client_left else ()
        case c.ComeBack():
            return _come_back(visit, now)
        case c.NoteMedia():
            return _note_media(visit, command, now)
        case c.NoteConnection():
            return _note_connection(visit, command, now)
        case c.RecordEvidence():
            return _evidence(visit, command, now)
        case c.Complete(event, sha256):
            return (f.Completed(at, event, sha256),)
        case c.Tick():
            if not overdue(visit, at):
                return ()
            return (f.Lapsed(at),) if visit.admitted_at is None else (f.Ended(at, None, EndReason.TIMEOUT),)
        case _:
            return _staff(visit, command, now)


_StaffCommand = (
    c.Admit
    | c.ExplainOverride
    | c.Decline
    | c.Hold
    | c.ReturnToWaiting
    | c.End
    | c.Cancel
    | c.MarkNoShow
    | c.ConfirmLocation
    | c.ConfirmIdentity
    | c.AllowAudioOnly
    | c.TellWaiting
    | c.State
)


def _staff(visit: Visit, command: _StaffCommand, now: Instant) -> Facts:
    at = now.wall
    # Any member of the practice's staff may do these three; the front door has checked whose practice it is.
    match command:
        case c.Cancel(by, reason):
            _not_admitted_yet(visit)
            return (f.Cancelled(at, by, reason),)
        case c.MarkNoShow(by):
            _not_admitted_yet(visit)
            if at < visit.start:
                raise Refused("too-early", "The visit's time has not come yet: cancel it instead.")
            return (f.NoShow(at, by),)
        case c.TellWaiting(by, code):
            return (f.Told(at, by, code),)
        case _:
            _own(visit, command.by)
    match command:
        case c.Admit():
            return _admit(visit, command, now)
        case c.ExplainOverride(by, truth):
            return _explain(visit, by, truth, now)
        case c.Decline(by, why):
            _not_admitted_yet(visit)
            return (f.Declined(at, by, why),)
        case c.Hold(by):
            return (f.PutOnHold(at, by),)
        case c.ReturnToWaiting(by):
            return (f.Returned(at, by, ReturnReason.CLINICIAN),)
        case c.End(by, cause, final):
            if visit.admitted_at is None and not visit.over:
                raise Refused("not-admitted", "Nobody has been let in yet: decline, cancel or mark as no-show instead.")
            settled = _evidence(visit, final, now) if final is not None else ()
            return (*settled, f.Ended(at, by, cause))
        case c.ConfirmLocation(by):
            return (f.LocationConfirmed(at, by),)
        case c.ConfirmIdentity(by, method):
            return (f.IdentityConfirmed(at, by, method),)
        case c.AllowAudioOnly(by, grounds, permitted):
            if not permitted:
                raise Refused("audio-only-not-permitted", "Your practice does not allow visits without picture.")
            return (f.AudioOnlyAllowed(at, by, grounds),)
        case c.State(by, saw, place, exceptions, event):
            if visit.statement is not None:
                raise Refused("statement-made", "You have made your statement about this visit already.")
            return (f.StatementMade(at, by, saw, place, exceptions, event),)
        case _:
            assert_never(command)


def _own(visit: Visit, by: StaffId) -> None:
    if by != visit.clinician:
        raise Refused("not-your-visit", "Only the clinician of this visit can do that.")


def _not_admitted_yet(visit: Visit) -> None:
    """What has been held is ended, not undone: its minutes are part of the record."""
    if visit.admitted_at is not None and not visit.over:
        raise Refused("was-admitted", "The client has been let in before: end the visit instead.")


def _book(command: c.Book, now: Instant) -> Facts:
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


_CheckIn = c.OpenLink | c.GiveConsent | c.AttestLocation | c.ChangeLocation | c.CheckDevices


def _check_in(visit: Visit, command: _CheckIn, now: Instant) -> Facts:
    at = now.wall
    _still_to_come(visit, now)
    match command:
        case c.OpenLink(device):
            return _open_link(visit, device, now)
        case c.GiveConsent(version, sha256, language, method, by, signed_at):
            return (f.ConsentGiven(at, version, sha256, language, method, by, signed_at),)
        case c.AttestLocation(country, state, site, place):
            return (f.LocationAttested(at, country, state, site, place),)
        case c.ChangeLocation(country, state, site, place, cover):
            held = cover if cover is not None and _covers(cover, country, state, visit, now) else None
            return (f.LocationChanged(at, country, state, site, place, held),)
        case c.CheckDevices(camera, microphone, speaker, connection):
            return (f.DevicesChecked(at, camera, microphone, speaker, connection),)
        case _:
            assert_never(command)


def _still_to_come(visit: Visit, now: Instant) -> None:
    if visit.over:
        raise Refused("visit-over", f"{_WHILE[visit.phase]} Please phone us if you need another time.")
    if visit.admitted_at is None and now.wall >= closes_at(visit):
        raise Refused("visit-over", "The time for this visit has passed. Please phone us for another one.")


def _open_link(visit: Visit, device: str, now: Instant) -> Facts:
    if visit.device == device and visit.phase is not Phase.BOOKED:
        return ()
    opened = f.LinkOpened(now.wall, device)
    # A link may have been passed on: whoever opens it elsewhere is looked at again before they are let in.
    if visit.seated:
        return (opened, f.Returned(now.wall, None, ReturnReason.NEW_DEVICE))
    return (opened,)


def _join(visit: Visit, now: Instant) -> Facts:
    _still_to_come(visit, now)
    if visit.phase is not Phase.ARRIVED:
        return _come_back(visit, now)
    if visit.step is not None:
        raise Refused(*_STEP_MISSING[visit.step])
    return (f.Joined(now.wall),)


def _come_back(visit: Visit, now: Instant) -> Facts:
    _still_to_come(visit, now)
    if visit.phase in (Phase.BOOKED, Phase.ARRIVED):
        raise Refused("not-joined", "Finish checking in, then join the waiting room.")
    if not visit.client_left:
        return ()
    place = visit.waiting_since or now.wall
    kept = visit.phase is not Phase.LEFT or now.wall < place_kept_until(visit)
    return (f.CameBack(now.wall, place if kept else now.wall),)


def _admit(visit: Visit, command: c.Admit, now: Instant) -> Facts:
    if visit.seated:
        raise Refused("already-admitted", "You have let this client in already.")
    if visit.client_left:
        raise Refused("client-left", "The client has left the waiting room. They can come back by their link.")
    if visit.phase not in (Phase.WAITING, Phase.ON_HOLD):
        if visit.phase is Phase.ARRIVED and visit.step is None:
            raise Refused("not-joined", "The client has checked in but not joined the waiting room yet.")
        if visit.phase is not Phase.ARRIVED:
            raise Refused(f"not-while-{visit.phase.value.replace('_', '-')}", _WHILE[visit.phase])
    if visit.step is not None or visit.location is None:
        raise Refused(*_STEP_MISSING[visit.step or Step.LOCATION])
    country, state = visit.location.country, visit.location.state
    cover, override = command.cover, command.override_reason
    if cover is not None and _covers(cover, country, state, visit, now):
        override = None
    elif override is None:
        raise Refused("licence-missing", "No licence on file covers where the client is: give a reason to go on.")
    else:
        cover = LicenceCover(state, CoverBasis.OVERRIDE, None, None, now.wall)
    return (f.Admitted(now.wall, command.by, cover, override, now.mono_ns // 1_000_000_000, now.boot),)


def _covers(cover: LicenceCover, country: str, state: str, visit: Visit, now: Instant) -> bool:
    """A licence, of that state of this country, that has not expired on the practice's calendar."""
    if cover.basis is not CoverBasis.LICENCE or country != "US" or cover.state != state:
        return False
    return cover.expires is None or cover.expires >= now.wall.astimezone(ZoneInfo(visit.zone)).date()


def _explain(visit: Visit, by: StaffId, reason: OverrideReason, now: Instant) -> Facts:
    if visit.override is None or visit.override.reason is not OverrideReason.CRISIS or visit.override.explained:
        raise Refused("nothing-to-explain", "This visit has no crisis admission waiting for a reason.")
    if reason is OverrideReason.CRISIS:
        raise Refused("reason-missing", "Say why no licence on file covered where the client was.")
    return (f.OverrideExplained(now.wall, by, reason),)


def _evidence(visit: Visit, command: c.RecordEvidence, now: Instant) -> Facts:
    if visit.admitted_at is None:
        raise Refused("not-admitted", "Nothing is measured before the client is let in.")
    return (f.EvidenceRecorded(now.wall, command.from_s, measure(command.runs), measure(command.counters)),)


def _note_media(visit: Visit, command: c.NoteMedia, now: Instant) -> Facts:
    """Only edges become facts; news of a connection that was just closed is no news."""
    at = now.wall
    match (visit.phase, command.state):
        case (Phase.ADMITTED, Requirement.MET):
            return (f.VisitBegan(at),) if visit.began_at is None else (f.MediaResumed(at),)
        case (Phase.IN_VISIT, Requirement.MET):
            return (f.MediaResumed(at),) if visit.requirement is not Requirement.MET else ()
        case (Phase.INTERRUPTED, Requirement.MET):
            return (f.MediaResumed(at),)
        case (Phase.IN_VISIT, Requirement.MISSING):
            known = visit.requirement is Requirement.MISSING and visit.missing == command.missing
            return () if known else (f.MediaMissing(at, command.missing),)
        case (Phase.IN_VISIT, Requirement.INTERRUPTED):
            return (f.MediaInterrupted(at, command.missing),)
        case _:
            return ()


def _note_connection(visit: Visit, command: c.NoteConnection, now: Instant) -> Facts:
    who = visit.participant(command.participant)
    if who is None or visit.over:
        return ()
    if command.state in (Connection.ONLINE, Connection.OFFLINE):
        same = who.online is (command.state is Connection.ONLINE)
    else:
        # A peer of somebody not admitted is being closed: its last words are not kept.
        same = who.media is command.state or not visit.seated
    return () if same else (f.ConnectionChanged(now.wall, command.participant, command.state),)
