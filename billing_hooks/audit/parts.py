"""The parts of an audit package as JSON values, one a kind; the kinds are closed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from billing_hooks.audit import checklist
from billing_hooks.audit.dossier import Dossier, of_closed_kinds


class Kind(StrEnum):
    """What a package may hold. Nothing else is accepted, when one is made or when one is verified."""

    CHECKLIST = "checklist"
    EVENT = "event"
    STATEMENT = "statement"
    ENCOUNTER = "encounter"
    PAPERS = "papers"
    RULES = "rules"
    CODING = "coding"
    CLAIM = "claim"
    CLAIM_X12 = "claim_x12"
    REPLIES = "replies"


def parts(found: Dossier) -> dict[str, object]:
    """Value by kind; what is not on file has no part (the checklist says so). Errors: Refused("not-for-a-package")."""
    of_closed_kinds(found)
    made: dict[Kind, object] = {
        Kind.CHECKLIST: [plain(row) | {"holds": row.holds} for row in checklist.rows(found)],
        Kind.ENCOUNTER: {
            "id": found.encounter, "service": found.service, "day": plain(found.day), "client": plain(found.client),
            "clinician": plain(found.clinician), "practice": plain(found.practice),
        },
        Kind.PAPERS: {
            "note": plain(found.note), "why_telehealth": plain(found.why_telehealth), "plan": plain(found.plan),
            "assurance": plain(found.assurance),
        },
        Kind.RULES: {"rules": plain(found.rules), "verified": plain(found.verified)},
        Kind.CODING: {
            "sheet": found.sheet.to_json() if found.sheet is not None else None,
            "proposal": found.proposal.to_json() if found.proposal is not None else None,
            "released": plain(found.released),
        },
        Kind.REPLIES: plain(found.replies),
    }  # fmt: skip
    # The signed records as they are: each proves itself again, from this part alone.
    if found.event is not None:
        made[Kind.EVENT] = json.loads(found.event.raw)
    if found.statement is not None:
        made[Kind.STATEMENT] = json.loads(found.statement.raw)
    if found.claim is not None:
        made[Kind.CLAIM] = plain(found.claim)
    if found.x12:
        made[Kind.CLAIM_X12] = found.x12
    return {kind.value: plain(value) for kind, value in made.items()}


def plain(value: object) -> Any:
    """A value as JSON has it: days and moments as text, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return cast(Any, value.value if isinstance(value, StrEnum) else value)
