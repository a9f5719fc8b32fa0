"""Attack packets against a connection of our own before the server starts. Shell (asyncio, aiortc)."""

from __future__ import annotations


class SelfTestFailed(RuntimeError):
    """A packet from a stranger ended a connection: the filter does not hold, the server must not start."""


async def self_test() -> None:
    """To come before the ports open."""
