"""The embedded PostgreSQL: private, clean to stop, quick to recover, never left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from server import datadir, embedded_postgres
from server.embedded_postgres import EmbeddedPostgres, running_in
from server.errors import CannotStart
from server.keys import KeyFile


def plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(plain(url))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def until(found: Callable[[], bool], seconds: float = 10.0) -> bool:
    give_up = time.monotonic() + seconds
    while not found():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.03)  # other processes tell nobody
    return True


def internet_sockets(pids: list[int]) -> list[str]:
    """The TCP and UDP sockets that these processes hold."""
    links = [str(link.readlink()) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:")}
    tables = [Path(f"/proc/net/{table}").read_text().splitlines()[1:] for table in ("tcp", "tcp6", "udp", "udp6")]
    return [row for table in tables for row in table if row.split()[9] in inodes]


def written_down(folder: Path, secrets: list[str]) -> list[Path]:
    """Files that hold one of the secrets."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]


async def test_first_start_makes_roles_and_database_and_the_second_finds_them(data_dir: Path, keys: KeyFile) -> None:
    postgres = await EmbeddedPostgres.start(data_dir, keys)
    try:
        owner = await ask(postgres.owner_url, "SELECT current_user || ' ' || current_database()")
        assert owner == "antechamber_owner antechamber"
        await ask(postgres.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
        await ask(postgres.owner_url, "GRANT SELECT ON kept TO antechamber_app")
        assert await ask(postgres.app_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(postgres.app_url, "CREATE TABLE public.mine (a int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(postgres.billing_url, "SELECT number FROM kept")
    finally:
        await postgres.stop()
    assert running_in(postgres.cluster) == []
    again = await EmbeddedPostgres.start(data_dir, keys)
    try:
        assert await ask(again.app_url, "SELECT number FROM kept") == 7
    finally:
        await again.stop()


async def test_it_listens_on_a_private_socket_alone_and_asks_for_a_password(data_dir: Path, keys: KeyFile) -> None:
    postgres = await EmbeddedPostgres.start(data_dir, keys)
    try:
        for folder in (data_dir / "run", postgres.cluster):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert await ask(postgres.app_url, "SHOW listen_addresses") == ""
        assert internet_sockets(running_in(postgres.cluster)) == []
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host=str(postgres.sockets), user="antechamber_app", password="guess", database="postgres"
            )
        assert not written_down(data_dir, [keys.password(role) for role in ("postgres", "antechamber_owner")])
    finally:
        await postgres.stop()


async def test_another_key_file_is_one_clear_line(data_dir: Path, keys: KeyFile, tmp_path: Path) -> None:
    await (await EmbeddedPostgres.start(data_dir, keys)).stop()
    with pytest.raises(CannotStart) as refused:
        await EmbeddedPostgres.start(data_dir, KeyFile.load_or_create(tmp_path / "other.key"))
    assert refused.value.code == "key-file-wrong"
    assert running_in(data_dir / "postgres") == []


async def test_a_kill_of_the_postmaster_is_recovered_while_serving(data_dir: Path, keys: KeyFile) -> None:
    """Facts that were committed are there again; the supervisor starts it without anybody's help."""
    postgres = await EmbeddedPostgres.start(data_dir, keys)
    try:
        await ask(postgres.owner_url, "CREATE TABLE kept AS SELECT 7 AS number")
        first = postgres.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        begun = time.monotonic()
        found: object = None
        while found is None and time.monotonic() - begun < 20:
            try:
                found = await ask(postgres.owner_url, "SELECT number FROM kept")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.02)
        assert found == 7
        assert postgres.pid != first
    finally:
        await postgres.stop()


SERVER = """
    import asyncio, os, sys
    from pathlib import Path
    from server import supervise
    from server.datadir import Hold, prepare
    from server.embedded_postgres import EmbeddedPostgres
    from server.keys import KeyFile
    if {orphan}:
        supervise.die_with_parent.__code__ = (lambda signal_name: []).__code__
    prepare(Path({data!r}))
    hold = Hold(Path({data!r}))
    async def main():
        postgres = await EmbeddedPostgres.start(Path({data!r}), KeyFile.load(Path({key!r})))
        print("ready", flush=True)
        await asyncio.Event().wait()
    asyncio.run(main())
"""


def start_server(data_dir: Path, keys: KeyFile, *, orphan: bool) -> subprocess.Popen[str]:
    script = textwrap.dedent(SERVER).format(data=str(data_dir), key=str(keys.path), orphan=orphan)
    server = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


def kill(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.wait()
    if server.stdout is not None:
        server.stdout.close()


async def test_a_killed_server_takes_its_database_with_it(data_dir: Path, keys: KeyFile) -> None:
    server = start_server(data_dir, keys, orphan=False)
    assert running_in(data_dir / "postgres")
    kill(server)
    assert until(lambda: running_in(data_dir / "postgres") == [])
    await (await EmbeddedPostgres.start(data_dir, keys)).stop()


async def test_an_orphan_of_a_killed_server_is_stopped_cleanly_and_quickly(data_dir: Path, keys: KeyFile) -> None:
    """As on a machine without setpriv: the kernel does not end it, the next start does."""
    kill(start_server(data_dir, keys, orphan=True))
    orphans = running_in(data_dir / "postgres")
    assert orphans
    begun = time.monotonic()
    postgres = await EmbeddedPostgres.start(data_dir, keys)
    try:
        assert time.monotonic() - begun < 8
        assert not set(orphans) & set(running_in(postgres.cluster))
    finally:
        await postgres.stop()


async def test_a_kill_of_everything_leaves_a_stale_pid_file_that_does_not_matter(data_dir: Path, keys: KeyFile) -> None:
    """Also when the number in it belongs to a living stranger meanwhile, as it does in a container."""
    kill(start_server(data_dir, keys, orphan=True))
    for pid in running_in(data_dir / "postgres"):
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: running_in(data_dir / "postgres") == [])
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    await (await EmbeddedPostgres.start(data_dir, keys)).stop()
    os.kill(os.getpid(), 0)


async def test_a_kill_in_the_middle_of_making_the_cluster_leaves_nothing_that_looks_whole(
    data_dir: Path, keys: KeyFile
) -> None:
    half = data_dir / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    postgres = await EmbeddedPostgres.start(data_dir, keys)
    await postgres.stop()
    assert not half.exists()


async def test_a_long_path_gets_a_short_private_folder_for_its_sockets(tmp_path: Path, keys: KeyFile) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True, mode=0o700)
    sockets = datadir.socket_dir(deep)
    try:
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= 107
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        postgres = await EmbeddedPostgres.start(deep, keys)
        assert await ask(postgres.app_url, "SELECT 1") == 1
        await postgres.stop()
        sockets.chmod(0o755)
        with pytest.raises(CannotStart, match="not private"):
            datadir.socket_dir(deep)
    finally:
        shutil.rmtree(sockets)


def test_where_namespaces_are_forbidden_root_reads_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(embedded_postgres.shutil, "which", lambda name: "/bin/false")
    with pytest.raises(CannotStart, match="run as an ordinary user"):
        embedded_postgres.as_ordinary_user()


def test_one_server_holds_a_data_directory(data_dir: Path) -> None:
    first = datadir.Hold(data_dir)
    with pytest.raises(CannotStart, match=f"already running .process {os.getpid()}"):
        datadir.Hold(data_dir)
    first.release()
    datadir.Hold(data_dir).release()


def test_a_data_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="cannot be written"):
        datadir.prepare(tmp_path / "file" / "var")
