"""Checks of who bills, who treated, who is insured and where they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from billing_hooks.claims import tables
from billing_hooks.claims.claim import Claim, Person, PostalAddress, Provider
from billing_hooks.claims.fields import fields
from billing_hooks.claims.npi import is_npi
from billing_hooks.claims.scrub_words import Against, Check, Found

_ZIP = re.compile(r"\d{5}(\d{4})?\Z", re.ASCII)
_NINE = re.compile(r"\d{9}\Z", re.ASCII)
_PHONE = re.compile(r"[2-9]\d{9}\Z", re.ASCII)
_TAXONOMY = re.compile(r"[1-4][0-9]{2}[0-9A-Z]{2}[0-9]{4}X\Z", re.ASCII)
_BOX = re.compile(r"\bP\W{0,2}\s*O\W{0,2}\s*(BOX|BX)\b|\bPOST\s+OFFICE\s+BOX\b|\b(LOCK|CALLER)\s*BOX\b|^\s*BOX\s+\d",
                  re.IGNORECASE)  # fmt: skip
# CMS: Medicare's number has eleven places, some of digits, some of letters, none of S L O I B Z.
_LETTER = "[ACDEFGHJKMNPQRTUVWXY]"
_EITHER = "[0-9ACDEFGHJKMNPQRTUVWXY]"
_MEDICARE = re.compile(rf"[1-9]{_LETTER}{_EITHER}\d{_LETTER}{_EITHER}\d{_LETTER}{_LETTER}\d\d\Z", re.ASCII)
_OLDEST = 120


def _providers(claim: Claim) -> Iterator[tuple[str, str, Provider]]:
    yield "practice.provider", "the practice", claim.practice.provider
    for place, words, found in (
        ("rendering", "the clinician", claim.rendering), ("supervising", "the supervisor", claim.supervising),
        ("referring", "the referring clinician", claim.referring),
    ):  # fmt: skip
        if found is not None:
            yield place, words, found
    if claim.where is not None:
        yield "where", "the place of service", claim.where[0]


def _addresses(claim: Claim) -> Iterator[tuple[str, str, PostalAddress]]:
    yield "practice.address", "the practice", claim.practice.address
    if claim.practice.pay_to is not None:
        yield "practice.pay_to", "the pay-to address", claim.practice.pay_to
    if claim.where is not None:
        yield "where.address", "the place of service", claim.where[1]
    if claim.client.address is not None:
        yield "client.address", "the client", claim.client.address
    whose = claim.plan.subscriber
    if whose is not None and whose.address is not None:
        yield "plan.subscriber.address", "the subscriber", whose.address


def _insured(claim: Claim) -> Iterator[tuple[str, str, Person]]:
    yield "client", "the client", claim.client
    if claim.plan.subscriber is not None:
        yield "plan.subscriber", "the subscriber", claim.plan.subscriber


def _letters(claim: Claim, _: Against) -> Found:
    return ((field.place, wrong) for field in fields(claim) if (wrong := field.wrong))


def _npi(claim: Claim, _: Against) -> Found:
    for place, words, found in _providers(claim):
        if not found.npi and place != "where":
            yield f"{place}.npi", f"The NPI of {words} is missing: enter it in the settings."
        elif found.npi and not is_npi(found.npi):
            say = f"{found.npi} is no NPI of {words}: its last digit does not check the other nine. Look at the number."
            yield f"{place}.npi", say


def _taxonomy(claim: Claim, _: Against) -> Found:
    for place, words, found in _providers(claim):
        if found.taxonomy and not _TAXONOMY.match(found.taxonomy):
            say = (
                f"{found.taxonomy} is no taxonomy of {words}: it has ten characters and ends in X. Look it up at NUCC."
            )
            yield f"{place}.taxonomy", say


def _taxonomy_known(claim: Claim, against: Against) -> Found:
    for place, words, found in _providers(claim):
        if found.taxonomy and _TAXONOMY.match(found.taxonomy) and found.taxonomy not in against.taxonomies:
            say = f"{found.taxonomy}, the taxonomy of {words}, is not on the practice's list: look whether it is right."
            yield f"{place}.taxonomy", say


def _taxonomy_missing(claim: Claim, _: Against) -> Found:
    for place, words, found in _providers(claim):
        if place in ("practice.provider", "rendering") and not found.taxonomy:
            yield f"{place}.taxonomy", f"The taxonomy of {words} is missing: many payers find their contract by it."


def _clinician(claim: Claim, _: Against) -> Found:
    if claim.rendering is None and not claim.practice.provider.given:
        yield "rendering", "Who treated is missing: a practice bills for a person, name the clinician."
    for place, words, found in _providers(claim):
        if place in ("rendering", "supervising", "referring") and not found.given.strip():
            yield f"{place}.given", f"The first name of {words} is missing: a person does this, not a practice."
    if claim.where is not None and claim.where[0].given:
        yield "where.given", "The place of service is no person: write its name alone."


def _box(claim: Claim, _: Against) -> Found:
    for place, words, found in _addresses(claim):
        if place in ("practice.address", "where.address") and (_BOX.search(found.street) or _BOX.search(found.second)):
            say = f"The address of {words} is a post office box: give the street, and the box as the pay-to address."
            yield f"{place}.street", say


def _zip(claim: Claim, _: Against) -> Found:
    for place, words, found in _addresses(claim):
        if not _ZIP.match(found.zip):
            yield f"{place}.zip", f"The ZIP code of {words} must have five digits, or nine: look at it."


def _zip_plus_four(claim: Claim, _: Against) -> Found:
    for place, words, found in _addresses(claim):
        short = _ZIP.match(found.zip) and (len(found.zip) != 9 or found.zip.endswith("0000"))
        if place in ("practice.address", "where.address") and short:
            say = f"The ZIP code of {words} needs its four further digits (ZIP+4): look them up at the postal service."
            yield f"{place}.zip", say


def _state(claim: Claim, _: Against) -> Found:
    for place, words, found in _addresses(claim):
        if found.state not in tables.STATES:
            say = f"{found.state or 'Nothing'} is no state of {words}: write two letters, for example MN."
            yield f"{place}.state", say


def _address(claim: Claim, _: Against) -> Found:
    for place, words, found in _addresses(claim):
        if not found.street.strip():
            yield f"{place}.street", f"The street of {words} is missing: enter it."
        if not found.city.strip():
            yield f"{place}.city", f"The city of {words} is missing: enter it."
    if claim.client.address is None:
        yield "client.address", "The client's address is missing: enter it on the client's page."


def _tax(claim: Claim, _: Against) -> Found:
    number, kind = claim.practice.tax_id, claim.practice.tax_kind
    if kind not in ("EI", "SY"):
        yield "practice.tax_kind", "Say whether the tax number is an employer's (EI) or a person's own (SY)."
    bad = number[:3] in ("000", "666") or number[:1] == "9" if kind == "SY" else number[:2] == "00"
    if not number:
        yield "practice.tax_id", "The practice's tax number is missing: enter it in the practice's billing facts."
    elif not _NINE.match(number) or bad or len(set(number)) == 1:
        say = (
            "The practice's tax number must have nine digits, without a hyphen, as the tax office gave it: look at it."
        )
        yield "practice.tax_id", say


def _phone(claim: Claim, _: Against) -> Found:
    if claim.practice.phone and not _PHONE.match(claim.practice.phone):
        yield "practice.phone", "The practice's telephone must have ten digits without signs: look at it."
    if (claim.practice.phone or claim.practice.mail) and not claim.practice.contact:
        yield "practice.contact", "Name whom the payer asks for at the practice's telephone or mail address."


def _names(claim: Claim, _: Against) -> Found:
    for place, words, found in _insured(claim):
        if not found.family.strip():
            yield f"{place}.family", f"The last name of {words} is missing: write it as the card has it."
        if not found.given.strip():
            yield f"{place}.given", f"The first name of {words} is missing: write it as the card has it."
    for place, words, who in _providers(claim):
        if not who.family.strip():
            yield f"{place}.family", f"The name of {words} is missing: enter it in the settings."


def _birth(claim: Claim, against: Against) -> Found:
    first = min((line.day for line in claim.lines), default=against.today)
    for place, words, found in _insured(claim):
        born = found.birth_date
        if born is None:
            if place != "client":
                continue  # TR3 2010BA: a subscriber who is not the client needs none
            yield f"{place}.birth_date", f"The birth date of {words} is missing: enter it."
        elif born > first:
            yield f"{place}.birth_date", f"The birth date of {words} lies after the visit: look at the year."
        elif first.year - born.year > _OLDEST:
            yield f"{place}.birth_date", f"{words.capitalize()} would be older than {_OLDEST}: look at the birth year."


def _sex(claim: Claim, _: Against) -> Found:
    for place, words, found in _insured(claim):
        if found.sex not in ("F", "M", "U") and (place == "client" or found.birth_date is not None or found.sex):
            yield f"{place}.sex", f"The sex of {words} is missing: payers take F, M or U."


def _plan(claim: Claim, _: Against) -> Found:
    plan = claim.plan
    if not plan.name.strip():
        yield "plan.name", "The plan's name is missing: write it as the card has it."
    if not plan.payer_id.strip():
        yield "plan.payer_id", "The payer's electronic number is missing: it stands on the card or in the payer list."
    if not plan.member.strip():
        yield "plan.member", "The member number is missing: it stands on the card."
    elif " " in plan.member.strip():
        yield "plan.member", "The member number has a blank: write it without, as payers keep it."


def _medicare_member(claim: Claim, _: Against) -> Found:
    if claim.plan.filing == "MB" and claim.plan.member and not _MEDICARE.match(claim.plan.member.upper()):
        say = (
            "This is no Medicare number: it has eleven characters like 1EG4TE5MK72, without hyphens. Look at the card."
        )
        yield "plan.member", say


def _filing(claim: Claim, _: Against) -> Found:
    if claim.plan.filing not in tables.FILINGS:
        say = f"{claim.plan.filing or 'Nothing'} is no kind of plan for a claim (SBR09): choose the plan's kind again."
        yield "plan.filing", say


def _relation(claim: Claim, _: Against) -> Found:
    plan = claim.plan
    if plan.relation not in tables.RELATIONS:
        yield "plan.relation", "Say whose plan it is: the client's own, their spouse's, a parent's or somebody else's."
    elif (plan.relation == "self") != (plan.subscriber is None):
        yield "plan.subscriber", "Name the subscriber where the plan is not the client's own, and nobody where it is."
    if plan.filing in ("MB", "MC") and plan.subscriber is not None:
        say = "Medicare and Medicaid insure everybody for themselves: make the client the subscriber."
        yield "plan.subscriber", say


CHECKS = (
    Check("cannot-be-written", _letters, "X12.6 and the guide's lengths"),
    Check("npi", _npi, "45 CFR 162.406"),
    Check("taxonomy", _taxonomy, "NUCC provider taxonomy"),
    Check("taxonomy-not-listed", _taxonomy_known, "NUCC provider taxonomy", grave=False),
    Check("taxonomy-missing", _taxonomy_missing, "TR3 2000A and 2310B PRV", grave=False),
    Check("clinician", _clinician, "TR3 2310B"),
    Check("po-box", _box, "TR3 2010AA N3"),
    Check("zip", _zip, "USPS ZIP code"),
    Check("zip-plus-four", _zip_plus_four, "TR3 2010AA and 2310C N403"),
    Check("state", _state, "USPS state codes"),
    Check("address", _address, "TR3 2010AA, 2010BA, 2010CA N3 and N4"),
    Check("tax-id", _tax, "TR3 2010AA REF"),
    Check("practice-contact", _phone, "TR3 2010AA PER"),
    Check("name", _names, "TR3 NM103, NM104"),
    Check("birth-date", _birth, "TR3 DMG02"),
    Check("sex", _sex, "TR3 DMG03"),
    Check("plan", _plan, "TR3 2010BA and 2010BB NM1"),
    Check("medicare-number", _medicare_member, "CMS, format of Medicare's beneficiary number"),
    Check("filing-code", _filing, "X12 1032"),
    Check("relation", _relation, "TR3 2000B and 2000C"),
)
