"""835s that are made up from our own claims, for trials and for measuring; and writing any decision as an 835. Pure.

What a payer could say of a claim, by chance from a seed: paid, a deductible, denied whole or in part, taken back and
corrected. The writer writes what the reader reads, so both can be held against each other and against other readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, TypeVar

from billing_hooks.claims.claim import Adjusted, Cents, Claim, ServiceLine
from billing_hooks.ledger.entries import dollars
from billing_hooks.replies.remit_835 import KIND
from billing_hooks.replies.remittance import PaidClaim, PaidLine, ProviderAdjustment
from billing_hooks.x12 import segment, spelled

One = TypeVar("One")
_DENIED = ("4", "5", "16", "50", "58", "96", "97", "197")


class Chance(Protocol):
    """A seeded `random.Random`."""

    def random(self) -> float:
        """From 0 up to 1."""

    def choice(self, seq: Sequence[One], /) -> One:
        """One of them."""

    def randrange(self, start: int, stop: int, /) -> int:
        """From start up to, not including, stop."""


@dataclass(frozen=True, slots=True)
class Head:
    """Who pays whom with which check. `control` of envelope and group."""

    sender: str
    receiver: str
    control: int
    day: date
    payer: str
    payer_id: str
    payee: str
    npi: str
    trace: str
    test: bool = True
    method: str = "CHK"


def decided(claim: Claim, number: str, chance: Chance) -> PaidClaim:
    """What a payer could decide of a claim; `number` the payer's own."""
    denied_all = chance.random() < 0.06
    lines = tuple(_line(each, at, denied_all or chance.random() < 0.04, chance) for at, each in enumerate(claim.lines))
    paid = sum(each.paid for each in lines)
    share = sum(each.share for each in lines)
    status = "4" if denied_all else {"S": "2", "T": "3"}.get(claim.rank.value, "1")
    return PaidClaim(
        0, claim.id, status, claim.charge, paid, share, "12", number, claim.pos, claim.frequency.value, (), lines
    )


def _line(mine: ServiceLine, at: int, denied: bool, chance: Chance) -> PaidLine:
    left, adjusted = mine.charge, list[Adjusted]()

    def take(group: str, reason: str, cents: Cents) -> None:
        nonlocal left
        if cents:
            adjusted.append(Adjusted(group, reason, cents))
            left -= cents

    if denied:
        take(chance.choice(("CO", "CO", "PR")), chance.choice(_DENIED), left)
    else:
        take("CO", "45", left * chance.randrange(5, 40) // 100)
        if chance.random() < 0.15:
            take("PR", "1", left * chance.randrange(20, 101) // 100)
        take("PR", chance.choice(("2", "3")), min(left, chance.randrange(0, 41) * 100))
    # A payer may forget our number of the line, or drop the modifiers.
    number = mine.number if chance.random() < 0.9 else ""
    modifiers = mine.modifiers if chance.random() < 0.9 else ()
    return PaidLine(
        at, mine.code, modifiers, mine.charge, left, "1" if left else "0", tuple(adjusted), mine.day, number,
        allowed=left + sum(each.cents for each in adjusted if each.group == "PR") if left else None,
        remarks=("N822",) if denied else (),
    )  # fmt: skip


def reversed_(paid: PaidClaim) -> PaidClaim:
    """What takes a decision back: the same with all amounts turned."""
    lines = tuple(
        replace(each, charge=-each.charge, paid=-each.paid, adjusted=_turned(each.adjusted), allowed=None)
        for each in paid.lines
    )
    turned = _turned(paid.adjusted)
    return replace(paid, status="22", charge=-paid.charge, paid=-paid.paid, share=None, adjusted=turned, lines=lines)


def _turned(adjusted: Iterable[Adjusted]) -> tuple[Adjusted, ...]:
    return tuple(replace(each, cents=-each.cents) for each in adjusted)


def beside(code: str, reference: str, cents: Cents, npi: str, day: date) -> ProviderAdjustment:
    """What moves beside the claims; above nothing lowers the payment."""
    return ProviderAdjustment(0, npi, date(day.year, 12, 31), code, reference, cents, 3)


def write(
    head: Head, claims: Callable[[], Iterable[tuple[PaidClaim, Claim | None]]], moves: Sequence[ProviderAdjustment] = ()
) -> Iterator[bytes]:
    """The file, a claim at a time. `claims` gives the same decisions twice: first they are added up, then written.

    Each with the claim it is about, for the client's name; None writes one that is made up.
    """
    total = sum(paid.paid for paid, _ in claims()) - sum(each.cents for each in moves)
    if total < 0:  # what was taken back is more than what is paid: carried forward to a later payment
        moves = (*moves, beside("FB", head.trace, total, head.npi, head.day))
        total = 0
    many = 0
    for line in _envelope(head):
        yield line.encode()
    for line in _body(head, total, claims(), moves):
        many += 1
        yield (line + "\n").encode()
    closing = (
        segment("SE", str(many + 2), "0001"), segment("GE", "1", str(head.control)),
        segment("IEA", "1", f"{head.control:09}"),
    )  # fmt: skip
    yield ("\n".join(closing) + "\n").encode()


def _envelope(head: Head) -> Iterator[str]:
    day, usage = head.day.strftime("%Y%m%d"), "T" if head.test else "P"
    who = f"*ZZ*{head.sender:<15.15}*ZZ*{head.receiver:<15.15}"
    yield f"ISA*00*{'':10}*00*{'':10}{who}*{day[2:]}*0600*^*00501*{head.control:09}*0*{usage}*:~\n"
    group = (KIND.group, head.sender, head.receiver, day, "0600", str(head.control), "X", KIND.versions[0])
    yield segment("GS", *group) + "\n" + segment("ST", KIND.transaction, "0001") + "\n"


def _body(
    head: Head, total: Cents, claims: Iterable[tuple[PaidClaim, Claim | None]], moves: Sequence[ProviderAdjustment]
) -> Iterator[str]:
    day = head.day.strftime("%Y%m%d")
    method = head.method if total else "NON"
    yield segment("BPR", "I" if total else "H", _amount(total), "C", method, *([""] * 11), day)
    yield segment("TRN", "1", head.trace, head.payer_id)
    yield segment("DTM", "405", day)
    yield segment("N1", "PR", spelled(head.payer, 60))
    yield segment("N3", "1 PAYER PLAZA")
    yield segment("N4", "SAINT PAUL", "MN", "55101")
    yield segment("PER", "BL", "HELP", "TE", "8005550101")
    yield segment("N1", "PE", spelled(head.payee, 60), "XX", head.npi)
    for at, (paid, claim) in enumerate(claims):
        if not at:
            yield segment("LX", "1")
        yield from _claim(paid, claim)
    for at in range(0, len(moves), 6):
        six = moves[at : at + 6]
        pairs = (
            (f"{each.code}:{each.reference}" if each.reference else each.code, _amount(each.cents)) for each in six
        )
        year_ends = six[0].year_ends.strftime("%Y%m%d")
        yield segment("PLB", six[0].npi, year_ends, *(part for pair in pairs for part in pair))


def _claim(paid: PaidClaim, claim: Claim | None) -> Iterator[str]:
    share = "" if paid.share is None else _amount(paid.share)
    yield segment(
        "CLP", paid.claim, paid.status, _amount(paid.charge), _amount(paid.paid), share, paid.filing,
        paid.payer_number, paid.pos, paid.frequency,
    )  # fmt: skip
    yield from _adjusted(paid.adjusted)
    who = claim.client if claim is not None else None
    names = (spelled(who.family, 60), spelled(who.given, 35)) if who is not None else ("EXAMPLE", "RILEY")
    member = ("MI", spelled(claim.plan.member, 80)) if claim is not None else ()
    yield segment("NM1", "QC", "1", *names, "", "", "", *member)
    for each in paid.lines:
        procedure = ":".join(("HC", each.code, *each.modifiers))
        yield segment("SVC", procedure, _amount(each.charge), _amount(each.paid), "", each.units)
        if each.day is not None:
            yield segment("DTM", "472", each.day.strftime("%Y%m%d"))
        yield from _adjusted(each.adjusted)
        if each.number:
            yield segment("REF", "6R", each.number)
        if each.allowed is not None:
            yield segment("AMT", "B6", _amount(each.allowed))
        for remark in each.remarks:
            yield segment("LQ", "HE", remark)


def _adjusted(adjusted: Sequence[Adjusted]) -> Iterator[str]:
    """A segment for each run of up to six reasons of one group."""
    run: list[Adjusted] = []
    for each in adjusted:
        if run and (run[0].group != each.group or len(run) == 6):
            yield _cas(run)
            run = []
        run.append(each)
    if run:
        yield _cas(run)


def _cas(run: Sequence[Adjusted]) -> str:
    triples = ((each.reason, _amount(each.cents), str(each.units) if each.units else "") for each in run)
    return segment("CAS", run[0].group, *(part for triple in triples for part in triple))


def _amount(cents: Cents) -> str:
    """As X12 writes it: no zeros that say nothing."""
    text = dollars(cents)
    return text.rstrip("0").rstrip(".")
