"""One claim with its services and what earlier payers decided, as segments (loops 2300 to 2430). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from billing_hooks.claims.claim import Adjusted, Claim, Earlier, Judged, Plan, Rank, ServiceLine
from billing_hooks.claims.emit_parties import RELATIONS, address, day, insured, person, provider
from billing_hooks.claims.letters import money, number, text
from billing_hooks.x12 import segment

_TRIPLES = 6  # reasons that one CAS has room for
REMARKS = 5  # remarks that one MOA has room for (MOA03 to 07)


def write(claim: Claim) -> list[str]:
    """2300 with everything below it."""
    found = [_head(claim)]
    found += [
        segment("REF", kind, number(value))
        for kind, value in (("9F", claim.referral), ("G1", claim.authorization), ("F8", claim.original))
        if value
    ]
    if claim.note:
        found.append(segment("NTE", "ADD", text(claim.note)))
    if claim.diagnoses:
        codes = (f"{'ABF' if place else 'ABK'}:{number(code)}" for place, code in enumerate(claim.diagnoses))
        found.append(segment("HI", *codes))
    found += _people(claim)
    for earlier in claim.earlier:
        found += _earlier(claim, earlier)
    for each in claim.further:
        found += _other(claim, each.rank, each.plan)
    for place, line in enumerate(claim.lines, 1):
        found += _line(claim, line, place)
    return found


def _head(claim: Claim) -> str:
    return segment(
        "CLM", number(claim.id), money(claim.charge), "", "", f"{claim.pos}:B:{claim.frequency.value}", "Y",
        claim.assignment, "Y" if claim.benefits_assigned else "N", "Y" if claim.release_signed else "I",
        "P" if claim.signed_for else "", "", "", "", "", "", "", "", "", "", claim.delay,
    )  # fmt: skip


def _people(claim: Claim) -> list[str]:
    """2310A to D, in the guide's order. The clinician is named only where another than who bills."""
    found = [] if claim.referring is None else [provider("DN", claim.referring)]
    rendering = claim.rendering
    if rendering is not None and rendering.npi != claim.practice.provider.npi:
        found.append(provider("82", rendering))
        if rendering.taxonomy:
            found.append(segment("PRV", "PE", "PXC", number(rendering.taxonomy)))
    if claim.where is not None:
        found += [provider("77", claim.where[0]), *address(claim.where[1])]
    if claim.supervising is not None:
        found.append(provider("DQ", claim.supervising))
    return found


def _earlier(claim: Claim, earlier: Earlier) -> list[str]:
    """2320 and 2330: a payer who decided before."""
    # What a decision of single lines leaves to the client stands with each of them.
    left = [] if earlier.lines else _left(earlier.adjusted)
    decided = [*_adjusted(earlier.adjusted), segment("AMT", "D", money(earlier.paid)), *left]
    found = _other(claim, earlier.rank, earlier.plan, decided, earlier.remarks[:REMARKS])
    if earlier.day is not None and not earlier.lines:
        found.append(f"DTP*573*D8*{day(earlier.day)}~")
    if earlier.payer_number:
        found.append(segment("REF", "F8", number(earlier.payer_number)))
    return found


def _other(claim: Claim, rank: Rank, plan: Plan, decided: Iterable[str] = (), remarks: Iterable[str] = ()) -> list[str]:
    """Another plan of the client's, with what it decided where it did."""
    whose = plan.subscriber or claim.client
    said = [number(each) for each in remarks]
    return [
        insured(rank, plan, RELATIONS[plan.relation if plan.subscriber is not None else "self"]),
        *decided,
        segment(
            "OI", "", "", "Y" if claim.benefits_assigned else "N", "P" if claim.signed_for else "", "",
            "Y" if claim.release_signed else "I",
        ),
        *([segment("MOA", "", "", *said)] if said else []),
        *person("IL", whose, plan.member),
        segment("NM1", "PR", "2", text(plan.name), "", "", "", "", "PI", number(plan.payer_id)),
    ]  # fmt: skip


def _line(claim: Claim, line: ServiceLine, place: int) -> list[str]:
    pos = line.pos if line.pos != claim.pos else ""
    pointers = ":".join(map(str, line.pointers))
    found = [
        f"LX*{place}~",
        segment(
            "SV1", _service(line.code, line.modifiers), money(line.charge), "UN", str(line.units), pos, "", pointers
        ),
        f"DTP*472*D8*{day(line.day)}~",
    ]  # fmt: skip
    if line.number:
        found.append(segment("REF", "6R", number(line.number)))
    for earlier in claim.earlier:
        for judged in earlier.lines:
            if judged.line == line.number:
                found += _judged(line, earlier, judged)
    return found


def _judged(line: ServiceLine, earlier: Earlier, judged: Judged) -> list[str]:
    """2430: what the earlier payer decided of this line, and what it left to the client."""
    code, modifiers = (judged.code, judged.modifiers) if judged.code else (line.code, line.modifiers)
    found = [
        segment(
            "SVD", number(earlier.plan.payer_id), money(judged.paid), _service(code, modifiers), "", str(judged.units)
        ),
        *_adjusted(judged.adjusted),
        f"DTP*573*D8*{day(judged.day)}~",
    ]
    return [*found, *_left(judged.adjusted)]


def _left(adjusted: Iterable[Adjusted]) -> list[str]:
    """AMT*EAF: what is left to the client, where anything is."""
    left = sum(each.cents for each in adjusted if each.group == "PR")
    return [] if left <= 0 else [segment("AMT", "EAF", money(left))]


def _adjusted(adjusted: Iterable[Adjusted]) -> list[str]:
    """CAS: one segment a group and six reasons, in the order in which they were decided."""
    found = []
    for group, run in groupby(adjusted, key=lambda each: each.group):
        reasons = list(run)
        for start in range(0, len(reasons), _TRIPLES):
            parts = [
                part
                for each in reasons[start : start + _TRIPLES]
                for part in (each.reason, money(each.cents), str(each.units) if each.units else "")
            ]
            found.append(segment("CAS", group, *parts))
    return found


def _service(code: str, modifiers: Iterable[str]) -> str:
    return ":".join(("HC", number(code), *modifiers))
