"""The demo practice's billing: a confirmed commercial rule, plans, fees, what its services mean. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from billing_hooks.material import Coverage, Fee
from billing_hooks.store import Store

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
    through = at.date().replace(month=9, day=30)
    through = through if at.date() <= through else through.replace(year=through.year + 1)
    await store.save_diagnosis_reach(practice, through, "Compared with the newest release (demo)", BY, at)
    await store.recode(practice)
