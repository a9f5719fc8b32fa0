"""Who is signed in, and who tried and failed. Cookies are kept as hashes, subjects of tries as blind indexes.

A sign-in idles out after 15 minutes and ends after 12 hours (45 CFR 164.312(a)(2)(iii)). Shell (sqlalchemy).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.shelf import Work
from server.db.tables import sign_in_attempts, staff_sessions
from server.ids import new_secret, secret_hash
from server.throttle import FORGET_AFTER, LONGEST, Limit, Record, after_failure, wait_left

IDLE: Final = timedelta(minutes=15)
ABSOLUTE: Final = timedelta(hours=12)
_MOST: Final = 5  # sign-ins of one person at a time; the oldest ends
_TOUCH: Final = timedelta(seconds=30)  # how stale `seen_at` may grow before it is written again


async def start(work: Work, person: str) -> str:
    """A new sign-in; returns its cookie's secret (43 characters)."""
    secret = new_secret()
    now = work.now()
    rows = await work.all(
        select(staff_sessions.c.token_hash)
        .where(work.mine(staff_sessions), staff_sessions.c.staff_id == person, *_lives(now))
        .order_by(staff_sessions.c.created_at.desc())
        .offset(_MOST - 1)
    )
    for row in rows:
        await end(work, row.token_hash)
    await work.run(
        insert(staff_sessions).values(
            practice_id=work.practice, token_hash=secret_hash(secret), staff_id=person, created_at=now, seen_at=now
        )
    )
    return secret


def _lives(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        staff_sessions.c.ended_at.is_(None),
        staff_sessions.c.seen_at > now - IDLE,
        staff_sessions.c.created_at > now - ABSOLUTE,
    )


async def holder(work: Work, token_hash: bytes, *, touch: bool = True) -> str | None:
    """The staff id of a living sign-in, or None. `touch` counts as activity: a page, a post, an open socket."""
    now = work.now()
    here = (work.mine(staff_sessions), staff_sessions.c.token_hash == token_hash, *_lives(now))
    row = await work.one(select(staff_sessions.c.staff_id, staff_sessions.c.seen_at).where(*here))
    if row is None:
        return None
    if touch and row.seen_at < now - _TOUCH:
        await work.run(update(staff_sessions).where(*here).values(seen_at=now))
    return str(row.staff_id)


async def end(work: Work, token_hash: bytes) -> bool:
    """End a sign-in; whether there was one to end."""
    touched = await work.run(
        update(staff_sessions)
        .where(
            work.mine(staff_sessions),
            staff_sessions.c.token_hash == token_hash,
            staff_sessions.c.ended_at.is_(None),
        )
        .values(ended_at=work.now())
    )
    return touched > 0


async def reserve(work: Work, subject: bytes, limit: Limit) -> timedelta:
    """Count a try as failed before it is judged, so that tries at the same moment cannot share one place.

    Zero when the try may go on; else how long to wait, and nothing is counted. `forgive` takes it back.
    """
    record = await _read(work, subject, lock=True)
    now = work.now()  # after the row was made, or its own moment would count as a wait
    if left := wait_left(record, now):
        return left
    after = after_failure(limit, record, now)
    values = {"failures": after.failures, "last_at": after.last_at, "not_before": after.not_before}
    await work.run(
        upsert(sign_in_attempts)
        .values(practice_id=work.practice, subject=subject, **values)
        .on_conflict_do_update(index_elements=["practice_id", "subject"], set_=values)
    )
    return timedelta(0)


async def _read(work: Work, subject: bytes, *, lock: bool) -> Record | None:
    if lock:  # a row to hold on to, also for the first try
        now = work.now()
        await work.run(
            upsert(sign_in_attempts)
            .values(practice_id=work.practice, subject=subject, failures=0, last_at=now, not_before=now)
            .on_conflict_do_nothing()
        )
    wanted = select(sign_in_attempts).where(work.mine(sign_in_attempts), sign_in_attempts.c.subject == subject)
    row = await work.one(wanted.with_for_update() if lock else wanted)
    return None if row is None else Record(row.failures, row.last_at, row.not_before)


async def forgive(work: Work, subject: bytes, *, all_of_it: bool) -> None:
    """A try was right: forget the subject's failures, or only the one that `reserve` counted."""
    here = (work.mine(sign_in_attempts), sign_in_attempts.c.subject == subject)
    if all_of_it:
        await work.run(delete(sign_in_attempts).where(*here))
    else:
        await work.run(
            update(sign_in_attempts)
            .where(*here, sign_in_attempts.c.failures > 0)
            .values(failures=sign_in_attempts.c.failures - 1, not_before=sign_in_attempts.c.last_at)
        )


async def sweep(work: Work) -> None:
    """Delete what no longer says anything: ended sign-ins after a day, tries that are forgotten anyway."""
    now = work.now()
    await work.run(
        delete(staff_sessions).where(
            work.mine(staff_sessions), staff_sessions.c.created_at < now - ABSOLUTE - timedelta(days=1)
        )
    )
    await work.run(
        delete(sign_in_attempts).where(
            work.mine(sign_in_attempts), sign_in_attempts.c.last_at < now - LONGEST - FORGET_AFTER
        )
    )
