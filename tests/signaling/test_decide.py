"""The rules that cannot be switched off, each by its own test, and the decisions around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from signaling import commands as c
from signaling import facts as f
from signaling.visit import Visit, decide, evolve
from signaling.words import (
    AudioOnlyReason,
    CancelReason,
    Connection,
    DeclineReason,
    EndReason,
    MediaKind,
    OverrideReason,
    ParticipantId,
    Phase,
    Requirement,
    ReturnReason,
    Role,
    StatementException,
    TellCode,
)
from tests.signaling.lives import (
    ADMIT,
    AT_HOME,
    BOOK,
    BOOT,
    CHAIR,
    CLINICIAN,
    COMPLETE,
    CONSENT,
    DEVICES,
    END,
    EVIDENCE,
    HOLD,
    INTERRUPTED,
    MET,
    MINNESOTA,
    MISSING,
    NO_PICTURE,
    OPEN,
    OPEN_ELSEWHERE,
    OTHER_STAFF,
    SEAT,
    START,
    after,
    at,
    in_phase,
    kinds,
    refused,
    wall,
)

# One to one, and whose visit it is.


def test_a_visit_has_one_client_and_one_clinician() -> None:
    """There is no way for a second client into it."""
    roles = [one.role for one in in_phase(Phase.IN_VISIT).participants]
    assert sorted(roles) == [Role.CLIENT, Role.CLINICIAN]
    assert in_phase(Phase.WAITING).client_seat.person == BOOK.client
    assert in_phase(Phase.WAITING).clinician_seat.person == BOOK.clinician


def test_a_client_already_admitted_is_not_admitted_again() -> None:
    """The second of two clicks is told so."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED):
        assert refused(in_phase(phase), ADMIT) == "already-admitted"


@pytest.mark.parametrize(
    "command",
    [
        c.Admit(OTHER_STAFF, MINNESOTA),
        c.Decline(OTHER_STAFF, DeclineReason.OTHER),
        c.Hold(OTHER_STAFF),
        c.ReturnToWaiting(OTHER_STAFF),
        c.End(OTHER_STAFF, EndReason.DONE),
        c.ConfirmLocation(OTHER_STAFF),
        c.ConfirmIdentity(OTHER_STAFF),
        c.AllowAudioOnly(OTHER_STAFF, AudioOnlyReason.OTHER, permitted=True),
        c.ExplainOverride(OTHER_STAFF, OverrideReason.OTHER),
        c.State(OTHER_STAFF, saw_and_heard=True, place_confirmed=True),
    ],
    ids=lambda command: type(command).__name__,
)
def test_only_the_visits_own_clinician_acts_in_it(command: c.Command) -> None:
    """Another clinician, or the front desk, is refused in every phase."""
    for phase in Phase:
        assert refused(in_phase(phase), command) == "not-your-visit"


# Ending, other devices, and back to the waiting room.


def test_only_the_clinician_or_the_timeout_ends_a_visit() -> None:
    """Nothing a client or a connection does ends it."""
    visit = in_phase(Phase.IN_VISIT)
    others: tuple[c.Command, ...] = (
        c.Leave(),
        c.NoteConnection(SEAT, Connection.LOST),
        c.NoteConnection(SEAT, Connection.OFFLINE),
        c.NoteConnection(CHAIR, Connection.FAILED),
        c.NoteConnection(CHAIR, Connection.OFFLINE),
        MISSING,
        INTERRUPTED,
        OPEN_ELSEWHERE,
        c.Tick(),
    )
    assert after(*others, visit=visit).ending is None
    ended = after(END, visit=visit)
    assert ended.ending is not None
    assert (ended.ending.by, ended.ending.reason) == (CLINICIAN, EndReason.DONE)


@pytest.mark.parametrize("command", [OPEN, CONSENT, AT_HOME, DEVICES, c.Join(), c.ComeBack()])
def test_a_visit_that_is_over_takes_no_client_in(command: c.Command) -> None:
    """Ended, complete, declined, cancelled, no-show, handed over, lapsed: the client is asked to phone."""
    for phase in Phase:
        if in_phase(phase).over:
            assert refused(in_phase(phase), command) == "visit-over"


def test_a_link_is_dead_four_hours_after_the_booked_end() -> None:
    """Even when the machine was off and has not said so yet."""
    visit = in_phase(Phase.ARRIVED)
    assert kinds(visit, c.Join(), minutes=50 + 240 - 1) == ["joined"]
    assert refused(visit, c.Join(), minutes=50 + 240) == "visit-over"


def test_a_new_device_goes_back_to_the_waiting_room_and_is_admitted_again() -> None:
    """A link may have been passed on: two facts, and the seat is free."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED):
        visit = in_phase(phase)
        facts = decide(visit, OPEN_ELSEWHERE, at(9))
        assert facts == (f.LinkOpened(wall(9), "device-2"), f.Returned(wall(9), None, ReturnReason.NEW_DEVICE))
        back = after(OPEN_ELSEWHERE, visit=visit, minutes=9)
        assert (back.phase, back.waiting_since, back.device, back.seated) == (
            Phase.WAITING,
            wall(9),
            "device-2",
            False,
        )
        assert after(ADMIT, MET, visit=back).phase is Phase.IN_VISIT


def test_a_new_device_while_waiting_keeps_the_place() -> None:
    """And while on hold it stays on hold, and after leaving it has still left."""
    for phase in (Phase.WAITING, Phase.ON_HOLD, Phase.LEFT, Phase.ARRIVED):
        before = in_phase(phase)
        now = after(OPEN_ELSEWHERE, visit=before, minutes=9)
        assert (now.phase, now.waiting_since, now.device) == (phase, before.waiting_since, "device-2")


def test_the_same_device_again_is_nothing_new() -> None:
    """A reload is not a new device."""
    for phase in (Phase.ARRIVED, Phase.WAITING, Phase.IN_VISIT, Phase.INTERRUPTED, Phase.LEFT):
        assert kinds(in_phase(phase), OPEN) == []


def test_hold_frees_the_seat_and_admit_returns() -> None:
    """From admitted, in visit and interrupted; on the way back the media resume what had begun."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED):
        held = after(HOLD, visit=in_phase(phase))
        assert (held.phase, held.seated, held.requirement) == (Phase.ON_HOLD, False, Requirement.WAITING)
        assert after(ADMIT, visit=held).phase is Phase.ADMITTED
    held = after(HOLD, visit=in_phase(Phase.IN_VISIT))
    assert kinds(held, ADMIT, MET) == ["admitted", "media_resumed"]
    assert after(ADMIT, visit=held).origin == in_phase(Phase.IN_VISIT).origin


def test_a_client_is_returned_to_the_waiting_room() -> None:
    """From every seat, from hold, and to undo a decline."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED, Phase.ON_HOLD, Phase.DECLINED):
        back = after(c.ReturnToWaiting(CLINICIAN), visit=in_phase(phase), minutes=7)
        assert (back.phase, back.waiting_since, back.decline_reason) == (Phase.WAITING, wall(7), None)


def test_what_has_been_held_is_ended_not_undone() -> None:
    """Its minutes are part of the record, also from the waiting room it was returned to."""
    back = after(c.ReturnToWaiting(CLINICIAN), visit=in_phase(Phase.IN_VISIT))
    for visit in (back, after(c.Leave(), visit=back)):
        assert refused(visit, c.Cancel(OTHER_STAFF, CancelReason.OTHER)) == "was-admitted"
        assert refused(visit, c.Decline(CLINICIAN, DeclineReason.OTHER)) == "was-admitted"
        assert refused(visit, c.MarkNoShow(OTHER_STAFF)) == "was-admitted"
        assert after(END, visit=visit).phase is Phase.ENDED
    for phase in (Phase.BOOKED, Phase.ARRIVED, Phase.WAITING, Phase.LEFT):
        assert refused(in_phase(phase), END) == "not-admitted"


def test_cancel_and_no_show_are_any_members_of_staff_and_before_the_visit() -> None:
    """A no-show is not known before the booked start."""
    for phase in (Phase.BOOKED, Phase.ARRIVED, Phase.WAITING, Phase.LEFT):
        visit = after(c.Cancel(OTHER_STAFF, CancelReason.CLIENT_REQUEST), visit=in_phase(phase))
        assert (visit.phase, visit.cancel_reason) == (Phase.CANCELLED, CancelReason.CLIENT_REQUEST)
    for phase in (Phase.BOOKED, Phase.ARRIVED, Phase.LEFT):
        assert after(c.MarkNoShow(OTHER_STAFF), visit=in_phase(phase)).phase is Phase.NO_SHOW
        assert refused(in_phase(phase), c.MarkNoShow(OTHER_STAFF), minutes=-1) == "too-early"
    assert refused(in_phase(Phase.WAITING), c.MarkNoShow(OTHER_STAFF)) == "not-while-waiting"


def test_declining_says_why() -> None:
    """The reason is kept."""
    visit = after(c.Decline(CLINICIAN, DeclineReason.WRONG_TIME), visit=in_phase(Phase.WAITING))
    assert (visit.phase, visit.decline_reason) == (Phase.DECLINED, DeclineReason.WRONG_TIME)


# Media and evidence.


def test_a_visit_begins_when_both_sides_flow_and_only_once() -> None:
    """Admitted is not yet in visit."""
    visit = in_phase(Phase.ADMITTED)
    assert kinds(visit, MISSING, INTERRUPTED) == []
    begun = after(MET, visit=visit, minutes=2)
    assert (begun.phase, begun.began_at, begun.requirement) == (Phase.IN_VISIT, wall(2), Requirement.MET)
    assert kinds(begun, MET) == []


def test_only_edges_of_the_media_become_facts() -> None:
    """Missing, interrupted, resumed; the same news twice is no news, other things missing is."""
    visit = in_phase(Phase.IN_VISIT)
    assert kinds(visit, MISSING, MISSING, MET, MISSING, INTERRUPTED, INTERRUPTED, MISSING, MET) == [
        "media_missing",
        "media_resumed",
        "media_missing",
        "media_interrupted",
        "media_resumed",
    ]
    sound = c.NoteMedia(Requirement.MISSING, ((CHAIR, MediaKind.AUDIO),))
    assert kinds(visit, MISSING, sound) == ["media_missing", "media_missing"]
    gone = after(MISSING, visit=visit)
    assert (gone.requirement, gone.missing) == (Requirement.MISSING, NO_PICTURE)
    assert after(MISSING, INTERRUPTED, MET, visit=visit).missing == ()


def test_news_of_media_means_nothing_to_a_visit_nobody_is_in() -> None:
    """The last words of a closed connection are not kept."""
    for phase in Phase:
        if not in_phase(phase).seated:
            for note in (MET, MISSING, INTERRUPTED, c.NoteConnection(SEAT, Connection.LOST)):
                assert kinds(in_phase(phase), note) == []


def test_connections_are_facts_when_they_change() -> None:
    """Sockets in every phase that is not over, peers while the client is seated, strangers never."""
    online, offline = (c.NoteConnection(SEAT, one) for one in (Connection.ONLINE, Connection.OFFLINE))
    assert kinds(in_phase(Phase.WAITING), offline, online, online, offline) == [
        "connection_changed",
        "connection_changed",
    ]
    assert after(online, visit=in_phase(Phase.WAITING)).client_seat.online
    lost = c.NoteConnection(CHAIR, Connection.LOST)
    assert kinds(in_phase(Phase.IN_VISIT), lost, lost) == ["connection_changed"]
    assert after(lost, visit=in_phase(Phase.IN_VISIT)).clinician_seat.media is Connection.LOST
    assert kinds(in_phase(Phase.IN_VISIT), c.NoteConnection(ParticipantId("par_x"), Connection.ONLINE)) == []
    assert kinds(in_phase(Phase.ENDED), online) == []


def test_admission_is_second_nothing_of_the_evidence() -> None:
    """The first admission's monotonic second and boot are the origin, whatever comes after."""
    visit = after(ADMIT, visit=in_phase(Phase.WAITING), minutes=3)
    assert visit.origin is not None
    assert (visit.origin.mono_s, visit.origin.boot, visit.origin.at) == (10**6 + 1180, BOOT, wall(3))
    within = after(ADMIT, visit=in_phase(Phase.WAITING), minutes=3 + 0.96 / 60)
    assert within.origin == visit.origin, "second 0 began before the admission, where the clock's second did"
    again = after(HOLD, ADMIT, visit=visit, minutes=10)
    assert again.origin == visit.origin
    assert again.admitted_at == visit.admitted_at


def test_evidence_is_kept_from_the_first_admission_until_the_record_is_made() -> None:
    """Also on hold, back in the waiting room, and while the end settles; never before or after."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED, Phase.ON_HOLD, Phase.ENDED):
        assert kinds(in_phase(phase), EVIDENCE) == ["evidence_recorded"]
    back = after(c.ReturnToWaiting(CLINICIAN), visit=in_phase(Phase.IN_VISIT))
    assert kinds(back, EVIDENCE, c.Leave(), EVIDENCE) == ["evidence_recorded", "left", "evidence_recorded"]
    assert refused(in_phase(Phase.WAITING), EVIDENCE) == "not-admitted"
    assert refused(in_phase(Phase.COMPLETE), EVIDENCE) == "not-while-complete"


def test_the_end_and_the_record_are_decided_in_one() -> None:
    """The last evidence, the end and the record, in this order; and nothing twice."""
    end = c.End(CLINICIAN, EndReason.TECHNICAL, EVIDENCE)
    assert kinds(in_phase(Phase.IN_VISIT), end, COMPLETE) == ["evidence_recorded", "ended", "completed"]
    done = after(end, COMPLETE, visit=in_phase(Phase.IN_VISIT))
    assert (done.phase, done.event, done.evidence_sha256) == (Phase.COMPLETE, "evt_a", "c4" * 32)
    assert refused(done, END) == "not-while-complete"
    assert refused(done, COMPLETE) == "not-while-complete"
    assert refused(in_phase(Phase.ENDED), END) == "not-while-ended"
    assert refused(in_phase(Phase.IN_VISIT), COMPLETE) == "not-while-in-visit"


def test_audio_only_is_the_clinicians_act_where_the_practice_permits() -> None:
    """With its reason, while the client is seated."""
    allow = c.AllowAudioOnly(CLINICIAN, AudioOnlyReason.CLIENTS_WISH, permitted=True)
    visit = after(allow, visit=in_phase(Phase.INTERRUPTED))
    assert visit.audio_only is not None
    assert visit.audio_only.reason is AudioOnlyReason.CLIENTS_WISH
    assert refused(in_phase(Phase.IN_VISIT), replace(allow, permitted=False)) == "audio-only-not-permitted"
    assert refused(in_phase(Phase.WAITING), allow) == "not-while-waiting"


def test_the_statement_is_made_once_after_the_end() -> None:
    """Also before the record is complete, never during the visit."""
    state = c.State(CLINICIAN, True, False, (StatementException.PICTURE_POOR,))
    for phase in (Phase.ENDED, Phase.COMPLETE):
        visit = after(state, visit=in_phase(phase))
        assert visit.statement is not None
        assert visit.statement.exceptions == (StatementException.PICTURE_POOR,)
        assert refused(visit, state) == "statement-made"
    assert refused(in_phase(Phase.IN_VISIT), state) == "not-while-in-visit"


def test_what_the_waiting_are_told_stands_until_they_are_let_in() -> None:
    """Any member of staff may say it."""
    visit = after(c.TellWaiting(OTHER_STAFF, TellCode.LATE_10), visit=in_phase(Phase.WAITING))
    assert visit.message is TellCode.LATE_10
    assert after(ADMIT, visit=visit).message is None
    assert refused(in_phase(Phase.IN_VISIT), c.TellWaiting(CLINICIAN, TellCode.SOON)) == "not-while-in-visit"


def test_identity_is_confirmed_during_the_visit() -> None:
    """Seen and heard, not before."""
    assert after(c.ConfirmIdentity(CLINICIAN), visit=in_phase(Phase.IN_VISIT)).identity is not None
    assert refused(in_phase(Phase.WAITING), c.ConfirmIdentity(CLINICIAN)) == "not-while-waiting"


# Booking.


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"minutes": 0}, "bad-time"),
        ({"minutes": 721}, "bad-time"),
        ({"start": START.replace(tzinfo=None)}, "bad-time"),
        ({"zone": "Nowhere/Land"}, "bad-zone"),
        ({"zone": "../etc/passwd"}, "bad-zone"),
        ({"zone": ""}, "bad-zone"),
        ({"start": START - timedelta(hours=2)}, "in-the-past"),
    ],
)
def test_a_booking_that_makes_no_sense_is_refused(change: dict[str, object], code: str) -> None:
    """Each with what to do about it."""
    assert refused(None, replace(BOOK, **change), minutes=0) == code  # type: ignore[arg-type]  # fields are named in the test


def test_a_visit_may_be_booked_while_its_time_runs() -> None:
    """Somebody walked in."""
    facts = decide(None, BOOK, at(10))
    visit: Visit = evolve(None, facts[0])
    assert (visit.phase, visit.booked_end) == (Phase.BOOKED, wall(50))
