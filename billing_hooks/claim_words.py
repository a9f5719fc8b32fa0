"""What happened to a claim, in a biller's words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from billing_hooks.ledger.entries import Kind


class ClaimFact(Protocol):
    """Something that happened to a claim: codes and cents, and words."""

    @property
    def body(self) -> Mapping[str, Any]:
        """Codes and cents."""

    @property
    def said(self) -> Mapping[str, Any]:
        """Words."""


KINDS: Mapping[Kind, str] = {
    Kind.CHARGE: "Charge",
    Kind.PAYMENT: "Paid by the payer",
    Kind.ADJUSTMENT: "Adjustment",
    Kind.SHARE: "Left to the client",
    Kind.EARLIER: "Decided by an earlier payer",
    Kind.TRANSFER: "Moved between payers",
    Kind.CLIENT: "Paid by the client",
    Kind.WRITE_OFF: "Written off",
    Kind.BESIDE: "Beside the claims",
}
_FACTS: Mapping[str, str] = {
    "drafted": "Written",
    "stopped": "Stopped before it left",
    "batched": "Put into a batch",
    "unbatched": "Taken out of its batch",
    "sent": "Sent",
    "trial_over": "Its trial is over: ready to be sent to be paid",
    "999": "Their reader answered (999)",
    "ta1": "Their envelope's answer (TA1)",
    "277ca": "The payer answered (277CA)",
    "judged": "Decided",
    "appealed": "Appealed",
    "denial_accepted": "The denial was let stand",
    "superseded": "Another claim took its place",
    "void_done": "The payer took it back",
}


_SAID: Mapping[str, str] = {"accept": "taken in, it will be judged", "acknowledge": "read", "reject": "sent back"}


def fact_words(kind: str, body: Mapping[str, Any], said: Mapping[str, Any], money: Callable[[int], str]) -> str:
    """One fact in a line, with what it says."""
    words = _FACTS.get(kind, kind.replace("_", " ").capitalize())
    if kind == "judged":
        outcome = {
            "paid": "paid", "partly": "paid in part", "denied": "denied", "reversed": "an earlier decision taken back",
        }  # fmt: skip
        came = outcome.get(str(body.get("outcome")), "decided")
        words = f"{words}: {came}, {money(int(body.get('paid', 0)))} of {money(int(body.get('charge', 0)))}"
        if said.get("trace"):
            words += f", payment {said['trace']}"
    elif body.get("said"):
        words += f": {_SAID.get(str(body['said']), str(body['said']).replace('_', ' '))}"
    if kind == "superseded":
        words += f": {body.get('by', '')}"
    # Why something was taken in or taken back is no news.
    silent = body.get("said") in ("accept", "acknowledge") or body.get("outcome") == "reversed"
    reasons = [] if silent else [str(each) for each in said.get("reasons", ())]
    why = " · ".join(reasons)
    return f"{words}. {why[:1].upper()}{why[1:]}" if why else f"{words}."


def sent_back(facts: Sequence[ClaimFact]) -> tuple[str, ...]:
    """Why a claim was sent back unjudged, as its receiver says it; none where it was not."""
    last = next((each for each in reversed(facts) if each.body.get("said") == "reject"), None)
    return () if last is None else tuple(map(str, last.said.get("reasons", ())))


def problem_link(link: str, client: str, encounter: str) -> str:
    """The page where a problem of a claim is put right."""
    return link.replace("{client}", client).replace("{encounter}", encounter)


def money(cents: int) -> str:
    """Cents as dollars, with a sign where it is less than nothing."""
    return f"{'−' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"  # noqa: RUF001 - a minus sign
