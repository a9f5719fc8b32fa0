"""The outbox runner against a real receiver: until it has the event, exactly the bytes, and nowhere it may not go."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from billing_hooks import keyset, signing
from server import dispatch, tls
from server.bench.ports import free_port
from server.db import deliveries
from server.db.deliveries import Delivery
from server.db.engine import Engine
from server.dispatch import Dispatcher, NoWayError, resolve
from server.keys import KeyFile
from server.settings import Settings
from server.signing_keys import SigningKeys
from tests.server.infra.receiver import CUT, DRIP, HANG, receiving

BODY = b'{"a":1,"b":"\xc3\xa9"}'
Sql = Callable[..., Awaitable[Any]]
Enqueue = Callable[[bytes], Awaitable[Delivery]]


@pytest.fixture
def elsewhere(data_dir: Path) -> Settings:
    """A receiver on another port than ours: not our own process, so the specification's schedule."""
    port = free_port()
    return Settings.load(
        data_dir=data_dir, billing_url=f"https://localhost:{port}/billing/events?x=1", deliver_timeout_s=3.0
    )


@pytest.fixture
def context(elsewhere: Settings, keys: KeyFile) -> ssl.SSLContext:
    return tls.certificates(elsewhere, keys).context()


@pytest.fixture
async def runner(engine: Engine, database: Any, keys: KeyFile, elsewhere: Settings) -> AsyncIterator[Dispatcher]:
    made = Dispatcher(engine, database.app_url, SigningKeys(engine, keys), elsewhere, chance=lambda: 0.0)
    yield made
    await made.close()


def port_of(settings: Settings) -> int:
    return int(settings.billing_url.split(":")[2].split("/")[0])


async def state(sql: Sql, delivery: Delivery) -> dict[str, Any]:
    """The delivery's row, with how far off it is due."""
    row = await sql(
        "SELECT json_build_object('state', state, 'attempts', attempts, 'error', last_error, "
        "'due', extract(epoch FROM due_at - now())) FROM antechamber.deliveries WHERE id = $1",
        delivery.id,
    )
    return dict(json.loads(row))


@asynccontextmanager
async def running(runner: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_done(sql: Sql, delivery: Delivery, seconds: float = 20) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        while (found := await state(sql, delivery))["state"] == "pending":  # noqa: ASYNC110 (a row tells nobody)
            await asyncio.sleep(0.02)
    return found


async def test_a_delivery_arrives_to_the_byte_with_headers_that_prove_it(
    runner: Dispatcher,
    enqueue: Enqueue,
    elsewhere: Settings,
    context: ssl.SSLContext,
    sql: Sql,
    engine: Engine,
    keys: KeyFile,
) -> None:
    delivery = await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), []) as receiver:
        assert await runner.deliver_due() == 1
    ((headers, body),) = receiver.got
    assert body == BODY
    assert receiver.paths == ["/billing/events?x=1"]
    assert headers["host"] == f"localhost:{receiver.port}"
    assert headers["webhook-id"] == delivery.event_id
    published = keyset.load(await SigningKeys(engine, keys).key_set())
    signing.check(headers, body, [one.key for one in published.values()], int(time.time()))
    assert await state(sql, delivery) | {"due": 0} == {"state": "done", "attempts": 1, "error": None, "due": 0}
    assert await runner.deliver_due() == 0, "and never again"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (500, "http-500"),
        (302, "http-302"),
        (308, "http-308"),
        (404, "http-404"),
        (400, "http-400"),
        (HANG, "timeout"),
        (CUT, "cut"),
    ],
)
async def test_what_goes_wrong_is_tried_again_on_the_schedule(
    runner: Dispatcher,
    enqueue: Enqueue,
    elsewhere: Settings,
    context: ssl.SSLContext,
    sql: Sql,
    how: int | str,
    code: str,
) -> None:
    delivery = await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), [how]) as receiver:
        await runner.deliver_due()
        found = await state(sql, delivery)
        assert (found["state"], found["attempts"], found["error"]) == ("pending", 1, code)
        assert 3 < found["due"] <= 5
        assert receiver.paths == ["/billing/events?x=1"], "a redirect is not followed"
        await sql("UPDATE antechamber.deliveries SET due_at = now() - interval '1 second'")
        await runner.deliver_due()
    first, second = receiver.got
    assert first[1] == second[1] == BODY
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert (await state(sql, delivery))["state"] == "done"


async def test_each_attempt_has_a_fresh_timestamp_and_signature(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext, sql: Sql
) -> None:
    await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), [500]) as receiver:
        await runner.deliver_due()
        await sql("SELECT pg_sleep(1.1)")
        await sql("UPDATE antechamber.deliveries SET due_at = now() - interval '1 second'")
        await runner.deliver_due()
    first, second = (headers for headers, _ in receiver.got)
    assert int(second["webhook-timestamp"]) > int(first["webhook-timestamp"])
    assert first["webhook-signature"] != second["webhook-signature"]


async def test_gone_switches_off_and_the_tenth_failure_is_dead(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext, sql: Sql
) -> None:
    gone = await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), [410, *[503] * 10]) as receiver:
        await runner.deliver_due()
        assert (await state(sql, gone))["state"] == "disabled"
        dying = await enqueue(BODY)
        for _ in range(10):
            await sql("UPDATE antechamber.deliveries SET due_at = now() - interval '1 second' WHERE state = 'pending'")
            await runner.deliver_due()
        found = await state(sql, dying)
        assert (found["state"], found["attempts"], len(receiver.got)) == ("dead", 10, 11)


async def test_an_answer_is_taken_by_its_status_alone(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext, sql: Sql
) -> None:
    """A receiver that answers a gigabyte, slowly, has said 200: that is enough."""
    delivery = await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), [DRIP]):
        await runner.deliver_due()
    assert (await state(sql, delivery))["state"] == "done", "who waits for the whole of it gives up"


async def test_a_new_delivery_is_posted_at_once_without_waiting_for_the_clock(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext
) -> None:
    async with receiving(context, port_of(elsewhere), []) as receiver, running(runner):
        first = await enqueue(BODY)
        await asyncio.wait_for(receiver.arrived.wait(), 8)
        receiver.arrived.clear()
        await enqueue(BODY)
        await asyncio.wait_for(receiver.arrived.wait(), 2)
    assert receiver.got[0][0]["webhook-id"] == first.event_id


async def test_a_receiver_that_was_down_gets_it_within_seconds_of_its_return(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext, sql: Sql
) -> None:
    """Not after the schedule's five minutes: nothing answered at all, so the runner looks whether it listens again."""
    delivery = await enqueue(BODY)
    await runner.deliver_due()
    assert (await state(sql, delivery))["error"] == "unreachable"
    await sql("UPDATE antechamber.deliveries SET due_at = now() + interval '5 minutes', attempts = 2")
    async with running(runner), receiving(context, port_of(elsewhere), []) as receiver:
        assert (await until_done(sql, delivery, 8))["state"] == "done"
    assert len(receiver.got) == 1


async def test_two_runners_deliver_each_event_once(
    engine: Engine,
    database: Any,
    keys: KeyFile,
    elsewhere: Settings,
    context: ssl.SSLContext,
    enqueue: Enqueue,
    sql: Sql,
) -> None:
    patient = elsewhere.model_copy(update={"deliver_timeout_s": 20.0})  # who gives up waiting sends again, rightly
    two = [Dispatcher(engine, database.app_url, SigningKeys(engine, keys), patient) for _ in range(2)]
    sent = [await enqueue(BODY) for _ in range(12)]
    async with receiving(context, port_of(elsewhere), []) as receiver, running(two[0]), running(two[1]):
        for one in sent:
            await until_done(sql, one)
    assert sorted(headers["webhook-id"] for headers, _ in receiver.got) == sorted(one.event_id for one in sent)


async def test_a_runner_that_died_in_the_middle_gives_its_delivery_back(
    engine: Engine,
    database: Any,
    keys: KeyFile,
    elsewhere: Settings,
    context: ssl.SSLContext,
    enqueue: Enqueue,
    sql: Sql,
) -> None:
    patient = elsewhere.model_copy(update={"deliver_timeout_s": 20.0})  # it dies before it gives up
    runner = Dispatcher(engine, database.app_url, SigningKeys(engine, keys), patient)
    delivery = await enqueue(BODY)
    async with receiving(context, port_of(elsewhere), [HANG]) as receiver:
        task = asyncio.create_task(runner.deliver_due())
        async with asyncio.timeout(15):
            await receiver.arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        found = await state(sql, delivery)
        assert (found["state"], found["attempts"]) == ("pending", 0)
        assert 0 < found["due"] <= 20
        await sql("UPDATE antechamber.deliveries SET due_at = now()")
        await runner.deliver_due()
    assert [body for _, body in receiver.got] == [BODY, BODY], (
        "twice on the wire: the receiver counts it once by its id"
    )
    assert (await state(sql, delivery))["state"] == "done"


async def test_a_certificate_of_a_strangers_authority_is_not_trusted(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, sql: Sql, tmp_path: Path
) -> None:
    stranger = Settings.load(data_dir=tmp_path / "stranger")
    stranger.data_dir.mkdir()
    false = tls.certificates(stranger, KeyFile.load_or_create(stranger.key_file)).context()
    delivery = await enqueue(BODY)
    async with receiving(false, port_of(elsewhere), []) as receiver:
        await runner.deliver_due()
    assert (await state(sql, delivery))["error"] == "tls"
    assert receiver.got == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "private-address"),
        ("https://169.254.169.254/latest", "private-address"),
        ("https://10.1.2.3/x", "private-address"),
        ("https://[::1]/x", "private-address"),
        ("https://[::ffff:127.0.0.1]/x", "private-address"),
        ("https://0.0.0.0/x", "private-address"),
        ("http://192.0.2.1/x", "not-https"),
        ("https://no-such-host.invalid/x", "no-address"),
    ],
)
async def test_it_goes_to_no_private_address_and_nowhere_without_https(url: str, code: str) -> None:
    with pytest.raises(NoWayError) as refused:
        await resolve(url, frozenset())
    assert refused.value.args == (code,)


async def test_a_private_address_that_is_configured_is_allowed() -> None:
    found = await resolve("https://localhost:99/x", frozenset({"localhost"}))
    assert found.port == 99 and "127.0.0.1" in found.addresses


async def test_a_poisoned_row_uses_up_its_attempts_like_any_other(
    engine: Engine, database: Any, keys: KeyFile, elsewhere: Settings, enqueue: Enqueue, sql: Sql
) -> None:
    """A bug of ours must not spin on one row and starve the others."""

    class Broken(SigningKeys):
        async def current(self, practice_id: str) -> Any:
            raise ZeroDivisionError

    delivery = await enqueue(BODY)
    made = Dispatcher(engine, database.app_url, Broken(engine, keys), elsewhere, chance=lambda: 0.0)
    await made.deliver_due()
    found = await state(sql, delivery)
    assert (found["state"], found["attempts"], found["error"]) == ("pending", 1, "bug")


async def test_the_runner_survives_a_database_that_goes_away(
    runner: Dispatcher, enqueue: Enqueue, elsewhere: Settings, context: ssl.SSLContext, sql: Sql
) -> None:
    async with receiving(context, port_of(elsewhere), []) as receiver, running(runner):
        await enqueue(BODY)
        await asyncio.wait_for(receiver.arrived.wait(), 8)
        receiver.arrived.clear()
        await sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await enqueue(BODY)
        await asyncio.wait_for(receiver.arrived.wait(), dispatch._LOOK + 5)


async def test_signing_keys_are_made_once_rotate_and_stay_published(
    engine: Engine, keys: KeyFile, practice: str
) -> None:
    many = await asyncio.gather(*(SigningKeys(engine, keys).current(practice) for _ in range(6)))
    assert len({one.kid for one in many}) == 1
    ours = SigningKeys(engine, keys)
    first = await ours.current(practice)
    second = await ours.rotate(practice)
    assert second.kid != first.kid
    assert (await ours.current(practice)).kid == second.kid
    published = keyset.load(await ours.key_set())
    assert set(published) == {first.kid, second.kid}
    assert published[first.kid].retired is not None and published[second.kid].retired is None
    assert all(one.since is not None and one.practice == practice for one in published.values())
    assert isinstance(published[first.kid].key, Ed25519PublicKey)
    assert published[first.kid].key == first.private.public_key()


async def test_a_private_signing_key_is_sealed_and_bound_to_its_row(
    engine: Engine, keys: KeyFile, practice: str, sql: Sql
) -> None:
    from server.errors import Malformed

    ours = SigningKeys(engine, keys)
    first = await ours.current(practice)
    sealed = await sql("SELECT private_sealed FROM antechamber.signing_keys")
    assert first.private.private_bytes_raw() not in sealed
    await sql("UPDATE antechamber.signing_keys SET private_sealed = $1", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(Malformed):
        await SigningKeys(engine, keys).current(practice)


async def test_a_first_key_is_made_while_another_transaction_holds_the_practice(
    engine: Engine, keys: KeyFile, practice: str
) -> None:
    """The end of the first visit: its transaction has the practice's row, and asks for the key."""
    async with engine.begin() as connection:
        await deliveries.next_sequence(connection, practice)
        await asyncio.wait_for(SigningKeys(engine, keys).current(practice), 5)
