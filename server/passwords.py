"""Password hashes, made in the jobs process and asked for over a private Unix socket.

A hash takes some 100 ms of a core and 64 MiB: on the media loop it would stop every visit's packets for as long. The
question travels over a socket and not through a row of the job queue, because a password must never touch the disk: a
row would leave it in the write-ahead log and in every backup. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import unicodedata
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from server import logs
from server.errors import Refused

AT_ONCE: Final = 2  # hashes computed side by side: 64 MiB each
WAITING: Final = 20  # beyond those; the next is told to try again
SIDE_BY_SIDE: Final = 3  # sign-ins judged at once: two in a hash, one at the database
IN_LINE: Final = 250  # sign-ins that wait for their turn beyond those
LONGEST: Final = 1024  # bytes of a password after normalisation
_ANSWER_WITHIN: Final = 30.0  # seconds: a full queue on a busy machine
_TURN_WITHIN: Final = 60.0  # seconds in line
_BUSY: Final = "Many people are signing in right now: try again in a few seconds."


def socket_path(sockets: Path) -> Path:
    """The socket's place in ``server.datadir.socket_dir(...)``."""
    return sockets / "passwords.sock"


def normal(password: str) -> bytes:
    """Unicode NFKC, so that the same keys on two systems give the same bytes (NIST SP 800-63B §3.1.1.2).

    Raises Refused("password-too-long")."""
    found = unicodedata.normalize("NFKC", password).encode("utf-8")
    if len(found) > LONGEST:
        raise Refused("password-too-long", f"A password has at most {LONGEST} bytes.")
    return found


def hash_here(password: str) -> str:
    """An argon2id hash made in this process: for the command line, where nothing else waits."""
    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash(normal(password))


class Passwords:
    """What the server asks. Both methods raise Refused("busy") and Refused("passwords-unavailable")."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)
        self._in_line = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One sign-in's turn, first come, first served: a whole practice that signs in at eight waits in line and costs
        nothing meanwhile, instead of asking again and again while visits go on. Raises Refused("busy")."""
        if self._in_line >= IN_LINE:
            raise Refused("busy", _BUSY)
        self._in_line += 1
        try:
            async with asyncio.timeout(_TURN_WITHIN):
                await self._turns.acquire()
        except TimeoutError:
            raise Refused("busy", _BUSY) from None
        finally:
            self._in_line -= 1
        try:
            yield
        finally:
            self._turns.release()

    async def hash(self, password: str) -> str:
        """An argon2id hash to store, in the PHC string format."""
        return str((await self._ask({"password": normal(password).hex()}))["hash"])

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether it is the password. ``stored`` None (nobody has that name) takes as long and is always False:
        the answer's time must not tell who exists (ASVS 5.0, 6.3.8)."""
        try:
            bytes_ = normal(password)
        except Refused:
            return False
        return bool((await self._ask({"password": bytes_.hex(), "stored": stored}))["fits"])

    async def ready(self) -> bool:
        """Whether somebody listens."""
        try:
            _, writer = await asyncio.open_unix_connection(self._path)
        except OSError:
            return False
        writer.close()
        return True

    async def _ask(self, question: dict[str, str | None]) -> dict[str, object]:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                reader, writer = await asyncio.open_unix_connection(self._path)
                try:
                    writer.write(json.dumps(question).encode("ascii") + b"\n")
                    await writer.drain()
                    answer = json.loads(await reader.readline() or b"{}")
                finally:
                    writer.close()
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise Refused("passwords-unavailable", "Signing in is not possible right now: try again soon.") from error
        if answer.get("refused") == "busy":
            raise Refused("busy", _BUSY)
        if not answer:
            raise Refused("passwords-unavailable", "Signing in is not possible right now: try again soon.")
        return dict(answer)


class PasswordService:
    """The other end, in the jobs process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._held = 0
        # Same parameters as every real one; made at the start, so that it belongs to no password anybody knows.
        self._nobody = self._hasher.hash(os.urandom(32))

    async def run(self) -> None:
        """Answer until cancelled."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._answer, self._path, limit=16384)
        finally:
            os.umask(before)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _same_account(writer):
                return
            async with asyncio.timeout(_ANSWER_WITHIN):
                line = await reader.readline()
                if line:
                    writer.write(json.dumps(await self._compute(json.loads(line))).encode("ascii") + b"\n")
                    await writer.drain()
        except (OSError, ValueError, KeyError, TypeError) as error:  # a client that went away, or no client of ours
            logs.log.warning("password-question-refused", error=type(error).__qualname__)
        finally:
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _compute(self, question: dict[str, str | None]) -> dict[str, object]:
        if self._held >= AT_ONCE + WAITING:
            return {"refused": "busy"}
        self._held += 1
        try:
            password = bytes.fromhex(question["password"] or "")
            run = asyncio.get_running_loop().run_in_executor
            if "stored" not in question:
                return {"hash": await run(self._threads, self._hasher.hash, password)}
            stored = question["stored"]
            fits = await run(self._threads, self._fits, stored or self._nobody, password)
            return {"fits": fits and stored is not None}
        finally:
            self._held -= 1

    def _fits(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _same_account(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs under our account (unix(7), SO_PEERCRED); the folder's mode says so already."""
    peer: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return bool(uid == os.geteuid())
