"""Fuzz every parser we own: `python -m tests.fuzz.run [SECONDS each] [SEED] [parser ...]`, or `make fuzz SECONDS=60`.

Seeded and single-threaded, so that a seed repeats a run. An input that reaches a line of the parser that no other
reached joins the pool that later inputs are made from. atheris was weighed and left out: it would be a compiled tool
for one job, and the parsers are a few hundred lines of Python that this reaches whole.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.browser import fuzz_browser
from tests.fuzz.targets import TARGETS, Target, spelled

SLOW_S = 0.25
"""One input that takes so long is a bug as well: the loop that reads it also forwards media."""


class Broken(AssertionError):
    """An input that a parser did not survive, or kept it busy."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a run went: inputs fed, inputs that reached something new, lines of the parser reached."""

    target: str
    inputs: int
    novel: int
    lines: int


class Trace:
    """The lines of some files that were executed."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self.files = frozenset(files)
        self.lines: set[tuple[str, int]] = set()

    def __enter__(self) -> None:
        sys.settrace(self._called)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, _event: str, _value: object) -> Any:
        return self._line if frame.f_code.co_filename in self.files else None

    def _line(self, frame: FrameType, _event: str, _value: object) -> Any:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line


def fuzz(target: Target, seconds: float, seed: int) -> Done:
    """Feed the corpus, then mutations of it for so long. Raises Broken with the input that did it."""
    chance = random.Random(f"{seed}-{target.name}")
    pool = target.corpus()
    assert pool, f"{target.name} has no examples"
    trace, inputs, novel = Trace(target.traced), 0, 0
    end = time.monotonic() + seconds
    with target.made() as feed:
        for sample in pool:
            _fed(target, feed, sample, trace, "of the corpus")
        while time.monotonic() < end:
            before = len(trace.lines)
            sample = target.mutate(chance, chance.choice(pool), pool)
            inputs += 1
            _fed(target, feed, sample, trace, f"{inputs} of seed {seed}")
            if len(trace.lines) > before:
                novel += 1
                pool.append(sample)
    return Done(target.name, inputs, novel, len(trace.lines))


def _fed(target: Target, feed: Any, sample: Any, trace: Trace, which: str) -> None:
    begun = time.process_time()
    try:
        with trace:
            feed(sample)
    except Exception as problem:
        told = f"{type(problem).__name__}: {problem}"
        raise Broken(f"{target.name}, input {which}: {told}\n{spelled(target, sample)}") from problem
    if time.process_time() - begun > SLOW_S:
        begun = time.process_time()
        feed(sample)  # without the trace, which is slow itself
        if (took := time.process_time() - begun) > SLOW_S:
            raise Broken(f"{target.name}, input {which}: {took:.2f} s\n{spelled(target, sample)}")


async def main(words: list[str]) -> int:
    """Run; the number of parsers that broke."""
    logging.disable(logging.CRITICAL)
    seconds = float(words[0]) if words else 60.0
    seed = int(words[1]) if len(words) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {seconds:g} s each")
    broken = 0
    for name in words[2:] or TARGETS:
        try:
            done = fuzz(TARGETS[name], seconds, seed)
        except Broken as problem:
            broken += 1
            print(f"{name:10} BROKEN {problem}")
        else:
            print(f"{name:10} {done.inputs:9} inputs, {done.novel:4} novel, {done.lines:4} lines of the parser reached")
    if len(words) <= 2:
        with tempfile.TemporaryDirectory() as folder:
            try:
                print(fuzz_browser(Path(folder), seconds, seed), end="")
            except AssertionError as problem:
                broken += 1
                print(problem)
    return broken


if __name__ == "__main__":
    sys.exit(min(1, asyncio.run(main(sys.argv[1:]))))
