"""The other side of `processes.Orders`: a process that takes orders as lines of JSON on standard input.

Shell (asyncio, pipes)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any


async def obey(act: Callable[[str, dict[str, Any]], Awaitable[Any]]) -> None:
    """Answer each order with what ``act`` gives, or with what kept it from being done, until standard input ends."""
    reader = asyncio.StreamReader(limit=1 << 22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        told, failed = None, ""
        try:
            told = await act(order.pop("do"), order)
        except (OSError, TimeoutError, ValueError, LookupError) as problem:
            failed = f"{type(problem).__name__} {problem}".strip()
        sys.stdout.write(json.dumps({"told": told, "failed": failed}) + "\n")
        sys.stdout.flush()
