"""What the pages and the HTTP interface need from the house, as shapes. Shell (asyncio, aiortc).

The house fulfils `Front` with its own objects; the routes know nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from server.db.engine import Engine
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.filing import Filing
from server.runtime import Runtime
from signaling.hub import Hub


class Probe(Protocol):
    """A throwaway connection test; see `media.desk`."""

    @property
    def key(self) -> str:
        """Names the probe to whoever answers it."""
        ...

    @property
    def sdp(self) -> str:
        """What the browser applies and answers."""
        ...


class ProbeDesk(Protocol):
    """The part of the media room that a connection test needs."""

    async def probe(self) -> Probe:
        """A new probe; it closes itself after the handshake or 15 s."""
        ...

    async def probe_answer(self, key: str, sdp: str) -> None:
        """The browser's answer. Raises the media room's Malformed or Refused."""
        ...


class Listeners:
    """Who wants to know in this process when a cookie stops being good, or what a page shows has changed.

    Called after the transaction, on the loop; they must not block. A cookie is named by the SHA-256 that the database
    keeps, which the tickets of its sockets carry too.
    """

    __slots__ = ("on_board_changed", "on_client_device_ended", "on_sign_in_ended")

    def __init__(self) -> None:
        # (visit, token hash, reason: "replaced" | "link-revoked" | "link-withdrawn"); a guest's device too
        self.on_client_device_ended: list[Callable[[str, bytes, str], None]] = []
        self.on_sign_in_ended: list[Callable[[bytes], None]] = []
        # a licence, a name, the practice's message: what desks and boards show that is in no fact
        self.on_board_changed: list[Callable[[], None]] = []

    def client_device_ended(self, visit: str, tokens: Sequence[bytes], reason: str) -> None:
        """These devices, the client's or a guest's, may no longer act in that visit."""
        for token in tokens:
            for listener in self.on_client_device_ended:
                listener(visit, token, reason)

    def sign_in_ended(self, token: bytes) -> None:
        """Somebody signed out, or signed in anew."""
        for listener in self.on_sign_in_ended:
            listener(token)

    def board_changed(self) -> None:
        """Draw desks and boards again."""
        for listener in self.on_board_changed:
            listener()


class Front(Protocol):
    """The house, as far as the routes look into it."""

    @property
    def runtime(self) -> Runtime:
        """Settings, keys, passwords."""
        ...

    @property
    def engine(self) -> Engine:
        """The database as antechamber_app."""
        ...

    @property
    def shelf(self) -> Shelf:
        """The practice's rows."""
        ...

    @property
    def hub(self) -> Hub:
        """Every visit's mailbox."""
        ...

    @property
    def desk(self) -> ProbeDesk:
        """The media desk."""
        ...

    @property
    def listeners(self) -> Listeners:
        """Who wants to be told in this process."""
        ...

    @property
    def filing(self) -> Filing | None:
        """The way into billing; None where billing's database is out of reach."""
        ...

    @property
    def checks(self) -> DeskChecks | None:
        """The check before a visit; None where billing runs on another server."""
        ...

    async def billing_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        """Hand the signed minutes and the diagnoses to billing; saving again replaces."""
        ...
