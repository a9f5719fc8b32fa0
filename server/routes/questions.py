"""What billing asks a clinician about their visits, and their answers: words, a corrected sheet. Shell (fastapi).

Installed by the billing wing, and only where billing's store is in this server.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StrictInt

from billing_hooks.store import Store
from billing_hooks.store_questions import LONGEST, Correction
from server import amending
from server.db import clients, visits
from server.errors import Refused
from server.identity import StaffHere
from server.local_time import iso
from server.logs import log
from server.permissions import May
from server.routes.asking import ENCODABLE, Body, House, staff_who_may
from server.sheet_form import MOST_DIAGNOSES, diagnosis

Stating = Annotated[StaffHere, Depends(staff_who_may(May.STATE))]


class SheetCorrected(Body):
    """The minutes and diagnoses as they should stand; minutes never exceed what was counted."""

    minutes: Annotated[StrictInt, Field(ge=0)] | None
    diagnoses: Annotated[list[str], Field(max_length=MOST_DIAGNOSES)]


class AnswerGiven(Body):
    """The clinician's answer: words, a corrected sheet, or both."""

    text: Annotated[str, Field(max_length=4 * LONGEST), ENCODABLE]
    sheet: SheetCorrected | None


async def _most(front: House, visit: str) -> tuple[int, str]:
    """The most minutes that may be signed, and why; none of a visit that is not kept here any more."""
    try:
        async with front.shelf.work() as work:
            found = await visits.read(work, visit)
    except Refused:
        return 0, "This visit is not kept here any more: answer in words."
    return await amending.most_minutes(front, found)


def router(store: Store) -> APIRouter:
    """The clinician's open questions, and the answer to one."""
    routes = APIRouter(prefix="/api")

    @routes.get("/questions")
    async def asked(who: Stating, front: House) -> dict[str, Any]:
        found = await store.questions_for(front.shelf.practice, who.id)
        async with front.shelf.work() as work:
            names = await clients.names(work, {one.client for one in found})
        counted = {one.question.visit: (await _most(front, one.question.visit))[0] for one in found}
        return {
            "questions": [
                {
                    "id": one.question.id,
                    "client": names.get(one.client, "A client who is not kept here"),
                    "began": iso(one.began_at),
                    "asked": iso(one.question.at),
                    "by": one.question.name,
                    "text": one.question.text,
                    "verdict": one.verdict,
                    "counted_minutes": counted[one.question.visit],
                    "minutes": one.sheet.minutes if one.sheet is not None else None,
                    "diagnoses": list(one.sheet.diagnoses) if one.sheet is not None else [],
                }
                for one in found
            ]
        }

    @routes.post("/questions/{question}/answer")
    async def answer(question: str, wish: AnswerGiven, who: Stating, front: House) -> dict[str, str]:
        visit = await store.question_visit(front.shelf.practice, question, who.id)
        corrected = None
        if wish.sheet is not None:
            most, say = await _most(front, visit)
            if wish.sheet.minutes is not None and wish.sheet.minutes > most:
                raise Refused("minutes-too-many", say)
            diagnoses = tuple(dict.fromkeys(diagnosis(code) for code in wish.sheet.diagnoses))
            corrected = Correction(wish.sheet.minutes, diagnoses)
            await store.open_question(front.shelf.practice, question, who.id)
            # The note first: an answer is given once, so what stands beside it must be safe before.
            await amending.amend(
                front, visit, who, minutes=wish.sheet.minutes, diagnoses=diagnoses,
                reason=wish.text.strip()[:500] or "Corrected on a question from billing",
            )  # fmt: skip
        async with front.shelf.work() as work:
            now = work.now()
        await store.answer_question(
            front.shelf.practice, question, clinician=who.id, name=who.name, text=wish.text, sheet=corrected, at=now
        )
        log.info("question-answered", visit=visit, staff=who.id)
        return {}

    return routes
