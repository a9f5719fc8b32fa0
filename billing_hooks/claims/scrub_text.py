"""The scrubber over an 837 professional as it lies in a file: what is wrong, with claim and segment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from billing_hooks.claims.reading import read
from billing_hooks.claims.scrub import Batch
from billing_hooks.claims.scrub_words import Against, Problem
from billing_hooks.errors import Malformed
from billing_hooks.x12_envelopes import LARGEST


@dataclass(frozen=True, slots=True)
class Spotted:
    """A problem in a file: the claim's number ("" where the file itself is wrong), its CLM's segment."""

    claim: str
    segment: int
    problem: Problem


def scrub_text(chunks: Iterable[bytes], against: Against, largest: int = LARGEST) -> Iterator[Spotted]:
    """What is wrong with a file, claim by claim; where the file contradicts itself that is the last thing said."""
    batch = Batch(against)
    try:
        for each in read(chunks, largest):
            found = (Problem(remark.code, "", remark.say) for remark in each.remarks)
            for problem in (*found, *batch.scrub(each.claim)):
                yield Spotted(each.claim.id, each.segment, problem)
    except Malformed as error:
        yield Spotted("", 0, Problem(error.code, "", error.say))
