"""From drafts to service lines: what the payer limits, place of service, modifiers, and the rule for each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from billing_hooks.drafts import Draft
from billing_hooks.encounter import HOME_SITES
from billing_hooks.found import Case, Found, hold, refuse, warn
from billing_hooks.grounds import GROUNDS
from billing_hooks.modality import modality
from billing_hooks.stage_codes import NOT_TELEHEALTH, intent
from billing_hooks.stage_payer import unlisted
from billing_hooks.words import Basis, Line

# CMS CR 12427: POS 10 and the present meaning of 02 begin here; before, every telehealth visit was 02.
POS_10_FROM = date(2022, 1, 1)
TELEHEALTH_MODIFIERS = frozenset({"95", "93", "GT", "GQ", "FQ"})
MOST_MODIFIERS = 4
# Place of service of a site that hosts a client: the building it stands in.
_HOSTS = {"hospital": "22", "nursing_facility": "31", "school": "03"}


def limits(case: Case, drafts: tuple[Draft, ...]) -> tuple[tuple[Draft, ...], list[Found]]:
    """What the rule's lists and limits leave of the drafts: a code that is out is named; with none left it refuses."""
    kept: list[Draft] = []
    out: list[tuple[str, Found]] = []
    findings: list[Found] = []
    for each in drafts:
        reason = unlisted(case, each.code) or _without_picture(case, each.code)
        if reason is None:
            kept.append(each)
            findings += _units(case, each)
        else:
            out.append((each.code, reason))
    if not kept:
        return (), [reason for _, reason in out]
    findings += [warn("LINE_REFUSED", f"{code}:{reason.finding.code}", rule=case.rule) for code, reason in out]
    codes = {each.code for each in kept} if out else set()
    orphans = [each.code for each in kept if out and (needs := case.pack.codes[each.code].needs) and not needs & codes]
    findings += [hold("ADDON_WITHOUT_PRIMARY", opens=True, more=f"{code} stands alone.") for code in orphans]
    return tuple(kept), findings


def _without_picture(case: Case, code: str) -> Found | None:
    rule = case.rule
    if rule is None or rule.audio_only != "listed" or rule.audio_codes is None or modality(case) != "audio_only":
        return None
    if intent(case) in NOT_TELEHEALTH or code in rule.audio_codes:
        return None
    return refuse("AUDIO_ONLY_NOT_PAID", more=f"Its list without picture lacks {code}.", rule=rule)


def _units(case: Case, draft: Draft) -> Iterator[Found]:
    """Never more than the rule or the table allows a day; more asked for than was earned is not billed."""
    rule, entry = case.rule, case.pack.codes.get(draft.code)
    by_rule = dict(rule.most_units).get(draft.code) if rule is not None else None
    by_table = entry.most_units if entry is not None else None
    most = min((each for each in (by_rule, by_table) if each is not None), default=None)
    if most is not None and draft.units > most:
        table = f"{case.pack.name}, {draft.code}"
        more = f"{draft.code}: {draft.units} units of {most}."
        if by_rule == most:
            yield hold("UNITS_LIMIT", opens=True, more=more, rule=rule)
        else:
            yield hold("UNITS_LIMIT", opens=True, more=more, source=table)
    asked = case.encounter.service.requested_units
    main = draft.code in case.encounter.service.requested or entry is None or not entry.needs
    if asked is not None and asked > draft.units and main:
        yield hold("UNITS_LIMIT", more=f"{asked} asked, {draft.units} earned.", source=draft.source)


def place_of_service(case: Case) -> str | None:
    """By the attested site, then the rule's own codes; None where the rule does not say."""
    site, kind = case.encounter.place.site, intent(case)
    home, early = site in HOME_SITES, case.encounter.dos < POS_10_FROM
    if kind == "originating_site_fee":
        return _HOSTS.get(site or "", "11")
    if kind in NOT_TELEHEALTH:
        return "11"
    if _private(case):
        return "10" if home and not early else "02"
    if case.rule is None:
        return None
    pos = case.rule.pos_home if home else case.rule.pos_other
    return "02" if pos == "10" and early else pos


def _private(case: Case) -> bool:
    """The client pays and no payer's rule has a say; Medicare's has one until the clinician opted out of it."""
    return case.self_pay and (not case.medicare or case.encounter.clinician.opted_out)


def _telehealth(case: Case) -> tuple[str, ...] | None:
    """The rule's modifiers for the modality used; None where it does not say."""
    if intent(case) in NOT_TELEHEALTH:
        return ()
    audio = modality(case) == "audio_only"
    if _private(case):
        return ("93",) if audio else ("95",)
    if case.rule is None:
        return None
    return case.rule.modifiers_audio if audio else case.rule.modifiers_av


def lines(case: Case, drafts: tuple[Draft, ...]) -> tuple[tuple[Line, ...], list[Found]]:
    """The lines, and what is to say of the places and modifiers that somebody asked for."""
    service, pos, telehealth = case.encounter.service, place_of_service(case), _telehealth(case)
    if pos is None or telehealth is None or not drafts:
        return (), []
    findings: list[Found] = []
    drafts = tuple(each if each.telehealth is not None else replace(each, telehealth=telehealth) for each in drafts)
    used = {modifier for each in drafts for modifier in each.telehealth or ()}
    asked = [each for each in service.requested_modifiers if each in TELEHEALTH_MODIFIERS]
    if any(each not in used for each in asked):
        findings.append(warn("MODIFIER_REPLACED" if used else "MODIFIER_REMOVED", rule=case.rule))
    if service.requested_pos is not None and service.requested_pos != pos:
        findings.append(hold("POS_CONFLICT", more=f"{service.requested_pos} asked, {pos} attested.", rule=case.rule))
    early = sorted(each for each in used if case.encounter.dos < case.pack.modifiers.get(each, date.min))
    if early:
        more, table = f"It asks for {', '.join(early)}, which did not exist yet.", f"{case.pack.name}, modifiers"
        findings.append(hold("RULE_INCOMPLETE", opens=True, more=more, rule=case.rule, source=table))
    further = tuple(each for each in dict.fromkeys(service.requested_modifiers) if each not in TELEHEALTH_MODIFIERS)
    made = tuple(
        Line(each.code, _once(each.pricing + further + (each.telehealth or ())), each.units, pos) for each in drafts
    )
    if any(len(line.modifiers) > MOST_MODIFIERS for line in made):
        findings.append(hold("TOO_MANY_MODIFIERS", opens=True))
    return made, findings


def _once(modifiers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(modifiers))


def bases(case: Case, drafts: tuple[Draft, ...], proposed: tuple[Line, ...]) -> tuple[Basis, ...]:
    """For every code with its units, and for the place and modifiers: the rule that decided and what it cites."""
    table = case.pack.name
    found = [
        Basis(f"{line.code} x{line.units}", f"{table}, {draft.code}", (draft.source or case.pack.notice,))
        for draft, line in zip(drafts, proposed, strict=True)
    ]
    private = _private(case)
    ground, rule = GROUNDS["POS_CONFLICT"], None if private else case.rule
    name, cited = (
        (ground.rule, (ground.citation,)) if rule is None else (rule.name, rule.citations or (ground.citation,))
    )
    said = ", ".join(f"{line.code} {' '.join(line.modifiers) or 'none'}" for line in proposed)
    found += [Basis(f"place of service {proposed[0].pos}", name, cited), Basis(f"modifiers {said}", name, cited)]
    if private:
        paid = GROUNDS["NOT_CREDENTIALED_IN_STATE"]
        found.append(Basis("the client pays", paid.rule, (paid.citation, GROUNDS["GFE_NOT_SENT"].citation)))
    return tuple(found)
