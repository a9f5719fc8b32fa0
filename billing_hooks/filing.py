"""The last day on which a claim may be filed, as the payer's rule says. Pure.

None means unknown: nobody has said how long this payer takes claims, and no day is made up.
"""

from __future__ import annotations

from datetime import date, timedelta

from billing_hooks.found import Case


def filing_days(case: Case) -> int | None:
    """Days from the date of service within which the claim must be filed; Medicare's own is a calendar year
    (42 CFR 424.44)."""
    days = case.rule.timely_filing_days if case.rule is not None else None
    return case.pack.medicare.filing_days if days is None and case.medicare else days


def last_day(case: Case) -> date | None:
    """The last day to file, None where it is not known or where no claim is filed because the client pays."""
    days = filing_days(case)
    return None if days is None or case.self_pay else case.encounter.dos + timedelta(days=days)


def days_left(file_by: date | None, today: date) -> int | None:
    """Days left to file, 0 on the last one, negative after it."""
    return None if file_by is None else (file_by - today).days
