"""Desks and boards: each is told its whole picture when anything on it changed. Shell (asyncio)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from server.db import open_visits
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.errors import Refused
from server.roster import Day, Roster
from server.socket import Socket
from signaling import errors, views
from signaling.hub import Hub
from signaling.shape import Visit
from signaling.waiting_room import Viewer, cards
from signaling.words import DeskStatus, StaffRole, VisitId

_log = logging.getLogger("antechamber.board")
_AT_MOST_EVERY_S = 0.2
_AT_LEAST_EVERY_S = 15.0  # late, asleep and waiting colours move with time alone


@dataclass(slots=True, eq=False)
class OpenDesk:
    """One browser that shows a clinician's desk or the front desk's board."""

    socket: Socket
    viewer: Viewer
    token: bytes
    seq: int = 0


class Board:
    """All desks and boards of this process."""

    def __init__(self, shelf: Shelf, roster: Roster, hub: Hub) -> None:
        self._shelf = shelf
        self._roster = roster
        self._hub = hub
        self._open: set[OpenDesk] = set()
        self._dirty = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.checks: DeskChecks | None = None

    def start(self) -> None:
        """Begin to draw."""
        self._task = asyncio.get_running_loop().create_task(self._draw_on())

    async def stop(self) -> None:
        """Stop drawing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def changed(self) -> None:
        """Something that a desk shows has changed."""
        self._dirty.set()

    def attach(self, desk: OpenDesk) -> None:
        """A desk was opened: it is drawn at once."""
        self._open.add(desk)
        self._dirty.set()

    def detach(self, desk: OpenDesk) -> None:
        """A desk was closed."""
        self._open.discard(desk)

    def close_token(self, token: bytes, reason: str, say: str) -> None:
        """Somebody signed out: their desks end."""
        for desk in tuple(self._open):
            if desk.token == token:
                desk.socket.close(reason, say, "stop")

    def close_all(self, reason: str, say: str) -> None:
        """The server stops."""
        for desk in tuple(self._open):
            desk.socket.close(reason, say, "resume")

    async def _draw_on(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AT_LEAST_EVERY_S):
                    await self._dirty.wait()
            self._dirty.clear()
            if self._open:
                try:
                    await self._draw()
                except Exception as problem:
                    # The database may be away: screens keep what they show and are drawn again shortly.
                    _log.warning("board-not-drawn %s", type(problem).__name__)
                    await asyncio.sleep(1.0)
                    self._dirty.set()
            await asyncio.sleep(_AT_MOST_EVERY_S)

    async def _draw(self) -> None:
        now = datetime.now(UTC)
        async with self._shelf.work() as work:
            here = await open_visits.here_now(work)
        day = await self._roster.day(now, here)
        visits = [visit for row in day.rows if (visit := await self._visit(row.id)) is not None]
        checks = self.checks.now(visits, day.licences) if self.checks is not None else {}
        for desk in tuple(self._open):
            self._tell(desk, day, visits, now, checks)

    async def _visit(self, visit: str) -> Visit | None:
        try:
            return (await self._hub.visit(VisitId(visit)))[1]
        except (Refused, errors.Refused):
            return None  # booked to the half only, or the server is stopping

    @staticmethod
    def _tell(
        desk: OpenDesk, day: Day, visits: list[Visit], now: datetime, checks: Mapping[VisitId, views.Message]
    ) -> None:
        first = frozenset(VisitId(visit) for visit in day.first_visits)
        waiting, today = cards(visits, desk.viewer, now, day.licences, first)
        desk.seq += 1
        own = desk.viewer.role is StaffRole.CLINICIAN
        status = day.statuses.get(desk.viewer.id, DeskStatus.AVAILABLE) if own else DeskStatus.AVAILABLE
        desk.socket.tell(
            views.dump_desk(desk.seq, now, day.zone, status, waiting, today, day.names, checks if own else {})
        )
