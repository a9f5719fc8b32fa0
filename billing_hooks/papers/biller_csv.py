"""Claims for an outside biller: a CSV file, one row a service, its columns said here. Pure.

UTF-8, a comma between values, RFC 4180 quotes, CR LF; days as 2026-11-20, money as 175.00, diagnoses without dots. A
value that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from billing_hooks.claims.claim import Claim, Person, PostalAddress, Provider, ServiceLine

COLUMNS: tuple[tuple[str, str], ...] = (
    ("claim", "Our account number of the claim (CLM01, box 26)"),
    ("line", "The service's control number (REF 6R)"),
    ("frequency", "1 new, 7 replaces, 8 takes back"),
    ("original", "The payer's number of the claim that is replaced or taken back"),
    ("rank", "P primary, S secondary, T tertiary"),
    ("payer", "The plan's name"),
    ("payer_id", "The payer's number for electronic claims"),
    ("filing", "The kind of plan (SBR09: CI, MB, MC ...)"),
    ("member", "The member's number"),
    ("group", "The group's number"),
    ("relation", "The client's relation to the subscriber: self, spouse, child, other"),
    ("client_family", "The client's family name"),
    ("client_given", "The client's given name"),
    ("client_birth_date", "The client's birth date"),
    ("client_sex", "F, M or U"),
    ("client_street", "The client's street"),
    ("client_city", "The client's city"),
    ("client_state", "The client's state"),
    ("client_zip", "The client's ZIP code"),
    ("subscriber_family", "The subscriber's family name, where another than the client"),
    ("subscriber_given", "The subscriber's given name, where another than the client"),
    ("subscriber_birth_date", "The subscriber's birth date, where another than the client"),
    ("billing_name", "The practice"),
    ("billing_npi", "The practice's NPI"),
    ("billing_tax_id", "The practice's tax id (nine digits)"),
    ("rendering_name", "Who gave the service"),
    ("rendering_npi", "Their NPI"),
    ("rendering_taxonomy", "Their taxonomy code"),
    ("place_npi", "The NPI of the clinician's place, where another than the practice's address"),
    ("day", "The day of service"),
    ("pos", "The place of service"),
    ("code", "The procedure code"),
    ("modifier1", "Its first modifier"),
    ("modifier2", "Its second modifier"),
    ("modifier3", "Its third modifier"),
    ("modifier4", "Its fourth modifier"),
    ("units", "Units"),
    ("charge", "The charge in dollars"),
    ("diagnosis1", "The diagnosis that the service points to first"),
    ("diagnosis2", "Its second"),
    ("diagnosis3", "Its third"),
    ("diagnosis4", "Its fourth"),
    ("authorization", "The payer's authorisation number"),
    ("assignment", "A assigned, B assigned for laboratory services only, C not assigned"),
)


def rows(claims: Iterable[Claim]) -> Iterator[bytes]:
    """The file line by line, the names of the columns first; claims may be as many as there are."""
    sink = _Sink()
    writer = csv.DictWriter(sink, [name for name, _ in COLUMNS])
    writer.writeheader()
    yield sink.take()
    for claim in claims:
        for line in claim.lines:
            writer.writerow({name: safe(value) for name, value in _row(claim, line).items()})
            yield sink.take()


def columns() -> bytes:
    """The companion file that says what each column holds."""
    sink = _Sink()
    writer = csv.writer(sink)
    writer.writerow(("column", "holds"))
    writer.writerows(COLUMNS)
    return sink.take()


class _Sink:
    """What the csv module writes into; emptied by `take`."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, line: str) -> int:
        self._lines.append(line)
        return len(line)

    def take(self) -> bytes:
        taken = "".join(self._lines).encode("utf-8")
        self._lines.clear()
        return taken


def safe(value: str) -> str:
    """A value as a spreadsheet takes it for text."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _row(claim: Claim, line: ServiceLine) -> dict[str, str]:
    plan, client = claim.plan, claim.client
    where = client.address or PostalAddress("", "", "", "")
    subscriber = plan.subscriber or Person("", "")
    rendering = claim.rendering or claim.practice.provider
    pointed = [claim.diagnoses[each - 1] for each in line.pointers if 1 <= each <= len(claim.diagnoses)]
    return {
        "claim": claim.id, "line": line.number, "frequency": claim.frequency.value, "original": claim.original,
        "rank": claim.rank.value, "payer": plan.name, "payer_id": plan.payer_id, "filing": plan.filing,
        "member": plan.member, "group": plan.group, "relation": plan.relation,
        "client_family": client.family, "client_given": client.given, "client_birth_date": _day(client),
        "client_sex": client.sex, "client_street": " ".join(part for part in (where.street, where.second) if part),
        "client_city": where.city, "client_state": where.state, "client_zip": where.zip,
        "subscriber_family": subscriber.family, "subscriber_given": subscriber.given,
        "subscriber_birth_date": _day(subscriber),
        "billing_name": claim.practice.provider.family, "billing_npi": claim.practice.provider.npi,
        "billing_tax_id": claim.practice.tax_id,
        "rendering_name": _name(rendering), "rendering_npi": rendering.npi, "rendering_taxonomy": rendering.taxonomy,
        "place_npi": claim.where[0].npi if claim.where is not None else "",
        "day": line.day.isoformat(), "pos": line.pos or claim.pos, "code": line.code,
        **_numbered("modifier", line.modifiers),
        "units": str(line.units), "charge": f"{line.charge // 100}.{line.charge % 100:02d}",
        **_numbered("diagnosis", [each.replace(".", "") for each in pointed]),
        "authorization": claim.authorization, "assignment": claim.assignment,
    }  # fmt: skip


def _numbered(name: str, values: Iterable[str]) -> dict[str, str]:
    found = [*values, "", "", "", ""][:4]
    return {f"{name}{number}": value for number, value in enumerate(found, 1)}


def _day(of: Person) -> str:
    return of.birth_date.isoformat() if of.birth_date is not None else ""


def _name(of: Provider) -> str:
    return " ".join(part for part in (of.given, of.family) if part)
