"""The clinician's sheet and note: drafts that are never lost or overwritten, limits with their reason, signatures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from billing_hooks import demo, jobs
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from server.db import notes
from server.db.note_tables import note_drafts
from server.db.note_tables import notes as note_rows
from server.filing import Filing
from server.routes import questions
from signaling.facts import StatementMade
from tests.server.people import record
from tests.server.people.record import content


@pytest.fixture
async def held(joined: Any, house: Any, team: Any) -> str:
    """A visit that was held and is complete."""
    return await record.hold(house, team, joined)


@pytest.fixture
async def store(held: str, house: Any, team: Any) -> AsyncIterator[Store]:
    """Billing with the visit's event."""
    made = await record.billing(house, team, held)
    yield made
    await made.close()


def signing(revision: int = 0, version: int = 1, **changed: Any) -> dict[str, Any]:
    """A signature's body."""
    reason = changed.pop("reason", None)
    return {"revision": revision, "version": version, "reason": reason, "content": content(**changed)}


async def coded(store: Store, house: Any, visit: str) -> Any:
    """The newest proposal."""
    await jobs.code_encounter(store, house.shelf.practice, visit, at=house.clock.wall)
    _, codings, _ = await store.encounter(house.shelf.practice, encounter_id(house.shelf.practice, visit))
    return codings[0].proposal


async def test_the_page_shows_times_as_clocks_do_and_the_limit_that_the_rule_names(
    held: str, store: Store, signed_in: Any
) -> None:
    """From the signed event, on the practice's wall clock; the sentence stands beside the field."""
    browser = await signed_in("clinician")
    told = await browser.see(f"/api/visits/{held}/sheet")
    assert told["measured"]["words"] == "10:02 a.m. to 10:51 a.m."
    assert (told["measured"]["start"], told["measured"]["stop"], told["measured"]["minutes"]) == ("10:02", "10:51", 46)
    assert told["measured"]["limit"] == (
        "At most 46 minutes: those in which you heard each other, as the payer's rule demo-commercial v1 counts."
    )
    assert (told["over"], told["draft"], told["signed"], told["template"]) == (True, None, [], "psychotherapy")
    assert [one["key"] for one in told["templates"]["psychotherapy"]] == [
        "focus", "interventions", "response", "progress", "risk", "telehealth", "next",
    ]  # fmt: skip
    page = await browser.get(f"/visits/{held}/sheet")
    assert page.status_code == 200
    assert "Jordan" not in page.text


async def test_signing_states_files_and_codes(held: str, store: Store, signed_in: Any, house: Any) -> None:
    """One press: the statement is made, the sheet lies in billing, the note is signed with name and credentials."""
    browser = await signed_in("clinician")
    answer = await browser.ask(f"/api/visits/{held}/sheet/sign", signing())
    assert answer == {"version": 1, "waits": False}
    (made,) = [fact for _, fact in house.told.facts if isinstance(fact, StatementMade)]
    assert (made.saw_and_heard, made.place_confirmed) == (True, True)
    async with store.work() as work:
        sheet = await store.sheet(work, house.shelf.practice, held)
        filed = await store.papers(work, house.shelf.practice, held)
    assert sheet is not None
    assert (sheet.minutes, sheet.diagnoses) == (46, ("F41.1",))
    assert (sheet.start, sheet.stop) == ("2026-11-23T10:02-06:00", "2026-11-23T10:51-06:00")
    assert [one.words for one in sheet.readings] == ["Blood pressure 128/82 mmHg"]
    assert filed.note == "signed"
    told = await browser.see(f"/api/visits/{held}/sheet")
    (note,) = told["signed"]
    assert (note["record"]["author"], note["record"]["credentials"]) == ("Ana Rivera", "LICSW")
    assert note["record"]["sections"][0] == ["Focus of this visit", "Worry at work"]
    assert note["signed_words"] == "23 Nov 2026, 10:50 a.m."
    assert told["draft"] is None
    assert "NOTE_UNSIGNED" not in [each.code for each in (await coded(store, house, held)).reasons]


async def test_a_signature_whose_answer_was_lost_may_be_repeated(held: str, store: Store, signed_in: Any) -> None:
    """The same words again are the same signature; other words are an amendment and need the next number."""
    browser = await signed_in("clinician")
    for _ in range(2):
        assert (await browser.ask(f"/api/visits/{held}/sheet/sign", signing()))["version"] == 1
    other = signing(minutes="40")
    assert (await browser.ask(f"/api/visits/{held}/sheet/sign", other, 409))["code"] == "changed-elsewhere"
    assert len((await browser.see(f"/api/visits/{held}/sheet"))["signed"]) == 1


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"minutes": "47"}, "minutes-too-many", "At most 46 minutes"),
        ({"minutes": "46", "start": "10:10", "stop": "10:30"}, "minutes-too-many", "there are 20 minutes"),
        ({"minutes": ""}, "minutes-malformed", "whole number"),
        ({"minutes": "4.5"}, "minutes-malformed", "whole number"),
        ({"start": "09:00"}, "time-outside", "10:02 a.m. to 10:51 a.m."),
        ({"start": "10:40", "stop": "10:20"}, "times-swapped", "stops before"),
        ({"diagnoses": ["F41.1", "hello"]}, "diagnosis-malformed", "F41.1"),
        ({"diagnoses": ["F41"]}, "diagnosis-invalid", "F41:"),
        ({"diagnoses": ["F99.99"]}, "diagnosis-invalid", "F99.99"),
        ({"service": "surgery"}, "service-unlisted", "list"),
        ({"saw_and_heard": False}, "exception-missing", "not as it should"),
        ({"sections": {}}, "section-missing-focus", "Focus of this visit"),
        ({"readings": [{"kind": "thermometer", "value": "37", "unit": "°F"}]}, "bad-reading", "Thermometer"),
        ({"readings": [{"kind": "blood_pressure", "value": "80", "second": "120", "unit": "mmHg"}]}, "bad-reading",
         "upper"),
        ({"service": "evaluation_management", "basis": "time", "total_same_day": "x"}, "total-malformed", "total"),
    ],
)  # fmt: skip
async def test_what_cannot_be_signed_is_refused_with_its_field_and_reason_and_nothing_is_filed(
    held: str, store: Store, signed_in: Any, house: Any, changed: dict[str, Any], code: str, words: str
) -> None:
    """Never above the total that the rule names; and no half of a signature is left behind."""
    browser = await signed_in("clinician")
    response = await browser.post(f"/api/visits/{held}/sheet/sign", json=signing(**changed))
    assert response.status_code in (400, 409), response.text
    assert response.json()["code"] == code
    assert words in response.json()["say"]
    async with store.work() as work:
        assert await store.sheet(work, house.shelf.practice, held) is None
    assert not [fact for _, fact in house.told.facts if isinstance(fact, StatementMade)]
    assert (await browser.see(f"/api/visits/{held}/sheet"))["signed"] == []


async def test_a_draft_is_kept_also_before_the_visit_ends(booked: Any, signed_in: Any) -> None:
    """Written during the visit, half finished, even wrong: it is there after a reload; signing waits for the end."""
    visit, _ = await booked()
    browser = await signed_in("clinician")
    half = {"minutes": "soon", "sections": {"focus": "half a sen"}}
    assert await browser.ask(f"/api/visits/{visit}/sheet/draft", {"revision": 0, "content": half}) == {"revision": 1}
    told = await browser.see(f"/api/visits/{visit}/sheet")
    assert told["draft"]["content"]["sections"] == {"focus": "half a sen"}
    assert told["draft"]["content"]["minutes"] == "soon"
    assert [one["visit"] for one in (await browser.see("/api/drafts"))["drafts"]] == [visit]
    refused = await browser.ask(f"/api/visits/{visit}/sheet/sign", signing(1), 409)
    assert refused["code"] == "visit-not-over"


async def test_two_tabs_never_overwrite_each_other(held: str, signed_in: Any) -> None:
    """The second is told, its words are not stored over the first's, and it may do so only knowingly."""
    browser = await signed_in("clinician")
    path = f"/api/visits/{held}/sheet/draft"
    one = {"revision": 0, "content": content(minutes="41")}
    two = {"revision": 0, "content": content(minutes="42")}
    answers = await asyncio.gather(*(browser.post(path, json=body) for body in (one, two)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = next(body for body, answer in zip((one, two), answers, strict=True) if answer.status_code == 409)
    first = (await browser.see(f"/api/visits/{held}/sheet"))["draft"]
    assert first["content"]["minutes"] != late["content"]["minutes"]
    assert (await browser.ask(path, {**late, "revision": first["revision"]}))["revision"] == 2


async def test_an_amendment_keeps_the_original(held: str, store: Store, signed_in: Any, house: Any) -> None:
    """Both are shown, the second with its reason; billing codes from the corrected sheet."""
    browser = await signed_in("clinician")
    path = f"/api/visits/{held}/sheet/sign"
    await browser.ask(path, signing())
    assert (await browser.ask(path, signing(version=2, minutes="38"), 409))["code"] == "reason-missing"
    told = await browser.see(f"/api/visits/{held}/sheet")
    revision = told["draft"]["revision"] if told["draft"] else 0
    await browser.ask(path, signing(revision, version=2, minutes="38", reason="I took the minutes of another visit."))
    told = await browser.see(f"/api/visits/{held}/sheet")
    assert [one["record"]["content"]["minutes"] for one in told["signed"]] == ["46", "38"]
    assert told["signed"][1]["record"]["reason"] == "I took the minutes of another visit."
    proposal = await coded(store, house, held)
    assert proposal.minutes == 38
    async with house.engine.connect() as connection:
        for statement in ("UPDATE antechamber.notes SET version = 9", "DELETE FROM antechamber.notes"):
            with pytest.raises(DBAPIError):
                await connection.execute(text(statement))
            await connection.rollback()


async def test_a_supervisor_countersigns_where_it_is_required(
    held: str, store: Store, signed_in: Any, house: Any, team: Any
) -> None:
    """Until then the claim is held for it; nobody else may; it is signed with name and time."""
    async with house.shelf.work() as work:
        await notes.set_supervisor(work, team.clinician, team.colleague)
    browser = await signed_in("clinician")
    assert (await browser.ask(f"/api/visits/{held}/sheet/sign", signing()))["waits"] is True
    proposal = await coded(store, house, held)
    held_for = {each.code: each.say for each in proposal.reasons}
    assert "countersigned" in held_for["NOTE_UNSIGNED"]
    path = f"/api/visits/{held}/sheet/countersign"
    await browser.ask(path, {"version": 1}, 403)
    supervisor = await signed_in("colleague")
    (waits,) = (await supervisor.see("/api/countersign"))["waiting"]
    assert (waits["visit"], waits["client"], waits["record"]["author"]) == (held, "Jordan Doe", "Ana Rivera")
    await supervisor.ask(path, {"version": 1})
    assert (await supervisor.see("/api/countersign"))["waiting"] == []
    assert (await supervisor.ask(path, {"version": 1}, 409))["code"] == "countersigned"
    (note,) = (await browser.see(f"/api/visits/{held}/sheet"))["signed"]
    assert note["countersigned"]["by"] == "Lee Park"
    assert "NOTE_UNSIGNED" not in [each.code for each in (await coded(store, house, held)).reasons]


async def test_who_is_supervised_signs_no_statement_without_a_note(
    held: str, store: Store, signed_in: Any, house: Any, team: Any
) -> None:
    """It would be billed without the second signature."""
    async with house.shelf.work() as work:
        await notes.set_supervisor(work, team.clinician, team.colleague)
    stated = {"saw_and_heard": True, "place_confirmed": True, "exceptions": [], "minutes": 46, "diagnoses": ["F41.1"]}
    browser = await signed_in("clinician")
    assert (await browser.ask(f"/api/visits/{held}/statement", stated, 409))["code"] == "note-needed"
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing())


async def test_a_second_signature_that_billing_did_not_hear_of_is_given_again(
    held: str, store: Store, signed_in: Any, house: Any, team: Any
) -> None:
    """Billing's database was away: the note goes on waiting, and nothing is held for ever."""
    async with house.shelf.work() as work:
        await notes.set_supervisor(work, team.clinician, team.colleague)
    await (await signed_in("clinician")).ask(f"/api/visits/{held}/sheet/sign", signing())
    reached, away = house.filing, Store.open("postgresql+asyncpg://nobody@127.0.0.1:1/none", bytes(32))
    supervisor, path = await signed_in("colleague"), f"/api/visits/{held}/sheet/countersign"
    house.filing = Filing(away, house.shelf.practice)
    await supervisor.ask(path, {"version": 1}, 500)
    assert len((await supervisor.see("/api/countersign"))["waiting"]) == 1
    house.filing = reached
    await supervisor.ask(path, {"version": 1})
    assert "NOTE_UNSIGNED" not in [each.code for each in (await coded(store, house, held)).reasons]
    await away.close()


@pytest.fixture
async def question(held: str, store: Store, house: Any, app: FastAPI) -> str:
    """A question about the visit on its clinician's list; gives where it is answered."""
    app.router.routes[:0] = questions.router(store).routes
    encounter = encounter_id(house.shelf.practice, held)
    await store.ask_clinician(
        house.shelf.practice, encounter, question="que_1", text="45?", by="stf_b", name="Robin", at=house.clock.wall
    )
    return "/api/questions/que_1/answer"


async def test_a_correction_on_billings_question_amends_the_signed_note(
    held: str, question: str, store: Store, signed_in: Any, house: Any, team: Any
) -> None:
    """What is billed is what stands in the note: the next version with its reason; a second signature is due again."""
    browser = await signed_in("clinician")
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(stop="10:49"))
    async with house.shelf.work() as work:
        await notes.set_supervisor(work, team.clinician, team.colleague)
    invalid = {"text": "", "sheet": {"minutes": 45, "diagnoses": ["F41"]}}
    assert (await browser.ask(question, invalid, 409))["code"] == "diagnosis-invalid"
    answer = {"text": "It was 45.", "sheet": {"minutes": 45, "diagnoses": ["F41.1"]}}
    await browser.ask(question, answer)
    first, second = (await browser.see(f"/api/visits/{held}/sheet"))["signed"]
    assert (first["record"]["sheet"]["minutes"], second["record"]["sheet"]["minutes"]) == (46, 45)
    assert (second["record"]["reason"], second["record"]["content"]["minutes"]) == ("It was 45.", "45")
    assert second["record"]["sections"] == first["record"]["sections"]
    assert (first["waits"], second["waits"]) == (False, True)
    async with store.work() as work:
        sheet = await store.sheet(work, house.shelf.practice, held)
    assert sheet is not None and sheet.to_json() == second["record"]["sheet"]
    assert "NOTE_UNSIGNED" in [each.code for each in (await coded(store, house, held)).reasons]


async def test_a_correction_signs_no_more_than_the_rule_counts_and_the_times_hold(
    held: str, question: str, store: Store, signed_in: Any, house: Any
) -> None:
    """44 minutes were seen and heard where the rule counts those; and 35 lie between the signed start and stop."""
    rule = {**demo.RULE, "minutes_basis": "audio_video_overlap"}
    await store.save_rule(house.shelf.practice, rule, "stf_b", house.clock.wall)
    await coded(store, house, held)
    browser = await signed_in("clinician")
    told = (await browser.see("/api/questions"))["questions"][0]
    assert told["counted_minutes"] == 44
    answer = {"text": "", "sheet": {"minutes": 45, "diagnoses": ["F41.1"]}}
    refused = await browser.ask(question, answer, 409)
    assert (refused["code"], "saw and heard" in refused["say"]) == ("minutes-too-many", True)
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(stop="10:37", minutes="35"))
    answer["sheet"]["minutes"] = 40  # type: ignore[index]  # the sheet of a body
    refused = await browser.ask(question, answer, 409)
    assert (refused["code"], "From start to stop" in refused["say"]) == ("minutes-too-many", True)
    assert len((await browser.see(f"/api/visits/{held}/sheet"))["signed"]) == 1


async def test_a_colleague_reads_and_writes_no_sheet_of_another(held: str, store: Store, signed_in: Any) -> None:
    """Sheets and notes are the clinician's of the visit."""
    browser = await signed_in("colleague")
    assert (await browser.see(f"/api/visits/{held}/sheet", 403))["code"] == "not-your-visit"
    await browser.ask(f"/api/visits/{held}/sheet/draft", {"revision": 0, "content": {}}, 403)
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(), 403)
    assert (await browser.get(f"/visits/{held}/sheet")).status_code == 403


async def test_a_note_kept_elsewhere_leaves_its_look_to_the_biller(
    held: str, store: Store, signed_in: Any, house: Any
) -> None:
    """No section is asked for, and the releasing person looks."""
    browser = await signed_in("clinician")
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(template="elsewhere", sections={}))
    async with store.work() as work:
        assert (await store.papers(work, house.shelf.practice, held)).note == "release"


async def test_the_next_sheet_begins_with_the_last_diagnoses(
    held: str, store: Store, joined: Any, signed_in: Any, house: Any, team: Any
) -> None:
    """Of the same client and clinician; nothing is signed by that."""
    browser = await signed_in("clinician")
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(diagnoses=["f411", "Z63.0"]))
    client = (await browser.see(f"/api/visits/{held}/sheet"))["client_id"]
    made = await (await signed_in("front_desk")).ask(
        "/api/visits",
        {"client": {"id": client}, "clinician": team.clinician, "start": "2026-11-24T10:00", "minutes": 50,
         "service": team.service},
        201,
    )  # fmt: skip
    told = await browser.see(f"/api/visits/{made['visit']}/sheet")
    assert told["before"]["diagnoses"] == ["F41.1", "Z63.0"]
    assert told["draft"] is None


async def test_until_the_record_is_there_signing_waits_and_loses_nothing(
    held: str, signed_in: Any, house: Any, team: Any
) -> None:
    """Billing may be a moment behind; without billing's database minutes cannot be signed here at all."""
    browser = await signed_in("clinician")
    await browser.ask(f"/api/visits/{held}/sheet/draft", {"revision": 0, "content": content()})
    refused = await browser.ask(f"/api/visits/{held}/sheet/sign", signing(1), 409)
    assert refused["code"] == "billing-elsewhere"
    assert (await browser.see(f"/api/visits/{held}/sheet"))["draft"]["content"]["minutes"] == "46"


async def test_nothing_of_a_note_stands_readable_in_the_database(
    held: str, store: Store, signed_in: Any, house: Any
) -> None:
    """Sealed under the client's key, bound to its row: neither the draft nor the note, nor what billing keeps."""
    browser = await signed_in("clinician")
    canary = "Quetzalcoatlus"
    sections = {**content()["sections"], "focus": canary}
    await browser.ask(f"/api/visits/{held}/sheet/sign", signing(sections=sections, diagnoses=["F60.3"]))
    await browser.ask(f"/api/visits/{held}/sheet/draft", {"revision": 0, "content": content(sections=sections)})
    async with house.engine.connect() as connection:
        for table in (note_drafts, note_rows):
            for row in (await connection.execute(select(table))).mappings():
                assert canary.encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
                assert "F60" not in json.dumps({k: str(v) for k, v in row.items()})


async def test_diagnoses_are_found_by_words_and_by_code(signed_in: Any) -> None:
    """Valid ones of that day alone."""
    browser = await signed_in("clinician")

    async def find(q: str, day: str = "2026-09-20") -> list[str]:
        return [one["code"] for one in (await browser.ask("/api/diagnoses", {"q": q, "day": day}))["found"]]

    assert (await find("generalized anx"))[0] == "F41.1"
    assert (await find("f411")) == ["F41.1"]
    assert "F32.A" in await find("depression unspecified")
    assert "F32.A" not in await find("depression unspecified", "2021-09-30")
    assert await find("I10") == ["I10"]
    assert await find("F41.") == ["F41.0", "F41.1", "F41.3", "F41.8", "F41.9"]
    assert await find("zzzz") == []
    assert await find("99") == []


async def test_a_table_that_ends_before_the_visit_is_said_and_holds_until_somebody_confirms_it(
    held: str, store: Store, signed_in: Any, house: Any
) -> None:
    """The page says how far the table reaches; the biller's confirmation, by name, codes the visit again."""
    browser = await signed_in("clinician")
    path = f"/api/visits/{held}/sheet"
    assert (await browser.see(path))["table"]["beyond"] is False  # the demo's biller has confirmed it
    await store.save_diagnosis_reach(
        house.shelf.practice, date(2026, 10, 31), "half a release", "stf_x", house.clock.wall
    )
    assert (await browser.see(path))["table"] == {
        "source": "ICD-10-CM, release of April 2026 (NCHS), chapters F, R and Z",
        "through": "2026-10-31",
        "beyond": True,
    }
    await browser.ask(f"{path}/sign", signing())
    held_for = {each.code: each.say for each in (await coded(store, house, held)).reasons}
    assert "2026-09-30" in held_for["TABLES_OUT_OF_DATE"]
    await store.save_diagnosis_reach(house.shelf.practice, date(2027, 3, 31), "October 2026", "stf_x", house.clock.wall)
    assert "TABLES_OUT_OF_DATE" not in [each.code for each in (await coded(store, house, held)).reasons]


async def test_a_clinician_does_not_end_their_own_supervision(signed_in: Any, team: Any) -> None:
    """Another clinician of the practice sets and ends it; nobody supervises themselves."""
    path = f"/api/settings/clinicians/{team.clinician}/supervisor"
    supervised, colleague = await signed_in("clinician"), await signed_in("colleague")
    assert (await supervised.see(path)) == {"supervisor": None}
    assert (await colleague.ask(path, {"supervisor": team.clinician}, 409))["code"] == "own-supervision"
    await colleague.ask(path, {"supervisor": team.biller}, 404)
    await colleague.ask(path, {"supervisor": team.colleague})
    assert (await supervised.see(path)) == {"supervisor": team.colleague}
    assert (await supervised.ask(path, {"supervisor": None}, 409))["code"] == "own-supervision"
    await colleague.ask(path, {"supervisor": None})
    assert (await supervised.see(path)) == {"supervisor": None}
