"""Measures as inline SVG bars, each with the same as a table. Pure.

The picture takes its colours from the page: `currentColor`, with classes that the stylesheet may fill (`m-bar`,
`m-ground`, `m-label`, `m-value`), so that both themes, print and forced colours hold. Every bar says its value beside
it: nothing is said by colour or length alone, and the table holds what a label had to cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing_hooks.measures.sums import SAYS, Measures, Share
from billing_hooks.papers.words import money

WIDTH, LABEL, VALUE, ROW, BAR, TOP = 640, 190, 110, 30, 16, 8
_LETTERS = 24
NOTHING = "Nothing yet"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, how long it is (any unit, never below 0), and its value in words."""

    label: str
    size: float
    value: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One measure to show: title, what it counts, the picture, and the same as headings and rows."""

    key: str
    title: str
    says: str
    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts(found: Measures) -> tuple[Chart, ...]:
    """All charts, in the order of the page."""
    return (
        _sent(found), _first_pass(found), _shares(found, "by_payer", "Denials by payer", "Payer"),
        _shares(found, "by_reason", "Denials by reason", "Reason"), _receivable(found), _codes(found), _unbilled(found),
    )  # fmt: skip


def draw(key: str, title: str, bars: Sequence[Bar], *, whole: float | None = None) -> str:
    """Bars below each other. `whole` is the size that fills the width (None: the longest)."""
    most = whole if whole is not None else max((bar.size for bar in bars), default=0.0)
    height = TOP * 2 + ROW * max(len(bars), 1)
    said = "; ".join(f"{bar.label}: {bar.value}" for bar in bars) or NOTHING
    parts = [
        f'<svg class="measure" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" fill="currentColor" font-size="13">',
        f'<title id="{key}-title">{_escaped(title)}</title>',
        f'<desc id="{key}-desc">{_escaped(said)}. The same stands in the table.</desc>',
    ]
    if not bars:
        parts.append(f'<text class="m-label" x="0" y="{TOP + 20}">{NOTHING}</text>')
    for number, bar in enumerate(bars):
        parts += _bar(bar, TOP + ROW * number, most)
    return "".join((*parts, "</svg>"))


def _bar(bar: Bar, y: int, most: float) -> list[str]:
    reach = WIDTH - LABEL - VALUE
    length = reach * min(bar.size / most, 1) if most else 0
    label = bar.label if len(bar.label) <= _LETTERS else f"{bar.label[: _LETTERS - 1]}\u2026"
    middle = y + ROW / 2 + 4.5
    box = f'y="{y + (ROW - BAR) // 2}" height="{BAR}" rx="3"'
    return [
        f'<text class="m-label" x="{LABEL - 10}" y="{middle}" text-anchor="end">{_escaped(label)}</text>',
        f'<rect class="m-ground" x="{LABEL}" width="{reach}" {box} opacity="0.12"/>',
        f'<rect class="m-bar" x="{LABEL}" width="{length:.1f}" {box}/>',
        f'<text class="m-value" x="{LABEL + reach + 10}" y="{middle}">{_escaped(bar.value)}</text>',
    ]


def _percent(share: Share) -> str:
    return NOTHING if share.percent is None else f"{share.percent:g} %"


def _sent(found: Measures) -> Chart:
    bars = [Bar(month.name, month.claims, str(month.claims)) for month in found.sent]
    rows = tuple((month.name, str(month.claims), money(month.charge)) for month in found.sent)
    title = "Claims sent"
    return Chart("sent", title, SAYS["sent"], draw("sent", title, bars), ("Month", "Claims", "Charges"), rows)


def _first_pass(found: Measures) -> Chart:
    share, title = found.first_pass, "Accepted at first"
    bars = [Bar("Accepted at first", share.percent, _percent(share))] if share.percent is not None else []
    rows = (("Accepted at first", str(share.part), str(share.whole), _percent(share)),)
    svg = draw("first-pass", title, bars, whole=100)
    return Chart("first-pass", title, SAYS["first_pass"], svg, ("", "Claims", "Of", "Share"), rows)


def _shares(found: Measures, name: str, title: str, what: str) -> Chart:
    shares: tuple[Share, ...] = found.by_payer if name == "by_payer" else found.by_reason
    key = name.replace("_", "-")
    bars = [Bar(share.name, share.percent or 0, _percent(share)) for share in shares]
    rows = tuple((share.name, str(share.part), str(share.whole), _percent(share)) for share in shares)
    svg = draw(key, title, bars, whole=100)
    return Chart(key, title, SAYS["denials"], svg, (what, "Denied", "Judged", "Share"), rows)


def _receivable(found: Measures) -> Chart:
    title, days = "Days in receivable", found.receivable
    value = NOTHING if days is None else f"{days:g} days"
    bars = [Bar("Days", days, value)] if days is not None else []
    svg = draw("receivable", title, bars, whole=max(days or 0, 90))
    return Chart(
        "receivable", title, SAYS["receivable"], svg, ("", "Days", "Open"), (("Today", value, money(found.open)),)
    )


def _codes(found: Measures) -> Chart:
    title = "Paid for one unit"
    bars = [Bar(each.code, each.paid, money(each.paid)) for each in found.codes]
    rows = tuple(
        (each.code, str(each.units), money(each.charge), money(each.allowed), money(each.paid)) for each in found.codes
    )
    head = ("Code", "Units", "Charge", "Allowed", "Paid")
    return Chart("codes", title, SAYS["codes"], draw("codes", title, bars), head, rows)


def _unbilled(found: Measures) -> Chart:
    title = "Visits not billed"
    bars = [Bar(each.waits_for, each.visits, str(each.visits)) for each in found.unbilled]
    rows = tuple(
        (each.waits_for, str(each.visits), each.oldest.isoformat(), money(each.charge)) for each in found.unbilled
    )
    head = ("Waits for", "Visits", "Oldest", "Charges")
    return Chart("unbilled", title, SAYS["unbilled"], draw("unbilled", title, bars), head, rows)


def _escaped(text: str) -> str:
    """Safe between tags and in attributes; letters that XML does not allow are left out."""
    allowed = "".join(letter for letter in text if letter >= " " and letter not in "\ufffe\uffff")
    return allowed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
