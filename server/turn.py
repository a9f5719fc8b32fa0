"""The relay for networks without UDP: whose it is, and credentials for one participant that end by themselves.

coturn's `use-auth-secret`: it keeps no list of names, it recomputes what the server computed from a secret both know
(draft-uberti-behave-turn-rest-00, section 2.2: HMAC-SHA1 over the name, which begins with the second it ends in). SHA-1
is that protocol's; as an HMAC it is not weakened by collisions (RFC 6151, section 2, says the same of MD5). Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

LASTS_S: Final = 300
RENEW_S: Final = 90  # before its end the next one is handed over: a browser never holds one about to end
SHORTEST_SECRET: Final = 32  # characters
DEFAULT_PORT: Final = 5349  # RFC 7065, section 3.1

_URL: Final = re.compile(
    r"turns:(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?(?:\?transport=tcp)?"
)


@dataclass(frozen=True, slots=True)
class Relay:
    """Where the relay is (`turns:` addresses, as browsers take them) and the secret shared with it."""

    urls: tuple[str, ...]
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """One participant's credential; `expires_s` from now it opens nothing new (what is open lives on)."""

    urls: tuple[str, ...]
    username: str
    credential: str = field(repr=False)
    expires_s: int


def grant(relay: Relay, visit: str, participant: str, now: int) -> Grant:
    """A credential from `now` (seconds since 1970): the relay counts allocations by what follows the colon."""
    username = f"{now + LASTS_S}:{visit}-{participant}"
    digest = hmac.new(relay.secret, username.encode(), hashlib.sha1).digest()
    return Grant(relay.urls, username, base64.b64encode(digest).decode(), LASTS_S)


def place(url: str) -> tuple[str, int] | None:
    """Host and port of a `turns:` address over TCP (RFC 7065); None when it is anything else, `turn:` included."""
    found = _URL.fullmatch(url)
    if found is None or not 0 < int(found["port"] or DEFAULT_PORT) < 65536:
        return None
    return found["host"].strip("[]"), int(found["port"] or DEFAULT_PORT)
