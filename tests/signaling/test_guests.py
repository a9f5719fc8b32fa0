"""Guests: invited by the practice, let in one by one beside the client, told of nobody before; they move no count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling import commands as c
from signaling import guest_commands as g
from signaling import views
from signaling.shape import SEATED, Visit
from signaling.visit import deadline, decide_all
from signaling.words import (
    Connection,
    DeskStatus,
    GuestId,
    GuestStanding,
    ParticipantId,
    Phase,
    Requirement,
    Role,
)
from tests.signaling.examples import NAMES
from tests.signaling.lives import (
    ADMIT,
    ADMIT_GUEST,
    CHAIR,
    CLINICIAN,
    END,
    GUEST_DEVICES,
    GUEST_JOINS,
    GUEST_LINK,
    GUEST_WAITS,
    HOLD,
    IN_VISIT,
    INTERRUPTED,
    INVITE,
    MET,
    MISSING,
    OTHER_STAFF,
    SEAT,
    STOOL,
    WAITING,
    after,
    at,
    in_phase,
    kinds,
    refused,
)

INSIDE = (*IN_VISIT, *GUEST_WAITS, ADMIT_GUEST)
HERE = DeskStatus.AVAILABLE


def standing(visit: Visit) -> GuestStanding:
    """How far the one guest has come."""
    return visit.guests[0].standing


def another(number: int, role: Role = Role.FAMILY) -> g.InviteGuest:
    """A further invitation."""
    return g.InviteGuest(OTHER_STAFF, GuestId(f"gst_{number}"), ParticipantId(f"par_{number}"), role)


def seen(visit: Visit, who: ParticipantId) -> views.Message:
    """The visit part of that person's snapshot."""
    you = visit.participant(who)
    assert you is not None
    part: views.Message = views.dump_snapshot(visit, 1, you, NAMES, HERE)["visit"]
    return part


def test_a_guest_comes_from_the_link_to_the_visit() -> None:
    """Invited, arrived, waiting, let in: each step by its own fact, the visit's phase untouched."""
    visit = after(*IN_VISIT)
    steps = {
        INVITE: GuestStanding.INVITED,
        GUEST_LINK: GuestStanding.ARRIVED,
        GUEST_DEVICES: GuestStanding.ARRIVED,
        GUEST_JOINS: GuestStanding.WAITING,
        ADMIT_GUEST: GuestStanding.ADMITTED,
    }
    for command, reached in steps.items():
        visit = after(command, visit=visit)
        assert (standing(visit), visit.phase) == (reached, Phase.IN_VISIT)
    assert visit.admits(STOOL)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in SEATED])
def test_nobody_is_let_in_without_the_client(phase: Phase) -> None:
    """A guest alone with the clinician would be no visit of the client's; on hold nobody is in."""
    if in_phase(phase).over:
        assert refused(in_phase(phase), INVITE).startswith("not-while-")
        return
    visit = after(*GUEST_WAITS, visit=in_phase(phase))
    assert refused(visit, ADMIT_GUEST) == "client-first"
    assert not visit.admits(STOOL)


def test_the_client_and_who_waits_may_be_let_in_together() -> None:
    """In one act, if it is asked for: first the client, then the guests."""
    visit = after(*WAITING, *GUEST_WAITS)
    assert kinds(visit, ADMIT, ADMIT_GUEST) == ["admitted", "guest_admitted"]
    assert kinds(visit, ADMIT) == ["admitted"]


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((INVITE,), ADMIT_GUEST, "not-joined"),
        ((INVITE,), GUEST_JOINS, "not-joined"),
        ((INVITE, GUEST_LINK), GUEST_JOINS, "devices-missing"),
        ((INVITE, GUEST_LINK, GUEST_DEVICES), ADMIT_GUEST, "not-joined"),
        ((*GUEST_WAITS, ADMIT_GUEST), ADMIT_GUEST, "already-admitted"),
        ((*GUEST_WAITS, g.LeaveAsGuest(STOOL)), ADMIT_GUEST, "guest-left"),
        (GUEST_WAITS, g.ReturnGuest(CLINICIAN, STOOL), "not-admitted"),
        (GUEST_WAITS, g.AdmitGuest(OTHER_STAFF, STOOL), "not-your-visit"),
        ((*GUEST_WAITS, ADMIT_GUEST), g.ReturnGuest(OTHER_STAFF, STOOL), "not-your-visit"),
        ((), ADMIT_GUEST, "no-such-guest"),
        ((), g.OpenGuestLink(SEAT, "device-9"), "no-such-guest"),
        ((*GUEST_WAITS, g.RevokeGuest(OTHER_STAFF, STOOL)), GUEST_JOINS, "link-withdrawn"),
        ((*GUEST_WAITS, g.RevokeGuest(OTHER_STAFF, STOOL)), GUEST_LINK, "link-withdrawn"),
        ((*GUEST_WAITS, g.RevokeGuest(OTHER_STAFF, STOOL)), ADMIT_GUEST, "not-joined"),
        ((), another(1, Role.CLIENT), "not-a-guest"),
        ((), another(1, Role.CLINICIAN), "not-a-guest"),
    ],
)
def test_what_a_guest_may_not(before: tuple[c.Command, ...], command: c.Command, code: str) -> None:
    """Each refusal by its code, in a running visit."""
    assert refused(after(*IN_VISIT, *before), command) == code


def test_six_fit_into_a_visit() -> None:
    """Four guests beside the pair; a link taken back makes room, but not without end."""
    visit = after(*(another(number) for number in range(4)))
    assert refused(visit, another(4)) == "too-many-guests"
    for number in range(4, 20):
        visit = after(g.RevokeGuest(OTHER_STAFF, ParticipantId(f"par_{number - 1}")), another(number), visit=visit)
    visit = after(g.RevokeGuest(OTHER_STAFF, ParticipantId("par_19")), visit=visit)
    assert refused(visit, another(20)) == "too-many-guests"


def test_a_visit_that_is_over_takes_nobody() -> None:
    """Neither new guests nor those with a link."""
    assert refused(in_phase(Phase.ENDED), INVITE) == "not-while-ended"
    assert refused(after(*INSIDE, END), GUEST_LINK) == "visit-over"


def test_leaving_returning_and_taking_back_end_the_connection() -> None:
    """Out is out: let in again they are by the clinician alone, and never after the link was taken back."""
    inside = after(*INSIDE, c.NoteConnection(STOOL, Connection.CONNECTED))
    for command in (g.LeaveAsGuest(STOOL), g.ReturnGuest(CLINICIAN, STOOL), g.RevokeGuest(OTHER_STAFF, STOOL)):
        out = after(command, visit=inside)
        guest = out.participant(STOOL)
        assert guest is not None
        assert guest.media is None
        assert not out.admits(STOOL)
    assert standing(after(g.LeaveAsGuest(STOOL), GUEST_JOINS, visit=inside)) is GuestStanding.WAITING


def test_a_link_opened_elsewhere_is_looked_at_again() -> None:
    """Who was in by one device waits by the other; the same device changes nothing."""
    inside = after(*INSIDE)
    assert kinds(inside, GUEST_LINK) == []
    assert kinds(inside, g.OpenGuestLink(STOOL, "device-10")) == ["guest_arrived", "guest_returned"]


def test_hold_keeps_and_return_sends_back() -> None:
    """After a hold all go on together; a client back in the waiting room leaves nobody inside."""
    held = after(HOLD, visit=after(*INSIDE))
    assert not held.admits(STOOL)
    assert after(ADMIT, visit=held).admits(STOOL)
    returned = after(c.ReturnToWaiting(CLINICIAN), visit=after(*INSIDE))
    assert standing(returned) is GuestStanding.WAITING
    assert not after(ADMIT, visit=returned).admits(STOOL)


def test_guests_move_neither_requirement_nor_deadline() -> None:
    """What they do is in no phase, no requirement and keeps no visit open."""
    lone = after(*IN_VISIT, MISSING, INTERRUPTED)
    with_guest = after(*GUEST_WAITS, ADMIT_GUEST, c.NoteConnection(STOOL, Connection.ONLINE), visit=lone)
    assert (with_guest.phase, with_guest.requirement, with_guest.missing) == (
        lone.phase,
        lone.requirement,
        lone.missing,
    )
    assert deadline(with_guest) == deadline(lone)
    gone = after(c.NoteConnection(STOOL, Connection.OFFLINE), g.LeaveAsGuest(STOOL), visit=with_guest)
    assert (gone.requirement, gone.began_at, gone.spent) == (lone.requirement, lone.began_at, lone.spent)


def test_before_admission_a_guest_learns_of_nobody() -> None:
    """Whether the client waits, is in, or on hold, and whoever else does: a waiting guest's screen is the same."""
    lives = ((), WAITING, (*WAITING, ADMIT), IN_VISIT, (*IN_VISIT, HOLD))
    apart = [after(*GUEST_WAITS, visit=after(*before)) for before in lives]
    crowd = after(another(7), g.OpenGuestLink(ParticipantId("par_7"), "d"), visit=apart[3])
    shown = [seen(visit, STOOL) for visit in (*apart, crowd)]
    assert all(one == shown[0] for one in shown)
    assert shown[0]["people"] == []
    assert shown[0]["clinician"] == {"name": "Dr. Ana Rivera"}
    assert shown[0]["phase"] == "waiting"
    text = str(shown[0])
    assert not any(word in text for word in ("Jordan", "Psychotherapy", "Lee Moss", "MN"))


def test_a_client_at_the_door_learns_nothing_of_guests() -> None:
    """Neither names nor kinds of facts; let in they read who is there."""
    waiting = after(*WAITING, *GUEST_WAITS)
    assert seen(waiting, SEAT)["people"] == []
    facts, visit = decide_all(after(*WAITING), GUEST_WAITS, at(2))
    assert visit is not None
    kinds_told = {views.dump_fact(visit, 9, fact, visit.client_seat, NAMES, HERE)["kind"] for fact in facts}
    assert kinds_told == {"noted"}
    inside = seen(after(*INSIDE), SEAT)
    assert [(one["role"], one["name"]) for one in inside["people"]] == [
        ("clinician", "Dr. Ana Rivera"),
        ("client", "Jordan van Dyke"),
        ("interpreter", "Lee Moss"),
    ]
    assert inside["guests"] is None


def test_what_is_the_clients_stays_the_clients() -> None:
    """A guest inside sees who is there, and neither place, licence, service nor the client's next visit."""
    part = seen(after(*INSIDE), STOOL)
    hidden = ("service", "location", "licence", "client", "message", "guests")
    assert {name: part[name] for name in hidden} == dict.fromkeys(hidden)
    assert part["phase"] == "in_visit"
    ended = seen(after(END, visit=after(*INSIDE)), STOOL)
    assert ended["ended"] == {"reason": "done", "next": None}
    assert seen(after(c.MarkNoShow(OTHER_STAFF), visit=after(*GUEST_WAITS)), STOOL)["phase"] == "ended"


def test_a_guest_reads_a_pause_and_never_a_count() -> None:
    """What is missing of the pair is between the pair."""
    visit = after(*INSIDE)
    guest = visit.participant(STOOL)
    assert guest is not None
    flow = views.Flow({}, Requirement.MISSING, ((SEAT, MISSING.missing[0][1]),), None, 77)
    told = views.media_part(flow, guest, visit)
    assert (told["requirement"], told["missing"], told["deadline"]) == ("met", [], None)
    assert "counted_s" not in told
    paused = views.media_part(replace(flow, requirement=Requirement.INTERRUPTED), guest, visit)
    assert paused["requirement"] == "interrupted"


def test_a_screen_is_the_clinicians_unless_the_practice_lets_others() -> None:
    """And never of somebody who waits."""
    visit = after(*INSIDE)
    for others, may in ((False, [True, False, False]), (True, [True, True, True])):
        told = []
        for who in (CHAIR, SEAT, STOOL):
            you = visit.participant(who)
            assert you is not None
            told.append(views.visit_part(visit, you, NAMES, HERE, None, others_may_share=others)["may_share"])
        assert told == may
    assert after(MET, visit=after(*WAITING, ADMIT, *GUEST_WAITS)).admits(STOOL) is False
