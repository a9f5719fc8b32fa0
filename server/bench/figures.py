"""What a bench says at the end: one row an engine and number of visits, as JSON or as a table with ratios. Pure.

The cost is one of packets that arrived, so an engine that drops would look dearer than it is: a row of another engine
counts when no more than one packet in a hundred was dropped. (MediaRelay makes packets of its own, which nobody sent.)
Ours counts only when every packet arrived and the evidence in the journal says the same, packet for packet. Else a row
is void. Of several rounds the row tells medians; a round that is void is left out of them, and named beside the table.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from server.errors import Malformed

OURS, JANUS, RELAY, BARE = "antechamber", "janus", "mediarelay", "bare-loop"
PEERS = (JANUS, RELAY)

Counts = Mapping[str, Mapping[str, int]]
"""Packets by participant and kind: ``audio``, ``video`` (``rtx`` where retransmissions are counted)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One run, or the medians of several.

    Delays are what the engine added, in milliseconds; None where no stamp survives (who decodes).
    """

    engine: str
    visits: int
    cpu_us_per_packet: float | None
    cpu_percent_per_visit: float | None
    rss_mb: float | None
    delay_ms_p50: float | None
    delay_ms_p99: float | None
    generator_late_percent: float


def void(figure: Figure) -> Figure:
    """The row with nothing said but who it was about."""
    return replace(
        figure, cpu_us_per_packet=None, cpu_percent_per_visit=None, rss_mb=None, delay_ms_p50=None, delay_ms_p99=None
    )


MAY_DROP = 0.01
"""Of its packets another engine may drop: that moves its cost by no more."""


def whole(figure: Figure, short: int, sent: int) -> Figure:
    """The row, void when of ``sent`` packets so many more (or fewer) were sent than arrived."""
    most = 0 if figure.engine == OURS else sent * MAY_DROP
    return void(figure) if abs(short) > most and figure.engine != RELAY else figure


def percentile(ordered: Sequence[int], share: float) -> int | None:
    """The value below which that share of them lies; None of nothing."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def figure(
    engine: str,
    visits: int,
    cpu_s: float,
    seconds: float,
    packets: int,
    rss_mb: float,
    delays_us: Sequence[int],
    late: float,
) -> Figure:
    """A row from what was measured: CPU seconds of the process, and the packets that arrived meanwhile."""
    middle, worst = percentile(delays_us, 0.5), percentile(delays_us, 0.99)
    return Figure(
        engine,
        visits,
        round(1e6 * cpu_s / packets, 1) if packets else None,
        round(100 * cpu_s / seconds / visits, 2),
        rss_mb,
        None if middle is None else round(middle / 1000, 2),
        None if worst is None else round(worst / 1000, 2),
        late,
    )


def medians(figures: Sequence[Figure]) -> list[Figure]:
    """One row an engine and number of visits: each figure's median of the rounds that count (void if none does)."""
    return [_middle([one for one in rounds if not _is_void(one)] or rounds) for rounds in _rounds(figures).values()]


def spreads(figures: Sequence[Figure]) -> list[str]:
    """Where there were several rounds: what each said of the cost, in the order of the rounds."""
    return [
        f"{engine}, {visits} visits, µs/packet by round: "
        + ", ".join("void" if _is_void(one) else str(one.cpu_us_per_packet) for one in rounds)
        for (engine, visits), rounds in _rounds(figures).items()
        if len(rounds) > 1
    ]


def _rounds(figures: Sequence[Figure]) -> dict[tuple[str, int], list[Figure]]:
    found: dict[tuple[str, int], list[Figure]] = {}
    for one in figures:
        found.setdefault((one.engine, one.visits), []).append(one)
    return found


def _middle(rounds: Sequence[Figure]) -> Figure:
    return Figure(
        rounds[0].engine,
        rounds[0].visits,
        _median([one.cpu_us_per_packet for one in rounds]),
        _median([one.cpu_percent_per_visit for one in rounds]),
        _median([one.rss_mb for one in rounds]),
        _median([one.delay_ms_p50 for one in rounds]),
        _median([one.delay_ms_p99 for one in rounds]),
        _median([one.generator_late_percent for one in rounds]) or 0.0,
    )


def _is_void(figure: Figure) -> bool:
    return figure.cpu_us_per_packet is None


def _median(values: Sequence[float | None]) -> float | None:
    """Of what is known, to two places."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 2) if known else None


def differences(sent: Counts, counted: Counts) -> list[str]:
    """What the count says otherwise than the sender, in words; empty when they agree to the packet."""
    found = []
    for who in sorted(sent):
        for kind in ("audio", "video"):
            there, here = sent[who].get(kind, 0), counted.get(who, {}).get(kind, 0)
            if there != here:
                found.append(f"{who}: {there} packets of {kind} sent, {here} counted")
    return found


def as_json(figures: Sequence[Figure]) -> str:
    """The list of objects."""
    return json.dumps([asdict(one) for one in figures], indent=1)


def table(figures: Sequence[Figure]) -> str:
    """Rows for people, with our cost as a share of each other engine's at the same number of visits."""
    head = ("engine", "visits", "µs/packet", "%/visit", "RSS MiB", "p50 ms", "p99 ms", "late %", "ours/this")
    rows: list[tuple[str, ...]] = [head]
    ours = {one.visits: one.cpu_us_per_packet for one in figures if one.engine == OURS}
    for one in sorted(figures, key=lambda one: (one.visits, one.engine != OURS, one.engine)):
        mine, theirs = ours.get(one.visits), one.cpu_us_per_packet
        ratio = "" if one.engine == OURS or not mine or not theirs else f"{mine / theirs:.2f}"
        told = (one.cpu_us_per_packet, one.cpu_percent_per_visit, one.rss_mb, one.delay_ms_p50, one.delay_ms_p99)
        words = ["void" if _is_void(one) else "-" if value is None else str(value) for value in told]
        rows.append((one.engine, str(one.visits), *words, str(one.generator_late_percent), ratio))
    wide = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(wide[0]) if at == 0 else cell.rjust(wide[at]) for at, cell in enumerate(row)).rstrip()
        for row in rows
    )


def numbers(text: str) -> list[int]:
    """``1,4,12,40`` as numbers, smallest first. Raises Malformed."""
    try:
        found = sorted({int(part) for part in text.split(",")})
    except ValueError:
        found = []
    if not found or found[0] < 1 or found[-1] > 200:
        raise Malformed("visits", f"{text} is not a list of numbers from 1 to 200, as 1,4,12,40.")
    return found


def peers(text: str) -> list[str]:
    """``janus,mediarelay`` as names. Raises Malformed."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    unknown = sorted(set(found) - set(PEERS))
    if unknown:
        raise Malformed("peers", f"{', '.join(unknown)} is not an engine to compare with: {' or '.join(PEERS)}.")
    return found
