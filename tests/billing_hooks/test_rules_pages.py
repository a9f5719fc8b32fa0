"""The rule editor over a real store: versions added, differences told, wrong fields named, nothing half-stored."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from billing_hooks import demo, jobs, packs, rule_form
from billing_hooks.files_pages import create_files_pages
from billing_hooks.rule_fields import groups, names
from billing_hooks.rules import parse
from billing_hooks.rules_pages import create_rules_pages
from billing_hooks.store import Store
from tests.billing_hooks.desk_kit import answering
from tests.billing_hooks.test_pages import AT, PRACTICE, TEMPLATES, checked, who

ALL = groups(packs.shipped()[0].lists)
ACME = {
    "id": "acme-commercial", "payer": "Acme", "lob": "commercial", "kind": "contract", "status": "confirmed",
    "from": "2026-01-01", "valid_through": "2027-12-31", "originating_sites": "any", "pos_home": "10",
    "pos_other": "02", "mods_av": "95", "mods_audio": "93", "audio_only": "pay", "source_title": "Amendment 4",
    "source_place": "https://acme.example/4", "source_quote": "Video is paid.", "source_date": "2026-01-02",
}  # fmt: skip


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, ["cli_82b1f0"], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages as the house mounts them."""
    app = FastAPI()
    app.include_router(create_rules_pages(store, TEMPLATES, who), prefix="/billing")
    app.include_router(create_files_pages(store, who), prefix="/billing")

    answering(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as client:
        yield client


async def save(browser: httpx.AsyncClient, seen: int | None = None, **change: str) -> httpx.Response:
    """Send the form with some fields changed."""
    return await browser.post("/billing/rules", json={"fields": ACME | change, "seen": seen})


async def kept(store: Store, rule: str = "acme-commercial") -> list[dict[str, Any]]:
    """Every version of a rule that is stored."""
    return [each.form for each in await store.rule_versions(PRACTICE, rule)]


async def test_a_rule_is_kept_with_its_source_and_who_confirmed_it(browser: httpx.AsyncClient, store: Store) -> None:
    """The signed-in person's name stands beside it, whatever the form says."""
    answer = await save(browser, 0, by="Somebody Else")
    assert answer.json() == {"to": "/billing/rules/acme-commercial", "version": 1}
    [form] = await kept(store)
    assert form["confirmed"]["by"] == "Robin Hale"
    assert form["citations"] == [
        {"title": "Amendment 4", "url": "https://acme.example/4", "quote": "Video is paid.", "date": "2026-01-02"}
    ]
    page = checked(await browser.get("/billing/rules/acme-commercial"))
    assert "Robin Hale" in page
    assert "Amendment 4 · https://acme.example/4 · Video is paid. · 2026-01-02" in page
    assert "acme-commercial" in checked(await browser.get("/billing/rules"))


async def test_a_new_version_is_told_in_words_against_any_other(browser: httpx.AsyncClient, store: Store) -> None:
    """Three versions; any two of them compared."""
    await save(browser, 0)
    await save(browser, 1, **{"from": "2026-06-01", "pos_home": "02"})
    await save(browser, 2, **{"from": "2026-09-01", "mods_av": "none"})
    page = checked(await browser.get("/billing/rules/acme-commercial"))
    assert "Modifiers with picture: none, was 95." in page
    page = checked(await browser.get("/billing/rules/acme-commercial?old=1&new=2"))
    assert "Place of service at home: 02, was 10." in page
    assert "In force from: 2026-06-01, was 2026-01-01." in page
    assert [form["version"] for form in await kept(store)] == [1, 2, 3]


WRONG = [
    ("payer", {"payer": ""}, "is missing"),
    ("from", {"from": "2026-02-30"}, "no such day"),
    ("to", {"to": "2025-12-31"}, "before the first"),
    ("pos_home", {"pos_home": "1"}, "two digits"),
    ("mods_av", {"mods_av": "9"}, "two letters"),
    ("mods_audio", {"mods_audio": "95"}, "live video"),
    ("code_deny", {"code_deny": "9083"}, "five letters"),
    ("lob", {"lob": "everything"}, "choose one"),
    ("originating_sites", {"originating_sites": "moon"}, "moon is not known"),
    ("licences_allow", {"licences_allow": "wizard"}, "wizard is not known"),
    ("av_share_min", {"av_share_min": "900"}, "percent"),
    ("most_units", {"most_units": "97110"}, "a code, = and a number"),
    ("timely_filing_days", {"timely_filing_days": "soon"}, "whole number"),
    ("source_title", {"source_title": "", "source_place": "", "source_quote": "", "source_date": ""}, "Say who told"),
    ("source_title", {"source_title": ""}, "what the source is"),
    ("to", {"status": "historical"}, "bounded"),
    ("call_ref", {"kind": "member_verification"}, "call reference"),
    ("kind", {"kind": "law"}, "A law allows"),
    ("jurisdiction", {"jurisdiction": "Minnesota"}, "two capital letters"),
    ("id", {"id": "new"}, "letters, digits"),
    ("note", {"note": "a\x00b"}, "printed"),
]


@pytest.mark.parametrize(("field", "change", "say"), WRONG, ids=[f"{each[0]}-{n}" for n, each in enumerate(WRONG)])
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    browser: httpx.AsyncClient, store: Store, field: str, change: dict[str, str], say: str
) -> None:
    """A sentence for the field, and the table as it was."""
    answer = await save(browser, 0, **change)
    assert answer.status_code == 400
    assert say in answer.json()["fields"][field]
    assert await kept(store) == []


async def test_overlapping_dates_are_refused_at_the_field(browser: httpx.AsyncClient, store: Store) -> None:
    """Another rule that says otherwise for the same days, and a version that would swallow a later one."""
    await save(browser, 0, **{"from": "2026-06-01"})
    rival = await save(browser, 0, id="acme-other", pos_home="02")
    assert "overlap with the rule acme-commercial v1" in rival.json()["fields"]["from"]
    assert "Place of service at home: 02, was 10." in rival.json()["fields"]["from"]
    assert (await save(browser, 0, id="acme-other")).status_code == 200, "two that agree are no conflict"
    early = await save(browser, 1)
    assert "Version 1 begins on 2026-06-01 and would no longer hold" in early.json()["fields"]["from"]
    assert (await save(browser, 1, replaces="yes")).status_code == 200


async def test_a_version_that_somebody_saved_meanwhile_is_not_overrun(browser: httpx.AsyncClient, store: Store) -> None:
    """The second of two people hears of the first."""
    await save(browser, 0)
    await save(browser, 1, note="first")
    late = await save(browser, 1, note="second")
    assert "Somebody saved version 2 meanwhile" in late.json()["say"]
    assert len(await kept(store)) == 2


async def test_a_shipped_rule_goes_on_with_the_practices_version(browser: httpx.AsyncClient, store: Store) -> None:
    """Version 2 is the practice's; version 1, as shipped, stays to be compared with."""
    page = checked(await browser.get("/billing/rules/mhcp-2022/edit"))
    assert 'value="10"' in page
    made = {"id": "mhcp-2022", "made_of": "1", "keep_0": "yes", "payer": "MN DHS MHCP", "lob": "medicaid_mn_ffs"}
    assert (await save(browser, 1, **made)).json()["version"] == 2
    [form] = await kept(store, "mhcp-2022")
    assert [str(each["title"])[:13] for each in form["citations"]] == ["Our own knowl", "Amendment 4"]
    page = checked(await browser.get("/billing/rules/mhcp-2022?old=1&new=2"))
    assert "Standing: Confirmed, was Needs confirmation." in page
    assert "shipped (minnesota.toml)" in page
    assert (await save(browser, 2, **{**made, "made_of": "no number"})).json()["version"] == 3


async def test_the_historical_table_is_shown_bounded_and_marked(browser: httpx.AsyncClient) -> None:
    """The answers of 2017 to 2019 have an end and a mark."""
    page = checked(await browser.get("/billing/rules"))
    part = page[page.index('id="part-historical"') :]
    for rule in ("hist-2019-bcbsmn", "hist-2019-cigna", "hist-2019-hp-commercial", "hist-2019-hp-pmap"):
        assert rule in part
    assert "2017-01-01 to 2020-03-31" in part
    assert "It decides no visit of today" in checked(await browser.get("/billing/rules/hist-2019-bcbsmn"))


async def test_a_rule_about_to_lapse_warns_and_a_lapsed_one_is_red(browser: httpx.AsyncClient) -> None:
    """Sixty days before, and after."""
    today = datetime.now(ZoneInfo("America/Chicago")).date()
    await save(browser, 0, valid_through=date.fromordinal(today.toordinal() + 59).isoformat())
    assert "in 59 days" in checked(await browser.get("/billing/rules"))
    await save(browser, 1, valid_through=date.fromordinal(today.toordinal() - 1).isoformat())
    page = checked(await browser.get("/billing/rules"))
    assert re.search(r'class="tag danger">.*Lapsed on', page)


def test_every_field_of_the_schema_has_a_place_in_the_form() -> None:
    """And the form gives every rule that is shipped back as it was."""
    from billing_hooks.rules import _FIELDS  # the schema itself, so that a field added there is missed here

    parts = {field.part for field in names(ALL).values()} | {"id", "version"}
    assert _FIELDS.keys() <= parts
    for version in packs.shipped_versions():
        typed = rule_form.fill(version.form) | {f"keep_{number}": "yes" for number in range(9)}
        back = rule_form.read(typed, ALL, rule=version.rule.id, before=version.form, by="Kim", today=date(2026, 11, 22))
        read = parse({**back, "version": version.rule.version, "confirmed": version.form.get("confirmed")})
        assert read == version.rule, version.rule.id


FILE = """
[[rule]]
id = "acme-file"
payer = "Acme"
lob = "commercial"
kind = "contract"
status = "confirmed"
from = 2024-01-01
to = 2025-12-31
originating_sites = "any"
pos = { home = "10", other = "02" }
modifiers = { av = ["95"] }
citations = [{ title = "Amendment 4", date = "2024-01-01" }]
"""


async def give(browser: httpx.AsyncClient, store: Store, kind: str, raw: bytes, name: str = "acme.toml") -> Any:
    """Give a file as the page does, let the jobs process read it, and see what came of it."""
    task = (await browser.post("/billing/files", json={"kind": kind, "name": name})).json()["task"]
    for part in range(0, max(len(raw), 1), 45_000):
        content = base64.b64encode(raw[part : part + 45_000]).decode()
        for _ in range(2):  # the answer to the first may have been lost
            sent = await browser.post(f"/billing/files/{task}/parts", json={"part": part // 45_000, "content": content})
            assert sent.status_code == 200, sent.text
    await browser.post(f"/billing/files/{task}/end", json={})
    await jobs.work_queue(store, drain=True)
    found = (await browser.get(f"/billing/tasks/{task}")).json()
    assert found["state"] == "done"
    return found["outcome"]


async def test_a_file_of_rules_is_kept_whole_and_twice_is_once(browser: httpx.AsyncClient, store: Store) -> None:
    """Two versions in order; confirmed by who gave it."""
    second = FILE.replace("2024-01-01\nto = 2025-12-31", "2026-01-01").replace('home = "10"', 'home = "02"')
    raw = (second + FILE).encode()
    assert await give(browser, store, "rule_file", raw) == {"added": ["acme-file v1", "acme-file v2"], "same": []}
    forms = await kept(store, "acme-file")
    assert [form["from"] for form in forms] == ["2024-01-01", "2026-01-01"]
    assert forms[0]["confirmed"]["by"] == "Robin Hale"


GARBAGE = [
    ("overlapping dates", (FILE + FILE.replace("2024-01-01", "2025-01-01")).encode(), "line 21 · acme-file · from"),
    ("unknown field", (FILE + 'colour = "red"\n').encode(), "line 14 · acme-file · colour: there is no field colour"),
    ("wrong type", FILE.replace('payer = "Acme"', "payer = 3").encode(), "line 4 · acme-file · payer"),
    ("not TOML", FILE.encode() + b"[[rule\n", "acme.toml: it is not TOML: Expected ']]' at the end of an array declar"),
    ("bad UTF-8", FILE.replace("Acme", "Acm\xe9").encode("latin-1"), "line 4, byte 13 is not UTF-8"),
    ("huge", b"# " + b"x" * 270_000, "it has more than 256 KiB"),
    ("nothing", b"", "the file holds no list of rules"),
    ("a name no address holds", FILE.replace("acme-file", "acme/../file").encode(), "id: A rule's name has 3 to 60"),
    ("no letter", FILE.replace("Acme", "Ac\\u0000me").encode(), "line 4 · acme-file · payer: payer cannot be read"),
    (
        "too many",
        "".join(FILE.replace("acme-file", f"acme-{n}") for n in range(501)).encode(),
        "rules: give at most 500 at a time",
    ),
    ("deep", b"a = " + b"[" * 40_000, "it is not TOML"),
    ("a number without end", b"a = " + b"9" * 9_000, "it is not TOML"),
]


@pytest.mark.parametrize(("raw", "say"), [each[1:] for each in GARBAGE], ids=[each[0] for each in GARBAGE])
async def test_garbage_in_a_file_is_named_with_its_place_and_nothing_is_kept(
    browser: httpx.AsyncClient, store: Store, raw: bytes, say: str
) -> None:
    """The good rule before the fault is not kept either."""
    before = await store.rule_versions(PRACTICE)
    outcome = await give(browser, store, "rule_file", FILE.replace("acme-file", "good-one").encode() * (len(raw) > 500)
                         * (b"acme" in raw) + raw)  # fmt: skip
    assert say.split(" · ")[-1] in " ".join(outcome["wrong"])
    assert await store.rule_versions(PRACTICE) == before


async def test_the_line_of_a_fault_is_named(browser: httpx.AsyncClient, store: Store) -> None:
    """File, line, rule, field."""
    for name, raw, say in GARBAGE:
        [first, *_] = (await give(browser, store, "rule_file", raw))["wrong"]
        assert say in first, (name, first)
        assert "acme.toml" in first


async def test_a_file_that_contradicts_what_stands_is_refused(browser: httpx.AsyncClient, store: Store) -> None:
    """The same payer, plan and days under another name, saying otherwise."""
    await save(browser, 0, **{"from": "2025-01-01"}, pos_home="02")
    outcome = await give(browser, store, "rule_file", FILE.encode())
    assert "acme-file · from: The dates overlap with the rule acme-commercial v1" in outcome["wrong"][0]
    assert await kept(store, "acme-file") == []


async def test_many_rules_of_the_practices_own_come_in_parts(browser: httpx.AsyncClient, store: Store) -> None:
    """Sixty from a file beside the demo's one: fifty, then eleven."""
    raw = "".join(FILE.replace("acme-file", f"acme-{n}").replace('"Acme"', f'"Acme {n}"') for n in range(60)).encode()
    assert len((await give(browser, store, "rule_file", raw))["added"]) == 60
    pages = [checked(await browser.get(f"/billing/rules?part={part}")) for part in (0, 1)]
    own = [page[page.index('id="part-own"') : page.index('id="part-minnesota"')] for page in pages]
    assert [part.count("rule-link") for part in own] == [50, 11]
    assert 'rel="next"' in own[0]
    assert 'rel="next"' not in own[1]


async def test_another_practice_sees_neither_rules_nor_tasks(browser: httpx.AsyncClient, store: Store) -> None:
    """Every look-up is by practice."""
    await save(browser, 0)
    other = {"x-practice": "prc_other"}
    assert (await browser.get("/billing/rules/acme-commercial", headers=other)).json()["code"] == "rule-unknown"
    task = (await browser.post("/billing/files", json={"kind": "rule_file", "name": "a"})).json()["task"]
    assert (await browser.get(f"/billing/tasks/{task}", headers=other)).json()["code"] == "task-unknown"
