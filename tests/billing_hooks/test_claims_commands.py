"""The command line's claims: files out and in with clear words, exit codes and JSON, by the same code as the pages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from billing_hooks.claims import reading
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from server import claims_commands
from server.errors import Malformed
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


def looked_at(place: Path) -> tuple[int, bytes]:
    """Who may read a file, and what stands in it."""
    return place.stat().st_mode & 0o777, place.read_bytes()


async def test_a_batch_goes_out_and_its_answers_come_in(desk: Desk, tmp_path: Path) -> None:
    """export, import-ack, import-remit, status; each says what it did, and nothing twice."""
    claims = await desk.drafted(1, 2)
    good, told = await claims_commands._export(desk.store, PRACTICE, ZONE, tmp_path, "Robin Hale", "")
    assert good
    mode, raw = await asyncio.to_thread(looked_at, Path(told["file"]))
    assert mode == 0o600
    assert {each.claim.id for each in reading.read([raw])} == set(claims)
    assert "2 claims" in claims_commands._said_export(told)[0]
    batch = await desk.store.batch(PRACTICE, told["batch"])
    assert (batch.state, batch.name, batch.way) == ("sent", "Robin Hale", "command")
    (tmp_path / "a").write_bytes(desk.read_277([(claims[0], "A2:20"), (claims[1], "A7:249")]))
    good, told = await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "a", claims_commands._ACKS)
    assert good
    assert any("249" in line or "place of service" in line for line in claims_commands._said_import(told))
    assert (await desk.store.claim(PRACTICE, claims[1])).where.state is State.REJECTED
    [value] = await desk.values(claims[:1])
    (tmp_path / "p").write_bytes(desk.payment([(kit.paid(value), value)]))
    wrong, told = await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "p", claims_commands._ACKS)
    assert (wrong, told["code"]) == (False, "x12-version")
    good, told = await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "p", claims_commands._PAYMENTS)
    assert good
    assert "1 posted" in claims_commands._said_import(told)[-1]
    again, told = await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "p", claims_commands._PAYMENTS)
    assert (again, told["code"]) == (False, "file-repeated")
    _, told = await claims_commands._status(desk.store, PRACTICE, ZONE)
    assert told["sums"]["charges"] == sum(
        told["sums"][each] for each in ("payments", "adjustments", "share", "open")
    )  # fmt: skip
    assert {each["state"]: each["count"] for each in told["claims"]} == {"posted": 1, "rejected": 1}
    assert any(line.startswith("charges $350.00 =") for line in claims_commands._said_status(told))


@pytest.mark.parametrize(
    ("raw", "code", "say"),
    [
        (b"", "x12", "ISA"),
        (b"hello", "x12", "ISA"),
        (b"\xff" * 300, "x12", ""),
        (b"ISA" + b"*" * 300, "x12", "ISA"),
    ],
)
async def test_garbage_is_refused_with_its_place(desk: Desk, tmp_path: Path, raw: bytes, code: str, say: str) -> None:
    """Never a traceback, and nothing stays."""
    (tmp_path / "g").write_bytes(raw)
    good, told = await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "g", claims_commands._PAYMENTS)
    assert not good
    assert told["code"].startswith(code)
    assert say in told["say"]
    [file] = await desk.store.received(PRACTICE)
    assert file.state == "refused"
    assert [piece async for piece in desk.store.pieces(PRACTICE, file.id)] == []


async def test_a_file_that_is_not_there_and_a_folder_that_is_none_are_one_line(desk: Desk, tmp_path: Path) -> None:
    """Before anything was begun."""
    with pytest.raises(Malformed, match="cannot be read"):
        await claims_commands._import(desk.store, PRACTICE, ZONE, tmp_path / "none", claims_commands._ACKS)
    with pytest.raises(Malformed, match="is no folder"):
        await claims_commands._export(desk.store, PRACTICE, ZONE, tmp_path / "none", "Robin", "")
    assert await desk.store.received(PRACTICE) == ()


async def test_a_file_leaves_only_after_its_batch_counts_as_sent(desk: Desk, tmp_path: Path) -> None:
    """One that cannot be written then is said, and waits on the page of its batch."""
    await desk.drafted(1)
    (tmp_path / "837P-EXAMPLECH-000000001.x12").mkdir()
    with pytest.raises(Malformed, match="was sent, but its file cannot be written"):
        await claims_commands._export(desk.store, PRACTICE, ZONE, tmp_path, "Robin Hale", "")
    [batch] = await desk.store.batches(PRACTICE)
    assert (batch.state, batch.written_at) == ("sent", None)
