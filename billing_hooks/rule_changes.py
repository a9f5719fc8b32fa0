"""What changed from one version of a payer rule to the next, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from billing_hooks import rule_words
from billing_hooks.rules import Confirmed, Family, PayerRule

_WORDS: Mapping[str, str] = MappingProxyType({
    "id": "Name", "version": "Version", "payer": "Payer", "lob": "Kind of plan", "kind": "Who says so",
    "status": "Standing", "since": "In force from", "until": "In force to", "valid_through": "Look at it again after",
    "funding": "Who bears the cost", "jurisdiction": "State", "originating_sites": "Kinds of place allowed",
    "pos_home": "Place of service at home", "pos_other": "Place of service elsewhere",
    "pos_conflict": "Disagreement about the place of service", "modifiers_av": "Modifiers with picture",
    "modifiers_audio": "Modifiers without picture", "audio_only": "Without picture",
    "audio_codes": "Codes paid without picture", "licences_allow": "Licences allowed",
    "licences_unasked": "Other licences were not asked about", "services_excluded": "Services excluded",
    "code_allow": "Codes allowed", "code_deny": "Codes not allowed", "code_list": "List of codes",
    "families": "Families of codes", "most_units": "Most units a day", "auth_required": "Authorisation needed",
    "timely_filing_days": "Days to file a claim", "unit_rule": "How units are counted",
    "minutes_basis": "Which measured total counts", "av_share_min": "Least share with picture",
    "assurance_form": "Assurance form wanted", "call_reference_missing": "Call reference missing",
    "frees_site": "Frees the place", "confidence": "Confidence", "note": "Note", "confirmed": "Confirmed by",
    "citations": "Sources", "unknown": "Fields not known",
})  # fmt: skip

# Fields whose values are words of the rules' own, and what people call each of these.
_VALUES: Mapping[str, rule_words.Words] = MappingProxyType({
    "lob": rule_words.LOBS, "kind": rule_words.KINDS, "status": rule_words.STATUSES, "funding": rule_words.FUNDINGS,
    "originating_sites": rule_words.SITES, "audio_only": rule_words.AUDIO, "licences_allow": rule_words.LICENCES,
    "services_excluded": rule_words.EXCLUDABLE, "unit_rule": rule_words.UNIT_RULES, "minutes_basis": rule_words.BASES,
    "confidence": rule_words.CONFIDENCE,
})  # fmt: skip


def changes(old: PayerRule, new: PayerRule) -> tuple[str, ...]:
    """One sentence for each field that differs; nothing for the version's own number."""
    found: list[str] = []
    for field in fields(PayerRule):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now and field.name != "version":
            found.append(f"{_WORDS[field.name]}: {_said(field.name, now)}, was {_said(field.name, was)}.")
    return tuple(found)


def told(rule: PayerRule) -> tuple[tuple[str, str], ...]:
    """What a rule says, field by field; what is not known or left out is not listed."""
    found = [(field.name, getattr(rule, field.name), field.default) for field in fields(PayerRule)]
    shown = (each for each in found if each[0] not in ("id", "version", "citations", "unknown"))
    return tuple((_WORDS[name], _said(name, value)) for name, value, usual in shown if value != usual)


def _said(name: str, value: object) -> str:
    """A field's value as people say it."""
    words = _VALUES.get(name)
    if words is None or value is None or value == "":
        return _say(value)
    if isinstance(value, frozenset):
        return ", ".join(sorted(rule_words.said(words, each) for each in value)) or "none"
    return rule_words.said(words, value)


def _say(value: object) -> str:
    """A value as people say it; what is absent is not known."""
    if value is None or value == "":
        return "not known"
    for kind, words in _SAID:
        if isinstance(value, kind):
            return words(value)
    return str(value)


def _confirmed(value: Confirmed) -> str:
    on = f" on {value.on.isoformat()}" if value.on is not None else ""
    reference = f", call reference {value.call_ref}" if value.call_ref else ""
    return f"{value.by}{on}{reference}"


def _family(value: Family) -> str:
    taken = {True: "taken", False: "not taken", None: "not stated"}[value.accepted]
    own = "" if value.av is None else f" with {_listed(value.av)}"
    return taken + own


def _listed(value: Collection[object]) -> str:
    if not value:
        return "none"
    words = [" ".join(_part(part) for part in each) if isinstance(each, tuple) else _part(each) for each in value]
    return ", ".join(words if isinstance(value, tuple) else sorted(words))


def _part(value: object) -> str:
    return _family(value) if isinstance(value, Family) else str(value)


_SAID: tuple[tuple[type, Callable[..., str]], ...] = (
    (bool, lambda value: "yes" if value else "no"),
    (date, lambda value: value.isoformat()),
    (Decimal, lambda value: f"{value * 100:f} %"),
    (Confirmed, _confirmed),
    (tuple, _listed),
    (frozenset, _listed),
)
