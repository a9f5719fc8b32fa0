"""The coder's input: one visit as billing sees it, made from the proven event, the statement, sheet and coverage. Pure.

None means unknown everywhere, and unknown holds: the coder never fills a gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from billing_hooks.client_record import ClientRecord
from billing_hooks.filed import Filed
from billing_hooks.history import History
from billing_hooks.material import Coverage, EstimateOnFile, Fee, Sheet

HOME_SITES = frozenset({"home", "lodging", "near_home"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the client was. `states` every state attested during the visit, `confirmed` the clinician's word."""

    country: str = "US"
    state: str | None = None
    site: str | None = None
    attested: bool = False
    confirmed: bool | None = None
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clinician:
    """Who gave the service. `licensed` states (None unknown), `credentialed` states with this payer (None unknown).

    `authority_to_practise` a compact's general authority, `privileges` the states of a compact's single privileges;
    `opted_out` of Medicare by affidavit.
    """

    type: str | None = None
    specialty: str | None = None
    npi: str | None = None
    licensed: frozenset[str] | None = None
    licence_expires: date | None = None
    credentialed: frozenset[str] | None = None
    located: str | None = None
    home_state: str | None = None
    authority_to_practise: bool = False
    privileges: frozenset[str] = frozenset()
    employer: str | None = None
    video_capable: bool | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured, in whole seconds (None unknown), and whether the event that says so is proven."""

    proven: bool | None
    duplicate: bool = False
    client_present: bool | None = None
    family_present: bool | None = None
    synchronous: bool | None = True
    audio_video: int | None = 0
    talk: int | None = 0
    presence: int | None = 0
    audio_only_reason: str | None = None
    video_required: bool = False
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What was done, in the coder's own words (`intent`), and what somebody asked for. None = unknown.

    `hosting` this practice hosted a client whom somebody elsewhere treated; `private_pay` the client asks to pay
    although covered, `medicare_client` they are covered by Medicare; `supervised` a nurse's visit was supervised as its
    rule wants; `other_visits` visits of this client and clinician on the same day; `related_em_days` days since a visit
    that the check-in is about (-1 none), `leads_to_visit` within a day; `set_up` the device was set up for the first
    time in this episode.
    """

    intent: str | None = None
    requested: tuple[str, ...] = ()
    requested_modifiers: tuple[str, ...] = ()
    requested_pos: str | None = None
    requested_units: int | None = None
    with_client: bool = True
    patient: str | None = None
    seen_months_ago: int | None = None
    seen_by_specialty: str | None = None
    device_days: int | None = None
    live_contact: bool | None = None
    month_minutes: int | None = None
    minutes_counted_twice: int = 0
    set_up: bool = False
    first_home_telehealth: date | None = None
    last_in_person: date | None = None
    in_person_exception: bool = False
    incident_to: bool = False
    supervised: bool | None = None
    hosting: bool = False
    private_pay: bool = False
    medicare_client: bool = False
    other_visits: int = 0
    related_em_days: int | None = None
    leads_to_visit: bool | None = None


@dataclass(frozen=True, slots=True)
class Papers:
    """What must be on file. None = unknown. "release" = the releasing person looks at it (`note`, `plan`).

    `note` signed, `plan` (of treatment) valid; `estimate_due` the last day for the estimate, None when none is due,
    `estimate_sent` the day it was sent; `diagnoses_through` how far the practice confirmed the table of diagnoses
    beyond its release (None: whoever asks answers for the table).
    """

    consent: bool | None = None
    statement: bool | None = None
    note: str | None = None
    plan: str | None = None
    assurance_on_file: bool | None = None
    estimate_due: date | None = None
    estimate_sent: date | None = None
    estimate_cents: int | None = None
    bill_cents: int | None = None
    fees: tuple[Fee, ...] | None = None
    diagnoses_through: date | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """One visit to code. `today` is the day of the coding run."""

    dos: date
    today: date
    place: Place
    clinician: Clinician
    evidence: Evidence
    service: Service
    sheet: Sheet | None
    coverage: Coverage | None
    papers: Papers = field(default_factory=Papers)
    unit_rule: str | None = None


def from_event(
    event: Mapping[str, object],
    statement: Mapping[str, object] | None,
    sheet: Sheet | None,
    coverage: Coverage | None,
    *,
    intent: str | None,
    fees: tuple[Fee, ...],
    today: date,
    titles: Mapping[str, str],
    history: History | None = None,
    record: ClientRecord | None = None,
    filed: Filed | None = None,
    estimate: EstimateOnFile | None = None,
) -> Encounter:
    """The encounter of a proven session-complete event and, when it has come, the statement about it.

    `intent` is what the practice's service key means ("psychotherapy_individual"); None holds. `titles` tells
    what the title on a licence means ("LICSW"); `history` the client's other visits, None when nobody looked. `filed`
    says which papers the house keeps; of what it does not keep the releasing person takes a look.
    """
    visit = cast("Mapping[str, object]", event["visit"])
    clinician = cast("Mapping[str, object]", event["clinician"])
    dos = date.fromisoformat(str(visit["date_of_service"]))
    return Encounter(
        dos=dos,
        today=today,
        place=_place(cast("Mapping[str, object] | None", event["location"]), statement),
        clinician=_clinician(clinician, coverage, titles),
        evidence=_evidence(event, sheet),
        service=Service(
            # What was done is the clinician's word; what was booked was a plan.
            intent=(sheet.service if sheet is not None else None) or intent,
            requested=sheet.requested if sheet is not None else (),
            with_client=visit["counted_pair"] == ["clinician", "client"],
            patient=sheet.patient if sheet is not None else None,
            incident_to=visit["incident_to"] is True or (sheet is not None and sheet.incident_to),
            supervised=sheet.supervised if sheet is not None else None,
            other_visits=history.other_visits if history is not None and not history.separate else 0,
            related_em_days=history.related_days if history is not None else None,
            leads_to_visit=history.leads_to_visit if history is not None else None,
            **of_record(record, dos),
        ),
        sheet=sheet,
        coverage=coverage,
        papers=Papers(
            consent=event["consent"] is not None,
            statement=None if statement is None else statement["saw_and_heard"] is True,
            note=(filed.note if filed is not None else None) or "release",
            plan=(filed.plan if filed is not None else None) or "release",
            assurance_on_file=coverage.assurance_on_file if coverage is not None else None,
            fees=fees,
            diagnoses_through=filed.diagnoses_through if filed is not None else None,
            estimate_due=estimate.due if estimate is not None else None,
            estimate_sent=estimate.sent if estimate is not None else None,
            estimate_cents=estimate.cents if estimate is not None else None,
        ),
    )


def of_record(record: ClientRecord | None, dos: date) -> dict[str, Any]:
    """What the client's record says of the service; days after the date of service had not happened yet."""
    if record is None:
        return {}
    seen = record.seen_elsewhere if record.seen_elsewhere is not None and record.seen_elsewhere.on < dos else None
    last, first = record.last_in_person, record.first_home_telehealth
    return {
        "private_pay": record.private_pay,
        "medicare_client": record.medicare_client,
        "last_in_person": last if last is not None and last <= dos else None,
        "in_person_exception": record.in_person_exception,
        "first_home_telehealth": first if first is not None and first <= dos else None,
        "seen_months_ago": None if seen is None else _months(seen.on, dos),
        "seen_by_specialty": (seen.specialty or None) if seen is not None else None,
    }


def _months(since: date, until: date) -> int:
    """Whole months gone by."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def _place(found: Mapping[str, object] | None, statement: Mapping[str, object] | None) -> Place:
    if found is None:
        return Place()
    changes = cast("list[Mapping[str, object]]", found["changes"])
    # The latest attestation stands first in the event or last in its changes: every state named counts.
    states = dict.fromkeys(_whereabouts(each) for each in (found, *changes))
    confirmed = found["confirmed_by"] is not None
    return Place(
        country=str(found["country"]),
        state=cast("str | None", found["state"]),
        site=str(found["site"]),
        attested=True,
        confirmed=confirmed if statement is None else statement["place_confirmed"] is True,
        states=tuple(state for state in states if state is not None),
    )


def _whereabouts(said: Mapping[str, object]) -> str | None:
    """The state, or the country abroad in a spelling that no state has (`CA` is California)."""
    return cast("str | None", said["state"]) if said["country"] == "US" else f"abroad-{said['country']}"


def _clinician(found: Mapping[str, object], coverage: Coverage | None, titles: Mapping[str, str]) -> Clinician:
    cover = cast("Mapping[str, object] | None", found["covers_client_state"])
    located = cast("Mapping[str, object] | None", found["located"])
    held = cover is not None and cover["basis"] in ("licence", "compact")
    by_state = coverage is not None and coverage.credentialing == "client_state"
    return Clinician(
        type=titles.get(str(found["licence_type"]), cast("str | None", found["licence_type"])),
        npi=cast("str | None", found["npi"]),
        licensed=frozenset({str(cover["state"])}) if cover is not None and held else None,
        licence_expires=date.fromisoformat(str(cover["expires"])) if cover and cover["expires"] else None,
        credentialed=frozenset(coverage.credentialed) if coverage is not None and by_state else None,
        located=cast("str | None", located["state"]) if located is not None else None,
        video_capable=found["video_capable"] is True,
    )


def _evidence(event: Mapping[str, object], sheet: Sheet | None) -> Evidence:
    seconds = cast("Mapping[str, int]", event["seconds"])
    modality = cast("Mapping[str, object]", event["modality"])
    pair = cast("Mapping[str, object]", event["visit"])["counted_pair"]
    practice = cast("Mapping[str, Mapping[str, object]]", event["practice"])
    present = seconds["presence"] > 0
    return Evidence(
        proven=True,
        client_present=present and pair == ["clinician", "client"],
        family_present=present and pair == ["clinician", "family"],
        audio_video=seconds["audio_video_overlap"],
        talk=seconds["talk_overlap"],
        presence=seconds["presence"],
        # Recorded in the visit, else on the sheet after it.
        audio_only_reason=cast("str | None", modality["audio_only_reason"])
        or (sheet.audio_only_reason if sheet is not None else None),
        platform=cast("str | None", practice["platform"]["owner_relationship"]),
    )
