"""What the biller's pages say of an encounter: facts in plain words, reasons with rule, source and date. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks.rules import PayerRule
from billing_hooks.strict import instant
from billing_hooks.timeline import cause_words, clock
from billing_hooks.words import Outcome

STATE = {
    Outcome.BILL: ("Ready", "ok", "check"),
    Outcome.HOLD: ("Held", "warn", "pause"),
    Outcome.REFUSE: ("Not billable", "danger", "alert"),
    Outcome.SELF_PAY: ("Client pays", "accent", "person"),
    Outcome.IGNORE: ("Nothing to do", "muted", "check"),
}
RELEASED = ("Released", "ok", "lock")
SITES = {
    "home": "at home", "lodging": "in lodging", "near_home": "near home, for privacy", "work": "at work",
    "school": "at school", "vehicle": "in a vehicle", "office": "in an office", "clinic": "in a clinic",
    "hospital": "in a hospital", "nursing_facility": "in a nursing facility", "other": "somewhere else",
}  # fmt: skip
MODALITY = {
    "audio_video": "Sound and picture", "audio_only": "Sound only", "mixed": "Partly without picture",
    "none": "Nothing both ways",
}  # fmt: skip
POS = {
    "02": "telehealth, not at home", "10": "telehealth, at home", "11": "office",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the event's facts."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """A rule that decided, in words: its name, when it holds, who says so."""

    name: str
    span: str
    status: str
    citations: tuple[str, ...]
    note: str


def when(at: datetime | str | None, zone: str, form: str = "%-d %b %Y, %H:%M") -> str:
    """A moment on the practice's wall clock; "not recorded" for None."""
    if at is None:
        return "not recorded"
    moment = instant(at) if isinstance(at, str) else at
    return moment.astimezone(ZoneInfo(zone)).strftime(form)


def sources(names: Sequence[str], rules: Iterable[PayerRule]) -> tuple[Source, ...]:
    """The rules of a decision ("id v2") with what they cite."""
    known = {rule.name: rule for rule in rules}
    return tuple(_source(name, known.get(name)) for name in names)


def _source(name: str, rule: PayerRule | None) -> Source:
    if rule is None:
        return Source(name, "", "", (), "")
    until = f" to {rule.until.isoformat()}" if rule.until is not None else ", no end known"
    status = {"confirmed": "confirmed by the practice", "needs_confirmation": "not yet confirmed by the practice"}
    return Source(name, f"in force from {rule.since.isoformat()}{until}", status.get(rule.status, rule.status),
                  rule.citations, rule.note)  # fmt: skip


def minutes(count: int) -> str:
    """Minutes as people say them."""
    return "1 minute" if count == 1 else f"{count} minutes"


def clocks(event: Mapping[str, Any], signed: int | None, total: int | None) -> tuple[Fact, ...]:
    """The three clocks that are never mixed: what was measured, what was signed, the whole day's time."""
    seconds = event["seconds"]
    return (
        Fact("Measured: sound and picture both ways", clock(seconds["audio_video_overlap"])),
        Fact("Measured: talk both ways", clock(seconds["talk_overlap"])),
        Fact("Measured: both there", clock(seconds["presence"])),
        Fact("Signed by the clinician", "not signed yet" if signed is None else minutes(signed)),
        Fact("Clinician's total time that day", "not recorded" if total is None else minutes(total)),
    )


def facts(event: Mapping[str, Any], received_at: datetime) -> tuple[Fact, ...]:
    """What the event proves beside its minutes."""
    zone, times, seconds = event["practice"]["time_zone"], event["times"], event["seconds"]
    return (
        Fact("Booked", f"{when(event['visit']['booked_start'], zone)}, {minutes(event['visit']['booked_minutes'])}"),
        Fact("Began", when(times["in_visit"], zone, "%-d %b %Y, %H:%M:%S")),
        Fact("Ended", when(times["ended"], zone, "%-d %b %Y, %H:%M:%S")),
        Fact("Visit was", MODALITY[event["modality"]["determined"]]),
        Fact("Waited", clock(seconds["waiting"])),
        Fact("On hold, interrupted", f"{clock(seconds['on_hold'])}, {clock(seconds['interrupted'])}"),
        Fact("Client was", _place(event["location"], zone)),
        Fact("Licence", _licence(event["clinician"]["covers_client_state"])),
        Fact("Check before the visit", _precheck(event["precheck"])),
        Fact("Consent", _consent(event["consent"], zone)),
        Fact("Identity", _identity(event["identity"])),
        Fact("Media encryption", event["evidence"]["srtp_profile"] or "not recorded"),
        *_reports(event["evidence"].get("reports", [])),
        Fact("Event", f"{event['id']}, number {event['sequence']}"),
        Fact("Received and verified", when(received_at.astimezone(UTC), zone)),
    )


def _reports(reports: Sequence[Mapping[str, Any]]) -> tuple[Fact, ...]:
    """What the clinician's browser said of the client's picture: a report, in which no total has a part."""
    words = {"black": "black", "frozen": "not moving"}
    of = {seen: sum(one["to_s"] - one["from_s"] for one in reports if one["seen"] == seen) for seen in words}
    said = ", ".join(f"{words[seen]} for {clock(seconds)}" for seen, seconds in of.items() if seconds)
    return (Fact("Picture, as reported by the clinician's browser", said),) if said else ()


def _place(found: Mapping[str, Any] | None, zone: str) -> str:
    if found is None:
        return "not attested"
    state = f", {found['state']}" if found["state"] else ""
    confirmed = "confirmed by the clinician" if found["confirmed_by"] else "not confirmed by the clinician"
    moved = f"; {len(found['changes'])} changes during the visit" if found["changes"] else ""
    said = when(found["at"], zone, "%H:%M")
    return f"{SITES[found['site']]}{state}, {found['country']}; {confirmed}; said at {said}{moved}"


def _licence(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "not known to cover the client's state"
    until = f", to {found['expires']}" if found["expires"] else ""
    if found["basis"] == "override":
        return f"{found['state'] or 'Abroad'}: admitted by override ({cause_words(found['override_reason']).lower()})"
    return f"{found['state']}, by {found['basis']}{until}"


_PRECHECK: Mapping[str, str] = {
    "clear": "nothing stood against it", "pays": "the client pays", "open": "nothing stood against it, the code open",
    "held": "something was not settled", "refused": "not covered by the plan", "unlicensed": "no licence for the place",
}  # fmt: skip


def _precheck(found: Mapping[str, Any]) -> str:
    said = _PRECHECK.get(found["result"])
    if said is None:
        return "not made"
    by = ", ".join(f"{rule['id']} v{rule['version']}" for rule in found["rules"])
    return f"{said} (rule {by})" if by else said


def _consent(found: Mapping[str, Any] | None, zone: str) -> str:
    if found is None:
        return "not given"
    return (
        f"{found['version']}, {found['method']} by {found['by']}, signed {when(found['signed_at'], zone, '%-d %b %Y')}"
    )


def _identity(found: Mapping[str, Any] | None) -> str:
    return "not confirmed" if found is None else cause_words(found["method"])
