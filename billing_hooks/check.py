"""The check before a visit: what the coder would say of it if all goes as booked, by its own stages. Pure.

A rehearsal: the visit is taken as held, with picture and sound for the booked minutes, signed and consented to. Every
stage runs, none ends the look; what only the visit itself can bring (diagnoses, a level) is left aside. So nothing is
called covered that the coder would hold or refuse for the same client, place, plan, licence, service and rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from billing_hooks.client_record import ClientRecord
from billing_hooks.coding import EARLY, chosen
from billing_hooks.cost_share import CostShare, Owed, owed
from billing_hooks.drafts import Draft
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service, of_record
from billing_hooks.found import Case, Found, Weight, hold
from billing_hooks.lines import limits, lines
from billing_hooks.material import Coverage, Fee, Sheet
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import PayerRule
from billing_hooks.stage_papers import papers
from billing_hooks.stage_time import draft

CHECK = "check/1"
# Only the visit, and the record made of it, can answer these: they are no trouble before it.
LATER = frozenset({"DX_MISSING", "EM_BASIS_MISSING", "EM_LEVEL_NEEDS_MDM", "CLINICIAN_ATTESTATION_MISSING"})
LICENCE = ("LICENSE_STATE_MISMATCH", "LICENSE_EXPIRED", "COMPACT_HOME_STATE")
NOT_THERE = frozenset({*LICENCE, "CLIENT_OUTSIDE_US"})
# What the desk reads first: may they be seen at all, is there a plan, what the plan allows; then all else as found.
FIRST = (
    "CLIENT_OUTSIDE_US", *LICENCE, "LICENSURE_UNKNOWN", "LOCATION_ATTESTATION_MISSING", "COVERAGE_INACTIVE",
    "ORIGINATING_SITE_NOT_ALLOWED", "LICENSURE_NOT_ELIGIBLE", "NOT_CREDENTIALED_IN_STATE", "OTHER_PAYER_FIRST",
    "AUTH_MISSING", "COVERAGE_UNVERIFIED",
)  # fmt: skip


class Standing(StrEnum):
    """What the check came to. OPEN: nothing stands against it, and which code it will be follows from the record."""

    COVERED = "covered"
    PAYS = "pays"
    OPEN = "open"
    HELD = "held"
    REFUSED = "refused"
    UNLICENSED = "unlicensed"


class Exit(StrEnum):
    """What can be done about it at the desk."""

    ASK_PLACE = "ask_place"
    EXCEPTION = "exception"
    REFER = "refer"
    RESCHEDULE = "reschedule"
    CREDENTIALING = "credentialing"
    PRIVATE_PAY = "private_pay"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Ahead:
    """A visit that has not been held: its day, place (attested, or where the client usually is), clinician, plan.

    `title` as on the licence ("LICSW"), `minutes` as booked, `intent` what the service means to the coder;
    `record` what of the client's record decides.
    """

    dos: date
    today: date
    place: Place
    clinician: Clinician
    intent: str | None
    minutes: int
    coverage: Coverage | None
    fees: tuple[Fee, ...] = ()
    title: str = ""
    plan: str | None = "release"
    record: ClientRecord | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding as the desk shows it: with the rule that decided, what it cites, and from when it holds."""

    weight: Weight
    code: str
    say: str
    rule: str
    sources: tuple[str, ...]
    dated: str


@dataclass(frozen=True, slots=True)
class Look:
    """What the check found. `troubles` refuse or hold, gravest first; `fee` in cents where the code is known.

    `without_picture`: whether a visit by sound alone is covered (None: not known). `law` frees the place.
    """

    standing: Standing
    troubles: tuple[Seen, ...]
    notes: tuple[Seen, ...]
    codes: tuple[str, ...]
    fee: int | None
    owed: Owed | None
    without_picture: bool | None
    rule: PayerRule | None
    law: PayerRule | None

    def has(self, *codes: str) -> bool:
        """Whether one of these troubles was found."""
        return any(each.code in codes for each in self.troubles)


def rehearsal(ahead: Ahead, *, picture: bool = True) -> Encounter:
    """The encounter that this visit becomes if all goes as booked; without `picture` by sound alone, for a reason."""
    seconds = ahead.minutes * 60
    return Encounter(
        dos=ahead.dos,
        today=max(ahead.today, ahead.dos),
        place=replace(ahead.place, confirmed=True) if ahead.place.attested else ahead.place,
        clinician=ahead.clinician,
        evidence=Evidence(
            proven=True, client_present=True, audio_video=seconds if picture else 0, talk=seconds, presence=seconds,
            audio_only_reason=None if picture else "clients_wish",
        ),
        service=Service(intent=ahead.intent, **of_record(ahead.record, ahead.dos)),
        sheet=Sheet(minutes=ahead.minutes),
        coverage=ahead.coverage,
        papers=Papers(
            consent=True, statement=True, note="release", plan=ahead.plan, fees=ahead.fees,
            assurance_on_file=ahead.coverage.assurance_on_file if ahead.coverage is not None else None,
        ),
    )  # fmt: skip


def look_ahead(
    ahead: Ahead, rules: Iterable[PayerRule], pack: Pack, compacts: Compacts, share: CostShare | None = None
) -> Look:
    """What stands against this visit's being covered, or that nothing does. Total: every input has an answer."""
    known = tuple(rules)
    encounter = rehearsal(ahead)
    case = Case(encounter, chosen(encounter, known), pack, compacts)
    found, kept = _walk(case)
    troubles = _seen(case, [each for each in found if each.weight is not Weight.WARN])
    code_open = not kept
    if code_open and not troubles:
        troubles = _seen(case, _some_code_out(case))
    fee = _fee(kept, ahead)
    silent = Case(rehearsal(ahead, picture=False), case.choice, pack, compacts)
    return Look(
        standing=_standing(case, troubles, code_open=code_open),
        troubles=troubles,
        notes=_seen(case, [each for each in found if each.weight is Weight.WARN]),
        codes=tuple(each.code for each in kept),
        fee=fee,
        owed=_owed(case, fee, share),
        without_picture=_without_picture(case, silent, found),
        rule=case.rule,
        law=next((law for law in case.choice.laws if law.frees_site), None),
    )


def exits(look: Look, *, private_possible: bool = True) -> tuple[Exit, ...]:
    """What may be done. Paying privately answers credentialing and coverage, never a missing licence."""
    if look.standing is Standing.UNLICENSED:
        return (Exit.ASK_PLACE, Exit.EXCEPTION, Exit.REFER, Exit.RESCHEDULE)
    open_ways: list[Exit] = []
    if look.has("NOT_CREDENTIALED_IN_STATE"):
        open_ways += [Exit.CREDENTIALING, *([Exit.PRIVATE_PAY] if private_possible else [])]
    if look.has("ORIGINATING_SITE_NOT_ALLOWED"):
        open_ways += [Exit.ASK_PLACE]
    if look.standing in (Standing.HELD, Standing.REFUSED):
        open_ways += [Exit.COVERAGE]
    return tuple(open_ways)


def _walk(case: Case) -> tuple[list[Found], tuple[Draft, ...]]:
    """Every stage in the coder's order, none ending the look; what comes later is left out. And the lines to be."""
    found = [each for stage in EARLY for each in stage(case)]
    drafted = draft(case)
    kept, limited = limits(case, drafted.drafts)
    _, lined = lines(case, kept)
    found += [*drafted.findings, *limited, *lined, *papers(case, kept)]
    distinct = dict.fromkeys(each for each in found if each.finding.code not in LATER)
    return list(distinct), kept


def _some_code_out(case: Case) -> list[Found]:
    """While the code is open: each code the service may come to must be one that the payer takes, one with a fee."""
    drafts = tuple(Draft(code) for code in sorted(case.pack.stands_for(case.encounter.service.intent)))
    alive = tuple(each for each in drafts if _exists(case, each.code))
    kept, found = limits(case, alive)
    out = [] if kept == alive else [Found(Weight.HOLD, each.finding) for each in found]
    charged = {fee.code for fee in case.encounter.papers.fees or ()}
    return out if charged & {each.code for each in alive} else [*out, hold("FEE_MISSING")]


def _exists(case: Case, code: str) -> bool:
    entry, dos = case.pack.codes[code], case.encounter.dos
    return (entry.since is None or entry.since <= dos) and (entry.until is None or dos < entry.until)


def _standing(case: Case, troubles: tuple[Seen, ...], *, code_open: bool) -> Standing:
    refused = any(each.weight is Weight.REFUSE for each in troubles)
    if any(each.code in NOT_THERE for each in troubles) or _nothing_there(case, troubles):
        return Standing.UNLICENSED
    if refused:
        return Standing.REFUSED
    if troubles:
        return Standing.HELD
    if code_open:
        return Standing.OPEN
    return Standing.PAYS if case.self_pay else Standing.COVERED


def _nothing_there(case: Case, troubles: tuple[Seen, ...]) -> bool:
    """No licence for that state, of a clinician whose profession is not even on file."""
    state, licensed = case.encounter.place.state, case.encounter.clinician.licensed
    unknown = any(each.code == "LICENSURE_UNKNOWN" for each in troubles)
    return unknown and state is not None and licensed is not None and state not in licensed


def _seen(case: Case, found: Iterable[Found]) -> tuple[Seen, ...]:
    """Each code once, refusals before holds, those that the desk reads first before the others."""
    kept: dict[str, Found] = {}
    for each in found:
        kept.setdefault(each.finding.label, each)
    order = sorted(kept.values(), key=lambda each: (each.weight is not Weight.REFUSE, _rank(each.finding.code)))
    rules = {rule.name: rule for rule in (case.rule, case.choice.rival, *case.choice.laws) if rule is not None}
    return tuple(_one(each, rules.get(each.finding.rule)) for each in order)


def _rank(code: str) -> int:
    return FIRST.index(code) if code in FIRST else len(FIRST)


def _one(found: Found, rule: PayerRule | None) -> Seen:
    finding = found.finding
    return Seen(found.weight, finding.code, finding.say, finding.rule, finding.sources, dated(rule))


def dated(rule: PayerRule | None) -> str:
    """From when a payer's rule holds and until when somebody looked; "" for the coder's own."""
    if rule is None:
        return ""
    end = rule.until or rule.valid_through
    return f"from {rule.since.isoformat()}" + (f" to {end.isoformat()}" if end is not None else "")


def _fee(kept: tuple[Draft, ...], ahead: Ahead) -> int | None:
    """The practice's charge for the lines to be; None while a code or its fee is not known."""
    charges = {fee.code: fee.cents for fee in ahead.fees if fee.since <= ahead.dos <= (fee.until or ahead.dos)}
    if not kept or any(each.code not in charges for each in kept):
        return None
    return sum(charges[each.code] * each.units for each in kept)


def _owed(case: Case, fee: int | None, share: CostShare | None) -> Owed | None:
    if case.self_pay:
        return None if fee is None else Owed(fee, fee, private=True)
    return owed(share, fee)


def _without_picture(case: Case, silent: Case, found: list[Found]) -> bool | None:
    """Whether sound alone changes the answer: never, to a hold (not known), or to a refusal."""
    if case.self_pay:
        return True
    if case.rule is None or case.rule.audio_only is None:
        return None
    further = set(_walk(silent)[0]) - set(found)
    weights = {each.weight for each in further}
    if Weight.REFUSE in weights:
        return False
    return None if Weight.HOLD in weights else True
