"""An invented encounter with everything on file, from which the audit's tests take things away."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract
from billing_hooks.audit.dossier import (
    Assurance,
    CitedRule,
    Dossier,
    Excerpt,
    PlanInForce,
    Proven,
    Released,
    Reply,
    ReplyKind,
    SignedPaper,
    Source,
)
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.words import Basis, Line, Outcome, Proposal
from tests.billing_hooks.papers import samples

KID = "key-2026-11"
NOTE_AT = datetime(2026, 11, 20, 17, 2, tzinfo=UTC)
SHEET = Sheet(
    minutes=46, diagnoses=("F41.1", "F33.1"), start="2026-11-20T10:03:00-06:00", stop="2026-11-20T10:49:00-06:00"
)
PROPOSAL = Proposal(
    outcome=Outcome.BILL, lines=(Line("90834", ("95",), 1, "10"),), reasons=(), warnings=(), minutes=46,
    modality="audio_video", rules=("plan-contract v3",),
    verdict="Ready to release: 90834 95, POS 10, 46 minutes",
    bases=(
        Basis("90834", "time-bands v1", ("Alma, Kayal Health, NGS: whole minutes, floored",)),
        Basis("place of service 10", "plan-contract v3", ("Amendment 4, 2024-01-01",)),
        Basis("modifier 95", "plan-contract v3", ("Amendment 4, 2024-01-01",)),
    ),
)  # fmt: skip


def full(
    event: dict[str, Any], statement: dict[str, Any], key: Ed25519PrivateKey, keys: dict[str, PublicKey]
) -> Dossier:
    """Everything on file."""
    return Dossier(
        encounter="vis_7f3a91c2d4", practice=samples.PRACTICE, client=samples.CLIENT, clinician=samples.CLINICIAN,
        service="Individual psychotherapy",
        event=Proven(contract.seal(event, key, KID), keys),
        statement=Proven(contract.seal(statement, key, KID), keys),
        note=SignedPaper("Ana M Rivera", "LICSW", NOTE_AT, "3c" * 32),
        why_telehealth=Excerpt(
            "The client lives 70 miles away and has no car; video kept weekly care going; home was private.",
            Source.PROGRESS_NOTE, NOTE_AT,
        ),
        plan=PlanInForce(
            date(2026, 9, 1), date(2026, 12, 1), SignedPaper("Ana M Rivera", "LICSW", NOTE_AT, "4d" * 32),
            date(2026, 9, 1),
        ),
        assurance=Assurance("Minnesota Health Care Programs", date(2026, 1, 5), "Lakeside Behavioral Group"),
        sheet=SHEET, proposal=PROPOSAL, released=Released("Billing Person", datetime(2026, 11, 21, 15, 4, tzinfo=UTC)),
        rules=(CitedRule("plan-contract v3", "from 2024-01-01", "confirmed", ("Amendment 4, 2024-01-01",)),),
        verified=samples.VERIFIED, claim=samples.CLAIM, x12="ST*837*0001*005010X222A1~",
        replies=(
            Reply(ReplyKind.ACCEPTED_999, date(2026, 11, 22), "The batch was accepted."),
            Reply(ReplyKind.CLAIM_277CA, date(2026, 11, 23), "Accepted for judgement.", "A2", "PCN-2026-000991"),
            Reply(ReplyKind.PAYMENT_835, date(2026, 12, 4), "Paid.", "1", "PCN-2026-000991", 12000),
        ),
    )  # fmt: skip


def empty() -> Dossier:
    """Nothing on file."""
    return Dossier("vis_none", samples.PRACTICE, samples.CLIENT, samples.CLINICIAN)
