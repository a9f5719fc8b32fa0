"""A superbill: what a client who paid themselves sends to their plan. Pure.

It never speaks of payment in full unless all was received, and it carries what the client's plan looks for in a
telehealth claim: the place of service 02 or 10 and the modifier for how the visit was held. Nothing is assigned: the
plan pays the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing_hooks.claims.claim import Cents, Person, Practice, Provider
from billing_hooks.papers import layout, words
from billing_hooks.papers.blocks import (
    Beside,
    Block,
    Callout,
    Column,
    Facts,
    Heading,
    Paper,
    Signature,
    Table,
    Together,
    Tone,
)
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces

TELEHEALTH = frozenset({"02", "10"})
# One of these already says how the visit was held; they exclude each other.
HELD = frozenset({"95", "93", "GT", "GQ", "FQ"})
# Codes that say video or telephone themselves, or are no live visit at all: no modifier goes with them.
SELF_TOLD = frozenset({str(code) for code in (*range(98000, 98017), *range(99421, 99424), *range(98970, 98973))})


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a superbill. `what` in our own words, `diagnoses` ICD-10-CM, `modality` as the event found it."""

    day: date
    what: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    pos: str
    diagnoses: tuple[str, ...]
    fee: Cents
    modality: str = "audio_video"


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came from the client; a refund is negative. `way` in words (card, cash, check 1002)."""

    day: date
    way: str
    cents: Cents


@dataclass(frozen=True, slots=True)
class Superbill:
    """One superbill. `licence` as the state writes it; `signed` who signed electronically and when, in words."""

    number: str
    issued: date
    practice: Practice
    client: Person
    clinician: Provider
    licence: str
    services: tuple[Service, ...]
    received: tuple[Received, ...]
    signed: str = ""

    @property
    def fee(self) -> Cents:
        """All services together."""
        return sum(each.fee for each in self.services)

    @property
    def got(self) -> Cents:
        """All money received, refunds taken off."""
        return sum(each.cents for each in self.received)

    @property
    def in_full(self) -> bool:
        """Whether nothing is open."""
        return self.got >= self.fee > 0


def with_telehealth_modifier(service: Service) -> Service:
    """The service with 95 (video) or 93 (sound alone) where it was telehealth and nothing says so yet.

    A client's own plan needs it even where the practice, billing nobody, would not (research: superbills).
    """
    if service.pos not in TELEHEALTH or service.code in SELF_TOLD or HELD.intersection(service.modifiers):
        return service
    added = {"audio_video": "95", "audio_only": "93"}.get(service.modality)
    if added is None or len(service.modifiers) >= 4:
        return service
    return replace(service, modifiers=(*service.modifiers, added))


def pdf(bill: Superbill, faces: Faces, *, made: datetime | None = None) -> bytes:
    """The paper. Errors: Refused("paper-incomplete") naming what a plan would miss."""
    _check(bill)
    return layout.pdf(paper(bill), words.house(bill.practice), faces, made=made)


def paper(bill: Superbill) -> Paper:
    """What stands on it."""
    services = tuple(with_telehealth_modifier(each) for each in bill.services)
    blocks: tuple[Block, ...] = (
        Beside(left=_client(bill), right=_provider(bill)),
        Heading("Services"),
        _services(services, bill.fee),
        *_money(bill),
        Together(
            (
                Heading("Signature"),
                Text("I gave these services on the days shown."),
                Signature(f"{words.name(bill.clinician)} · licence {bill.licence}", bill.signed),
            )
        ),
    )
    return Paper(
        title="Superbill",
        reference=f"No. {bill.number}",
        intro=f"For your insurance plan. Issued {words.day(bill.issued)}. Send it to your plan with its claim form.",
        blocks=blocks,
        foot=f"Superbill {bill.number} · {words.name(bill.client)}",
    )


def _client(bill: Superbill) -> tuple[Block, ...]:
    born = bill.client.birth_date
    return (
        Heading("Client"),
        Facts((
            ("Name", words.name(bill.client)), ("Birth date", words.day(born) if born else ""),
            ("Address", words.address(bill.client.address)),
        ), columns=1),
    )  # fmt: skip


def _provider(bill: Superbill) -> tuple[Block, ...]:
    practice, clinician = bill.practice, bill.clinician
    return (
        Heading("Clinician and practice"),
        Facts((
            ("Clinician", words.name(clinician)), ("Licence", bill.licence),
            ("Clinician's NPI", clinician.npi), ("Taxonomy", clinician.taxonomy),
            ("Practice's NPI", practice.provider.npi), ("Practice's tax id", words.tax_id(practice)),
        )),
    )  # fmt: skip


def _services(services: Sequence[Service], fee: Cents) -> Table:
    columns = (
        Column("Date", 1.15), Column("Service", 2.5), Column("Code", 1.25), Column("Units", 0.65, right=True),
        Column("POS", 0.6), Column("ICD-10-CM", 1.3), Column("Fee", 1, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            words.short_day(each.day), each.what, words.code(each.code, each.modifiers), str(each.units), each.pos,
            ", ".join(map(words.diagnosis, each.diagnoses)), words.money(each.fee),
        )
        for each in services
    )  # fmt: skip
    return Table(columns, rows, (("Total", "", "", "", "", "", words.money(fee)),))


def _money(bill: Superbill) -> tuple[Block, ...]:
    columns = (Column("Date", 1.15), Column("How", 5.3), Column("Amount", 2, right=True))
    rows = tuple((words.short_day(each.day), each.way, words.money(each.cents)) for each in bill.received)
    table = (Heading("Received from the client"), Table(columns, rows, (("Total", "", words.money(bill.got)),)))
    pos = sorted({each.pos for each in bill.services} & words.POS.keys())
    legend = Text("; ".join(f"POS {each}: {words.POS[each]}" for each in pos), Tone.MUTED, size=8.5)
    if bill.in_full:
        over = bill.got - bill.fee
        extra = f" {words.money(over)} stands to the client's credit." if over else ""
        said = Callout(
            "Paid in full by the client",
            f"The client paid {words.money(bill.fee)}. Benefits are not assigned to the practice: please pay the "
            f"client.{extra}",
            Tone.OK,
        )
    else:
        said = Callout(
            f"Balance open: {words.money(bill.fee - bill.got)}",
            f"Received so far: {words.money(bill.got)} of {words.money(bill.fee)}. Benefits are not assigned to the "
            "practice.",
            Tone.WARN,
        )
    return (legend, *(table if rows else ()), said)


def _check(bill: Superbill) -> None:
    words.complete("superbill", (
        ("the client's name", words.name(bill.client)), ("the client's birth date", bill.client.birth_date),
        ("the clinician's NPI", bill.clinician.npi), ("the clinician's licence", bill.licence),
        ("the practice's NPI", bill.practice.provider.npi), ("the practice's tax id", bill.practice.tax_id),
        ("a service", bill.services),
        ("a diagnosis for each service", all(each.diagnoses for each in bill.services)),
        ("the place of service", all(each.pos for each in bill.services)),
    ))  # fmt: skip
