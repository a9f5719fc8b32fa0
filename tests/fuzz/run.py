"""Fuzz every parser we own: `python -m tests.fuzz.run [SECONDS each] [SEED] [parser ...]`, or `make fuzz SECONDS=60`.

Seeded and single-threaded, so that a seed repeats a run of a parser; several parsers run side by side in processes. An
input that reaches a line of the parser that no other reached joins the pool that later inputs are made from. atheris
was weighed and left out: it would be a compiled tool for one job, and the parsers are a few hundred lines of Python
that this reaches whole.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.browser import fuzz_browser
from tests.fuzz.targets import TARGETS, Target, spelled

BROWSER = "browser"
LEAST = 25  # inputs, however slow the machine is
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
    """Feed the corpus, then mutations for so long, and `LEAST` in any case. Raises Broken with what did it."""
    chance = random.Random(f"{seed}-{target.name}")
    pool = target.corpus()
    assert pool, f"{target.name} has no examples"
    trace, inputs, novel = Trace(target.traced), 0, 0
    end = time.monotonic() + seconds
    with target.made() as feed:
        for sample in pool:
            _fed(target, feed, sample, trace, "of the corpus")
        while time.monotonic() < end or inputs < LEAST:
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


def run(name: str, seconds: float, seed: int) -> str:
    """Fuzz one parser, or all of the browser's; what there is to say. Raises Broken."""
    if name != BROWSER:
        done = fuzz(TARGETS[name], seconds, seed)
        return f"{name:14} {done.inputs} inputs, {done.novel} novel, {done.lines} lines of the parser reached"
    with tempfile.TemporaryDirectory() as folder:
        try:
            return fuzz_browser(Path(folder), seconds, seed).rstrip()
        except AssertionError as problem:
            raise Broken(str(problem)) from problem


async def each(names: Sequence[str], seconds: float, seed: int) -> int:
    """Every parser in a process of its own, one a core at a time; the number of parsers that broke."""
    free = asyncio.Semaphore(os.cpu_count() or 1)

    async def one(name: str) -> bool:
        async with free:
            command = [sys.executable, "-m", "tests.fuzz.run", f"{seconds:g}", str(seed), name]
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            told, _ = await process.communicate()
        print(told.decode().partition("\n")[2], end="", flush=True)
        return process.returncode != 0

    return sum(await asyncio.gather(*map(one, names)))


async def main(words: list[str]) -> int:
    """Run; the number of parsers that broke."""
    logging.disable(logging.CRITICAL)
    seconds = float(words[0]) if words else 60.0
    seed = int(words[1]) if len(words) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {seconds:g} s each", flush=True)
    names = words[2:] or [BROWSER, *TARGETS]  # the browser's, which take longest, first
    if len(names) > 1:
        return await each(names, seconds, seed)
    try:
        print(run(names[0], seconds, seed))
    except Broken as problem:
        print(f"{names[0]} BROKEN {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(min(1, asyncio.run(main(sys.argv[1:]))))
