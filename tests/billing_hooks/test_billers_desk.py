"""The biller's desk over a real store: filters, questions, releases of one and of many, another plan, what changed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from billing_hooks import demo, jobs
from billing_hooks.errors import Malformed, Refused
from billing_hooks.held_coverage import FIRST, HeldCoverage
from billing_hooks.material import Coverage, Sheet
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.store_questions import Correction
from tests.billing_hooks.desk_kit import AT, CLIENT, CLINICIAN, PRACTICE, Visits

ENCOUNTERS = "/billing/encounters"
NO_LIMIT = {name: value for name, value in demo.RULE.items() if name != "timely_filing_days"}


async def shown(biller: httpx.AsyncClient, address: str = "") -> list[str]:
    """The encounters that the worklist shows, in its order."""
    page = await biller.get(f"/billing/{address}")
    assert page.status_code == 200, page.text
    return re.findall(r'<tr id="(enc_[a-z2-7]{20})">', page.text)


async def held(visits: Visits, number: int, **how: Any) -> str:
    """A visit of which only the event has come."""
    visit = await visits.receive(number, **how)
    await jobs.code_encounter(visits.store, PRACTICE, visit, at=AT)
    return encounter_id(PRACTICE, visit)


async def ask(store: Store, encounter: str, name: str = "que_1") -> None:
    """The biller asks."""
    await store.ask_clinician(
        PRACTICE, encounter, question=name, text="Was it 46 minutes?", by="stf_hale", name="Robin Hale", at=AT
    )


async def test_the_list_is_narrowed_by_payer_clinician_reason_day_and_who_is_waited_for(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Each filter alone; the counts are those of what is left; the address holds no name."""
    ready = await visits.ready(1)
    open_one = await held(visits, 2, day="2026-11-18", client="cli_other", clinician="stf_park")
    both = {ready, open_one}
    assert set(await shown(biller)) == both
    page = (await biller.get("/billing/")).text
    payer = re.search(r'<option value="([0-9a-f]{64})">Example Commercial</option>', page)
    assert payer is not None
    for address, found in (
        (f"?payer={payer[1]}", {ready}),
        ("?clinician=stf_park", {open_one}),
        ("?reason=CLINICIAN_ATTESTATION_MISSING", {open_one}),
        ("?reason=FEE_MISSING", set()),
        ("?waits=clinician", {open_one}),
        ("?waits=biller", {ready}),
        ("?from=2026-11-19", {ready}),
        ("?to=2026-11-18", {open_one}),
        ("?from=2026-11-18&to=2026-11-20", both),
    ):
        assert set(await shown(biller, address)) == found, address
    narrowed = (await biller.get("/billing/?clinician=stf_park")).text
    assert re.search(r'Held <span class="many">1</span>', narrowed)
    assert re.search(r'Ready <span class="many">0</span>', narrowed)
    assert "Nothing here." in (await biller.get("/billing/?reason=FEE_MISSING")).text
    wrong = (await biller.get("/billing/?from=yesterday")).text
    assert "Write the day as 2026-11-20." in wrong
    assert 'value="yesterday"' in wrong


async def test_a_row_says_what_is_left_to_file_who_is_waited_for_and_since_when(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Unknown where the rule names no limit; the days where it does; the wait keeps its beginning when coded again."""
    await desk_store.save_rule(PRACTICE, NO_LIMIT, "stf_hale", AT)
    encounter = await held(visits, 1)
    row = await visits.row(encounter)
    assert row.file_by is None
    assert row.waits[0] == ("clinician", AT)
    page = (await biller.get("/billing/")).text
    assert "unknown" in page
    assert "Clinician" in page
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "timely_filing_days": 90}, "stf_hale", AT)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT + timedelta(days=2))
    row = await visits.row(encounter)
    assert row.file_by is not None
    assert row.file_by.isoformat() == "2027-02-18"
    assert row.waits[0] == ("clinician", AT)
    assert row.version == 2


async def test_the_list_sorts_by_days_left_and_by_who_is_waited_for(desk_store: Store, visits: Visits) -> None:
    """The first to end in front, unknown ones behind in both directions."""
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "timely_filing_days": 90}, "stf_hale", AT)
    late = await held(visits, 1, day="2026-11-20")
    soon = await held(visits, 2, day="2026-11-03")
    # Nobody has filed a plan of this client, so no payer says how long it takes claims.
    unknown = await held(visits, 3, day="2026-11-12", client="cli_other")
    for down, order in ((False, [soon, late, unknown]), (True, [late, soon, unknown])):
        rows = await desk_store.worklist(PRACTICE, sort="file_by", down=down)
        assert [row.id for row in rows] == order


async def test_a_question_waits_for_the_clinician_and_its_answer_codes_again(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Asked, on the clinician's list, answered with a corrected sheet; the encounter shows both and the new coding."""
    encounter = await visits.ready(1)
    path = f"{ENCOUNTERS}/{encounter}"
    assert (await biller.post(f"{path}/question", json={"text": " Did it end earlier? "})).status_code == 200
    page = (await biller.get(path)).text
    assert "Did it end earlier?" in page
    assert "Waiting for Ana Rivera since" in page
    assert 'id="release"' not in page
    assert "Clinician (asked)" in (await biller.get("/billing/?waits=clinician")).text
    twice = await biller.post(f"{path}/question", json={"text": "And?"})
    assert twice.json()["code"] == "asked-already"
    with pytest.raises(Refused, match="question-open"):
        await desk_store.release(PRACTICE, encounter, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    [open_one] = await desk_store.questions_for(PRACTICE, CLINICIAN)
    assert open_one.sheet == Sheet(minutes=46, diagnoses=("F41.1",))
    assert await desk_store.questions_for(PRACTICE, "stf_park") == ()
    await desk_store.answer_question(
        PRACTICE, open_one.question.id, clinician=CLINICIAN, name="Ana Rivera", text="Yes, 30 minutes.",
        sheet=Correction(30, ("F41.1",)), at=AT + timedelta(hours=1),
    )  # fmt: skip
    await jobs.work_queue(desk_store, drain=True)
    assert await desk_store.questions_for(PRACTICE, CLINICIAN) == ()
    page = (await biller.get(path)).text
    for part in (
        "Ready to release: 90832 95", "Answered by Ana Rivera", "Yes, 30 minutes.", "The sheet was corrected",
        "Sheet, minutes: 30, was 46.", "Lines: 90832 95 x1 at 10, was 90834 95 x1 at 10.", 'id="release"',
    ):  # fmt: skip
        assert part in page, part


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001, "bell \x07"])
async def test_a_question_has_between_one_and_a_thousand_characters_that_can_be_shown(
    text: str, biller: httpx.AsyncClient, visits: Visits
) -> None:
    """Anything else is refused with what to do, and nothing is kept."""
    encounter = await visits.ready(1)
    answer = await biller.post(f"{ENCOUNTERS}/{encounter}/question", json={"text": text})
    assert (answer.status_code, answer.json()["code"].split("-")[0]) == (400, "text")
    assert (await visits.row(encounter)).asked_at is None


async def test_a_question_is_answered_once_by_its_clinician_or_withdrawn(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Not by a colleague, not twice, not in silence; a withdrawn one frees the release."""
    encounter = await visits.ready(1)
    await ask(desk_store, encounter)
    said = {"name": "Lee Park", "text": "Hm.", "sheet": None, "at": AT}
    with pytest.raises(Refused, match="question-unknown"):
        await desk_store.answer_question(PRACTICE, "que_1", clinician="stf_park", **said)
    with pytest.raises(Malformed, match="text-length"):
        await desk_store.answer_question(PRACTICE, "que_1", clinician=CLINICIAN, **{**said, "text": " "})
    assert (await biller.post("/billing/questions/que_1/withdraw")).status_code == 200
    with pytest.raises(Refused, match="answered-already"):
        await desk_store.answer_question(PRACTICE, "que_1", clinician=CLINICIAN, **said)
    assert "Question withdrawn by Robin Hale" in (await biller.get(f"{ENCOUNTERS}/{encounter}")).text
    await desk_store.release(PRACTICE, encounter, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    other = await biller.post("/billing/questions/que_1/withdraw", headers={"x-practice": "prc_other"})
    assert other.json()["code"] == "question-unknown"


async def test_questions_and_answers_stand_sealed_and_cannot_be_changed(
    desk_store: Store, visits: Visits, database: Any
) -> None:
    """No word and no name of them in any cell; neither the role nor the owner may alter or drop one."""
    encounter = await visits.ready(1)
    await ask(desk_store, encounter)
    await desk_store.answer_question(
        PRACTICE, "que_1", clinician=CLINICIAN, name="Ana Rivera", text="It was.", sheet=None, at=AT
    )
    for url, refusal in (
        (database.billing_url, asyncpg.InsufficientPrivilegeError),
        (database.owner_url, asyncpg.IntegrityConstraintViolationError),
    ):
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
        try:
            for table, column in (("questions", "asked_by"), ("answers", "kind"), ("visit_days", "visit_id")):
                rows = await connection.fetch(f"SELECT * FROM billing.{table}")  # noqa: S608 - names from above
                cells = b" ".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row.values())
                assert rows
                assert not [word for word in (b"minutes", b"Robin", b"Ana", b"It was") if word in cells]
                for change in (f"UPDATE billing.{table} SET {column} = 'x'", f"DELETE FROM billing.{table}"):  # noqa: S608 - as above
                    with pytest.raises(refusal):
                        await connection.execute(change)
        finally:
            await connection.close()


async def test_two_hundred_clicks_release_once(desk_store: Store, visits: Visits, database: Any) -> None:
    """All at once, by several people: one release stands, everybody else is told; the database would refuse too."""
    encounter = await visits.ready(1)

    async def click(number: int) -> str:
        try:
            await desk_store.release(
                PRACTICE, encounter, version=1, by=f"stf_{number % 3}", name="R", note_seen=True, at=AT, clean_only=True
            )
        except Refused as refused:
            return refused.code
        return "released"

    results = await asyncio.gather(*(click(number) for number in range(200)))
    assert sorted(set(results)) == ["already-released", "released"]
    assert results.count("released") == 1
    connection = await asyncpg.connect(database.billing_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        assert await connection.fetchval("SELECT count(*) FROM billing.releases") == 1
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO billing.releases SELECT * FROM billing.releases")
    finally:
        await connection.close()


async def test_the_clean_ones_are_released_together_with_a_result_for_each(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """What the list showed and still is: released. What changed, was asked about or released meanwhile says so."""
    stays, changes, asked, gone = [await visits.ready(n, day=f"2026-11-{n + 10}") for n in range(4)]
    await held(visits, 9, day="2026-11-02")
    page = (await biller.get("/billing/release")).text
    assert "Release 4 clean" in page
    assert page.count('name="encounter"') == 4
    assert "Release 4 clean" in (await biller.get("/billing/")).text
    looked = [{"id": one, "version": 1} for one in (stays, changes, asked, gone, "enc_nowhere")]
    await desk_store.save_sheet(PRACTICE, "vis_1", Sheet(minutes=30, diagnoses=("F41.1",)), CLINICIAN, AT)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT)
    await ask(desk_store, asked)
    await desk_store.release(PRACTICE, gone, version=1, by="stf_else", name="E", note_seen=True, at=AT)
    unseen = await biller.post("/billing/release", json={"encounters": looked, "note_seen": False})
    assert unseen.json()["code"] == "note-not-seen"
    assert not (await visits.row(stays)).released
    answer = await biller.post("/billing/release", json={"encounters": looked, "note_seen": True})
    results = {one["id"]: one["result"] for one in answer.json()["results"]}
    assert results == {
        stays: "released", changes: "changed", asked: "not-clean", gone: "released-before", "enc_nowhere": "unknown",
    }  # fmt: skip
    row = await visits.row(changes)
    assert (row.released, row.version) == (False, 2)


async def test_what_wants_eyes_is_left_out_of_the_many_and_says_why(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """A held one, one with an open question, and one that was released before and coded again since."""
    again = await visits.ready(1, day="2026-11-11")
    await desk_store.release(PRACTICE, again, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    await desk_store.save_sheet(PRACTICE, "vis_1", Sheet(minutes=30, diagnoses=("F41.1",)), CLINICIAN, AT)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT)
    asked = await visits.ready(2, day="2026-11-12")
    await ask(desk_store, asked)
    waits = await held(visits, 3, day="2026-11-13")
    clean = await visits.ready(4, day="2026-11-14")
    page = (
        await biller.get("/billing/release?" + "&".join(f"encounter={one}" for one in (again, asked, waits, clean)))
    ).text
    assert "Release 1 clean" in page
    assert page.count('name="encounter"') == 1
    for why in ("wants your eyes", "The clinician was asked about it", "It is not ready."):
        assert why in page
    answer = await biller.post(
        "/billing/release", json={"encounters": [{"id": again, "version": 2}], "note_seen": True}
    )
    assert answer.json()["results"][0]["result"] == "not-clean"


def form(**changed: str) -> dict[str, str]:
    """The coverage form of a client's page, filled in, with some fields typed over."""
    filled = {
        "payer": "Example Commercial", "lob": "commercial", "funding": "fully_insured", "plan-state": "MN",
        "since": "2026-01-01", "first-payer": "yes", "network": "in", "credentialing": "practice",
    }  # fmt: skip
    return {**filled, **{name.replace("_", "-"): text for name, text in changed.items()}}


async def test_another_plan_codes_again_and_both_decisions_stay(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """From the same event; the encounter shows before and after side by side, a released other visit stays released."""
    encounter = await visits.ready(1)
    released = await visits.ready(2, day="2026-11-04")
    await jobs.work_queue(desk_store, drain=True)
    await desk_store.release(PRACTICE, released, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    path = f"{ENCOUNTERS}/{encounter}"
    assert 'value="Example Commercial"' in (await biller.get(f"{path}/coverage")).text
    fields = form(payer="Nobody Knows Health")
    assert (await biller.post(f"{path}/coverage", json={"fields": fields})).json() == {"version": 1}
    await jobs.work_queue(desk_store, drain=True)
    assert (await biller.get(f"{path}/version")).json() == {"version": 2}
    page = (await biller.get(path)).text
    for part in (
        "Held: the payer&#39;s rule has not been confirmed", "The plan changed: before and after",
        "Example Commercial, commercial",
        "Nobody Knows Health, commercial", "Plan, payer: Nobody Knows Health, was Example Commercial.",
        "Outcome: held, was ready.", "Rule that decided: generic-commercial v1, was demo-commercial v1.",
    ):  # fmt: skip
        assert part in page, part
    _, [new, old], _ = await desk_store.encounter(PRACTICE, encounter)
    assert (new.event, [new.version, old.version]) == (old.event, [2, 1])
    compared = (await biller.get(f"{path}/compare?older=1&newer=2")).text
    assert compared.count('<article class="side">') == 2
    assert (await visits.row(released)).released
    nothing = await biller.get(f"{path}/compare?older=1&newer=7")
    assert nothing.status_code == 409


async def test_another_coverage_of_the_client_can_be_put_first(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """It is offered beside the form; chosen, the visit is coded by it, and the other stays on file."""
    encounter = await visits.ready(1)
    client = (await visits.row(encounter)).client
    own = HeldCoverage("", 0, Coverage("Client", "self_pay"))
    made = await desk_store.save_held(PRACTICE, client, own, "stf_hale", AT)
    path = f"{ENCOUNTERS}/{encounter}"
    assert f'data-coverage="{made.id}"' in (await biller.get(f"{path}/coverage")).text
    assert (await biller.post(f"{path}/coverage/first", json={"coverage": "cov_none"})).status_code == 400
    assert (await biller.post(f"{path}/coverage/first", json={"coverage": made.id})).json() == {"version": 1}
    await jobs.work_queue(desk_store, drain=True)
    assert (await visits.row(encounter)).outcome == "self_pay"
    async with desk_store.work() as work:
        assert [each.id for each in await desk_store.held(work, PRACTICE, client)] == [made.id, FIRST]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"payer": " "}, "payer"),
        ({"lob": "Commercial plan"}, "lob"),
        ({"plan_state": "Minnesota"}, "plan-state"),
        ({"since": "2026-13-01"}, "since"),
        ({"since": "2026-05-01", "until": "2026-04-01"}, "until"),
        ({"first_payer": "perhaps"}, "first-payer"),
        ({"credentialed": "MN, Wisconsin"}, "credentialed"),
    ],
)
async def test_a_plan_that_cannot_be_read_names_its_field(
    biller: httpx.AsyncClient, visits: Visits, typed: dict[str, str], field: str
) -> None:
    """The page puts the sentence beside that field; nothing is kept."""
    encounter = await visits.ready(1)
    wrong = await biller.post(f"{ENCOUNTERS}/{encounter}/coverage", json={"fields": form(**typed)})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, [field])
    await jobs.work_queue(visits.store, drain=True)
    assert (await visits.row(encounter)).version == 1


async def test_a_changed_plan_is_verified_by_no_form(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Only a verification with its call reference says that it is active: the encounter leads to where one is kept."""
    encounter = await visits.ready(1)
    path = f"{ENCOUNTERS}/{encounter}"
    said = await biller.post(f"{path}/coverage", json={"fields": form(active="yes", verified_on="2026-11-01")})
    assert (said.status_code, "active" in said.json()["say"]) == (400, True)
    await biller.post(f"{path}/coverage", json={"fields": form(member="NEW1")})
    await jobs.work_queue(desk_store, drain=True)
    row, (coding, *_), _ = await desk_store.encounter(PRACTICE, encounter)
    assert row.outcome == "hold"
    assert "COVERAGE_UNVERIFIED" in [each.code for each in coding.proposal.reasons]
    assert f'<a href="/billing/clients/{CLIENT}">Open the client&#39;s coverages</a>' in (await biller.get(path)).text
    late = await biller.post(f"{path}/coverage", json={"fields": form(), "seen": 1})
    assert late.json()["code"] == "version-passed"


async def test_another_rules_version_takes_no_release_back(desk_store: Store, visits: Visits) -> None:
    """A rule of another payer, and a fee of another day, change nothing about what was released."""
    encounter = await visits.ready(1)
    await desk_store.release(PRACTICE, encounter, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "id": "another", "payer": "Another"}, "stf_hale", AT)
    later = replace(demo.FEES[0], since=demo.FEES[0].since.replace(year=2027))
    await desk_store.save_fee(PRACTICE, later)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT)
    assert (await visits.row(encounter)).released
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "pos": {"home": "02", "other": "02"}}, "stf_hale", AT)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT)
    assert not (await visits.row(encounter)).released


async def test_days_gone_by_and_a_younger_coder_take_no_release_back(
    desk_store: Store, visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too late to file now, it was not when it was released; a fact that changes something still takes it back."""
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "timely_filing_days": 90}, "stf_hale", AT)
    encounter = await visits.ready(1)
    await desk_store.release(PRACTICE, encounter, version=1, by="stf_hale", name="R", note_seen=True, at=AT)
    later = AT + timedelta(days=200)
    monkeypatch.setattr(jobs, "CODER", "coder/9")
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=later)
    row = await visits.row(encounter)
    assert (row.released, row.version) == (True, 1)
    await desk_store.save_sheet(PRACTICE, "vis_1", Sheet(minutes=30, diagnoses=("F41.1",)), CLINICIAN, later)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=later)
    row, codings, _ = await desk_store.encounter(PRACTICE, encounter)
    assert (row.released, row.version) == (False, 2)
    assert [each.code for each in codings[0].proposal.reasons] == ["TIMELY_FILING"]


async def test_the_page_tells_of_a_new_rule_field_by_field(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Which version decided, what differs in it, and what it did to the lines."""
    encounter = await visits.ready(1)
    await desk_store.save_rule(PRACTICE, {**demo.RULE, "pos": {"home": "02", "other": "02"}}, "stf_hale", AT)
    await jobs.code_encounter(desk_store, PRACTICE, "vis_1", at=AT)
    page = (await biller.get(f"{ENCOUNTERS}/{encounter}")).text
    for part in (
        "Rule that decided: demo-commercial v2, was demo-commercial v1.",
        "Rule demo-commercial: Place of service at home: 02, was 10.",
        "Lines: 90834 95 x1 at 02, was 90834 95 x1 at 10.",
    ):
        assert part in page, part


async def test_what_was_coded_before_waits_were_kept_is_coded_again_by_itself(
    desk_store: Store, visits: Visits, database: Any
) -> None:
    """After an upgrade nobody has to touch an open encounter for the list to say whom it waits for."""
    encounter = await visits.ready(1)
    await jobs.work_queue(desk_store, drain=True)
    connection = await asyncpg.connect(database.billing_url.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute("UPDATE billing.encounters SET waits = NULL, waits_first = NULL, version = 1")
    await connection.close()
    await jobs.work_queue(desk_store, drain=True)
    assert await desk_store.enqueue_forgotten() == 0
    row = await visits.row(encounter)
    assert (row.version, row.waits, row.clean) == (1, (("biller", row.waits[0][1]),), True)


async def test_another_practice_can_neither_ask_nor_change_nor_compare(
    biller: httpx.AsyncClient, desk_store: Store, visits: Visits
) -> None:
    """Every look-up is by practice."""
    encounter = await visits.ready(1)
    path, other = f"{ENCOUNTERS}/{encounter}", {"x-practice": "prc_other"}
    assert await desk_store.these("prc_other", [encounter]) == ()
    for answer in (
        await biller.post(f"{path}/question", json={"text": "?"}, headers=other),
        await biller.post(f"{path}/coverage", json={"fields": form()}, headers=other),
        await biller.get(f"{path}/coverage", headers=other),
        await biller.get(f"{path}/compare?older=1&newer=2", headers=other),
        await biller.get(f"{path}/version", headers=other),
    ):
        assert answer.json()["code"] == "encounter-unknown"
    assert "Nothing clean to release" in (await biller.get("/billing/release", headers=other)).text
    assert (await desk_store.choices("prc_other")).payers == ()
    assert (await desk_store.choices(PRACTICE)).clinicians == (CLINICIAN,)
    assert CLIENT not in (await biller.get("/billing/", headers=other)).text
