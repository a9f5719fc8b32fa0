"""What papers are made of: headings, words, facts, tables, callouts. Values only; `layout` sets them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from billing_hooks.papers.drawing import ACCENT, DANGER, INK, MUTED, OK, WARN


class Tone(StrEnum):
    """How something is meant; a word always says it too, never the colour alone."""

    PLAIN = "plain"
    MUTED = "muted"
    ACCENT = "accent"
    OK = "ok"
    WARN = "warn"
    DANGER = "danger"

    @property
    def ink(self) -> str:
        """Its colour on paper (at least 4.5:1)."""
        return {"plain": INK, "muted": MUTED, "accent": ACCENT, "ok": OK, "warn": WARN, "danger": DANGER}[self.value]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the paper's second level."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Paragraphs (split at line ends)."""

    text: str
    tone: Tone = Tone.PLAIN
    bold: bool = False
    size: float = 9.5


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values, in one to three columns. An empty value is left out; say what is missing where it matters."""

    pairs: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not plain text."""

    text: str
    tone: Tone = Tone.PLAIN
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A table's column: its heading, its share of the width, and whether its values stand to the right."""

    title: str
    share: float = 1
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings that are drawn again on each page; `totals` stand below, never alone on a page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    totals: tuple[tuple[str | Cell, ...], ...] = ()
    caption: str = ""
    size: float = 8.5


@dataclass(frozen=True, slots=True)
class Callout:
    """Something that must be seen, in a box."""

    title: str
    text: str = ""
    tone: Tone = Tone.ACCENT


@dataclass(frozen=True, slots=True)
class Beside:
    """Two groups of blocks beside each other, kept on one page. Not for tables."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that stand on one page, where they fit on one: a signature is never alone."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A line to sign above, with what stands below it; `signed` is written on the line where it was signed already."""

    label: str
    signed: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A coloured stretch of a lane, from and to in seconds. `hatched` for a gap."""

    start: int
    end: int
    tone: Tone = Tone.ACCENT
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a drawing over time."""

    label: str
    spans: tuple[Span, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lanes:
    """A drawing over time: lanes of `length` seconds, ticks as (second, words), and the same in words (`alt`)."""

    lanes: tuple[Lane, ...]
    length: int
    ticks: tuple[tuple[int, str], ...]
    alt: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty room, in points."""

    points: float = 8


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page."""


Block = (
    Heading | Words | Bullets | Facts | Table | Callout | Beside | Together | Signature | Lanes | Gap | NewPage
)  # closed: `layout` knows each


@dataclass(frozen=True, slots=True)
class House:
    """The practice at the head of its papers. `lines` its address and contacts, one line each."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper. `reference` (its number) and `foot` stand on every page; `intro` below the title."""

    title: str
    blocks: tuple[Block, ...]
    reference: str = ""
    intro: str = ""
    foot: str = ""
