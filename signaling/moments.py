"""Times on the wire: UTC, milliseconds, `Z`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """`2026-11-20T16:01:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe(at: datetime | None) -> str | None:
    """As `moment`, where there may be none."""
    return None if at is None else moment(at)
