"""Reads one case of a file into the coder's input; what is absent is unknown unless the file itself assumes it. Pure.

`assume_when_absent` of the file is applied here and nowhere else: the product has no such defaults. What a case says of
a paper may be a truth, a word, or an object with one of the usual members (`signed`, `on_file`, `valid`, ...).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import cast

from billing_hooks import estimate
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service
from billing_hooks.material import Coverage, Sheet

Given = Mapping[str, object]
# A synthetic NPI whose check digit is right, for cases that say nothing of NPIs.
_NPI = "1234567893"
_SITES = {"temporary_lodging": "lodging", "near_home_for_privacy": "near_home", "snf": "nursing_facility"}
_CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]\Z", re.ASCII)
# Other names under which a case may mean a service.
_SERVICES = {
    "virtual_check_in": "check_in", "brief_check_in": "check_in", "remote_monitoring": "rpm",
    "hosting_site_fee": "originating_site_fee", "group": "group_psychotherapy",
}  # fmt: skip
_YES = frozenset({"signed", "made", "valid", "active", "on_file", "on file", "yes", "verified", "not_required",
                  "not required"})  # fmt: skip
_ENDS = ("expires", "valid_through", "until", "to")
_MEMBERS = ("signed", "made", "valid", "on_file", "active", "present", "current", "status")


def part(given: Given, name: str) -> Given:
    """A member that is an object; empty where it is absent."""
    return cast(Given, given.get(name) or {})


def encounter(given: Given, assumed: frozenset[str]) -> Encounter:
    """The coder's input for one case. Errors: KeyError, ValueError, TypeError."""
    dos = date.fromisoformat(str(given["dos"]))
    payer = part(given, "payer")
    said = given.get("evaluated_on")
    today = date.fromisoformat(str(said)) if said is not None else dos + timedelta(days=1)
    return Encounter(
        dos=dos,
        today=today,
        place=_place(part(given, "client")),
        clinician=_clinician(part(given, "clinician"), part(given, "client").get("state")),
        evidence=_evidence(given, assumed),
        service=_service(given),
        sheet=_sheet(given),
        coverage=_coverage(given, assumed, dos),
        papers=_papers(given, assumed, today),
        unit_rule=cast("str | None", payer.get("unit_rule")),
    )


def _stands(given: Given, assumed: frozenset[str], name: str) -> bool | None:
    """Whether a paper is in order, None where neither the case nor the file says."""
    if name not in given:
        return True if name in assumed else None
    said = given[name]
    if isinstance(said, Mapping):
        ends = _day(next((said[each] for each in _ENDS if said.get(each)), None))
        dated = ends is not None and date.fromisoformat(str(given["dos"])) <= ends
        said = next((said[each] for each in _MEMBERS if each in said), None if ends is None else dated)
    return said in _YES if isinstance(said, str) else cast("bool | None", said)


def _sheet(given: Given) -> Sheet:
    service, minutes = part(given, "service"), part(given, "minutes")
    declared = next((value for name, value in minutes.items() if name.startswith("declared")), None)
    return Sheet(
        minutes=cast("int | None", declared),
        diagnoses=tuple(cast("list[str]", given.get("dx") or [])),
        basis=cast("str | None", service.get("basis")),
        mdm=cast("str | None", service.get("mdm")),
        total_same_day=cast("int | None", minutes.get("total_same_day")),
        by_code=tuple((name, cast(int, value)) for name, value in minutes.items() if _CODE.match(name)),
    )


def _place(client: Given) -> Place:
    moves = cast("list[tuple[str, int]]", client.get("location_changes") or [])
    site = cast("str | None", client.get("site"))
    return Place(
        country=str(client.get("country") or "US"),
        state=cast("str | None", client.get("state")),
        site=_SITES.get(site, site) if site is not None else None,
        attested=client.get("attested") is True,
        confirmed=client.get("confirmed") is not False,
        states=tuple(state for state, _ in moves),
    )


def _states(found: Given, name: str) -> frozenset[str] | None:
    said = found.get(name)
    return None if said is None else frozenset(cast("list[str]", said))


def _clinician(found: Given, state: object) -> Clinician:
    licensed = _states(found, "licensed")
    registered = _states(found, "registered") or frozenset()
    privileges = _states(found, "privileges") or _states(found, "compact_privileges") or frozenset()
    expires = next((found[name] for name in ("licence_expires", "license_expires") if found.get(name)), None)
    if isinstance(expires, Mapping):
        expires = expires.get(str(state))
    return Clinician(
        type=cast("str | None", found.get("type")),
        specialty=cast("str | None", found.get("specialty")),
        npi=cast("str | None", found.get("npi", _NPI)),
        licensed=None if licensed is None else licensed | registered,
        licence_expires=_day(expires),
        credentialed=_states(found, "credentialed"),
        located=cast("str | None", found.get("located")),
        home_state=cast("str | None", found.get("home_state")),
        authority_to_practise=found.get("apit") is True,
        privileges=privileges,
        employer=cast("str | None", found.get("employer")),
        video_capable=cast("bool | None", found.get("video_capable")),
        opted_out=found.get("opted_out") is True or found.get("medicare") == "opted_out",
    )


def _evidence(given: Given, assumed: frozenset[str]) -> Evidence:
    evidence, minutes, modality = part(given, "evidence"), part(given, "minutes"), part(given, "modality")
    video = cast("int | None", minutes.get("av_overlap_seconds"))
    sound = cast(int, minutes.get("audio_only_seconds", 0))
    talk = cast("int | None", minutes.get("talk_overlap_seconds"))
    if talk is None and video is not None and "talk_overlap_seconds" in assumed:
        talk = video + sound
    connected = cast(int, minutes.get("connected_seconds", 0))
    signature, counterpart = evidence.get("signature"), evidence.get("counterpart_present")
    return Evidence(
        proven=None if signature is None else signature == "valid",
        duplicate=evidence.get("duplicate_of") is not None,
        client_present=cast("bool | None", evidence.get("client_present")),
        family_present=None if counterpart is None else counterpart == "family",
        synchronous=cast("bool | None", modality.get("synchronous")),
        audio_video=video,
        talk=talk,
        presence=None if talk is None else max(talk, connected),
        audio_only_reason=cast("str | None", modality.get("audio_only_reason")),
        video_required=part(given, "policy").get("require_video") is True,
        platform=cast("str | None", part(given, "platform").get("owner_relationship")),
    )


def _service(given: Given) -> Service:
    found, history = part(given, "service"), part(given, "history")
    client, payer, minutes = part(given, "client"), part(given, "payer"), part(given, "minutes")
    seen = cast(Given, found.get("last_seen") or {})
    within = cast("int | None", history.get("visit_within_hours"))
    return Service(
        intent=_SERVICES.get(str(found.get("intent")), cast("str | None", found.get("intent"))),
        requested=tuple(cast("list[str]", found.get("requested") or [])),
        requested_modifiers=tuple(cast("list[str]", found.get("requested_modifiers") or [])),
        requested_pos=cast("str | None", found.get("requested_pos")),
        requested_units=cast("int | None", found.get("requested_units", found.get("units"))),
        with_client=found.get("client_present") is not False,
        patient=cast("str | None", found.get("patient")),
        seen_months_ago=cast("int | None", seen.get("months")) if seen.get("same_group") is True else None,
        seen_by_specialty=cast("str | None", seen.get("specialty")),
        device_days=cast("int | None", found.get("device_days")),
        live_contact=cast("bool | None", found.get("live_contact")),
        month_minutes=cast("int | None", minutes.get("month")),
        minutes_counted_twice=cast(int, found.get("minutes_from_billed_visit", 0)),
        set_up=found.get("device_setup") is True or "99453" in cast("list[str]", found.get("requested") or []),
        first_home_telehealth=_day(history.get("first_home_telehealth")),
        last_in_person=_day(history.get("last_in_person_same_specialty_group")),
        in_person_exception=history.get("in_person_exception") is True,
        incident_to=any(each.get("incident_to") is True for each in (given, found, part(given, "clinician"))),
        supervised=cast("bool | None", found.get("supervised")),
        # A case that asks for the hosting site's fee is told by the site that hosted, unless it says otherwise.
        hosting=found.get("hosting") is not False,
        private_pay=any(each.get("private_pay") is True for each in (payer, found, client)),
        medicare_client=any(client.get(name) is True for name in ("medicare", "medicare_beneficiary")),
        other_visits=_others(given),
        related_em_days=cast(int, history.get("related_em_days_ago", -1)),
        leads_to_visit=history.get("leads_to_visit") is True or (within is not None and within <= 24),
    )


def _others(given: Given) -> int:
    """Other visits of the same client and clinician on that day, however the case counts them."""
    for each in (part(given, "history"), part(given, "service"), part(given, "evidence"), given):
        for name in ("other_sessions_same_day", "other_session_same_day", "other_visits_same_day"):
            said = each.get(name)
            if said is not None:
                return len(said) if isinstance(said, list) else int(cast(int, said))
        for name in ("sessions_same_day", "same_day_sessions"):
            said = each.get(name)
            if said is not None:
                return (len(said) if isinstance(said, list) else cast(int, said)) - 1
    return 0


def _coverage(given: Given, assumed: frozenset[str], dos: date) -> Coverage | None:
    payer, found = part(given, "payer"), part(given, "coverage")
    if not payer:
        return None
    usual = "coverage" in assumed
    status = found.get("status", "active" if usual else None)
    verified = found.get("verified", usual and status != "unverified")
    first = found.get("first_payer", found.get("primary", True if usual else None))
    second = found.get("order") == "secondary" or status == "secondary" or found.get("other_payer_first") is True
    return Coverage(
        payer=str(payer.get("name") or ""),
        lob=str(payer.get("lob") or ""),
        funding=cast("str | None", payer.get("funding")),
        state=cast("str | None", payer.get("state")),
        since=_day(found.get("from")),
        until=_day(found.get("to")),
        active={"active": True, "inactive": False, "terminated": False, "unverified": True}.get(str(status)),
        verified_on=dos if verified is True else None,
        first_payer=False if second else cast("bool | None", first),
        authorization=_authorization(given, assumed),
        network=cast("str | None", payer.get("network", "in" if "network" in assumed else None)),
        credentialing=str(payer.get("credentialing_scope") or "client_state"),
    )


def _authorization(given: Given, assumed: frozenset[str]) -> str | None:
    said = given.get("authorization", "not_required" if "authorization" in assumed else None)
    if isinstance(said, Mapping):
        if said.get("on_file") is True or said.get("number"):
            return "on_file"
        return "not_required" if said.get("required") is False else "missing"
    word = str(said).replace(" ", "_")
    return word if word in ("not_required", "on_file") else "missing" if said is not None else None


def _papers(given: Given, assumed: frozenset[str], today: date) -> Papers:
    payer, schedule, offer = part(given, "payer"), part(given, "schedule"), part(given, "gfe")
    assurance = {**given, **({"provider_attestation": payer["provider_attestation"]} if _assures(payer) else {})}
    note, plan = _stands(given, assumed, "note"), _stands(given, assumed, "treatment_plan")
    ahead = cast("int | None", schedule.get("booked_business_days_ahead"))
    dos = date.fromisoformat(str(given["dos"]))
    booked = _day(schedule.get("booked_on")) or (None if ahead is None else _booked(dos, ahead))
    sent = offer.get("sent_at")
    return Papers(
        consent=_stands(given, assumed, "consent"),
        statement=_stands(given, assumed, "clinician_statement"),
        note=None if note is None else "signed" if note else "unsigned",
        plan=None if plan is None else "valid" if plan else "missing",
        assurance_on_file=_stands(assurance, assumed, "provider_attestation"),
        estimate_due=None if booked is None else estimate.due(booked, dos),
        estimate_sent=booked if sent is True else _day(str(sent)[:10]) if sent else None,
        estimate_cents=_cents(offer.get("estimate")),
        bill_cents=_cents(offer.get("bill")),
        # Where the file assumes fees they are not looked at; else a code without a fee holds.
        fees=None if _stands(given, assumed, "fee") else (),
    )


def _assures(payer: Given) -> bool:
    return "provider_attestation" in payer


def _booked(visit: date, ahead: int) -> date:
    """The day so many business days before the visit."""
    day = visit
    while estimate.business_days(day, visit) < ahead:
        day -= timedelta(days=1)
    return day


def _cents(found: object) -> int | None:
    return None if found is None else cast(int, found) * 100


def _day(found: object) -> date | None:
    return None if found is None else date.fromisoformat(str(found))
