"""A claim as its 837 says it: spelled in X12's letters, without what has no place there. Pure.

What is kept beside a sent batch and what is read back of it are compared in this form.
"""

from __future__ import annotations

from dataclasses import replace

from billing_hooks.claims.claim import (
    Adjusted,
    Claim,
    Earlier,
    Judged,
    Person,
    Plan,
    PostalAddress,
    Practice,
    Provider,
    ServiceLine,
)
from billing_hooks.claims.emit_claim import REMARKS
from billing_hooks.claims.letters import mail, number, text


def written(claim: Claim) -> Claim:
    """The claim that `reading.read` gives of what `emit` wrote of this one."""
    return replace(
        claim,
        id=number(claim.id),
        encounter="",
        practice=_practice(claim.practice),
        client=_person(claim.client),
        plan=_plan(claim.plan),
        lines=tuple(_line(line, claim.pos) for line in claim.lines),
        diagnoses=tuple(map(number, claim.diagnoses)),
        rendering=_rendering(claim),
        supervising=None if claim.supervising is None else _provider(claim.supervising, taxonomy=False),
        referring=None if claim.referring is None else _provider(claim.referring, taxonomy=False),
        where=None
        if claim.where is None
        else (_provider(claim.where[0], taxonomy=False), _address(claim.where[1])),
        authorization=number(claim.authorization),
        referral=number(claim.referral),
        original=number(claim.original),
        note=text(claim.note),
        earlier=tuple(_earlier(each, claim.lines) for each in claim.earlier),
        further=tuple(replace(each, plan=_other(each.plan)) for each in claim.further),
    )  # fmt: skip


def _rendering(claim: Claim) -> Provider | None:
    """Only where another than who bills (2310B)."""
    found = claim.rendering
    return None if found is None or found.npi == claim.practice.provider.npi else _provider(found)


def _practice(found: Practice) -> Practice:
    reached = bool(found.phone or found.mail)
    return replace(
        found,
        provider=_provider(found.provider),
        address=_address(found.address),
        tax_id=number(found.tax_id),
        phone=number(found.phone),
        mail=mail(found.mail),
        contact=text(found.contact) if reached else "",
        pay_to=None if found.pay_to is None else _address(found.pay_to),
    )


def _provider(found: Provider, *, taxonomy: bool = True) -> Provider:
    kept = Provider(text(found.family), number(found.npi), number(found.taxonomy) if taxonomy else "")
    if not found.given:
        return kept  # a practice has one name
    return replace(kept, given=text(found.given), middle=text(found.middle), suffix=text(found.suffix))


def _person(found: Person) -> Person:
    return replace(
        found, given=text(found.given), family=text(found.family), middle=text(found.middle), suffix=text(found.suffix),
        address=None if found.address is None else _address(found.address),
    )  # fmt: skip


def _plan(found: Plan) -> Plan:
    return replace(
        found, name=text(found.name), payer_id=number(found.payer_id), member=number(found.member),
        group=number(found.group), plan="" if found.group else text(found.plan),
        relation="self" if found.subscriber is None else found.relation,
        subscriber=None if found.subscriber is None else _person(found.subscriber),
    )  # fmt: skip


def _address(found: PostalAddress) -> PostalAddress:
    return PostalAddress(
        text(found.street), text(found.city), number(found.state), number(found.zip), text(found.second)
    )


def _line(found: ServiceLine, pos: str) -> ServiceLine:
    return replace(
        found, number=number(found.number), code=number(found.code), pos="" if found.pos == pos else found.pos
    )


def _earlier(found: Earlier, lines: tuple[ServiceLine, ...]) -> Earlier:
    """Its decisions in the order of the lines; what a line's code was, where the payer changed none."""
    judged = tuple(_judged(each, line) for line in lines for each in found.lines if each.line == line.number)
    return replace(
        found, plan=_other(found.plan), adjusted=_grouped(found.adjusted), lines=judged,
        payer_number=number(found.payer_number), day=None if judged else found.day,
        remarks=tuple(map(number, found.remarks[:REMARKS])),
    )  # fmt: skip


def _other(found: Plan) -> Plan:
    """Another plan of the client's: 2330A has no place for a birth date."""
    plan = _plan(found)
    whose = plan.subscriber
    return plan if whose is None else replace(plan, subscriber=replace(whose, birth_date=None, sex=""))


def _judged(found: Judged, line: ServiceLine) -> Judged:
    code, modifiers = (found.code, found.modifiers) if found.code else (line.code, line.modifiers)
    return replace(
        found, line=number(found.line), code=number(code), modifiers=modifiers, adjusted=_grouped(found.adjusted)
    )


def _grouped(found: tuple[Adjusted, ...]) -> tuple[Adjusted, ...]:
    return tuple(replace(each, reason=number(each.reason)) for each in found)
