"""What a payer said of one client's plan: every answer, who gave it, the call's reference, how long it holds. Pure.

A 271 is not a promise to pay, nor is a call without its reference: only a verification with the representative's name
and the call reference counts, and only until it expires. What does not count is unknown, and unknown holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from billing_hooks.client_record import BilledUnits, ClientRecord
from billing_hooks.cost_share import CostShare
from billing_hooks.forms import Form, wrong
from billing_hooks.held_coverage import HeldCoverage, same_plan
from billing_hooks.material import Coverage

HOW = {"call": "By telephone", "portal": "On the payer's portal, with a reference", "letter": "By letter"}
AUDIO = {"pay": "Paid", "listed": "Paid for listed codes", "no": "Not paid"}
AUTH = {"not_required": "Not required", "required": "Required"}
NETWORK = {"in": "In network", "out": "Out of network", "none": "No contract at all"}
MODIFIERS = ("95", "GT", "none")
AUDIO_MODIFIERS = ("93", "FQ", "none")
PLACES = ("02", "10", "11")
LICENCES = {
    "clinical_social_worker": "Clinical social worker",
    "psychologist": "Psychologist",
    "professional_counselor": "Professional counsellor",
    "marriage_family_therapist": "Marriage and family therapist",
    "physician": "Physician",
    "nurse_practitioner": "Nurse practitioner",
    "physician_assistant": "Physician assistant",
    "physical_therapist": "Physical therapist",
    "occupational_therapist": "Occupational therapist",
    "speech_therapist": "Speech therapist",
    "registered_nurse": "Registered nurse",
}
EXCLUDABLE = {
    "psychotherapy_individual": "Individual psychotherapy",
    "family_psychotherapy": "Family psychotherapy",
    "psychotherapy_crisis": "Crisis psychotherapy",
    "diagnostic_evaluation": "Intake (diagnostic evaluation)",
    "evaluation_management": "Medical visit",
    "em_plus_psychotherapy": "Medical visit with psychotherapy",
    "therapy": "Physical, occupational or speech therapy",
    "day_treatment": "Day treatment",
    "partial_hospitalization": "Partial hospitalisation",
    "residential_treatment": "Residential treatment",
    "case_management_face_to_face": "Case management face to face",
}
AWAY_FROM_HOME = ("clinic", "hospital", "nursing_facility", "office")
_USUAL = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification. None, "" and () mean that it was not asked or not answered.

    `payer`, `lob`, `member` name the plan that was asked about; `licences` () not asked; `excluded` None not asked, ()
    none; money in cents, `coinsurance` in percent.
    """

    on: date
    expires: date
    payer: str = ""
    lob: str = ""
    member: str = ""
    how: str = "call"
    representative: str = ""
    call_reference: str = ""
    active: bool | None = None
    first_payer: bool | None = None
    network: str = ""
    telehealth: bool | None = None
    home: bool | None = None
    licences: tuple[str, ...] = ()
    audio_only: str = ""
    modifier: str = ""
    audio_modifier: str = ""
    pos_home: str = ""
    pos_other: str = ""
    authorization: str = ""
    authorization_number: str = ""
    copay: int | None = None
    coinsurance: int | None = None
    deductible: int | None = None
    deductible_left: int | None = None
    excluded: tuple[str, ...] | None = None
    note: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps it from counting, in words; empty where it counts."""
        needed = (
            ("the representative's name", self.representative), ("the call reference number", self.call_reference),
            ("whether the plan is active", self.active is not None),
        )  # fmt: skip
        return tuple(say for say, found in needed if not found)

    def counts_on(self, day: date) -> bool:
        """Whether it is complete and not expired on the day."""
        return not self.missing and day <= self.expires

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, by the store."""
        found = asdict(self)
        return {**found, "on": self.on.isoformat(), "expires": self.expires.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Verification:
        """What `to_json` wrote."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in found.items() if name in known}
        excluded = values["excluded"]
        values |= {
            "on": date.fromisoformat(values["on"]), "expires": date.fromisoformat(values["expires"]),
            "licences": tuple(values["licences"]), "excluded": None if excluded is None else tuple(excluded),
        }  # fmt: skip
        return cls(**values)


def state(found: Verification | None, day: date) -> tuple[str, str, str]:
    """Word, tone and sentence of a verification on that day."""
    if found is None:
        return ("Not verified", "warn", "Nobody has asked the payer yet: claims are held.")
    if found.missing:
        lacks = " and ".join(found.missing)
        return ("Not verified", "warn", f"It lacks {lacks}: ask the payer, and claims are held until then.")
    if day > found.expires:
        return ("Expired", "warn", f"It held until {found.expires.isoformat()}: ask the payer again.")
    if found.active is False:
        return ("Not active", "danger", f"The payer said on {found.on.isoformat()} that the plan is not active.")
    return ("Verified", "ok", f"On {found.on.isoformat()}, holds until {found.expires.isoformat()}.")


def standing(found: Sequence[Verification], held: HeldCoverage, day: date) -> Verification | None:
    """Of a history, newest first, the newest of this very plan that counts on the day; else the newest of the plan.

    That a plan was over when somebody asked later takes nothing back from a day for which it had been verified.
    """
    ours = [each for each in found if same_plan(held, each.payer, each.lob, each.member)]
    counting = [each for each in ours if each.counts_on(day)]
    spoke = [each for each in counting if each.active or each.on <= day]
    return next(iter([*spoke, *counting, *ours]), None)


def share(found: Verification | None, day: date) -> CostShare | None:
    """What the payer said of the client's part, where it counts on the day and says any of it."""
    if found is None or not found.counts_on(day):
        return None
    if (found.copay, found.coinsurance, found.deductible_left) == (None, None, None):
        return None
    return CostShare(found.copay, found.coinsurance, found.deductible_left, answered_on=found.on)


def applied(
    held: HeldCoverage, history: Sequence[Verification], record: ClientRecord, day: date, lines: Sequence[BilledUnits]
) -> Coverage:
    """The coverage that the coder reads: what the plan is, and of it only what counts on the day of service.

    A plan that nobody ever verified here keeps what it was saved with.
    """
    coverage = held.coverage
    found = standing(history, held, day)
    if history and (found is None or not found.counts_on(day)):
        return replace(coverage, active=None, verified_on=None, authorization=None)
    if found is not None:
        coverage = replace(
            coverage,
            active=found.active,
            verified_on=found.on,
            first_payer=coverage.first_payer if found.first_payer is None else found.first_payer,
            network=found.network or coverage.network,
            authorization="not_required" if found.authorization == "not_required" else None,
        )
        if found.authorization == "required":
            # A number that the payer gave stands for an authorisation until one with its units is on file.
            coverage = replace(coverage, authorization="on_file" if found.authorization_number else "missing")
    if coverage.authorization != "not_required" and any(each.covers(held.id, day) for each in record.authorizations):
        left = record.authorized(held.id, day, lines)
        coverage = replace(coverage, authorization="on_file" if left else "missing")
    return coverage


def rule(held: HeldCoverage, found: Verification | None, day: date) -> dict[str, object] | None:
    """What the payer said of telehealth as a payer rule of this client (kind member_verification, JSON form), where it
    said enough to decide a claim; otherwise None, and the practice's own rules decide."""
    if found is None or not found.counts_on(day) or found.telehealth is None:
        return None
    whole = found.home is not None and found.modifier and found.pos_home and found.pos_other
    if found.telehealth and not whole:
        return None
    excluded = sorted(set(found.excluded or ())) if found.telehealth else sorted({*EXCLUDABLE, *(found.excluded or ())})
    made: dict[str, object] = {
        "id": f"verified-{held.id}",
        "payer": found.payer,
        "lob": found.lob,
        "kind": "member_verification",
        "status": "confirmed",
        "from": (held.coverage.since or date(found.on.year, 1, 1)).isoformat(),
        "to": found.expires.isoformat(),
        "originating_sites": "any" if found.home is not False else list(AWAY_FROM_HOME),
        "verification": {
            "by": "client's plan", "call_ref": found.call_reference, "rep": found.representative,
            "date": found.on.isoformat(), "expires": found.expires.isoformat(),
        },
        "citations": [f"{found.payer}, {HOW[found.how].lower()}, {found.on.isoformat()}, ref. {found.call_reference}"],
    }  # fmt: skip
    if found.telehealth:
        video = [] if found.modifier == "none" else [found.modifier]
        made["pos"] = {"home": found.pos_home, "other": found.pos_other}
        made["modifiers"] = {"av": video, **_audio(found)}
    if excluded:
        made["services_excluded"] = excluded
    if found.licences:
        made["licences_allow"] = sorted(found.licences)
        made["licences_unasked"] = True
    if found.audio_only:
        made["audio_only"] = found.audio_only
    if found.authorization:
        made["auth_required"] = found.authorization == "required"
    return made


def _audio(found: Verification) -> dict[str, object]:
    if not found.audio_modifier:
        return {}
    return {"audio_only": [] if found.audio_modifier == "none" else [found.audio_modifier]}


def from_form(fields_: Mapping[str, str], held: HeldCoverage, today: date) -> Verification:
    """The verification as the form has it; lists of licences and services come as one box each (`licence-NAME`).
    Errors: WrongFields."""
    form = Form(fields_)
    on = form.day("on", "The day of the call", needed=True)
    if on is None or on > today:
        raise wrong("on", "The day of the call lies in the future: look at it again.")
    expires = form.day("expires", "The day until which it holds") or on + _USUAL
    if expires < on:
        raise wrong("expires", "It would have expired before the call: look at both days.")
    if expires - on > timedelta(days=366):
        raise wrong("expires", "A verification holds for a year at the most: choose an earlier day.")
    asked = form.truth("excluded-asked", "Whether excluded services were asked about")
    licences = tuple(name for name in LICENCES if form.truth(f"licence-{name}", "The licence") is True)
    excluded = tuple(name for name in EXCLUDABLE if form.truth(f"excluded-{name}", "The service") is True)
    found = Verification(
        on=on, expires=expires, payer=held.coverage.payer, lob=held.coverage.lob, member=held.policy.member,
        how=form.choice("how", "How it was asked", HOW) or "call",
        representative=form.text("representative", "The representative's name", 80),
        call_reference=form.text("call-reference", "The call reference number", 60),
        active=form.truth("active", "Whether the plan is active"),
        first_payer=form.truth("pays-first", "Whether it pays first"),
        network=form.choice("said-network", "The network", NETWORK),
        telehealth=form.truth("telehealth", "Whether telehealth is covered"),
        home=form.truth("home", "Whether the client may be at home"),
        licences=licences,
        audio_only=form.choice("audio-only", "Sound without picture", AUDIO),
        modifier=form.choice("modifier", "The modifier", MODIFIERS),
        audio_modifier=form.choice("audio-modifier", "The modifier for sound only", AUDIO_MODIFIERS),
        pos_home=form.choice("pos-home", "The place of service at home", PLACES),
        pos_other=form.choice("pos-other", "The place of service elsewhere", PLACES),
        authorization=form.choice("authorization", "Authorisation", AUTH),
        authorization_number=form.text("authorization-number", "The authorisation's number", 50),
        copay=form.money("copay", "The copayment"),
        coinsurance=form.count("coinsurance", "The coinsurance", 100),
        deductible=form.money("deductible", "The deductible"),
        deductible_left=form.money("deductible-left", "What is left of the deductible"),
        excluded=excluded if excluded or asked else None,
        note=form.text("note", "The note", 500),
    )  # fmt: skip
    form.end()
    return found
