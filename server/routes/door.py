"""What the doors of clients and of guests have in common: pace, the exchange of a link, the connection test.

Shell (asyncio, fastapi).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Protocol, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from server import identity
from server.db import sign_ins
from server.errors import Refused
from server.link_window import Window
from server.logs import log
from server.ports import Front
from server.probe_gate import ProbeGate
from server.routes.answers import TooManyTries, set_cookie
from server.routes.asking import Body, House, Nothing, network_prefix
from server.step_gate import Step, StepGate
from server.throttle import PREFIX, spoken_wait
from signaling.words import DeviceCode

_LARGEST_ANSWER: Final = 24 * 1024  # of a probe's SDP, as the media room's grammar has it


class Here(Protocol):
    """Somebody who came by a link: the client of a visit, or a guest."""

    @property
    def id(self) -> str:
        """Whose pace is watched."""

    @property
    def window(self) -> Window:
        """When the link works."""


_H = TypeVar("_H", bound=Here)


class JoinWish(Body):
    """The secret behind the link's #."""

    secret: Annotated[str, Field(max_length=200)]


class DevicesFound(Body):
    """What the device check found, a code for each part."""

    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


class ProbeAnswer(Body):
    """The browser's answer to a connection test."""

    sdp: Annotated[str, Field(max_length=_LARGEST_ANSWER)]


class Door:
    """One kind of visitor's door: `who` is the dependency that says who asks, `cookie` what they carry afterwards."""

    def __init__(self, who: Callable[..., Awaitable[Here]], cookie: str) -> None:
        self._here: Any = Depends(who)
        self._cookie = cookie
        self._steps, self._gate = StepGate(), ProbeGate()

    def paced(self, step: Step) -> list[Any]:
        """A route's dependencies: the device that asks is not too fast."""

        async def look(here: Any = self._here) -> None:
            self._pace(here.id, step)

        return [Depends(look)]

    async def exchange(
        self,
        front: Front,
        request: Request,
        response: Response,
        secret: str,
        join: Callable[[Front, str], Awaitable[tuple[_H, str | None]]],
    ) -> _H:
        """A link's secret becomes a cookie, unless the browser has it. Raises what `join` raises, and TooManyTries."""
        self._pace(hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest(), Step.JOIN)
        try:
            here, fresh = await join(front, secret)
        except Refused as refused:
            if refused.code == "link-unknown":
                await _count_failure(front, request)
            raise
        if fresh is not None:
            life = here.window.closes - front.shelf.now()
            set_cookie(response, self._cookie, identity.cookie_value(front.shelf, fresh), life)
        return here

    def add_probe(self, routes: APIRouter, path: str) -> None:
        """The connection test of the device check, under `path`."""
        gate = self._gate

        @routes.post(path)
        async def probe(wish: Nothing, front: House, here: Any = self._here) -> dict[str, Any]:
            gate.enter(here.id, time.monotonic())
            try:
                made = await front.desk.probe()
            except BaseException:
                gate.left(here.id)
                raise
            gate.opened(here.id, made.key, time.monotonic())
            # where the relay is, and no credential: whether it can be reached is seen from its refusal
            return {"probe": made.key, "sdp": made.sdp, "relays": front.runtime.settings.turn_addresses}

        @routes.post(path + "/{probe}")
        async def probe_answer(probe: str, wish: ProbeAnswer, front: House, here: Any = self._here) -> dict[str, str]:
            if not gate.owns(here.id, probe, time.monotonic()):
                raise Refused("probe-unknown", "That connection test is over: start another.")
            await front.desk.probe_answer(probe, wish.sdp)
            return {}

    def _pace(self, who: str, step: Step) -> None:
        """Raises TooManyTries when they took the step too often just now."""
        left = self._steps.enter(who, step, time.monotonic())
        if left:
            raise TooManyTries(f"This was tried many times in a row. Wait {spoken_wait(left)}, then try again.", left)


async def _count_failure(front: Front, request: Request) -> None:
    """A link that leads nowhere was tried from this network. Raises TooManyTries after many.

    A link that works is never refused for its address: this runs only after it was looked up.
    """
    subject = front.runtime.keys.blind("link-network", network_prefix(request))
    async with front.shelf.work() as work:
        left = await sign_ins.reserve(work, subject, PREFIX)
    if left:
        log.warning("links-throttled", practice=front.shelf.practice)
        raise TooManyTries(f"Too many links that do not work were tried. Wait {spoken_wait(left)}, or call us.", left)
