"""Real replies, and how a test changes them."""

from __future__ import annotations

from pathlib import Path

from billing_hooks.replies import reading
from billing_hooks.replies.reading import Look, Reply
from billing_hooks.x12_envelopes import Ours

HERE = Path(__file__).parents[1] / "x12"
PAID, SDK, ANSWERED, BAD, GOOD, OTHER = (
    (HERE / f"{name}.x12").read_bytes()
    for name in ("835_ex1", "x12sdk_generated_835", "277ca_ex1", "837p_bad.999", "837p_ex1.999", "837p_ex2.999")
)
TESTS = Ours(tests=True)


def changed(raw: bytes, *swaps: tuple[str, str], count: bool = True) -> bytes:
    """A reply with texts replaced (each must be there), the counts of its transactions made right again."""
    text = raw.decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return counted(text) if count else text.encode()


def counted(text: str) -> bytes:
    """The text with each SE01 as it should be."""
    made, many = [], 0
    for each in text.replace("\n", "").split("~"):
        many = 1 if each.startswith("ST*") else many + 1
        made.append(f"SE*{many}*{each.split('*')[2]}" if each.startswith("SE*") else each)
    return "~\n".join(made).encode()


def read(raw: bytes, ours: Ours = TESTS, kinds: tuple[str, ...] = reading.KINDS) -> list[Reply]:
    """Everything in it."""
    return list(reading.replies(reading.of(raw), ours, kinds))


def look(raw: bytes, ours: Ours = TESTS) -> Look:
    """What it holds."""
    return reading.look(reading.of(raw), ours)
