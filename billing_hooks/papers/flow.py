"""Where the next thing is set: a column on a page, lines broken to its width, a new page when it is full. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from billing_hooks.papers.drawing import HEIGHT, INK, WIDTH, Canvas, Tag

MARGIN, TOP, BOTTOM = 54.0, 62.0, 58.0
_ELLIPSIS = "…"


class Flow:
    """A column being filled: `x`, `width`, and `y` of the next thing. `head` draws the head of a further page."""

    def __init__(
        self, canvas: Canvas, parent: Tag, head: Callable[[Flow], None], *, floor: float = HEIGHT - BOTTOM
    ) -> None:
        self.canvas = canvas
        self.parent = parent
        self.x, self.width, self.y = MARGIN, WIDTH - 2 * MARGIN, TOP
        self._head, self._floor = head, floor

    @property
    def left(self) -> float:
        """The room left on this page."""
        return self._floor - self.y

    @property
    def room_of_a_page(self) -> float:
        """The room on a page that holds nothing yet."""
        return self._floor - TOP

    def turn(self) -> None:
        """Go on on a new page."""
        self.canvas.page()
        self._head(self)

    def need(self, height: float) -> bool:
        """Turn the page if `height` has no room on this one; says whether it did."""
        if self.left >= height:
            return False
        self.turn()
        return True

    @contextmanager
    def within(self, x: float, width: float) -> Iterator[None]:
        """Set something in a narrower column; afterwards `y` stands below it."""
        before = self.x, self.width
        self.x, self.width = x, width
        yield
        self.x, self.width = before

    def lines(self, text: str, size: float, bold: bool, width: float) -> list[str]:
        """The text broken at spaces; a word wider than the column is broken between letters. At least one line."""
        face = self.canvas.face(bold)
        done: list[str] = []
        line = ""
        for word in text.split():
            rest = word
            while rest:
                tried = f"{line} {rest}" if line else rest
                if face.width(face.shown(tried), size) <= width:
                    line, rest = tried, ""
                elif line:
                    done.append(line)
                    line = ""
                else:
                    cut = self._cut(rest, size, bold, width)
                    done.append(rest[:cut])
                    rest = rest[cut:]
        return [*done, line] if line or not done else done

    def _cut(self, word: str, size: float, bold: bool, width: float) -> int:
        """How many letters of a word that is too wide fit; at least one."""
        face, low, high = self.canvas.face(bold), 1, len(word)
        while low < high:
            middle = (low + high + 1) // 2
            if face.width(face.shown(word[:middle]), size) <= width:
                low = middle
            else:
                high = middle - 1
        return low

    def fitted(self, text: str, size: float, width: float, *, bold: bool = False) -> str:
        """The text on one line, cut with an ellipsis where it is wider."""
        face = self.canvas.face(bold)
        if face.width(face.shown(text), size) <= width:
            return text
        while text and face.width(face.shown(text + _ELLIPSIS), size) > width:
            text = text[:-1]
        return text.rstrip() + _ELLIPSIS

    def right(
        self, edge: float, y: float, text: str, size: float, *, bold: bool = False, colour: str = INK,
        tag: Tag | None = None, page: int = -1,
    ) -> None:  # fmt: skip
        """One line that ends at `edge`."""
        face = self.canvas.face(bold)
        x = edge - face.width(face.shown(text), size)
        self.canvas.words(x, y, text, size, bold=bold, colour=colour, tag=tag, page=page)

    def paragraph(
        self, text: str, size: float, *, bold: bool = False, colour: str = INK, tag: Tag | None = None
    ) -> None:
        """Paragraphs, one a line of `text`; they go on on the next page."""
        height = size * 1.42
        for part in text.split("\n"):
            here = tag if tag is not None else self.parent.add("P")
            for line in self.lines(part, size, bold, self.width):
                self.need(height)
                # The space keeps words apart for who copies or hears the text.
                self.canvas.words(self.x, self.y + size, line + " ", size, bold=bold, colour=colour, tag=here)
                self.y += height
            self.y += 2
