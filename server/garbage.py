"""When Python looks for garbage: the young at any time, everything only while nobody is in a visit. Shell (gc).

A look at everything walks all that lives: 170 to 240 ms with 40 visits (measured), in which no packet is forwarded and
the kernel's buffer may run over. What the start made is never walked again; the old garbage that cycles leave, some
kilobytes a visit, waits for a moment without visits, or for half an hour at the most.
"""

from __future__ import annotations

import gc
import time
from typing import Final

_NEVER: Final = 1_000_000_000
_WORTH: Final = 10
"""Looks at the young since the last at everything: Python's own measure."""
LONGEST_S: Final = 1800.0


class Garbage:
    """Decides once a second; give it back its thresholds with `stop`."""

    def __init__(self) -> None:
        self._thresholds = gc.get_threshold()
        self._looked = time.monotonic()
        self.looks = 0

    def start(self) -> None:
        """The server is up: what lives now lives on."""
        gc.collect()
        gc.freeze()
        young, middle, _ = self._thresholds
        gc.set_threshold(young, middle, _NEVER)

    def stop(self) -> None:
        """As Python had it."""
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def second(self, *, in_visits: bool) -> None:
        """Look at everything if there is reason to, and nobody minds or it has waited for too long."""
        now = time.monotonic()
        if gc.get_count()[2] < _WORTH or (in_visits and now - self._looked < LONGEST_S):
            return
        gc.collect()
        self._looked = time.monotonic()
        self.looks += 1
