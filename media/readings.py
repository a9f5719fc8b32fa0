"""Once a second, of everybody in a visit: what arrived, what was lost, what their browser reports to get. Pure.

Nothing here costs the hot path more than it does already: losses are read from the marks that delivery is judged by.
Times are nanoseconds of CLOCK_MONOTONIC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from media.flow import AudioFlow, Flow
from media.hearing import Hearing
from media.ledger import Ledger
from media.quality import Arrived, Reading
from media.receipt import Receipt
from media.runs import SECOND, TENTH

_CLOCK = {"audio": 48_000, "video": 90_000}


@dataclass(slots=True)
class _Told:
    """What was counted of one person up to the last reading, so that each says only what is new."""

    streams: dict[Flow, tuple[int, int]] = field(default_factory=dict)
    reports: dict[Receipt, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class There:
    """One person's connection at the moment of reading."""

    connected: bool
    hearing: Hearing


class Readings:
    """The readings of one visit."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def take(self, ledger: Ledger, there: Mapping[str, There], now: int) -> dict[str, Reading]:
        """A reading of everybody in ``there`` about the second that ended last."""
        at = now // SECOND - 1
        taken: dict[str, Reading] = {}
        arrived: dict[str, dict[str, Arrived]] = {}
        talking: set[str] = set()
        for who, flow in ledger.flows():
            told = self._told.setdefault(who, _Told())
            expected, lost = flow.marks.tally(now // TENTH)
            before = told.streams.get(flow, (0, 0))
            told.streams[flow] = expected, lost
            new = expected - before[0], lost - before[1]
            kind = "audio" if isinstance(flow, AudioFlow) else "video"
            kinds = arrived.setdefault(who, {})
            kinds[kind] = _joined(kinds.get(kind, Arrived()), _arrived(flow, at, new))
            if isinstance(flow, AudioFlow) and flow.talking(at):
                talking.add(who)
        for who, one in there.items():
            heard = one.hearing
            taken[who] = Reading(
                at=at,
                connected=one.connected,
                silent_ns=now - heard.any if one.connected and heard.paused else 0,
                audio=arrived.get(who, {}).get("audio", Arrived()),
                video=arrived.get(who, {}).get("video", Arrived()),
                got=self._got(ledger, who),
                rtt_ms=heard.rtt / 1e6 if heard.rtt else None,
                talking=who in talking,
            )
        self._forget(ledger)
        return taken

    def _got(self, ledger: Ledger, who: str) -> Arrived:
        """What ``who`` was sent and reports not to have got; a report speaks of the seconds since the one before."""
        told = self._told.setdefault(who, _Told())
        whole = Arrived()
        reports: dict[Receipt, tuple[int, int]] = {}
        for flow, receipt in ledger.receipts_to(who):
            before = told.reports.get(receipt, (0, 0))
            reports[receipt] = receipt.expected, receipt.missing
            jitter = receipt.jitter * 1000 / _CLOCK["audio"] if isinstance(flow, AudioFlow) else 0.0
            whole = _joined(whole, Arrived(0, receipt.expected - before[0], receipt.missing - before[1], jitter))
        told.reports = reports
        return whole

    def _forget(self, ledger: Ledger) -> None:
        """Drop what the ledger dropped."""
        flows = {flow for _, flow in ledger.flows()}
        for told in self._told.values():
            told.streams = {flow: counts for flow, counts in told.streams.items() if flow in flows}


def _arrived(flow: Flow, at: int, counts: tuple[int, int]) -> Arrived:
    clock = _CLOCK["audio" if isinstance(flow, AudioFlow) else "video"]
    return Arrived(flow.size(at), counts[0], counts[1], flow.jitter * 1000 / clock if counts[0] else 0.0)


def _joined(one: Arrived, two: Arrived) -> Arrived:
    """Two streams of one kind in the same second: a connection that was replaced, or several people's."""
    return Arrived(
        one.bytes + two.bytes, one.expected + two.expected, one.lost + two.lost, max(one.jitter_ms, two.jitter_ms)
    )
