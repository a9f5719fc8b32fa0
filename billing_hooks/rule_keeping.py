"""Whether a new version of a payer rule may be kept beside those that stand: dates, numbers, contradictions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from billing_hooks import rules
from billing_hooks.choosing import DECIDES
from billing_hooks.field_errors import WrongFields
from billing_hooks.rule_changes import changes
from billing_hooks.rules import Kind, PayerRule, Status


def numbered(form: Mapping[str, Any], known: Iterable[PayerRule]) -> dict[str, Any]:
    """The form with the number that follows every version of its rule, shipped ones counted."""
    return {**form, "version": 1 + max((rule.version for rule in known if rule.id == form["id"]), default=0)}


def admit(
    form: Mapping[str, Any], known: Sequence[PayerRule], *, seen: int | None = None, replaces: bool = False
) -> dict[str, Any]:
    """The numbered form, where nothing stands against it. `known` are the practice's versions and the shipped ones;
    `seen` the newest version that the person looked at. Errors: WrongFields.
    """
    rule = rules.parse({**form, "version": 1})
    same = [each for each in known if each.id == rule.id]
    newest = max((each.version for each in same), default=0)
    if seen is not None and seen != newest:
        say = f"Somebody saved version {newest} meanwhile: look at it, then save yours again."
        raise WrongFields({"from": say}, f"Nothing was saved. {say}")
    later = next((each for each in same if each.since > rule.since), None)
    if later is not None and not replaces:
        raise WrongFields({"from": (
            f"Version {later.version} begins on {later.since.isoformat()} and would no longer hold. Begin on that day "
            "or later, or tick that this version replaces every earlier one."
        )})  # fmt: skip
    rival = next((each for each in known if _rivals(rule, each, known)), None)
    if rival is not None:
        others = f"{rival.name}, in force from {rival.since.isoformat()}"
        raise WrongFields({"from": (
            f"The dates overlap with the rule {others}, which speaks for the same payer and plan and says otherwise: "
            f"{_first_difference(rival, rule)} Give that rule a last day first, or make this a version of it."
        )})  # fmt: skip
    return numbered(form, known)


def unchanged(form: Mapping[str, Any], known: Iterable[PayerRule]) -> bool:
    """Whether the newest version of this rule says the same already."""
    rule = rules.parse({**form, "version": 1})
    same = [each for each in known if each.id == rule.id]
    return bool(same) and not changes(max(same, key=lambda each: each.version), rule)


def _rivals(rule: PayerRule, other: PayerRule, known: Sequence[PayerRule]) -> bool:
    """Two confirmed rules of equal strength for one payer, plan and day that would code a visit differently."""

    def target(each: PayerRule) -> tuple[object, ...]:
        return each.kind, each.payer, each.lob, each.funding, each.jurisdiction, each.status

    if other.id == rule.id or rule.status is not Status.CONFIRMED or rule.kind in (Kind.LAW, Kind.EXAMPLE):
        return False
    return (
        target(rule) == target(other)
        and _overlap(rule, other, known)
        and any(getattr(rule, name) != getattr(other, name) for name in DECIDES)
    )


def _overlap(rule: PayerRule, other: PayerRule, known: Sequence[PayerRule]) -> bool:
    """Whether a day exists on which both have the last word of their names."""
    younger = [each.since for each in known if each.id == other.id and each.version > other.version]
    last = min((day for day in (other.until, *younger) if day is not None), default=date.max)
    ends = any(day <= other.since for day in younger)
    return not ends and other.since <= (rule.until or date.max) and rule.since <= last


def _first_difference(old: PayerRule, new: PayerRule) -> str:
    told = [each for each in changes(old, new) if not each.startswith(("Name", "In force", "Looked at", "Sources"))]
    return told[0] if told else ""
