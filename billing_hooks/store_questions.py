"""The store's questions: what the biller asks the clinician of a visit, and how each was closed. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.errors import Malformed, Refused
from billing_hooks.material import Sheet
from billing_hooks.store_queue import enqueue
from billing_hooks.store_records import Records
from billing_hooks.store_schema import ANSWERS, ENCOUNTERS, QUESTIONS, SHEETS
from billing_hooks.store_shelf import append, stamp

LONGEST = 1000
ANSWERED, WITHDRAWN = "answered", "withdrawn"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question was closed: `kind` answered or withdrawn; `sheet_version` where the sheet was corrected too."""

    kind: str
    at: datetime
    by: str
    name: str
    text: str
    sheet_version: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """A question about an encounter; `version` is the coding run that the asker saw."""

    id: str
    encounter: str
    visit: str
    clinician: str
    version: int
    at: datetime
    by: str
    name: str
    text: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question as the clinician's list shows it, with the sheet as it stands and the verdict it is about."""

    question: Question
    client: str
    service_date: date
    began_at: datetime
    verdict: str
    sheet: Sheet | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What the answering clinician changes of the coding sheet."""

    minutes: int | None
    diagnoses: tuple[str, ...]


def written(text: str, *, least: int = 1) -> str:
    """A question or an answer as it is kept. Errors: Malformed("text-length" | "text-unprintable")."""
    kept = text.replace("\r\n", "\n").strip()
    if not least <= len(kept) <= LONGEST:
        raise Malformed("text-length", f"Write between {max(least, 1)} and {LONGEST} characters.")
    if not all(letter.isprintable() or letter in "\n\t" for letter in kept):
        raise Malformed("text-unprintable", "The text holds a character that cannot be shown: take it out.")
    return kept


class Questions(Records):
    """Questions and answers, each kept for ever and sealed."""

    async def ask_clinician(
        self, practice: str, encounter: str, *, question: str, text: str, by: str, name: str, at: datetime
    ) -> None:
        """Put a question, under the new id `question`, on the list of the encounter's clinician.

        Errors: Malformed; Refused("encounter-unknown" | "asked-already").
        """
        kept = written(text)
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        async with self._engine.begin() as work:
            row = (await work.execute(select(ENCOUNTERS).where(*match).with_for_update())).one_or_none()
            if row is None:
                raise Refused("encounter-unknown", "There is no such encounter in this practice.")
            if row.asked_at is not None:
                raise Refused(
                    "asked-already", "A question about this encounter is open: wait for the answer, or withdraw it."
                )
            sealed = self._seal_said(practice, "questions", "asked_sealed", question, name, kept)
            await work.execute(
                insert(QUESTIONS).values(
                    practice_id=practice, question_id=question, encounter_id=encounter, visit_id=row.visit_id,
                    clinician_id=row.clinician_id, version=row.version, asked_at=at, asked_by=by, asked_sealed=sealed,
                )
            )  # fmt: skip
            await work.execute(update(ENCOUNTERS).where(*match).values(asked_at=at))

    async def answer_question(
        self, practice: str, question: str, *, clinician: str, name: str, text: str, sheet: Correction | None,
        at: datetime,
    ) -> None:  # fmt: skip
        """The clinician answers in words, corrects the sheet, or both; the visit is coded again.

        Errors: Malformed; Refused("question-unknown" | "answered-already").
        """
        kept = written(text, least=0 if sheet is not None else 1)
        async with self._engine.begin() as work:
            row = await self._open_question(work, practice, question)
            if row.clinician_id != clinician:
                raise Refused("question-unknown", "There is no such question on your list.")
            version = None
            if sheet is not None:
                version = await self._correct_sheet(work, practice, row.visit_id, sheet, clinician, at)
            await self._close_question(work, practice, row, ANSWERED, clinician, name, kept, version, at)
            await enqueue(work, practice, row.visit_id)

    async def withdraw_question(self, practice: str, question: str, *, by: str, name: str, at: datetime) -> None:
        """The biller takes the question back. Errors: Refused("question-unknown" | "answered-already")."""
        async with self._engine.begin() as work:
            row = await self._open_question(work, practice, question)
            await self._close_question(work, practice, row, WITHDRAWN, by, name, "", None, at)

    async def questions(self, practice: str, encounter: str) -> tuple[Question, ...]:
        """Every question about an encounter with its answer, newest first."""
        chosen = select(QUESTIONS).where(QUESTIONS.c.practice_id == practice, QUESTIONS.c.encounter_id == encounter)
        async with self._engine.connect() as work:
            rows = list(await work.execute(chosen.order_by(QUESTIONS.c.asked_at.desc(), QUESTIONS.c.question_id)))
            ids = [row.question_id for row in rows]
            given = select(ANSWERS).where(ANSWERS.c.practice_id == practice, ANSWERS.c.question_id.in_(ids))
            answers = {row.question_id: self._as_answer(practice, row) for row in await work.execute(given)}
        return tuple(self._as_question(practice, row, answers.get(row.question_id)) for row in rows)

    async def questions_for(self, practice: str, clinician: str) -> tuple[Asked, ...]:
        """The open questions on a clinician's list, oldest first."""
        async with self._engine.connect() as work:
            chosen = (
                select(QUESTIONS, ENCOUNTERS.c.client_id, ENCOUNTERS.c.service_date, ENCOUNTERS.c.began_at,
                       ENCOUNTERS.c.verdict)
                .join(ENCOUNTERS, (ENCOUNTERS.c.practice_id == QUESTIONS.c.practice_id)
                      & (ENCOUNTERS.c.encounter_id == QUESTIONS.c.encounter_id))
                .where(QUESTIONS.c.practice_id == practice, QUESTIONS.c.clinician_id == clinician, _is_open())
            )  # fmt: skip
            rows = list(await work.execute(chosen.order_by(QUESTIONS.c.asked_at, QUESTIONS.c.question_id)))
            return tuple([
                Asked(
                    self._as_question(practice, row, None), row.client_id, row.service_date, row.began_at, row.verdict,
                    await self.sheet(work, practice, row.visit_id),
                )
                for row in rows
            ])  # fmt: skip

    async def question_visit(self, practice: str, question: str, clinician: str) -> str:
        """The visit that a clinician's question is about. Errors: Refused("question-unknown")."""
        chosen = select(QUESTIONS.c.visit_id).where(
            QUESTIONS.c.practice_id == practice,
            QUESTIONS.c.question_id == question,
            QUESTIONS.c.clinician_id == clinician,
        )
        async with self._engine.connect() as work:
            visit = await work.scalar(chosen)
        if visit is None:
            raise Refused("question-unknown", "There is no such question on your list.")
        return str(visit)

    async def open_question(self, practice: str, question: str, clinician: str) -> None:
        """Raises Refused("question-unknown" | "answered-already") unless this clinician may answer it now."""
        async with self._engine.begin() as work:
            row = await self._open_question(work, practice, question)
            if row.clinician_id != clinician:
                raise Refused("question-unknown", "There is no such question on your list.")

    async def _open_question(self, work: AsyncConnection, practice: str, question: str) -> Any:
        """The question's row, its encounter locked, while nobody has closed it."""
        match = (QUESTIONS.c.practice_id == practice, QUESTIONS.c.question_id == question)
        row = (await work.execute(select(QUESTIONS).where(*match))).one_or_none()
        if row is None:
            raise Refused("question-unknown", "There is no such question in this practice.")
        encounter = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == row.encounter_id)
        await work.execute(select(ENCOUNTERS.c.version).where(*encounter).with_for_update())
        closed = select(ANSWERS.c.kind).where(ANSWERS.c.practice_id == practice, ANSWERS.c.question_id == question)
        if await work.scalar(closed) is not None:
            raise Refused("answered-already", "This question has been closed already: open the list again.")
        return row

    async def _close_question(
        self, work: AsyncConnection, practice: str, row: Any, kind: str, by: str, name: str, text: str,
        version: int | None, at: datetime,
    ) -> None:  # fmt: skip
        sealed = self._seal_said(practice, "answers", "answer_sealed", row.question_id, name, text)
        await work.execute(
            insert(ANSWERS).values(
                practice_id=practice, question_id=row.question_id, kind=kind, answered_at=at, answered_by=by,
                answer_sealed=sealed, sheet_version=version,
            )
        )  # fmt: skip
        encounter = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == row.encounter_id)
        await work.execute(update(ENCOUNTERS).where(*encounter).values(asked_at=None))

    async def _correct_sheet(
        self, work: AsyncConnection, practice: str, visit: str, correction: Correction, by: str, at: datetime
    ) -> int:
        """The next version of the sheet: what the correction names, the rest as it stands."""
        before = await self.sheet(work, practice, visit) or Sheet()
        after = replace(before, minutes=correction.minutes, diagnoses=correction.diagnoses)
        sealed = self._sealer.seal(practice, "sheets", "sheet_sealed", visit, json.dumps(after.to_json()))
        key = {"practice_id": practice, "visit_id": visit}
        return await append(work, SHEETS, key, {"sheet_sealed": sealed, **stamp(at, by)})

    def _seal_said(self, practice: str, table: str, column: str, row: str, name: str, text: str) -> bytes:
        return self._sealer.seal(practice, table, column, row, json.dumps({"name": name, "text": text}))

    def _said(self, practice: str, table: str, column: str, row: str, sealed: bytes) -> Mapping[str, str]:
        return cast("Mapping[str, str]", json.loads(self._sealer.open(practice, table, column, row, sealed)))

    def _as_question(self, practice: str, row: Any, answer: Answer | None) -> Question:
        said = self._said(practice, "questions", "asked_sealed", row.question_id, row.asked_sealed)
        return Question(
            row.question_id, row.encounter_id, row.visit_id, row.clinician_id, row.version, row.asked_at, row.asked_by,
            said["name"], said["text"], answer,
        )  # fmt: skip

    def _as_answer(self, practice: str, row: Any) -> Answer:
        said = self._said(practice, "answers", "answer_sealed", row.question_id, row.answer_sealed)
        return Answer(row.kind, row.answered_at, row.answered_by, said["name"], said["text"], row.sheet_version)


def _is_open() -> Any:
    return ~(
        select(ANSWERS.c.kind)
        .where(ANSWERS.c.practice_id == QUESTIONS.c.practice_id, ANSWERS.c.question_id == QUESTIONS.c.question_id)
        .exists()
    )
