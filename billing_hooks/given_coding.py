"""Coding a service that no visit gave: the same coder, an encounter of its own. Shell (asyncio)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import cast

from billing_hooks import packs, rule_shelf, rules
from billing_hooks.coding import CODER, code
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service
from billing_hooks.filed import Filed
from billing_hooks.given import DEVICE_DAYS, HOSTING, MONITORING, Given
from billing_hooks.material import Coverage, Fee, Sheet
from billing_hooks.rule_reading import learn_tables
from billing_hooks.standing import same_claim
from billing_hooks.store import Store
from billing_hooks.store_shelf import lock

_INTENT = {DEVICE_DAYS: "rpm", MONITORING: "rpm", HOSTING: "originating_site_fee"}


def encounter_of(
    found: Given, coverage: Coverage | None, fees: tuple[Fee, ...], titles: dict[str, str], today: date, filed: Filed
) -> Encounter:
    """The coder's input. What was entered and confirmed by name stands where a visit has its signed event."""
    clinician = found.clinician
    licensed = cast("dict[str, str | None]", clinician["licensed"])
    kind = cast("str | None", clinician["type"])
    expires = licensed.get(found.state)
    by_state = coverage is not None and coverage.credentialing == "client_state"
    return Encounter(
        dos=found.ends,
        today=today,
        place=Place(state=found.state, site=found.site, attested=True, confirmed=True, states=(found.state,)),
        clinician=Clinician(
            type=titles.get(kind or "", kind),
            npi=cast("str | None", clinician["npi"]),
            licensed=frozenset(licensed) if licensed else None,
            licence_expires=None if expires is None else date.fromisoformat(expires),
            credentialed=frozenset(coverage.credentialed) if coverage is not None and by_state else None,
        ),
        evidence=Evidence(proven=True, client_present=True),
        service=Service(
            intent=_INTENT[found.kind],
            device_days=found.days if found.kind == DEVICE_DAYS else 0 if found.kind == MONITORING else None,
            month_minutes=found.minutes if found.kind == MONITORING else None,
            live_contact=found.live_contact if found.kind == MONITORING else None,
            minutes_counted_twice=found.twice,
            set_up=found.set_up,
            hosting=found.kind == HOSTING,
        ),
        sheet=Sheet(diagnoses=found.diagnoses),
        coverage=coverage,
        papers=Papers(
            consent=found.consent,
            statement=True if found.confirmed else None,
            note="release",
            plan="release",
            assurance_on_file=coverage.assurance_on_file if coverage is not None else None,
            fees=fees,
            diagnoses_through=filed.diagnoses_through,
        ),
    )


async def code_given(store: Store, practice: str, given: str, *, at: datetime | None = None) -> str | None:
    """Code one entered service from what is stored now; None when there is none of that id."""
    now = at if at is not None else datetime.now(UTC)
    async with store.work() as work:
        await lock(work, "coding", practice, given)
        found = await store.given(work, practice, given)
        if found is None:
            return None
        coverage, said_of_plan = await store.coverage_and_rule(work, practice, found.client, found.ends, visit=given)
        fees = await store.fees(work, practice)
        filed = await store.papers(work, practice, given)
        own = [*await store.rules(work, practice), *([said_of_plan] if said_of_plan is not None else [])]
        pack = await learn_tables(store, work, practice)
        tables, compacts = packs.tables(pack), packs.shipped()[1]
        known = rule_shelf.in_use([rules.parse(rule, lenient=True) for rule in own], packs.shipped_rules())
        made = encounter_of(found, coverage, fees, dict(tables.titles), now.date(), filed)
        rests_on = {
            "event": None, "statement": None, "given": found.to_json(),
            "sheet": Sheet(diagnoses=found.diagnoses).to_json(),
            "coverage": None if coverage is None else coverage.to_json(), "intent": made.service.intent,
            "fees": [
                [fee.code, fee.cents, fee.since.isoformat(), fee.until and fee.until.isoformat()] for fee in fees
            ],
            "rules": [dict(rule) for rule in own], "today": now.date().isoformat(),
            **({"pack": pack} if pack else {}), "filed": filed.to_json(),
        }  # fmt: skip
        released = await store.released_run(work, practice, given)
        if released is not None:
            then = code(replace(made, today=date.fromisoformat(released.rests_on["today"])), known, tables, compacts)
            if same_claim(released.rests_on, released.proposal, rests_on, then, found.ends):
                return released.proposal.verdict
        proposal = code(made, known, tables, compacts)
        await store.add_coding(
            work, practice, given, event=given, rests_on=rests_on, coder=f"{CODER} {tables.name}", found=proposal,
            drawn={"svg": "", "rows": []}, at=now,
            about={
                "client_id": found.client, "clinician_id": str(found.clinician["id"]),
                "began_at": datetime.combine(found.ends, time(12), UTC), "service_date": found.ends,
            },
        )  # fmt: skip
        return proposal.verdict
