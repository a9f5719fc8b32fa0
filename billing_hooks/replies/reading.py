"""One door for every reply: a file of any size and mixture in, values out, each kind by its own reader. Pure.

`source` begins the file anew each time it is asked: what is wrong near the end of a file is only known there, so `look`
reads it to its end before anybody acts on what `replies` gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from billing_hooks.replies import ack_277, ack_999, remit_835
from billing_hooks.replies.ack_277 import Answered
from billing_hooks.replies.ack_999 import EnvelopeAnswer, GroupAnswer
from billing_hooks.replies.remittance import PaidClaim, Payment, PaymentEnd
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import Envelope, Kind, Ours, walk

Source = Callable[[], Iterable[bytes]]
Reply = EnvelopeAnswer | GroupAnswer | Answered | Payment | PaidClaim | PaymentEnd
Progress = Callable[[int, int], None]
"""Told (bytes read, bytes in all) now and then."""
_CHUNK = 64 * 1024

_READERS: Mapping[str, tuple[Kind, Callable[[Envelope, Iterator[Segment]], Iterator[Reply]]]] = {
    "TA1": (ack_999.TA1, ack_999.read_ta1),
    "999": (ack_999.KIND, ack_999.read),
    "277": (ack_277.KIND, ack_277.read),
    "835": (remit_835.KIND, remit_835.read),
}
KINDS = tuple(_READERS)


@dataclass(frozen=True, slots=True)
class Look:
    """What a whole file holds. `keys` of its envelopes, to be kept; how many of each; what its payments sum to."""

    keys: tuple[str, ...]
    kinds: tuple[str, ...]
    groups: int
    answers: int
    payments: int
    claims: int
    cents: int


def of(raw: bytes) -> Source:
    """A file that is in memory, in pieces that cost nothing."""

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(raw), _CHUNK):
            yield raw[at : at + _CHUNK]

    return pieces


def shown(source: Source, size: int, progress: Progress) -> Source:
    """The same file, saying how far it was read."""

    def pieces() -> Iterator[bytes]:
        read = 0
        for piece in source():
            yield piece
            read += len(piece)
            progress(read, size)

    return pieces


def replies(source: Source, ours: Ours, kinds: Iterable[str] = KINDS) -> Iterator[Reply]:
    """Everything a file says, in its order. Errors: Malformed, naming segment and element; what came before it stands.

    An 835's Payment comes before its PaidClaims, its PaymentEnd after them.
    """
    for envelope, body in walk(source(), [_READERS[each][0] for each in kinds], ours):
        yield from _READERS[envelope.kind][1](envelope, body)


def look(source: Source, ours: Ours, kinds: Iterable[str] = KINDS) -> Look:
    """A file read to its end: what it holds. Errors: Malformed, as `replies`."""
    keys: dict[str, None] = {}
    found: dict[str, None] = {}
    many: Counter[str] = Counter()
    cents = 0
    for each in replies(source, ours, kinds):
        match each:
            case PaidClaim():
                many["claims"] += 1
            case PaymentEnd():
                pass
            case EnvelopeAnswer() | GroupAnswer() | Answered() | Payment():
                if each.envelope.group:
                    keys[each.envelope.key] = None
                found[each.envelope.kind] = None
                many[type(each).__name__] += 1
                cents += each.cents if isinstance(each, Payment) else 0
            case _:
                assert_never(each)
    return Look(
        tuple(keys), tuple(found), many["GroupAnswer"] + many["EnvelopeAnswer"], many["Answered"], many["Payment"],
        many["claims"], cents,
    )  # fmt: skip
