"""The question to a payer's system whether a plan is active and what it pays (270, 005010X279A1). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing_hooks.client_record import ClientRecord
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.x12 import envelope, segment, spelled

VERSION = "005010X279A1"
# X12 1365: mental health; office visit. A general question (30) is what these payers answer beside them.
SERVICES = ("MH", "98")
_RELATIONS = {"spouse": "01", "child": "19"}


@dataclass(frozen=True, slots=True)
class Asker:
    """The practice that asks."""

    name: str
    npi: str


def trace(held: HeldCoverage) -> str:
    """What the answer gives back (TRN02): the coverage's own id, which says nothing to anybody else."""
    return held.id.removeprefix("cov_").upper()


def missing(asker: Asker, held: HeldCoverage, record: ClientRecord) -> list[str]:
    """What a question lacks before it can be written, in words."""
    whose = held.policy.subscriber
    known = (
        ("the practice's NPI (Settings)", asker.npi),
        ("the payer's electronic number", held.policy.payer_id),
        ("the member number", held.policy.member),
        ("the client's first and last name", record.given and record.family),
        ("the client's birth date", record.birth_date),
        ("the subscriber's birth date", whose is None or whose.birth_date),
    )
    return [say for say, found in known if not found]


def write(asker: Asker, held: HeldCoverage, record: ClientRecord, at: datetime) -> tuple[str, str]:
    """(control number, the file). `at` is the moment on the practice's clock; it also is the date asked about.

    Errors: Refused("270-incomplete"), naming everything that is missing.
    """
    lacks = missing(asker, held, record)
    if lacks:
        raise Refused("270-incomplete", f"The question cannot be written yet. Missing: {', '.join(lacks)}.")
    policy, whose = held.policy, held.policy.subscriber
    day, time, control = at.strftime("%Y%m%d"), at.strftime("%H%M"), int(at.timestamp()) % 1_000_000_000
    dependent = whose is not None
    body = [
        segment("BHT", "0022", "13", f"AC{control:09}", day, time),
        segment("HL", "1", "", "20", "1"),
        segment("NM1", "PR", "2", spelled(held.coverage.payer, 60), "", "", "", "", "PI", spelled(policy.payer_id, 80)),
        segment("HL", "2", "1", "21", "1"),
        segment("NM1", "1P", "2", spelled(asker.name, 60), "", "", "", "", "XX", asker.npi),
        segment("HL", "3", "2", "22", "1" if dependent else "0"),
    ]
    traced = segment("TRN", "1", trace(held), f"9{asker.npi[:9]}")
    asked = [segment("DTP", "291", "D8", day), *(segment("EQ", service) for service in SERVICES)]
    mine = (record.family, record.given, record.birth_date, record.sex)
    if whose is None:
        body += [traced, *_person("IL", mine, policy.member), *asked]
    else:
        theirs = (whose.family, whose.given, whose.birth_date, whose.sex)
        relation = _RELATIONS.get(whose.relation, "G8")
        body += [
            *_person("IL", theirs, policy.member),
            segment("HL", "4", "3", "23", "0"), traced, *_person("03", mine, ""),
            segment("INS", "N", relation), *asked,
        ]  # fmt: skip
    written = envelope(
        body, kind="270", version=VERSION, group="HS", sender=asker.npi, receiver=spelled(policy.payer_id, 15),
        control=control, day=day, time=time,
    )  # fmt: skip
    return f"{control:09}", written


def _person(entity: str, who: tuple[str, str, object, str], member: str) -> list[str]:
    family, given, born, sex = who
    name = ("NM1", entity, "1", spelled(family, 60), spelled(given, 35))
    known = segment(*name, "", "", "", "MI", spelled(member, 80)) if member else segment(*name)
    if born is None:
        return [known]
    return [known, segment("DMG", "D8", str(born).replace("-", ""), sex if sex in ("F", "M") else "")]
