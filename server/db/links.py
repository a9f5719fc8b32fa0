"""A client's link and the devices it was opened on. Shell (sqlalchemy).

The secret is found by its SHA-256 and kept sealed under the client's data key, so that the same link can be sent again.
A visit has at most one live link, and a link at most one live device.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from server.db.shelf import Work
from server.db.tables import client_sessions, links
from server.errors import Refused
from server.ids import new_id, new_secret, secret_hash


@dataclass(frozen=True, slots=True)
class Link:
    """One link, without its secret."""

    id: str
    visit: str
    client: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class JoinedDevice:
    """A browser that exchanged the link for a cookie. `ended_reason`: replaced or link-revoked; None while it lives."""

    token_hash: bytes
    link: str
    visit: str
    client: str
    device: str
    ended_reason: str | None


def _link(row: Row[Any]) -> Link:
    return Link(row.id, row.visit_id, row.client_id, row.revoked_at)


async def make(work: Work, visit: str, client: str) -> str:
    """A new live link; returns its secret (43 characters). The visit must have no live one."""
    link, secret = new_id("lnk"), new_secret()
    key = await work.client_key(client)
    await work.run(
        insert(links).values(
            practice_id=work.practice,
            id=link,
            visit_id=visit,
            client_id=client,
            secret_hash=secret_hash(secret),
            secret_sealed=work.seal(links, "secret_sealed", link, secret, key),
            created_at=work.now(),
        )
    )
    return secret


async def secret_of(work: Work, visit: str) -> str:
    """The secret of the visit's live link, to be sent again. Raises Refused("link-missing")."""
    row = await work.one(select(links).where(work.mine(links), links.c.visit_id == visit, links.c.revoked_at.is_(None)))
    if row is None:
        raise Refused("link-missing", "This visit has no link: make a new one.")
    return work.open(links, "secret_sealed", row.id, row.secret_sealed, await work.client_key(row.client_id))


async def by_secret(work: Work, secret: str) -> Link | None:
    """The link of that secret, live or revoked, or None."""
    row = await work.one(select(links).where(work.mine(links), links.c.secret_hash == secret_hash(secret)))
    return None if row is None else _link(row)


async def is_live(work: Work, link: str) -> bool:
    """Whether the link has not been revoked."""
    row = await work.one(select(links.c.revoked_at).where(work.mine(links), links.c.id == link))
    return row is not None and row.revoked_at is None


async def renew(work: Work, visit: str, client: str) -> tuple[str, list[bytes]]:
    """Revoke the live link and make another: (new secret, token hashes of the devices that were ended)."""
    now = work.now()
    await work.run(
        update(links)
        .where(work.mine(links), links.c.visit_id == visit, links.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    ended = await end_devices(work, visit, "link-revoked")
    return await make(work, visit, client), ended


async def join(work: Work, link: Link) -> tuple[str, str, list[bytes]]:
    """A device exchanges the link: (cookie secret, device id, token hashes of the devices it replaces).

    Raises Refused("link-revoked") when a new link came first.
    """
    # one exchange at a time, or two devices could both find the place free
    held = await work.one(select(links.c.revoked_at).where(work.mine(links), links.c.id == link.id).with_for_update())
    if held is None or held.revoked_at is not None:
        raise Refused("link-revoked", "This link was replaced by a newer one: open the newest that you were sent.")
    ended = await end_devices(work, link.visit, "replaced")
    secret, device = new_secret(), new_id("jnt")
    await work.run(
        insert(client_sessions).values(
            practice_id=work.practice,
            token_hash=secret_hash(secret),
            link_id=link.id,
            visit_id=link.visit,
            client_id=link.client,
            device=device,
            created_at=work.now(),
        )
    )
    return secret, device, ended


async def end_devices(work: Work, visit: str, reason: str) -> list[bytes]:
    """End every live device of a visit; their token hashes."""
    rows = await work.all(
        update(client_sessions)
        .where(work.mine(client_sessions), client_sessions.c.visit_id == visit, client_sessions.c.ended_at.is_(None))
        .values(ended_at=work.now(), ended_reason=reason)
        .returning(client_sessions.c.token_hash)
    )
    return [row.token_hash for row in rows]


async def device(work: Work, token_hash: bytes) -> JoinedDevice | None:
    """The device with that cookie, live or ended, or None."""
    row = await work.one(
        select(client_sessions).where(work.mine(client_sessions), client_sessions.c.token_hash == token_hash)
    )
    if row is None:
        return None
    reason = None if row.ended_at is None else str(row.ended_reason)
    return JoinedDevice(row.token_hash, row.link_id, row.visit_id, row.client_id, row.device, reason)
