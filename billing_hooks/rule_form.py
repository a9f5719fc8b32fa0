"""From a payer rule's JSON form to what its form shows, and back; each fault beside its field. Pure.

What is left empty is left out: absent means unknown, never "no".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from billing_hooks import rules
from billing_hooks.field_errors import WrongFields
from billing_hooks.rule_fields import FormField, Group, Look, names
from billing_hooks.rules import Kind, Status

Form = Mapping[str, str]
KEEP = "keep_"  # keep_0, keep_1 ...: sources of the version before that stay
MOST_LETTERS = 2_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,59}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{5}", re.ASCII)
_MODIFIER = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_NONE = "none"
_COUNTED = {"98000"}


NAMED = "A rule's name has 3 to 60 letters, digits and hyphens, for example acme-commercial-2026."


def is_name(rule: str) -> bool:
    """Whether a rule may be called so: its name stands in addresses."""
    return _ID.fullmatch(rule) is not None and rule != "new"


def fill(rule: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of a rule in its JSON form."""
    pos, modifiers = rule.get("pos") or {}, rule.get("modifiers") or {}
    pos = {"home": pos, "other": pos} if isinstance(pos, str) else pos
    family = (rule.get("code_families") or {}).get("98000")
    family = {"accepted": {"accepted": True, "not_accepted": False}.get(family)} if isinstance(family, str) else family
    own = (family or {}).get("modifiers") or {}
    confirmed, verified = rule.get("confirmed") or {}, rule.get("verification") or {}
    sites = rule.get("originating_sites")
    share = rule.get("av_share_min")
    shown: dict[str, object] = {
        **{name: rule.get(name) for name in _PLAIN},
        "originating_sites": [sites] if isinstance(sites, str) else sites,
        "pos_home": pos.get("home"), "pos_other": pos.get("other"),
        "mods_av": _listed(modifiers.get("av")), "mods_audio": _listed(modifiers.get("audio_only")),
        "mods_async": _listed(modifiers.get("async")),
        "audio_codes": _listed(rule.get("audio_codes")), "code_allow": _listed(rule.get("code_allow")),
        "code_deny": rule.get("code_deny"), "effect": "yes" if rule.get("effect") else "",
        "licences_unasked": "yes" if rule.get("licences_unasked") else "",
        "fam_taken": _truth((family or {}).get("accepted")), "fam_av": _listed(own.get("av")),
        "fam_audio": _listed(own.get("audio_only")), "auth_required": _truth(rule.get("auth_required")),
        "most_units": [f"{code}={most}" for code, most in (rule.get("most_units") or {}).items()],
        "av_share_min": "" if share is None else f"{float(share) * 100:g}",
        "way": verified.get("by"), "representative": confirmed.get("representative") or verified.get("rep"),
        "call_ref": confirmed.get("call_ref") or verified.get("call_ref"),
        "answered_on": verified.get("date"), "expires": verified.get("expires"),
    }  # fmt: skip
    return {name: " ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in shown.items()
            if value not in (None, "", [])}  # fmt: skip


_PLAIN = (
    "payer", "lob", "kind", "status", "from", "to", "valid_through", "funding", "jurisdiction", "pos_conflict",
    "audio_only", "licences_allow", "services_excluded", "code_list", "timely_filing_days", "unit_rule",
    "minutes_basis", "assurance_form", "confidence", "note",
)  # fmt: skip


def sources(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """The sources of a rule in its JSON form, in words."""
    return rules.parse(rule, lenient=True).citations


def read(
    form: Form, groups: Sequence[Group], *, rule: str, before: Mapping[str, Any] | None, by: str, today: date
) -> dict[str, Any]:
    """The rule in its JSON form that somebody typed, without its version. `before` the version it was made from.

    What the form does not show of the version before (other families of codes) stays. Errors: WrongFields.
    """
    fields, wrong = names(groups), {}
    said: dict[str, Any] = {}
    for name, field in fields.items():
        try:
            said[name] = _read(field, form.get(name, "").strip())
        except ValueError as error:
            wrong[name] = str(error)
    if not is_name(rule):
        wrong["id"] = NAMED
    wrong |= {} if wrong else _together(said)
    found = _assembled(said, rule, before or {}, by, today) if not wrong else {}
    found["citations"] = _citations(form, said, before or {}) if not wrong else []
    if not wrong and not found["citations"]:
        wrong["source_title"] = "Say who told it: a rule without a source is not kept."
    if not wrong:
        wrong = {_FIELD_OF.get(fault.field, fault.field): f"{fault.say[:1].upper()}{fault.say[1:]}."
                 for fault in rules.faults(found)}  # fmt: skip
    if wrong:
        raise WrongFields(wrong)
    return found


_FIELD_OF = {"pos": "pos_home", "modifiers": "mods_av", "code_families": "fam_taken", "confirmed": "representative",
             "citations": "source_title", "verification": "way"}  # fmt: skip


def _read(field: FormField, text: str) -> Any:
    """The value of one field, None when nothing was typed. Errors: ValueError with the sentence."""
    if len(text) > MOST_LETTERS or not all(letter.isprintable() or letter == "\n" for letter in text):
        raise ValueError(f"Write at most {MOST_LETTERS} letters that can be printed.")
    if not text:
        if field.needed and field.part != "citations":
            raise ValueError(f"{field.label} is missing.")
        return None
    return _READERS[field.look](field, text)


def _day(field: FormField, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{field.label}: there is no such day. Write it as 2026-11-22.") from None


def _one(field: FormField, text: str) -> object:
    if text not in (field.choices or {}):
        raise ValueError(f"{field.label}: choose one of the list.")
    return text


def _picks(field: FormField, text: str) -> list[str]:
    chosen = list(dict.fromkeys(text.split()))
    odd = [each for each in chosen if each not in (field.choices or {})]
    if odd:
        raise ValueError(f"{field.label}: {odd[0]} is not known here. Choose from the list.")
    return chosen


def _several(field: FormField, text: str) -> list[str]:
    chosen = list(dict.fromkeys(text.replace(",", " ").split()))
    if [each.lower() for each in chosen] == [_NONE]:
        return []
    modifiers = field.name.startswith(("mods_", "fam_"))
    chosen = [each.upper() for each in chosen]
    pattern = _MODIFIER if modifiers else _CODE
    odd = [each for each in chosen if not pattern.fullmatch(each)]
    if odd:
        length = "two" if modifiers else "five"
        raise ValueError(f"{field.label}: {odd[0]} does not have {length} letters or digits.")
    return chosen


def _count(field: FormField, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 3660:
        raise ValueError(f"{field.label}: write a whole number from 1 to 3660.")
    return int(text)


def _percent(field: FormField, text: str) -> str:
    if not re.fullmatch(r"\d{1,3}(\.\d)?", text, re.ASCII) or not 0 < float(text) <= 100:
        raise ValueError(f"{field.label}: write a number of percent, above 0 and up to 100.")
    return f"{float(text) / 100:g}"


def _place(field: FormField, text: str) -> str:
    if not re.fullmatch(r"\d{2}", text, re.ASCII):
        raise ValueError(f"{field.label}: a place of service has two digits.")
    return text


def _units(field: FormField, text: str) -> dict[str, int]:
    found = {}
    for each in text.replace(",", " ").split():
        match = re.fullmatch(r"([A-Z0-9]{5})=(\d{1,3})", each.upper(), re.ASCII)
        if match is None:
            raise ValueError(f"{field.label}: write {each} as a code, = and a number, for example 97110=4.")
        found[match[1]] = int(match[2])
    return found


def _as_typed(_field: FormField, text: str) -> str:
    return text


def _tick(_field: FormField, text: str) -> bool:
    return text == "yes"


_READERS: Mapping[Look, Callable[[FormField, str], Any]] = {
    Look.LINE: _as_typed, Look.LONG: _as_typed, Look.DAY: _day, Look.CHOICE: _one,
    Look.PICKS: _picks, Look.WORDS: _several, Look.COUNT: _count, Look.PERCENT: _percent, Look.PLACE: _place,
    Look.UNITS: _units, Look.TICK: _tick,
}  # fmt: skip


def _together(said: Mapping[str, Any]) -> dict[str, str]:
    """What no field alone can say."""
    wrong: dict[str, str] = {}
    since, until, law = said["from"], said["to"], said["kind"] == Kind.LAW
    if until is not None and until < since:
        wrong["to"] = "The last day lies before the first."
    if "any" in (said["originating_sites"] or []) and len(said["originating_sites"]) > 1:
        wrong["originating_sites"] = "Any place includes the others: tick it alone, or leave it."
    if "95" in (said["mods_audio"] or []):
        wrong["mods_audio"] = "95 means live video: it cannot stand on a visit without picture."
    if said["status"] == Status.HISTORICAL and until is None:
        wrong["to"] = "A historical rule is bounded: write the last day on which it held."
    if law and (said["pos_home"] or said["pos_other"] or said["mods_av"] or said["mods_audio"]):
        wrong["kind"] = "A law allows or forbids: places of service and modifiers are the payer's to say."
    if said["jurisdiction"] is not None and not re.fullmatch("[A-Z]{2}", said["jurisdiction"]):
        wrong["jurisdiction"] = "Write the state as two capital letters, for example MN."
    if said["pos_home"] == "10" and until is not None and until < "2022-01-01":
        wrong["pos_home"] = "Place of service 10 begins on 2022-01-01, after this rule ends."
    if said["source_title"] is None and (said["source_place"] or said["source_quote"] or said["source_date"]):
        wrong["source_title"] = "Say what the source is, so that what you wrote of it can be kept."
    answered = said["kind"] == Kind.MEMBER_VERIFICATION and said["status"] == Status.CONFIRMED
    if answered and not said["call_ref"]:
        wrong["call_ref"] = "A member's answer counts only with its call reference number."
    return wrong


def _assembled(said: Mapping[str, Any], rule: str, before: Mapping[str, Any], by: str, today: date) -> dict[str, Any]:
    pos = {"home": said["pos_home"], "other": said["pos_other"]}
    modifiers = {"av": said["mods_av"], "audio_only": said["mods_audio"], "async": said["mods_async"]}
    confirmed = said["status"] == Status.CONFIRMED
    sites = said["originating_sites"]
    found: dict[str, Any] = {
        "id": rule, **{name: said[name] for name in _PLAIN},
        "originating_sites": "any" if sites == ["any"] else sites,
        "pos": _stated(pos), "modifiers": _stated(modifiers), "audio_codes": said["audio_codes"],
        "code_allow": said["code_allow"], "code_deny": said["code_deny"], "most_units": said["most_units"],
        "licences_unasked": said["licences_unasked"] or None, "auth_required": _bool(said["auth_required"]),
        "av_share_min": said["av_share_min"], "code_families": _families(said, before),
        "effect": "originating_site_anywhere" if said["effect"] else None,
        "confirmed": _stated({
            "by": by, "on": today.isoformat(), "representative": said["representative"], "call_ref": said["call_ref"],
        }) if confirmed else None,
        "verification": _stated({
            "by": said["way"], "call_ref": said["call_ref"], "rep": said["representative"],
            "date": said["answered_on"], "expires": said["expires"],
        }),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _families(said: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any] | None:
    found = {name: kept for name, kept in (before.get("code_families") or {}).items() if name not in _COUNTED}
    own = _stated({"av": said["fam_av"], "audio_only": said["fam_audio"]})
    taken = _bool(said["fam_taken"])
    if taken is not None or own is not None:
        found["98000"] = {**({} if taken is None else {"accepted": taken}), **({"modifiers": own} if own else {})}
    return found or None


def _citations(form: Form, said: Mapping[str, Any], before: Mapping[str, Any]) -> list[Any]:
    """The sources that stay, and the new one."""
    old = cast("list[Any]", before.get("citations") or [])
    kept = [each for number, each in enumerate(old) if form.get(f"{KEEP}{number}") == "yes"]
    if said["source_title"] is None:
        return kept
    place = said["source_place"] or ""
    new = {"title": said["source_title"], "url" if "://" in place else "doc": place or None,
           "quote": said["source_quote"], "date": said["source_date"]}  # fmt: skip
    return [*kept, _stated(new)]


def _stated(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Without what is not known; None when nothing is."""
    return {name: value for name, value in found.items() if value is not None} or None


def _listed(value: object) -> object:
    """A stated, empty list is the word none."""
    return _NONE if value == [] else value


def _truth(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""


def _bool(value: str | None) -> bool | None:
    return None if value is None else value == "yes"
