"""The electronic question (270) and its answer (271): written as examples are, read strictly, never verifying alone."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from billing_hooks import eligibility_270, eligibility_271, x12
from billing_hooks.client_record import ClientRecord
from billing_hooks.eligibility_270 import Asker
from billing_hooks.eligibility_271 import Answer
from billing_hooks.errors import Malformed, Refused
from billing_hooks.held_coverage import HeldCoverage, Policy, Subscriber
from billing_hooks.material import Coverage
from billing_hooks.store import Store
from tests.billing_hooks.client_kit import BASE, CLIENT, PRACTICE, add_plan, browser_of, checked, fill
from tests.billing_hooks.test_client_pages import RECORD

HERE = Path(__file__).parent / "x12"
QUESTION, ANSWER = ((HERE / f"{name}_ex1.x12").read_bytes() for name in ("270", "271"))
RAW = {"content-type": "application/octet-stream"}
AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
HELD = HeldCoverage("cov_abc", 1, Coverage("Example Commercial Health Plan", "commercial"),
                    Policy("HPX123456789", "GRP7788", "PPO", "99901"))  # fmt: skip
RECORD_OF = ClientRecord(given="Jordan", family="Doe", birth_date=date(1990, 2, 14))
ASKER = Asker("Lakeside Behavioral Group", "1990000105")


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """An empty store."""
    made = Store.open(database.billing_url, bytes(32))
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages."""
    async with browser_of(store) as made:
        yield made


def body(raw: bytes) -> list[str]:
    """The segments between ST and SE."""
    return [each for each in raw.decode().replace("\n", "").split("~") if each][3:-3]


def changed(*swaps: tuple[str, str], count: bool = True) -> bytes:
    """The example with texts replaced (each must be there), its count made right again."""
    text = ANSWER.decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    many = len([each for each in text.replace("\n", "").split("~") if each]) - 4
    return (re.sub(r"SE\*\d+", f"SE*{many}", text) if count else text).encode()


def without(*names: str) -> bytes:
    """The example without any segment of these names, its count made right again."""
    lines = ANSWER.decode().splitlines(keepends=True)
    kept = "".join(each for each in lines if each.split("*")[0] not in names)
    return re.sub(r"SE\*\d+", f"SE*{kept.count('~') - 4}", kept).encode()


def test_the_question_is_written_as_the_example_is() -> None:
    """Segment by segment, but for its own numbers."""
    _, written = eligibility_270.write(ASKER, HELD, RECORD_OF, AT)
    ours, example = body(written.encode()), body(QUESTION)
    same = [(a, b) for a, b in zip(ours, example, strict=True) if not a.startswith(("BHT", "TRN"))]
    assert [a for a, _ in same] == [b for _, b in same]
    assert ours[7 - 1] == "TRN*1*ABC*9199000010"
    found = x12.read(written.encode(), "270", eligibility_270.VERSION)
    assert len(found.body) == len(ours)
    assert len(written.partition("\n")[0]) == 106


def test_a_question_about_a_subscribers_child_names_both() -> None:
    """The subscriber holds the number, the client stands under them."""
    policy = replace(HELD.policy, subscriber=Subscriber("child", "Casey", "Doe", date(1965, 5, 5), "F"))
    _, written = eligibility_270.write(ASKER, replace(HELD, policy=policy), RECORD_OF, AT)
    lines = body(written.encode())
    for part in (
        "HL*3*2*22*1",
        "NM1*IL*1*DOE*CASEY****MI*HPX123456789",
        "HL*4*3*23*0",
        "NM1*03*1*DOE*JORDAN",
        "INS*N*19",
    ):
        assert part in lines, part


def test_names_lose_what_a_segment_cannot_hold() -> None:
    """Separators and accents."""
    record = replace(RECORD_OF, family="Núñez*~^:", given="Zoë")
    _, written = eligibility_270.write(ASKER, HELD, record, AT)
    assert "NM1*IL*1*NUNEZ*ZOE****MI*HPX123456789" in body(written.encode())


def test_what_is_missing_for_a_question_is_named_at_once() -> None:
    """Everything, not the first thing."""
    with pytest.raises(Refused) as caught:
        eligibility_270.write(Asker("P", ""), replace(HELD, policy=Policy()), ClientRecord(), AT)
    for part in ("NPI", "electronic number", "member number", "last name", "birth date"):
        assert part in caught.value.say


def test_the_example_is_read_in_plain_words() -> None:
    """Active, a copayment, a deductible and what is left of it; telehealth only mentioned in words."""
    found = eligibility_271.read(ANSWER)
    assert (found.active, found.plan, found.member, found.since) == (True, "EXAMPLE PPO", "HPX123456789", "2026-01-01")
    assert (found.copay, found.deductible, found.deductible_left, found.coinsurance) == (2500, 50000, 12000, None)
    assert (found.telehealth, found.authorization, found.rejected) == ("mentioned", "", ())
    assert "Copayment, for mental health, $25.00, a visit, in network" in [each.line for each in found.benefits]
    assert Answer.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("swaps", "name", "value"),
    [
        ((("MSG*TELEHEALTH MENTAL HEALTH VISIT COPAY~\n", ""),), "telehealth", "unknown"),
        ((("MSG*TELEHEALTH MENTAL HEALTH VISIT COPAY", "III*ZZ*10"),), "telehealth", "covered"),
        ((("EB*B**MH***27*25*****Y", "EB*I**MH"), ("MSG*TELEHEALTH MENTAL HEALTH VISIT COPAY", "III*ZZ*02")),
         "telehealth", "not_covered"),
        ((("EB*1**30**EXAMPLE PPO", "EB*6**30"), ("EB*1**MH", "EB*6**MH")), "active", False),
        ((("EB*1**30**EXAMPLE PPO", "EB*6**30"),), "active", False),
        ((("EB*1**MH", "EB*6**30"),), "active", None),
        ((("EB*1**30**EXAMPLE PPO~\n", ""), ("EB*1**MH~\n", "")), "active", None),
        ((("EB*B**MH***27*25*****Y", "EB*A**MH^98***27**.2***Y*Y"),), "coinsurance", 20),
        ((("EB*B**MH***27*25*****Y", "EB*A**MH^98***27**.2***Y*Y"),), "authorization", "required"),
        ((("EB*1**MH", "AAA*N**75*C"),), "rejected", ("the subscriber was not found",)),
    ],
)  # fmt: skip
def test_an_answer_says_no_more_than_it_says(swaps: Any, name: str, value: object) -> None:
    """What is not there, or said both ways, is unknown."""
    assert getattr(eligibility_271.read(changed(*swaps)), name) == value


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "Segment 1 (ISA)"),
        (b"hello", "Segment 1 (ISA)"),
        (b"%PDF-1.7 \xff\xfe", "byte"),
        (ANSWER[:400], "the file ends within it"),
        (ANSWER.replace(b"IEA*1*000000031~\n", b""), "(GE): IEA belongs here"),
        (changed(("ST*271*", "ST*837*")), "Segment 3 (ST): this is a 837"),
        (changed(("005010X279A1", "004010X092A1")), "Segment 3 (ST): this is version 004010X092A"),
        (changed(("SE*20*0001", "SE*19*0001"), count=False), "Segment 22 (SE): it counts 19 segments, there are 20"),
        (changed(("IEA*1*000000031", "IEA*1*000000032")), "(IEA): its control number"),
        (changed(("GE*1*31", "GE*2*31")), "(GE): it must count one"),
        (changed(("DMG*D8*19900214*F", "DMG*D8*19901414*F")), "Segment 14 (DMG): it holds a day that does not exist"),
        (changed(("DTP*346*D8*20260101", "DTP*346*D8*tomorrow")), "Segment 15 (DTP)"),
        (changed(("EB*B**MH***27*25", "EB*B**MH***27*a lot")), "Segment 18 (EB): EB07 is no amount"),
        (changed(("EB*B**MH***27*25", "EB*B**MH***27*-25")), "Segment 18 (EB): EB07"),
        (changed(("EB*B**MH***27*25", "EB***MH***27*25")), "Segment 18 (EB): it does not say what it is"),
        (changed(("*****Y~", "*****Q~")), "Segment 18 (EB): EB12 is neither"),
        (changed(("HL*3*2*22*0", "HL*3*9*22*0")), "Segment 9 (HL)"),
        (changed(("HL*3*2*22*0", "HL*3*2*24*0")), "without a subscriber"),
        (changed(("EB*1**MH", "ISA*1**MH")), "Segment 17 (ISA): one transaction alone"),
        (changed(("EB*1**MH", "eb*1**MH")), "Segment 17 (eb): this is no segment's name"),
        (re.sub(rb"(EB|MSG)\*[^~]*~\n", b"", changed()), "(SE): it counts"),
        (without("HL"), "without a subscriber"),
        (without("BHT"), "BHT belongs here"),
        (without(*"BHT HL NM1 TRN N3 N4 DMG DTP EB MSG".split()), "Segment 4 (SE): nothing stands"),
    ],
)
def test_garbage_is_refused_with_its_segment_named(raw: bytes, named: str) -> None:
    """Number and name of the segment, and what is wrong with it."""
    with pytest.raises(Malformed) as caught:
        eligibility_271.read(raw)
    assert named in caught.value.say


def test_an_answer_of_thousands_of_segments_is_refused() -> None:
    """One client's answer has some dozens."""
    with pytest.raises(Malformed, match="1000"):
        eligibility_271.read(changed(("EB*1**MH~", "EB*1**MH~" * 1200)))


async def test_the_question_is_downloaded_under_a_name_that_says_nobody(browser: httpx.AsyncClient) -> None:
    """First what is missing is named, then the file comes."""
    path = await add_plan(browser)
    early = await browser.get(f"{path}/270")
    assert early.json()["code"] == "270-incomplete"
    assert "birth date" in early.json()["say"]
    assert "first fill in: the client&#39;s first and last name, the client&#39;s birth date." in checked(
        await browser.get(path)
    )
    await fill(browser, f"{BASE}/record", RECORD)
    assert f'href="{path}/270"' in checked(await browser.get(path))
    file = await browser.get(f"{path}/270")
    assert re.fullmatch(r'attachment; filename="270-\d{9}\.x12"', file.headers["content-disposition"])
    assert "NM1*IL*1*DOE*JORDAN****MI*HPX123456789~" in file.text


async def test_an_answer_is_shown_and_fills_the_form_but_verifies_nothing(
    browser: httpx.AsyncClient, store: Store, database: Any
) -> None:
    """Stored sealed; the coverage stays unverified until somebody keeps a call with its reference."""
    path = await add_plan(browser)
    await fill(browser, f"{BASE}/record", RECORD)
    plain = changed(("MSG*TELEHEALTH MENTAL HEALTH VISIT COPAY~\n", ""))
    assert (await browser.post(f"{path}/271", content=plain, headers=RAW)).status_code == 200
    text = checked(await browser.get(path))
    for part in (
        "Unknown: the answer does not say. Ask by telephone", "Copayment, for mental health, $25.00, a visit",
        "have it confirmed by telephone", 'name="copay" type="text" value="25.00"', "Not verified",
    ):  # fmt: skip
        assert part in text, part
    async with store.work() as work:
        found = await store.coverage(work, PRACTICE, CLIENT, date(2026, 11, 20))
        assert found is not None
        assert (found.active, found.verified_on) == (None, None)
    connection = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    try:
        [row] = await connection.fetch("SELECT answer_sealed FROM billing.eligibility_answers")
        assert b"HPX123456789" not in row["answer_sealed"]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (changed(("HPX123456789", "OTHER1")), "NM1"),
        (changed(("DMG*D8*19900214", "DMG*D8*19800214")), "DMG"),
        (changed(("****MI*HPX123456789", "")), "TRN"),
        (ANSWER[:-30], "Segment"),
        (b"x" * 70_000, ""),
    ],
)
async def test_an_answer_about_somebody_else_or_broken_stores_nothing(
    browser: httpx.AsyncClient, database: Any, raw: bytes, named: str
) -> None:
    """The segment is named, the table stays empty."""
    path = await add_plan(browser)
    await fill(browser, f"{BASE}/record", RECORD)
    no = await browser.post(f"{path}/271", content=raw, headers=RAW)
    assert no.status_code in (400, 409)
    assert named in no.json()["say"]
    connection = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT count(*) FROM billing.eligibility_answers") == 0
    finally:
        await connection.close()
