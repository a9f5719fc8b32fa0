"""Sets a paper's blocks on pages: the practice's head, lines that break, tables that go on, page numbers. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from billing_hooks.papers import tables
from billing_hooks.papers.blocks import (
    Beside,
    Block,
    Bullets,
    Callout,
    Facts,
    Gap,
    Heading,
    House,
    Lanes,
    NewPage,
    Paper,
    Signature,
    Table,
    Together,
    Tone,
    Words,
)
from billing_hooks.papers.drawing import ACCENT, HEIGHT, INK, LINE, MUTED, SURFACE, WIDTH, Canvas, Tag
from billing_hooks.papers.face import Faces
from billing_hooks.papers.flow import BOTTOM, MARGIN, TOP, Flow
from billing_hooks.papers.lanes import draw_lanes

_GUTTER = 24.0


def pdf(paper: Paper, house: House, faces: Faces, *, made: datetime | None = None) -> bytes:
    """The paper as a PDF; the same values give the same bytes. `made` is written into the file where it is given."""
    flow = begin(paper, house, faces)
    put(flow, paper.blocks)
    end(flow, paper)
    title = f"{paper.title} {paper.reference}".strip()
    return flow.canvas.finish(title=title, subject=house.name, made=made)


def begin(paper: Paper, house: House, faces: Faces) -> Flow:
    """The first page with its head, title and intro; further pages get a slim head of their own."""
    canvas = Canvas(faces)
    right = f"{paper.title} {paper.reference}".strip()

    def slim(flow: Flow) -> None:
        name = flow.fitted(house.name, 8.5, 250)
        canvas.words(MARGIN, 38, name, 8.5, colour=MUTED)
        flow.right(WIDTH - MARGIN, 38, flow.fitted(right, 8.5, 240), 8.5, colour=MUTED)
        canvas.line(MARGIN, 46, WIDTH - MARGIN, 46)
        flow.y = TOP

    flow = Flow(canvas, canvas.root, slim)
    canvas.page()
    _head(flow, house)
    heading = canvas.root.add("H1")
    for line in flow.lines(paper.title, 20, True, flow.width * (0.72 if paper.reference else 1)):
        canvas.words(MARGIN, flow.y + 18, line + " ", 20, bold=True, tag=heading)
        flow.y += 26
    if paper.reference:
        flow.right(WIDTH - MARGIN, flow.y - 8, paper.reference, 10, colour=MUTED, tag=canvas.root.add("P"))
    flow.y += 2
    if paper.intro:
        put(flow, (Words(paper.intro, Tone.MUTED, size=10),))
    flow.y += 6
    return flow


def _head(flow: Flow, house: House) -> None:
    canvas, tag = flow.canvas, flow.parent.add("P")
    flow.y = 40
    top = flow.y
    for line in flow.lines(house.name, 13, True, 300):
        canvas.words(MARGIN, flow.y + 10, line + " ", 13, bold=True, colour=ACCENT, tag=tag)
        flow.y += 17
    left, flow.y = flow.y, top
    for text in house.lines:
        for line in flow.lines(text, 8.5, False, 190):
            flow.right(WIDTH - MARGIN, flow.y + 9, line, 8.5, colour=MUTED, tag=flow.parent.add("P"))
            flow.y += 12
    flow.y = max(left, flow.y) + 8
    canvas.line(MARGIN, flow.y, WIDTH - MARGIN, flow.y, colour=ACCENT, thick=1)
    flow.y += 18


def end(flow: Flow, paper: Paper) -> None:
    """Feet: what the paper wants said on every page, and which page of how many."""
    canvas = flow.canvas
    for page in range(canvas.pages):
        canvas.line(MARGIN, HEIGHT - BOTTOM + 12, WIDTH - MARGIN, HEIGHT - BOTTOM + 12, page=page)
        if paper.foot:
            foot = flow.fitted(paper.foot, 8, flow.width - 70)
            canvas.words(MARGIN, HEIGHT - BOTTOM + 25, foot, 8, colour=MUTED, page=page)
        number = f"Page {page + 1} of {canvas.pages}"
        flow.right(WIDTH - MARGIN, HEIGHT - BOTTOM + 25, number, 8, colour=MUTED, page=page)


def put(flow: Flow, blocks: tuple[Block, ...]) -> None:
    """Set the blocks one below the other."""
    for block in blocks:
        match block:
            case Heading():
                _heading(flow, block)
            case Words():
                flow.paragraph(block.text, block.size, bold=block.bold, colour=block.tone.ink)
                flow.y += 4
            case Bullets():
                _bullets(flow, block)
            case Facts():
                _facts(flow, block)
            case Table():
                tables.put(flow, block)
            case Callout():
                _callout(flow, block)
            case Beside():
                _beside(flow, block)
            case Together():
                flow.need(min(_height(flow, block.blocks, flow.width), flow.room_of_a_page))
                put(flow, block.blocks)
            case Signature():
                _signature(flow, block)
            case Lanes():
                draw_lanes(flow, block)
            case Gap():
                flow.y += block.points
            case NewPage():
                flow.turn()
            case _:
                assert_never(block)


def _heading(flow: Flow, block: Heading) -> None:
    flow.y += 6
    flow.need(62)  # never alone at the foot of a page
    tag = flow.parent.add("H2")
    for line in flow.lines(block.text, 11.5, True, flow.width):
        flow.canvas.words(flow.x, flow.y + 11, line + " ", 11.5, bold=True, tag=tag)
        flow.y += 16
    flow.y += 3


def _bullets(flow: Flow, block: Bullets) -> None:
    listed = flow.parent.add("L", attributes="/O /List /ListNumbering /Disc")
    for item in block.items:
        flow.need(13)
        entry = listed.add("LI")
        flow.canvas.words(flow.x + 2, flow.y + 9.5, "•", 9.5, colour=MUTED, tag=entry.add("Lbl"))
        with flow.within(flow.x + 12, flow.width - 12):
            flow.paragraph(item, 9.5, tag=entry.add("LBody"))
        flow.y += 2
    flow.y += 4


def _facts(flow: Flow, block: Facts) -> None:
    """Label above value, as a list of labelled items; a row of facts stays together."""
    pairs = [(label, value) for label, value in block.pairs if value]
    width = (flow.width - _GUTTER * (block.columns - 1)) / block.columns
    if not pairs:
        return
    listed = flow.parent.add("L", attributes="/O /List /ListNumbering /None")
    for at in range(0, len(pairs), block.columns):
        row = [
            (label, [each for part in value.split("\n") for each in flow.lines(part, 9.5, False, width)])
            for label, value in pairs[at : at + block.columns]
        ]
        flow.need(11 + 13 * max(len(lines) for _, lines in row) + 5)
        for place, (label, lines) in enumerate(row):
            x, entry = flow.x + place * (width + _GUTTER), listed.add("LI")
            named = flow.fitted(label, 8, width)
            flow.canvas.words(x, flow.y + 8, named + " ", 8, colour=MUTED, tag=entry.add("Lbl"))
            body = entry.add("LBody")
            for number, line in enumerate(lines):
                flow.canvas.words(x, flow.y + 20 + 13 * number, line + " ", 9.5, tag=body)
        flow.y += 11 + 13 * max(len(lines) for _, lines in row) + 5
    flow.y += 2


def _callout(flow: Flow, block: Callout) -> None:
    inner = flow.width - 26
    title = flow.lines(block.title, 10, True, inner)
    text = [each for part in block.text.split("\n") for each in flow.lines(part, 9, False, inner)] if block.text else []
    height = 14 * len(title) + 12.5 * len(text) + 14
    flow.need(min(height, flow.room_of_a_page))
    flow.canvas.box(flow.x, flow.y, flow.width, height, fill=SURFACE)
    flow.canvas.box(flow.x, flow.y, 3, height, fill=block.tone.ink)
    tag, y = flow.parent.add("P"), flow.y + 17
    for line in title:
        flow.canvas.words(flow.x + 14, y, line + " ", 10, bold=True, colour=block.tone.ink, tag=tag)
        y += 14
    for line in text:
        flow.canvas.words(flow.x + 14, y, line + " ", 9, tag=tag)
        y += 12.5
    flow.y += height + 8


def _beside(flow: Flow, block: Beside) -> None:
    width = (flow.width - _GUTTER) / 2
    flow.need(min(max(_height(flow, block.left, width), _height(flow, block.right, width)), flow.room_of_a_page))
    top, page, deepest = flow.y, flow.canvas.pages, flow.y
    for place, side in enumerate((block.left, block.right)):
        flow.y = top
        with flow.within(flow.x + place * (width + _GUTTER), width):
            put(flow, side)
        deepest = max(deepest, flow.y) if flow.canvas.pages == page else flow.y
        page = flow.canvas.pages
    flow.y = deepest


def _height(flow: Flow, blocks: tuple[Block, ...], width: float) -> float:
    """How high the blocks become in a column: set on a sheet that is thrown away."""
    canvas = Canvas(flow.canvas.faces)
    canvas.page()
    trial = Flow(canvas, Tag("Div"), lambda _: None, floor=1e9)
    trial.y = 0
    with trial.within(flow.x, width):
        put(trial, blocks)
    return trial.y


def _signature(flow: Flow, block: Signature) -> None:
    flow.need(56)
    tag = flow.parent.add("P")
    if block.signed:
        flow.canvas.words(flow.x + 2, flow.y + 24, flow.fitted(block.signed, 10, 300) + " ", 10, tag=tag)
    flow.canvas.line(flow.x, flow.y + 30, flow.x + 310, flow.y + 30, colour=INK if block.signed else LINE)
    flow.y += 33
    for line in flow.lines(block.label, 8, False, flow.width):
        flow.canvas.words(flow.x, flow.y + 9, line + " ", 8, colour=MUTED, tag=tag)
        flow.y += 11
    flow.y += 8
