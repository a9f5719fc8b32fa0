"""Prints a claim's values where the red CMS-1500 form has its boxes: text alone, for payers read original forms. Pure.

No picture of the form: payers' readers drop its red ink and refuse copies. Every letter stands in its cell of the
grid, black and of one width, as they read best. A printer that feeds a little off is corrected by `right` and `down`,
in points, and the alignment sheet shows by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from billing_hooks.papers.cms1500 import LINES, Form
from billing_hooks.papers.cms1500_grid import BOXES, SERVICE, Place, place
from billing_hooks.papers.drawing import Canvas, Tag
from billing_hooks.papers.face import Faces

PITCH, LEADING = 7.2, 12.0
LEFT, TOP = 22.0, 24.0  # of column 1 and line 1 on the form
SIZE = 10.0


def pdf(
    forms: Sequence[Form], faces: Faces, *, right: float = 0, down: float = 0, made: datetime | None = None
) -> bytes:
    """One page a form. What is longer than its box is cut at the box's end, as the form's readers would."""
    canvas = Canvas(faces)
    for form in forms:
        canvas.page()
        tag = canvas.root.add("P")
        for box, value in sorted(form.boxes.items(), key=lambda each: (place(each[0]).line, place(each[0]).column)):
            _print(canvas, place(box), value, right, down, tag)
    return canvas.finish(title="CMS-1500 (02/12), text to print on the form", made=made)


def alignment_sheet(faces: Faces, *, right: float = 0, down: float = 0) -> bytes:
    """A sheet that fills every box's first and last letter with X, to hold against a form before the first print."""
    services = [f"24.{number}.{box}" for number in range(1, LINES + 1) for box in SERVICE]
    marked = {box: "X" * place(box).letters for box in (*BOXES, *services)}
    return pdf([Form(marked)], faces, right=right, down=down)


def cut(forms: Iterable[Form]) -> list[str]:
    """The boxes whose values are longer than they are, for a warning before printing."""
    return sorted({box for form in forms for box, value in form.boxes.items() if len(value) > place(box).letters})


def _print(canvas: Canvas, where: Place, value: str, right: float, down: float, tag: Tag) -> None:
    """Letter by letter, each in its cell; a value that must end at the right edge keeps its last letters."""
    shown = value[: where.letters].rjust(where.letters) if where.right else value[: where.letters]
    y = TOP + down + (where.line - 1) * LEADING + SIZE
    canvas.cells(LEFT + right + (where.column - 1) * PITCH, y, shown + " ", SIZE, PITCH, tag)
