"""Draws lanes over time on a paper: the evidence timeline, with the same in words for who does not see it. Pure."""

from __future__ import annotations

from billing_hooks.papers.blocks import Lane, Lanes, Span
from billing_hooks.papers.drawing import LINE, MUTED, SURFACE, Tag
from billing_hooks.papers.flow import Flow

_LABEL, _NOTE, _HEIGHT, _STEP = 112.0, 44.0, 11.0, 16.0


def draw_lanes(flow: Flow, block: Lanes) -> None:
    """The figure where the flow is."""
    flow.need(18 + _STEP * len(block.lanes))
    figure = flow.parent.add("Figure", alt=block.alt)
    left, right = flow.x + _LABEL, flow.x + flow.width - _NOTE
    scale = (right - left) / block.length if block.length else 0.0
    foot = flow.y + 14 + _STEP * len(block.lanes)
    for second, words in block.ticks:
        x = left + second * scale
        flow.canvas.line(x, flow.y + 10, x, foot - 3, colour=LINE, tag=figure)
        flow.canvas.words(x - 10, flow.y + 7, words, 7, colour=MUTED, tag=figure)
    for number, lane in enumerate(block.lanes):
        _lane(flow, lane, flow.y + 14 + _STEP * number, left, right, scale, figure)
    flow.y = foot + 6


def _lane(flow: Flow, lane: Lane, y: float, left: float, right: float, scale: float, figure: Tag) -> None:
    canvas = flow.canvas
    flow.right(left - 8, y + 8.5, flow.fitted(lane.label, 8, _LABEL - 10), 8, tag=figure)
    canvas.box(left, y, right - left, _HEIGHT, fill=SURFACE, tag=figure)
    for span in lane.spans:
        x, width = left + span.start * scale, max((span.end - span.start) * scale, 0.5)
        if span.hatched:
            _hatch(flow, x, y, width, span, figure)
        else:
            canvas.box(x, y, width, _HEIGHT, fill=span.tone.ink, tag=figure)
    if lane.note:
        flow.right(right + _NOTE, y + 8.5, lane.note, 8, tag=figure)


def _hatch(flow: Flow, x: float, y: float, width: float, span: Span, figure: Tag) -> None:
    """Slanted strokes that stay inside the box, so that a gap is seen without colour."""
    at = x
    while at < x + width:
        run = min(4.0, x + width - at)
        flow.canvas.line(at, y + _HEIGHT, at + run, y + _HEIGHT - run * _HEIGHT / 4, colour=span.tone.ink, tag=figure)
        at += 4
