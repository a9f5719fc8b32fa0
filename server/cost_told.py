"""What a client reads of the cost before the visit, and that they read it. Shell (asyncio).

Told once they have said where they are, for what a plan pays may hang on the place. Kept word for word, with the
moment and the version of the wording.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from billing_hooks import cost_share
from billing_hooks.check import Standing
from billing_hooks.store_estimates import Estimate
from server.db import people
from server.desk_checks import Checked, DeskChecks
from server.identity import ClientHere
from server.logs import log
from server.ports import Front
from signaling.licence import Licence
from signaling.shape import Visit
from signaling.visit import OVER
from signaling.words import VisitId

Told = dict[str, Any]
_T = TypeVar("_T")
_asking: set[asyncio.Task[Any]] = set()  # the loop itself holds tasks only weakly
_PATIENCE_S = 2.0  # billing's database may hang: nobody who checks in waits longer for a sentence about money


async def told(front: Front, visit: Visit) -> Told | None:
    """`text`, its `version` and `id`, and whether there is an `estimate` to read; None while there is nothing to say.

    Who has no plan on file, and who may not be seen where they are, reads nothing of money here.
    """
    checks = front.checks
    if checks is None or visit.location is None or visit.admitted_at is not None or visit.phase in OVER:
        return None
    try:
        async with front.shelf.work() as work:
            held = await people.held_by(work, visit.clinician)
        checked, estimate = await _soon(_asked(front, checks, visit, held))
    except Exception as problem:  # billing's database may be away: nobody is kept from their visit by that
        log.warning("cost-not-told", error=type(problem).__qualname__)
        return None
    if checked.ahead.coverage is None or checked.look.standing is Standing.UNLICENSED:
        return None
    text = cost_share.told(checked.look.owed, estimate=estimate is not None)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return {"text": text, "version": cost_share.TEXT_VERSION, "id": digest, "estimate": estimate is not None}


async def _asked(
    front: Front, checks: DeskChecks, visit: Visit, held: Sequence[Licence]
) -> tuple[Checked, Estimate | None]:
    checked = await checks.of(visit, held)
    return checked, await checks.checking.store.estimate(front.shelf.practice, visit.id)


async def _soon(question: Coroutine[Any, Any, _T]) -> _T:
    """The answer, or TimeoutError. The question is not broken off: a connection broken off while made stays open."""
    asked = asyncio.create_task(question)
    _asking.add(asked)
    asked.add_done_callback(_over)
    if asked not in (await asyncio.wait({asked}, timeout=_PATIENCE_S))[0]:
        raise TimeoutError
    return asked.result()


def _over(asked: asyncio.Task[Any]) -> None:
    _asking.discard(asked)
    if not asked.cancelled():
        asked.exception()  # nobody waits for it any more: it is not a bug that it failed


async def seen(front: Front, here: ClientHere, shown: str) -> Told | None:
    """The client had the text `shown` (its id) before them: keep it. Gives what to show where that is another."""
    _, now = await front.hub.visit(VisitId(here.visit.id))
    current = await told(front, now)
    if current is None or front.checks is None:
        return None
    if current["id"] != shown:
        return current
    await front.checks.checking.store.share_shown(
        front.shelf.practice, here.visit.id, here.id, text=current["text"], text_version=current["version"],
        at=front.shelf.now(),
    )  # fmt: skip
    return None
