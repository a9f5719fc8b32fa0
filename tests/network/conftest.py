"""What a test of bad networks may ask for: the lab, and a relay in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.network.coturn import Coturn, coturn
from tests.network.lab import HERE, Lab, lab


@pytest.fixture
def net() -> Iterator[Lab]:
    """Two places and a router, for this test alone."""
    with lab() as made:
        yield made


@pytest.fixture
async def relay(net: Lab, tmp_path: Path) -> AsyncIterator[Coturn]:
    """A coturn on this machine's address in the lab, allowed to reach that address only."""
    async with coturn(tmp_path / "coturn", HERE, HERE) as running:
        yield running
