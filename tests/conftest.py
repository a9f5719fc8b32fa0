"""What every test may ask for: a real PostgreSQL, a fresh migrated database of one's own, and the `--long` switch."""

from __future__ import annotations

import asyncio
import gc
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from server.db import migrate
from server.embedded_postgres import APP, BILLING, OWNER, as_ordinary_user, programs
from tests.browser.harness.running import Antechamber, founded

ROLES = (OWNER, APP, BILLING)
TEMPLATE = "antechamber_template"
# Safe only because a test database never has to survive anything: about ten times faster to make.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")
# Where a file costs no disk, and the free bytes at which databases go there.
MEMORY, AMPLE = Path("/dev/shm"), 4 << 30  # noqa: S108 - mkdtemp makes the folder in it
settings.register_profile("untimed", deadline=None)  # a property that holds does not fail where the machine is busy
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--long` (the long variants), `--soak` (minutes), `--postgres-bin` (another PostgreSQL, for the range)."""
    parser.addoption("--long", action="store_true", help="run the long variants, and the tests marked long")
    parser.addoption("--soak", type=float, default=0.0, metavar="MINUTES", help="how long the soak holds its visits")
    parser.addoption("--postgres-bin", type=Path, default=programs(), help="folder of initdb, postgres and psql (15+)")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Leave what is marked `long` to `--long`: the second browser of a pair, and what has no small variant.

    Who asks for a lab (`net`) changes this machine's network under every browser, and so runs alone. What is left is
    dealt to the workers of this run, where there are several.
    """
    for item in items:
        if "net" in getattr(item, "fixturenames", ()):
            item.add_marker("alone")
    if not config.getoption("--long"):
        later = [item for item in items if item.get_closest_marker("long") is not None]
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item.get_closest_marker("long") is None]
    yield
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    if workers > 1:
        items[:] = dealt(items, workers)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives as long as the run: no look for garbage walks through it, now or during the tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


LANES = (("browser",), ("flows", "network", "phi"), ("infra", "media"))
"""Folders of tests that take seconds each: a lane is one worker's first work, so that none of them comes last."""


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Order them so that each worker's share (they take equal ones, in order) begins with its lanes' tests."""
    lane_of = {folder: number % workers for number, lane in enumerate(LANES) for folder in lane}
    lanes: list[list[pytest.Item]] = [[] for _ in range(workers)]
    quick: list[pytest.Item] = []
    for item in items:
        its = lane_of.get(item.path.parent.name)
        (quick if its is None else lanes[its]).append(item)
    order: list[pytest.Item] = []
    left = len(items)
    for number, lane in enumerate(lanes):
        share = left // (workers - number)
        more = max(0, share - len(lane))
        order += [*lane, *quick[:more]]
        quick, left = quick[more:], left - share
    return [*order, *quick]


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Say whether this run wants the long variants (`make test-long`)."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Give a function that takes a measured figure; the run prints them all at its end, also those that passed."""
    return lambda words: record_property("figure", words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [(r.nodeid, words) for r in reports for name, words in r.user_properties if name == "figure"]
    if told:
        terminalreporter.section("figures")
    for test, words in told:
        terminalreporter.write_line(f"{test.rpartition('::')[2]}: {words}")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One PostgreSQL for the whole run, on a Unix socket in a folder that only this account may enter."""

    binaries: Path
    folder: Path

    def url(self, role: str, database: str) -> str:
        """Give SQLAlchemy's asyncpg URL for one role in one database."""
        return f"postgresql+asyncpg://{role}@/{database}?host={self.folder}"

    def database(self, name: str) -> Database:
        """Name one database as each role sees it."""
        return Database(name, *(self.url(role, name) for role in ROLES))

    def run(self, statement: str, database: str = "postgres") -> str:
        """Run one statement as the superuser and give what it prints."""
        psql = (self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder)
        done = subprocess.run(
            [*psql, "-U", "postgres", "-d", database, "-c", statement], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{statement}: {done.stderr}"
        return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh, migrated database of one test's own, as each of the three roles sees it."""

    name: str
    owner_url: str
    app_url: str
    billing_url: str

    def settings(self, **more: str) -> dict[str, str]:
        """A server's settings on this database."""
        urls = {
            "database_url": self.app_url,
            "owner_database_url": self.owner_url,
            "billing_database_url": self.billing_url,
        }
        return {**{name: url.replace("+asyncpg", "") for name, url in urls.items()}, **more}


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Start the run's PostgreSQL; it dies with the run, even when the run is killed."""
    binaries: Path = request.config.getoption("--postgres-bin")
    # Not pytest's own tmp_path: a socket's path may be 107 bytes long at most.
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > AMPLE
    folder = Path(tempfile.mkdtemp(prefix="antechamber-pg-", dir=MEMORY if in_memory else None))
    try:
        initdb: list[str | Path] = [*as_ordinary_user(), binaries / "initdb", "-D", folder / "d", "-U", "postgres"]
        initdb += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True)
        command: list[str | Path] = [*as_ordinary_user(), "setpriv", "--pdeathsig", "QUIT", binaries / "postgres"]
        command += ["-D", folder / "d", "-k", folder, "-c", "listen_addresses="]
        command += [word for setting in HASTY for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            postgres = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until_ready(binaries, folder, postgres)
            here = Cluster(binaries, folder)
            for role in ROLES:
                here.run(f"CREATE ROLE {role} LOGIN")
            yield here
        finally:
            postgres.terminate()
            try:
                postgres.wait(20)
            except subprocess.TimeoutExpired:
                postgres.kill()
                postgres.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(binaries: Path, folder: Path, postgres: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; fail with its own log when it stops or takes longer than 30 s."""
    probe: list[str | Path] = [binaries / "psql", "-X", "-q", "-h", folder, "-U", "postgres", "-c", "SELECT 1"]
    for _ in range(300):
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return
        if postgres.poll() is not None:
            break
        try:
            postgres.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Migrate one database from nothing to head, once a run; every test's database is a copy of it."""
    cluster.run(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    # A thread of its own, so that the migration may run an event loop whatever this thread is doing.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, migrate.upgrade(cluster.url(OWNER, TEMPLATE))).result()
    return TEMPLATE


numbers = itertools.count(1)


@contextmanager
def database_from(cluster: Cluster, template: str) -> Iterator[Database]:
    """Make a copy of a database that nobody is connected to; it is dropped afterwards."""
    name = f"test_{next(numbers)}"
    # Its files, not its pages one by one through the log: four times as fast.
    cluster.run(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template} STRATEGY file_copy")
    yield cluster.database(name)
    cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """Give this test a database of its own: a copy of the migrated template, dropped afterwards."""
    with database_from(cluster, template) as made:
        yield made


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[Database]:
    """Give this test a database with nothing in it, for the tests of the migrations themselves."""
    with database_from(cluster, "template1") as made:
        yield made


@dataclass(frozen=True, slots=True)
class Founded:
    """A demo that was founded and stopped: its folder, and its database."""

    folder: Path
    database: str


@pytest.fixture(scope="session")
def model(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """Found one demo a run; every test's is a copy of it (tests/server/infra/test_cli.py founds each time)."""
    folder, name = tmp_path_factory.mktemp("demo"), "founded_demo"
    cluster.run(f"CREATE DATABASE {name} OWNER {OWNER}")
    server = Antechamber(folder, cluster.database(name).settings())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, founded(server)).result()
    return Founded(folder, name)


@pytest.fixture
def demo_database(cluster: Cluster, model: Founded) -> Iterator[Database]:
    """Give this test a database of its own with the demo in it."""
    with database_from(cluster, model.database) as made:
        yield made
