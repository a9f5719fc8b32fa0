"""What is made up from our claims is read back the same, believed by two other readers, and posts to the cent."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from x12sdk.generate import generate_835

from billing_hooks.claims.claim import Claim, ServiceLine
from billing_hooks.ledger import remit
from billing_hooks.ledger.entries import balances, beside, of_line
from billing_hooks.replies import made_835, reading
from billing_hooks.replies.made_835 import Head
from billing_hooks.replies.remittance import PaidClaim, PaymentEnd
from tests.billing_hooks.claims.judges import pyx12_says, x12sdk_says
from tests.billing_hooks.ledger.ledger_kit import DAY, Shelf, account, claim
from tests.billing_hooks.replies.reply_kit import TESTS, read

HEAD = Head("EXAMPLEPAYER", "VISITSRV", 21, date(2026, 12, 5), "Example Payer", "1512345678", "Lakeside Group",
            "1990000105", "EFT77")  # fmt: skip
Pair = tuple[PaidClaim, Claim]


def asked(seed: int, many: int) -> list[Claim]:
    """Claims of one to three lines."""
    chance = random.Random(seed)
    rows = (("90834", ("95",), 17500), ("90785", (), 1500), ("90837", ("95",), 22001))
    return [
        claim(f"VV-{at:05}", *rows[: chance.randrange(1, 4)], encounter=f"enc_{at}") for at in range(many)
    ]  # fmt: skip


def decided(seed: int, many: int) -> list[Pair]:
    """Each with a decision; one in eight taken back and decided anew."""
    chance, made = random.Random(seed), list[Pair]()
    for at, each in enumerate(asked(seed, many)):
        first = made_835.decided(each, f"ICN{at:07}", chance)
        made.append((first, each))
        if at % 8 == 3:
            made += [(made_835.reversed_(first), each), (made_835.decided(each, f"ICR{at:07}", chance), each)]
    return made


def written(pairs: list[Pair], *moves: tuple[str, int], head: Head = HEAD) -> bytes:
    """The file."""
    beside_ = [made_835.beside(code, "VV-OLD", cents, head.npi, head.day) for code, cents in moves]
    return b"".join(made_835.write(head, lambda: iter(pairs), beside_))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_is_read_back_and_believed(seed: int) -> None:
    """The same values but for where they stand; pyx12 and x12sdk find nothing wrong."""
    pairs = decided(seed, 24)
    raw = written(pairs, ("WO", 1500), ("L6", -125))
    found = read(raw)
    claims = [each for each in found if isinstance(each, PaidClaim)]
    end = found[-1]
    assert isinstance(end, PaymentEnd)
    assert [bare(each) for each in claims] == [bare(paid) for paid, _ in pairs]
    assert [(each.code, each.cents) for each in end.adjustments] == [("WO", 1500), ("L6", -125)]
    assert not pyx12_says(raw.decode())
    assert not x12sdk_says(raw.decode())
    assert raw == written(decided(seed, 24), ("WO", 1500), ("L6", -125))


def bare(paid: PaidClaim) -> PaidClaim:
    """Without its places in the file."""
    lines = tuple(replace(each, segment=0, adjusted=tuple(sorted(each.adjusted, key=repr))) for each in paid.lines)
    return replace(paid, segment=0, lines=lines)


def test_a_payment_of_many_claims_posts_whole() -> None:
    """Nothing is open, each line's sums hold, the payer's money is where it should be; told as it goes."""
    pairs = decided(5, 300)
    raw = written(pairs, ("WO", 1500))
    book = Shelf(*(account(each) for each in asked(5, 300)))
    source, told = reading.of(raw), list[int]()
    checked = remit.check(source, TESTS, DAY)
    assert checked.claims == len(pairs) > 300
    [made] = remit.post(source, TESTS, book, checked, DAY, lambda done, _: told.append(done))
    assert made.holds
    assert made.many == {"posted": len(pairs)}
    assert not made.remarks
    assert told == sorted(told)
    assert len(told) > 3
    every = [entry for each in book.accounts.values() for entry in each.entries]
    assert {each.open for each in balances(every, of_line).values()} == {0}
    paid = sum(each.balance.payments for each in book.accounts.values())
    assert paid - sum(beside(book.practice.values()).values()) == checked.payments[0].cents


@pytest.mark.parametrize("seed", range(5))
def test_payments_that_another_hand_made_post(seed: int) -> None:
    """x12sdk's synthetic ones: each claim made as it says, then posted; nothing is open."""
    raw = generate_835(seed=seed, claims=40).encode()
    claims = [each for each in read(raw) if isinstance(each, PaidClaim)]
    book = Shelf(*(account(like(each, at)) for at, each in enumerate(claims)))
    source = reading.of(raw)
    made = remit.post(source, TESTS, book, remit.check(source, TESTS, DAY), DAY, lambda *_: None)
    assert all(each.holds for each in made)
    assert {each.balance.open for each in book.accounts.values()} == {0}
    assert sum(each.many["posted"] for each in made) == 40


def like(paid: PaidClaim, at: int) -> Claim:
    """The claim that a decision could be about."""
    lines = tuple(
        ServiceLine(f"{at}-{number}", each.code, each.modifiers, 1, each.charge, each.day or DAY, (1,))
        for number, each in enumerate(paid.lines)
    )
    return replace(claim(paid.claim, encounter=f"enc_{at}"), lines=lines)


def test_the_writer_is_streamed() -> None:
    """Claims are asked for one by one."""
    pairs, asked_for = decided(1, 20), list[int]()

    def one_by_one() -> Iterator[Pair]:
        for at, each in enumerate(pairs):
            asked_for.append(at)
            yield each

    lines = made_835.write(HEAD, one_by_one)
    next(lines)
    assert asked_for == list(range(len(pairs)))  # the sum
    for _ in range(14):
        next(lines)
    assert len(asked_for) <= len(pairs) + 2


def test_a_payment_in_another_order_is_the_same() -> None:
    """Its claims the other way round, in another envelope: nothing posts again; two alike are two in both."""
    pairs = [(made_835.decided(each, f"ICN{at}", random.Random(at)), each) for at, each in enumerate(asked(9, 6))]
    pairs.append(pairs[2])
    book = Shelf(*(account(each) for each in asked(9, 6)))
    ends = []
    for turn, some in enumerate((pairs, pairs[::-1])):
        source = reading.of(written(some, head=replace(HEAD, control=30 + turn)))
        [made] = remit.post(source, TESTS, book, remit.check(source, TESTS, DAY), DAY, lambda *_: None)
        ends.append(dict(book.accounts))
        assert made.many["waiting"] == 1
        assert made.many.get("posted", 0) == (0 if turn else 6)
    assert ends[0] == ends[1]
    assert [one.why for each in book.accounts.values() for one in each.waiting] == ["judged-already"]
