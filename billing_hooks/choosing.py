"""Choosing the payer rule that decides a claim: by date of service, strength, and how specific it is. Pure.

Law rules are constraints; they never supply a place of service or a modifier. `historical` rules decide only claims of
their own time, `example` rules never. Nothing hangs on the order in which rules are given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from billing_hooks.rules import Kind, PayerRule, Status

# What a rule says that changes a claim: two equal rules that differ in one of these are in conflict.
DECIDES = (
    "originating_sites", "pos_home", "pos_other", "modifiers_av", "modifiers_audio", "audio_only", "audio_codes",
    "licences_allow", "services_excluded", "code_allow", "code_deny", "families", "unit_rule", "minutes_basis",
    "av_share_min", "most_units", "auth_required", "timely_filing_days",
)  # fmt: skip
RANK = (Kind.CONTRACT, Kind.MEMBER_VERIFICATION, Kind.PAYER_POLICY, Kind.LOB_DEFAULT)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found for a claim: the rule, a second that contradicts it, the law, and old rules passed over.

    `law_unsettled` a law whose reach hangs on how the plan is funded or where it is written, and that is not known.
    """

    rule: PayerRule | None
    rival: PayerRule | None = None
    laws: tuple[PayerRule, ...] = ()
    unbound_law: PayerRule | None = None
    law_unsettled: PayerRule | None = None
    superseded: PayerRule | None = None


def choose(
    rules: Iterable[PayerRule], *, payer: str, lob: str, funding: str | None, state: str | None, dos: date, today: date
) -> Choice:
    """The rule in force on `dos` of the strongest kind, then most specific; equal rules that differ are rivals."""
    laws: list[PayerRule] = []
    fitting: list[PayerRule] = []
    unbound = unsettled = superseded = None
    concerned = (rule for rule in rules if rule.lob in (lob, "*") and rule.payer in (payer, "*"))
    for rule in sorted(_in_their_last_words(concerned, dos), key=lambda each: (each.id, -each.version)):
        old = rule.status is Status.HISTORICAL
        if not rule.holds_on(dos) or (old and not rule.holds_on(today)):
            superseded = rule if old and rule.since <= dos and rule.payer != "*" else superseded
        elif rule.kind is Kind.LAW:
            unknown = (rule.funding and not funding) or (rule.jurisdiction and not state)
            if rule.funding not in (None, funding) or rule.jurisdiction not in (None, state):
                unsettled = rule if unknown else unsettled
                bound = rule.jurisdiction in (None, state)
                unbound = rule if bound and funding == "self_funded" else unbound
            else:
                laws.append(rule)
        elif rule.funding in (None, funding) and rule.jurisdiction in (None, state):
            fitting.append(rule)
    fitting.sort(key=lambda rule: (RANK.index(rule.kind), -_specific(rule), rule.status is Status.NEEDS_CONFIRMATION))
    first = fitting[0] if fitting else None
    rival = next((rule for rule in fitting[1:] if first is not None and _contradicts(first, rule)), None)
    return Choice(first, rival, tuple(laws), unbound, unsettled, superseded)


def _in_their_last_words(rules: Iterable[PayerRule], dos: date) -> Iterable[PayerRule]:
    """Of each rule the newest version that had begun by then: it replaces what older versions said of later days."""
    kept: dict[str, list[PayerRule]] = {}
    for rule in rules:
        if rule.kind is Kind.EXAMPLE or rule.since > dos:
            continue
        others = kept.setdefault(rule.id, [])
        if not others or rule.version > others[0].version:
            kept[rule.id] = [rule]
        elif rule.version == others[0].version and rule not in others:
            others.append(rule)
    # Two texts under one name and version: shown as a conflict, in an order that is theirs.
    return (rule for group in kept.values() for rule in (group if len(group) == 1 else sorted(group, key=repr)))


def _specific(rule: PayerRule) -> int:
    return sum((rule.payer != "*", rule.lob != "*", rule.funding is not None, rule.jurisdiction is not None))


def _contradicts(first: PayerRule, other: PayerRule) -> bool:
    """Two equally strong, equally specific rules that would code the same visit differently.

    What the practice confirmed is not in conflict with what nobody did: a suggestion is no second voice.
    """
    if first.status is not other.status and Status.NEEDS_CONFIRMATION in (first.status, other.status):
        return False
    if (first.kind, _specific(first)) != (other.kind, _specific(other)):
        return False
    return any(getattr(first, name) != getattr(other, name) for name in DECIDES)
