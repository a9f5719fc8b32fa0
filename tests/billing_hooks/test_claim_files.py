"""Claims by folders: batches laid out whole and private, answers taken once, a nightly batch, an alarm."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing_hooks import claim_sending, jobs
from billing_hooks.claim_profile import Route
from billing_hooks.claims import reading
from billing_hooks.claims.envelope import Receiver
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from server import claim_files
from server.settings import Settings
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits

BY = "stf_hale"
NIGHT = datetime(2026, 11, 22, 8, 10, tzinfo=UTC)  # two at night in Chicago


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with both folders."""
    for name in ("out", "in"):
        (tmp_path / name).mkdir()
    return Settings(data_dir=tmp_path / "var", claims_out=tmp_path / "out", claims_in=tmp_path / "in")


async def test_a_night_lays_out_what_is_ready_and_the_answer_comes_back(desk: Desk, settings: Settings) -> None:
    """From the release to acknowledged without a click; the file is whole, for the owner alone, and written once."""
    await desk.released(1, 2)
    await jobs.work_queue(desk.store, drain=True)
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT, set())
    out, into = settings.claims_out, settings.claims_in
    assert out is not None
    assert into is not None
    assert list(out.iterdir()) == []  # nobody asked for a nightly batch
    await desk.store.save_profile(PRACTICE, replace(profile, nightly=True), "stf_hale", AT)
    for _ in range(2):
        await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT, set())
    table, place = sorted(out.iterdir(), key=lambda each: each.suffix)
    assert table.read_bytes().count(b"90834") == 2
    assert place.stat().st_mode & 0o777 == 0o600
    claims = [each.claim.id for each in reading.read([place.read_bytes()])]
    assert len(claims) == 2
    [batch] = await desk.store.batches(PRACTICE)
    assert (batch.state, batch.written_at, batch.name) == ("sent", NIGHT, "The nightly batch")
    answer = into / "999.x12"
    answer.write_bytes(desk.read_999(batch))
    (into / ".half.part").write_bytes(b"ISA*00")
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, datetime.now(UTC), set())
    assert answer.exists()  # it was written to a moment ago
    os.utime(answer, (1, 1))
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, datetime.now(UTC), set())
    assert not answer.exists()
    await jobs.work_queue(desk.store, drain=True)
    assert [(await desk.store.claim(PRACTICE, each)).where.state for each in claims] == [State.ACKNOWLEDGED] * 2


async def test_a_silent_batch_alarms_once(desk: Desk, settings: Settings) -> None:
    """A day after it was sent, until somebody answers: a TA1 that lets the envelope pass is no answer."""
    batch, [claim] = await desk.sent(1)
    alarmed: set[str] = set()
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, AT + timedelta(hours=23), alarmed)
    assert alarmed == set()
    await desk.take(desk.read_ta1(batch))
    for _ in range(2):
        await claim_files.once(settings, desk.store, PRACTICE, ZONE, AT + timedelta(hours=25), alarmed)
    assert alarmed == {f"{batch.id}/no-999"}
    async with kit.pages(desk.store) as browser:
        assert "Nobody says that batch 1 arrived" in (await browser.get("/billing/claims")).text
    await desk.take(desk.read_999(batch))
    assert await silences(desk, 2) == []
    assert await silences(desk, 4) == ["no-277ca"]
    await desk.take(desk.read_277([(claim, "A2:20")]))
    assert await silences(desk, 40) == []
    assert await silences(desk, 50) == ["no-835"]
    [value] = await desk.values([claim])
    await desk.take(desk.payment([(kit.paid(value), value)]))
    assert await silences(desk, 50) == []


async def silences(desk: Desk, days: int) -> list[str]:
    """What is silent so many days after a batch was sent."""
    return [alarm.code for _, alarm in await desk.store.silent(PRACTICE, AT + timedelta(days=days))]


async def test_a_receiver_with_a_slash_and_a_batch_that_cannot_be_laid_hold_nothing_up(
    desk: Desk, settings: Settings
) -> None:
    """Every other batch is laid out, and answers are read."""
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    slashed = replace(profile, routes=(Route("CH/TEST", Receiver("Slashed", "CH/TEST")),))
    await desk.store.save_profile(PRACTICE, slashed, "stf_hale", AT)
    out, into = settings.claims_out, settings.claims_in
    assert out is not None
    assert into is not None
    for number in (1, 2):
        await desk.drafted(number)
        made = await claim_sending.make_batch(desk.store, PRACTICE, "CH/TEST", by=BY, at=AT, zone=ZONE)
        await claim_sending.send_batch(
            desk.store, PRACTICE, made.batch, by=BY, name="Robin Hale", way="folder", at=AT, today=TODAY
        )
    (out / "837P-CH-TEST-000000001.x12").mkdir()  # in the way of the first
    (into / "answer").write_bytes(b"no X12")
    os.utime(into / "answer", (1, 1))
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, datetime.now(UTC), set())
    assert (out / "837P-CH-TEST-000000002.x12").is_file()
    assert len(await desk.store.received(PRACTICE)) == 1
    (out / "837P-CH-TEST-000000001.x12").rmdir()
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, datetime.now(UTC), set())
    assert (out / "837P-CH-TEST-000000001.x12").is_file()


async def test_a_night_comes_once(desk: Desk, settings: Settings) -> None:
    """What is released in that hour waits for the next night, also when the jobs process begins anew."""
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    await desk.store.save_profile(PRACTICE, replace(profile, nightly=True), BY, AT)
    for number, minutes in ((1, 0), (2, 20)):
        await desk.drafted(number)
        await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT + timedelta(minutes=minutes), set())
        assert len(await desk.store.batches(PRACTICE)) == 1
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT + timedelta(days=1), set())
    assert [each.claims for each in await desk.store.batches(PRACTICE)] == [1, 1]


async def test_a_file_that_is_too_large_to_read_is_listed_as_refused(desk: Desk, settings: Settings) -> None:
    """Once, and it is out of the way."""
    into = settings.claims_in
    assert into is not None
    with (into / "big.835").open("wb") as file:
        file.truncate(claim_files.LARGEST + 1)
    os.utime(into / "big.835", (1, 1))
    for _ in range(2):
        await claim_files.once(settings, desk.store, PRACTICE, ZONE, datetime.now(UTC), set())
    [refused] = await desk.store.received(PRACTICE)
    assert (refused.state, refused.verdict["code"]) == ("refused", "file-too-large")
    assert "big.835 has 64 MiB" in refused.verdict["say"]
    assert [each.name for each in into.iterdir()] == [claim_files.TAKEN]


async def test_a_night_that_cannot_send_says_so(
    desk: Desk, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a code in the log; the claims stay ready."""
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    [claim] = await desk.drafted(1)
    faulty = replace(profile, sender=replace(profile.sender, contact=""), nightly=True)
    await desk.store.save_profile(PRACTICE, faulty, BY, AT)
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT, set())
    assert '"nightly-refused","code":"batch-incomplete"' in "".join(capsys.readouterr())
    assert (await desk.store.claim(PRACTICE, claim)).where.state is State.RELEASED
