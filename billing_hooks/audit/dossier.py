"""What is known of one encounter for an audit: values of closed kinds, and no place for a psychotherapy note. Pure.

Every member is one of the types here or of the coder's own. A progress note stands here by its signature and by the one
section that says why telehealth was appropriate; its other text is the practice's to send. Psychotherapy notes (45 CFR
164.501, kept apart by law) have neither a member nor a source nor a kind of part; `of_closed_kinds` refuses whatever is
smuggled in at run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from billing_hooks import contract
from billing_hooks.claims.claim import Cents, Claim, Person, Practice, Provider
from billing_hooks.errors import Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.verification import Verification
from billing_hooks.words import Proposal

LONGEST = 2000  # letters of an excerpt


class Source(StrEnum):
    """Where an excerpt may come from. Psychotherapy notes are not among them, and never can be."""

    PROGRESS_NOTE = "progress_note"
    TREATMENT_PLAN = "treatment_plan"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Why telehealth was appropriate, in the clinician's words: one section of a signed paper, and when it was signed.

    Errors: Refused("not-for-a-package"), Refused("excerpt-too-long").
    """

    text: str
    source: Source
    signed_at: datetime

    def __post_init__(self) -> None:
        if type(self.source) is not Source:
            raise Refused("not-for-a-package", "An audit package quotes a progress note or a treatment plan alone.")
        if len(self.text) > LONGEST:
            raise Refused("excerpt-too-long", f"The excerpt is longer than {LONGEST} letters: quote one section.")


class Proven:
    """A signed event, held as its bytes and proven when made: there is no other way to make one."""

    __slots__ = ("body", "raw")

    def __init__(self, raw: bytes, keys: Mapping[str, PublicKey]) -> None:
        self.body: Mapping[str, Any] = contract.verify(raw, keys)
        self.raw = raw


@dataclass(frozen=True, slots=True)
class SignedPaper:
    """A paper by its signature: who signed, with which credentials, when, and the SHA-256 of what they signed; `waits`
    while a supervisor's second signature is missing."""

    signer: str
    credentials: str
    at: datetime
    sha256: str
    version: int = 1
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PlanInForce:
    """A treatment plan by its dates and signatures: holds from `begins` to its `review`, both included."""

    begins: date
    review: date
    clinician: SignedPaper
    client_signed_on: date | None


@dataclass(frozen=True, slots=True)
class Assurance:
    """The provider's assurance statement on telehealth that some payers want, and the day it was signed."""

    payer: str
    signed_on: date
    by: str


@dataclass(frozen=True, slots=True)
class Released:
    """Who released the encounter for billing, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CitedRule:
    """A rule that decided: "id version", when it holds, its status in words, what it cites."""

    name: str
    span: str
    status: str
    citations: tuple[str, ...]


class ReplyKind(StrEnum):
    """What kind of answer came."""

    ACCEPTED_999 = "999"
    CLAIM_277CA = "277CA"
    PAYMENT_835 = "835"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to the claim: what it says in our words, the payer's code and number, money where it moved."""

    kind: ReplyKind
    on: date
    say: str
    code: str = ""
    payer_number: str = ""
    paid: Cents | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One encounter. None and "" are gaps, which the checklist shows; nothing is filled in.

    `service` in the practice's words; `event` and `statement` the signed records; `x12` the claim as it was sent (this
    claim's own segments); `note_elsewhere` where the note is kept in another system.
    """

    encounter: str
    practice: Practice
    client: Person
    clinician: Provider
    service: str = ""
    event: Proven | None = None
    statement: Proven | None = None
    note: SignedPaper | None = None
    note_elsewhere: bool = False
    why_telehealth: Excerpt | None = None
    plan: PlanInForce | None = None
    assurance: Assurance | None = None
    sheet: Sheet | None = None
    proposal: Proposal | None = None
    released: Released | None = None
    rules: tuple[CitedRule, ...] = ()
    verified: Verification | None = None
    claim: Claim | None = None
    x12: str = ""
    replies: tuple[Reply, ...] = ()

    @property
    def day(self) -> date | None:
        """The day of service, from the event, else from the claim."""
        if self.event is not None:
            return date.fromisoformat(self.event.body["visit"]["date_of_service"])
        return min((line.day for line in self.claim.lines), default=None) if self.claim is not None else None


_PLAIN = (str, int, bool, date, datetime, type(None), StrEnum, frozenset)
_HOMES = ("billing_hooks.audit.dossier", "billing_hooks.claims.claim", "billing_hooks.words", "billing_hooks.readings",
          "billing_hooks.material", "billing_hooks.verification")  # fmt: skip


def of_closed_kinds(value: object) -> None:
    """Nothing where the value is made of the closed kinds alone. Errors: Refused("not-for-a-package")."""
    if isinstance(value, _PLAIN) or type(value) is Proven:
        return
    if isinstance(value, tuple):
        for each in value:
            of_closed_kinds(each)
    elif is_dataclass(value) and type(value).__module__ in _HOMES:
        for each in fields(value):
            of_closed_kinds(getattr(value, each.name))
    else:
        raise Refused(
            "not-for-a-package",
            f"A {type(value).__name__} has no place in an audit package.",
        )
