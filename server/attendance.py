"""Who is there: a record of each visit while anybody is connected to it here or its media runs. Shell (asyncio).

The record is shared by `server.live` (sockets, the hub's audience) and `server.seating` (media). Both start their work
here, so that an orderly stop can wait for all of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.roster import Cast
from server.socket import Socket
from signaling import commands
from signaling.errors import Refused
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.shape import Participant, Visit
from signaling.views import Muting
from signaling.words import Connection, ParticipantId, VisitId

_log = logging.getLogger("antechamber.live")


@dataclass(slots=True, eq=False)
class Attached:
    """One browser in one visit. `since` is the seq of its snapshot: older news is not for it."""

    socket: Socket
    participant: ParticipantId
    token: bytes
    since: int | None = None
    told_flow: dict[str, Any] | None = None
    told_visit: dict[str, Any] | None = None
    relay_until: float = 0.0  # monotonic seconds; when the credential that it was handed last ends


@dataclass(slots=True, eq=False)
class Attendance:
    """What this process knows of one visit."""

    id: VisitId
    attached: dict[ParticipantId, Attached] = field(default_factory=dict)
    visit: Visit | None = None
    seq: int = 0
    cast: Cast | None = None
    muted: dict[ParticipantId, Muting] = field(default_factory=dict)
    seated: set[ParticipantId] = field(default_factory=set)
    up: set[ParticipantId] = field(default_factory=set)  # whose peer connection stands
    fresh: set[ParticipantId] = field(default_factory=set)  # whose browser has no peer connection (any more)
    sharing: ParticipantId | None = None  # whose screen is shown
    audio_only: set[ParticipantId] = field(default_factory=set)  # whose connection is too weak for pictures
    admitted_anew: bool = False
    held: list[tuple[int, Sequence[Fact], Visit]] | None = None
    reconnected_at: dict[ParticipantId, float] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def seat(self, attached: Attached) -> Participant | None:
        """Who the browser's person is in the visit; None before the visit was loaded."""
        return self.visit.participant(attached.participant) if self.visit is not None else None

    def hears(self, participant: ParticipantId) -> bool:
        """Whether that person is told of the others' doings: the client and the clinician always, a guest let in."""
        visit = self.visit
        return visit is not None and (visit.guest(participant) is None or visit.admits(participant))


class Attendances:
    """Every visit's record, and the work that was started for them."""

    def __init__(self, hub: Callable[[], Hub]) -> None:
        self._hub = hub
        self._of: dict[VisitId, Attendance] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def __iter__(self) -> Iterator[Attendance]:
        return iter(tuple(self._of.values()))

    def get(self, visit: VisitId) -> Attendance | None:
        """The visit's record, if anybody is there."""
        return self._of.get(visit)

    def of(self, visit: VisitId) -> Attendance:
        """The visit's record, made when there is none."""
        return self._of.setdefault(visit, Attendance(visit))

    def connected(self, visit: VisitId, participant: ParticipantId) -> bool:
        """Whether that person's browser is connected here."""
        live = self._of.get(visit)
        return live is not None and participant in live.attached

    def forget_if_idle(self, live: Attendance) -> None:
        """Drop a record that nobody needs any more."""
        over = live.visit is None or not live.visit.seated
        if over and not live.attached and not live.seated and not live.lock.locked():
            self._of.pop(live.id, None)

    async def note_connection(self, visit: VisitId, participant: ParticipantId, state: Connection) -> None:
        """Tell the visit of somebody's socket or peer connection."""
        try:
            await self._hub().command(visit, commands.NoteConnection(participant, state))
        except Refused:
            return  # the visit is over, or the server is stopping: nobody needs this news

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start something that nobody waits for; what fails is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("visit-task-failed %s", type(task.exception()).__name__, exc_info=task.exception())

    async def settle(self) -> None:
        """Wait for what was started; for an orderly stop."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
