"""A claim as the boxes of the paper form CMS-1500 (02/12): values by box, as JSON and CSV. Pure.

Source: the form's own instructions as the research names them. Three boxes that others got wrong are held by tests:
24B is the place of service, 25 the billing provider's tax id, 32 stands only where the clinician's place is another
than the practice's address, and never is the client's home. A form holds six services: more become further forms, each
whole with its own total and what was paid of it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing_hooks.claims.claim import Claim, Earlier, Frequency, Person, Provider, Rank, ServiceLine
from billing_hooks.errors import Refused
from billing_hooks.papers.biller_csv import safe

LINES = 6
# SBR09 to the mark of box 1; what is not listed is "other".
_KINDS = {
    "MB": "medicare", "MA": "medicare", "MC": "medicaid", "CH": "tricare", "VA": "champva",
    "BL": "other", "CI": "group", "HM": "group", "12": "group", "13": "group", "14": "group", "15": "group",
}  # fmt: skip
_ON_FILE = "SIGNATURE ON FILE"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: value by box. Names are the form's own numbers with a word ("24.1.b" is box B of the first service)."""

    boxes: Mapping[str, str]


def forms(claim: Claim, *, signed_on: date | None = None) -> tuple[Form, ...]:
    """The claim's forms, one for each six services. `signed_on` the day of box 31.

    Errors: Refused("cms1500-diagnoses") for more than twelve; Refused("cms1500-empty") for a claim without services.
    """
    if len(claim.diagnoses) > 12:
        raise Refused("cms1500-diagnoses", "The paper form holds twelve diagnoses: split the claim.")
    if not claim.lines:
        raise Refused("cms1500-empty", "There is no service to print: the claim has no lines.")
    groups = [claim.lines[at : at + LINES] for at in range(0, len(claim.lines), LINES)]
    return tuple(
        Form(_filled(replace(claim, lines=group, earlier=_share(claim.earlier, group, first=not place)), signed_on))
        for place, group in enumerate(groups)
    )


def as_json(found: Sequence[Form]) -> bytes:
    """All forms: a list of objects, box to value, empty boxes left out."""
    return json.dumps([dict(form.boxes) for form in found], ensure_ascii=False, indent=1).encode("utf-8")


def as_csv(found: Sequence[Form]) -> bytes:
    """All forms, one row a box: form (from 1), box, value; what a spreadsheet would take for a formula is only text."""
    sink = _Lines()
    writer = csv.writer(sink)
    writer.writerow(("form", "box", "value"))
    for number, form in enumerate(found, 1):
        writer.writerows((number, box, safe(value)) for box, value in form.boxes.items())
    return "".join(sink.lines).encode("utf-8")


class _Lines:
    """What the csv module writes into."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> int:
        self.lines.append(line)
        return len(line)


def _share(earlier: Sequence[Earlier], lines: Sequence[ServiceLine], *, first: bool) -> tuple[Earlier, ...]:
    """What payers before decided of one form's services. What they paid of no service alone stands on the first, so
    that the forms' boxes 29 come to what was paid, once."""
    here = {line.number for line in lines}
    found = []
    for each in earlier:
        judged = tuple(one for one in each.lines if one.line in here)
        whole = each.paid - sum(one.paid for one in each.lines) if first else 0
        found.append(replace(each, lines=judged, paid=sum(one.paid for one in judged) + whole))
    return tuple(found)


def _filled(claim: Claim, signed_on: date | None) -> dict[str, str]:
    boxes = {
        **_plan(claim), **_people(claim), **_others(claim), **_signatures(claim), **_providers(claim),
        **_claim_numbers(claim), **_diagnoses(claim), **_lines(claim), **_foot(claim, signed_on),
    }  # fmt: skip
    return {box: value.upper() for box, value in boxes.items() if value}


def _plan(claim: Claim) -> dict[str, str]:
    plan = claim.plan
    return {
        "carrier.name": plan.name,
        f"1.{_KINDS.get(plan.filing, 'other')}": "X",
        "1a": plan.member,
        f"6.{plan.relation if plan.relation in ('self', 'spouse', 'child') else 'other'}": "X",
        # Medicare that comes first wants the word NONE where others want the group's number.
        "11": "NONE" if plan.filing == "MB" and claim.rank is Rank.PRIMARY else plan.group,
        "11c": plan.plan or plan.name,
        "11d.yes" if claim.earlier or claim.further else "11d.no": "X",
    }


def _people(claim: Claim) -> dict[str, str]:
    client, subscriber = claim.client, claim.plan.subscriber or claim.client
    boxes = {
        "2": _name(client), **_born("3", client), **_address("5", client),
        "4": _name(subscriber), **_address("7", subscriber), **_born("11a", subscriber),
        "10a.no": "X", "10b.no": "X", "10c.no": "X",
    }  # fmt: skip
    if claim.plan.filing == "MB" and claim.rank is Rank.PRIMARY:
        for box in ("4", "7.street", "7.city", "7.state", "7.zip", "11a.mm", "11a.dd", "11a.yyyy", "11a.m", "11a.f"):
            boxes.pop(box, None)
    return boxes


def _others(claim: Claim) -> dict[str, str]:
    """The payer who decided before, else the one who comes after, where there is one."""
    others = [each.plan for each in claim.earlier] + [each.plan for each in claim.further]
    if not others:
        return {}
    plan = others[0]
    return {"9": _name(plan.subscriber or claim.client), "9a": plan.group or plan.member, "9d": plan.plan or plan.name}


def _signatures(claim: Claim) -> dict[str, str]:
    return {
        "12": _ON_FILE if claim.release_signed else "", "13": _ON_FILE if claim.benefits_assigned else "",
    }  # fmt: skip


def _providers(claim: Claim) -> dict[str, str]:
    sent = claim.referring or claim.supervising
    boxes = {"19": claim.note, "20.no": "X"}
    if sent is not None:
        boxes |= {
            "17.qualifier": "DN" if claim.referring is not None else "DQ", "17": _spoken(sent), "17b": sent.npi,
        }  # fmt: skip
    return boxes


def _claim_numbers(claim: Claim) -> dict[str, str]:
    again = claim.frequency is not Frequency.NEW
    return {
        "22.code": claim.frequency.value if again else "", "22.original": claim.original if again else "",
        "23": claim.authorization or claim.referral,
    }  # fmt: skip


def _diagnoses(claim: Claim) -> dict[str, str]:
    letters = {f"21.{chr(65 + place)}": code.replace(".", "") for place, code in enumerate(claim.diagnoses)}
    return {"21.icd": "0", **letters} if letters else {}


def _lines(claim: Claim) -> dict[str, str]:
    boxes: dict[str, str] = {}
    for number, line in enumerate(claim.lines, 1):
        boxes |= {f"24.{number}.{box}": value for box, value in _line(claim, line).items()}
    return boxes


def _line(claim: Claim, line: ServiceLine) -> dict[str, str]:
    day, rendering = line.day, claim.rendering or claim.practice.provider
    modifiers = {f"d.modifier{place}": found for place, found in enumerate(line.modifiers[:4], 1)}
    return {
        "a.from.mm": f"{day:%m}", "a.from.dd": f"{day:%d}", "a.from.yy": f"{day:%y}",
        "a.to.mm": f"{day:%m}", "a.to.dd": f"{day:%d}", "a.to.yy": f"{day:%y}",
        "b": line.pos or claim.pos,
        "d.code": line.code, **modifiers,
        "e": "".join(chr(64 + pointer) for pointer in line.pointers[:4]),
        "f": _cents(line.charge), "g": str(line.units),
        "i": "ZZ" if rendering.taxonomy else "", "j.other": rendering.taxonomy, "j": rendering.npi,
    }  # fmt: skip


def _foot(claim: Claim, signed_on: date | None) -> dict[str, str]:
    practice, provider = claim.practice, claim.practice.provider
    signer = claim.rendering or provider
    paid = sum(each.paid for each in claim.earlier)
    boxes = {
        "25": practice.tax_id, "25.ssn" if practice.tax_kind == "SY" else "25.ein": "X",
        "26": claim.id, "27.yes" if claim.assignment in ("A", "B") else "27.no": "X",
        "28": _cents(claim.charge), "29": _cents(paid) if claim.earlier else "",
        "31": " ".join(part for part in (signer.given, signer.family, signer.credentials) if part),
        "31.date": f"{signed_on:%m %d %y}" if signed_on else "",
        "33.area": practice.phone[:3], "33.phone": practice.phone[3:],
        "33.name": provider.family, "33.street": _street(practice.address.street, practice.address.second),
        "33.city": f"{practice.address.city} {practice.address.state} {practice.address.zip}",
        "33a": provider.npi, "33b": f"ZZ{provider.taxonomy}" if provider.taxonomy else "",
    }  # fmt: skip
    if claim.where is not None:
        place, address = claim.where
        boxes |= {
            "32.name": place.family, "32.street": _street(address.street, address.second),
            "32.city": f"{address.city} {address.state} {address.zip}", "32a": place.npi,
        }  # fmt: skip
    return boxes


def _name(of: Person) -> str:
    """LAST, FIRST, MIDDLE as the form wants it."""
    family = " ".join(part for part in (of.family, of.suffix) if part)
    return ", ".join(part for part in (family, of.given, of.middle[:1]) if part)


def _spoken(of: Provider) -> str:
    return " ".join(part for part in (of.given, of.middle[:1], of.family, of.credentials) if part)


def _born(box: str, of: Person) -> dict[str, str]:
    sex = {f"{box}.{of.sex.lower()}": "X"} if of.sex in ("M", "F") else {}
    if of.birth_date is None:
        return sex
    born = of.birth_date
    return {f"{box}.mm": f"{born:%m}", f"{box}.dd": f"{born:%d}", f"{box}.yyyy": f"{born.year:04}", **sex}


def _address(box: str, of: Person) -> dict[str, str]:
    found = of.address
    if found is None:
        return {}
    street = _street(found.street, found.second)
    return {f"{box}.street": street, f"{box}.city": found.city, f"{box}.state": found.state, f"{box}.zip": found.zip}


def _street(street: str, second: str) -> str:
    return " ".join(part for part in (street, second) if part)


def _cents(cents: int) -> str:
    """Dollars and cents apart, no sign, no point: `175 00`."""
    return f"{cents // 100} {cents % 100:02d}"
