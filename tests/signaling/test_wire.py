"""The wire: what browsers say is taken strictly or is Malformed; what the server says is what the examples show."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signaling import commands as c
from signaling import messages as m
from signaling import views, wire
from signaling.errors import Malformed
from signaling.fact_forms import KINDS
from signaling.facts import EvidenceRecorded
from signaling.views import initials
from signaling.visit import Visit
from signaling.wire import Door, parse
from signaling.words import DeskStatus, EndReason, OverrideReason, Phase, Site, TellCode
from tests.signaling import examples
from tests.signaling.lives import CHAIR, CLINICIAN, IN_WISCONSIN, SAMPLES, VISIT, WAITING, after, in_phase

SAID = json.loads(examples.BROWSER.read_text(encoding="utf-8"))
TOLD = json.loads(examples.SERVER.read_text(encoding="utf-8"))


def shown(example: dict[str, Any]) -> str:
    """A short name for an example."""
    return str(example.get("why") or f"{example.get('door', example.get('to'))}-{example['message']['type']}")


def test_the_examples_are_not_stale() -> None:
    """To renew them: `python -m tests.signaling.examples`."""
    for path, content in examples.files().items():
        assert path.read_text(encoding="utf-8") == examples.text(content)


@pytest.mark.parametrize("one", SAID["valid"], ids=shown)
def test_a_right_message_is_taken(one: dict[str, Any]) -> None:
    """With every field as it was sent."""
    message = parse(json.dumps(one["message"]), Door(one["door"]))
    assert type(message) is m.DOORS[Door(one["door"])][one["message"]["type"]]
    for name, value in one["message"].items():
        assert name == "type" or getattr(message, name) == value


@pytest.mark.parametrize("one", SAID["invalid"], ids=shown)
def test_a_wrong_message_is_malformed(one: dict[str, Any]) -> None:
    """With the code the example names."""
    with pytest.raises(Malformed) as wrong:
        parse(one["text"], Door(one["door"]))
    assert wrong.value.code == one["code"]


WRONG: tuple[Any, ...] = ([], {}, 1.5, "\u0000", "no such word", -1)


@pytest.mark.parametrize("one", [one for one in SAID["valid"] if len(one["message"]) > 1], ids=shown)
def test_a_right_message_with_anything_wrong_about_it_is_malformed(one: dict[str, Any]) -> None:
    """A field more, a field less, a field of another kind."""
    message, door = one["message"], Door(one["door"])
    shape = m.DOORS[door][message["type"]]
    broken: list[dict[str, Any]] = [{**message, "extra": 1}]
    for name in message.keys() - {"type"}:
        broken += [{**message, name: value} for value in WRONG]
        if shape is not m.Admit and name not in ("with_guests", "weak"):  # those may be left out
            broken.append({key: value for key, value in message.items() if key != name})
    for candidate in broken:
        if shape is m.Answer and candidate.get("sdp") == "no such word":
            continue
        with pytest.raises(Malformed):
            parse(json.dumps(candidate), door)


def test_every_message_of_every_door_has_an_example() -> None:
    """Nothing goes untested."""
    assert {(one["door"], one["message"]["type"]) for one in SAID["valid"]} == {
        (door.value, kind) for door in Door for kind in m.DOORS[door]
    }


def test_the_front_desk_cannot_admit_decline_hold_return_or_end() -> None:
    """Not even by a message made by hand."""
    for kind in ("admit", "decline", "hold", "return", "end"):
        with pytest.raises(Malformed):
            parse(json.dumps({"type": kind, "visit": VISIT, "reason": "done"}), Door.BOARD)


def test_messages_are_typed() -> None:
    """Choices are enums, not words."""
    assert parse('{"type":"end","reason":"emergency"}', Door.CLINICIAN) == m.End(EndReason.EMERGENCY)
    assert parse(f'{{"type":"tell","visit":"{VISIT}","code":"soon"}}', Door.DESK) == m.DeskTell(VISIT, TellCode.SOON)
    assert parse('{"type":"admit","override_reason":"crisis"}', Door.CLINICIAN) == m.Admit(OverrideReason.CRISIS)
    assert parse('{"type":"admit"}', Door.CLINICIAN) == m.Admit(None)


def test_sizes_are_held() -> None:
    """24 KiB of SDP, 64 KiB of message, counted as UTF-8."""
    for sdp in ("a" * 24 * 1024, "é" * 12 * 1024):
        assert parse(json.dumps({"type": "answer", "number": 1, "sdp": sdp}, ensure_ascii=False), Door.CLIENT)
        with pytest.raises(Malformed) as wrong:
            parse(json.dumps({"type": "answer", "number": 1, "sdp": sdp + "a"}, ensure_ascii=False), Door.CLIENT)
        assert wrong.value.code == "wrong-value"
    for text in (" " * (64 * 1024 + 1), '"' + "é" * 32 * 1024 + '"', "\U0001f600" * (16 * 1024 + 1)):
        with pytest.raises(Malformed) as wrong:
            parse(text, Door.CLIENT)
        assert wrong.value.code == "too-large"
    padded = '{"type":"join"}'.ljust(64 * 1024)
    assert parse(padded, Door.CLIENT) == m.Join()


HOSTILE = [
    '"' + '\\"' * 32_000,
    "[" * 65_000,
    '{"a":' * 10_000,
    "[]," * 20_000,
    '{"type":"ping","n":' + "9" * 60_000 + "}",
    '{"type":"ping","n":1e' + "9" * 60_000 + "}",
    '"a' * 32_000 + "\\",
    "\\" * 65_000,
    '"' * 65_000,
    " " * 65_000,
    '{"type":"answer","number":1,"sdp":"' + "\\u0000" * 10_000 + '"}',
    '{"type":"hello","seq":null,"ticket":"' + "a" * 64_000 + '"}',
    "\ud800" * 16_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_malformed_at_once(text: str) -> None:
    """No text keeps the loop busy: the best of five takes less than 50 ms on a busy machine."""
    best = 1.0
    for _ in range(5):
        begun = time.perf_counter()
        with pytest.raises(Malformed):
            parse(text, Door.CLIENT)
        best = min(best, time.perf_counter() - begun)
    assert best < 0.05


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
WORDS = sorted({kind for door in Door for kind in m.DOORS[door]} | {"type", "visit", "reason", "code", "seq", "n"})
OBJECTS = st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), VALUES | st.sampled_from(WORDS), max_size=5)


@settings(deadline=None)
@given(text=st.text() | OBJECTS.map(json.dumps), door=st.sampled_from(Door))
@example(text="{" * 100_000, door=Door.CLIENT)
@example(text='{"type":"ping","n":' + "1" * 5000 + "}", door=Door.CLIENT)
def test_only_malformed_escapes(text: str, door: Door) -> None:
    """Invariant: any text at any door is a message of that door, or Malformed with a code and a sentence."""
    held(text, door)


@settings(deadline=None)
@given(one=st.sampled_from(SAID["valid"]), where=st.integers(0, 200), what=st.text(max_size=3), drop=st.integers(0, 3))
def test_only_malformed_escapes_from_damaged_messages(one: dict[str, Any], where: int, what: str, drop: int) -> None:
    """Invariant: the same for right messages with something cut out and something put in."""
    text = json.dumps(one["message"])
    held(text[:where] + what + text[where + drop :], Door(one["door"]))


def held(text: str, door: Door) -> None:
    """Parse it, and hold what comes out to the invariant."""
    try:
        message = parse(text, door)
    except Malformed as wrong:
        assert wrong.code
        assert wrong.say.endswith(".")
        assert len(wrong.say) < 100
    else:
        assert type(message) in m.DOORS[door].values()


# What the server says.


@pytest.mark.parametrize("one", TOLD["valid"], ids=shown)
def test_what_the_server_says_fits_a_frame(one: dict[str, Any]) -> None:
    """And has its type first."""
    assert next(iter(one["message"])) == "type"
    assert len(json.dumps(one["message"]).encode()) <= wire.LARGEST


def snapshots(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the client and the clinician see."""
    flow = views.Flow(counted_s=1234)
    client, clinician = (
        views.dump_snapshot(visit, 1, you, examples.NAMES, DeskStatus.AVAILABLE, flow=flow)
        for you in (visit.client_seat, visit.clinician_seat)
    )
    return client, clinician


@pytest.mark.parametrize("phase", Phase)
def test_a_client_never_sees_the_count_the_licence_or_anybody_else(phase: Phase) -> None:
    """In any phase; the clinician does see the count."""
    client, clinician = snapshots(in_phase(phase))
    assert "counted_s" not in client["media"]
    assert "1234" not in json.dumps(client)
    assert clinician["media"]["counted_s"] == 1234
    assert client["visit"]["licence"] is client["visit"]["client"] is None
    assert (CHAIR in json.dumps(client)) is in_phase(phase).seated
    assert clinician["visit"]["client"] == {"name": "Jordan van Dyke"}


def test_the_clinician_reads_what_covers_the_clients_state() -> None:
    """Nothing before admission; then covered, override, explain, or missing after a move."""
    elsewhere = after(*WAITING, IN_WISCONSIN)
    crisis = after(c.Admit(CLINICIAN, None, OverrideReason.CRISIS), visit=elsewhere)
    told = after(c.ExplainOverride(CLINICIAN, OverrideReason.OTHER), visit=crisis)
    moved = after(c.ChangeLocation("US", "WI", Site.VEHICLE, None, None), visit=in_phase(Phase.IN_VISIT))
    visits = (elsewhere, in_phase(Phase.IN_VISIT), crisis, told, moved)
    words = [snapshots(visit)[1]["visit"]["licence"] for visit in visits]
    assert words == [None, "covered", "explain", "override", "missing"]
    assert {snapshots(visit)[0]["visit"]["licence"] for visit in visits} == {None}


@pytest.mark.parametrize("fact", SAMPLES, ids=lambda fact: type(fact).__name__)
def test_a_client_is_told_that_something_was_noted_not_what(fact: Any) -> None:
    """The record is the clinician's; every seq is sent all the same."""
    visit = in_phase(Phase.IN_VISIT)
    client, clinician = (
        views.dump_fact(visit, 9, fact, you, examples.NAMES, DeskStatus.AVAILABLE)
        for you in (visit.client_seat, visit.clinician_seat)
    )
    hidden = {"evidence_recorded", "override_explained", "identity_confirmed", "statement_made", "picture_reported"}
    hidden |= {kind for kind in KINDS if kind.startswith("guest_")}
    assert client["seq"] == clinician["seq"] == 9
    assert client["kind"] == ("noted" if clinician["kind"] in hidden else clinician["kind"])
    assert not isinstance(fact, EvidenceRecorded) or "1023x40" not in json.dumps(clinician)


@pytest.mark.parametrize("phase", Phase)
def test_what_is_over_says_how(phase: Phase) -> None:
    """The end's reason, or the phase; and what comes next when there is something."""
    ended = snapshots(in_phase(phase))[0]["visit"]["ended"]
    words = {"ended": "done", "complete": "done"}
    assert ended == ({"reason": words.get(phase, phase.value), "next": None} if in_phase(phase).over else None)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Jordan Doe", "J. D."),
        ("Jordan van Dyke", "J. D."),
        ("Jordan", "J."),
        ("  ana  rivera ", "A. R."),
        ("", ""),
        ("Łukasz Ørsted", "Ł. Ø."),
    ],
)
def test_initials_are_the_first_and_the_last(name: str, short: str) -> None:
    """What a passer-by may read."""
    assert initials(name) == short
