"""uvicorn's HTTP protocol with what it lacks: a deadline and a size for a request's head, and an end that does not wait
for the other side. Shell (asyncio, uvicorn).

Without the first two a stranger holds a connection for ever by sending one header byte a second (tried with uvicorn
0.54). Closing over TLS waits half a minute for the other side's farewell, and nobody reads what it sends meanwhile: a
browser whose network was away for 15 s did not hear ours, asked over that connection and was not answered (measured:
media was back after 7 s instead of 1). So a connection that has nothing under way is ended at once: the kernel refuses
the browser's next request over it, and the browser asks again over a new one by itself.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN: Final = 10.0  # seconds from the connection, or from a request's first byte, to the end of its head
LARGEST_HEAD: Final = 16 * 1024  # bytes


class GuardedHttp(HttpToolsProtocol):
    """Closes a connection whose head does not end in time, or grows too large."""

    deadline: asyncio.TimerHandle | None = None
    head_bytes = 0
    in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """A new connection: its first request is due."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone: nothing is due any more."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, segment: bytes) -> None:
        """Count a head's bytes before the parser keeps them."""
        if self.in_head:
            self.head_bytes += len(segment)
            # The body in the same segment is counted too: so a head whose end is here passes.
            if self.head_bytes > LARGEST_HEAD and b"\r\n\r\n" not in segment[:LARGEST_HEAD]:
                self.transport.abort()
                return
        super().data_received(segment)

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._arm()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._disarm()
        self.in_head = False
        self.head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole; the next byte belongs to the next one's head."""
        super().on_message_complete()
        self.in_head = True

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while."""
        self.transport.abort()

    def _arm(self) -> None:
        self._disarm()
        self.deadline = self.loop.call_later(HEAD_WITHIN, self._too_late)

    def _disarm(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _too_late(self) -> None:
        self.deadline = None
        self.transport.abort()
