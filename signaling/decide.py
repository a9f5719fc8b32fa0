"""What a command makes happen to a visit, or why it is refused; it changes nothing. Pure.

Three groups: the client's way in and out (`check_in`), the staff's acts (`staff_acts`), and what the machine notes
(here). A guard that needs more than the phase stands in its own function; the phases themselves stand in NEXT.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from signaling import check_in, guests, staff_acts
from signaling import commands as c
from signaling import facts as f
from signaling import guest_commands as g
from signaling.deadlines import overdue
from signaling.errors import Refused
from signaling.refusals import not_while, own
from signaling.shape import Visit
from signaling.transitions import NEXT, evolve
from signaling.words import Connection, EndReason, Instant, Phase, PictureSeen, Requirement

Facts = tuple[f.Fact, ...]

_REPORTS_APART = timedelta(seconds=4)


def decide(visit: Visit | None, command: c.Command, now: Instant) -> Facts:
    """The facts the command makes (none: nothing to do). Raises Refused; None is a visit not yet booked."""
    if isinstance(command, c.Book):
        if visit is not None:
            raise Refused("already-booked", "This visit is booked already.")
        return check_in.book(command, now)
    if visit is None:
        raise Refused("no-such-visit", "There is no such visit.")
    made = _decide(visit, command, now)
    after = visit
    for fact in made:
        if type(fact) not in NEXT[after.phase]:
            raise not_while(after)
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
            return check_in.step(visit, command, now)
        case c.Join():
            return check_in.join(visit, now)
        case c.Leave():
            return check_in.leave(visit, now)
        case c.ComeBack():
            return check_in.come_back(visit, now)
        case (
            g.InviteGuest()
            | g.RevokeGuest()
            | g.OpenGuestLink()
            | g.CheckGuestDevices()
            | g.JoinAsGuest()
            | g.LeaveAsGuest()
            | g.AdmitGuest()
            | g.ReturnGuest()
        ):
            return guests.decide(visit, command, now)
        case c.NoteMedia():
            return _note_media(visit, command, now)
        case c.NoteConnection():
            return _note_connection(visit, command, now)
        case c.ReportPicture():
            return _report_picture(visit, command, now)
        case c.NoteProtection(epoch, state):
            same = visit.protection == (epoch, state) or not (visit.seated or visit.phase is Phase.ENDED)
            return () if same else (f.ProtectionChanged(at, epoch, state),)
        case c.RecordEvidence():
            return staff_acts.evidence(visit, command, now)
        case c.Complete(event, sha256):
            return (f.Completed(at, event, sha256),)
        case c.Tick():
            if not overdue(visit, at):
                return ()
            return (f.Lapsed(at),) if visit.admitted_at is None else (f.Ended(at, None, EndReason.TIMEOUT),)
        case _:
            return staff_acts.staff(visit, command, now)


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


def _report_picture(visit: Visit, command: c.ReportPicture, now: Instant) -> Facts:
    """Only edges become facts, at most one in four seconds of each person (the browser says one in five)."""
    own(visit, command.by)
    if not visit.seated:
        return ()
    if visit.participant(command.participant) is None or command.participant == visit.clinician_seat.id:
        raise Refused("nobody-there", "Nobody of that name is in the visit: reload the page.")
    before = next((one for one in visit.pictures if one.participant == command.participant), None)
    if command.seen is (before.seen if before is not None else PictureSeen.OK):
        return ()
    if before is not None and now.wall - before.at < _REPORTS_APART:
        raise Refused("report-too-soon", "A report about this picture was made a moment ago.")
    return (f.PictureReported(now.wall, command.participant, command.seen),)


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
