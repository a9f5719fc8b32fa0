"""Reading an 835 (005010X221A1): the payment, each claim in it, what moves beside them. Pure.

One claim is held at a time. The order of its parts is the guide's; whether its sums hold is `ledger.balances`' matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from billing_hooks.claims.claim import Adjusted
from billing_hooks.errors import Malformed
from billing_hooks.replies import elements
from billing_hooks.replies.remittance import PaidClaim, PaidLine, Payment, PaymentEnd, ProviderAdjustment, Said
from billing_hooks.x12 import Segment
from billing_hooks.x12_envelopes import AGAIN, Envelope, Kind

KIND = Kind("835", "HP", ("005010X221A1",))
GROUPS = ("CO", "OA", "PI", "PR")
_MOST_LINES, _MOST_ADJUSTED, _MOST_BESIDE = 999, 99, 10_000
_HEAD = frozenset(("CUR", "REF", "DTM", "N1", "N2", "N3", "N4", "PER", "RDM"))
_SUMS = frozenset(("TS3", "TS2"))
_OF_CLAIM = frozenset(("CAS", "NM1", "MIA", "MOA", "REF", "DTM", "PER", "AMT", "QTY", "SVC", "LQ"))


@dataclass(slots=True)
class _Line:
    svc: Segment
    cas: list[Segment] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    number: str = ""
    allowed: int | None = None
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Claim:
    clp: Segment
    cas: list[Segment] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    next_payer: str = ""
    original: str = ""


def read(envelope: Envelope, body: Iterator[Segment]) -> Iterator[Said]:
    """A Payment, its PaidClaims, its PaymentEnd. Errors: Malformed, naming segment and element."""
    head: list[Segment] = []
    claim: _Claim | None = None
    beside: list[ProviderAdjustment] = []
    claims, listed, last = 0, False, envelope.segment
    for found in body:
        last = found.number
        name = found.name
        if name == "PLB":
            if claim is not None:
                yield _claim(claim)
                claim = None
            elif not listed and not beside:
                yield _payment(envelope, head)
            listed = True
            beside += _beside(found)
            if len(beside) > _MOST_BESIDE:
                raise found.wrong(f"more than {_MOST_BESIDE} adjustments stand here. {AGAIN}", code="x12-too-large")
        elif beside:
            raise found.wrong(f"nothing but PLB belongs after PLB. {AGAIN}")
        elif name in ("LX", "CLP"):
            if claim is not None:
                yield _claim(claim)
                claim = None
            if not listed:
                if name == "CLP":
                    raise found.wrong(f"LX belongs before the first claim. {AGAIN}")
                yield _payment(envelope, head)
                listed = True
            if name == "CLP":
                claims += 1
                claim = _Claim(found)
        elif claim is not None:
            _within(claim, found)
        elif not listed:
            _before(head, found)
        elif name not in _SUMS:
            raise found.wrong(f"this segment does not belong here in an 835. {AGAIN}")
    if claim is not None:
        yield _claim(claim)
    elif not listed:
        yield _payment(envelope, head)
    yield PaymentEnd(tuple(beside), claims, last)


def _before(head: list[Segment], found: Segment) -> None:
    """What stands before the claims."""
    wanted = {0: "BPR", 1: "TRN"}.get(len(head))
    if wanted is not None and found.name != wanted:
        raise found.wrong(f"{wanted} belongs here. {AGAIN}")
    if wanted is None and (found.name not in _HEAD or len(head) > 100):
        raise found.wrong(f"this segment does not belong here in an 835. {AGAIN}")
    head.append(found)


def _payment(envelope: Envelope, head: list[Segment]) -> Payment:
    if len(head) < 2:
        raise Malformed("x12-malformed", f"Segment {envelope.segment} (ST): BPR and TRN belong after it. {AGAIN}")
    bpr, trn = head[:2]
    cents = elements.money(bpr, 2)
    if elements.one_of(bpr, 3, ("C", "D")) == "D" or cents < 0:
        say = "this asks for money (a debit) and does not bring any. Settle it with the payer; nothing was kept."
        raise bpr.wrong(say, 3)
    for each in head:
        if each.name == "CUR" and each[2] != "USD":
            raise each.wrong(f"the money is not US dollars. {AGAIN}", 2)
    payer, payee = _party(head, "PR"), _party(head, "PE")
    numbers = tuple(dict.fromkeys((trn[3], *payer[1])))
    return Payment(
        envelope, cents, elements.word(bpr, 4, 3), elements.day(bpr, 16) if bpr[16] else None,
        elements.word(trn, 2), trn[3][:30], payer[0], numbers, payee[1][0] if payee[1] else "", payee[1], bpr.number,
    )  # fmt: skip


def _party(head: list[Segment], who: str) -> tuple[str, tuple[str, ...]]:
    """The name and the numbers of the payer (PR) or of us (PE)."""
    starts = [at for at, each in enumerate(head) if each.name == "N1"]
    for at, end in zip(starts, [*starts, len(head)][1:], strict=True):
        if head[at][1] == who:
            others = (
                each[2]
                for each in head[at:end]
                if each.name == "REF" and each[1] in ("2U", "EO", "HI", "NF", "TJ", "PQ")
            )
            return head[at][2][:60], tuple(number for number in (head[at][4], *others) if number)
    raise head[-1].wrong(f"N1 with {who} is missing before what follows. {AGAIN}")


def _within(claim: _Claim, found: Segment) -> None:
    """A segment of a claim or of its line."""
    name = found.name
    if name not in _OF_CLAIM:
        raise found.wrong(f"this segment does not belong into a claim of an 835. {AGAIN}")
    line = claim.lines[-1] if claim.lines else None
    if name == "SVC":
        if len(claim.lines) == _MOST_LINES:
            raise found.wrong(f"a claim has at most {_MOST_LINES} lines. {AGAIN}")
        claim.lines.append(_Line(found))
    elif name == "CAS":
        cas = claim.cas if line is None else line.cas
        if len(cas) == _MOST_ADJUSTED:
            raise found.wrong(f"more than {_MOST_ADJUSTED} of it stand here. {AGAIN}")
        cas.append(found)
    elif name == "DTM":
        if found[1] in ("472", "150", "151", "232", "233"):
            (claim.days if line is None else line.days).append(elements.day(found, 2))
    elif line is None:
        _of_claim(claim, found)
    elif name == "REF":
        if found[1] == "6R":
            line.number = elements.word(found, 2)
    elif name == "AMT":
        if found[1] == "B6":
            line.allowed = elements.money(found, 2)
    elif name == "LQ":
        if found[1] in ("HE", "RX"):
            line.remarks.append(elements.word(found, 2, 30))
    elif name != "QTY":
        raise found.wrong(f"this segment does not belong into a line of an 835. {AGAIN}")


def _of_claim(claim: _Claim, found: Segment) -> None:
    match found.name:
        case "LQ":
            raise found.wrong(f"SVC belongs before it. {AGAIN}")
        case "MOA":
            claim.remarks += [found[place][:30] for place in range(3, 8) if found[place]]
        case "MIA":
            claim.remarks += [found[place][:30] for place in (5, 20, 21, 22, 23) if found[place]]
        case "NM1" if found[1] == "TT":
            claim.next_payer = found[3][:60]
        case "REF" if found[1] == "F8":
            claim.original = elements.word(found, 2)
        case _:
            pass


def _claim(claim: _Claim) -> PaidClaim:
    clp = claim.clp
    return PaidClaim(
        clp.number, elements.word(clp, 1, 38), elements.word(clp, 2, 2), elements.money(clp, 3),
        elements.money(clp, 4), elements.money(clp, 5) if clp[5] else None, clp[6][:2], clp[7][:50], clp[8][:2],
        clp[9][:1], _adjusted(claim.cas), tuple(map(_line, claim.lines)), tuple(claim.remarks), claim.next_payer,
        claim.original, tuple(claim.days),
    )  # fmt: skip


def _line(line: _Line) -> PaidLine:
    svc = line.svc
    code, modifiers = _procedure(svc, 1)
    sent, sent_modifiers = _procedure(svc, 6) if svc[6] else ("", ())
    return PaidLine(
        svc.number, code, modifiers, elements.money(svc, 2), elements.money(svc, 3, 0),
        elements.quantity(svc, 5, "1"), _adjusted(line.cas), line.days[0] if line.days else None, line.number,
        sent, sent_modifiers, line.allowed, tuple(line.remarks),
    )  # fmt: skip


def _procedure(svc: Segment, place: int) -> tuple[str, tuple[str, ...]]:
    parts = svc.parts(place)
    if len(parts) < 2 or not parts[1]:
        raise svc.wrong(f"it names no code with its kind (HC:90834). {AGAIN}", place)
    return parts[1][:48], tuple(each for each in parts[2:6] if each)


def _adjusted(segments: list[Segment]) -> tuple[Adjusted, ...]:
    """Up to six reasons in each CAS. Reasons are not checked against a list: unknown ones are kept as they are."""
    if not segments:
        return ()
    made: list[Adjusted] = []
    for cas in segments:
        group = elements.one_of(cas, 1, GROUPS)
        elements.word(cas, 2, 5)
        if len(cas.elements) > 20:
            raise cas.wrong(f"it holds more than six reasons. {AGAIN}", 20)
        for place in range(2, len(cas.elements), 3):
            if not cas[place]:
                if cas[place + 1] or cas[place + 2]:
                    raise cas.wrong(f"an amount stands without its reason. {AGAIN}", place)
                continue
            units = elements.quantity(cas, place + 2)
            reason = elements.word(cas, place, 5)
            made.append(
                Adjusted(
                    group, reason, elements.money(cas, place + 1), int(units) if units.lstrip("-").isdecimal() else 0
                )
            )
    return tuple(made)


def _beside(plb: Segment) -> list[ProviderAdjustment]:
    npi, year_ends = elements.word(plb, 1), elements.day(plb, 2)
    if len(plb.elements) > 15 or not plb[3]:
        raise plb.wrong(f"it holds none or more than six adjustments. {AGAIN}", 3)
    made = []
    for place in range(3, len(plb.elements), 2):
        if not plb[place]:
            if plb[place + 1]:
                raise plb.wrong(f"an amount stands without its reason. {AGAIN}", place)
            continue
        code = plb.parts(place)
        if not code[0] or len(code[0]) > 2 or len(code) > 2:
            raise plb.wrong(f"it holds no reason of two letters with its reference. {AGAIN}", place)
        reference = code[1][:50] if len(code) > 1 else ""
        made.append(
            ProviderAdjustment(plb.number, npi, year_ends, code[0], reference, elements.money(plb, place + 1), place)
        )
    return made
