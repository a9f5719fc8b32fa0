"""Posting a payer's decision to an encounter: once, whole, or not at all, in whatever order decisions come. Pure.

A decision about a claim that stands decided waits, and so does one taken back that is not there yet; each time
something is posted those that wait are tried again. A decision and what takes it back may be posted together at any
time, for together they move nothing. So the end is the same for every order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from billing_hooks.claims.claim import Adjusted
from billing_hooks.ledger import matching, moves
from billing_hooks.ledger.accounts import Account, Check, Judgement, OurClaim, OurLine, Waiting
from billing_hooks.ledger.entries import dollars
from billing_hooks.replies.remittance import FORECAST, PROCESSED, REVERSAL, PaidClaim


class Result(StrEnum):
    """What became of a decision."""

    POSTED = "posted"
    ALREADY = "already"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Posted:
    """An account after a decision, and what a person should look at. `added` the decisions this one brought in."""

    account: Account
    result: Result
    added: tuple[Judgement, ...] = ()
    remarks: tuple[str, ...] = ()


def key(check: Check, paid: PaidClaim, nth: int = 0) -> str:
    """The same for the same decision in the same payment, whichever file it comes in. `nth` of its like there."""
    kind = "back" if paid.reversal else "decision"
    return f"835/{check.payer}/{check.trace}/{paid.claim}/{paid.payer_number}/{kind}/{nth}"


def content(paid: PaidClaim) -> str:
    """What it says of the money, the same for a decision and for what takes it back."""
    sign = -1 if paid.reversal else 1
    said = [f"{sign * paid.charge},{sign * paid.paid},{_said(paid.adjusted, sign)}"]
    said += sorted(
        f"{each.code},{sign * each.charge},{sign * each.paid},{_said(each.adjusted, sign)}" for each in paid.lines
    )
    return hashlib.sha256("|".join(said).encode()).hexdigest()[:32]


def _said(adjusted: tuple[Adjusted, ...], sign: int) -> str:
    return ";".join(sorted(f"{each.group}{each.reason}={sign * each.cents}" for each in adjusted))


def unknown(check: Check, paid: PaidClaim, nth: int = 0) -> Waiting:
    """A decision about a claim that nobody knows: to be listed, and judged again when the claim is known."""
    say = (
        f"No claim of ours has the number {paid.claim[:38]}. Find out whose it is; ${dollars(paid.paid)} came with it."
    )
    return Waiting(key(check, paid, nth), check, paid, content(paid), "claim-unknown", say)


def said(check: Check, paid: PaidClaim, nth: int = 0) -> Waiting:
    """A decision as it came, before anybody knows whether it waits."""
    return Waiting(key(check, paid, nth), check, paid, content(paid), "", "")


def judge(account: Account, check: Check, paid: PaidClaim, nth: int = 0) -> Posted:
    """The account with one decision more. Its sums must hold (see `ledger.balances`)."""
    return again(account, said(check, paid, nth))


def again(account: Account, one: Waiting) -> Posted:
    """The same for a decision that was listed while its claim was unknown."""
    named, says = one.key, one.content
    before = next((each.content for each in account.judged if each.key == named), None)
    if before == says:
        return Posted(account, Result.ALREADY)
    if any(each.key in (named, f"{named}/{says}") and each.content == says for each in account.waiting):
        return Posted(account, Result.WAITING)
    if before is not None or any(each.key == named for each in account.waiting):
        return differs(account, one)
    return settled(replace(account, waiting=(*account.waiting, one)), named)


def differing(one: Waiting) -> Waiting:
    """A decision that was read before with other amounts, as it is listed for a person."""
    say = f"Payment {one.check.trace} was read before with other amounts for this claim. Ask which is right."
    return replace(one, key=f"{one.key}/{one.content}", why="differs", say=say)


def differs(account: Account, one: Waiting) -> Posted:
    """The account with such a decision listed, once."""
    other = differing(one)
    if all(each.key != other.key for each in account.waiting):
        account = replace(account, waiting=(*account.waiting, other))
    return Posted(account, Result.WAITING)


def settled(account: Account, named: str = "") -> Posted:
    """The account after whatever waited and can now be posted was; `named` the decision that is asked about."""
    known = {each.key for each in account.judged}
    remarks: list[str] = []
    while (step := _step(account)) is not None:
        for one in step:
            undone = undone_by(account, one) if one.paid.reversal else None
            account, told = place(account, one, undone)
            remarks += told
    account = replace(account, waiting=tuple(_reasoned(account, each) for each in account.waiting))
    added = tuple(each for each in account.judged if each.key not in known)
    done = any(each.key == named for each in added)
    return Posted(account, Result.POSTED if done else Result.WAITING, added, tuple(remarks))


def _step(account: Account) -> tuple[Waiting, ...] | None:
    """The next that can be posted, None when nothing can: one alone, or a decision with what takes it back."""
    ready = [each for each in sorted(account.waiting, key=lambda each: each.key) if not _barred(each)]
    for each in ready:
        if each.paid.reversal:
            if undone_by(account, each) is not None:
                return (each,)
        else:
            ours = matching.claim(account, each.paid, each.check.payer)
            if ours is not None and not any(account.standing(ours.id)):
                return (each,)
    for each in ready:
        if each.paid.reversal or matching.claim(account, each.paid, each.check.payer) is None:
            continue
        for back in ready:
            if back.paid.reversal and _mirrors(back, each.content, each.check, each.paid.claim, each.paid.payer_number):
                return (each, back)
    return None


def _barred(each: Waiting) -> bool:
    status = each.paid.status
    return each.why == "differs" or status not in PROCESSED or status == FORECAST


def undone_by(account: Account, back: Waiting) -> Judgement | None:
    """The decision that a reversal takes back, None where none stands that says the same of the money."""
    for each in account.judged:
        taken_back = each.undone or each.status == REVERSAL
        if not taken_back and _mirrors(back, each.content, each.check, each.named, each.payer_number):
            return each
    return None


def _mirrors(back: Waiting, says: str, check: Check, named: str, payer_number: str) -> bool:
    """The same money of the same payer about the same claim, under the number the payer gave it."""
    same = back.content == says and back.check.payer == check.payer and back.paid.claim.upper() == named.upper()
    return same and back.paid.payer_number in ("", payer_number)


def _reasoned(account: Account, each: Waiting) -> Waiting:
    """Why it waits, as things stand."""
    if each.why == "differs":
        return each
    paid, status = each.paid, each.paid.status
    if status not in PROCESSED:
        return replace(each, why="status-unknown", say=f"Nobody knows claim status {status} (CLP02). Ask the payer.")
    if status == FORECAST:
        return replace(each, why="forecast", say="This is a forecast of what they would pay. Nothing is to be posted.")
    if matching.claim(account, paid, each.check.payer) is None:
        say = "The payer before sent it on to this one. Make the claim to the next payer, and it is posted to that."
        return replace(each, why="no-claim-to-payer", say=say)
    if paid.reversal:
        say = "It takes back a decision that is not here, or has other amounts. Look for the payment it belongs to."
        return replace(each, why="nothing-to-reverse", say=say)
    say = "The claim is decided already, and that was not taken back. Ask the payer which decision holds."
    return replace(each, why="judged-already", say=say)


def place(
    account: Account,
    one: Waiting,
    undone: Judgement | None,
    *,
    onto: OurClaim | None = None,
    supplement: bool = False,
    by: str = "",
) -> tuple[Account, list[str]]:
    """The account with a decision posted, whatever stands, and what should be seen of it.

    `undone` what a reversal takes back; `onto` the claim it is about, where a person says so; `supplement` where it
    comes beside a decision that stands, so that its whole charge was decided before; `by` the person who says either.
    """
    paid = one.paid
    ours = account.claim(undone.claim) if undone is not None else onto
    ours = ours or matching.claim(account, paid, one.check.payer)
    if ours is None:
        raise ValueError("only what can be placed is posted")
    lines = matching.lines(ours, paid)
    made = moves.every(account, one, ours, lines, undone, supplement=supplement)
    judged = Judgement(
        one.key, ours.id, paid.claim, one.check, paid.payer_number, paid.status, paid.charge, paid.paid, one.content,
        undone.key if undone is not None else "", supplement,
    )  # fmt: skip
    kept = account.judged
    if undone is not None:
        kept = tuple(replace(each, undone=one.key) if each.key == undone.key else each for each in kept)
    waiting = tuple(each for each in account.waiting if each.key != one.key)
    return replace(account, judged=(*kept, judged), waiting=waiting).plus(
        replace(each, by=by) if by else each for each in made
    ), _remarks(ours, paid, lines)


def _remarks(ours: OurClaim, paid: PaidClaim, lines: list[OurLine | None]) -> list[str]:
    """What does not keep a decision from being posted, but should be seen."""
    made = []
    asked, charged = sum(each.charge for each in ours.lines), abs(paid.charge)
    if asked != charged:
        made.append(
            f"Segment {paid.segment} (CLP03): they say {dollars(charged)} was charged, we asked {dollars(asked)}."
        )
    share = sum(each.cents for _, each in paid.every() if each.group == "PR")
    if paid.share is not None and not paid.reversal and paid.share != share:
        say = f"they say the client owes {dollars(paid.share)}, their reasons (PR) come to {dollars(share)}."
        made.append(f"Segment {paid.segment} (CLP05): {say} The reasons were posted.")
    for theirs, mine in zip(paid.lines, lines, strict=True):
        if mine is None:
            made.append(f"Segment {theirs.segment} (SVC01): {theirs.code} is none of our lines; posted to the claim.")
    return made
