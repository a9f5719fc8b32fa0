"""Whatever stands in a file that says it is an 837: it is read, or refused with a sentence. Nothing breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_hooks import packs
from billing_hooks.claims import emit, reading
from billing_hooks.claims.claim import Claim
from billing_hooks.claims.scrub import Against, scrub
from billing_hooks.claims.scrub_text import scrub_text
from billing_hooks.claims.written import written
from billing_hooks.errors import Malformed
from tests.billing_hooks.claims import kit

GOOD = b"".join(emit.chunks(kit.ENVELOPE, [kit.WHOLE, replace(kit.secondary(), id="S1")]))
AGAINST = Against(packs.shipped()[0], kit.TODAY, date(2026, 12, 31))
WILD = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def judged(raw: bytes) -> list[Claim]:
    """The claims of a file, scrubbed; where it is refused, with a whole sentence."""
    found = []
    try:
        for each in reading.read([raw]):
            found.append(each.claim)
            if not any(problem.grave for problem in scrub(each.claim, AGAINST)):
                # What the scrubber lets through can be written, and is then what it was.
                again = b"".join(emit.chunks(kit.ENVELOPE, [each.claim]))
                assert [one.claim for one in reading.read([again])] == [written(each.claim)]
    except Malformed as error:
        assert error.code.startswith(("837-", "x12-"))
        assert error.say.endswith((".", "…"))
        assert len(error.say) < 300
    return found


@WILD
@given(st.data())
def test_spoiled_bytes_are_read_or_refused(data: st.DataObject) -> None:
    """Some bytes become others, some are cut out, some stand twice."""
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["change", "cut", "twice", "end"])):
            case "change":
                raw[at] = data.draw(st.one_of(st.sampled_from(b"*~:^0A \n"), st.integers(0, 255)))
            case "cut":
                del raw[at : at + data.draw(st.integers(1, 30))]
            case "twice":
                raw[at:at] = raw[at : at + data.draw(st.integers(1, 60))]
            case _:
                del raw[at:]
        if not raw:
            break
    judged(bytes(raw))


@WILD
@given(st.data())
def test_segments_in_any_order_are_read_or_refused(data: st.DataObject) -> None:
    """Segments taken out, put elsewhere, doubled, their elements emptied or exchanged; the counts set right after."""
    lines = [line.split("*") for line in GOOD.decode("ascii").replace("~\n", "\n").splitlines()]
    head, body, tail = lines[:3], lines[3:-3], lines[-3:]
    for _ in range(data.draw(st.integers(1, 5))):
        at, other = (data.draw(st.integers(0, len(body) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(["out", "move", "twice", "empty", "swap", "odd"])):
            case "out" if len(body) > 1:
                del body[at]
            case "move":
                body.insert(other, body.pop(at))
            case "twice":
                body.insert(other, list(body[at]))
            case "empty" if len(body[at]) > 1:
                body[at][data.draw(st.integers(1, len(body[at]) - 1))] = ""
            case "odd" if len(body[at]) > 1:
                place = data.draw(st.integers(1, len(body[at]) - 1))
                body[at][place] = data.draw(st.text("0123456789ABCXYZ:.-^ ", max_size=12))
            case _:
                body[at], body[other] = body[other], body[at]
    tail[0][1] = str(len(body) + 2)
    text = "".join("*".join(each) + "~\n" for each in (*head, *body, *tail))
    judged(text.encode("ascii"))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(raw: bytes) -> None:
    """Nothing comes of them."""
    assert judged(raw) == []
    assert judged(GOOD[:106] + raw) == []


def test_a_file_of_fifty_megabytes_is_streamed_and_a_larger_one_refused() -> None:
    """It is told as soon as it is too large, and no more of it is asked for."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield GOOD[:300]
        while True:
            taken += 1
            yield b"\n" * 2**20

    with pytest.raises(Malformed) as caught:
        list(reading.read(endless(), largest=50 * 2**20))
    assert caught.value.code in ("x12-too-large", "x12-malformed")
    assert taken <= 51


def test_a_file_that_ends_early_keeps_what_was_wrong_before() -> None:
    """The scrubber over the text tells the claim's problem, then that the file ends."""
    spoiled = GOOD.replace(b"***10:B", b"***77:B", 1)[:-200]
    codes = [each.problem.code for each in scrub_text([spoiled], AGAINST) if each.problem.grave]
    assert "place" in codes
    assert codes[-1] in ("x12-truncated", "x12-malformed", "837-missing")
