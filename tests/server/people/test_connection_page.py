"""The drawing of a visit's connections: what is drawn, what the table says, and who may see it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from server.link_sums import QualityRow
from server.quality_drawing import Drawing, draw

ORIGIN = datetime(2026, 11, 20, 16, 2, 10, tzinfo=UTC)
PEOPLE = {"par_a": "You", "par_b": "Client <script>"}
GOOD = QualityRow("par_a", 0, 10, 0, 800, 2, 0, 5, 40, 1280, 720)


def rows(who: str, starts: Iterable[int], **other: int | None) -> list[QualityRow]:
    """Ten seconds each."""
    return [
        QualityRow(
            **{**{name: getattr(GOOD, name) for name in GOOD.__slots__}, "participant": who, "at_s": at, **other}
        )
        for at in starts
    ]


def test_everybodys_line_is_drawn_in_each_panel_and_broken_where_nothing_was_measured() -> None:
    """Two people, one of them away for two minutes: their line has two pieces."""
    told = [*rows("par_a", range(0, 600, 10)), *rows("par_b", range(0, 200, 10)), *rows("par_b", range(320, 600, 10))]
    svg = draw(told, PEOPLE, ORIGIN, "America/Chicago").svg
    ElementTree.fromstring(svg)  # noqa: S314  # our own
    assert svg.count('<polyline class="q-line q-who-0"') == 4
    assert svg.count('<polyline class="q-line q-who-1"') == 8
    assert ">10:04<" in svg


def test_nothing_in_it_needs_an_inline_style_and_names_are_escaped() -> None:
    """The policy refuses inline styles; a name is text."""
    svg = draw(rows("par_b", range(0, 60, 10)), PEOPLE, ORIGIN, "America/Chicago").svg
    assert "style=" not in svg
    assert "<script>" not in svg
    assert "Client &lt;script&gt;" in svg


def test_no_line_leaves_its_panel() -> None:
    """Whatever was measured: scales grow with it."""
    told = rows("par_a", range(0, 120, 10), kbit_s=7_321, lost=1000, rtt_ms=99_999, height=8192)
    svg = draw(told, PEOPLE, ORIGIN, "America/Chicago").svg
    grounds = [float(y) for y in re.findall(r'q-ground" x="[^"]*" y="([^"]*)"', svg)]
    lines = [points.split() for points in re.findall(r'points="([^"]*)"', svg)]
    for top, points in zip(grounds, lines, strict=True):
        assert all(top <= float(point.split(",")[1]) <= top + 84 for point in points)


def test_the_table_says_each_persons_minute_with_its_worst_word() -> None:
    """A minute of six rows, one weak; and one of which the round trip was never known."""
    told = [*rows("par_a", range(0, 60, 10)), *rows("par_b", range(0, 20, 10), rtt_ms=None, width=None, height=None)]
    told[2] = rows("par_a", range(20, 21), level=1, kbit_s=200, lost=80)[0]
    first, second = draw(told, PEOPLE, ORIGIN, "America/Chicago").minutes
    assert (first.at, first.who, first.level, first.kbit_s, first.lost) == ("10:02", "You", "weak", "700", "1.5")
    assert (second.who, second.rtt_ms, second.picture) == ("Client <script>", "unknown", "none")


def test_a_visit_without_rows_and_rows_of_strangers_draw_nothing() -> None:
    """Still a picture, which says so."""
    for told in ([], rows("par_stranger", range(0, 60, 10))):
        drawing = draw(told, PEOPLE, ORIGIN, "America/Chicago")
        assert drawing.minutes == ()
        assert "Nothing was measured." in drawing.svg


def test_a_long_visit_is_drawn_by_no_more_points_than_there_is_room_for_and_its_worst_moment_stays() -> None:
    """Four hours of two people; ten bad seconds and half a minute without anything are still to be seen."""
    told = [*rows("par_a", range(0, 14_400, 10)), *rows("par_b", [*range(0, 7000, 10), *range(7040, 14_400, 10)])]
    told[500] = rows("par_a", range(5000, 5001), level=2, lost=1000, kbit_s=0)[0]
    svg = draw(told, PEOPLE, ORIGIN, "America/Chicago").svg
    lines = re.findall(r'q-line q-who-(\d)" points="([^"]*)"', svg)
    assert [who for who, _ in lines] == ["0", "1", "1"] * 4
    assert all(100 < len(points.split()) <= 280 for who, points in lines if who == "0")
    grounds = [float(y) for y in re.findall(r'q-ground" x="[^"]*" y="([^"]*)"', svg)]
    heights = [[float(point.split(",")[1]) for point in points.split()] for who, points in lines if who == "0"]
    assert (max(heights[0]), min(heights[1])) == (grounds[0] + 84, grounds[1])  # no bits; every packet lost


async def test_the_page_is_not_drawn_on_the_loop_that_forwards_media(
    booked: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six people's hours take longer than a packet may wait."""
    where: list[int] = []

    def noted(*given: Any) -> Drawing:
        where.append(threading.get_ident())
        return draw(*given)

    monkeypatch.setattr("server.quality_drawing.draw", noted)
    visit, _ = await booked()
    assert (await (await signed_in("clinician")).get(f"/visits/{visit}/connection")).status_code == 200
    assert len(where) == 1 and where[0] != threading.get_ident()
