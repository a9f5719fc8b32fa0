"""No parser of ours is broken by what a stranger, a participant or a sender writes: the small form of `make fuzz`."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz import mutate
from tests.fuzz.browser import fuzz_browser
from tests.fuzz.run import Broken, fuzz
from tests.fuzz.targets import TARGETS, Target, messages, plain

SHORT_S, LONG_S = 0.5, 60.0
FEW = 20


@pytest.mark.parametrize("name", TARGETS)
async def test_a_parser_reads_or_refuses_whatever_it_is_fed(
    name: str, long: bool, figure: Callable[[str], None]
) -> None:
    """Its corpus, then mutations that know its structure; the seed and the input are named when it breaks."""
    seed = random.SystemRandom().randrange(1 << 32)
    done = fuzz(TARGETS[name], LONG_S if long else SHORT_S, seed)
    assert done.lines > FEW, "the parser's own lines were reached"
    figure(f"{name}: {done.inputs} inputs, {done.novel} novel, {done.lines} lines reached, seed {seed}")


def test_the_browsers_parsers_read_or_refuse_too(tmp_path: Path, long: bool, figure: Callable[[str], None]) -> None:
    """Frames from the server, its offers, encrypted frames of other browsers; in Node, on the modules as they are."""
    seed = random.SystemRandom().randrange(1 << 32)
    told = fuzz_browser(tmp_path, LONG_S if long else SHORT_S / 2, seed)
    figure(f"browser: {', '.join(told.splitlines())}, seed {seed}")


def test_a_fuzzer_finds_what_is_broken() -> None:
    """The positive control: a parser that trips over a doubled name is found, with the input that did it."""

    def trips(text: str) -> None:
        if text.count('"type"') > 1:
            raise KeyError("twice")

    broken = Target("wire", False, mutate.json_text, lambda: plain(trips), (), messages)
    with pytest.raises(Broken, match="KeyError"):
        fuzz(broken, 20, 1)
