"""What ours is compared with beside Janus: the bare loop, and aiortc's MediaRelay. Shell (asyncio, processes)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from server.bench.figures import BARE, RELAY, Counts
from server.bench.processes import Orders


class BareLoop:
    """See `server.bench.bare`."""

    name = BARE

    def __init__(self, core: int, folder: Path, host: str, load: Orders) -> None:
        self._core, self._folder, self._host, self._load = core, folder, host, load

    async def start(self) -> None:
        """Start its process."""
        command = [sys.executable, "-m", "server.bench.bare", self._host]
        self._orders = await Orders.start(self._core, command, self._folder / "bare.log")
        self.pid = self._orders.pid

    async def add(self, visit: int) -> None:
        """One more visit."""
        for who in (f"{visit}a", f"{visit}b"):
            offer = await self._orders("seat", who=who)
            await self._orders("answer", who=who, sdp=await self._load("answer", who=who, sdp=offer))
        await asyncio.gather(self._orders("connected"), self._load("connected"))

    async def during(self, seconds: float) -> None:
        """Forward for so long."""
        await self._orders("forward", seconds=seconds)

    async def wrong(self, sent: Counts) -> list[str]:
        """It counts nothing."""
        return []

    async def close(self) -> None:
        """Stop it."""
        await self._orders.stop()


class MediaRelay:
    """See `server.bench.decoding`."""

    name = RELAY

    def __init__(self, core: int, folder: Path, host: str, load: Orders) -> None:
        self._core, self._folder, self._host, self._load = core, folder, host, load

    async def start(self) -> None:
        """Start its process."""
        self._orders = await Orders.start(
            self._core, [sys.executable, "-m", "server.bench.relay"], self._folder / "relay.log"
        )
        self.pid = self._orders.pid

    async def add(self, visit: int) -> None:
        """One more visit."""
        for who in (f"{visit}a", f"{visit}b"):
            offer = await self._load("offer", who=who)
            await self._load("accept", who=who, sdp=await self._orders("take", who=who, sdp=offer))
        await self._load("connected")

    async def during(self, seconds: float) -> None:
        """Let the run go on."""
        await asyncio.sleep(seconds)

    async def wrong(self, sent: Counts) -> list[str]:
        """It keeps no account to be compared."""
        return []

    async def close(self) -> None:
        """Stop it."""
        await self._orders.stop()
