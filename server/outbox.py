"""What the command line shows of the outbox, and its one act: sending again. Shell (asyncio, sqlalchemy)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.db import deliveries, practices
from server.db.deliveries import Standing
from server.db.engine import Engine
from server.errors import Refused

_TITLES: Final = ("DELIVERY", "TYPE", "STATE", "TRIES", "LAST ANSWER", "NEXT TRY (UTC)")


async def standings(engine: Engine, *, every: bool) -> list[Standing]:
    """The practice's deliveries that have not arrived, or every one. Raises Refused("no-practice")."""
    return await deliveries.standings(engine, await _practice(engine), done=every)


async def replay(engine: Engine, delivery: str) -> None:
    """Put it back in the queue. Raises Refused("no-practice" | "delivery-unknown" | "delivery-not-dead")."""
    practice = await _practice(engine)
    if await deliveries.replay(engine, practice, delivery):
        return
    for one in await deliveries.standings(engine, practice, done=True):
        if one.id == delivery:
            raise Refused(
                "delivery-not-dead", f"That delivery is {one.state}: only dead or disabled ones are replayed."
            )
    raise Refused("delivery-unknown", "There is no such delivery: `antechamber deliveries list` shows their ids.")


def lines(found: Sequence[Standing]) -> list[str]:
    """A table for people."""
    if not found:
        return ["Nothing waits: every event has arrived."]
    rows = [_TITLES, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(one: Standing) -> tuple[str, ...]:
    due = f"{one.due_at:%Y-%m-%d %H:%M:%S}" if one.state == "pending" else "-"
    return one.id, one.type, one.state, str(one.attempts), one.last_error or "-", due


async def _practice(engine: Engine) -> str:
    found = await practices.first(engine)
    if found is None:
        raise Refused("no-practice", "There is no practice yet: run `antechamber setup`.")
    return found
