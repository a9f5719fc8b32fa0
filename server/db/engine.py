"""Engines: one per role, UTC, no ORM. Shell (sqlalchemy)."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

Engine: TypeAlias = AsyncEngine  # for the signatures of modules that speak no SQL themselves


def open_engine(url: str, *, name: str, pool_size: int = 8) -> AsyncEngine:
    """An engine for `url` (postgresql+asyncpg); `name` shows in pg_stat_activity.

    Statements are never echoed: their parameters may hold health information.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 30,
            "server_settings": {"application_name": name, "timezone": "UTC", "search_path": "pg_catalog"},
        },
    )
