"""The consoles stay quiet: every error, policy violation and uncaught exception of a page fails the test.

The one exception is a window that a test opens by name while it holds the server down, and within it only the browser's
own words about an unreachable network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

# What browsers themselves write when a server does not answer: nothing of the product's.
UNREACHABLE: Final = re.compile(
    r"net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED|TIMED_OUT)|NETWORK_CHANGED|INTERNET_DISCONNECTED|EMPTY_RESPONSE"
    r"|SOCKET_NOT_CONNECTED|HTTP2_PING_FAILED|TIMED_OUT)|WebSocket connection to '\S+' failed"
    r"|can.t establish a connection to the server|connection to \S+ was interrupted",
)


@dataclass(slots=True)
class Quiet:
    """What the pages of one test said that they should not have said."""

    said: list[str] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)
    excused: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, who: str, words: str) -> None:
        """Take one console error, page error or violation."""
        if self.windows and UNREACHABLE.search(words):
            self.excused.append((self.windows[-1], words))
        else:
            self.said.append(f"{who}: {words}")

    @contextmanager
    def while_down(self, why: str) -> Iterator[None]:
        """Excuse the browser's own network errors for as long as the server is held down, and say why."""
        self.windows.append(why)
        try:
            yield
        finally:
            self.windows.remove(why)

    def verdict(self) -> None:
        """Fail when anything was said."""
        assert not self.said, "the consoles were not quiet:\n  " + "\n  ".join(self.said)
