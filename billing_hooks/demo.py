"""The demo practice's billing: a confirmed commercial rule, plans, fees, what its services mean. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from billing_hooks.client_record import Address, Authorization, ClientRecord
from billing_hooks.cost_share import CostShare
from billing_hooks.held_coverage import FIRST, HeldCoverage, Policy
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
    "timely_filing_days": 180,
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

POLICY = Policy("HPX123456789", "GRP7788", "Gold", "99901", "(800) 555-0142")
RECORD = ClientRecord(
    given="Jordan",
    family="Doe",
    birth_date=date(1990, 2, 14),
    sex="F",
    address=Address("55 Lake St", "Saint Paul", "MN", "55104"),
    authorizations=(Authorization("PA55512", 12, _SINCE, date(2026, 12, 31), FIRST, ("90834",), used_before=10),),
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
        await store.save_held(practice, client, HeldCoverage(FIRST, 1, COVERAGE, POLICY), BY, at)
        await store.change_record(practice, client, lambda _: RECORD, BY, at)
        await store.save_cost_share(practice, client, SHARE, BY, at)
    through = at.date().replace(month=9, day=30)
    through = through if at.date() <= through else through.replace(year=through.year + 1)
    await store.save_diagnosis_reach(practice, through, "Compared with the newest release (demo)", BY, at)
    for contact in CONTACTS:
        await store.save_contact(practice, contact, BY, at)
    await store.recode_open(practice, None, None)


def _health_plan(at: datetime) -> tuple[dict[str, object], ...]:
    """Two versions of an invented plan's rule, the younger about to lapse: what the biller's pages show of such."""
    first: dict[str, object] = {
        "id": "example-health-plan", "version": 1, "payer": "Example Health Plan", "lob": "commercial",
        "kind": "payer_policy", "status": "confirmed", "from": "2025-01-01", "originating_sites": ["home", "office"],
        "pos": {"home": "10", "other": "02"}, "modifiers": {"av": ["GT"]}, "audio_only": "no",
        "confirmed": {"by": "Robin Hale", "on": "2025-01-07", "representative": "Casey", "call_ref": "EX-0107"},
        "citations": [{"title": "phone with Example Health Plan, reference EX-0107", "date": "2025-01-07"}],
    }  # fmt: skip
    second: dict[str, object] = {
        **first, "version": 2, "from": "2026-01-01", "valid_through": (at.date() + timedelta(days=40)).isoformat(),
        "originating_sites": "any", "modifiers": {"av": ["95"], "audio_only": ["93"]}, "audio_only": "pay",
        "confirmed": {"by": "Robin Hale", "on": "2026-01-12", "representative": "Devon", "call_ref": "EX-0112"},
        "citations": [{"title": "phone with Example Health Plan, reference EX-0112", "date": "2026-01-12"}],
    }  # fmt: skip
    return first, second


async def save_example_payer(store: Store, practice: str, at: datetime) -> None:
    """File an invented payer's rule with its history, once."""
    await store.add_rules(practice, lambda kept: () if any(
        each.form["id"] == "example-health-plan" for each in kept
    ) else _health_plan(at), BY, at)  # fmt: skip
