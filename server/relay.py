"""The relay as an operator set it: its secret read from its file; the doctor's look at it. Shell (asyncio)."""

from __future__ import annotations

import ssl
import time

from media import relay as media_relay
from server.errors import CannotStart
from server.settings import Settings
from server.turn import SHORTEST_SECRET, Relay, grant, place


def relay_of(settings: Settings) -> Relay | None:
    """The relay, or None when there is none. Raises CannotStart when its secret cannot be used."""
    path = settings.turn_secret_file
    if path is None:
        return None
    try:
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(
            "turn-secret", f"ANTECHAMBER_TURN_SECRET_FILE names {path}, which cannot be read: {type(error).__name__}."
        ) from None
    if len(secret) < SHORTEST_SECRET:
        raise CannotStart("turn-secret", f"{path} holds a secret too short: at least {SHORTEST_SECRET} characters.")
    return Relay(settings.turn_addresses, secret.encode())


async def look(relay: Relay, trust: ssl.SSLContext | None = None) -> None:
    """Ask every address of the relay as a browser would. Raises the media room's Refused with the first thing wrong."""
    for url in relay.urls:
        where = place(url)
        if where is not None:  # the settings take no others
            mine = grant(relay, "doctor", "doctor", int(time.time()))
            await media_relay.look(url, where, mine.username, mine.credential, trust)
