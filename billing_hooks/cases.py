"""Runs a file of encounters with their expected outcomes through the coder, for the one who trusts no coder. Pure.

The file's `assume_when_absent` is applied here and nowhere else: the product itself has no such defaults. A case names
its rule; naming it is the practice's confirmation, except for rules that we know from common practice only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

from billing_hooks import rules as payer_rules
from billing_hooks.coding import code
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service
from billing_hooks.material import Coverage, Sheet
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import Kind, PayerRule, Status
from billing_hooks.words import Proposal

Given = Mapping[str, object]
# A synthetic NPI whose check digit is right: the cases say nothing of NPIs.
_NPI = "1234567893"
_SITES = {"temporary_lodging": "lodging", "near_home_for_privacy": "near_home", "snf": "nursing_facility"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case, what was expected and what came."""

    id: str
    group: str
    title: str
    expected: str
    came: str

    @property
    def passed(self) -> bool:
        """Whether outcome, lines, reasons and warnings are exactly as expected."""
        return self.expected == self.came


def run(found: Given, rules: tuple[PayerRule, ...], pack: Pack, compacts: Compacts) -> Iterator[Verdict]:
    """Every case of the file, in its order."""
    tests = cast("list[Given]", cast(Given, found.get("test_rules") or {}).get("rules") or [])
    known = {rule.id: _as_chosen(rule) for rule in (*rules, *(payer_rules.parse(each) for each in tests))}
    # "code_tables: valid on the date of service" is one of the file's assumptions.
    tables = replace(pack, valid_through=date.max)
    laws = tuple(rule for rule in known.values() if rule.kind is Kind.LAW)
    for case in cast("list[Given]", found["cases"]):
        given = cast(Given, case["given"])
        named = str(_part(given, "payer").get("rule"))
        chosen = (known[named],) if named in known else ()
        proposal = code(encounter(given), chosen + laws, tables, compacts)
        yield Verdict(
            str(case["id"]),
            str(case["group"]),
            str(case["title"]),
            _expected(cast(Given, case["expect"])),
            _came(proposal),
        )


def report(verdicts: Sequence[Verdict]) -> str:
    """What `antechamber code --cases FILE` prints: one line a case, both sides where they differ, a summary."""
    lines: list[str] = []
    for each in verdicts:
        lines.append(f"{'pass' if each.passed else 'FAIL'}  {each.id}  {each.title}")
        if not each.passed:
            lines += [f"      expected  {each.expected}", f"      came      {each.came}"]
    return "\n".join([*lines, f"{sum(each.passed for each in verdicts)} of {len(verdicts)} cases pass"])


def _as_chosen(rule: PayerRule) -> PayerRule:
    if rule.status is Status.NEEDS_CONFIRMATION and rule.confidence == "verified":
        return replace(rule, status=Status.CONFIRMED)
    return rule


def _expected(expect: Given) -> str:
    lines = [
        (each["code"], tuple(cast("list[str]", each["modifiers"])), each["units"], each["pos"])
        for each in cast("list[Given]", expect["lines"])
    ]
    reasons, warnings = cast("list[str]", expect["reasons"]), cast("list[str]", expect["warnings"])
    return _text(str(expect["outcome"]), lines, reasons, warnings)


def _came(proposal: Proposal) -> str:
    lines = [(line.code, line.modifiers, line.units, line.pos) for line in proposal.lines]
    reasons, warnings = [each.label for each in proposal.reasons], [each.label for each in proposal.warnings]
    return _text(proposal.outcome.value, lines, reasons, warnings)


def _text(outcome: str, lines: Sequence[tuple[object, tuple[str, ...], object, object]], *labels: list[str]) -> str:
    shown = [f"{each[0]}{''.join('-' + word for word in each[1])} x{each[2]} POS {each[3]}" for each in lines]
    return " | ".join([outcome, ", ".join(shown), *(", ".join(sorted(each)) for each in labels)])


def encounter(given: Given) -> Encounter:
    """The coder's input for one case, with the file's assumptions filled in."""
    dos = date.fromisoformat(str(given["dos"]))
    payer, minutes = _part(given, "payer"), _part(given, "minutes")
    return Encounter(
        dos=dos,
        today=dos + timedelta(days=1),
        place=_place(_part(given, "client")),
        clinician=_clinician(_part(given, "clinician")),
        evidence=_evidence(given),
        service=_service(given),
        sheet=Sheet(
            minutes=cast("int | None", minutes.get("declared_psychotherapy")),
            diagnoses=tuple(cast("list[str]", given.get("dx") or [])),
            basis=cast("str | None", _part(given, "service").get("basis")),
            mdm=cast("str | None", _part(given, "service").get("mdm")),
            total_same_day=cast("int | None", minutes.get("total_same_day")),
            by_code=tuple((name, cast(int, value)) for name, value in minutes.items() if name.isdigit()),
        ),
        coverage=Coverage(
            payer=str(payer["name"]),
            lob=str(payer["lob"]),
            funding=cast("str | None", payer.get("funding")),
            state=cast("str | None", payer.get("state")),
            active=_part(given, "coverage").get("status") != "inactive",
            verified_on=dos,
            first_payer=True,
            authorization="not_required",
            network=str(payer.get("network", "in")),
            credentialing="client_state",
        ),
        papers=_papers(given, payer),
        unit_rule=cast("str | None", payer.get("unit_rule")),
    )


def _part(given: Given, name: str) -> Given:
    return cast(Given, given.get(name) or {})


def _place(client: Given) -> Place:
    moves = cast("list[tuple[str, int]]", client.get("location_changes") or [])
    site = cast("str | None", client.get("site"))
    return Place(
        state=cast("str | None", client.get("state")),
        site=_SITES.get(site, site) if site is not None else None,
        attested=client.get("attested") is True,
        confirmed=True,
        states=tuple(state for state, _ in moves),
    )


def _clinician(found: Given) -> Clinician:
    return Clinician(
        type=str(found["type"]),
        specialty=cast("str | None", found.get("specialty")),
        npi=_NPI,
        licensed=frozenset(cast("list[str]", found["licensed"])),
        credentialed=frozenset(cast("list[str]", found["credentialed"])),
        located=str(found["located"]),
        home_state=cast("str | None", found.get("home_state")),
        authority_to_practise=found.get("apit") is True,
        employer=cast("str | None", found.get("employer")),
    )


def _evidence(given: Given) -> Evidence:
    evidence, minutes, modality = _part(given, "evidence"), _part(given, "minutes"), _part(given, "modality")
    video = cast(int, minutes.get("av_overlap_seconds", 0))
    sound = cast(int, minutes.get("audio_only_seconds", 0))
    return Evidence(
        proven=evidence.get("signature") == "valid",
        duplicate=evidence.get("duplicate_of") is not None,
        client_present=evidence.get("client_present") is True,
        family_present=evidence.get("counterpart_present") == "family",
        synchronous=modality.get("synchronous") is True,
        audio_video=video,
        talk=video + sound,
        presence=max(video + sound, cast(int, minutes.get("connected_seconds", 0))),
        audio_only_reason=cast("str | None", modality.get("audio_only_reason")),
        video_required=_part(given, "policy").get("require_video") is True,
    )


def _service(given: Given) -> Service:
    found, history = _part(given, "service"), _part(given, "history")
    seen = cast(Given, found.get("last_seen") or {})
    same_group = seen.get("same_group") is True
    return Service(
        intent=cast("str | None", found.get("intent")),
        requested=tuple(cast("list[str]", found.get("requested") or [])),
        requested_modifiers=tuple(cast("list[str]", found.get("requested_modifiers") or [])),
        requested_pos=cast("str | None", found.get("requested_pos")),
        with_client=found.get("client_present") is not False,
        patient=cast("str | None", found.get("patient")),
        seen_months_ago=cast("int | None", seen.get("months")) if same_group else None,
        seen_by_specialty=cast("str | None", seen.get("specialty")),
        device_days=cast(int, found.get("device_days", 0)),
        live_contact=found.get("live_contact") is True,
        month_minutes=cast(int, _part(given, "minutes").get("month", 0)),
        minutes_counted_twice=cast(int, found.get("minutes_from_billed_visit", 0)),
        first_home_telehealth=_day(history.get("first_home_telehealth")),
        last_in_person=_day(history.get("last_in_person_same_specialty_group")),
    )


def _papers(given: Given, payer: Given) -> Papers:
    estimate, schedule = _part(given, "gfe"), _part(given, "schedule")
    assurance = cast(Given, payer.get("provider_attestation") or {})
    return Papers(
        consent=_part(given, "consent").get("signed") is not False,
        statement=True,
        note="signed",
        assurance_on_file=assurance.get("on_file") is not False,
        # 45 CFR 149.610(b)(1)(vi): due when booked at least three business days ahead.
        estimate_due=cast(int, schedule.get("booked_business_days_ahead", 0)) >= 3,
        estimate_sent=estimate.get("sent_at") is not None,
        estimate_cents=_cents(estimate.get("estimate")),
        bill_cents=_cents(estimate.get("bill")),
    )


def _cents(found: object) -> int | None:
    return None if found is None else cast(int, found) * 100


def _day(found: object) -> date | None:
    return None if found is None else date.fromisoformat(str(found))
