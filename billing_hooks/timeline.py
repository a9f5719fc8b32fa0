"""The evidence timeline of a visit: one picture (inline SVG) and the same as table rows, from the event alone. Pure.

Colours come from CSS classes only: the pages forbid inline styles, and both themes and print want their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from billing_hooks.strict import instant

WIDTH, LEFT, RIGHT, TOP = 760, 190, 24, 30
LANE, GAP, FOOT = 22, 7, 42
_TICKS_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_MOST_TICKS = 8
_LETTER = 8.4  # about the width of a letter of a gap's name: which names fit is decided without measuring text
_NAME_ROWS = 2
AUDIO_WORDS = {"none": "no sound", "silent": "silent", "present": "sound"}
VIDEO_WORDS = {"none": "no picture", "blank": "blank picture", "flowing": "picture"}
COUNTED_WORDS = {"av": "sound and picture", "talk": "sound", "none": "nothing"}
CAUSES = {
    "client_camera_off": "Client's camera off",
    "clinician_camera_off": "Clinician's camera off",
    "client_microphone_off": "Client's sound missing",
    "clinician_microphone_off": "Clinician's sound missing",
    "client_reconnecting": "Client reconnecting",
    "clinician_reconnecting": "Clinician reconnecting",
    "not_received_by_client": "Client did not receive",
    "not_received_by_clinician": "Clinician did not receive",
    "on_hold": "On hold",
    "waiting": "In the waiting room",
}
_CONNECTED = frozenset(code for code in CAUSES if code.endswith("_off") or code.startswith("not_received"))


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of the visit in words. Times are the practice's wall clock."""

    start: str
    end: str
    length: str
    clinician: str
    client: str
    counted: str
    cause: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture and the table of one visit."""

    svg: str
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, object]:
        """As the store keeps it."""
        return {"svg": self.svg, "rows": [asdict(row) for row in self.rows]}


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    clinician: Mapping[str, Any]
    client: Mapping[str, Any]
    code: str | None

    @property
    def cause(self) -> str:
        return cause_words(self.code)

    @property
    def presence(self) -> bool:
        # Somebody connected may send nothing (both cameras and microphones off): then the cause says so.
        return self.code in _CONNECTED or all(_there(side) for side in (self.clinician, self.client))

    @property
    def talk(self) -> bool:
        return all(side["audio"] != "none" and side["delivered"] for side in (self.clinician, self.client))

    @property
    def audio_video(self) -> bool:
        return self.talk and all(side["video"] == "flowing" for side in (self.clinician, self.client))

    @property
    def counted(self) -> str:
        return "av" if self.audio_video else "talk" if self.talk else "none"


def _there(side: Mapping[str, Any]) -> bool:
    return bool(side["audio"] != "none" or side["video"] != "none")


def draw(event: Mapping[str, Any]) -> Timeline:
    """The timeline of a session-complete event (the body that `contract.verify` gives)."""
    zone = ZoneInfo(event["practice"]["time_zone"])
    times = event["times"]
    began = instant(times["in_visit"] or times["admitted"] or times["ended"]).astimezone(zone)
    parts = [
        _Part(each["from_s"], each["to_s"], each["clinician"], each["client"], each["cause"])
        for each in cast("Sequence[Mapping[str, Any]]", event["intervals"])
    ]
    rows = tuple(_row(part, began) for part in parts)
    return Timeline(_svg(parts, began, event["seconds"]), rows)


def cause_words(cause: str | None) -> str:
    """A cause code in plain words; one that is not known is shown as it is, without underscores."""
    if cause is None:
        return ""
    return CAUSES.get(cause, cause.replace("_", " ").replace("-", " ").capitalize())


def clock(seconds: int) -> str:
    """Seconds as 44:12 or 1:02:03, floored."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def _row(part: _Part, began: datetime) -> Row:
    def words(side: Mapping[str, Any]) -> str:
        said = f"{AUDIO_WORDS[side['audio']]}, {VIDEO_WORDS[side['video']]}"
        return said if side["delivered"] or not _there(side) else f"{said}, not received"

    return Row(
        start=_wall(began, part.start),
        end=_wall(began, part.end),
        length=clock(part.end - part.start),
        clinician=words(part.clinician),
        client=words(part.client),
        counted=COUNTED_WORDS[part.counted],
        cause=part.cause,
    )


def _wall(began: datetime, seconds: int, form: str = "%H:%M:%S") -> str:
    # Through UTC: adding seconds to a local time would cross a clock change wrongly.
    zone = cast(ZoneInfo, began.tzinfo)
    return (began.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(zone).strftime(form)


def _svg(parts: Sequence[_Part], began: datetime, seconds: Mapping[str, Any]) -> str:
    span = max((part.end for part in parts), default=0)
    lanes = _lanes(seconds)
    height = TOP + len(lanes) * (LANE + GAP) + FOOT
    words = (
        f"From {_wall(began, 0, '%H:%M')} to {_wall(began, span, '%H:%M')}. "
        f"Audio and video both ways {clock(seconds['audio_video_overlap'])}, "
        f"talk both ways {clock(seconds['talk_overlap'])}, both there {clock(seconds['presence'])}. "
        f"{sum(part.counted == 'none' for part in parts)} gaps. The same stands in the table below."
    )
    drawn = [
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-labelledby="timeline-title timeline-desc">',
        '<title id="timeline-title">Evidence timeline</title>',
        f'<desc id="timeline-desc">{_escaped(words)}</desc>',
        '<defs><pattern id="gap-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="t-hatch-ground" width="7" height="7"/>'
        '<line class="t-hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>',
    ]
    drawn += _axis(began, span, height)
    for number, (label, kind, note) in enumerate(lanes):
        drawn += _lane(parts, span, TOP + number * (LANE + GAP), label, kind, note)
    drawn += _names(parts, span, TOP + len(lanes) * (LANE + GAP) + 8)
    drawn.append("</svg>")
    return "".join(drawn)


def _lanes(seconds: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    return (
        ("Clinician: sound", "clinician audio", ""),
        ("Clinician: picture", "clinician video", ""),
        ("Client: sound", "client audio", ""),
        ("Client: picture", "client video", ""),
        ("Sound and picture", "audio_video", clock(seconds["audio_video_overlap"])),
        ("Talk", "talk", clock(seconds["talk_overlap"])),
        ("Both there", "presence", clock(seconds["presence"])),
    )


def _x(seconds: int, span: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / span if span else float(LEFT)


def _axis(began: datetime, span: int, height: int) -> list[str]:
    """Ticks on whole wall-clock steps, so that the axis reads like a clock."""
    if not span:
        return [f'<text class="t-none" x="{LEFT}" y="{TOP + 14}">Nothing was measured.</text>']
    step = next((each for each in _TICKS_S if span / each <= _MOST_TICKS), _TICKS_S[-1])
    first = -int(began.timestamp()) % step
    form = "%H:%M" if step >= 60 else "%H:%M:%S"
    drawn = []
    for at in range(first, span + 1, step):
        x = f"{_x(at, span):.1f}"
        drawn.append(f'<line class="t-tick" x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - FOOT}"/>')
        drawn.append(f'<text class="t-time" x="{x}" y="{TOP - 12}">{_wall(began, at, form)}</text>')
    return drawn


def _lane(parts: Sequence[_Part], span: int, y: int, label: str, kind: str, note: str) -> list[str]:
    text = f"{label} {note}" if note else label
    drawn = [
        f'<text class="t-label" x="{LEFT - 12}" y="{y + LANE / 2 + 5:.0f}">{_escaped(text)}</text>',
        f'<rect class="t-ground" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}" height="{LANE}" rx="4"/>',
    ]
    for part in parts:
        left, right = _x(part.start, span), _x(part.end, span)
        state = _state(part, kind)
        if state is None:
            continue
        title = f"{_escaped(label)}: {_escaped(_said(part, kind, state))}, {clock(part.end - part.start)}"
        box = f'x="{left:.1f}" y="{y}" width="{max(right - left, 0.6):.1f}" height="{LANE}"'
        # Here, not in the stylesheet: there a fragment could mean the stylesheet's own address.
        fill = ' fill="url(#gap-hatch)"' if state == "gap" else ""
        drawn.append(f'<rect class="t-{state}" {box}{fill}><title>{title}</title></rect>')
    return drawn


def _names(parts: Sequence[_Part], span: int, y: int) -> list[str]:
    """The causes below their gaps, in two rows, longest gaps first; what finds no room is in the table."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_NAME_ROWS)]
    drawn = []
    for part in sorted((each for each in parts if each.cause), key=lambda each: each.start - each.end):
        middle, half = (_x(part.start, span) + _x(part.end, span)) / 2, len(part.cause) * _LETTER / 2
        middle = min(max(middle, LEFT + half), WIDTH - half)
        for number, row in enumerate(taken):
            if all(middle + half < left or right < middle - half for left, right in row):
                row.append((middle - half, middle + half))
                at = f'x="{middle:.1f}" y="{y + 8 + number * 16}"'
                drawn.append(f'<text class="t-gap-name" {at}>{_escaped(part.cause)}</text>')
                break
    return drawn


def _state(part: _Part, kind: str) -> str | None:
    """The class of one part in one lane; None leaves the ground bare."""
    if kind in ("audio_video", "talk", "presence"):
        holds = {"audio_video": part.audio_video, "talk": part.talk, "presence": part.presence}[kind]
        return f"total-{kind.replace('_', '-')}" if holds else "gap"
    who, what = kind.split(" ")
    side = part.clinician if who == "clinician" else part.client
    state = side[what]
    if state == "none":
        return None
    return f"{state}" if side["delivered"] else f"{state}-lost"


def _said(part: _Part, kind: str, state: str) -> str:
    if state == "gap":
        return f"not counted ({part.cause})" if part.cause else "not counted"
    if state.startswith("total-"):
        return "counted"
    words = (AUDIO_WORDS | VIDEO_WORDS)[state.removesuffix("-lost")]
    return f"{words}, not received by the other side" if state.endswith("-lost") else words


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
