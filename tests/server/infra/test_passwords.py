"""Password hashes: argon2id in another process, over a private socket, and nothing about who exists."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from server import passwords
from server.errors import Refused
from server.passwords import Passwords, PasswordService


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Passwords]:
    path = tmp_path / "p.sock"
    task = asyncio.create_task(PasswordService(path).run())
    client = Passwords(path)
    async with asyncio.timeout(10):
        while not await client.ready():  # noqa: ASYNC110 (another task makes the socket and has no way to tell)
            await asyncio.sleep(0)
    yield client
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_hash_is_argon2id_and_fits_its_password_alone(asked: Passwords) -> None:
    stored = await asked.hash("correct horse battery staple")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106's second recommended option"
    assert await asked.verify("correct horse battery staple", stored)
    assert not await asked.verify("correct horse battery stapl", stored)
    assert not await asked.verify("x", "not a hash")


async def test_the_same_keys_on_another_system_are_the_same_password(asked: Passwords) -> None:
    stored = await asked.hash("Grüße aus München")
    assert await asked.verify("Gru\u0308ße aus Mu\u0308nchen", stored)


async def test_nobody_takes_as_long_as_somebody_and_is_always_refused(asked: Passwords) -> None:
    stored = await asked.hash("right")

    async def took(password: str, against: str | None) -> float:
        begun = time.perf_counter()
        assert not await asked.verify(password, against)
        return time.perf_counter() - begun

    # In turns, and the quickest of each: whatever else the machine does only ever adds.
    pairs = [(await took("wrong", stored), await took("wrong", None)) for _ in range(9)]
    somebody, nobody = (min(column) for column in zip(*pairs, strict=True))
    assert 0.5 < nobody / somebody < 2.0


async def test_more_than_the_queue_holds_is_told_to_try_again(asked: Passwords) -> None:
    asks = [asked.verify("x", None) for _ in range(passwords.AT_ONCE + passwords.WAITING + 15)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Refused)]
    assert {one.code for one in refused} == {"busy"}
    assert 1 <= len(refused) <= 15
    assert not await asked.verify("x", None), "and then it answers again"


async def test_sign_ins_take_turns_in_the_order_they_came(tmp_path: Path) -> None:
    """A whole practice at eight: a few are judged, the others wait; whoever gives up is passed over."""
    door = Passwords(tmp_path / "nobody.sock")
    inside: list[int] = []
    leave = [asyncio.Event() for _ in range(passwords.SIDE_BY_SIDE + 3)]

    async def sign_in(number: int) -> None:
        async with door.turn():
            inside.append(number)
            await leave[number].wait()

    tasks = [asyncio.create_task(sign_in(number)) for number in range(len(leave))]
    await until(lambda: len(inside) == passwords.SIDE_BY_SIDE)
    tasks[passwords.SIDE_BY_SIDE].cancel()
    for number in range(2):
        leave[number].set()
    await until(lambda: len(inside) == passwords.SIDE_BY_SIDE + 2)
    first = list(range(passwords.SIDE_BY_SIDE))
    assert inside == [*first, passwords.SIDE_BY_SIDE + 1, passwords.SIDE_BY_SIDE + 2]
    for each in leave:
        each.set()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_line_that_is_too_long_sends_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "IN_LINE", 1)
    monkeypatch.setattr(passwords, "SIDE_BY_SIDE", 1)
    door = Passwords(tmp_path / "nobody.sock")
    second = door.turn()
    async with door.turn():
        waiting = asyncio.create_task(second.__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(Refused) as told:
            await door.turn().__aenter__()
        assert told.value.code == "busy", "the line is full"
    await waiting
    monkeypatch.setattr(passwords, "_TURN_WITHIN", 0.01)
    with pytest.raises(Refused) as told:
        await door.turn().__aenter__()
    assert told.value.code == "busy", "nobody left in time"
    await second.__aexit__(None, None, None)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 (other tasks run meanwhile)
            await asyncio.sleep(0)


async def test_the_socket_is_for_this_account_alone(asked: Passwords, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "p.sock").stat().st_mode) == 0o600


async def test_nonsense_on_the_socket_does_not_end_the_service(asked: Passwords, tmp_path: Path) -> None:
    for nonsense in (b"\n", b"[]\n", b"{}\n", b'{"password": "zz"}\n', os.urandom(100) + b"\n", b"x" * 40000 + b"\n"):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "p.sock")
        writer.write(nonsense)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
    assert not await asked.verify("x", None)


async def test_a_jobs_process_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        await Passwords(tmp_path / "nobody.sock").verify("x", None)
    assert refused.value.code == "passwords-unavailable"


async def test_a_password_has_a_longest_length(asked: Passwords) -> None:
    with pytest.raises(Refused, match="at most"):
        await asked.hash("x" * 1025)
    assert not await asked.verify("x" * 1025, None)
