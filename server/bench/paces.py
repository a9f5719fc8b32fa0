"""What a bench of one core says at the end: paces, memory at each quarter, whether what was made is right. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Pace:
    """One kind of work: how many in how many seconds; `size` bytes of all of them, None where they have none."""

    work: str
    count: int
    seconds: float
    size: int | None = None

    @property
    def per_second(self) -> float:
        """So many a second on one core."""
        return self.count / self.seconds

    @property
    def each_kib(self) -> float | None:
        """The size of one on average."""
        return None if self.size is None else round(self.size / self.count / 1024, 2)


@dataclass(frozen=True, slots=True)
class Measured:
    """A bench. `memory` bytes held at the start and at the quarters, empty where it was not looked at; `said` what
    else is to be known; `right` whether what was made is right: the paces of what is not say nothing."""

    paces: tuple[Pace, ...]
    memory: tuple[int, ...] = ()
    said: tuple[str, ...] = ()
    right: bool = True

    @property
    def growth(self) -> float:
        """The memory at the end by that at the first quarter."""
        return round(self.memory[-1] / self.memory[1], 3)


def table(found: Measured) -> str:
    """Rows for people, the memory under them."""
    rows: list[tuple[str, ...]] = [("on one core", "count", "seconds", "a second", "KiB each")]
    rows += [
        (
            one.work,
            str(one.count),
            f"{one.seconds:.2f}",
            f"{one.per_second:.0f}",
            "-" if one.each_kib is None else str(one.each_kib),
        )
        for one in found.paces
    ]
    wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(wide[0]), *_right(row[1:], wide[1:])]).rstrip() for row in rows]
    if found.memory:
        marks = ", ".join(f"{each / MIB:.1f}" for each in found.memory)
        lines.append(
            f"memory at the start and each quarter, MiB: {marks} (from the first quarter to the last times "
            f"{found.growth})"
        )
    return "\n".join([*lines, *found.said])


def as_json(found: Measured) -> str:
    """The same as one object."""
    return json.dumps(
        {
            "right": found.right,
            "paces": [
                {
                    "work": one.work,
                    "count": one.count,
                    "seconds": round(one.seconds, 3),
                    "per_second": round(one.per_second, 1),
                    "kib_each": one.each_kib,
                }
                for one in found.paces
            ],
            "memory_mib": [round(each / MIB, 1) for each in found.memory],
            "memory_growth": found.growth if found.memory else None,
            "said": list(found.said),
        },
        indent=1,
    )


def _right(cells: Sequence[str], wide: Sequence[int]) -> list[str]:
    return [cell.rjust(wide[at]) for at, cell in enumerate(cells)]
