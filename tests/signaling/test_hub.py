"""The hub: one writer a visit, nobody told what is not stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from signaling import commands as c
from signaling import hub
from signaling.errors import Malformed, Refused
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import (
    CancelReason,
    Connection,
    EndReason,
    ParticipantId,
    Phase,
    TellCode,
    VisitId,
)
from tests.signaling.houses import SECOND, booking, houses, until
from tests.signaling.lives import (
    ADMIT,
    BOOK,
    CLINICIAN,
    COMPLETE,
    END,
    EVIDENCE,
    HOLD,
    IN_VISIT,
    MET,
    OPEN,
    OTHER_STAFF,
    SEAT,
    VISIT,
    WAITING,
    Heard,
    Shelf,
    ShelfJournal,
    Watch,
    after,
)


async def test_a_whole_life_is_stored_told_and_replayed() -> None:
    """Live and replayed are the same visit."""
    async with houses() as [house]:
        for command in (BOOK, *IN_VISIT, EVIDENCE, HOLD, ADMIT, MET):
            live = await house.hub.command(VISIT, command)
        live = await house.hub.command(VISIT, (END, COMPLETE))
        assert live.phase is Phase.COMPLETE
        assert [seq for seq, _, _ in house.shelf.rows[VISIT]] == list(range(1, len(house.shelf.rows[VISIT]) + 1))
        assert house.heard.kinds()[-2:] == ["ended", "completed"]
        assert house.heard.told[-1][2] == ("ended", "completed")
        async with houses(shelf=house.shelf) as [restarted]:
            assert await restarted.hub.visit(VISIT) == (len(house.shelf.rows[VISIT]), live)
            assert restarted.heard.told == []


async def test_a_refused_command_changes_and_tells_nothing() -> None:
    """And of several commands, none is done when one is refused."""
    async with houses() as [house]:
        before = await house.hub.command(VISIT, (BOOK, *WAITING))
        told = len(house.heard.told)
        for wish in (c.Complete(None, None), (c.TellWaiting(CLINICIAN, TellCode.SOON), ADMIT, COMPLETE)):
            with pytest.raises(Refused):
                await house.hub.command(VISIT, wish)
        assert (await house.hub.visit(VISIT))[1] == before
        assert len(house.heard.told) == told


async def test_text_that_is_no_code_is_malformed_and_not_stored() -> None:
    """The journal's form is checked before anything is written."""
    async with houses() as [house]:
        await house.hub.command(VISIT, BOOK)
        with pytest.raises(Malformed):
            await house.hub.command(VISIT, c.OpenLink("55 Lake Street"))
        assert (await house.hub.visit(VISIT))[1].phase is Phase.BOOKED
        assert (await house.hub.command(VISIT, OPEN)).phase is Phase.ARRIVED


async def test_nothing_to_do_is_not_appended() -> None:
    """The same device again."""
    async with houses() as [house]:
        await house.hub.command(VISIT, (BOOK, OPEN))
        await house.hub.command(VISIT, OPEN)
        assert len(house.shelf.rows[VISIT]) == 2


async def test_an_unknown_visit_is_refused_until_somebody_books_it() -> None:
    """And is looked for again each time; a callable is not even asked."""
    async with houses(2) as [here, there]:
        for wish in (OPEN, lambda visit: (OPEN,)):
            with pytest.raises(Refused) as no:
                await here.hub.command(VISIT, wish)
            assert no.value.code == "no-such-visit"
        with pytest.raises(Refused):
            await here.hub.visit(VISIT)
        await there.hub.command(VISIT, BOOK)
        assert (await here.hub.visit(VISIT))[1].phase is Phase.BOOKED


async def test_a_visit_is_booked_under_its_own_id() -> None:
    """Anything else is a bug of the caller."""
    async with houses() as [house]:
        with pytest.raises(ValueError, match="own id"):
            await house.hub.command(SECOND, BOOK)
        assert house.shelf.rows == {}


async def test_a_snapshot_and_what_is_told_after_it_leave_no_gap() -> None:
    """Whoever subscribes first and then asks hears each later fact once."""
    async with houses(2) as [here, there]:
        await there.hub.command(VISIT, BOOK)
        seq, visit = await here.hub.visit(VISIT)
        await there.hub.command(VISIT, OPEN)
        await here.hub.command(VISIT, WAITING[1:])
        told = [kind for _, at_seq, kinds, _ in here.heard.told if at_seq > seq for kind in kinds]
        assert (seq, visit.phase) == (1, Phase.BOOKED)
        assert told == ["link_opened", "consent_given", "location_attested", "devices_checked", "joined"]


async def test_an_audience_that_fails_does_not_undo_history() -> None:
    """The command stands."""
    async with houses() as [house]:
        house.heard.deaf = RuntimeError("nobody listens")
        assert (await house.hub.command(VISIT, (BOOK, OPEN))).phase is Phase.ARRIVED
        assert len(house.shelf.rows[VISIT]) == 2


async def test_a_journal_that_is_down_fails_the_command_and_works_again() -> None:
    """The caller learns of it; nothing is told; nothing is lost."""
    async with houses() as [house]:
        await house.hub.command(VISIT, BOOK)
        house.shelf.broken = ConnectionError("gone")
        with pytest.raises(ConnectionError):
            await house.hub.command(VISIT, OPEN)
        with pytest.raises(ConnectionError):
            await house.hub.visit(VISIT)
        house.shelf.broken = None
        assert (await house.hub.command(VISIT, OPEN)).phase is Phase.ARRIVED
        assert house.heard.kinds() == ["booked", "link_opened"]


async def test_what_was_stored_although_the_journal_failed_is_found_and_told() -> None:
    """The connection broke after the commit: the next look finds it, and it is not stored twice."""
    async with houses() as [house]:
        await house.hub.command(VISIT, BOOK)
        house.shelf.broken_after_writing = ConnectionError("gone")
        with pytest.raises(ConnectionError):
            await house.hub.command(VISIT, OPEN)
        house.shelf.broken_after_writing = None
        assert (await house.hub.command(VISIT, OPEN)).phase is Phase.ARRIVED
        assert house.heard.kinds() == ["booked", "link_opened"]


async def test_a_caller_who_gives_up_does_not_stop_the_visit() -> None:
    """The command was given; it is done, and the next ones too."""
    async with houses() as [house]:
        await house.hub.command(VISIT, BOOK)
        gone = asyncio.create_task(house.hub.command(VISIT, OPEN))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await house.hub.visit(VISIT))[1].phase is Phase.ARRIVED


async def test_a_deadline_that_has_come_goes_before_a_command() -> None:
    """After a night without a server, the first thing asked finds the visit lapsed."""
    async with houses() as [house]:
        await house.hub.command(VISIT, (BOOK, *WAITING))
        house.watch.minutes = 24 * 60
        with pytest.raises(Refused):
            await house.hub.command(VISIT, ADMIT)
        assert house.heard.kinds()[-1] == "lapsed"


async def test_a_deadline_brings_its_tick_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the visit's task has long ended; a journal that is down does not lose it."""
    monkeypatch.setattr("signaling.hub.SHORTEST_TIMER_S", 0.01)
    monkeypatch.setattr("signaling.hub.LONGEST_TIMER_S", 0.02)
    async with houses(idle_s=0.01) as [house]:
        await house.hub.command(VISIT, (BOOK, *IN_VISIT[:-1], c.NoteConnection(SEAT, Connection.ONLINE)))
        await house.hub.command(VISIT, c.NoteConnection(SEAT, Connection.OFFLINE))
        await until(lambda: not house.hub._owners)
        house.watch.minutes = 79
        await asyncio.sleep(0.05)
        assert house.heard.kinds()[-1] == "connection_changed"
        house.shelf.broken = ConnectionError("gone")
        house.watch.minutes = 80
        loads = house.shelf.loads
        await until(lambda: house.shelf.loads > loads + 1)
        house.shelf.broken = None
        await until(lambda: house.heard.kinds()[-1] == "ended")
        ended = (await house.hub.visit(VISIT))[1].ending
        assert ended is not None
        assert ended.reason is EndReason.TIMEOUT


async def test_idle_tasks_end_and_begin_again() -> None:
    """A thousand booked visits are not a thousand tasks."""
    async with houses(idle_s=0.01) as [house]:
        await house.hub.command(VISIT, BOOK)
        assert len(house.hub._owners) == 1
        await until(lambda: not house.hub._owners)
        assert (await house.hub.command(VISIT, OPEN)).phase is Phase.ARRIVED


async def test_a_full_mailbox_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One visit cannot fill the memory; what was taken in is done."""
    monkeypatch.setattr("signaling.hub.MAILBOX", 8)
    async with houses() as [house]:
        tries = [house.hub.command(VISIT, BOOK)] + [house.hub.visit(VISIT) for _ in range(30)]
        done = await asyncio.gather(*tries, return_exceptions=True)
        refused = [one.code for one in done if isinstance(one, Refused)]
        assert refused == ["too-busy"] * 23
        assert (await house.hub.visit(VISIT))[0] == 1


async def test_closing_finishes_what_was_asked_and_refuses_the_rest() -> None:
    """No task is left."""
    async with houses() as [house]:
        asked = [asyncio.create_task(house.hub.command(VISIT, one)) for one in (BOOK, *WAITING)]
        await asyncio.sleep(0)
        await house.hub.close()
        assert (await asked[-1]).phase is Phase.WAITING
        assert house.hub._owners == {}
        house.hub.refresh(VISIT)
        with pytest.raises(Refused) as no:
            await house.hub.command(VISIT, ADMIT)
        assert no.value.code == "server-restart"


async def test_a_loop_that_is_torn_down_leaves_nobody_waiting() -> None:
    """Whoever still had a wish in the mailbox is told to try again."""
    async with houses() as [house]:
        await house.hub.command(VISIT, BOOK)
        waiting = [asyncio.create_task(house.hub.visit(VISIT)) for _ in range(3)]
        await asyncio.sleep(0)
        task = house.hub._owners[VISIT].task
        assert task is not None
        task.cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert {one.code for one in done if isinstance(one, Refused)} == {"server-restart"}
        assert len(done) == 3


async def test_two_visits_do_not_wait_for_each_other() -> None:
    """A stalled journal write of one visit leaves the other going."""
    stalled = asyncio.Event()

    class Slow(ShelfJournal):
        async def append(self, visit: Visit, expected_seq: int, facts: object, at: object) -> int:
            if visit.id == VISIT and visit.phase is Phase.ARRIVED:
                await stalled.wait()
            return await super().append(visit, expected_seq, facts, at)  # type: ignore[arg-type]  # handed on as it was given

    shelf = Shelf()
    hub = Hub(Slow(shelf), Heard(shelf), Watch())
    await hub.command(VISIT, BOOK)
    await hub.command(SECOND, replace(booking(SECOND), client_participant=ParticipantId("par_c")))
    slow = asyncio.create_task(hub.command(VISIT, OPEN))
    assert (await hub.command(SECOND, OPEN)).phase is Phase.ARRIVED
    assert not slow.done()
    stalled.set()
    assert await slow == after(OPEN, visit=(await hub.visit(VISIT))[1])
    await hub.close()


async def test_no_word_is_kept_for_ever_about_every_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a visit was told is forgotten of the longest quiet ones; those that are due are kept."""
    monkeypatch.setattr(hub, "TOLD_AT_MOST", 3)
    async with houses(idle_s=0.01) as [house]:
        await house.hub.command(SECOND, booking(SECOND, OTHER_STAFF))
        for number in range(20):
            over = VisitId(f"vis_over_{number}")
            await house.hub.command(over, (booking(over), c.Cancel(OTHER_STAFF, CancelReason.RESCHEDULED)))
        await until(lambda: not house.hub._owners)
        assert len(house.hub._told) <= 3
        assert SECOND in house.hub._told
        assert set(house.hub._timers) == {SECOND}
