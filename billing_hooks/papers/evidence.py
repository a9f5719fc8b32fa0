"""A visit's evidence on paper: who sent what when as lanes, what was counted, and the same as a table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks.page_words import MODALITY, SITES
from billing_hooks.papers.blocks import Block, Cell, Column, Facts, Lane, Lanes, Span, Table, Tone
from billing_hooks.strict import instant
from billing_hooks.timeline import COUNTED_WORDS, clock, draw

WHAT_IT_IS = (
    "Measured by the practice's visit server from the authenticated sound and picture of both sides, second by second. "
    "Counted is only what both sides sent and received. It proves that sound and picture flowed; who sat before the "
    "camera is the clinician's statement."
)
_STEPS = (60, 120, 300, 600, 900, 1800, 3600)


def blocks(event: Mapping[str, Any]) -> tuple[Block, ...]:
    """The facts, lanes and table of a proven session-complete event."""
    return (Facts(facts(event), columns=3), lanes(event), table(event))


def facts(event: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The totals and the moments, on the practice's wall clock."""
    seconds, times = event["seconds"], event["times"]
    return (
        ("Began", _wall(times["in_visit_local"])),
        ("Ended", _wall(times["ended_local"])),
        ("Time zone", event["practice"]["time_zone"]),
        ("Sound and picture both ways", clock(seconds["audio_video_overlap"])),
        ("Talk both ways", clock(seconds["talk_overlap"])),
        ("Both there", clock(seconds["presence"])),
        ("Mode", MODALITY.get(event["modality"]["determined"], event["modality"]["determined"])),
        ("Interrupted", clock(seconds["interrupted"])),
        ("On hold", clock(seconds["on_hold"])),
    )


def place(found: Mapping[str, Any] | None) -> str:
    """A place as the event has it: state and kind of site, never an address."""
    if found is None:
        return ""
    where = found["state"] or found["country"]
    return f"{where}, {SITES.get(found['site'], found['site'])}"


def lanes(event: Mapping[str, Any]) -> Lanes:
    """Sound and picture of both, and what was counted, over the visit's seconds."""
    intervals, rows = event["intervals"], draw(event).rows
    seconds = event["seconds"]
    both = (COUNTED_WORDS["av"],)

    def side(who: str, what: str) -> tuple[Span, ...]:
        return tuple(
            Span(each["from_s"], each["to_s"], Tone.ACCENT if each[who]["delivered"] else Tone.MUTED)
            for each in intervals
            if each[who][what] in ("present", "flowing", "silent")
        )

    def counted(kinds: tuple[str, ...]) -> tuple[Span, ...]:
        return tuple(
            Span(each["from_s"], each["to_s"], Tone.OK)
            if row.counted in kinds
            else Span(each["from_s"], each["to_s"], Tone.WARN, hatched=True)
            for each, row in zip(intervals, rows, strict=True)
        )

    length = max((each["to_s"] for each in intervals), default=0)
    return Lanes(
        lanes=(
            Lane("Clinician: sound", side("clinician", "audio")),
            Lane("Clinician: picture", side("clinician", "video")),
            Lane("Client: sound", side("client", "audio")),
            Lane("Client: picture", side("client", "video")),
            Lane("Sound and picture", counted(both), clock(seconds["audio_video_overlap"])),
            Lane("Talk", counted((*both, COUNTED_WORDS["talk"])), clock(seconds["talk_overlap"])),
        ),
        length=length,
        ticks=_ticks(event, length),
        alt=f"Lanes over {clock(length)}: sound and picture of both people, and what was counted. Hatched is not "
        f"counted. The table below says the same.",
    )


def table(event: Mapping[str, Any]) -> Table:
    """Every stretch in words."""
    columns = (
        Column("From", 0.95), Column("To", 0.95), Column("Length", 0.8, right=True), Column("Clinician", 1.6),
        Column("Client", 1.6), Column("Counted", 1.5), Column("Why", 1.8),
    )  # fmt: skip
    rows = tuple(
        (
            row.start, row.end, row.length, row.clinician, row.client,
            Cell(row.counted, Tone.PLAIN if row.counted != COUNTED_WORDS["none"] else Tone.WARN), row.cause,
        )
        for row in draw(event).rows
    )  # fmt: skip
    return Table(columns, rows, size=8)


def _ticks(event: Mapping[str, Any], length: int) -> tuple[tuple[int, str], ...]:
    times = event["times"]
    began = instant(times["in_visit"] or times["admitted"] or times["ended"])
    zone = ZoneInfo(event["practice"]["time_zone"])
    step = next((each for each in _STEPS if length / each <= 8), _STEPS[-1])
    first = -int(began.timestamp()) % step
    moments = range(first, length + 1, step)
    return tuple((at, (began + timedelta(seconds=at)).astimezone(zone).strftime("%H:%M")) for at in moments)


def _wall(local: str | None) -> str:
    return "" if local is None else f"{local[:10]} {local[11:19]}"
