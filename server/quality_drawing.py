"""How a visit's connections were: one picture (inline SVG made here) and the same by the minute as table rows. Pure.

Colours come from CSS classes only (the pages forbid inline styles); people are told apart by the dash of their line and
a word at its end as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from media.quality import Level
from server.link_sums import QualityRow

WIDTH, LEFT, RIGHT, TOP = 760, 96, 104, 26
PANEL, GAP, FOOT = 84, 34, 30
_TICKS_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 8
_NEXT_TO = 10  # rows further apart than a row's length are not joined: nothing was measured between them
LEVELS: Final = {
    Level.GOOD: "good",
    Level.WEAK: "weak",
    Level.RECONNECTING: "reconnecting",
    Level.OFF: "not connected",
}


@dataclass(frozen=True, slots=True)
class Minute:
    """One person's minute in words and numbers, for the table."""

    at: str
    who: str
    level: str
    kbit_s: str
    lost: str
    got_lost: str
    rtt_ms: str
    picture: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture and the table."""

    svg: str
    minutes: tuple[Minute, ...]


@dataclass(frozen=True, slots=True)
class _Panel:
    name: str
    unit: str
    value: Callable[[QualityRow], float | None]
    least: float  # the scale reaches at least so far, so that good figures look small


_PANELS: Final = (
    _Panel("Bitrate", "kbit/s", lambda row: row.kbit_s, 500),
    _Panel("Loss", "%", lambda row: max(row.lost, row.got_lost) / 10, 5),
    _Panel("Round trip", "ms", lambda row: row.rtt_ms, 100),
    _Panel("Picture height", "px", lambda row: row.height, 480),
)


def draw(rows: Sequence[QualityRow], people: Mapping[str, str], origin: datetime, zone: str) -> Drawing:
    """The drawing of `rows`. `people` gives the word for each participant, in the order in which they are drawn."""
    began = origin.astimezone(ZoneInfo(zone))
    known = [row for row in rows if row.participant in people]
    return Drawing(_svg(known, people, began), tuple(_minutes(known, people, began)))


def _svg(rows: Sequence[QualityRow], people: Mapping[str, str], began: datetime) -> str:
    first = min((row.at_s for row in rows), default=0)
    last = max((row.at_s + row.seconds for row in rows), default=0)
    height = TOP + len(_PANELS) * (PANEL + GAP) + FOOT
    words = f"{_wall(began, first, '%H:%M')} to {_wall(began, last, '%H:%M')}. The same stands in the table below."
    drawn = [
        f'<svg class="quality" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="quality-title quality-desc">',
        '<title id="quality-title">How the connections were</title>',
        f'<desc id="quality-desc">{_escaped(words)}</desc>',
    ]
    for number, panel in enumerate(_PANELS):
        top = TOP + number * (PANEL + GAP)
        drawn += _ground(panel, top, _scale(panel, rows))
        for place, (who, word) in enumerate(people.items()):
            mine = [row for row in rows if row.participant == who]
            drawn += _line(panel, mine, top, _scale(panel, rows), (first, last), place, word)
    drawn += _axis(began, first, last, height)
    return "".join((*drawn, "</svg>"))


def _scale(panel: _Panel, rows: Sequence[QualityRow]) -> float:
    values = [value for row in rows if (value := panel.value(row)) is not None]
    most = max([panel.least, *values])
    step = 10 ** (len(str(int(most))) - 1)
    return float(-(-most // step) * step)


def _ground(panel: _Panel, top: int, scale: float) -> list[str]:
    left, right = LEFT, WIDTH - RIGHT
    drawn = [
        f'<text class="q-name" x="{left}" y="{top - 8}">{_escaped(panel.name)}</text>',
        f'<rect class="q-ground" x="{left}" y="{top}" width="{right - left}" height="{PANEL}" rx="4"/>',
    ]
    for share, value in ((0.0, 0.0), (0.5, scale / 2), (1.0, scale)):
        y = top + PANEL - share * PANEL
        drawn.append(f'<line class="q-grid" x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        unit = f" {panel.unit}" if share == 1.0 else ""
        drawn.append(f'<text class="q-value" x="{left - 8}" y="{y + 4:.1f}">{value:g}{unit}</text>')
    return drawn


def _line(
    panel: _Panel, rows: Sequence[QualityRow], top: int, scale: float, span: tuple[int, int], place: int, word: str
) -> list[str]:
    points: list[list[tuple[float, float]]] = []
    before: QualityRow | None = None
    for row in rows:
        value = panel.value(row)
        if value is None:
            before = None
            continue
        x, y = _x(row.at_s + row.seconds / 2, span), top + PANEL - PANEL * min(value / scale, 1.0)
        if before is None or row.at_s - before.at_s > _NEXT_TO + before.seconds:
            points.append([])
        points[-1].append((x, y))
        before = row
    drawn = []
    for part in points:
        if len(part) == 1:  # a single row has no length: it is a dot
            drawn.append(f'<circle class="q-dot q-who-{place}" cx="{part[0][0]:.1f}" cy="{part[0][1]:.1f}" r="2.5"/>')
        else:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in part)
            drawn.append(f'<polyline class="q-line q-who-{place}" points="{path}"/>')
    if points:
        y = top + 16 + 20 * place  # beside the panel, one below the other: line ends may lie on each other
        x = WIDTH - RIGHT + 10
        drawn.append(f'<line class="q-line q-who-{place}" x1="{x}" y1="{y - 4}" x2="{x + 20}" y2="{y - 4}"/>')
        drawn.append(f'<text class="q-who" x="{x + 26}" y="{y}">{_escaped(word)}</text>')
    return drawn


def _axis(began: datetime, first: int, last: int, height: int) -> list[str]:
    span = last - first
    if span <= 0:
        return [f'<text class="q-name" x="{LEFT + 12}" y="{TOP + 46}">Nothing was measured.</text>']
    step = next((each for each in _TICKS_S if span / each <= _MOST_TICKS), _TICKS_S[-1])
    start = first + -(int(began.timestamp()) + first) % step
    drawn = []
    for at in range(start, last + 1, step):
        x = f"{_x(at, (first, last)):.1f}"
        drawn.append(f'<line class="q-tick" x1="{x}" y1="{TOP}" x2="{x}" y2="{height - FOOT - GAP + 6}"/>')
        drawn.append(f'<text class="q-time" x="{x}" y="{height - FOOT - GAP + 22}">{_wall(began, at, "%H:%M")}</text>')
    return drawn


def _x(at: float, span: tuple[int, int]) -> float:
    first, last = span
    return LEFT + (WIDTH - LEFT - RIGHT) * (at - first) / (last - first) if last > first else float(LEFT)


def _minutes(rows: Sequence[QualityRow], people: Mapping[str, str], began: datetime) -> list[Minute]:
    places = {who: place for place, who in enumerate(people)}
    told = sorted(rows, key=lambda row: (row.at_s // 60, places[row.participant], row.at_s))
    minutes = []
    for (minute, who), part in groupby(told, key=lambda row: (row.at_s // 60, row.participant)):
        group = list(part)
        seconds = max(1, sum(row.seconds for row in group))
        trips = [row.rtt_ms for row in group if row.rtt_ms is not None]
        sizes = [(row.width, row.height) for row in group if row.width and row.height]
        minutes.append(
            Minute(
                at=_wall(began, minute * 60, "%H:%M"),
                who=people[who],
                level=LEVELS[max(group, key=lambda row: row.level).level_word],
                kbit_s=f"{sum(row.kbit_s * row.seconds for row in group) // seconds:,}",
                lost=_percent(group, lambda row: row.lost),
                got_lost=_percent(group, lambda row: row.got_lost),
                rtt_ms=f"{round(sum(trips) / len(trips))}" if trips else "unknown",
                picture=f"{sizes[-1][0]} × {sizes[-1][1]}" if sizes else "none",  # noqa: RUF001  # the sign of sizes
            )
        )
    return minutes


def _percent(rows: Sequence[QualityRow], of: Callable[[QualityRow], int]) -> str:
    seconds = max(1, sum(row.seconds for row in rows))
    return f"{sum(of(row) * row.seconds for row in rows) / seconds / 10:.1f}"


def _wall(began: datetime, seconds: int, form: str) -> str:
    # Through UTC: adding seconds to a local time would cross a clock change wrongly.
    zone = began.tzinfo
    return (began.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(zone).strftime(form)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
