"""Everything that is running, in one value: made at start-up, taken down in reverse. Shell (asyncio).

`server.ports.Front` is what the routes see of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from media.desk import MediaDesk, MediaSettings
from server import consent_text, logs
from server.acts import Acts
from server.board import Board
from server.clock import SystemClock
from server.completion import Completion
from server.db import media_node, open_visits, practices, quality
from server.db.engine import open_engine
from server.db.journal import PostgresJournal
from server.db.listen import listen
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.errors import CannotStart, Refused
from server.filing import Filing
from server.link_quality import Keep, LinkQualities
from server.link_sums import QualityRow
from server.live import Live
from server.measure import Measure
from server.ports import Listeners
from server.relay import relay_of
from server.roster import Roster
from server.runtime import Runtime
from server.signing_keys import SigningKeys
from server.spool import Spool
from server.watchdog import Watchdog
from signaling.hub import Hub
from signaling.words import VisitId

Sheet = Callable[[str, int | None, Sequence[str], str], Awaitable[None]]

_FACTS = "antechamber_fact"
_A_MOMENT = timedelta(seconds=15)  # three times as long as evidence waits to be written
QUALITY_KEPT = timedelta(days=180)
"""So long the numbers of a connection are kept: for as long as somebody may still ask why a visit was bad."""
_SAY_RESTART = "The server is restarting. Your place is kept; reconnecting."


@dataclass(slots=True)
class House:
    """The running server of one practice."""

    runtime: Runtime
    engine: AsyncEngine
    shelf: Shelf
    hub: Hub
    desk: MediaDesk
    live: Live
    board: Board
    acts: Acts
    completion: Completion
    listeners: Listeners
    sheet: Sheet | None = None
    filing: Filing | None = None
    checks: DeskChecks | None = None
    watchdog: Watchdog = field(default_factory=Watchdog)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    @property
    def practice_id(self) -> str:
        """The practice this server serves."""
        return self.shelf.practice

    async def billing_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        """Hand the signed minutes and diagnoses to billing. Raises Refused where billing's database is out of reach."""
        if self.sheet is not None:
            await self.sheet(visit, minutes, diagnoses, by)
        elif minutes or diagnoses:
            raise Refused(
                "billing-elsewhere",
                "Billing runs on another server: leave minutes and diagnoses empty here and sign them there.",
            )

    async def recover(self) -> bool:
        """After a start: arm every open visit's deadline, complete what had ended without its record.

        False when a visit was left for later: somebody, this process or another, measured it a moment ago.
        """
        async with self.shelf.work() as work:
            visits = await open_visits.every(work)
            measured = await open_visits.measured_since(work, work.now() - _A_MOMENT)
        for visit in visits:
            _, found = await self.hub.visit(VisitId(visit))
            if not (found.seated and found.id in measured):
                await self.live.resume(found)
        return not measured

    def every_second(self) -> None:
        """Look after visits of which the media room has nothing to say."""
        self.live.measure.tick()
        self.live.links.tick()
        self.live.protecting.tick()
        self.live.seating.renew_relays()
        self.watchdog.closely = in_visits = self.desk.counters()["peers"] > 0
        if self.runtime.garbage is not None:
            self.runtime.garbage.second(in_visits=in_visits)


@asynccontextmanager
async def open_house(runtime: Runtime) -> AsyncIterator[House]:
    """Start everything; on the way out stop it in reverse, every browser told to come back.

    Raises CannotStart when there is no practice yet, the UDP port is taken, or the media room's self-test fails.
    """
    async with AsyncExitStack() as stack:
        engine = open_engine(runtime.app_url, name="antechamber-serve", pool_size=12)
        stack.push_async_callback(engine.dispose)
        practice = await practices.first(engine)
        if practice is None:
            raise CannotStart(
                "no-practice", "There is no practice yet: run `antechamber setup`, or `antechamber demo`."
            )
        shelf = await Shelf.open(engine, runtime.keys, practice)
        async with shelf.work() as work:
            await consent_text.install(work)
        signing = SigningKeys(engine, runtime.keys)
        await signing.current(practice)  # the published key set is never empty
        roster = Roster(shelf)
        clock = SystemClock()
        live = Live(roster, lambda: hub, lambda: journal)
        completion = Completion(shelf, signing, lambda: hub)
        journal = PostgresJournal(engine, practice, completion.record)
        hub = Hub(journal, live, clock)
        spool = Spool(runtime.settings.data_dir / "spool")
        links = live.links = live.seating.links = LinkQualities(live.quality_changed, _keep_quality(shelf))
        measure = Measure(lambda: hub, clock.instant, live.flow_changed, spool, links)
        live.measure = live.seating.measure = measure
        live.completion = completion
        live.seating.relay = relay_of(runtime.settings)
        desk = await _media(runtime, live)
        live.seating.media = desk
        stack.push_async_callback(desk.close)
        board = Board(shelf, roster, hub)
        live.board_changed = board.changed
        acts, listeners = Acts(hub, roster), _listeners(live, board)
        house = House(runtime, engine, shelf, hub, desk, live, board, acts, completion, listeners)
        stack.push_async_callback(_stop, house)
        board.start()
        ready = asyncio.Event()
        house.tasks.append(_start(listen(runtime.app_url, (_FACTS,), _hear(house), ready)))
        house.tasks.append(_start(_tick(house)))
        house.tasks.append(_start(_purge(house)))
        await ready.wait()
        mine = asyncio.Event()
        await stack.enter_async_context(media_node.hold(runtime.app_url, mine))
        house.tasks.append(_start(_recover_when(house, mine)))
        house.watchdog.start()
        stack.callback(house.watchdog.stop)
        if runtime.garbage is not None:
            runtime.garbage.start()
            stack.callback(runtime.garbage.stop)
        logs.log.info("house-open", practice=practice)
        yield house


async def _media(runtime: Runtime, live: Live) -> MediaDesk:
    settings = MediaSettings(
        hosts=runtime.media_hosts,
        port=runtime.settings.udp_port,
        advertised=runtime.media_addresses,
        strict=runtime.settings.strict_srtp,
        inner=runtime.settings.inner_media_addresses,
    )
    try:
        return await MediaDesk.open(settings, live.seating)
    except OSError as problem:
        raise CannotStart(
            "udp-port", f"UDP port {settings.port} cannot be opened: {problem.strerror or problem}."
        ) from problem


def _listeners(live: Live, board: Board) -> Listeners:
    made = Listeners()
    say = {
        "replaced": "This visit was opened on another device.",
        "link-revoked": "This link was replaced by a newer one: open the newest link that you were sent.",
        "link-withdrawn": "This link no longer works. Please ask the practice if you are expected.",
    }
    made.on_client_device_ended.append(
        lambda visit, token, reason: live.close_token(visit, token, reason, say.get(reason, ""), "stop")
    )
    made.on_sign_in_ended.append(
        lambda token: live.close_token(None, token, "signed-out", "You have been signed out.", "stop")
    )
    made.on_sign_in_ended.append(lambda token: board.close_token(token, "signed-out", "You have been signed out."))
    made.on_board_changed.append(board.changed)
    return made


def _keep_quality(shelf: Shelf) -> Keep:
    async def keep(visit: VisitId, rows: Sequence[QualityRow]) -> None:
        async with shelf.work() as work:
            await quality.add(work, visit, rows)

    return keep


async def _purge(house: House) -> None:
    """Once a day, what is older than it is of use."""
    while True:
        try:
            async with house.shelf.work() as work:
                await quality.purge(work, work.now() - QUALITY_KEPT)
        except Exception as problem:
            logs.bug(problem, component="purge")
        await asyncio.sleep(timedelta(days=1).total_seconds())


def _hear(house: House) -> Callable[[str, str], None]:
    """Facts that another process appended: the hub loads what it has not told; its own it knows already."""

    def hear(_channel: str, payload: str) -> None:
        practice, _, rest = payload.partition(" ")
        visit, _, seq = rest.partition(" ")
        if not payload:  # connected (again): nobody knows what was said meanwhile
            house.hub.refresh_all()
            house.board.changed()
        elif practice != house.practice_id or not seq.isdigit():
            return
        elif not house.hub.refresh(VisitId(visit), int(seq)):
            house.board.changed()  # of a visit that nobody here follows

    return hear


async def _recover_when(house: House, mine: asyncio.Event) -> None:
    """Pick up what had begun before, as soon as no other process looks after it."""
    await mine.wait()
    while True:
        try:
            if await house.recover():
                return
            await asyncio.sleep(_A_MOMENT.total_seconds())
        except Exception as problem:
            logs.bug(problem, component="recover")
            await asyncio.sleep(2.0)


async def _tick(house: House) -> None:
    while True:
        await asyncio.sleep(1.0)
        try:
            house.every_second()
        except Exception as problem:  # a second that failed does not end all countdowns for ever
            logs.bug(problem, component="tick")


def _start(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work)


async def _stop(house: House) -> None:
    house.live.close_all("server-restart", _SAY_RESTART)
    house.board.close_all("server-restart", _SAY_RESTART)
    await house.board.stop()
    for task in house.tasks:
        task.cancel()
    for task in house.tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await house.live.measure.write_all()
    await house.live.links.settle()
    await house.live.settle()
    await house.hub.close()
