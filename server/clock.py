"""The one place that reads the clocks for visits: wall, monotonic, and which boot that counts from. Shell (asyncio)."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from signaling.words import Instant

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Implements `signaling.ports.Clock`."""

    def __init__(self) -> None:
        try:
            self.boot = str(uuid.UUID(_BOOT_ID.read_text(encoding="ascii").strip()))
        except (OSError, ValueError):
            self.boot = str(uuid.uuid4())  # no such file: every start counts as a boot, evidence is placed by wall time

    def instant(self) -> Instant:
        """Now."""
        return Instant(datetime.now(UTC), time.monotonic_ns(), self.boot)
