"""The claim to the next payer, from the claim before and what its payer decided of it. Pure.

Every cent of the first claim must be paid, adjusted or left in the remittance, line by line: a second payer refuses a
claim that does not add up, and a person enters what the remittance leaves open.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from billing_hooks.claims.claim import Adjusted, Claim, Earlier, Judged, Plan, Rank, ServiceLine
from billing_hooks.claims.corrections import renumbered
from billing_hooks.claims.letters import money
from billing_hooks.errors import Refused
from billing_hooks.replies.remittance import PaidClaim, PaidLine

_NEXT = {Rank.PRIMARY: Rank.SECONDARY, Rank.SECONDARY: Rank.TERTIARY}
_JUDGED = ("1", "2", "3", "4")
_SENT_ON = ("19", "20", "21", "23")


def secondary(before: Claim, decided: Earlier, plan: Plan, id: str) -> Claim:  # noqa: A002  # the claim's own field
    """The claim to `plan`, the next payer of the client. Its number is its own; it bears no number of the first payer.

    Errors: Refused("no-next-payer" | "same-payer").
    """
    rank = _NEXT.get(before.rank)
    if rank is None:
        raise Refused("no-next-payer", "A claim goes to three payers at most: bill the client for what is left.")
    if plan.payer_id in (before.plan.payer_id, *(each.plan.payer_id for each in before.earlier)):
        raise Refused("same-payer", "This payer decided already: choose the client's next plan.")
    found = replace(
        before, plan=plan, rank=rank, earlier=(*before.earlier, decided), original="", authorization="", referral="",
        frequency=type(before.frequency).NEW, delay="",
        further=tuple(
            each for each in before.further if each.plan.payer_id != plan.payer_id and each.rank is not rank
        ),
    )  # fmt: skip
    return renumbered(found, id)


def earlier(before: Claim, paid: PaidClaim, decided: date) -> Earlier:
    """What a remittance says of `before`, as the next payer wants it. `decided` the day of the payment.

    Errors: Refused("other-claim" | "not-judged" | "sent-on" | "not-balanced" | "lines-differ"), saying what to do.
    """
    _ours(before, paid)
    lines = _matched(before, paid)
    judged = tuple(_judged(ours, theirs, decided) for ours, theirs in lines)
    found = paid.paid + sum(each.cents for _, each in paid.every())
    if found != paid.charge:
        say = f"Its payment and adjustments come to {money(found)}, the claim is {money(paid.charge)}"
        raise Refused("not-balanced", f"{say}: ask the payer for a corrected remittance.")
    day = None if judged else decided
    adjusted = _some(paid.adjusted)
    return Earlier(before.rank, before.plan, paid.paid, adjusted, judged, paid.payer_number, day, paid.remarks)


def _ours(before: Claim, paid: PaidClaim) -> None:
    if paid.claim != before.id:
        raise Refused(
            "other-claim", f"The remittance is of claim {paid.claim[:40]}, not of {before.id}: choose the other."
        )
    if paid.status in _SENT_ON:
        to = f" ({paid.next_payer})" if paid.next_payer else ""
        raise Refused("sent-on", f"The payer sent the claim on to the next one itself{to}: wait for that remittance.")
    if paid.status not in _JUDGED:
        say = "This entry of the remittance decides nothing (reversal or forecast): use the one that stands."
        raise Refused("not-judged", say)
    if paid.charge != before.charge:
        say = f"The remittance is of {money(paid.charge)}, the claim of {money(before.charge)}"
        raise Refused("not-balanced", f"{say}: ask the payer which claim they judged.")


def _matched(before: Claim, paid: PaidClaim) -> list[tuple[ServiceLine, PaidLine]]:
    """Each of our lines with the one of the remittance: by its number, else by code, modifiers and day, else without
    modifiers, which payers drop. A remittance without lines decides of the claim as a whole."""
    if not paid.lines:
        return []
    left = list(paid.lines)
    found: list[tuple[ServiceLine, PaidLine]] = []
    for line in before.lines:
        theirs = next((each for way in _WAYS for each in left if way(line, each)), None)
        if theirs is None:
            say = f"The remittance does not say what became of {line.code} of {line.day}: enter the decision by hand."
            raise Refused("lines-differ", say)
        left.remove(theirs)
        found.append((line, theirs))
    if left:
        say = f"The remittance has {len(left)} lines more than the claim: enter the decision by hand."
        raise Refused("lines-differ", say)
    return found


def _by_number(ours: ServiceLine, theirs: PaidLine) -> bool:
    return bool(theirs.number) and theirs.number == ours.number


def _by_service(ours: ServiceLine, theirs: PaidLine) -> bool:
    return not theirs.number and _code(ours, theirs) and ours.modifiers in (theirs.modifiers, theirs.sent_modifiers)


def _by_code(ours: ServiceLine, theirs: PaidLine) -> bool:
    return not theirs.number and _code(ours, theirs)


_WAYS = (_by_number, _by_service, _by_code)


def _code(ours: ServiceLine, theirs: PaidLine) -> bool:
    return ours.code in (theirs.code, theirs.sent) and theirs.day in (None, ours.day) and theirs.charge == ours.charge


def _some(adjusted: tuple[Adjusted, ...]) -> tuple[Adjusted, ...]:
    """Without those that took nothing: payers send them, and the next payer refuses them."""
    return tuple(each for each in adjusted if each.cents)


def _judged(ours: ServiceLine, theirs: PaidLine, decided: date) -> Judged:
    found = theirs.paid + sum(each.cents for each in theirs.adjusted)
    if found != ours.charge:
        say = f"{ours.code}: its payment and adjustments come to {money(found)}, the line is {money(ours.charge)}"
        raise Refused("not-balanced", f"{say}: ask the payer for a corrected remittance.")
    units = int(theirs.units) if theirs.units.isdecimal() else ours.units
    return Judged(ours.number, theirs.paid, _some(theirs.adjusted), decided, theirs.code, theirs.modifiers, units)
