"""Several hubs on one journal: all is done once, told by each, and a clinician has one seat."""

from __future__ import annotations

import asyncio

import pytest

from signaling import commands as c
from signaling.errors import ClinicianBusy, Refused
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import (
    CancelReason,
    Phase,
    TellCode,
)
from tests.signaling.houses import SECOND, booking, houses, until
from tests.signaling.lives import (
    ADMIT,
    BOOK,
    CLINICIAN,
    END,
    HOLD,
    MINNESOTA,
    OPEN,
    OTHER_STAFF,
    VISIT,
    WAITING,
    Shelf,
    ShelfJournal,
    wall,
)


async def test_a_callable_is_asked_again_after_another_writer() -> None:
    """The commands are made from the visit as it then stands."""
    seen: list[Phase] = []

    def cancel(visit: Visit) -> tuple[c.Command, ...]:
        seen.append(visit.phase)
        return (c.Cancel(OTHER_STAFF, CancelReason.OTHER),)

    async with houses(2) as [here, there]:
        await here.hub.command(VISIT, BOOK)
        await there.hub.command(VISIT, OPEN)
        done = await here.hub.command(VISIT, cancel)
        assert done.phase is Phase.CANCELLED
        assert seen == [Phase.BOOKED, Phase.ARRIVED]
        assert here.heard.kinds() == ["booked", "link_opened", "cancelled"]


async def test_commands_of_two_processes_at_once_are_all_done_and_all_told() -> None:
    """Conflicts are decided again; each audience hears every fact once, in order."""
    async with houses(2) as two:
        await two[0].hub.command(VISIT, (BOOK, *WAITING))
        for house in two:
            await house.hub.visit(VISIT)
        told = [len(house.heard.kinds()) for house in two]
        codes = (TellCode.SOON, TellCode.LATE_5, TellCode.LATE_10)
        wishes = [house.hub.command(VISIT, c.TellWaiting(CLINICIAN, codes[n % 3])) for n in range(20) for house in two]
        await asyncio.gather(*wishes)
        assert len(two[0].shelf.rows[VISIT]) == 6 + 40
        for house in two:
            house.hub.refresh(VISIT)
            await house.hub.visit(VISIT)
        assert two[0].heard.kinds()[told[0] :] == two[1].heard.kinds()[told[1] :] == ["told"] * 40


async def test_what_another_process_has_just_made_possible_is_not_refused() -> None:
    """The client joined there, the clinician admits here, and the news has not come yet."""
    async with houses(2) as [here, there]:
        await here.hub.command(VISIT, (BOOK, OPEN))
        await there.hub.command(VISIT, WAITING[1:])
        assert (await here.hub.command(VISIT, ADMIT)).phase is Phase.ADMITTED
        assert here.heard.kinds()[-2:] == ["joined", "admitted"]


async def test_after_too_many_conflicts_the_command_is_refused() -> None:
    """It does not try for ever."""

    class Contested(ShelfJournal):
        async def append(self, visit: Visit, expected_seq: int, facts: object, at: object) -> int:
            from signaling.ports import SeqConflict

            raise SeqConflict

    shelf = Shelf()
    async with houses(shelf=shelf) as [house]:
        await house.hub.command(VISIT, BOOK)
        contested = Hub(Contested(shelf), house.heard, house.watch, attempts=3)
        with pytest.raises(Refused) as no:
            await contested.command(VISIT, OPEN)
        assert no.value.code == "too-busy"
        assert shelf.loads == 1 + 1 + 3
        await contested.close()


@pytest.mark.parametrize("processes", [1, 2])
async def test_of_200_concurrent_admits_of_two_visits_exactly_one_succeeds(processes: int) -> None:
    """One clinician, two clients, one seat, from one process or two; and the other is told who holds it."""
    async with houses(processes) as some:
        for visit in (VISIT, SECOND):
            await some[0].hub.command(visit, (booking(visit), *WAITING))
        tries = [
            some[n % processes].hub.command((VISIT, SECOND)[(n // processes) % 2], c.Admit(CLINICIAN, MINNESOTA))
            for n in range(200)
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        admitted = [one for one in done if isinstance(one, Visit)]
        assert [one.phase for one in admitted] == [Phase.ADMITTED]
        codes = {one.code for one in done if isinstance(one, Refused)}
        assert codes == {"clinician-busy", "already-admitted"}
        busy = [one for one in done if isinstance(one, ClinicianBusy)]
        assert {(one.visit, one.since) for one in busy} == {(admitted[0].id, wall(1))}
        assert len(done) == 200


async def test_the_seat_is_free_after_hold_return_or_end() -> None:
    """Then the next client is let in; the one on hold has to wait for the seat."""
    async with houses() as [house]:
        for visit in (VISIT, SECOND):
            await house.hub.command(visit, (booking(visit), *WAITING))
        for leave in (HOLD, c.ReturnToWaiting(CLINICIAN), END):
            await house.hub.command(VISIT, ADMIT)
            with pytest.raises(ClinicianBusy):
                await house.hub.command(SECOND, ADMIT)
            await house.hub.command(VISIT, leave)
            assert (await house.hub.command(SECOND, ADMIT)).phase is Phase.ADMITTED
            if leave is not END:
                with pytest.raises(ClinicianBusy):
                    await house.hub.command(VISIT, ADMIT)
            await house.hub.command(SECOND, c.ReturnToWaiting(CLINICIAN))


async def test_refresh_tells_what_another_process_appended() -> None:
    """Also after this process's task for the visit has ended from idleness; each fact once."""
    async with houses(2, idle_s=0.02) as [here, there]:
        await here.hub.command(VISIT, BOOK)
        await there.hub.command(VISIT, OPEN)
        here.hub.refresh(VISIT)
        here.hub.refresh(VISIT)
        await until(lambda: here.heard.kinds() == ["booked", "link_opened"])
        await until(lambda: not here.hub._owners)
        await there.hub.command(VISIT, WAITING[1:])
        here.hub.refresh(VISIT)
        await until(lambda: len(here.heard.kinds()) == 6)
        assert here.heard.kinds()[-1] == "joined"
        assert (await here.hub.visit(VISIT))[0] == 6
        assert len(here.heard.kinds()) == 6


async def test_news_that_never_came_is_looked_up_when_listening_begins_again() -> None:
    """Also of a visit whose task had ended from idleness; a visit that is over is let be."""
    async with houses(2, idle_s=0.02) as [here, there]:
        await here.hub.command(VISIT, (BOOK, OPEN))
        await here.hub.command(SECOND, (booking(SECOND), c.Cancel(CLINICIAN, CancelReason.OTHER)))
        await until(lambda: not here.hub._owners)
        await there.hub.command(VISIT, WAITING[1:])
        loads = here.shelf.loads
        here.hub.refresh_all()
        await until(lambda: here.heard.kinds()[-1] == "joined")
        assert here.shelf.loads == loads + 1


async def test_refresh_does_not_load_what_is_known_or_nobody_asked_about() -> None:
    """One's own appends come back as news."""
    async with houses(2) as [here, there]:
        await here.hub.command(VISIT, BOOK)
        loads = here.shelf.loads
        here.hub.refresh(VISIT, 1)
        there.hub.refresh(VISIT)
        there.hub.refresh(VISIT, 1)
        assert (await here.hub.visit(VISIT))[0] == 1
        assert here.shelf.loads == loads
        assert there.heard.told == []
