"""Sets a table: headings again on each page, rows kept whole, numbers to the right, totals below a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from billing_hooks.papers.blocks import Cell, Column, Table
from billing_hooks.papers.drawing import INK, LINE, MUTED, SURFACE, Tag
from billing_hooks.papers.flow import Flow

_PAD, _AIR = 5.0, 4.0


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[Cell, ...]
    lines: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        return max(map(len, self.lines))


def put(flow: Flow, table: Table) -> None:
    """The table where the flow is; it goes on on further pages."""
    leading = table.size * 1.38
    widths = _widths(flow.width, table.columns)
    head = _row(flow, tuple(Cell(column.title, bold=True) for column in table.columns), widths, table.size - 0.5)
    rows = [_row(flow, _cells(row), widths, table.size) for row in table.rows]
    totals = [_row(flow, _cells(row, bold=True), widths, table.size) for row in table.totals]
    tag = flow.parent.add("Table")
    if table.caption:
        flow.need(16 + leading * (head.count + 2) + 4 * _AIR)
        flow.canvas.words(flow.x, flow.y + 10, table.caption + " ", 9, bold=True, tag=tag.add("Caption"))
        flow.y += 16
    first = rows[0] if rows else None
    flow.need(leading * (head.count + min(first.count if first else 1, 4)) + 4 * _AIR)
    _head(flow, table, head, widths, tag.add("THead"))
    body = tag.add("TBody")
    for number, row in enumerate(rows):
        # The last row goes with the totals, so that a sum never stands alone on a page.
        with_totals = sum(each.count * leading + 2 * _AIR for each in totals) if number == len(rows) - 1 else 0
        _place(flow, table, row, head, widths, body.add("TR"), below=with_totals)
    if totals:
        flow.canvas.line(flow.x, flow.y, flow.x + flow.width, flow.y, colour=INK, thick=0.8)
        foot = tag.add("TFoot")
        for row in totals:
            _place(flow, table, row, head, widths, foot.add("TR"), rule=False)
    flow.y += 8


def _widths(width: float, columns: tuple[Column, ...]) -> list[float]:
    whole = sum(column.share for column in columns)
    return [width * column.share / whole for column in columns]


def _cells(row: tuple[str | Cell, ...], *, bold: bool = False) -> tuple[Cell, ...]:
    return tuple(cell if isinstance(cell, Cell) else Cell(cell, bold=bold) for cell in row)


def _row(flow: Flow, cells: tuple[Cell, ...], widths: list[float], size: float) -> _Row:
    def broken(cell: Cell, width: float) -> tuple[str, ...]:
        return tuple(line for part in cell.text.split("\n") for line in flow.lines(part, size, cell.bold, width))

    return _Row(cells, tuple(broken(cell, width - 2 * _PAD) for cell, width in zip(cells, widths, strict=True)))


def _head(flow: Flow, table: Table, head: _Row, widths: list[float], group: Tag | None) -> None:
    """The headings; on further pages without a tag, for who hears the table has heard them."""
    size = table.size - 0.5
    height = head.count * size * 1.38 + 2 * _AIR
    flow.canvas.box(flow.x, flow.y, flow.width, height, fill=SURFACE)
    row = group.add("TR") if group is not None else None
    tags = [row.add("TH", attributes="/O /Table /Scope /Column") if row is not None else None for _ in widths]
    _draw(flow, table, head, widths, size, tags, 0, head.count, MUTED)
    flow.y += height


def _place(
    flow: Flow, table: Table, row: _Row, head: _Row, widths: list[float], tag: Tag, *, below: float = 0,
    rule: bool = True,
) -> None:  # fmt: skip
    leading = table.size * 1.38
    height = row.count * leading + 2 * _AIR
    whole = flow.room_of_a_page - (head.count * leading + 2 * _AIR)
    if height + below <= whole:
        if flow.need(height + below):
            _head(flow, table, head, widths, None)
    elif flow.left < 6 * leading:
        flow.turn()
        _head(flow, table, head, widths, None)
    tags: list[Tag | None] = [tag.add("TD") for _ in widths]
    done = 0
    while done < row.count:  # a row higher than a page is set in parts
        fits = max(int((flow.left - 2 * _AIR) // leading), 1)
        upto = min(row.count, done + fits)
        _draw(flow, table, row, widths, table.size, tags, done, upto, "")
        flow.y += (upto - done) * leading + 2 * _AIR
        done = upto
        if done < row.count:
            flow.turn()
            _head(flow, table, head, widths, None)
    if rule:
        flow.canvas.line(flow.x, flow.y, flow.x + flow.width, flow.y, colour=LINE)


def _draw(
    flow: Flow, table: Table, row: _Row, widths: list[float], size: float, tags: list[Tag | None], start: int, end: int,
    colour: str,
) -> None:  # fmt: skip
    """The lines from `start` to `end` of every cell of a row."""
    x = flow.x
    for column, cell, lines, width, tag in zip(table.columns, row.cells, row.lines, widths, tags, strict=True):
        ink = colour or cell.tone.ink
        for number, line in enumerate(lines[start:end]):
            y = flow.y + _AIR + size + number * size * 1.38
            if column.right:
                flow.right(x + width - _PAD, y, line, size, bold=cell.bold, colour=ink, tag=tag)
            else:
                flow.canvas.words(x + _PAD, y, line + " ", size, bold=cell.bold, colour=ink, tag=tag)
        x += width
