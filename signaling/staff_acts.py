"""Decisions on what the practice's staff wish: above all, letting one client in. Pure."""

from __future__ import annotations

from typing import assert_never

from signaling import commands as c
from signaling import facts as f
from signaling.codec import measure
from signaling.errors import Refused
from signaling.licence import LicenceCover
from signaling.refusals import covers, not_admitted_yet, not_while, own, step_missing
from signaling.shape import Visit
from signaling.words import CoverBasis, Instant, OverrideReason, Phase, ReturnReason, StaffId

Facts = tuple[f.Fact, ...]

StaffCommand = (
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


def staff(visit: Visit, command: StaffCommand, now: Instant) -> Facts:
    """What a member of staff wishes; all but three are the visit's own clinician's."""
    at = now.wall
    # Any member of the practice's staff may do these three; the front door has checked whose practice it is.
    match command:
        case c.Cancel(by, reason):
            not_admitted_yet(visit)
            return (f.Cancelled(at, by, reason),)
        case c.MarkNoShow(by):
            not_admitted_yet(visit)
            if at < visit.start:
                raise Refused("too-early", "The visit's time has not come yet: cancel it instead.")
            return (f.NoShow(at, by),)
        case c.TellWaiting(by, code):
            return (f.Told(at, by, code),)
        case _:
            own(visit, command.by)
    match command:
        case c.Admit():
            return _admit(visit, command, now)
        case c.ExplainOverride(by, truth):
            return _explain(visit, by, truth, now)
        case c.Decline(by, why):
            not_admitted_yet(visit)
            return (f.Declined(at, by, why),)
        case c.Hold(by):
            return (f.PutOnHold(at, by),)
        case c.ReturnToWaiting(by):
            return (f.Returned(at, by, ReturnReason.CLINICIAN),)
        case c.End(by, cause, final):
            if visit.admitted_at is None and not visit.over:
                raise Refused("not-admitted", "Nobody has been let in yet: decline, cancel or mark as no-show instead.")
            settled = evidence(visit, final, now) if final is not None else ()
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


def _admit(visit: Visit, command: c.Admit, now: Instant) -> Facts:
    if visit.seated:
        raise Refused("already-admitted", "You have let this client in already.")
    if visit.client_left:
        raise Refused("client-left", "The client has left the waiting room. They can come back by their link.")
    if visit.phase not in (Phase.WAITING, Phase.ON_HOLD):
        if visit.phase is Phase.ARRIVED and visit.step is None:
            raise Refused("not-joined", "The client has checked in but not joined the waiting room yet.")
        if visit.phase is not Phase.ARRIVED:
            raise not_while(visit)
    if visit.step is not None or visit.location is None:
        raise step_missing(visit)
    country, state = visit.location.country, visit.location.state
    cover, override = command.cover, command.override_reason
    if cover is not None and covers(cover, country, state, visit, now):
        override = None
    elif override is None and visit.cover is not None and visit.override_stands:
        cover = visit.cover
    elif override is None:
        raise Refused("licence-missing", "No licence on file covers where the client is: give a reason to go on.")
    else:
        cover = LicenceCover(state, CoverBasis.OVERRIDE, None, None, now.wall)
    mono_s, mono_ms = divmod(now.mono_ns // 1_000_000, 1000)
    return (f.Admitted(now.wall, command.by, cover, override, mono_s, now.boot, mono_ms, command.precheck),)


def _explain(visit: Visit, by: StaffId, reason: OverrideReason, now: Instant) -> Facts:
    if visit.override is None or visit.override.reason is not OverrideReason.CRISIS or visit.override.explained:
        raise Refused("nothing-to-explain", "This visit has no crisis admission waiting for a reason.")
    if reason is OverrideReason.CRISIS:
        raise Refused("reason-missing", "Say why no licence on file covered where the client was.")
    return (f.OverrideExplained(now.wall, by, reason),)


def evidence(visit: Visit, command: c.RecordEvidence, now: Instant) -> Facts:
    """Measured seconds are kept from the first admission on."""
    if visit.admitted_at is None:
        raise Refused("not-admitted", "Nothing is measured before the client is let in.")
    return (f.EvidenceRecorded(now.wall, command.from_s, measure(command.runs), measure(command.counters)),)
