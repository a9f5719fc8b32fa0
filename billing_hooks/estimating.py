"""A good faith estimate for a client who pays: what it must say (45 CFR 149.610(c)), and until when it is due. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from billing_hooks.check import Ahead, Look, Standing
from billing_hooks.errors import Refused
from billing_hooks.estimate import due, due_on_request
from billing_hooks.holidays import holidays

TEXT_VERSION = "estimate/1"
DISCLAIMERS = (
    "This is an estimate. It shows what we reasonably expect; it is not a contract, and you need not get these "
    "services from us.",
    "Other services may become necessary that are not in it. They would be scheduled or asked for separately.",
    "If you are billed $400 or more above this estimate, you may dispute the bill: within 120 calendar days of the "
    "date on the first bill, at www.cms.gov/nosurprises or by phone at 1-800-985-3059. There is a $25 fee. Keep a "
    "copy of this estimate.",
)


def due_day(booked: date, visit: date, asked: date | None) -> date | None:
    """The last day for the estimate: by how far ahead the visit was booked, or by when the client asked; the earlier.

    None: it was booked less than three business days ahead and nobody asked.
    """
    days = holidays(booked, max(visit, asked or visit) + timedelta(days=31))
    ends = [due(booked, visit, days), None if asked is None else due_on_request(asked, days)]
    return min((each for each in ends if each is not None), default=None)


def body(
    look: Look, ahead: Ahead, *, client: str, service: str, clinician: str, npi: str | None, practice: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """(cents, what the paper says). Errors: Refused("estimate-without-fee") where a code or its fee is not known."""
    charges = {fee.code: fee.cents for fee in ahead.fees if fee.since <= ahead.dos <= (fee.until or ahead.dos)}
    if not look.codes or any(code not in charges for code in look.codes):
        raise Refused(
            "estimate-without-fee",
            "There is no estimate yet: say in billing what this service means, and file the fee for its code.",
        )
    items = [{"code": code, "cents": charges[code]} for code in look.codes]
    cents = look.fee if look.fee is not None else sum(charges[code] for code in look.codes)
    return cents, {
        "text_version": TEXT_VERSION,
        "client": client,
        "service": service,
        "day": ahead.dos.isoformat(),
        "minutes": ahead.minutes,
        "items": items,
        "diagnoses": "Not known before the visit",
        "clinician": clinician,
        "npi": npi or "",
        "practice": practice,
        "state": ahead.place.state or "",
        "disclaimers": list(DISCLAIMERS),
    }


def wanted(look: Look) -> bool:
    """Whether the client pays for this visit, as far as anybody knows."""
    return look.standing is Standing.PAYS or (look.owed is not None and look.owed.private)
