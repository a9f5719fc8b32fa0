"""End-to-end encryption between the browsers of a visit: who is told what; the keys are theirs. Shell (asyncio).

The server passes `e2ee` messages between people who are let in, and understands nothing of them. What it counts and
what it makes of the reports is in `signaling.protection`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.attendance import Attendance, Attendances
from server.errors import Refused
from signaling import commands, protection
from signaling.errors import Refused as NotNow
from signaling.hub import Hub
from signaling.messages import Protect, ReportProtection, Seal
from signaling.protection import Group, Note
from signaling.words import ParticipantId, Protection, VisitId

AWAY_S = 10.0
"""Whose socket is gone for longer has left the group: until then a reload or a dropped network changes nothing."""
SILENT_S = 10.0
"""A page just opened that has not said within this what its browser can is not counted with the others any more."""
RELAYED_PER_S, RELAYED_AT_ONCE = 10.0, 30.0
NOTED_APART_S = 3.0
"""Of one visit; what a browser reports of itself must not fill the journal."""


@dataclass(slots=True)
class _Budget:
    left: float = RELAYED_AT_ONCE
    at: float = field(default_factory=time.monotonic)

    def spend(self) -> bool:
        now = time.monotonic()
        self.left = min(RELAYED_AT_ONCE, self.left + (now - self.at) * RELAYED_PER_S)
        self.at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


@dataclass(slots=True)
class _Kept:
    group: Group = field(default_factory=Group)
    away: dict[ParticipantId, float] = field(default_factory=dict)  # since when, monotonic seconds
    unheard: dict[ParticipantId, float] = field(default_factory=dict)  # a page just opened, since when
    budgets: dict[ParticipantId, _Budget] = field(default_factory=dict)
    owed: tuple[Note, ...] = ()  # to be written, the next as soon as the last one is old enough
    noted_at: float = -NOTED_APART_S  # monotonic seconds


class Protecting:
    """The groups of this process's visits."""

    def __init__(self, there: Attendances, hub: Callable[[], Hub]) -> None:
        self._there = there
        self._hub = hub
        self._kept: dict[VisitId, _Kept] = {}

    def lets_in(self, live: Attendance, participant: ParticipantId) -> bool:
        """Whether that person's media may run: always, unless the practice requires what their browser cannot do."""
        if not _required(live):
            return True
        kept = self._kept.get(live.id)
        return kept is not None and participant not in kept.unheard and kept.group.able.get(participant) is True

    def opened(self, visit: VisitId, participant: ParticipantId) -> None:
        """A page was opened, perhaps in another browser: what the one before could does not count for it."""
        self._kept.setdefault(visit, _Kept()).unheard[participant] = time.monotonic()

    def protect(self, visit: VisitId, participant: ParticipantId, said: Protect) -> None:
        """A browser says what it can. Raises Refused("not-admitted") before admission."""
        live = self._in(visit, participant)
        kept = self._kept.setdefault(visit, _Kept())
        if not kept.budgets.setdefault(participant, _Budget()).spend():
            raise Refused("too-fast", "Too many messages in a short time.")
        kept.away.pop(participant, None)
        kept.unheard.pop(participant, None)
        kept.group = protection.said(kept.group, participant, said.able, said.epoch, said.renew)
        self._tell(live, kept)

    def relay(self, visit: VisitId, participant: ParticipantId, said: Seal) -> None:
        """Pass it on to one other, or all others, who are let in. Raises Refused."""
        live = self._in(visit, participant)
        kept = self._kept.get(visit)
        if kept is None or participant not in kept.group.able:
            raise Refused("not-protected", "Say `protect` first.")
        if not kept.budgets.setdefault(participant, _Budget()).spend():
            raise Refused("too-fast", "Too many messages in a short time.")
        message = protection.dump_e2ee(participant, said.kind, said.epoch, said.body)
        for other in kept.group.able:
            attached = live.attached.get(other)
            if attached is not None and other != participant and said.to in (None, other):
                attached.socket.tell(message)

    def report(self, visit: VisitId, participant: ParticipantId, said: ReportProtection) -> None:
        """How a browser stands; `verified` counts from the clinician, another's as `unverified`. Raises Refused."""
        live = self._in(visit, participant)
        kept = self._kept.get(visit)
        if kept is None or live.visit is None:
            return
        if not kept.budgets.setdefault(participant, _Budget()).spend():
            raise Refused("too-fast", "Too many messages in a short time.")
        state = said.state
        if state is Protection.VERIFIED and participant != live.visit.clinician_seat.id:
            state = Protection.UNVERIFIED
        kept.group = protection.reported(kept.group, participant, said.epoch, state)
        self._note(live, kept)

    def tick(self) -> None:
        """Once a second: who has gone, or has opened a page that says nothing of what it can."""
        now = time.monotonic()
        for live in self._there:
            visit = live.visit
            if visit is None or not visit.seated:
                continue
            kept = self._kept.setdefault(live.id, _Kept())
            before = kept.group
            for one in tuple(before.able):
                left = not visit.admits(one) or (visit.client_left and one == visit.client_seat.id)
                away = one not in live.attached and now - kept.away.setdefault(one, now) > AWAY_S
                if left or away or now - kept.unheard.get(one, now) > SILENT_S:
                    kept.group = protection.gone(kept.group, one)
                    kept.away.pop(one, None)
            if kept.group is not before:
                self._tell(live, kept)
            self._write_next(live.id, kept)
        for gone in [visit for visit, kept in self._kept.items() if self._there.get(visit) is None and not kept.owed]:
            del self._kept[gone]

    async def settle(self, visit: VisitId) -> None:
        """The visit has ended: write what is still owed."""
        kept = self._kept.get(visit)
        if kept is not None and kept.owed:
            await self._hub().command(visit, [commands.NoteProtection(*note) for note in kept.owed])
            kept.owed = ()

    def _in(self, visit: VisitId, participant: ParticipantId) -> Attendance:
        live = self._there.get(visit)
        if live is None or live.visit is None or not live.visit.admits(participant):
            raise Refused("not-admitted", "You will be let in soon.")
        return live

    def _tell(self, live: Attendance, kept: _Kept) -> None:
        visit = live.visit
        if visit is None:
            return
        roles = {one.id: one.role for one in visit.participants if visit.admits(one.id)}
        message = protection.dump_members(kept.group, roles, _required(live))
        for one in kept.group.able:
            attached = live.attached.get(one)
            if attached is not None and visit.admits(one):
                attached.socket.tell(message)
        self._note(live, kept)

    def _note(self, live: Attendance, kept: _Kept) -> None:
        visit = live.visit
        if visit is None:
            return
        state = protection.stands(kept.group, visit.clinician_seat.id, _required(live))
        if state is None:
            return
        note = kept.group.epoch, state
        if note != (kept.owed[-1] if kept.owed else visit.protection):
            kept.owed = protection.owed(kept.owed, note)
            self._write_next(live.id, kept)

    def _write_next(self, visit: VisitId, kept: _Kept) -> None:
        now = time.monotonic()
        if kept.owed and now - kept.noted_at >= NOTED_APART_S:
            kept.noted_at = now
            self._there.spawn(self._write(visit, kept, kept.owed[0]))

    async def _write(self, visit: VisitId, kept: _Kept, note: Note) -> None:
        try:
            after = await self._hub().command(visit, commands.NoteProtection(*note))
        except NotNow:
            return  # the visit is over, or the server is stopping: nobody needs this news
        if after.protection == note and kept.owed[:1] == (note,):
            kept.owed = kept.owed[1:]


def _required(live: Attendance) -> bool:
    return live.cast is not None and live.cast.e2ee_required
