"""Corrections of a sheet outside its page: the most minutes, and the amendment of the note. Shell (asyncio)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing_hooks.material import Sheet
from server import note_templates, sheets
from server.db import notes
from server.db.visits import BookedVisit
from server.errors import Refused
from server.identity import StaffHere
from server.logs import log
from server.ports import Front


async def most_minutes(front: Front, found: BookedVisit) -> tuple[int, str]:
    """The most minutes that may be signed for a visit, by the total that the payer's rule names, and the sentence."""
    measured = None if front.filing is None else await front.filing.measured(found.id)
    if measured is not None:
        return measured.limit.minutes, measured.limit.say
    counted = (found.counted_seconds or 0) // 60
    return counted, f"Only {counted} minutes were counted: sign at most that."


async def amend(
    front: Front, visit: str, who: StaffHere, *, minutes: int | None, diagnoses: tuple[str, ...], reason: str
) -> None:
    """What a clinician corrects in an answer to billing is an amendment of the note that they signed, with a second
    signature where one is required; without a signed note there is nothing to amend. Done again it adds nothing.

    Raises Refused("visit-unknown" | "not-your-visit" | "minutes-too-many" | "diagnosis-invalid").
    """
    at = await sheets.opened(front, visit, who)
    async with front.shelf.work() as work:
        versions = await notes.signed(work, visit)
        if not versions:
            return
        last = versions[-1]
        before = Sheet.from_json(last.record["sheet"])
        sheet = replace(before, minutes=minutes, diagnoses=diagnoses)
        _within_its_times(sheet)
        if at.measured is not None:
            sheets.look_at_diagnoses(sheet, at.measured.day)
        waits, hashed = last.waits, last.sha256
        if sheet != before:
            written = {"minutes": "" if minutes is None else str(minutes), "diagnoses": list(diagnoses)}
            record = {
                **last.record, "sheet": sheet.to_json(), "content": {**last.record["content"], **written},
                "reason": reason,
            }  # fmt: skip
            hashed = await notes.sign(work, visit, at.visit.client, who.id, last.version + 1, record)
            waits = await notes.supervisor(work, who.id) is not None
    if front.filing is not None:
        elsewhere = last.record["template"] == note_templates.ELSEWHERE
        state = "elsewhere" if elsewhere else "countersign" if waits else "signed"
        await front.filing.save_note_state(visit, state, None if elsewhere else hashed, who.id, front.shelf.now())
    log.info("note-signed", visit=visit, staff=who.id)


def _within_its_times(sheet: Sheet) -> None:
    if sheet.minutes is None or sheet.start is None or sheet.stop is None:
        return
    between = int((datetime.fromisoformat(sheet.stop) - datetime.fromisoformat(sheet.start)).total_seconds()) // 60
    if sheet.minutes > between:
        raise Refused(
            "minutes-too-many",
            f"From start to stop there are {between} minutes: sign at most that, or amend the times on the sheet.",
        )
