"""What changed from one coding run of an encounter to the next, and what that did to the proposal, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from billing_hooks import rule_changes, rules
from billing_hooks.errors import Malformed
from billing_hooks.words import Finding, Line, Outcome, Proposal

OUTCOMES: Mapping[Outcome, str] = MappingProxyType({
    Outcome.BILL: "ready", Outcome.HOLD: "held", Outcome.REFUSE: "not billable", Outcome.SELF_PAY: "client pays",
    Outcome.IGNORE: "nothing to do",
})  # fmt: skip
_LABELS: Mapping[str, str] = MappingProxyType({
    "lob": "line of business", "since": "in force from", "until": "in force to", "first_payer": "comes first",
    "rule_id": "rule used", "verified_on": "verified on", "mdm": "decision making", "total_same_day": "total that day",
    "by_code": "minutes by code", "credentialed": "credentialed in", "other_visits": "other visits that day",
    "related_days": "days since a related visit", "leads_to_visit": "a visit within a day after",
    "separate": "a service of its own", "assurance_on_file": "assurance on file", "requested": "codes asked for",
    "basis": "basis of the level",
})  # fmt: skip
_PARTS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "sheet": ("Sheet", "The clinician's coding sheet came."),
    "coverage": ("Plan", "A plan was put on file."),
    "history": ("Other visits", "The client's other visits were looked at."),
})  # fmt: skip
_APART = frozenset({"event", "statement", "intent", "fees", "rules", "today", "proposal", *_PARTS})


@dataclass(frozen=True, slots=True)
class Run:
    """One coding run, as far as two of them are compared: what it rested on, what it proposed, by which coder."""

    rests_on: Mapping[str, Any]
    proposal: Proposal
    coder: str


def causes(old: Run, new: Run) -> tuple[str, ...]:
    """What the newer run rests on that the older one did not, a sentence each."""
    was, now = old.rests_on, new.rests_on
    found = [*_event(was, now), *_statement(was, now)]
    for part, (label, came) in _PARTS.items():
        found += _part(label, came, was.get(part), now.get(part))
    if was["intent"] != now["intent"]:
        found.append(f"The service means: {_say(now['intent'])}, was {_say(was['intent'])}.")
    found += _rules(old, new)
    found += _fees(was["fees"], now["fees"], {line.code for run in (old, new) for line in run.proposal.lines})
    if old.coder != new.coder:
        found.append(f"The coder and its tables: {new.coder}, was {old.coder}.")
    for part in sorted((was.keys() | now.keys()) - _APART):
        label = part.replace("_", " ").capitalize()
        found += _part(label, f"{label}: came.", was.get(part), now.get(part))
    if not found and was["today"] != now["today"]:
        found.append(f"Only the day of coding: {now['today']}, was {was['today']}.")
    return tuple(found)


def effects(old: Proposal, new: Proposal) -> tuple[str, ...]:
    """What is proposed otherwise, a sentence each; empty when the proposal stayed."""
    found: list[str] = []
    if old.outcome is not new.outcome:
        found.append(f"Outcome: {OUTCOMES[new.outcome]}, was {OUTCOMES[old.outcome]}.")
    if old.lines != new.lines:
        found.append(f"Lines: {lines_say(new.lines)}, was {lines_say(old.lines)}.")
    if old.minutes != new.minutes:
        found.append(f"Minutes: {_say(new.minutes)}, was {_say(old.minutes)}.")
    for word, was, now in (("Reason", old.reasons, new.reasons), ("To know", old.warnings, new.warnings)):
        found += [f"{word} gone: {each.say}" for each in _less(was, now)]
        found += [f"{word} new: {each.say}" for each in _less(now, was)]
    if old.file_by != new.file_by:
        found.append(f"Last day to file: {_say(new.file_by)}, was {_say(old.file_by)}.")
    return tuple(found)


def lines_say(lines: Iterable[Line]) -> str:
    """Lines in one row of words: "90834 95 x1 at 10"."""
    return (
        " + ".join(f"{' '.join((each.code, *each.modifiers))} x{each.units} at {each.pos}" for each in lines) or "none"
    )


def _event(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    before, after = was["event"], now["event"]
    if before is None or after is None or before["id"] == after["id"]:
        return []  # a service that no visit gave has no event
    return [f"A corrected event came: number {after['sequence']}, was {before['sequence']}."]


def _statement(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    before, after = was["statement"], now["statement"]
    if before == after:
        return []
    if before is None:
        return ["The clinician's statement came."]
    return ["The clinician's statement no longer counts." if after is None else "The clinician's statement changed."]


def _part(label: str, came: str, was: Any, now: Any) -> list[str]:
    if was == now:
        return []
    if was is None:
        return [came]
    if now is None:
        return [f"{label}: no longer there."]
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        return [f"{label}: changed."]
    names = [name for name in now.keys() | was.keys() if was.get(name) != now.get(name)]
    return [
        f"{label}, {_LABELS.get(name, name.replace('_', ' '))}: {_say(now.get(name))}, was {_say(was.get(name))}."
        for name in sorted(names)
    ]


def _rules(old: Run, new: Run) -> list[str]:
    """The rules that decided, version by version; of a rule with both versions at hand also which fields differ."""
    if old.proposal.rules == new.proposal.rules:
        return []
    came, went = ([name for name in some if name not in other] for some, other in (
        (new.proposal.rules, old.proposal.rules), (old.proposal.rules, new.proposal.rules),
    ))  # fmt: skip
    found = [f"Rule that decided: {_list(came)}, was {_list(went)}."]
    before = {str(rule["id"]): rule for rule in old.rests_on["rules"] if _name(rule) in old.proposal.rules}
    after = {str(rule["id"]): rule for rule in new.rests_on["rules"] if _name(rule) in new.proposal.rules}
    for rule in sorted(before.keys() & after.keys()):
        try:
            pair = [rules.parse(each[rule], lenient=True) for each in (before, after)]
        except Malformed:
            continue  # stored by a version that read rules otherwise: that it changed is said above
        found += [f"Rule {rule}: {change}" for change in rule_changes.changes(*pair)]
    return found


def _fees(was: list[Any], now: list[Any], codes: set[str]) -> list[str]:
    before, after = ({(fee[0], fee[2]): fee[1] for fee in fees if fee[0] in codes} for fees in (was, now))
    return [
        f"Fee of {code} from {since}: {_money(after.get((code, since)))}, was {_money(before.get((code, since)))}."
        for code, since in sorted(before.keys() | after.keys())
        if before.get((code, since)) != after.get((code, since))
    ]


def _less(some: tuple[Finding, ...], without: tuple[Finding, ...]) -> list[Finding]:
    known = {(each.label, each.say) for each in without}
    return [each for each in some if (each.label, each.say) not in known]


def _name(rule: Mapping[str, Any]) -> str:
    return f"{rule['id']} v{rule['version']}"


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _money(cents: int | None) -> str:
    return "none" if cents is None else f"${cents // 100:,}.{cents % 100:02d}"


def _say(value: object) -> str:
    if value is None or value == "":
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_say(each) for each in value) or "none"
    return str(value).replace("_", " ")
