"""Claims that follow a claim at the same payer: one that replaces it after it was judged, one that takes it back. Pure.

What a payer refused before judging it (999, 277CA) was never a claim there: it is mended and sent anew, frequency 1.
"""

from __future__ import annotations

from dataclasses import replace

from billing_hooks.claims.claim import Claim, Frequency
from billing_hooks.errors import Refused


def replacing(before: Claim, mended: Claim, payer_number: str, id: str) -> Claim:  # noqa: A002  # the claim's own field
    """`mended` as the replacement of `before`, whose number at the payer is `payer_number`.

    Errors: Refused("payer-number-missing" | "other-payer").
    """
    if (before.plan.payer_id, before.rank) != (mended.plan.payer_id, mended.rank):
        say = "The mended claim goes to another payer: take the first one back, and send the other as a new one."
        raise Refused("other-payer", say)
    return renumbered(replace(mended, frequency=Frequency.REPLACE, original=_number(payer_number)), id)


def voiding(before: Claim, payer_number: str, id: str) -> Claim:  # noqa: A002  # the claim's own field
    """What takes `before` back. Errors: Refused("payer-number-missing")."""
    return renumbered(replace(before, frequency=Frequency.VOID, original=_number(payer_number), delay=""), id)


def renumbered(claim: Claim, id: str) -> Claim:  # noqa: A002  # the claim's own field
    """The claim under another number, its lines numbered after it, earlier payers' decisions with them."""
    numbers = {line.number: f"{id}-{place}" for place, line in enumerate(claim.lines, 1)}
    return replace(
        claim,
        id=id,
        lines=tuple(replace(line, number=numbers[line.number]) for line in claim.lines),
        earlier=tuple(
            replace(
                each, lines=tuple(replace(judged, line=numbers.get(judged.line, judged.line)) for judged in each.lines)
            )
            for each in claim.earlier
        ),
    )


def _number(payer_number: str) -> str:
    if not payer_number.strip():
        say = "The payer's number of the claim is missing: it stands in the remittance or in the answer to the claim."
        raise Refused("payer-number-missing", say)
    return payer_number.strip()
