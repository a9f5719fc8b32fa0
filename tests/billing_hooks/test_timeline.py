"""The evidence timeline: the picture and the table tell the event's truth, in the practice's time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing_hooks import timeline

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ET.Element:
    """The picture as XML: it must be well formed to stand in a page."""
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314 - our own output


def test_the_table_names_every_stretch_with_wall_times_and_cause(event: dict[str, Any]) -> None:
    """Chicago's clock, what each side sent, what was counted, why not."""
    rows = timeline.draw(event).rows
    assert [(row.start, row.end, row.length, row.counted, row.cause) for row in rows] == [
        ("10:02:14", "10:22:18", "20:04", "sound and picture", ""),
        ("10:22:18", "10:25:49", "3:31", "nothing", "Client reconnecting"),
        ("10:25:49", "10:33:54", "8:05", "sound and picture", ""),
        ("10:33:54", "10:35:54", "2:00", "sound", "Client's camera off"),
        ("10:35:54", "10:51:57", "16:03", "sound and picture", ""),
    ]
    assert rows[1].clinician == "sound, picture, not received"
    assert rows[1].client == "no sound, no picture"


def test_the_picture_has_a_title_seven_lanes_and_named_hatched_gaps(event: dict[str, Any]) -> None:
    """Accessible by title and description; the long gap carries its name."""
    root = parsed(timeline.draw(event).svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "timeline-title timeline-desc"
    [described] = [each.text for each in root.iter(f"{SVG}desc")]
    assert "44:12" in str(described)
    assert "46:12" in str(described)
    labels = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "t-label"]
    assert labels == [
        "Clinician: sound", "Clinician: picture", "Client: sound", "Client: picture", "Sound and picture 44:12",
        "Talk 46:12", "Both there 49:43",
    ]  # fmt: skip
    gaps = [each for each in root.iter(f"{SVG}rect") if each.get("class") == "t-gap"]
    assert {each.get("fill") for each in gaps} == {"url(#gap-hatch)"}
    assert len(gaps) == 4  # reconnecting in all three totals, the camera in the first
    assert [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "t-gap-name"] == [
        "Client reconnecting", "Client's camera off",
    ]  # fmt: skip
    times = [each.text for each in root.iter(f"{SVG}text") if each.get("class") == "t-time"]
    assert times == ["10:10", "10:20", "10:30", "10:40", "10:50"]


def test_the_picture_obeys_a_policy_without_inline_styles(event: dict[str, Any]) -> None:
    """No style attribute, no script, no address: style-src 'self' holds."""
    svg = timeline.draw(event).svg
    assert not re.search(r"style=|<style|<script|\bon\w+=|href", svg)


def test_a_lane_is_as_long_as_its_seconds(event: dict[str, Any]) -> None:
    """The widths of the counted parts add up to their share of the axis."""
    root = parsed(timeline.draw(event).svg)
    talk = [float(each.get("width", "0")) for each in root.iter(f"{SVG}rect") if each.get("class") == "t-total-talk"]
    axis = timeline.WIDTH - timeline.LEFT - timeline.RIGHT
    assert abs(sum(talk) - axis * 2772 / 2983) < 1


def test_a_visit_across_a_clock_change_shows_the_clock_that_hung_on_the_wall(event: dict[str, Any]) -> None:
    """On 1 November 2026 Chicago's two o'clock came twice."""
    event["times"] |= {"in_visit": "2026-11-01T06:50:00Z", "in_visit_local": "2026-11-01T01:50:00-05:00"}
    rows = timeline.draw(event).rows
    assert (rows[0].start, rows[0].end, rows[1].end) == ("01:50:00", "01:10:04", "01:13:35")


def test_nothing_measured_is_said_so(event: dict[str, Any]) -> None:
    """A visit that never began has a picture too."""
    event["intervals"] = []
    event["times"] |= {"in_visit": None, "in_visit_local": None}
    event["seconds"] |= {"presence": 0, "audio_video_overlap": 0, "talk_overlap": 0}
    found = timeline.draw(event)
    assert "Nothing was measured." in found.svg
    assert found.rows == ()


@given(st.data())
def test_any_event_has_a_picture_that_is_well_formed(data: st.DataObject) -> None:
    """Up to 200 stretches of any kind, with any cause code."""
    side = st.fixed_dictionaries(
        {
            "audio": st.sampled_from(["none", "silent", "present"]),
            "video": st.sampled_from(["none", "blank", "flowing"]),
            "delivered": st.booleans(),
        }
    )
    ends = sorted(data.draw(st.sets(st.integers(1, 20_000), min_size=1, max_size=20)))
    cause = st.none() | st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
    parts = [
        {"from_s": a, "to_s": b, "clinician": data.draw(side), "client": data.draw(side), "cause": data.draw(cause)}
        for a, b in zip([0, *ends], ends, strict=False)
    ]
    event = {
        "practice": {"time_zone": "America/Chicago"},
        "times": {"in_visit": "2026-11-20T16:02:14.733Z", "admitted": None, "ended": "2026-11-20T17:00:00Z"},
        "seconds": {"presence": 9, "audio_video_overlap": 1, "talk_overlap": 5},
        "intervals": parts,
    }
    found = timeline.draw(event)
    assert len(found.rows) == len(parts)
    xs = [float(each.get("x", "0")) + float(each.get("width", "0")) for each in parsed(found.svg).iter(f"{SVG}rect")]
    assert max(xs) <= timeline.WIDTH
