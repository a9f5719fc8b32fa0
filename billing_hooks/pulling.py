"""Runs a streaming function in a thread while what it pulls and gives stays with the event loop. Shell (asyncio).

Emitters and readers are plain iterators; the database speaks asyncio. A step of the iterator that needs the database
waits for the loop, the loop never for the step: the same process hashes passwords meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class Pull:
    """Asks the loop from within the thread that `in_thread` started."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives, awaited by the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def each(self, page: Callable[[int], Coroutine[Any, Any, T | None]]) -> Iterator[T]:
        """`page(0)`, `page(1)` ... until there is none."""
        number = 0
        while (found := self.ask(page(number))) is not None:
            yield found
            number += 1


async def in_thread(step: Callable[[Pull], T]) -> T:
    """What `step` gives, run in a thread; a cancelled caller waits for the thread, which uses its connection."""
    loop = asyncio.get_running_loop()
    running: Awaitable[T] = asyncio.ensure_future(asyncio.to_thread(step, Pull(loop)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
