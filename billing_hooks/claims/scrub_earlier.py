"""Checks of corrections, voids and claims to the next payer: every cent of the first is accounted for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from billing_hooks.claims import tables
from billing_hooks.claims.claim import Adjusted, Claim, Earlier, Frequency, Rank
from billing_hooks.claims.letters import money
from billing_hooks.claims.scrub_words import Against, Check, Found

_ORDER = {Rank.PRIMARY: 0, Rank.SECONDARY: 1, Rank.TERTIARY: 2}
_MODIFIER = re.compile(r"[A-Z0-9]{2}\Z", re.ASCII)
_MOST_MODIFIERS = 4
_REASON = re.compile(r"[A-Z]{0,2}\d{1,3}\Z", re.ASCII)


def _earlier(claim: Claim) -> Iterator[tuple[str, str, Earlier]]:
    return ((f"earlier[{at}]", f"Earlier payer {at + 1}", each) for at, each in enumerate(claim.earlier))


def _original(claim: Claim, _: Against) -> Found:
    if claim.frequency is not Frequency.NEW and not claim.original:
        word = "replaces" if claim.frequency is Frequency.REPLACE else "takes back"
        yield (
            "original",
            f"The payer's number of the claim that this one {word} is missing: it stands in the remittance.",
        )
    if claim.frequency is Frequency.NEW and claim.original:
        yield "original", "A new claim replaces none: take the payer's number away, or say that it replaces (7)."


def _medicare_frequency(claim: Claim, _: Against) -> Found:
    if claim.plan.filing == "MB" and claim.frequency is not Frequency.NEW:
        say = "Medicare Part B is not known to take replacements or voids as claims: ask for a reopening instead."
        yield "frequency", say


def _ranks(claim: Claim, _: Against) -> Found:
    if claim.rank is Rank.PRIMARY and claim.earlier:
        yield "earlier", "Nobody decides before the first payer: this claim goes to the second."
    if len(claim.earlier) < _ORDER[claim.rank]:
        yield "earlier", "What the payers before decided is missing: post their remittance first."
    ranks = [each.rank for each in claim.earlier]
    if len(set(ranks)) < len(ranks) or any(_ORDER[each] >= _ORDER[claim.rank] for each in ranks):
        yield "earlier", "The earlier payers' places (first, second) do not fit this claim's: put them in order."
    payers = [each.plan.payer_id for each in claim.earlier]
    if len(set(payers)) < len(payers):
        yield "earlier", "Two earlier payers have one number, so their decisions cannot be told apart: look at both."


def _medicare_second(claim: Claim, _: Against) -> Found:
    kind, second = claim.plan.medicare_second, claim.plan.filing == "MB" and claim.rank is not Rank.PRIMARY
    if second and kind not in tables.MEDICARE_SECOND:
        say = "Say in the client's Medicare plan why it does not come first (SBR05), then ask the next payer once more."
        yield "plan.medicare_second", say
    if kind and not second:
        yield "plan.medicare_second", "Why Medicare comes second is said only where it does: take it away."


def _earlier_plan(claim: Claim, _: Against) -> Found:
    for place, words, each in _earlier(claim):
        plan = each.plan
        if not plan.name or not plan.payer_id or not plan.member:
            yield f"{place}.plan", f"{words}: its name, electronic number or member number is missing. Enter them."
        if plan.filing not in tables.FILINGS:
            yield f"{place}.plan.filing", f"{words}: {plan.filing or 'nothing'} is no kind of plan. Choose it again."


def _line_balance(claim: Claim, _: Against) -> Found:
    lines = {line.number: line for line in claim.lines}
    for place, words, each in _earlier(claim):
        for at, judged in enumerate(each.lines):
            line = lines.get(judged.line)
            if line is None:
                yield f"{place}.lines[{at}].line", f"{words} decided of a line that this claim does not have."
                continue
            if not all(_MODIFIER.match(each) for each in judged.modifiers) or len(judged.modifiers) > _MOST_MODIFIERS:
                yield f"{place}.lines[{at}].modifiers", f"{words}, {line.code}: its modifiers are none. Look at them."
            found = judged.paid + sum(reason.cents for reason in judged.adjusted)
            if found != line.charge:
                say = (
                    f"{words}, {line.code}: {money(judged.paid)} paid and {money(found - judged.paid)} adjusted come "
                    f"to {money(found)}, the line is {money(line.charge)}. Enter the decision as the remittance has it."
                )
                yield f"{place}.lines[{at}]", say
        absent = lines.keys() - {judged.line for judged in each.lines}
        if each.lines and absent:
            yield f"{place}.lines", f"{words}: of {len(absent)} lines its decision is missing. Enter all lines or none."


def _claim_balance(claim: Claim, _: Against) -> Found:
    for place, words, each in _earlier(claim):
        reasons = [*each.adjusted, *(reason for judged in each.lines for reason in judged.adjusted)]
        found = each.paid + sum(reason.cents for reason in reasons)
        if found != claim.charge:
            say = (
                f"{words}: {money(each.paid)} paid and {money(found - each.paid)} adjusted come to {money(found)}, the "
                f"claim is {money(claim.charge)}. Enter the decision as the remittance has it."
            )
            yield place, say


def _reasons(claim: Claim, _: Against) -> Found:
    for place, words, each in _earlier(claim):
        parts = [("adjusted", each.adjusted), *((f"lines[{at}].adjusted", found.adjusted) for at, found in
                                                enumerate(each.lines))]  # fmt: skip
        for part, reasons in parts:
            yield from _adjusted(f"{place}.{part}", words, reasons)


def _adjusted(place: str, words: str, reasons: tuple[Adjusted, ...]) -> Found:
    for reason in reasons:
        if reason.group not in tables.GROUPS or not _REASON.match(reason.reason):
            yield place, f"{words}: {reason.group[:3]}-{reason.reason[:6]} is no reason of an adjustment. Look at it."
        if not reason.cents:
            yield place, f"{words}: an adjustment of nothing. Take it away."


def _decided(claim: Claim, against: Against) -> Found:
    first = min((line.day for line in claim.lines), default=against.today)
    for place, words, each in _earlier(claim):
        for at, judged in enumerate(each.lines):
            if not first <= judged.day <= against.today:
                yield (
                    f"{place}.lines[{at}].day",
                    f"{words} decided on {judged.day}, before the visit or in days to come.",
                )
        if not each.lines and (each.day is None or not first <= each.day <= against.today):
            say = f"{words}: the day of the decision is missing or cannot be: take it from the remittance."
            yield f"{place}.day", say


CHECKS = (
    Check("original", _original, "TR3 2300 REF F8"),
    Check(
        "medicare-frequency", _medicare_frequency, "our own knowledge of CMS's companion guide: confirm", grave=False
    ),
    Check("payers-order", _ranks, "TR3 2320 SBR01"),
    Check("medicare-second", _medicare_second, "TR3 SBR05, X12 1336"),
    Check("earlier-plan", _earlier_plan, "TR3 2330A, 2330B"),
    Check("earlier-line-sum", _line_balance, "TR3 §1.4.4, balancing"),
    Check("earlier-claim-sum", _claim_balance, "TR3 §1.4.4, balancing"),
    Check("earlier-reasons", _reasons, "TR3 CAS"),
    Check("earlier-day", _decided, "TR3 2430 DTP 573"),
)
