"""What comes again, and what only looks as if it did: payments of nothing, numbers begun anew, files after a crash."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing_hooks import jobs
from billing_hooks.store import Store
from server import claim_files
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def test_two_payments_of_nothing_under_one_number_are_both_kept_whole(desk: Desk) -> None:
    """What each took back beside its claim (PLB) stands; either of them in another file changes nothing."""
    _, claims = await desk.sent(1, 2)
    values = await desk.values(claims)
    for _ in range(2):
        for value in values:
            paid = kit.paid(value)
            verdict = await desk.take(desk.payment([(paid, value)], trace="0", moves=[("WO", paid.paid)]))
            assert verdict["taken"], verdict
    took = [kit.paid(value).paid for value in values]
    assert sorted(each.cents for each in await desk.store.beside(PRACTICE)) == sorted(took)
    payments = await desk.store.payments(PRACTICE)
    assert sorted(each.beside for each in payments) == sorted((("WO", cents),) for cents in took)


async def test_a_payment_that_comes_again_with_other_money_beside_its_claims_is_refused(desk: Desk) -> None:
    """In another order it is the same, and stands once."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    paid = kit.paid(value)
    moves = [("WO", 1000), ("L6", -500), ("L6", -500)]
    for come in (moves, moves[::-1]):
        assert (await desk.take(desk.payment([(paid, value)], trace="EFT9", moves=come)))["taken"]
    kept = await desk.store.beside(PRACTICE)
    assert sorted((each.reason, each.cents) for each in kept) == sorted(moves)
    other = await desk.take(desk.payment([(paid, value)], trace="EFT9", moves=[("WO", 500), ("FB", -500)]))
    assert (other["taken"], other["code"]) == (False, "835-payment-differs"), other
    assert len(await desk.store.beside(PRACTICE)) == len(moves)


async def test_a_file_whose_reader_stopped_before_it_said_so_keeps_its_verdict(desk: Desk) -> None:
    """Taken or refused: the next reader finds what came of it, and what was taken stays whole."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    file = await desk.arrive(desk.payment([(kit.paid(value), value)]))
    first = await desk.read(file)
    assert (first["taken"], first["posted"]) == (True, 1)
    assert await desk.read(file) == first
    assert (await desk.store.received_file(PRACTICE, file)).state == "taken"
    assert [each async for each in desk.store.pieces(PRACTICE, file)]
    bad = await desk.arrive(b"ISA*00")
    assert await desk.read(bad) == await desk.read(bad)


async def test_a_file_that_arrives_is_asked_to_be_read_at_once_however_often_its_end_is_said(desk: Desk) -> None:
    """Both happen or neither does, so that no file lies there unread."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    raw = desk.payment([(kit.paid(value), value)])
    async with kit.pages(desk.store) as browser:
        told = (await browser.post("/billing/files", json={"kind": "reply_file", "name": "a.835"})).json()
        part = {"part": 0, "content": base64.b64encode(raw).decode()}
        assert (await browser.post(f"/billing/files/{told['task']}/parts", json=part)).status_code == 200
        for _ in range(2):
            assert (await browser.post(f"/billing/files/{told['task']}/end", json={})).status_code == 200
    await jobs.work_queue(desk.store, drain=True)
    assert (await desk.store.task(PRACTICE, told["task"])).outcome["taken"]


async def test_a_file_in_the_folder_is_kept_before_it_is_moved(desk: Desk, tmp_path: Path) -> None:
    """What stops between the two has it read once more, and it is posted once."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    now = datetime.now(UTC)
    place, aside = tmp_path / "pay.835", tmp_path / claim_files.TAKEN / f"{now:%Y%m%dT%H%M%S}-pay.835"
    place.write_bytes(desk.payment([(kit.paid(value), value)]))
    os.utime(place, (1, 1))
    aside.mkdir(parents=True)  # so that it cannot be moved there
    with pytest.raises(OSError, match="pay"):
        await claim_files.take_from(tmp_path, desk.store, PRACTICE, ZONE, now)
    aside.rmdir()
    assert await claim_files.take_from(tmp_path, desk.store, PRACTICE, ZONE, now) == 1
    await jobs.work_queue(desk.store, drain=True)
    assert (aside.is_file(), place.exists()) == (True, False)
    assert sorted(each.state for each in await desk.store.received(PRACTICE)) == ["refused", "taken"]
    assert len(await desk.store.payments(PRACTICE)) == 1


async def test_a_sender_that_counts_anew_is_read_when_a_person_says_so(desk: Desk) -> None:
    """Refused with the day of the other; read again it posts what is new, and nothing that is known; once."""
    _, claims = await desk.sent(1, 2)
    files = []
    for value in await desk.values(claims):
        desk.control = 500
        files.append(desk.payment([(kit.paid(value), value)], trace=f"EFT{value.id}"))
    first, other = files
    assert (await desk.take(first))["taken"]
    for raw, posted in ((other, 1), (first.replace(b"~\n", b"~\r\n"), 0)):
        file = await desk.arrive(raw)
        no = await desk.read(file)
        assert (no["code"], AT.date().isoformat() in no["say"]) == ("x12-repeated", True), no
        async with kit.pages(desk.store) as browser:
            assert "Read it all the same" in (await browser.get(f"/billing/replies/{file}")).text
            told = await browser.post(f"/billing/replies/{file}/again", json={"fields": {}})
            assert told.status_code == 200, told.text
            assert (await browser.post(f"/billing/replies/{file}/again", json={"fields": {}})).status_code != 200
            await jobs.work_queue(desk.store, drain=True)
            assert "Robin Hale had it read all the same" in (await browser.get(told.json()["to"])).text
        verdict = (await desk.store.received_file(PRACTICE, told.json()["to"].rpartition("/")[2])).verdict
        assert (verdict["taken"], verdict["posted"]) == (True, posted), verdict
    assert len(await desk.store.payments(PRACTICE)) == 2
