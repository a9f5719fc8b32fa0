"""A claim as a value: who billed whom for what, asked of which payer; nothing about how it is written. Pure.

Money is in whole cents everywhere in this folder. None means unknown: the scrubber refuses what a payer needs and does
not get, the emitter never fills a gap. The parts follow the 837 professional (005010X222A1) by meaning, not by segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Cents = int


class Frequency(StrEnum):
    """CLM05-3: a new claim, one that replaces another after it was judged, one that takes it back."""

    NEW = "1"
    REPLACE = "7"
    VOID = "8"


class Rank(StrEnum):
    """SBR01: which payer of the client's this claim goes to."""

    PRIMARY = "P"
    SECONDARY = "S"
    TERTIARY = "T"


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where somebody is or gets mail. `zip` five or nine digits without a hyphen."""

    street: str
    city: str
    state: str
    zip: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A practice (`given` "") or a person, by NPI and taxonomy (NUCC). `family` is a practice's whole name."""

    family: str
    npi: str
    taxonomy: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class Practice:
    """Who bills: `tax_id` nine digits, `tax_kind` EI (employer) or SY (a person's own); `pay_to` where money goes if
    not to its address; `phone` ten digits."""

    provider: Provider
    address: PostalAddress
    tax_id: str
    tax_kind: str = "EI"
    phone: str = ""
    mail: str = ""
    contact: str = ""
    pay_to: PostalAddress | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The client, or the subscriber of a plan. `sex` F, M or U (X12 1068)."""

    given: str
    family: str
    birth_date: date | None = None
    sex: str = ""
    middle: str = ""
    suffix: str = ""
    address: PostalAddress | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan asked to pay, or one that paid before. `filing` is SBR09 (CI, MB, MC, BL, HM, 16 ...); `relation` of the
    client to the subscriber (self, spouse, child, other); `subscriber` None where the client is it; `medicare_second`
    SBR05, only where Medicare does not come first."""

    name: str
    payer_id: str
    filing: str
    member: str
    group: str = ""
    plan: str = ""
    relation: str = "self"
    subscriber: Person | None = None
    medicare_second: str = ""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One reason (CARC) in one group (CO, PR, OA, PI) that took `cents` (negative gives back) and `units` of a line or
    claim."""

    group: str
    reason: str
    cents: Cents
    units: int = 0


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service. `number` its control number (REF 6R, unique in the claim), `pointers` places in the claim's
    diagnoses from 1, `pos` only where it is another than the claim's."""

    number: str
    code: str
    modifiers: tuple[str, ...]
    units: int
    charge: Cents
    day: date
    pointers: tuple[int, ...]
    pos: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an earlier payer decided of one of the lines: `paid`, the adjustments, and the day of it."""

    line: str
    paid: Cents
    adjusted: tuple[Adjusted, ...]
    day: date
    code: str = ""
    modifiers: tuple[str, ...] = ()
    units: int = 1


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payer who decided before this one: coordination of benefits (loops 2320, 2330, 2430). `day` of a decision about
    the claim as a whole; where it has `lines` each has its own; `remarks` about the claim as a whole (MOA)."""

    rank: Rank
    plan: Plan
    paid: Cents
    adjusted: tuple[Adjusted, ...]
    lines: tuple[Judged, ...]
    payer_number: str = ""
    day: date | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """A plan of the client's that comes after this claim's and has decided nothing yet: it is named (2320), so that a
    payer who passes claims on knows to whom."""

    rank: Rank
    plan: Plan


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    `id` our account number (CLM01: at most 20 letters, digits and hyphens, so that every payer gives it back whole; a
    replacement and a claim to the next payer have ids of their own); `encounter` whose services these are; `pos`
    CLM05-1; `original` the payer's number of the claim replaced or voided; `where` only where the clinician's place
    differs from the practice's address; `delay` CLM20; `note` NTE ADD, off by default.
    """

    id: str
    encounter: str
    practice: Practice
    client: Person
    plan: Plan
    lines: tuple[ServiceLine, ...]
    diagnoses: tuple[str, ...]
    pos: str
    rank: Rank = Rank.PRIMARY
    frequency: Frequency = Frequency.NEW
    rendering: Provider | None = None
    supervising: Provider | None = None
    referring: Provider | None = None
    where: tuple[Provider, PostalAddress] | None = None
    authorization: str = ""
    referral: str = ""
    original: str = ""
    assignment: str = "A"
    benefits_assigned: bool = True
    release_signed: bool = True
    signed_for: bool = False
    delay: str = ""
    note: str = ""
    earlier: tuple[Earlier, ...] = ()
    further: tuple[Further, ...] = ()

    @property
    def charge(self) -> Cents:
        """The sum of its lines."""
        return sum(line.charge for line in self.lines)
