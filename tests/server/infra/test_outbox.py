"""Dead letters on the command line: where each delivery stands, never what it says; a dead one is sent again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from server import outbox
from server.db import deliveries
from server.db.engine import Engine
from server.errors import Refused

SECRET = b'{"what it says": "a secret"}'


async def end(engine: Engine, delivery: deliveries.Delivery, state: str, error: str | None) -> None:
    await deliveries.record(engine, delivery, state=state, due_at=None, error=error)


async def test_the_list_says_where_each_stands_and_nothing_of_what_it_says(engine: Engine, enqueue: Any) -> None:
    waiting, dead, arrived = [await enqueue(SECRET) for _ in range(3)]
    await end(engine, dead, "dead", "http-500")
    await end(engine, arrived, "done", None)
    found = await outbox.standings(engine, every=False)
    assert [(one.id, one.state, one.attempts, one.last_error) for one in found] == [
        (waiting.id, "pending", 0, None),
        (dead.id, "dead", 1, "http-500"),
    ]
    shown = outbox.lines(found)
    assert len(shown) == 3 and "secret" not in "".join(shown)
    assert shown[1].split()[:5] == [waiting.id, "visit.session-complete", "pending", "0", "-"]
    assert f"{found[0].due_at:%Y-%m-%d %H:%M:%S}" in shown[1]
    assert shown[2].split() == [dead.id, "visit.session-complete", "dead", "1", "http-500", "-"]
    everything = await outbox.standings(engine, every=True)
    assert [one.id for one in everything] == [waiting.id, dead.id, arrived.id]


@pytest.mark.parametrize("state", ["dead", "disabled"])
async def test_a_replay_makes_it_due_at_once_with_the_same_body(engine: Engine, enqueue: Any, state: str) -> None:
    lost = await enqueue(SECRET)
    await end(engine, lost, state, "http-410")
    assert await deliveries.claim(engine, until=datetime.now(UTC)) == []
    await outbox.replay(engine, lost.id)
    (again,) = await deliveries.claim(engine, until=datetime.now(UTC))
    assert (again.id, again.event_id, again.body, again.attempts) == (lost.id, lost.event_id, SECRET, 0)


async def test_only_what_is_dead_is_replayed(engine: Engine, enqueue: Any) -> None:
    waiting, arrived = [await enqueue(SECRET) for _ in range(2)]
    await end(engine, arrived, "done", None)
    for delivery, words in ((waiting.id, "pending"), (arrived.id, "done")):
        with pytest.raises(Refused, match=words) as refused:
            await outbox.replay(engine, delivery)
        assert refused.value.code == "delivery-not-dead"
    with pytest.raises(Refused) as unknown:
        await outbox.replay(engine, "dlv_nothing")
    assert unknown.value.code == "delivery-unknown"


async def test_an_empty_outbox_and_a_missing_practice_are_said(engine: Engine) -> None:
    with pytest.raises(Refused) as refused:
        await outbox.standings(engine, every=True)
    assert refused.value.code == "no-practice"
    assert outbox.lines([]) == ["Nothing waits: every event has arrived."]
