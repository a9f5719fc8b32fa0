"""The clinician's sheet and note of one visit: what the page is told, saving a draft, signing. Shell (asyncio).

Signing touches three places in an order that may be repeated after any failure: the sheet (billing keeps versions), the
note (a version is signed once, with the same words as often as wanted), the statement (made once). The draft goes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import packs
from billing_hooks.material import Sheet
from billing_hooks.readings import KINDS
from server import note_templates
from server.db import clients, notes, people, practices, visits
from server.db.notes import SignedNote
from server.db.shelf import Work
from server.db.visits import BookedVisit
from server.errors import Refused
from server.filing import Filing, Measured
from server.identity import StaffHere
from server.ids import new_id
from server.local_time import iso
from server.logs import log
from server.ports import Front
from server.sheet_form import Held, SheetContent, sheet_of
from server.visit_times import clock, spoken_time
from signaling import commands
from signaling.words import EventId, Phase, StaffId, VisitId


@dataclass(frozen=True, slots=True)
class Opened:
    """A visit's sheet on the desk: the visit, what the service means, what was measured."""

    visit: BookedVisit
    zone: ZoneInfo
    intent: str | None
    measured: Measured | None
    diagnoses_through: date | None = None

    @property
    def over(self) -> bool:
        """Whether there is something to sign."""
        return self.visit.phase is Phase.COMPLETE and self.visit.counted_seconds is not None


async def opened(front: Front, visit: str, who: StaffHere) -> Opened:
    """One's own visit. Raises Refused("visit-unknown" | "not-your-visit")."""
    async with front.shelf.work() as work:
        found = await visits.own(work, visit, who.id)
        zone = ZoneInfo((await practices.read(work)).zone)
    filing = front.filing
    if filing is None:
        return Opened(found, zone, None, None)
    measured, through = await filing.measured(visit), await filing.diagnoses_through()
    return Opened(found, zone, await filing.intent(found.service), measured, through)


async def told(front: Front, visit: str, who: StaffHere) -> dict[str, Any]:
    """Everything the page shows."""
    at = await opened(front, visit, who)
    async with front.shelf.work() as work:
        client = await clients.name(work, at.visit.client)
        draft = await notes.draft(work, visit, at.visit.client)
        signed = await notes.signed(work, visit)
        before = await notes.last_of(work, at.visit.client, who.id)
        service = await practices.service(work, at.visit.service)
    sheet = before.record["sheet"] if before is not None and before.visit != visit else {}
    return {
        "visit": visit,
        "client": client,
        "client_id": at.visit.client,
        "over": at.over,
        "stated": at.visit.statement_at is not None,
        "booked": {"name": service.name, "service": at.intent},
        "measured": _measured(at),
        "table": _table(at),
        "draft": None
        if draft is None
        else {"revision": draft.revision, "content": draft.content, "saved_at": iso(draft.saved_at)},
        "signed": [shown(note, at.zone) for note in signed],
        "before": {"diagnoses": sheet.get("diagnoses", [])},
        "template": note_templates.template_of(at.intent),
        "templates": {
            name: [{"key": one.key, "label": one.label, "hint": one.hint, "needed": one.needed} for one in sections]
            for name, sections in note_templates.TEMPLATES.items()
        },
        "titles": dict(note_templates.TITLES),
        "services": [
            {"service": name, "words": words, "template": template, "timed": name not in note_templates.UNTIMED,
             "medical": name in note_templates.MEDICAL, "by_code": name in note_templates.BY_CODE}
            for name, (words, template) in note_templates.SERVICES.items()
        ],
        "devices": [
            {"kind": name, "words": kind.word, "two": kind.second is not None,
             "units": [{"unit": one.unit, "least": str(one.least), "most": str(one.most)} for one in kind.ranges]}
            for name, kind in KINDS.items()
        ],
    }  # fmt: skip


def _measured(at: Opened) -> dict[str, Any] | None:
    found = at.measured
    if found is None:
        return None
    return {
        "day": found.day.isoformat(),
        "start": clock(found.began, at.zone),
        "stop": clock(found.ended, at.zone),
        "words": f"{spoken_time(found.began, at.zone)} to {spoken_time(found.ended, at.zone)}",
        "minutes": found.limit.minutes,
        "limit": found.limit.say,
        "modality": found.modality,
        "audio_only_reason": found.audio_only_reason,
    }


def _table(at: Opened) -> dict[str, Any]:
    table = packs.shipped()[0].diagnoses
    day = at.measured.day if at.measured is not None else at.visit.start.astimezone(at.zone).date()
    through = max(table.valid_through, at.diagnoses_through or table.valid_through)
    return {"source": table.source, "through": through.isoformat(), "beyond": day > through}


def shown(note: SignedNote, zone: ZoneInfo) -> dict[str, Any]:
    """One signed version as pages show it."""
    place = note.signed_at.astimezone(zone)
    second = note.countersigned_at
    return {
        "version": note.version,
        "record": note.record,
        "signed_at": iso(note.signed_at),
        "signed_words": f"{place.strftime('%-d %b %Y')}, {spoken_time(note.signed_at, zone)}",
        "sha256": note.sha256.hex(),
        "waits": note.waits,
        "countersigned": None
        if second is None
        else {"by": note.countersigned_by, "at": iso(second),
              "words": f"{second.astimezone(zone).strftime('%-d %b %Y')}, {spoken_time(second, zone)}"},
    }  # fmt: skip


async def save(front: Front, visit: str, who: StaffHere, seen: int, content: SheetContent) -> int:
    """Save a draft over the revision that was seen. Raises Refused("changed-elsewhere")."""
    async with front.shelf.work() as work:
        found = await visits.own(work, visit, who.id)
        return await notes.save_draft(work, visit, found.client, who.id, seen, content.model_dump(mode="json"))


async def sign(
    front: Front, visit: str, who: StaffHere, seen: int, content: SheetContent, version: int, reason: str | None
) -> dict[str, Any]:
    """Sign sheet, note and statement. `version` is the one that follows from what the page showed (1: the first).

    Raises Refused and Malformed as `sheet_of`, and Refused("visit-not-over" | "record-not-ready" | "exception-missing"
    | "section-missing-…" | "reason-missing" | "changed-elsewhere" | "billing-elsewhere" | "diagnosis-invalid").
    """
    at = await opened(front, visit, who)
    filing, measured = _ready(front, at)
    if not content.saw_and_heard and not content.exceptions and at.visit.statement_at is None:
        raise Refused("exception-missing", "If you did not see and hear the client, say what was not as it should be.")
    if version > 1 and not reason:
        raise Refused("reason-missing", "Say in a few words why you amend what was signed.")
    lacking = note_templates.missing(content.template, content.sections)
    if lacking is not None:
        raise Refused(f"section-missing-{lacking.key}", f"{lacking.label}: write a few words before you sign.")
    sheet = sheet_of(content, Held(measured.began, measured.ended, measured.limit), at.intent, at.zone)
    look_at_diagnoses(sheet, measured.day)
    kept = content.model_dump(mode="json")
    async with front.shelf.work() as work:
        saved = await notes.save_draft(work, visit, at.visit.client, who.id, seen, kept)
        already = await notes.signed(work, visit)
        if version != len(already) + 1 and not (version == len(already) and _same(already[-1], kept)):
            raise Refused("changed-elsewhere", "This note was signed in another window meanwhile: reload the page.")
        record = await _record(work, who, content, sheet, reason)
    now = front.shelf.now()
    await filing.save_sheet(visit, sheet, who.id, now)
    async with front.shelf.work() as work:
        hashed = await notes.sign(work, visit, at.visit.client, who.id, version, record)
        waits = await notes.supervisor(work, who.id) is not None
    if content.template == note_templates.ELSEWHERE:
        await filing.save_note_state(visit, "elsewhere", None, who.id, now)
    else:
        await filing.save_note_state(visit, "countersign" if waits else "signed", hashed, who.id, now)
    await _state(front, visit, who, content)
    async with front.shelf.work() as work:
        await notes.drop_draft(work, visit, saved)
    log.info("note-signed", visit=visit, staff=who.id)
    return {"version": version, "waits": waits}


def _same(note: SignedNote, content: dict[str, Any]) -> bool:
    return bool(note.record.get("content") == content)


def _ready(front: Front, at: Opened) -> tuple[Filing, Measured]:
    if not at.over:
        raise Refused("visit-not-over", "You can sign when the visit has ended. What you wrote is kept.")
    if front.filing is None:
        raise Refused(
            "billing-elsewhere", "Billing runs on another server, and this one does not reach it: sign the sheet there."
        )
    if at.measured is None:
        raise Refused(
            "record-not-ready",
            "The record of this visit is still on its way. What you wrote is kept: sign in a moment.",
        )
    return front.filing, at.measured


def look_at_diagnoses(sheet: Sheet, day: date) -> None:
    """Raises Refused("diagnosis-invalid") for a code that the table knows not to be billable on that day."""
    table = packs.shipped()[0].diagnoses
    wrong = [code for code in sheet.diagnoses if table.state(code, day) != "valid"]
    if wrong:
        raise Refused(
            "diagnosis-invalid",
            f"{', '.join(wrong)}: not a code that can be billed on {day.isoformat()}. Search again.",
        )


async def _record(
    work: Work, who: StaffHere, content: SheetContent, sheet: Sheet, reason: str | None
) -> dict[str, Any]:
    """What is signed, to the letter: the words, the sheet, the name with its credentials."""
    titles = dict.fromkeys(one.type for one in await people.licences_of(work, who.id))
    sections = [
        [one.label, content.sections[one.key].strip()]
        for one in note_templates.TEMPLATES.get(content.template, ())
        if content.sections.get(one.key, "").strip()
    ]
    return {
        "template": content.template,
        "title": note_templates.TITLES[content.template],
        "sections": sections,
        "sheet": sheet.to_json(),
        "readings": [one.words for one in sheet.readings],
        "content": content.model_dump(mode="json"),
        "author": who.name,
        "credentials": ", ".join(titles),
        "reason": reason,
    }


async def _state(front: Front, visit: str, who: StaffHere, content: SheetContent) -> None:
    """The statement, where it has not been made."""
    _, now = await front.hub.visit(VisitId(visit))
    if now.statement is not None:
        return
    made = commands.State(
        StaffId(who.id),
        content.saw_and_heard,
        content.place_confirmed,
        tuple(dict.fromkeys(content.exceptions)),
        EventId(new_id("evt")),
    )
    await front.hub.command(VisitId(visit), made)


async def waiting(front: Front, who: StaffHere) -> list[dict[str, Any]]:
    """Notes that wait for this supervisor's signature."""
    async with front.shelf.work() as work:
        found = await notes.waiting_for(work, who.id)
        zone = ZoneInfo((await practices.read(work)).zone)
        names = await clients.names(work, {note.client for note in found})
    return [{"visit": note.visit, "client": names[note.client], **shown(note, zone)} for note in found]


async def begun(front: Front, who: StaffHere) -> list[dict[str, Any]]:
    """Drafts of one's own that are not signed, the latest visit first."""
    async with front.shelf.work() as work:
        found = [await visits.read(work, visit) for visit in await notes.drafted(work, who.id)]
        names = await clients.names(work, {visit.client for visit in found})
    found.sort(key=lambda visit: visit.start, reverse=True)
    return [{"visit": visit.id, "client": names[visit.client], "start": iso(visit.start)} for visit in found]


async def countersign(front: Front, visit: str, version: int, who: StaffHere) -> None:
    """The supervisor signs one version. Raises Refused("note-unknown" | "not-your-visit" | "countersigned")."""
    async with front.shelf.work() as work:
        versions = await notes.signed(work, visit)
        note = next((one for one in versions if one.version == version), None)
        if note is None:
            raise Refused("note-unknown", "There is no such note.")
        if note.countersigner != who.id:
            raise Refused("not-your-visit", "This note does not wait for your signature.")
        titles = dict.fromkeys(one.type for one in await people.licences_of(work, who.id))
        await notes.countersign(work, note, who.id, ", ".join([who.name, *titles]))
        # Before this is committed: where billing is out of reach the note goes on waiting, and is signed again.
        if front.filing is not None and version == versions[-1].version:
            elsewhere = note.record["template"] == note_templates.ELSEWHERE
            await front.filing.save_note_state(
                visit, "elsewhere" if elsewhere else "signed", None if elsewhere else note.sha256, who.id, work.now()
            )
    log.info("note-countersigned", visit=visit, staff=who.id)
