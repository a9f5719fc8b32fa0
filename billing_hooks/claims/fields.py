"""Every text of a claim that is written, with its name for people, its kind of letters and its length. Pure.

The scrubber, the emitter and the reader agree on this one list: what is not on it is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from billing_hooks.claims import letters
from billing_hooks.claims.claim import Claim, Person, Plan, PostalAddress, Practice, Provider


class Kind(StrEnum):
    """Which letters it may have: of a name, of a number that somebody gave out, of a mail address."""

    TEXT = "text"
    NUMBER = "number"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Field:
    """One text: `place` in the claim ("client.family"), `words` for people, at `least` and at `most` so many letters as
    the 837 has room for."""

    place: str
    words: str
    value: str
    kind: Kind
    most: int
    least: int = 1

    @property
    def wrong(self) -> str:
        """Why it cannot be written, with what to do; "" where it can."""
        if not self.value:
            return ""
        if self.kind is Kind.MAIL:
            written = letters.mail(self.value)
            if not written:
                return f"{self.words}: this is no plain mail address. Write it with letters, digits, dots and one @."
        elif self.kind is Kind.NUMBER:
            written = letters.number(self.value)
            if not written:
                return (
                    f"{self.words}: it has a character that a claim cannot carry. Type it as the card or letter has it."
                )
        else:
            written, strange = letters.spell(self.value)
            if strange:
                return f"{self.words}: “{strange}” has no spelling in a claim. Write it with Latin letters."
            if not written:
                return f"{self.words}: nothing of it can be written in a claim. Write it with letters and digits."
        if len(written) > self.most:
            return f"{self.words}: it has {len(written)} characters, a claim has room for {self.most}. Shorten it."
        if len(written) < self.least:
            return (
                f"{self.words}: it has {len(written)} character, a claim takes no less than {self.least}. Look at it."
            )
        return ""


def fields(claim: Claim) -> Iterator[Field]:
    """All texts of a claim, empty ones too."""
    yield Field("id", "The claim's number", claim.id, Kind.NUMBER, 20)
    yield from _practice(claim.practice)
    yield from _person("client", "The client's", claim.client)
    yield from _plan("plan", "The plan's", claim.plan)
    yield Field("authorization", "The authorisation", claim.authorization, Kind.NUMBER, 50)
    yield Field("referral", "The referral's number", claim.referral, Kind.NUMBER, 50)
    yield Field("original", "The payer's number of the first claim", claim.original, Kind.NUMBER, 50)
    yield Field("note", "The note", claim.note, Kind.TEXT, 80)
    people = (("rendering", claim.rendering), ("supervising", claim.supervising), ("referring", claim.referring))
    for place, provider in people:
        if provider is not None:
            yield from _provider(place, f"The {place} clinician's", provider)
    if claim.where is not None:
        yield from _provider("where", "The place of service's", claim.where[0])
        yield from _address("where.address", "The place of service's", claim.where[1])
    for at, code in enumerate(claim.diagnoses):
        yield Field(f"diagnoses[{at}]", f"Diagnosis {at + 1}", code, Kind.NUMBER, 30)
    for at, line in enumerate(claim.lines):
        yield Field(f"lines[{at}].number", f"Line {at + 1}'s number", line.number, Kind.NUMBER, 30)
        yield Field(f"lines[{at}].code", f"Line {at + 1}'s code", line.code, Kind.NUMBER, 48)
    for at, earlier in enumerate(claim.earlier):
        yield from _plan(f"earlier[{at}].plan", f"Earlier payer {at + 1}'s", earlier.plan)
        words = f"Earlier payer {at + 1}'s number of the claim"
        yield Field(f"earlier[{at}].payer_number", words, earlier.payer_number, Kind.NUMBER, 50)
        for remark in earlier.remarks:
            yield Field(f"earlier[{at}].remarks", f"Earlier payer {at + 1}'s remark", remark, Kind.NUMBER, 50)
    for at, further in enumerate(claim.further):
        yield from _plan(f"plan.further[{at}]", "The client's further plan's", further.plan)


def _practice(practice: Practice) -> Iterator[Field]:
    yield from _provider("practice.provider", "The practice's", practice.provider)
    yield from _address("practice.address", "The practice's", practice.address)
    yield Field("practice.tax_id", "The practice's tax number", practice.tax_id, Kind.NUMBER, 50)
    yield Field("practice.contact", "The practice's contact", practice.contact, Kind.TEXT, 60)
    yield Field("practice.phone", "The practice's telephone", practice.phone, Kind.NUMBER, 256)
    yield Field("practice.mail", "The practice's mail address", practice.mail, Kind.MAIL, 256)
    if practice.pay_to is not None:
        yield from _address("practice.pay_to", "The pay-to", practice.pay_to)


def _provider(place: str, words: str, provider: Provider) -> Iterator[Field]:
    name = "last name" if provider.given else "name"
    yield Field(f"{place}.family", f"{words} {name}", provider.family, Kind.TEXT, 60)
    yield Field(f"{place}.given", f"{words} first name", provider.given, Kind.TEXT, 35)
    yield Field(f"{place}.middle", f"{words} middle name", provider.middle, Kind.TEXT, 25)
    yield Field(f"{place}.suffix", f"{words} name's suffix", provider.suffix, Kind.TEXT, 10)
    yield Field(f"{place}.npi", f"{words} NPI", provider.npi, Kind.NUMBER, 80)
    yield Field(f"{place}.taxonomy", f"{words} taxonomy", provider.taxonomy, Kind.NUMBER, 50)


def _person(place: str, words: str, person: Person) -> Iterator[Field]:
    yield Field(f"{place}.family", f"{words} last name", person.family, Kind.TEXT, 60)
    yield Field(f"{place}.given", f"{words} first name", person.given, Kind.TEXT, 35)
    yield Field(f"{place}.middle", f"{words} middle name", person.middle, Kind.TEXT, 25)
    yield Field(f"{place}.suffix", f"{words} name's suffix", person.suffix, Kind.TEXT, 10)
    if person.address is not None:
        yield from _address(f"{place}.address", words, person.address)


def _plan(place: str, words: str, plan: Plan) -> Iterator[Field]:
    yield Field(f"{place}.name", f"{words} name", plan.name, Kind.TEXT, 60)
    yield Field(f"{place}.payer_id", f"{words} electronic payer number", plan.payer_id, Kind.NUMBER, 80, 2)
    yield Field(f"{place}.member", f"{words} member number", plan.member, Kind.NUMBER, 80, 2)
    yield Field(f"{place}.group", f"{words} group number", plan.group, Kind.NUMBER, 50)
    yield Field(f"{place}.plan", f"{words} group name", plan.plan, Kind.TEXT, 60)
    if plan.subscriber is not None:
        yield from _person(f"{place}.subscriber", "The subscriber's", plan.subscriber)


def _address(place: str, words: str, address: PostalAddress) -> Iterator[Field]:
    yield Field(f"{place}.street", f"{words} street", address.street, Kind.TEXT, 55)
    yield Field(f"{place}.second", f"{words} second line of the street", address.second, Kind.TEXT, 55)
    yield Field(f"{place}.city", f"{words} city", address.city, Kind.TEXT, 30, 2)
    yield Field(f"{place}.state", f"{words} state", address.state, Kind.NUMBER, 2)
    yield Field(f"{place}.zip", f"{words} ZIP code", address.zip, Kind.NUMBER, 15)
