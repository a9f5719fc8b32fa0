"""A look at the relay (TURN over TLS), as a browser would see it: for the doctor. Shell (asyncio, aioice).

A visit never passes here: browsers speak to the relay, and the relay to the media port like anybody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from aioice import stun, turn

from media.errors import Refused

WITHIN_S = 10.0
REFUSED_WITHIN_S = 3.0
ELSEWHERE = ("127.0.0.1", "169.254.169.254", "192.0.2.1")
"""Its own machine, a cloud's metadata, and anybody: where a relay for this server must not go."""


class _Nobody(asyncio.DatagramProtocol):
    """Keeps what the relay said to a packet for somewhere it must not go."""

    def __init__(self) -> None:
        self.refused: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def error_received(self, exc: Exception) -> None:
        if not self.refused.done():
            self.refused.set_result(_code(exc))


async def look(
    url: str, place: tuple[str, int], username: str, credential: str, trust: ssl.SSLContext | None = None
) -> None:
    """Ask for an allocation, then for permission to reach :data:`ELSEWHERE`.

    :param url: as browsers take it, for the words.
    :param trust: whose certificates are believed; the system's by default, as a browser has them.
    :raises Refused: ``relay-certificate``, ``relay-credentials``, ``relay-unreachable``, ``relay-open``.
    """
    trusted = trust or ssl.create_default_context()
    try:
        async with asyncio.timeout(WITHIN_S):
            transport, nobody = await turn.create_turn_endpoint(
                _Nobody, place, username, credential, lifetime=60, ssl=trusted, transport="tcp"
            )
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "relay-certificate", f"{url}: browsers refuse its certificate ({error.verify_message})."
        ) from None
    except stun.TransactionFailed as error:
        raise Refused(
            "relay-credentials",
            f"{url} refuses this server's credentials ({_code(error)}): both need the same secret and the right time.",
        ) from None
    except (OSError, TimeoutError, stun.TransactionError) as error:
        say = f"{url} cannot be reached ({type(error).__name__}): is it running, is its port open?"
        raise Refused("relay-unreachable", say) from None
    try:
        for host in ELSEWHERE:
            nobody.refused = asyncio.get_running_loop().create_future()
            transport.sendto(b"", (host, 9))
            code = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFUSED_WITHIN_S):
                    code = await nobody.refused
            if code != 403:  # RFC 8656, section 18: Forbidden
                say = f"{url} would relay to {host}: deny every peer but this server's media address (coturn.conf)."
                raise Refused("relay-open", say)
    finally:
        transport.close()


def _code(error: Exception) -> int:
    """The error code of a TURN answer (RFC 8656, section 18); 0 when there was none."""
    answer = error.response.attributes.get("ERROR-CODE") if isinstance(error, stun.TransactionFailed) else None
    return int(answer[0]) if answer else 0
