"""Takes in a file of replies: read to its end first, then posted whole in one transaction, or refused. Shell (asyncio).

The practice's money is locked meanwhile, so the same file in two processes is posted once: the second one finds its
digest, its envelopes and its payments there. Nothing of a refused file stays but what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from billing_hooks.claim_acks import take_acks
from billing_hooks.claim_posting import Posting
from billing_hooks.errors import Malformed, Refused
from billing_hooks.ledger import remit
from billing_hooks.pulling import Pull, in_thread
from billing_hooks.replies import denial_file, reading
from billing_hooks.replies.reading import Reply, Source
from billing_hooks.replies.remittance import Payment
from billing_hooks.store import Store
from billing_hooks.store_shelf import Work
from billing_hooks.x12_envelopes import LARGEST, Ours

Verdict = Mapping[str, Any]
Progress = Any


@dataclass(slots=True)
class _Taken:
    """What a file brought."""

    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    verdict: dict[str, Any] = field(default_factory=dict)


async def take_in(
    store: Store, practice: str, file: str, *, by: str, at: datetime, today: date, wanted: tuple[str, ...] = (),
    task: str = "", again: str = "",
) -> Verdict:  # fmt: skip
    """Take in one received file; what came of it: {"taken": bool, "code", "say", ...}. `wanted` kinds alone may be in
    it; `task` is told how far it is; `again` names who has it read though its number came before: what it pays or
    decides is then known by its own keys alone.

    Never raises what is wrong with a file: that is its verdict, kept beside it. Where it has one already, whoever read
    it stopped before saying so: that one stands.
    """
    try:
        async with store.work() as work:
            await store.holding_money(work, practice)
            ended = await store.verdict_of(work, practice, file)
            if ended is not None:
                return ended
            seen = {} if again else await store.envelopes_seen(work, practice)
            taken = await _taken(store, work, practice, file, by, at, today, wanted, task, seen)
            await store.see_envelopes(work, practice, file, taken.keys, again=bool(again))
            verdict = {"taken": True, "code": "taken", **taken.verdict, **({"again": again} if again else {})}
            await store.verdict(work, practice, file, taken=True, kinds=taken.kinds, verdict=verdict, at=at)
            return verdict
    except (Malformed, Refused) as error:
        refused = {"taken": False, "code": error.code, "say": error.say}
        async with store.work() as work:
            await store.verdict(work, practice, file, taken=False, kinds=(), verdict=refused, at=at)
        return refused


async def _taken(
    store: Store, work: Work, practice: str, file: str, by: str, at: datetime, today: date,
    wanted: tuple[str, ...], task: str, seen: Mapping[str, str],
) -> _Taken:  # fmt: skip
    before = await store.taken_before(work, practice, file)
    if before is not None:
        on = before.came_at.date().isoformat()
        raise Refused("file-repeated", f"The same file came on {on} and was taken in then. Nothing is to be done.")
    profile = await store.profile(practice, work)
    if profile is None:
        raise Refused("profile-missing", "Say first who bills and under which name: open Claims, then Who bills.")
    ours = Ours(profile.receivers, profile.tests, seen, LARGEST)
    known = await store.payments_known(work, practice)

    def read(pull: Pull) -> _Taken:
        def source() -> Iterator[bytes]:
            return pull.each(lambda part: store.piece(work, practice, file, part))

        def replies() -> Iterator[Reply]:
            return reading.replies(source, ours, kinds)

        kinds = wanted or reading.KINDS
        look = None if _begins_with_payment(source, ours, kinds) else reading.look(source, ours, kinds)
        if look is None or look.payments:
            provider = profile.practice.provider
            payees = {provider.npi, profile.practice.tax_id} - {""}
            checked = remit.check(source, ours, today, payees, known, kinds)
            verdict: dict[str, Any] = {}
            if checked.acknowledges:  # first: what a payment decides goes beyond what an acknowledgment says
                verdict = {"acks": take_acks(store, work, practice, file, at, pull, replies())}
            posting = Posting(store, work, practice, denial_file.shipped(), file, by, at, pull, task)
            return _Taken(checked.kinds, checked.keys, {**_posted(source, ours, today, checked, posting), **verdict})
        return _Taken(look.kinds, look.keys, take_acks(store, work, practice, file, at, pull, replies()))

    return await in_thread(read)


def _begins_with_payment(source: Source, ours: Ours, kinds: tuple[str, ...]) -> bool:
    """Most files are payments alone, whose check reads them to their end anyway. Errors: Malformed."""
    first = next(reading.replies(source, ours, kinds), None)
    if first is None:
        raise Malformed("x12-empty", "Nothing stands in this file. Ask the sender for it again.")
    return isinstance(first, Payment)


def _posted(source: Source, ours: Ours, today: date, checked: remit.Checked, posting: Posting) -> Verdict:
    posting.total = checked.claims
    for step in remit.steps(source, ours, today):
        posting.take(step)
    posting.end()
    return posting.verdict()
