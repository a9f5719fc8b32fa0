"""An appeal: a letter to the payer with the call it relies on, and a page of evidence behind it. Pure.

What a payer said on the telephone counts with its reference number alone: without one the letter does not mention it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing_hooks.claims.claim import Claim
from billing_hooks.papers import evidence, layout, words
from billing_hooks.papers.blocks import (
    Block,
    Bullets,
    Column,
    Facts,
    Heading,
    NewPage,
    Paper,
    Signature,
    Table,
    Together,
    Tone,
)
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces
from billing_hooks.verification import Verification


@dataclass(frozen=True, slots=True)
class Denied:
    """What the payer decided: `reason` its code (group and CARC: CO-4), `say` our words, `payer_number` of it."""

    on: date
    reason: str
    say: str
    payer_number: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal. `reference` that of a call about the decision itself; `grounds` sentences, `cited` the rules with
    their citations, `event` the visit's proven record."""

    day: date
    claim: Claim
    denied: Denied
    grounds: tuple[str, ...]
    cited: tuple[tuple[str, str], ...]
    asked_of: str
    signer: str
    title: str = ""
    verified: Verification | None = None
    event: Mapping[str, Any] | None = None
    event_sha256: str = ""
    enclosed: tuple[str, ...] = ()
    reference: str = ""


def pdf(appeal: Appeal, faces: Faces, *, made: datetime | None = None) -> bytes:
    """The letter with its evidence page. Errors: Refused("paper-incomplete")."""
    words.complete("appeal", (
        ("a reason why the denial is wrong", appeal.grounds), ("the payer's name", appeal.claim.plan.name),
        ("who signs it", appeal.signer), ("the member's number", appeal.claim.plan.member),
    ))  # fmt: skip
    return layout.pdf(paper(appeal), words.house(appeal.claim.practice), faces, made=made)


def paper(appeal: Appeal) -> Paper:
    """What stands on it."""
    claim = appeal.claim
    blocks: tuple[Block, ...] = (
        Text(words.day(appeal.day)),
        Text("\n".join(line for line in (claim.plan.name, appeal.asked_of) if line)),
        Facts(_about(appeal), columns=3),
        Text("To whom it may concern,"),
        Text(_opening(appeal)),
        Heading("Why the denial is wrong"),
        Bullets(appeal.grounds),
        *_verified(appeal.verified),
        *_called(appeal),
        _wish(appeal),
        *((NewPage(),) if appeal.event is not None else ()),
        *_evidence(appeal),
    )
    return Paper(
        title="Appeal of a denied claim",
        reference=claim.id,
        blocks=blocks,
        foot=f"Appeal · claim {claim.id} · {words.name(claim.client)}",
    )


def _wish(appeal: Appeal) -> Together:
    enclosed = "; ".join(appeal.enclosed)
    return Together((
        Heading("What we ask"),
        Text(
            "Please reverse the decision and pay the claim as billed. If you uphold it, please send us the rule that "
            "you applied, its date, and the name and credentials of the person who decided."
        ),
        Signature(", ".join(part for part in (appeal.signer, appeal.title) if part)),
        *((Text(f"Enclosed: {enclosed}.", Tone.MUTED),) if enclosed else ()),
    ))  # fmt: skip


def _about(appeal: Appeal) -> tuple[tuple[str, str], ...]:
    claim, days = appeal.claim, sorted({line.day for line in appeal.claim.lines})
    return (
        ("Client", words.name(claim.client)),
        ("Member", claim.plan.member),
        ("Birth date", words.day(claim.client.birth_date) if claim.client.birth_date else ""),
        ("Our claim", claim.id),
        ("Your claim number", appeal.denied.payer_number),
        ("Day of service", ", ".join(map(words.short_day, days))),
        ("Billed", ", ".join(words.code(line.code, line.modifiers) for line in claim.lines)),
        ("Place of service", claim.pos),
        ("Charge", words.money(claim.charge)),
    )


def _opening(appeal: Appeal) -> str:
    denied = appeal.denied
    part = f" for {', '.join(denied.lines)}" if denied.lines else ""
    if not denied.reason:
        return f"On {words.day(denied.on)} you took back your decision on this claim{part}. We appeal that."
    return (
        f"On {words.day(denied.on)} you denied this claim{part} with {denied.reason}: {denied.say} "
        "We appeal that decision."
    )


def _verified(found: Verification | None) -> tuple[Block, ...]:
    """What the payer itself said beforehand; nothing where no call reference proves it."""
    if found is None or not found.call_reference:
        return ()
    said = [
        ("coverage is active", found.active is True),
        ("telehealth is covered", found.telehealth is True),
        ("the client's home is accepted as their place", found.home is True),
        (f"the modifier is {found.modifier}", found.modifier not in ("", "none")),
        (f"the place of service at home is {found.pos_home}", bool(found.pos_home)),
        (f"elsewhere it is {found.pos_other}", bool(found.pos_other)),
        ("no authorisation is required", found.authorization == "not_required"),
        (f"the authorisation is {found.authorization_number}", bool(found.authorization_number)),
    ]
    told = "; ".join(part for part, holds in said if holds)
    return (
        Heading("What you told us before"),
        Facts((
            ("Call reference", found.call_reference), ("Day", words.day(found.on)),
            ("Your representative", found.representative),
        ), columns=3),
        *((Text(f"Your representative said: {told}."),) if told else ()),
    )  # fmt: skip


def _called(appeal: Appeal) -> tuple[Block, ...]:
    """A call about the decision; one that was quoted above already is not quoted twice."""
    if not appeal.reference or (appeal.verified is not None and appeal.reference == appeal.verified.call_reference):
        return ()
    return (Heading("Our call about this decision"), Facts((("Call reference", appeal.reference),)))


def _evidence(appeal: Appeal) -> tuple[Block, ...]:
    rules = Table(
        (Column("Rule", 1), Column("Citation", 2.4)), tuple(appeal.cited) or (("None on file", ""),), caption=""
    )
    shown: tuple[Block, ...] = (Heading("Evidence"), Text("No measured evidence is on file for this service."))
    if appeal.event is not None:
        proof = f"SHA-256 of the signed record: {appeal.event_sha256}" if appeal.event_sha256 else ""
        shown = (
            Heading("Evidence of the visit"),
            Text(evidence.WHAT_IT_IS),
            *evidence.blocks(appeal.event),
            *((Text(proof, size=8),) if proof else ()),
        )
    return (*shown, Heading("Rules that the claim rests on"), rules)
