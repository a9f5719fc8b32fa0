"""From a released encounter to a claim, or to everything that is missing for one and where it is entered. Pure.

Nothing is guessed: a part that nobody entered is missing, with the page that takes it. The claim of an encounter always
gets the same number, so that however often it is made it is one claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing_hooks.claims.claim import (
    Claim,
    Frequency,
    Further,
    Person,
    Plan,
    PostalAddress,
    Practice,
    Provider,
    Rank,
    ServiceLine,
)
from billing_hooks.claims.scrub_services import MOST_DIAGNOSES, MOST_POINTERS
from billing_hooks.client_record import Address, Authorization, ClientRecord
from billing_hooks.held_coverage import HeldCoverage, Subscriber
from billing_hooks.material import Fee
from billing_hooks.words import Line, Outcome, Proposal

# SBR09 by the coder's kinds of plan; of "other" nobody knows it.
_FILINGS = {
    "commercial": "CI", "medicare_b": "MB", "medicare_advantage": "16", "medicaid_mn_ffs": "MC", "mn_pmap": "MC",
    "medicaid": "MC",
}  # fmt: skip
_BLUE = ("BLUE CROSS", "BLUE SHIELD", "BCBS", "BLUE PLUS")
# The taxonomy (NUCC) to offer for a licence where there is one alone; a physician's or nurse's field only they know.
TAXONOMY_OF = {
    "clinical_social_worker": "1041C0700X", "psychologist": "103TC0700X", "professional_counselor": "101YM0800X",
    "marriage_family_therapist": "106H00000X", "physical_therapist": "225100000X",
    "occupational_therapist": "225X00000X", "speech_therapist": "235Z00000X",
}  # fmt: skip
_KEPT = 16  # letters of an encounter's id: with a hyphen and three digits a claim's number has 20


@dataclass(frozen=True, slots=True)
class Released:
    """What was released: the encounter, its client and visit, the day, the proposal as released, the diagnoses as the
    clinician signed them; `incident_to` given under a supervisor's number."""

    encounter: str
    client: str
    visit: str
    day: date
    proposal: Proposal
    diagnoses: tuple[str, ...]
    incident_to: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the practice entered once: who bills (None: nobody yet), who treated, who supervised or referred, and the
    place of the clinician where it is another than the practice's address."""

    practice: Practice | None
    rendering: Provider | None
    supervising: Provider | None = None
    referring: Provider | None = None
    where: tuple[Provider, PostalAddress] | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a claim lacks: `what` in a few words, the sentence, the page that takes it."""

    what: str
    say: str
    page: str


def build(
    released: Released, held: HeldCoverage | None, record: ClientRecord | None, facts: Facts, fees: Sequence[Fee], *,
    sequence: int = 1, delay: str = "", plans: Sequence[HeldCoverage] = (),
) -> Claim | tuple[Missing, ...]:  # fmt: skip
    """The claim to the first payer, or all that is missing. `sequence` counts the claims of an encounter from 1;
    `plans` all that the client holds."""
    lacks = tuple(missing(released, held, record, facts, fees))
    if lacks or held is None or record is None or facts.practice is None:
        return lacks
    number = claim_id(released.encounter, sequence)
    pos = released.proposal.lines[0].pos
    diagnoses = tuple(dict.fromkeys(each.replace(".", "").upper() for each in released.diagnoses))
    pointers = tuple(range(1, min(len(diagnoses), MOST_POINTERS) + 1))
    return Claim(
        id=number,
        encounter=released.encounter,
        practice=facts.practice,
        client=_client(record),
        plan=replace(plan_of(held), medicare_second=""),
        lines=tuple(
            ServiceLine(
                f"{number}-{place}", line.code, line.modifiers, line.units, _charge(line, released.day, fees),
                released.day, pointers, "" if line.pos == pos else line.pos,
            )
            for place, line in enumerate(released.proposal.lines, 1)
        ),
        diagnoses=diagnoses,
        pos=pos,
        rank=Rank.PRIMARY,
        frequency=Frequency.NEW,
        rendering=facts.rendering,
        supervising=facts.supervising,
        referring=facts.referring,
        where=facts.where,
        authorization=_authorization(released, held, record),
        delay=delay,
        further=further(held, plans, released.day),
    )  # fmt: skip


def further(first: HeldCoverage, plans: Sequence[HeldCoverage], day: date) -> tuple[Further, ...]:
    """The client's plans after the first one of that day, in their order, as far as their cards say enough of them."""
    seen, found = {first.policy.payer_id}, []
    for each in sorted(plans, key=lambda one: one.rank):
        policy, whose = each.policy, each.policy.subscriber
        whole = policy.member and policy.payer_id and filing_of(each) and (whose is None or whose.given)
        if whole and each.coverage.covers(day) and policy.payer_id not in seen:
            seen.add(policy.payer_id)
            found.append(plan_of(each))
    return tuple(map(Further, (Rank.SECONDARY, Rank.TERTIARY), found))


def claim_id(encounter: str, sequence: int) -> str:
    """The number of an encounter's first, second, … claim (CLM01): the same however often it is asked."""
    kept = "".join(each for each in encounter.partition("_")[2] or encounter if each.isalnum()).upper()[:_KEPT]
    return f"{kept}-{sequence}"


def missing(
    released: Released, held: HeldCoverage | None, record: ClientRecord | None, facts: Facts, fees: Sequence[Fee]
) -> Iterator[Missing]:
    """Everything that is missing, in the order in which a biller enters it."""
    if released.proposal.outcome is not Outcome.BILL or not released.proposal.lines:
        say = "Nothing of this encounter goes to a payer: look at what the coder says of it."
        yield Missing("a bill", say, f"/billing/encounters/{released.encounter}")
    yield from _practice(facts)
    yield from _clinician(released, facts)
    yield from _record(released, record)
    yield from _coverage(released, held, record)
    yield from _services(released, fees)


def plan_of(held: HeldCoverage) -> Plan:
    """The plan of a coverage as a claim names it to a payer who does not come first."""
    policy, whose = held.policy, held.policy.subscriber
    return Plan(
        name=held.coverage.payer,
        payer_id=policy.payer_id,
        filing=filing_of(held),
        member=policy.member.replace(" ", "").replace("-", "") if held.coverage.lob == "medicare_b" else policy.member,
        group=policy.group,
        plan=policy.plan,
        relation="self" if whose is None else whose.relation if whose.relation in ("spouse", "child") else "other",
        subscriber=None if whose is None else _subscriber(whose),
        medicare_second=policy.medicare_second if held.coverage.lob == "medicare_b" else "",
    )


def filing_of(held: HeldCoverage) -> str:
    """SBR09, "" where the kind of plan does not say it. The Blues have their own."""
    found = _FILINGS.get(held.coverage.lob, "")
    blue = any(each in held.coverage.payer.upper() for each in _BLUE)
    return "BL" if blue and found == "CI" else found


def _practice(facts: Facts) -> Iterator[Missing]:
    page, found = "/billing/practice", facts.practice
    if found is None:
        yield Missing("the practice", "Enter who bills: address, tax number, NPI and taxonomy.", page)
        return
    for what, value in (
        ("the practice's name", found.provider.family), ("the practice's NPI", found.provider.npi),
        ("the practice's street", found.address.street), ("the practice's city", found.address.city),
        ("the practice's state", found.address.state), ("the practice's ZIP code", found.address.zip),
        ("the practice's tax number", found.tax_id),
    ):  # fmt: skip
        if not value:
            yield Missing(what, f"Enter {what}.", page)


def _clinician(released: Released, facts: Facts) -> Iterator[Missing]:
    if facts.rendering is None:
        yield Missing("the clinician", "Enter the clinician's name and NPI.", "/settings")
    else:
        if not facts.rendering.npi:
            yield Missing("the clinician's NPI", "Enter the clinician's NPI.", "/settings")
        if not facts.rendering.family or not facts.rendering.given:
            yield Missing("the clinician's name", "Enter the clinician's first and last name.", "/settings")
    if released.incident_to and facts.supervising is None:
        say = "The visit was given under supervision: enter the supervisor with their NPI."
        yield Missing("the supervisor", say, "/settings")


def _record(released: Released, record: ClientRecord | None) -> Iterator[Missing]:
    page = f"/billing/clients/{released.client}"
    if record is None:
        yield Missing("the client's record", "Enter the client's legal name, birth date, sex and address.", page)
        return
    for what, value in (
        ("the client's first name", record.given), ("the client's last name", record.family),
        ("the client's birth date", record.birth_date), ("the client's sex", record.sex),
        ("the client's street", record.address.street), ("the client's city", record.address.city),
        ("the client's state", record.address.state), ("the client's ZIP code", record.address.zip),
    ):  # fmt: skip
        if not value:
            yield Missing(what, f"Enter {what}.", page)


def _coverage(released: Released, held: HeldCoverage | None, record: ClientRecord | None) -> Iterator[Missing]:
    if held is None:
        page = f"/billing/clients/{released.client}/coverages/new"
        yield Missing("the client's plan", "Enter the plan that pays first.", page)
        return
    page = f"/billing/clients/{released.client}/coverages/{held.id}"
    policy = held.policy
    for what, value in (
        ("the member number", policy.member), ("the payer's electronic number", policy.payer_id),
        ("the kind of plan", filing_of(held)),
    ):  # fmt: skip
        if not value:
            yield Missing(what, f"Enter {what}.", page)
    if policy.subscriber is not None and not (policy.subscriber.family and policy.subscriber.given):
        yield Missing("the subscriber's name", "Enter the subscriber's first and last name.", page)
    if not held.coverage.covers(released.day):
        yield Missing("a plan for the day", f"The plan does not cover {released.day}: look at its dates.", page)
    wanted = held.coverage.authorization in ("on_file", "missing")
    if wanted and record is not None and not _authorization(released, held, record):
        say = f"The plan wants an authorisation for {released.day}: enter its number."
        yield Missing("the authorisation", say, f"/billing/clients/{released.client}#authorizations")


def _services(released: Released, fees: Sequence[Fee]) -> Iterator[Missing]:
    if not released.diagnoses:
        say = "A diagnosis is missing: the clinician enters it on the sheet."
        yield Missing("a diagnosis", say, f"/visits/{released.visit}/sheet")
    if len(released.diagnoses) > MOST_DIAGNOSES:
        say = f"A claim holds {MOST_DIAGNOSES} diagnoses: the clinician chooses them on the sheet."
        yield Missing("fewer diagnoses", say, f"/visits/{released.visit}/sheet")
    for code in dict.fromkeys(line.code for line in released.proposal.lines):
        if _fee(code, released.day, fees) is None:
            yield Missing(f"the fee of {code}", f"Enter the fee of {code} on {released.day}.", "/billing/fees")


def _fee(code: str, day: date, fees: Sequence[Fee]) -> int | None:
    """The charge of a code on a day; of several the one that began last."""
    found = [
        each for each in fees if each.code == code and each.since <= day and (each.until is None or day <= each.until)
    ]
    return max(found, key=lambda each: each.since).cents if found else None


def _charge(line: Line, day: date, fees: Sequence[Fee]) -> int:
    return (_fee(line.code, day, fees) or 0) * line.units


def _authorization(released: Released, held: HeldCoverage, record: ClientRecord) -> str:
    """The number that covers the day and one of the codes; one for named codes goes before one for any."""
    codes = {line.code for line in released.proposal.lines}
    found: list[Authorization] = [
        each
        for each in record.authorizations
        if each.covers(held.id, released.day) and (not each.codes or codes & set(each.codes))
    ]
    return min(found, key=lambda each: (not each.codes, each.until)).number if found else ""


def _client(record: ClientRecord) -> Person:
    return Person(record.given, record.family, record.birth_date, record.sex, address=_postal(record.address))


def _subscriber(whose: Subscriber) -> Person:
    # A birth date needs a sex beside it (DMG02, DMG03), and neither is asked of a subscriber who is not the client.
    whole = whose.birth_date is not None and bool(whose.sex)
    address = _postal(whose.address) if all((whose.address.street, whose.address.city, whose.address.zip)) else None
    return Person(
        whose.given, whose.family, whose.birth_date if whole else None, whose.sex if whole else "", address=address
    )


def _postal(found: Address) -> PostalAddress:
    return PostalAddress(found.street, found.city, found.state, found.zip)
