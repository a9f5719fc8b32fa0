"""Measures as a CSV file: one row a value, what it counts beside it. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from billing_hooks.measures.charts import Chart


def rows(charts: Iterable[Chart]) -> Iterator[bytes]:
    """Lines of the file: measure, of what, column, value, what the measure counts. UTF-8, RFC 4180."""
    sink = _Sink()
    writer = csv.writer(sink)
    writer.writerow(("measure", "of", "column", "value", "counts"))
    for chart in charts:
        for row in chart.rows:
            for column, value in zip(chart.head[1:], row[1:], strict=True):
                writer.writerow((chart.title, _text(row[0]), column, value.replace(",", ""), chart.says))
        yield sink.take()


class _Sink:
    """What the csv module writes into; emptied by `take`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str) -> int:
        self._lines.append(line)
        return len(line)

    def take(self) -> bytes:
        taken = "".join(self._lines).encode("utf-8")
        self._lines.clear()
        return taken


def _text(value: str) -> str:
    """A payer's name that a spreadsheet would take for a formula is only text."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
