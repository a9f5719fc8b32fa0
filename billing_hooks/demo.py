"""The demo practice's billing: a confirmed commercial rule, plans, fees, what its services mean. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from billing_hooks.cost_share import CostShare
from billing_hooks.material import Coverage, Fee
from billing_hooks.store import Store
from billing_hooks.store_checks import Contact

PAYER = "Example Commercial"
BY = "demo"
_SINCE = date(2026, 1, 1)
RULE: dict[str, object] = {
    "id": "demo-commercial",
    "payer": PAYER,
    "lob": "commercial",
    "kind": "contract",
    "status": "confirmed",
    "from": "2026-01-01",
    "originating_sites": "any",
    "pos": {"home": "10", "other": "02"},
    "modifiers": {"av": ["95"], "audio_only": ["93"]},
    "audio_only": "pay",
    "unit_rule": "cpt_midpoint",
    "minutes_basis": "talk_overlap",
    "av_share_min": "0.9",
    "citations": [{"title": "Example Commercial, telehealth amendment (demo)", "date": "2026-01-01"}],
}
FEES = (
    Fee("90832", 11_000, _SINCE),
    Fee("90834", 17_500, _SINCE),
    Fee("90837", 21_000, _SINCE),
    Fee("90791", 24_000, _SINCE),
)
COVERAGE = Coverage(
    payer=PAYER,
    lob="commercial",
    funding="fully_insured",
    state="MN",
    since=_SINCE,
    active=True,
    verified_on=date(2026, 11, 1),
    first_payer=True,
    authorization="not_required",
    network="in",
    credentialing="practice",
)
SHARE = CostShare(copay=2000, deductible_left=0, answered_on=date(2026, 11, 1))
CONTACTS = (
    Contact("ctc_demodemodemodemodemo", "Lee Ray, LCSW (demo)", "(512) 555-0147", ("TX", "OK"), "adults, evenings"),
    Contact("ctc_demodemodemodemodem2", "Iowa Video Therapy (demo)", "(515) 555-0118", ("IA", "NE"), "families"),
)


async def save_demo(
    store: Store, practice: str, clients: Sequence[str], services: Mapping[str, str], at: datetime
) -> None:
    """File what lets the demo's visits code to `bill`: `services` maps service ids to what they mean to the coder
    (psychotherapy_individual, diagnostic_evaluation). Running it again adds versions and changes nothing else."""
    await store.save_rule(practice, RULE, BY, at)
    for fee in FEES:
        await store.save_fee(practice, fee)
    for service, intent in services.items():
        await store.save_service(practice, service, intent, BY, at)
    for client in clients:
        await store.save_coverage(practice, client, COVERAGE, BY, at)
        await store.save_cost_share(practice, client, SHARE, BY, at)
    for contact in CONTACTS:
        await store.save_contact(practice, contact, BY, at)
    await store.recode(practice)
