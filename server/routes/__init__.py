"""The HTTP interface: one module a subject, each with `router()`. Shell (asyncio, fastapi)."""
