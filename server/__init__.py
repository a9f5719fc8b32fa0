"""The front door: wiring, routes, database, outbox and command line; the only room that knows the others. Pure."""

VERSION = "0.1.0"
"""The same as in pyproject.toml; a test holds them together."""
