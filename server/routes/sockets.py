"""The two WebSockets: `/ws/visit` for people in a visit, `/ws/desk` for desks and boards. Shell (fastapi).

The first message, within five seconds, is `hello` with a one-use ticket; after that every message is parsed by
`signaling.wire` and turned into a command by `server.acts`. Who speaks is looked up again every 30 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, assert_never

from fastapi import APIRouter, WebSocket

from server import errors, identity, logs
from server.attendance import Attached
from server.board import OpenDesk
from server.db import people, tickets
from server.db.tickets import ClientTicket, GuestTicket, StaffTicket, Ticket
from server.socket import PROTOCOL, Socket
from signaling import errors as signaling_errors
from signaling import messages, views, wire
from signaling.messages import ClientMessage, Door
from signaling.views import Muting
from signaling.waiting_room import Viewer
from signaling.words import ParticipantId, StaffId, StaffRole, VisitId

if TYPE_CHECKING:
    from server.house import House

_HELLO_WITHIN_S = 5.0
_LOOK_AGAIN_S = 30.0
_LOOK_WITHIN_S = 5.0
_TROUBLE = "That did not work: something is wrong on our side. Please try again in a moment."
_NOS = (errors.Refused, signaling_errors.Refused)
_GARBAGE = (errors.Malformed, signaling_errors.Malformed)


def router() -> APIRouter:
    """The routes of both sockets."""
    made = APIRouter()
    made.add_api_websocket_route("/ws/visit", _visit_socket)
    made.add_api_websocket_route("/ws/desk", _desk_socket)
    return made


async def _visit_socket(websocket: WebSocket) -> None:
    house: House = websocket.app.state.house
    await _serve(websocket, house, lambda socket, hello, ticket: _in_visit(house, socket, hello, ticket))


async def _desk_socket(websocket: WebSocket) -> None:
    house: House = websocket.app.state.house
    await _serve(websocket, house, lambda socket, hello, ticket: _at_desk(house, socket, ticket))


_Talk = Callable[[Socket, messages.Hello, Ticket], Awaitable[None]]


async def _serve(websocket: WebSocket, house: House, talk: _Talk) -> None:
    # the doorkeeper has seen to it that the page is ours (ASVS 5.0, 4.4.2)
    if PROTOCOL not in websocket.scope.get("subprotocols", ()):
        await websocket.close(1008)
        return
    await websocket.accept(subprotocol=PROTOCOL)
    socket = Socket(websocket)
    sending = asyncio.create_task(socket.send_until_closed())
    try:
        hello = await _hello(socket)
        ticket = None
        if hello is not None:
            async with house.shelf.work() as work:
                ticket = await tickets.take(work, hello.ticket)
        if hello is None or ticket is None:
            socket.close("signed-out", "The connection was not accepted. Reload the page.", "rejoin")
        else:
            await talk(socket, hello, ticket)
    except _GARBAGE as wrong:
        reason = "too-fast" if wrong.code == "too-fast" else "malformed"
        socket.close(reason, wrong.say, "resume" if reason == "too-fast" else "rejoin")
    except _NOS as no:
        socket.close(no.code, no.say, "stop")
    except Exception as bug:
        logs.bug(bug, component="socket")
        socket.close("server-trouble", "Something went wrong on our side. Reconnecting.", "resume")
    finally:
        socket.close("over", "", "resume")
        with contextlib.suppress(Exception):
            await sending


async def _hello(socket: Socket) -> messages.Hello | None:
    text = await socket.hear(within=_HELLO_WITHIN_S)
    if text is None:
        return None
    said = wire.parse(text, Door.BOARD)
    return said if isinstance(said, messages.Hello) else None


async def _listen(
    house: House,
    socket: Socket,
    door: Door,
    still_allowed: Callable[[], Awaitable[None]],
    act: Callable[[ClientMessage], Awaitable[None]],
) -> None:
    """Take messages until the socket ends; a Refused answers one message, Malformed ends the socket.

    While the database is away nothing can be done, but people keep what they see: the socket stays.
    """
    looked_at = asyncio.get_running_loop().time()
    while (text := await socket.hear(within=views.DEAD_S)) is not None:
        said = wire.parse(text, door)
        if asyncio.get_running_loop().time() - looked_at > _LOOK_AGAIN_S:
            looked_at = asyncio.get_running_loop().time()
            await _look_again(still_allowed)
        if isinstance(said, messages.Ping):
            socket.tell(views.dump_pong(said.n))
            continue
        try:
            await act(said)
        except _NOS as no:
            socket.tell(views.dump_refused(_type_of(said, door), no.code, no.say, getattr(said, "visit", None)))
        except signaling_errors.Malformed as wrong:
            socket.tell(views.dump_refused(_type_of(said, door), wrong.code, wrong.say))
        except Exception as bug:
            logs.bug(bug, component="socket-act")
            socket.tell(views.dump_refused(_type_of(said, door), "server-trouble", _TROUBLE))


async def _look_again(still_allowed: Callable[[], Awaitable[None]]) -> None:
    """Who may not any more is out (Refused); who cannot be looked up just now stays until the next look."""
    try:
        async with asyncio.timeout(_LOOK_WITHIN_S):
            await still_allowed()
    except _NOS:
        raise
    except Exception as trouble:
        logs.log.warning("not-looked-up", error=type(trouble).__qualname__)


def _type_of(said: ClientMessage, door: Door) -> str:
    return next((name for name, shape in messages.DOORS[door].items() if shape is type(said)), "")


# -- in a visit ---------------------------------------------------------------------------------------------------


async def _in_visit(house: House, socket: Socket, hello: messages.Hello, ticket: Ticket) -> None:
    await _allowed(house, ticket)
    if ticket.visit is None:
        raise errors.Refused("not-here", "Open the visit from your desk.")
    visit_id = VisitId(ticket.visit)
    _, visit = await house.hub.visit(visit_id)
    match ticket:
        case ClientTicket():
            participant, door = ParticipantId(ticket.participant), Door.CLIENT
        case GuestTicket():
            participant, door = ParticipantId(ticket.participant), Door.GUEST
        case StaffTicket():
            if visit.clinician != ticket.staff:
                raise errors.Refused("not-your-visit", "This is another clinician's visit.")
            participant, door = visit.clinician_seat.id, Door.CLINICIAN
        case _:
            assert_never(ticket)
    attached = Attached(socket, participant, ticket.token_hash)
    socket.tell(views.dump_welcome(datetime.now(UTC)))

    async def still_allowed() -> None:
        await _allowed(house, ticket)

    async def act(said: ClientMessage) -> None:
        match said:
            case messages.Answer(number, sdp):
                await house.live.seating.answer(visit_id, participant, number, sdp)
            case messages.Reconnect():
                await house.live.seating.reconnect(visit_id, participant)
            case messages.Resolution(width, height):
                house.live.links.sizes(visit_id, participant, width, height)
            case messages.Muted(audio, video, weak):
                house.live.say_muted(visit_id, participant, Muting(audio, video, weak))
            case messages.Protect():
                house.live.protecting.protect(visit_id, participant, said)
                await house.live.seating.reconcile(visit_id)
            case messages.Seal():
                house.live.protecting.relay(visit_id, participant, said)
            case messages.ReportProtection():
                house.live.protecting.report(visit_id, participant, said)
            case messages.Share():
                await house.live.seating.share(visit_id, participant)
            case messages.Unshare():
                await house.live.seating.unshare(visit_id, participant)
            case messages.Leave() if door is Door.CLINICIAN:
                socket.close("over", "", "stop")
            case _ if isinstance(ticket, StaffTicket):
                await house.acts.clinician_does(visit_id, StaffId(ticket.staff), said)
            case _ if door is Door.GUEST:
                await house.acts.guest_does(visit_id, participant, said)
            case _:
                await house.acts.client_does(visit_id, said)

    try:
        # inside: who could not be attached to the end (the database went away) must not stay as present
        await house.live.attach(visit_id, attached, hello.seq)
        await _listen(house, socket, door, still_allowed, act)
    finally:
        await house.live.detach(visit_id, attached)


async def _allowed(house: House, ticket: Ticket) -> None:
    """Raises Refused when whoever holds the ticket may no longer be there."""
    async with house.shelf.work() as work:
        match ticket:
            case ClientTicket():
                await identity.client(work, ticket.token_hash)
            case GuestTicket():
                await identity.guest(work, ticket.token_hash)
            case StaffTicket():
                await identity.staff(work, ticket.token_hash)
            case _:
                assert_never(ticket)


# -- at a desk ----------------------------------------------------------------------------------------------------


async def _at_desk(house: House, socket: Socket, ticket: Ticket) -> None:
    if not isinstance(ticket, StaffTicket):
        raise errors.Refused("not-here", "This is for the practice's staff.")
    async with house.shelf.work() as work:
        person = await identity.staff(work, ticket.token_hash)
    if person.role not in (StaffRole.CLINICIAN, StaffRole.FRONT_DESK):
        raise errors.Refused("not-here", "Your account has no desk.")
    door = Door.DESK if person.role is StaffRole.CLINICIAN else Door.BOARD
    by = StaffId(person.id)
    desk = OpenDesk(socket, Viewer(by, person.role), ticket.token_hash)
    socket.tell(views.dump_welcome(datetime.now(UTC)))
    house.board.attach(desk)

    async def still_allowed() -> None:
        async with house.shelf.work() as work:
            await identity.staff(work, ticket.token_hash)

    async def act(said: ClientMessage) -> None:
        if isinstance(said, messages.Status):
            async with house.shelf.work() as work:
                await people.set_status(work, by, said.status)
            await house.live.status_changed(by, said.status)
            house.board.changed()
            return
        await house.acts.clinician_does(VisitId(_visit_of(said)), by, said)

    try:
        await _listen(house, socket, door, still_allowed, act)
    finally:
        house.board.detach(desk)


def _visit_of(said: Any) -> str:
    visit = getattr(said, "visit", None)
    if not isinstance(visit, str):
        raise errors.Refused("not-here", "That cannot be done here.")
    return visit
