"""An end of a connection of our own on the loopback, for the self test and the bench. Shell (asyncio, aiortc)."""

from __future__ import annotations

import secrets

from aioice import stun

from media.forward import Counters, Line
from media.ingress import Ingress, monotonic_ns
from media.offer import Transport
from media.seam import Address, SecureTransport, SharedConnection

HOST = "127.0.0.1"


class End:
    """One end of a connection of our own; ``role`` is its DTLS role, the client is the one that checks first.

    :param ingress: a socket that several ends share; without one it has its own, on a free port of ``host``.
    """

    def __init__(self, role: str, host: str = HOST, ingress: Ingress | None = None) -> None:
        self.counters = Counters()
        self.ended = False
        self.ufrag, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self.host = host
        self.ingress = ingress or Ingress.bind((host,), 0, self.counters, monotonic_ns)
        self.connection = SharedConnection(self.ingress, self, self.ufrag, self.password, host, self.ingress.port)
        self.line = Line(self.connection, self.counters)
        self.secure = SecureTransport(self.connection, True, self._end, role)
        self.ingress.add(self.ufrag, self.line)

    @property
    def transport(self) -> Transport:
        """What a description of this end says."""
        return Transport(self.ufrag, self.password, self.secure.fingerprint, ((self.host, self.ingress.port),))

    def check(self, datagram: bytes, addr: Address) -> bool:
        """One STUN packet, from whoever reads the socket instead of the ingress; whether it was authenticated.

        :raises ValueError: when it does not parse.
        """
        return self.connection.dispatch(stun.parse_message(datagram), addr)

    def may_claim(self, addr: Address) -> bool:
        """An authenticated check came from ``addr``."""
        return self.ingress.claim(self.line, addr)

    def _end(self) -> None:
        self.ended = True

    async def connect(self, ufrag: str, password: str, fingerprint: tuple[str, str]) -> None:
        """Connect with the other end's parameters.

        :raises ConnectionError: when ICE or DTLS fails.
        """
        await self.secure.connect(ufrag, password, (fingerprint,))
        self.line.open(self.secure.ciphers())
        self.ingress.adopt(self.line)

    async def close(self) -> None:
        """End it."""
        await self.secure.close()
        self.ingress.close()
