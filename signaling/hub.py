"""The hub: one task and one mailbox own each visit and do decide, append, evolve, tell. Shell (asyncio).

The caller awaits `command` or `visit`; nobody is told what is not stored. To follow a visit without a gap: subscribe
to the audience first, then await `visit`, and drop what is told with a seq not above the one it gives. After a start,
await `visit` once for every open visit: that arms its deadline.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from signaling import commands as c
from signaling.errors import ClinicianBusy, Malformed, Refused
from signaling.facts import Fact
from signaling.ports import Audience, Clock, Journal, SeatTaken, SeqConflict
from signaling.visit import Visit, deadline, decide_all, overdue, replay
from signaling.words import VisitId

log = logging.getLogger("signaling")

Commands = c.Command | Sequence[c.Command] | Callable[[Visit], Sequence[c.Command] | c.Command]

MAILBOX = 1024
ATTEMPTS = 32
BACKOFF_S = 0.002
IDLE_S = 120.0
# A timer is set again at least this often: a wall clock that was corrected cannot make a deadline late for long.
# And not more often than this: while the journal cannot be written, a deadline that has come is tried again.
LONGEST_TIMER_S = 300.0
SHORTEST_TIMER_S = 1.0
# How far each visit was told, for so many visits that are neither owned nor due; the longest quiet are forgotten.
TOLD_AT_MOST = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """Something in a visit's mailbox: commands to decide, or (None) only a look at the visit as stored."""

    commands: Commands | None
    answer: asyncio.Future[tuple[int, Visit]]


@dataclass(slots=True, eq=False)
class _Owner:
    """A visit's mailbox, its task, and what that task knows."""

    mailbox: asyncio.Queue[_Wish | None] = field(default_factory=lambda: asyncio.Queue(MAILBOX))
    task: asyncio.Task[None] | None = None
    seq: int = 0
    visit: Visit | None = None
    stale: bool = True
    appending: bool = False
    hinted: int = 0


class Hub:
    """Owns every visit this process is asked about; several hubs may work on one journal."""

    def __init__(
        self,
        journal: Journal,
        audience: Audience,
        clock: Clock,
        *,
        idle_s: float = IDLE_S,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._journal = journal
        self._audience = audience
        self._clock = clock
        self._idle_s = idle_s
        self._attempts = attempts
        self._owners: dict[VisitId, _Owner] = {}
        self._told: dict[VisitId, int] = {}
        self._due: dict[VisitId, datetime | None] = {}
        self._timers: dict[VisitId, asyncio.TimerHandle] = {}
        self._closing = False

    async def command(self, visit: VisitId, commands: Commands) -> Visit:
        """Do the command, or all of several in order or nothing; gives the visit after them.

        A callable is given the visit as it stands, and again after another writer came first. Raises Refused
        (ClinicianBusy when another client holds the seat), Malformed, or what the journal raised.
        """
        return (await self._ask(visit, commands))[1]

    async def visit(self, visit: VisitId) -> tuple[int, Visit]:
        """The last seq and the visit as stored. Raises Refused("no-such-visit")."""
        return await self._ask(visit, None)

    def refresh(self, visit: VisitId, seq: int | None = None) -> bool:
        """Somebody appended (up to `seq`, when it is known): load what was missed and tell it.

        Whether this hub follows the visit; of any other visit the audience hears nothing.
        """
        owner = self._owners.get(visit)
        known = owner.seq if owner is not None else self._told.get(visit)
        if known is None:
            return False
        if self._closing or (seq is not None and seq <= known):
            return True
        if owner is not None and owner.appending and seq is not None:
            owner.hinted = max(owner.hinted, seq)  # most likely our own, of which the journal has not told us yet
            return True
        if owner is None:
            owner = self._own(visit)
        self._look_again(owner)
        return True

    @staticmethod
    def _look_again(owner: _Owner) -> None:
        already = owner.stale and not owner.mailbox.empty()
        owner.stale = True
        if not already and not owner.mailbox.full():
            owner.mailbox.put_nowait(None)

    def refresh_all(self) -> None:
        """Other processes may have appended to any visit without this one hearing of it: look at all that matter."""
        for visit in {*self._owners, *self._due}:
            self.refresh(visit)

    async def close(self) -> None:
        """Finish what is in the mailboxes, then end every task. Further commands are refused."""
        self._closing = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = []
        for owner in self._owners.values():
            if owner.task is not None:
                tasks.append(owner.task)
            if owner.mailbox.empty():
                owner.mailbox.put_nowait(None)
        await asyncio.gather(*tasks)

    async def _ask(self, visit: VisitId, commands: Commands | None) -> tuple[int, Visit]:
        if self._closing:
            raise _restarting()
        owner = self._owners.get(visit) or self._own(visit)
        answer: asyncio.Future[tuple[int, Visit]] = asyncio.get_running_loop().create_future()
        try:
            owner.mailbox.put_nowait(_Wish(commands, answer))
        except asyncio.QueueFull:
            raise Refused("too-busy", "Too much is happening in this visit. Please try again in a moment.") from None
        return await answer

    def _own(self, visit: VisitId) -> _Owner:
        owner = _Owner()
        self._owners[visit] = owner
        owner.task = asyncio.create_task(self._run(visit, owner), name=f"visit {visit}")
        return owner

    async def _run(self, visit: VisitId, owner: _Owner) -> None:
        """The visit's one task: takes from the mailbox until it has been idle for long or the hub closes."""
        try:
            while not (self._closing and owner.mailbox.empty()):
                try:
                    async with asyncio.timeout(self._idle_s):
                        wish = await owner.mailbox.get()
                except TimeoutError:
                    if owner.mailbox.empty():
                        return
                    continue
                await self._serve(visit, owner, wish)
        finally:
            del self._owners[visit]
            self._forget_told()
            while not owner.mailbox.empty():
                left = owner.mailbox.get_nowait()
                if left is not None:
                    _fail(left.answer, _restarting())

    async def _serve(self, visit: VisitId, owner: _Owner, wish: _Wish | None) -> None:
        try:
            await self._freshen(visit, owner)
            await self._tick(owner)
            if wish is not None and wish.commands is not None:
                await self._do(visit, owner, wish.commands)
            if wish is not None:
                if owner.visit is None:
                    raise Refused("no-such-visit", "There is no such visit.")
                _resolve(wish.answer, (owner.seq, owner.visit))
        except Exception as wrong:
            # A no changed nothing. After anything else nobody knows whether it was stored: look again.
            if owner.visit is None or not isinstance(wrong, Refused | Malformed):
                owner.stale = True
            if wish is not None:
                _fail(wish.answer, wrong)
            else:
                log.warning("refresh failed: %s", type(wrong).__name__)
        finally:
            if owner.hinted > owner.seq and not owner.stale:  # not our own append, then
                self._look_again(owner)
            self._arm(visit, owner)

    async def _freshen(self, visit: VisitId, owner: _Owner) -> None:
        """Load what is not known yet and tell what was missed."""
        if not owner.stale:
            return
        owner.stale = False
        rows = await self._journal.load(visit, owner.seq)
        facts = [fact for _, fact, _ in rows]
        owner.visit = replay(facts, owner.visit)
        owner.seq = rows[-1][0] if rows else owner.seq
        told = self._told.get(visit)
        missed = [fact for seq, fact, _ in rows if told is not None and seq > told]
        self._tell(visit, owner, missed)

    async def _tick(self, owner: _Owner) -> None:
        """A deadline that has come goes before any command."""
        if owner.visit is not None and overdue(owner.visit, self._clock.instant().wall):
            await self._do(owner.visit.id, owner, c.Tick())

    async def _do(self, visit: VisitId, owner: _Owner, commands: Commands) -> None:
        """Decide, append, evolve, tell; again when another writer came first."""
        for attempt in range(self._attempts):
            now = self._clock.instant()
            try:
                wishes = _wishes(commands, owner.visit)
                facts, after = decide_all(owner.visit, wishes, now)
            except Refused:
                # Perhaps it is allowed by what another process has just appended.
                if await self._changed_elsewhere(visit, owner):
                    continue
                raise
            if not facts or after is None:
                return
            if after.id != visit:
                raise ValueError("a visit is booked under its own id")
            owner.appending = True
            try:
                seq = await self._journal.append(after, owner.seq, facts, now)
            except SeqConflict:
                # Not in step with the other writer, so that neither starves.
                await asyncio.sleep(random.uniform(0, BACKOFF_S * attempt))  # noqa: S311 - spreads tries, keeps no secret
                await self._changed_elsewhere(visit, owner)
                continue
            except SeatTaken as taken:
                raise ClinicianBusy(taken.by_visit, taken.since) from taken
            finally:
                owner.appending = False
            owner.seq, owner.visit = seq, after
            self._tell(visit, owner, facts)
            return
        raise Refused("too-busy", "Too much is happening in this visit. Please try again in a moment.")

    async def _changed_elsewhere(self, visit: VisitId, owner: _Owner) -> bool:
        before = owner.seq
        owner.stale = True
        await self._freshen(visit, owner)
        return owner.seq != before

    def _tell(self, visit: VisitId, owner: _Owner, facts: Sequence[Fact]) -> None:
        if owner.visit is None:
            return
        self._told[visit] = max(owner.seq, self._told.pop(visit, 0))  # at the end: the newest
        if not facts:
            return
        try:
            self._audience.tell(visit, owner.seq, facts, owner.visit)
        except Exception as wrong:
            # History has happened: whoever could not be told asks for a snapshot; the command stands.
            log.error("telling failed: %s", type(wrong).__name__)

    def _forget_told(self) -> None:
        """Keep no word for ever about every visit there ever was."""
        over = len(self._told) - TOLD_AT_MOST
        if over > 0:
            quiet = (visit for visit in self._told if visit not in self._owners and visit not in self._due)
            for visit in list(itertools.islice(quiet, over)):
                del self._told[visit]

    def _arm(self, visit: VisitId, owner: _Owner) -> None:
        """Set the timer that brings the Tick, whether or not the task still lives then."""
        timer = self._timers.pop(visit, None)
        if timer is not None:
            timer.cancel()
        if owner.visit is not None:
            self._due[visit] = deadline(owner.visit)
        # A visit that could not be loaded just now keeps the deadline it had.
        due = self._due.get(visit)
        if due is None:
            self._due.pop(visit, None)
        elif not self._closing:
            self._set_timer(visit, due)

    def _set_timer(self, visit: VisitId, due: datetime) -> None:
        delay = (due - self._clock.instant().wall) / timedelta(seconds=1)
        loop = asyncio.get_running_loop()
        self._timers[visit] = loop.call_later(
            min(max(delay, SHORTEST_TIMER_S), LONGEST_TIMER_S), self._ring, visit, due
        )

    def _ring(self, visit: VisitId, due: datetime) -> None:
        del self._timers[visit]
        if self._clock.instant().wall < due:
            self._set_timer(visit, due)
            return
        owner = self._owners.get(visit) or self._own(visit)
        if owner.mailbox.empty():
            owner.mailbox.put_nowait(None)


def _wishes(commands: Commands, visit: Visit | None) -> Sequence[c.Command]:
    if callable(commands):
        if visit is None:
            raise Refused("no-such-visit", "There is no such visit.")
        commands = commands(visit)
    return commands if isinstance(commands, Sequence) else (commands,)


def _restarting() -> Refused:
    return Refused("server-restart", "The server is restarting. Please try again in a moment.")


def _resolve(answer: asyncio.Future[tuple[int, Visit]], value: tuple[int, Visit]) -> None:
    if not answer.done():
        answer.set_result(value)


def _fail(answer: asyncio.Future[tuple[int, Visit]], wrong: Exception) -> None:
    if not answer.done():
        answer.set_exception(wrong)
