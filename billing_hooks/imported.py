"""What an import brings for one client, laid over what is on file: filled fields replace. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from billing_hooks.client_record import ClientRecord
from billing_hooks.held_coverage import HeldCoverage, Policy, same_plan
from billing_hooks.material import Coverage


@dataclass(frozen=True, slots=True)
class Imported:
    """A client's id, what the file says of them, and their coverages under the ids that they have or get."""

    client: str
    record: ClientRecord
    coverages: tuple[HeldCoverage, ...] = ()

    def to_json(self) -> dict[str, object]:
        """To be kept, sealed, until it is filed."""
        held = [
            {"id": each.id, "coverage": each.coverage.to_json(), "policy": each.policy.to_json()}
            for each in self.coverages
        ]
        return {"client": self.client, "record": self.record.to_json(), "coverages": held}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Imported:
        """What `to_json` wrote."""
        held = tuple(
            HeldCoverage(each["id"], 0, Coverage.from_json(each["coverage"]), Policy.from_json(each["policy"]))
            for each in found["coverages"]
        )
        return cls(found["client"], ClientRecord.from_json(found["record"]), held)


def over_record(before: ClientRecord, new: ClientRecord) -> ClientRecord:
    """The record with every field that the file fills."""
    found: ClientRecord = _over(before, new, ClientRecord())
    return found


def over_coverage(before: HeldCoverage | None, new: HeldCoverage) -> HeldCoverage:
    """The coverage with every field that the file fills; another plan under the same entry starts unverified."""
    if before is None:
        return new
    plan = new.coverage
    member = new.policy.member or before.policy.member
    kept = before.coverage if same_plan(before, plan.payer, plan.lob, member) else Coverage(plan.payer, plan.lob)
    coverage = _over(kept, plan, Coverage("", ""))
    return replace(before, coverage=coverage, policy=_over(before.policy, new.policy, Policy()))


def _over(before: Any, new: Any, empty: Any) -> Any:
    filled = {
        each.name: value for each in fields(new) if (value := getattr(new, each.name)) != getattr(empty, each.name)
    }
    return replace(before, **filled)
