"""The one-page checklist of an audit package: each question with its proof, or a gap and what closes it. Pure.

The questions are those that payers' reviewers ask of a telehealth encounter: type of service; when it began and ended;
why telehealth was appropriate; how it was transmitted and the record that it was; where both were; the provider's
assurance statement; consent; the treatment plan in force; the signature with credentials (42 CFR 410.78, and state
Medicaid manuals as Minnesota's for telehealth).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks.audit.dossier import Dossier, Source
from billing_hooks.page_words import MODALITY
from billing_hooks.papers.evidence import place
from billing_hooks.timeline import clock

_EXCERPT = 150
_SOURCES = {Source.PROGRESS_NOTE: "progress note", Source.TREATMENT_PLAN: "treatment plan"}


@dataclass(frozen=True, slots=True)
class Row:
    """One question. `proof` in words and `where` it stands in the package; or `gap`: what is missing and what to do."""

    question: str
    proof: str = ""
    where: str = ""
    gap: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is proven."""
        return not self.gap


def rows(found: Dossier) -> tuple[Row, ...]:
    """All questions, always in this order."""
    return tuple(question(found) for question in _QUESTIONS)


def gaps(found: Dossier) -> tuple[Row, ...]:
    """Those without proof."""
    return tuple(row for row in rows(found) if not row.holds)


def _type(found: Dossier) -> Row:
    name = "Type of service"
    if not found.service:
        return Row(name, gap="The service is not named. Say in the settings what it means, and code again.")
    lines = found.proposal.lines if found.proposal is not None else ()
    codes = ", ".join(" ".join((line.code, *line.modifiers)) for line in lines)
    return Row(name, f"{found.service}{f': {codes}' if codes else ''}", "Coding")


def _times(found: Dossier) -> Row:
    name = "Began and ended"
    times = _event(found).get("times", {})
    if not times.get("in_visit_local"):
        return Row(name, gap="No measured beginning is on file. Without it the minutes are not proven.")
    began, ended = times["in_visit_local"], times["ended_local"]
    signed = f"; {found.sheet.minutes} minutes signed" if found.sheet is not None and found.sheet.minutes else ""
    return Row(name, f"{began[:10]}, {began[11:19]} to {ended[11:19]} ({_zone(found)}){signed}", "Signed record")


def _why(found: Dossier) -> Row:
    name = "Why telehealth was appropriate"
    why = found.why_telehealth
    if why is None or not why.text.strip():
        return Row(name, gap="Nobody wrote why. The clinician may add it to the note as a late entry, dated as such.")
    text = " ".join(why.text.split())
    cut = text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rsplit(' ', 1)[0]} ..."
    return Row(
        name, f"\u201c{cut}\u201d ({_SOURCES[why.source]}, signed {_day(why.signed_at, found)})", "Papers on file"
    )


def _mode(found: Dossier) -> Row:
    name = "Mode of transmission, and the record that it was used"
    event = _event(found)
    if not event or event["modality"]["determined"] == "none":
        return Row(name, gap="No signed record says that sound and picture flowed.")
    seconds, determined = event["seconds"], event["modality"]["determined"]
    both, talk = clock(seconds["audio_video_overlap"]), clock(seconds["talk_overlap"])
    said = f"{MODALITY[determined]}, live; both ways with picture {both}, with sound {talk}; {_how(event)}"
    return Row(name, said, "Signed record, Evidence")


def _client_place(found: Dossier) -> Row:
    name = "Where the client was"
    location = _event(found).get("location")
    if location is None:
        return Row(name, gap="The client's place was not attested for this visit.")
    if location["confirmed_by"] is None:
        return Row(name, gap=f"{place(location)}: attested by the {location['attested_by']}, not confirmed.")
    moved = f"; {len(location['changes'])} changes during the visit" if location["changes"] else ""
    return Row(name, f"{place(location)}; attested for this visit, confirmed by the clinician{moved}", "Signed record")


def _clinician_place(found: Dossier) -> Row:
    name = "Where the clinician was"
    located = _event(found).get("clinician", {}).get("located")
    if located is None:
        return Row(name, gap="The clinician's place was not recorded.")
    return Row(name, place(located), "Signed record")


def _assurance(found: Dossier) -> Row:
    name = "Provider's assurance statement, with its date"
    held = found.assurance
    if held is None:
        return Row(
            name, gap="None is on file. Some payers want it before telehealth is billed; ask whether this one does."
        )
    if found.day is not None and held.signed_on > found.day:
        return Row(name, gap=f"It was signed {held.signed_on.isoformat()}, after the day of service.")
    return Row(name, f"{held.payer}, signed {held.signed_on.isoformat()} by {held.by}", "Papers on file")


def _consent(found: Dossier) -> Row:
    name = "Consent to telehealth"
    consent = _event(found).get("consent")
    if consent is None:
        return Row(name, gap="No consent was recorded for this visit.")
    by = "the client" if consent["by"] in ("self", "client") else consent["by"].replace("_", " ")
    said = f"{consent['version']}, signed by {by} {consent['signed_at'][:10]}"
    again = f", said again {consent['at'][:10]}" if consent["method"] == "reaffirmed" else ""
    return Row(name, said + again, "Signed record")


def _plan(found: Dossier) -> Row:
    name = "Treatment plan in force"
    plan, day = found.plan, found.day
    if plan is None:
        return Row(name, gap="No treatment plan is on file for that day.")
    if day is not None and not plan.begins <= day <= plan.review:
        return Row(name, gap=f"The plan held {plan.begins.isoformat()} to {plan.review.isoformat()}, not on that day.")
    if plan.client_signed_on is None:
        return Row(name, gap="The plan is not signed by the client.")
    return Row(name, f"{plan.begins.isoformat()} to {plan.review.isoformat()}, signed by both", "Papers on file")


def _signature(found: Dossier) -> Row:
    name = "Signature with credentials"
    note = found.note
    if note is None and found.note_elsewhere:
        return Row(name, gap="The note is kept in another system: add its signed page to this package.")
    if note is None:
        return Row(name, gap="The note of this visit is not signed.")
    if note.waits:
        return Row(name, gap=f"{note.signer} signed; the supervisor has not signed yet.")
    if not note.credentials:
        return Row(name, gap=f"{note.signer} signed without credentials: enter the title and sign again.")
    stated = "; the clinician also stated to have seen and heard the client" if _saw(found) else ""
    return Row(name, f"{note.signer}, {note.credentials}, {_day(note.at, found)}{stated}", "Papers on file")


_QUESTIONS: tuple[Callable[[Dossier], Row], ...] = (
    _type, _times, _why, _mode, _client_place, _clinician_place, _assurance, _consent, _plan, _signature,
)  # fmt: skip


def _event(found: Dossier) -> Mapping[str, Any]:
    return found.event.body if found.event is not None else {}


def _saw(found: Dossier) -> bool:
    return found.statement is not None and found.statement.body["saw_and_heard"] is True


def _how(event: Mapping[str, Any]) -> str:
    profile = event["evidence"]["srtp_profile"]
    return f"encrypted ({profile})" if profile else "encryption not recorded"


def _zone(found: Dossier) -> str:
    return str(_event(found)["practice"]["time_zone"]) if found.event is not None else "UTC"


def _day(at: datetime, found: Dossier) -> str:
    day: date = at.astimezone(ZoneInfo(_zone(found))).date()
    return day.isoformat()
