"""The news of one's own append comes before the append has answered: it is not loaded again, another's is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from signaling.errors import ClinicianBusy
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.ports import SeatTaken
from signaling.visit import Visit
from signaling.words import Instant, VisitId
from tests.signaling.lives import (
    ADMIT,
    BOOK,
    INVITE,
    OPEN,
    START,
    VISIT,
    WAITING,
    Heard,
    Shelf,
    ShelfJournal,
    Watch,
)


class Announced(ShelfJournal):
    """A journal whose news overtakes its answer, and in which another process may append in between."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(shelf)
        self.hub: Hub | None = None
        self.meanwhile: Hub | None = None

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[Fact], at: Instant) -> int:
        """Stored, announced, and only then said."""
        seq = await super().append(visit, expected_seq, facts, at)
        assert self.hub is not None
        if self.meanwhile is not None:
            await self.meanwhile.command(visit.id, WAITING[1:])
        assert self.hub.refresh(visit.id, len(self.shelf.rows[visit.id])) is True
        await asyncio.sleep(0)
        return seq


async def test_the_news_of_an_own_append_is_not_loaded_again() -> None:
    shelf = Shelf()
    journal, heard = Announced(shelf), Heard(shelf)
    journal.hub = hub = Hub(journal, heard, Watch())
    await hub.command(VISIT, BOOK)
    loads = shelf.loads
    await hub.command(VISIT, (OPEN, *WAITING[1:]))
    assert (await hub.visit(VISIT))[0] == 6
    assert shelf.loads == loads
    assert heard.kinds() == ["booked", "link_opened", "consent_given", "location_attested", "devices_checked", "joined"]
    await hub.close()


async def test_the_news_of_what_another_appended_meanwhile_is() -> None:
    """It came between our append and the journal's answer, and nothing else will say so."""
    shelf = Shelf()
    journal, heard = Announced(shelf), Heard(shelf)
    journal.hub = hub = Hub(journal, heard, Watch())
    await hub.command(VISIT, BOOK)
    other = journal.meanwhile = Hub(ShelfJournal(shelf), Heard(shelf), Watch())
    await hub.command(VISIT, OPEN)
    for _ in range(1000):  # turns of the loop: it looks again by itself
        await asyncio.sleep(0)
    assert len(heard.kinds()) == 6
    await hub.close()
    await other.close()


class Refusing(Announced):
    """The seat is taken; the news of another's fact came while that was found out."""

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[Fact], at: Instant) -> int:
        """Announced, and refused."""
        if not visit.seated:
            return await ShelfJournal.append(self, visit, expected_seq, facts, at)
        assert self.hub is not None and self.meanwhile is not None
        await self.meanwhile.command(visit.id, INVITE)
        self.hub.refresh(visit.id, len(self.shelf.rows[visit.id]))
        raise SeatTaken(VisitId("vis_another"), START)


async def test_news_that_came_with_a_refused_append_is_looked_at_too() -> None:
    shelf = Shelf()
    journal, heard = Refusing(shelf), Heard(shelf)
    journal.hub = hub = Hub(journal, heard, Watch())
    await hub.command(VISIT, (BOOK, *WAITING))
    other = journal.meanwhile = Hub(ShelfJournal(shelf), Heard(shelf), Watch())
    with pytest.raises(ClinicianBusy):
        await hub.command(VISIT, ADMIT)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert heard.kinds()[-1] == "guest_invited"
    await hub.close()
    await other.close()


async def test_of_a_visit_that_nobody_here_follows_it_says_so() -> None:
    shelf = Shelf()
    hub = Hub(ShelfJournal(shelf), Heard(shelf), Watch())
    assert hub.refresh(VISIT, 1) is False
    await hub.close()
