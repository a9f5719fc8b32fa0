"""A port for a server that starts in some seconds. Shell (sockets)."""

from __future__ import annotations

import random
import socket
from typing import Final

# Below the ports of connections going out (from 32768 on Linux), of which many are made before the server listens.
_FROM: Final = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody has, TCP and UDP alike: a server takes both."""
    for port in random.sample(_FROM, 100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("a hundred ports were tried, and each is taken")
