"""Finding a diagnosis by code or by words, as valid on a day, in an index of the table's titles. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from billing_hooks.pack import Diagnoses

_WORDS = re.compile(r"[a-z0-9]+")
_LIKE_A_CODE = re.compile(r"[A-Z][0-9][0-9A-Z]?\.?[0-9A-Z]{0,4}\Z", re.ASCII)
_WHOLE_CODE = re.compile(r"[A-TV-Z][0-9][0-9AB](\.[0-9A-TV-Z]{1,4})?\Z", re.ASCII)
_SMALL = frozenset({"of", "and", "or", "the", "with", "without", "in", "to", "by", "due"})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One code with its title; "" where the table holds no titles of its chapter."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Index:
    """Titles by code, and every word of them in order with the numbers of its titles."""

    entries: tuple[Diagnosis, ...]
    codes: tuple[str, ...]
    words: tuple[str, ...]
    places: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Index:
        """From lines "F41.1 Generalized anxiety disorder"; lines that begin with # are remarks."""
        pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
        entries = tuple(sorted((Diagnosis(code, title) for code, _, title in pairs), key=lambda each: each.code))
        found: dict[str, set[int]] = {}
        for number, each in enumerate(entries):
            for word in _WORDS.findall(each.title.lower()):
                found.setdefault(word, set()).add(number)
        words = tuple(sorted(found))
        return cls(
            entries, tuple(each.code for each in entries), words, tuple(frozenset(found[word]) for word in words)
        )

    def title(self, code: str) -> str:
        """The title of a code; "" where the table has none."""
        at = bisect_left(self.codes, code)
        return self.entries[at].title if at < len(self.codes) and self.codes[at] == code else ""

    def find(self, wanted: str, table: Diagnoses, day: date, most: int = 20) -> tuple[Diagnosis, ...]:
        """Codes that begin as typed, or whose titles hold every word typed; only those valid on `day` by the table.

        A whole code of a chapter without titles is found by itself where the table says nothing against it.
        """
        typed = wanted.strip()
        code = typed.upper().replace(" ", "")
        pointed = code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"
        if _LIKE_A_CODE.match(pointed):
            found = [each for each in self._from(pointed) if table.state(each.code, day) == "valid"][:most]
            if not found and _WHOLE_CODE.match(pointed) and table.state(pointed, day) == "valid":
                found = [Diagnosis(pointed, "")]
            if found:
                return tuple(found)
        numbers = self._holding([word for word in _WORDS.findall(typed.lower()) if word not in _SMALL])
        chosen = sorted((self.entries[number] for number in numbers), key=lambda each: (len(each.title), each.code))
        return tuple([each for each in chosen if table.state(each.code, day) == "valid"][:most])

    def _from(self, code: str) -> list[Diagnosis]:
        first, after = bisect_left(self.codes, code), bisect_left(self.codes, code + "\uffff")
        return list(self.entries[first:after])

    def _holding(self, words: list[str]) -> frozenset[int]:
        """The titles in which every one of these words begins a word."""
        kept: frozenset[int] | None = None
        for word in words:
            first, after = bisect_left(self.words, word), bisect_left(self.words, word + "\uffff")
            some = frozenset().union(*self.places[first:after])
            kept = some if kept is None else kept & some
        return kept or frozenset()
