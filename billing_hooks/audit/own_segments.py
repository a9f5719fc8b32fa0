"""One claim's own segments out of a batch as it was sent, piece by piece: other clients' are not an auditor's. Pure.

It reads what this software wrote: `~` ends a segment, `*` parts elements. A claim stands in the subscriber's level of
the hierarchy (HL 22), or in a patient's below it (HL 23), which is given with its subscriber's.
"""

from __future__ import annotations


class OwnSegments:
    """`feed` the pieces until it says True; `text` then holds the claim's levels, "" where the file has no such
    claim."""

    def __init__(self, claim: str) -> None:
        self._mark = f"CLM*{claim}*"
        self._rest = b""
        self._above: list[str] = []  # the subscriber's level, in front of each patient's below it
        self._people: list[str] = []  # the levels that are open, up to their first claim
        self._claim: list[str] = []
        self._inside = self._ours = False
        self.text = ""

    def feed(self, piece: bytes) -> bool:
        """Whether the claim has been seen to its end."""
        *whole, self._rest = (self._rest + piece).split(b"~")
        return any(self._segment(each.decode("utf-8").strip()) for each in whole)

    def _segment(self, segment: str) -> bool:
        name, _, rest = segment.partition("*")
        if name in ("HL", "CLM", "SE") and self._ours:
            self.text = "~\n".join(self._above + self._people + self._claim) + "~"
            return True
        if name == "HL":
            self._begin(rest.split("*")[2:3], segment)
        elif name == "SE":
            self._inside = False
        elif name == "CLM" and self._inside:
            self._ours, self._claim = segment.startswith(self._mark), [segment]
        elif self._claim:
            self._claim.append(segment)
        elif self._inside:
            self._people.append(segment)
        return False

    def _begin(self, level: list[str], segment: str) -> None:
        if level != ["23"]:
            self._above = []
        elif not self._above:
            self._above = self._people
        self._inside = level in (["22"], ["23"])
        self._people, self._claim = [segment] if self._inside else [], []
