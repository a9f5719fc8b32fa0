"""The words of the biller's desk: whom an encounter waits for and since when, days left to file, filters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from billing_hooks.filing import days_left
from billing_hooks.sentences import REASONS
from billing_hooks.waiting import PARTY_WORDS, Party
from billing_hooks.words import Outcome

SOON_DAYS = 14  # so many days before the last one a claim is marked as urgent
SORTS: Mapping[str, str] = MappingProxyType({
    "state": "Verdict", "visit": "Visit", "client": "Client", "clinician": "Clinician", "file_by": "Days left to file",
    "waits": "Waiting for", "appeal": "Days left to appeal", "since": "Waiting since", "changed": "Last coded",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Left:
    """Days left to file in words, with a tone: "" none, `warn` soon, `danger` over."""

    say: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Waited:
    """Who is waited for in words, and since when; empty words when nobody is."""

    say: str
    others: str
    since: datetime | None


def left(outcome: Outcome, released: bool, file_by: date | None, today: date) -> Left:
    """How long a claim may still be filed. What is released, refused or paid by the client has nothing to file here."""
    if released:
        return Left("released", "", "")
    if outcome is Outcome.SELF_PAY:
        return Left("no claim", "", "The client pays: no claim is filed.")
    if outcome in (Outcome.REFUSE, Outcome.IGNORE):
        return Left("none", "", "Nothing is filed for it.")
    days = days_left(file_by, today)
    if days is None or file_by is None:
        return Left("unknown", "", "The payer's rule does not say how long claims are taken.")
    title = f"Last day to file: {file_by.isoformat()}"
    if days < 0:
        return Left(f"over since {file_by.isoformat()}", "danger", title)
    say = "today is the last day" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return Left(say, "warn" if days <= SOON_DAYS else "", title)


def waited(waits: tuple[tuple[str, datetime], ...], asked_at: datetime | None, released: bool) -> Waited:
    """Who is waited for: the clinician who was asked, else the first whom the reasons name, then the others."""
    if released:
        return Waited("", "", None)
    first = (Party.CLINICIAN.value, asked_at) if asked_at is not None else waits[0] if waits else None
    if first is None:
        return Waited("", "", None)
    others = [PARTY_WORDS[party] for party, _ in waits if party != first[0]]
    asked = " (asked)" if asked_at is not None else ""
    return Waited(f"{PARTY_WORDS[first[0]].capitalize()}{asked}", ", ".join(others), first[1])


def ago(since: datetime, now: datetime, zone: str) -> str:
    """A past moment by the practice's calendar: "today", "since yesterday" or in days."""
    days = (now.astimezone(ZoneInfo(zone)).date() - since.astimezone(ZoneInfo(zone)).date()).days
    return "today" if days <= 0 else "1 day" if days == 1 else f"{days} days"


def reason_say(code: str) -> str:
    """A reason's sentence for a list of filters; its code where this version knows no sentence."""
    return REASONS.get(code, code)


def day(text: str) -> tuple[date | None, str]:
    """A day of a filter as (day, what is wrong with it); ("", "") when none was given."""
    if not text.strip():
        return None, ""
    try:
        return date.fromisoformat(text.strip()), ""
    except ValueError:
        return None, "Write the day as 2026-11-20."
