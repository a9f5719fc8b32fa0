"""How a visit's connections were: one picture (inline SVG made here) and the same by the minute as table rows. Pure.

Colours come from CSS classes only (the pages forbid inline styles); people are told apart by the dash of their line and
a word at its end as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from media.quality import Level
from server.link_sums import QualityRow

WIDTH, LEFT, RIGHT, TOP = 800, 96, 144, 26
PANEL, GAP, FOOT = 84, 34, 30
_TICKS_S: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 8
_MOST_POINTS = (WIDTH - LEFT - RIGHT) // 2  # of one line: one in two of the picture's units
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


class _Point(NamedTuple):
    """Where one row stands in the picture, and its value in each panel."""

    x: float
    values: tuple[float | None, ...]


_PANELS: Final = (
    _Panel("Bitrate", "kbit/s", lambda row: row.kbit_s, 500),
    _Panel("Loss", "%", lambda row: max(row.lost, row.got_lost) / 10, 5),
    _Panel("Round trip", "ms", lambda row: row.rtt_ms, 100),
    _Panel("Picture height", "px", lambda row: row.height, 480),
)


def draw(rows: Sequence[QualityRow], people: Mapping[str, str], origin: datetime, zone: str) -> Drawing:
    """The drawing of `rows`, each person's in order of time. `people` gives their words, in the order of drawing."""
    began = origin.astimezone(ZoneInfo(zone))
    known: dict[str, list[QualityRow]] = {who: [] for who in people}
    for row in rows:
        if row.participant in known:
            known[row.participant].append(row)
    return Drawing(_svg(known, people, began), tuple(_minutes(known, people, began)))


def _svg(known: Mapping[str, list[QualityRow]], people: Mapping[str, str], began: datetime) -> str:
    first = min((rows[0].at_s for rows in known.values() if rows), default=0)
    last = max((rows[-1].at_s + rows[-1].seconds for rows in known.values() if rows), default=0)
    lines = {who: [_points(run, (first, last)) for run in _runs(rows)] for who, rows in known.items()}
    height = TOP + len(_PANELS) * (PANEL + GAP) + FOOT
    words = f"{_wall(began, first, '%H:%M')} to {_wall(began, last, '%H:%M')}. The same stands in the table below."
    drawn = [
        f'<svg class="quality" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="quality-title quality-desc">',
        '<title id="quality-title">How the connections were</title>',
        f'<desc id="quality-desc">{_escaped(words)}</desc>',
    ]
    for number, panel in enumerate(_PANELS):
        top = TOP + number * (PANEL + GAP)
        scale = _scale(panel, [point.values[number] for runs in lines.values() for run in runs for point in run])
        drawn += _ground(panel, top, scale)
        for place, (who, word) in enumerate(people.items()):
            drawn += _line(lines[who], number, top, scale, place, word)
    drawn += _axis(began, first, last, height)
    return "".join((*drawn, "</svg>"))


def _runs(rows: Sequence[QualityRow]) -> list[list[QualityRow]]:
    """The stretches in which something was measured all the time."""
    runs: list[list[QualityRow]] = []
    before: QualityRow | None = None
    for row in rows:
        if before is None or row.at_s - before.at_s > _NEXT_TO + before.seconds:
            runs.append([])
        runs[-1].append(row)
        before = row
    return runs


def _points(run: Sequence[QualityRow], span: tuple[int, int]) -> list[_Point]:
    """One run as points, no more than the picture has room for: of several rows side by side the worst."""
    wide = _NEXT_TO * -(-(span[1] - span[0]) // (_NEXT_TO * _MOST_POINTS))
    if wide > _NEXT_TO:
        run = [max(part, key=_badness) for _, part in groupby(run, key=lambda row: row.at_s // wide)]
    return [_Point(_x(row.at_s + row.seconds / 2, span), tuple([panel.value(row) for panel in _PANELS])) for row in run]


def _badness(row: QualityRow) -> tuple[int, int, int]:
    return row.level, row.lost + row.got_lost, row.rtt_ms or 0


def _scale(panel: _Panel, values: Sequence[float | None]) -> float:
    most = max([panel.least, *[value for value in values if value is not None]])
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


def _line(runs: Sequence[Sequence[_Point]], panel: int, top: int, scale: float, place: int, word: str) -> list[str]:
    drawn = []
    for run in runs:
        for known, part in groupby(run, key=lambda point: point.values[panel] is not None):
            if not known:
                continue
            path = [
                f"{point.x:.1f},{top + PANEL - PANEL * min((point.values[panel] or 0) / scale, 1.0):.1f}"
                for point in part
            ]
            if len(path) == 1:  # a single row has no length: it is a dot
                left, _, height = path[0].partition(",")
                drawn.append(f'<circle class="q-dot q-who-{place}" cx="{left}" cy="{height}" r="2.5"/>')
            else:
                drawn.append(f'<polyline class="q-line q-who-{place}" points="{" ".join(path)}"/>')
    if drawn:
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


def _minutes(known: Mapping[str, list[QualityRow]], people: Mapping[str, str], began: datetime) -> Iterable[Minute]:
    told = [
        (minute, place, list(part))
        for place, rows in enumerate(known.values())
        for minute, part in groupby(rows, key=lambda row: row.at_s // 60)
    ]
    words = list(people.values())
    for minute, each in groupby(sorted(told, key=lambda one: one[:2]), key=lambda one: one[0]):
        at = _wall(began, minute * 60, "%H:%M")
        for _, place, part in each:
            yield _minute(at, words[place], part)


def _minute(at: str, who: str, rows: list[QualityRow]) -> Minute:
    seconds = level = bits = lost = got_lost = 0
    trips, picture = [], "none"
    for row in rows:
        seconds += row.seconds
        level = max(level, row.level)
        bits += row.kbit_s * row.seconds
        lost += row.lost * row.seconds
        got_lost += row.got_lost * row.seconds
        if row.rtt_ms is not None:
            trips.append(row.rtt_ms)
        if row.width and row.height:
            picture = f"{row.width} × {row.height}"  # noqa: RUF001  # the sign of sizes
    seconds = max(1, seconds)
    return Minute(
        at=at,
        who=who,
        level=tuple(LEVELS.values())[level],
        kbit_s=f"{bits // seconds:,}",
        lost=f"{lost / seconds / 10:.1f}",
        got_lost=f"{got_lost / seconds / 10:.1f}",
        rtt_ms=f"{round(sum(trips) / len(trips))}" if trips else "unknown",
        picture=picture,
    )


def _wall(began: datetime, seconds: int, form: str) -> str:
    # Through UTC: adding seconds to a local time would cross a clock change wrongly.
    zone = began.tzinfo
    return (began.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(zone).strftime(form)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
