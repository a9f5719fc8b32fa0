"""Who may test the connection: one test at a time a client, six a minute; the time is the caller's. Pure."""

from __future__ import annotations

from typing import Final

from server.errors import Refused

AT_MOST: Final = 6
WITHIN: Final = 60.0  # seconds
TAKES: Final = 15.0  # seconds until the media room closes a probe by itself


class ProbeGate:
    """The tests under way, by client. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._begun: dict[str, list[float]] = {}
        self._open: dict[str, tuple[str, float]] = {}

    def enter(self, client: str, now: float) -> None:
        """A test begins at `now` (monotonic seconds). Raises Refused("probe-running" | "too-many-tries")."""
        for name in [name for name, times in self._begun.items() if now - times[-1] >= WITHIN]:
            del self._begun[name]
        for name in [name for name, (_, begun) in self._open.items() if now - begun >= TAKES]:
            del self._open[name]
        if client in self._open:
            raise Refused("probe-running", "A connection test is still running: wait a few seconds, then try again.")
        recent = [moment for moment in self._begun.get(client, []) if now - moment < WITHIN]
        if len(recent) >= AT_MOST:
            raise Refused("too-many-tries", "The connection was tested many times: wait a minute, then try again.")
        self._begun[client] = [*recent, now]
        self._open[client] = ("", now)

    def opened(self, client: str, probe: str, now: float) -> None:
        """The test's name, once there is one."""
        self._open[client] = (probe, now)

    def owns(self, client: str, probe: str, now: float) -> bool:
        """Whether this is the client's running test; it counts as over afterwards."""
        held = self._open.get(client)
        if held is None or held[0] != probe or now - held[1] >= TAKES:
            return False
        del self._open[client]
        return True

    def left(self, client: str) -> None:
        """The test could not begin."""
        self._open.pop(client, None)
