"""The process that runs aiortc's MediaRelay for the bench. Shell (asyncio, aiortc)."""

from __future__ import annotations

import asyncio
from typing import Any

from server.bench.decoding import Decoding
from server.bench.orders import obey


async def main() -> None:
    """Answer offers as ordered."""
    decoding = Decoding()

    async def act(_: str, order: dict[str, Any]) -> Any:
        return await decoding.take(order["who"], order["sdp"])

    try:
        await obey(act)
    finally:
        await decoding.close()


if __name__ == "__main__":
    asyncio.run(main())
