"""What a running server is made of, in one value that the command line makes and the application takes.

Shell (asyncio, aiortc).
"""

from __future__ import annotations

from dataclasses import dataclass

from server import addresses, embedded_postgres
from server.datadir import socket_dir
from server.errors import CannotStart
from server.fields import Fields
from server.garbage import Garbage
from server.keys import KeyFile
from server.passwords import Passwords, socket_path
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Urls:
    """SQLAlchemy addresses (postgresql+asyncpg) of the three roles; ``billing`` None when billing runs elsewhere."""

    owner: str | None
    app: str
    billing: str | None

    def __repr__(self) -> str:  # they hold passwords
        return "Urls(...)"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything ``server.app.create_app`` needs. Engines are opened (and closed) by the application's lifespan.

    ``garbage`` is the process's own and so given by whoever owns the process; without it Python looks when it likes.
    """

    settings: Settings
    keys: KeyFile
    fields: Fields
    app_url: str
    billing_url: str | None
    passwords: Passwords
    media_hosts: tuple[str, ...]  # what the UDP sockets bind
    media_addresses: tuple[str, ...]  # what the offers name
    garbage: Garbage | None = None


def database_urls(settings: Settings, keys: KeyFile) -> Urls:
    """The configured database's addresses, or the embedded one's (whose passwords are derived from the key file)."""
    if settings.database_url is None:
        sockets = socket_dir(settings.data_dir)
        roles = (embedded_postgres.OWNER, embedded_postgres.APP, embedded_postgres.BILLING)
        owner, app, billing = (embedded_postgres.url(sockets, role, keys.password(role)) for role in roles)
        return Urls(owner, app, billing)
    owner_given, billing_given = settings.owner_database_url, settings.billing_database_url
    return Urls(
        owner=_asyncpg(owner_given) if owner_given else None,
        app=_asyncpg(settings.database_url),
        billing=_asyncpg(billing_given) if billing_given else None,
    )


def billing_url(settings: Settings, keys: KeyFile) -> str:
    """The billing role's address for a process that runs billing alone: configured, or the embedded database of the
    same data directory. Raises CannotStart when there is neither."""
    if settings.billing_database_url is not None:
        return _asyncpg(settings.billing_database_url)
    found = database_urls(settings, keys).billing
    if found is None or not (settings.data_dir / "postgres").exists():
        raise CannotStart("billing-database", "Set ANTECHAMBER_BILLING_DATABASE_URL to the billing role's database.")
    return found


def make(settings: Settings, keys: KeyFile) -> Runtime:
    """The runtime of these settings. Opens nothing."""
    urls = database_urls(settings, keys)
    return Runtime(
        settings=settings,
        keys=keys,
        fields=Fields(),
        app_url=urls.app,
        billing_url=urls.billing if settings.billing_mode == "inside" else None,
        passwords=Passwords(socket_path(socket_dir(settings.data_dir))),
        media_hosts=addresses.listen_hosts(settings),
        media_addresses=addresses.media_addresses(settings),
    )


def _asyncpg(address: str) -> str:
    return "postgresql+asyncpg://" + address.removeprefix("postgresql://")
