"""The wire's examples, read by the tests of both sides: `python -m tests.signaling.examples` writes tests/wire/*.json.

Each file has `valid` (a `message` and who it is for or from) and `invalid` (a raw `text` that must not be taken, `why`,
and for the server's parser the `code`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from signaling import commands as c
from signaling import protection, views
from signaling.facts import Fact
from signaling.visit import decide_all
from signaling.waiting_room import Viewer, cards
from signaling.words import (
    AudioOnlyReason,
    DeclineReason,
    DeskStatus,
    LinkQuality,
    MediaKind,
    OverrideReason,
    Phase,
    PictureNow,
    PictureSeen,
    Requirement,
    Role,
    SealKind,
    SoundNow,
    StaffRole,
    TellCode,
    VisitId,
)
from tests.signaling.lives import (
    ADMIT_GUEST,
    CHAIR,
    CHECK_IN,
    CLIENT,
    CLINICIAN,
    GUEST,
    GUEST_WAITS,
    IN_VISIT,
    IN_WISCONSIN,
    LICENCES,
    OTHER_STAFF,
    SEAT,
    SERVICE,
    START,
    STOOL,
    VISIT,
    WAITING,
    after,
    at,
    in_phase,
    wall,
)

FOLDER = Path(__file__).parents[1] / "wire"
BROWSER = FOLDER / "browser_to_server.json"
SERVER = FOLDER / "server_to_browser.json"

TICKET = "q7VYb3kM0s9Zt1xW-4uD_hJ2cN8eR5aLpG6fKoTiEwA"
SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
NAMES = {
    CLIENT: "Jordan van Dyke",
    CLINICIAN: "Dr. Ana Rivera",
    OTHER_STAFF: "Sam Lee",
    SERVICE: "Psychotherapy",
    GUEST: "Lee Moss",
}
Example = dict[str, Any]


def says(doors: str, *messages: Example) -> list[Example]:
    """Each message once for each door it may come through."""
    return [{"door": door, "message": one} for door in doors.split() for one in messages]


def browser_valid() -> list[Example]:
    """Every message a browser may send, with every choice it has."""
    ends = ("done", "client_request", "technical", "emergency")
    clinicians: list[Example] = [
        {"type": "admit"},
        {"type": "admit", "override_reason": None},
        {"type": "admit", "override_reason": "crisis"},
        {"type": "admit", "override_reason": None, "with_guests": True},
        {"type": "admit_guest", "participant": STOOL},
        {"type": "return_guest", "participant": STOOL},
        {"type": "hold"},
        {"type": "return"},
        *({"type": "end", "reason": one} for one in ends),
        {"type": "confirm_location"},
        {"type": "confirm_identity"},
        *({"type": "allow_audio_only", "reason": one.value} for one in AudioOnlyReason),
        *({"type": "picture", "participant": SEAT, "seen": one.value} for one in PictureSeen),
        {"type": "explain_override", "reason": "continuity"},
        *({"type": "tell", "code": one.value} for one in TellCode),
    ]
    desk: list[Example] = [
        {"type": "admit", "visit": VISIT, "override_reason": None},
        {"type": "admit", "visit": VISIT, "override_reason": None, "with_guests": True},
        *({"type": "admit", "visit": VISIT, "override_reason": one.value} for one in OverrideReason),
        *({"type": "decline", "visit": VISIT, "reason": one.value} for one in DeclineReason),
        {"type": "hold", "visit": VISIT},
        {"type": "return", "visit": VISIT},
        *({"type": "end", "visit": VISIT, "reason": one} for one in ends),
        *({"type": "tell", "visit": VISIT, "code": one.value} for one in TellCode),
        *({"type": "status", "status": one.value} for one in DeskStatus),
    ]
    anyone: list[Example] = [
        {"type": "hello", "ticket": TICKET, "seq": None},
        {"type": "hello", "ticket": TICKET, "seq": 17},
        {"type": "ping", "n": 0},
    ]
    peers: list[Example] = [
        {"type": "answer", "number": 1, "sdp": SDP},
        *({"type": "reconnect", "why": why} for why in ("network", "failed", "sleep", "devices")),
        {"type": "muted", "audio": True, "video": False},
        {"type": "muted", "audio": False, "video": False, "weak": True},
        {"type": "resolution", "width": 640, "height": 480},
        {"type": "leave"},
        {"type": "share"},
        {"type": "unshare"},
        {"type": "protect", "able": True, "epoch": None, "renew": False},
        {"type": "protect", "able": True, "epoch": 3, "renew": True},
        {"type": "protect", "able": False, "epoch": None, "renew": False},
        {"type": "e2ee", "kind": "commit", "to": None, "epoch": 2, "body": "0KfXn3vQ_e2-1"},
        {"type": "e2ee", "kind": "reveal", "to": None, "epoch": 2, "body": "A" * 2048},
        {"type": "e2ee", "kind": "key", "to": SEAT, "epoch": 2, "body": "Zm9v"},
        *({"type": "protection", "epoch": 2, "state": state} for state in ("off", "unverified", "verified")),
    ]
    return [
        *says("client guest clinician desk board", *anyone),
        *says("client guest clinician", *peers),
        *says("client guest", {"type": "join"}, {"type": "come_back"}),
        *says("clinician", *clinicians),
        *says("desk", *desk),
    ]


def browser_invalid() -> list[Example]:
    """Texts the server's parser must not take, with the code it gives."""
    rows: list[tuple[str, str, str, str]] = [
        ("client", "not-json", "nothing", ""),
        ("client", "not-json", "half an object", '{"type":"join"'),
        ("client", "not-json", "a number JSON does not know", '{"type":"ping","n":NaN}'),
        ("client", "not-an-object", "a list", '["join"]'),
        ("client", "not-an-object", "a word", '"join"'),
        ("client", "unknown-type", "no type", "{}"),
        ("client", "unknown-type", "a type that is a number", '{"type":5}'),
        ("client", "unknown-type", "a type nobody knows", '{"type":"teleport"}'),
        ("client", "unknown-type", "a clinician's message from a client", '{"type":"admit"}'),
        ("client", "unknown-type", "an end from a client", '{"type":"end","reason":"done"}'),
        (
            "guest",
            "unknown-type",
            "a clinician's message from a guest",
            f'{{"type":"admit_guest","participant":"{STOOL}"}}',
        ),
        ("client", "unknown-type", "a guest let in by a client", f'{{"type":"admit_guest","participant":"{STOOL}"}}'),
        ("clinician", "wrong-value", "no id of a guest", '{"type":"admit_guest","participant":"../etc"}'),
        ("desk", "unknown-type", "a guest let in at the desk", f'{{"type":"admit_guest","participant":"{STOOL}"}}'),
        ("clinician", "wrong-value", "a word for true or false", '{"type":"admit","with_guests":"yes"}'),
        (
            "client",
            "wrong-value",
            "keys longer than 2 KiB",
            f'{{"type":"e2ee","kind":"key","to":null,"epoch":2,"body":"{"A" * 2049}"}}',
        ),
        (
            "client",
            "wrong-value",
            "keys that are no base64url",
            '{"type":"e2ee","kind":"key","to":null,"epoch":2,"body":"a b"}',
        ),
        (
            "client",
            "wrong-value",
            "a kind of key message nobody knows",
            '{"type":"e2ee","kind":"spy","to":null,"epoch":2,"body":"a"}',
        ),
        ("client", "wrong-value", "an epoch below none", '{"type":"protect","able":true,"epoch":-1,"renew":false}'),
        ("client", "wrong-value", "a state nobody knows", '{"type":"protection","epoch":1,"state":"safe"}'),
        ("desk", "unknown-type", "encryption at the desk", '{"type":"protect","able":true,"epoch":null,"renew":false}'),
        ("clinician", "unknown-type", "a client's message from a clinician", '{"type":"join"}'),
        ("board", "unknown-type", "an admission from the front desk", f'{{"type":"admit","visit":"{VISIT}"}}'),
        ("desk", "unknown-type", "an answer at the desk", '{"type":"answer","number":1,"sdp":"v=0"}'),
        ("client", "unknown-field", "a foreign field", '{"type":"join","visit":"vis_other"}'),
        ("client", "missing-field", "no seq in hello", f'{{"type":"hello","ticket":"{TICKET}"}}'),
        ("desk", "missing-field", "an admission of nobody", '{"type":"admit","override_reason":null}'),
        ("client", "twice", "a field twice", '{"type":"ping","n":1,"n":2}'),
        ("client", "wrong-value", "true for a number", '{"type":"ping","n":true}'),
        ("client", "wrong-value", "a fraction", '{"type":"ping","n":1.0}'),
        ("client", "wrong-value", "a negative number", '{"type":"ping","n":-1}'),
        ("client", "wrong-value", "a number beyond 2^53", '{"type":"ping","n":9007199254740992}'),
        ("client", "wrong-value", "text for true or false", '{"type":"muted","audio":"yes","video":false}'),
        ("client", "wrong-value", "a short ticket", '{"type":"hello","ticket":"x","seq":null}'),
        ("client", "wrong-value", "a why nobody knows", '{"type":"reconnect","why":"bored"}'),
        ("client", "wrong-value", "a control character in an SDP", '{"type":"answer","number":1,"sdp":"v=0\\u0000"}'),
        ("client", "wrong-value", "half a character in an SDP", '{"type":"answer","number":1,"sdp":"\\ud800"}'),
        ("client", "wrong-value", "an SDP that is null", '{"type":"answer","number":1,"sdp":null}'),
        ("clinician", "wrong-value", "the machine's reason", '{"type":"end","reason":"timeout"}'),
        ("clinician", "wrong-value", "crisis as its own why", '{"type":"explain_override","reason":"crisis"}'),
        ("clinician", "wrong-value", "an unknown sight", f'{{"type":"picture","participant":"{SEAT}","seen":"odd"}}'),
        ("client", "unknown-type", "a client's report", f'{{"type":"picture","participant":"{SEAT}","seen":"ok"}}'),
        ("client", "wrong-value", "a picture beyond all screens", '{"type":"resolution","width":99999,"height":1}'),
        ("desk", "wrong-value", "no id of a visit", '{"type":"hold","visit":"../etc"}'),
        ("client", "too-deep", "an object within objects", '{"type":' + '{"a":' * 8 + "1" + "}" * 9),
    ]
    return [{"door": door, "code": code, "why": why, "text": text} for door, code, why, text in rows]


def _fact(made: tuple[Fact, ...]) -> Fact:
    return made[-1]


def server_valid() -> list[Example]:
    """What the server says, from the box on the step to the end, to each kind of screen."""
    flow = views.Flow(
        {
            SEAT: views.StreamNow(SoundNow.PRESENT, PictureNow.BLANK),
            CHAIR: views.StreamNow(SoundNow.SILENT, PictureNow.FLOWING),
        },
        Requirement.MISSING,
        ((SEAT, MediaKind.VIDEO), (CHAIR, MediaKind.DELIVERY)),
        wall(20.5),
        1_187,
    )
    waiting = after(c.TellWaiting(CLINICIAN, TellCode.LATE_5), visit=after(*WAITING, minutes=-6), minutes=-1)
    visiting = after(c.ConfirmLocation(CLINICIAN), c.ConfirmIdentity(CLINICIAN), visit=after(*IN_VISIT), minutes=2)
    crisis = after(*WAITING, IN_WISCONSIN, c.Admit(CLINICIAN, None, OverrideReason.CRISIS), minutes=1)
    ended = in_phase(Phase.COMPLETE)
    following = views.NextVisit(START + timedelta(days=7), "Dr. Ana Rivera")
    fact = _fact(decide_all(waiting, (IN_VISIT[-2],), at(1))[0])
    admitted = after(IN_VISIT[-2], visit=waiting, minutes=1)
    here, busy = DeskStatus.AVAILABLE, DeskStatus.WITH_SOMEONE

    def to(who: str, message: Example) -> Example:
        return {"to": who, "message": message}

    return [
        to("anyone", views.dump_welcome(wall(-7))),
        to("client", views.dump_snapshot(in_phase(Phase.BOOKED), 1, waiting.client_seat, NAMES, here)),
        to("client", views.dump_snapshot(waiting, 7, waiting.client_seat, NAMES, busy)),
        to("client", views.dump_fact(admitted, 8, fact, admitted.client_seat, NAMES, here)),
        to("clinician", views.dump_fact(admitted, 8, fact, admitted.clinician_seat, NAMES, here)),
        to(
            "clinician",
            views.dump_snapshot(
                visiting,
                11,
                visiting.clinician_seat,
                NAMES,
                busy,
                flow=flow,
                muted={SEAT: views.Muting(audio=False, video=True)},
            ),
        ),
        to("clinician", views.dump_snapshot(crisis, 9, crisis.clinician_seat, NAMES, busy)),
        to("client", views.dump_snapshot(ended, 12, ended.client_seat, NAMES, here, next_visit=following)),
        to("client", views.dump_snapshot(in_phase(Phase.DECLINED), 7, ended.client_seat, NAMES, here)),
        to("client", views.dump_flow(flow, visiting.client_seat, visiting)),
        to("clinician", views.dump_flow(flow, visiting.clinician_seat, visiting)),
        to("client", views.dump_quality({SEAT: LinkQuality.GOOD, CHAIR: LinkQuality.RECONNECTING})),
        to("clinician", views.dump_quality({SEAT: LinkQuality.WEAK, CHAIR: LinkQuality.OFF})),
        to("client", views.dump_offer(1, SDP)),
        to("client", views.dump_turn(("turns:turn.example.org:443?transport=tcp",), f"1:{VISIT}-x", "c2VjcmV0", 300)),
        to("client", views.dump_muted(CHAIR, views.Muting(audio=True))),
        to("client", views.dump_muted(CHAIR, views.Muting(weak=True))),
        to(
            "client",
            protection.dump_members(
                protection.Group(2, {CHAIR: True, SEAT: True}), {CHAIR: Role.CLINICIAN, SEAT: Role.CLIENT}, False
            ),
        ),
        to("client", protection.dump_e2ee(CHAIR, SealKind.COMMIT, 2, "0KfXn3vQ_e2-1")),
        to("client", views.dump_refused("join", "location-missing", "Where the client is has not been said yet.")),
        to("clinician", views.dump_refused("admit", "clinician-busy", "You are with J. D. since 14:02.", VISIT)),
        to("client", views.dump_closed("replaced", "This visit is open in another window.", "stop")),
        to("anyone", views.dump_closed("server-restart", "One moment, we are restarting.", "resume")),
        to("anyone", views.dump_pong(3)),
        *_groups(flow),
        *_desks(waiting),
    ]


def _groups(flow: views.Flow) -> list[Example]:
    """A guest at the door, and inside; what the others are told of them."""
    here = DeskStatus.AVAILABLE
    outside = after(*GUEST_WAITS, visit=after(*IN_VISIT), minutes=4)
    inside = after(ADMIT_GUEST, visit=outside, minutes=5)
    flows = replace(flow, of={**flow.of, STOOL: views.StreamNow(SoundNow.PRESENT, PictureNow.FLOWING)})
    let_in = _fact(decide_all(outside, (ADMIT_GUEST,), at(5))[0])
    guest = inside.participant(STOOL)
    assert guest is not None
    muted = {STOOL: views.Muting(audio=True), SEAT: views.Muting(video=True)}

    def to(who: str, message: Example) -> Example:
        return {"to": who, "message": message}

    return [
        to("guest", views.dump_snapshot(outside, 0, guest, NAMES, here)),
        to("guest", views.dump_snapshot(inside, 0, guest, NAMES, here, flow=flows, muted=muted, sharing=CHAIR)),
        to("client", views.dump_fact(inside, 15, let_in, inside.client_seat, NAMES, here, others_may_share=True)),
        to("clinician", views.dump_fact(inside, 15, let_in, inside.clinician_seat, NAMES, here)),
        to("clinician", views.dump_snapshot(inside, 15, inside.clinician_seat, NAMES, here, flow=flows, muted=muted)),
        to("guest", views.dump_flow(flows, guest, inside)),
        to("client", views.dump_sharing(CHAIR)),
        to("guest", views.dump_sharing(None)),
        to("guest", views.dump_downlink(True)),
    ]


def _desks(waiting: Any) -> list[Example]:
    visits = [
        after(*GUEST_WAITS, visit=waiting, minutes=-0.5),
        replace(after(*CHECK_IN[:2], minutes=-4), id=VisitId("vis_checking_in"), start=START + timedelta(minutes=5)),
        replace(in_phase(Phase.ON_HOLD), id=VisitId("vis_on_hold")),
        replace(in_phase(Phase.BOOKED), id=VisitId("vis_booked"), start=START - timedelta(hours=1)),
    ]
    shown: list[Example] = []
    for who, role in (("desk", StaffRole.CLINICIAN), ("board", StaffRole.FRONT_DESK)):
        viewer = Viewer(CLINICIAN if role is StaffRole.CLINICIAN else OTHER_STAFF, role)
        line, day = cards(visits, viewer, wall(3), {CLINICIAN: LICENCES}, {VisitId("vis_booked")})
        check = {"standing": "covered", "line": "Covered: home allowed, LICSW allowed, share $20", "owed": "$20"}
        checks = {visits[0].id: check}
        desk = views.dump_desk(4, wall(3), "America/Chicago", DeskStatus.AVAILABLE, line, day, NAMES, checks)
        shown.append({"to": who, "message": desk})
    return shown


def server_invalid() -> list[Example]:
    """Texts a browser's parser must not take."""
    rows = [
        ("nothing", ""),
        ("not JSON", "welcome"),
        ("a list", '["welcome"]'),
        ("no type", '{"ping_s":5,"dead_s":15,"server_time":"2026-11-20T15:53:00.000Z"}'),
        ("a type nobody knows", '{"type":"teleport"}'),
        ("a type every object has", '{"type":"toString"}'),
        ("a welcome without its times", '{"type":"welcome","server_time":"2026-11-20T15:53:00.000Z"}'),
        ("a snapshot without a visit", '{"type":"snapshot","seq":1,"you":{"participant":"p","role":"client"}}'),
        ("an offer whose number is text", '{"type":"offer","number":"1","sdp":"v=0"}'),
        ("a sharing of a number", '{"type":"sharing","participant":5}'),
        ("a downlink of a word", '{"type":"downlink","audio_only":"yes"}'),
        ("a muted with a word", '{"type":"muted","participant":"p","audio":"yes","video":false}'),
        ("a closed that says nothing of what is next", '{"type":"closed","reason":"over","say":"Over.","next":"?"}'),
        ("a refusal without a code", '{"type":"refused","re":"join","say":"No."}'),
        ("a flow of unknown words", '{"type":"flow","media":{"you":{"audio":"loud","video":"none"}}}'),
        ("a desk whose waiting is no list", '{"type":"desk","seq":1,"now":"x","zone":"y","waiting":{},"today":[]}'),
        ("a quality of unknown words", '{"type":"quality","of":{"par_a":"superb"}}'),
        ("a pong with a fraction", '{"type":"pong","n":1.5}'),
    ]
    return [{"why": why, "text": text} for why, text in rows]


def files() -> dict[Path, Example]:
    """What the two files should hold."""
    about = "Written by `python -m tests.signaling.examples`; described in signaling/PROTOCOL.md."
    return {
        BROWSER: {"about": about, "valid": browser_valid(), "invalid": browser_invalid()},
        SERVER: {"about": about, "valid": server_valid(), "invalid": server_invalid()},
    }


def text(content: Example) -> str:
    """A file's text: one example a line, so that a change shows."""
    parts = [f'"about": {json.dumps(content["about"])}']
    for name in ("valid", "invalid"):
        rows = ",\n  ".join(json.dumps(one, ensure_ascii=True) for one in content[name])
        parts.append(f'"{name}": [\n  {rows}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(text(content), encoding="utf-8")
