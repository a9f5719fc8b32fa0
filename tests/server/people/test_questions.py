"""A question from billing on the clinician's list, and the answer: in words, with a corrected sheet, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from billing_hooks.material import Sheet
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.words import Outcome, Proposal
from server.db import people
from server.db.tables import visits as visit_rows
from server.routes import questions
from signaling import commands
from signaling.words import EndReason, EventId, StaffId, VisitId
from tests.server.people.kit import check_in

ASKED = {"text": "Was it 46 minutes?", "by": "stf_biller", "name": "Robin Hale"}


@pytest.fixture
async def store(house: Any, app: FastAPI) -> AsyncIterator[Store]:
    """Billing's store in the same house, with the clinician's routes on it."""
    made = Store.open(house.runtime.billing_url, bytes(32))
    app.router.routes[:0] = questions.router(made).routes
    yield made
    await made.close()


@pytest.fixture
async def asked(joined: Any, house: Any, team: Any, store: Store) -> str:
    """A visit of which 46 minutes were counted, held by billing, with a sheet and an open question; gives its id."""
    visit, _, browser, state = await joined()
    await check_in(browser, state)
    mine, by = VisitId(visit), StaffId(team.clinician)
    await house.hub.command(mine, commands.Join())
    async with house.shelf.work() as work:
        cover = await people.cover(work, team.clinician, "US", "MN", "America/Chicago")
        now = work.now()
    await house.hub.command(mine, commands.Admit(by, cover))
    house.clock.forward(timedelta(minutes=50))
    await house.hub.command(mine, commands.End(by, EndReason.DONE))
    await house.hub.command(mine, commands.Complete(EventId("evt_" + "a" * 20), "0" * 64))
    async with house.shelf.work() as work:
        await work.run(update(visit_rows).values(counted_seconds=46 * 60 + 30))
    practice = house.shelf.practice
    await store.save_sheet(practice, visit, Sheet(46, ("F41.1",), requested=("90834",)), team.clinician, now)
    async with house.shelf.work() as work:
        client = (await work.one(visit_rows.select())).client_id
    async with store.work() as work:
        await _event(work, practice, visit, now)
        await store.add_coding(
            work, practice, visit, event="evt_" + "a" * 20, coder="coder", drawn={}, at=now,
            found=Proposal(Outcome.HOLD, (), (), (), None, "audio_video", (), "Held: a question"),
            rests_on={"coverage": None, "fees": [], "event": {}},
            about={"client_id": client, "clinician_id": team.clinician, "began_at": now,
                   "service_date": date(2026, 11, 23)},
        )  # fmt: skip
    await store.ask_clinician(practice, encounter_id(practice, visit), question="que_1", at=now, **ASKED)
    return str(visit)


async def _event(work: Any, practice: str, visit: str, now: Any) -> None:
    """An event's row, which a coding run names."""
    await work.exec_driver_sql(
        "INSERT INTO billing.events (practice_id, event_id, kind, visit_id, sequence, issued_at, received_at, raw,"
        " raw_sha256) VALUES ($1, $2, 'x', $3, 1, $4, $4, 'x', decode(repeat('00', 32), 'hex'))",
        (practice, "evt_" + "a" * 20, visit, now),
    )


async def test_the_question_stands_on_its_clinicians_list_alone(asked: str, signed_in: Any) -> None:
    """With the client, the verdict, who asks, and the sheet as it stands; nobody else reads it."""
    [found] = (await (await signed_in("clinician")).see("/api/questions"))["questions"]
    assert {name: found[name] for name in ("id", "client", "by", "text", "verdict", "counted_minutes")} == {
        "id": "que_1", "client": "Jordan Doe", "by": "Robin Hale", "text": "Was it 46 minutes?",
        "verdict": "Held: a question", "counted_minutes": 46,
    }  # fmt: skip
    assert (found["minutes"], found["diagnoses"]) == (46, ["F41.1"])
    assert (await (await signed_in("colleague")).see("/api/questions"))["questions"] == []
    for who in ("front_desk", "biller"):
        browser = await signed_in(who)
        assert (await browser.see("/api/questions", 403))["code"] == "not-allowed"
        assert (await browser.ask("/api/questions/que_1/answer", {"text": "x", "sheet": None}, 403))["code"]
    assert asked


async def test_an_answer_corrects_the_sheet_within_what_was_counted(
    asked: str, signed_in: Any, store: Store, house: Any
) -> None:
    """The corrected fields change, the others stay; more minutes than counted and wrong codes are refused."""
    browser = await signed_in("clinician")
    path = "/api/questions/que_1/answer"
    too_many = {"text": "", "sheet": {"minutes": 47, "diagnoses": []}}
    assert (await browser.ask(path, too_many, 409))["code"] == "minutes-too-many"
    wrong = {"text": "", "sheet": {"minutes": 46, "diagnoses": ["fever"]}}
    assert (await browser.ask(path, wrong, 400))["code"] == "diagnosis-malformed"
    assert (await browser.ask(path, {"text": " ", "sheet": None}, 400))["code"] == "text-length"
    colleague = await signed_in("colleague")
    assert (await colleague.ask(path, {"text": "Hm.", "sheet": None}, 404))["code"] == "question-unknown"
    good = {"text": "It ended early.", "sheet": {"minutes": 40, "diagnoses": ["f411", "Z63.0"]}}
    await browser.ask(path, good)
    async with store.work() as work:
        sheet = await store.sheet(work, house.shelf.practice, asked)
    assert sheet == Sheet(40, ("F41.1", "Z63.0"), requested=("90834",))
    assert (await browser.see("/api/questions"))["questions"] == []
    assert (await browser.ask(path, good, 409))["code"] == "answered-already"
    [question] = await store.questions(house.shelf.practice, encounter_id(house.shelf.practice, asked))
    assert question.answer is not None
    assert (question.answer.name, question.answer.text, question.answer.sheet_version) == (
        "Ana Rivera", "It ended early.", 2,
    )  # fmt: skip
