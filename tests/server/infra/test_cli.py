"""The command line as people and machines use it: real processes, one clear line for every refusal."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from server import runtime
from server.bench.ports import free_port
from server.embedded_postgres import EmbeddedPostgres, running_in
from server.keys import KeyFile
from server.settings import Settings

PATIENCE = 120.0  # seconds: for a machine that does much else; on a quiet one a start takes three
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The environment of a server of one's own."""
    port = str(free_port())
    return {"ANTECHAMBER_DATA_DIR": str(tmp_path / "var"), "ANTECHAMBER_PORT": port}


def environment(place: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **place}


@pytest.fixture
def run(place: dict[str, str]) -> Run:
    def go(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *words],
            env=environment(place | more), capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip

    return go


class Server:
    """A running `antechamber demo`."""

    def __init__(self, place: dict[str, str]) -> None:
        self.place = place
        self.data_dir = Path(place["ANTECHAMBER_DATA_DIR"])
        self.origin = f"https://localhost:{place['ANTECHAMBER_PORT']}"
        self.log = self.data_dir.with_name("server.log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: str = "demo") -> float:
        """Start and wait until it serves; seconds that took."""
        began = time.monotonic()
        said = self.log.with_suffix(".out")
        with self.log.open("w") as log, said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", command], env=environment(self.place), stdout=out, stderr=log
            )
        words = [f"{word} {self.origin}" for word in ("serves", "Serving", "events at")]
        until(lambda: self.process.poll() is not None or any(word in said.read_text() for word in words), PATIENCE)
        if self.process.poll() is not None or not said.read_text():
            pytest.fail(self.log.read_text())
        return time.monotonic() - began

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal, wait; exit code and what it logged."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE), self.log.read_text()

    def get(self, path: str) -> httpx.Response:
        """Ask over TLS, trusting this server's own authority alone."""
        trust = ssl.create_default_context(cafile=self.data_dir / "tls" / "authority.pem")
        with httpx.Client(verify=trust, trust_env=False) as client:
            return client.get(self.origin + path)

    def children(self) -> list[int]:
        """The process ids of its children."""
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


@pytest.fixture
def server(place: dict[str, str]) -> Iterator[Server]:
    made = Server(place)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGTERM)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running demo for the tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("serving")
    made = Server({"ANTECHAMBER_DATA_DIR": str(folder / "var"), "ANTECHAMBER_PORT": str(free_port())})
    made.start()
    yield made
    made.stop(signal.SIGTERM)


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def until(found: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    give_up = time.monotonic() + seconds
    while not found():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.03)  # other processes tell nobody
    return True


def one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    """Exit code 2 and exactly one line for people; other lines are the log."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("antechamber: ") and words in lines[0]
    assert "Traceback" not in done.stderr


def test_the_demo_serves_over_tls_prints_its_people_and_leaves_nothing_behind(server: Server) -> None:
    print(f"first start until served: {server.start():.1f} s")
    assert server.get("/healthz").json() == {"ok": True}
    page = server.get("/sign-in")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert "server" not in page.headers
    assert server.get("/.well-known/jwks.json").json().keys() == {"keys"}
    shown = json.loads((server.data_dir / "demo.json").read_text())
    assert shown["origin"] == server.origin and shown["client"]["url"].startswith(f"{server.origin}/j#")
    assert (server.data_dir / "demo.json").stat().st_mode & 0o077 == 0
    children = server.children()
    assert len(children) == 2, [words_of(pid) for pid in children]
    code, logged = server.stop(signal.SIGTERM)
    assert code == 0, logged
    assert running_in(server.data_dir / "postgres") == []
    assert not any(words_of(pid) for pid in children)
    for line in logged.splitlines():
        json.loads(line)
    assert shown["client"]["url"].split("#")[1] not in logged


def test_a_second_run_finds_its_data_again(server: Server) -> None:
    server.start()
    first = (server.data_dir / "demo.json").read_text()
    assert server.stop(signal.SIGINT)[0] == 0
    print(f"warm start until served: {server.start():.1f} s")
    assert (server.data_dir / "demo.json").read_text() == first


def test_a_killed_server_starts_again_within_seconds_with_its_data(server: Server) -> None:
    server.start()
    first = (server.data_dir / "demo.json").read_text()
    children = server.children()
    assert server.stop(signal.SIGKILL)[0] == -signal.SIGKILL
    print(f"start after a kill until served: {server.start():.1f} s")
    assert (server.data_dir / "demo.json").read_text() == first
    assert until(lambda: not any("server.cli" in words_of(pid) for pid in children)), "the old jobs process is gone"


def test_a_killed_jobs_process_is_replaced(serving: Server) -> None:
    sockets = serving.data_dir / "run" / "passwords.sock"

    def jobs() -> list[int]:
        return [pid for pid in serving.children() if "server.cli jobs" in words_of(pid)]

    (before,) = jobs()
    os.kill(before, signal.SIGKILL)
    assert until(lambda: jobs() not in ([], [before]))

    def answers() -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(sockets)) == 0

    assert until(answers)


def test_a_second_server_on_the_same_data_is_one_clear_line(serving: Server, run: Run) -> None:
    one_line(run("serve", **serving.place), "already running")
    one_line(run("serve", **serving.place | {"ANTECHAMBER_PORT": str(free_port())}), "already running")
    assert serving.get("/healthz").status_code == 200


def test_doctor_and_keys_speak_to_a_running_server(serving: Server, run: Run) -> None:
    done = run("doctor", **serving.place)
    assert done.returncode == 0, done.stdout
    assert "The journal can be appended to and not changed." in done.stdout
    assert "this server is running" in done.stdout
    assert "fingerprint" in run("keys", "show", **serving.place).stdout
    assert run("payments", "secret", **serving.place).stdout.startswith("whsec_")
    assert "every event has arrived" in run("deliveries", "list", **serving.place).stdout
    one_line(run("deliveries", "replay", "dlv_nothing", **serving.place), "no such delivery")


def test_billing_runs_as_a_process_of_its_own_with_its_own_role(serving: Server, run: Run) -> None:
    """On the same machine it finds the embedded database by itself; it takes signed events and nothing else."""
    here = serving.place | {"ANTECHAMBER_PORT": str(free_port())}
    one_line(run("billing", **here), "ANTECHAMBER_BILLING_KEYS")
    one_line(run("billing", **here, ANTECHAMBER_BILLING_KEYS="/nowhere"), "does not exist")
    apart = Server(here | {"ANTECHAMBER_BILLING_KEYS": f"{serving.origin}/.well-known/jwks.json"})
    apart.log = apart.log.with_name("billing.log")
    apart.start("billing")
    try:
        assert apart.get("/healthz").json() == {"ok": True}
        trust = ssl.create_default_context(cafile=apart.data_dir / "tls" / "authority.pem")
        with httpx.Client(verify=trust, trust_env=False) as client:
            refused = client.post(f"{apart.origin}/billing/events", json={"forged": True})
        assert refused.status_code in (400, 401) and refused.json()["code"]
        assert apart.children() == [], "it starts no database and no jobs process"
    finally:
        assert apart.stop(signal.SIGTERM)[0] == 0
    assert serving.get("/healthz").status_code == 200


def test_a_taken_port_is_one_clear_line(run: Run, place: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(place["ANTECHAMBER_PORT"]))):
        one_line(run("serve"), f"Port {place['ANTECHAMBER_PORT']} is taken")


def test_a_taken_udp_port_is_one_clear_line(run: Run, place: dict[str, str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", int(place["ANTECHAMBER_PORT"])))
        one_line(run("serve"), "UDP port")


def test_a_data_directory_that_cannot_be_written_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    one_line(run("serve", ANTECHAMBER_DATA_DIR=str(tmp_path / "file" / "var")), "cannot be written")


def test_a_misspelt_setting_and_an_http_origin_are_one_clear_line(run: Run) -> None:
    one_line(run("serve", ANTECHAMBER_ORIGN="https://x"), "ANTECHAMBER_ORIGN is not a setting")
    one_line(run("serve", ANTECHAMBER_ORIGIN="http://localhost:8443"), "no unencrypted mode")


def test_a_missing_practice_is_one_clear_line_and_setup_makes_it(run: Run, server: Server) -> None:
    one_line(run("serve"), "antechamber setup")
    named = ["--practice", "Prairie", "--phone", "(612) 555-0100", "--zone", "America/Chicago"]
    done = run("setup", *named, "--name", "Dr. Ruiz", "--email", "ruiz@prairie.example")
    assert done.returncode == 0 and "ruiz@prairie.example signs in" in done.stdout, done.stderr
    one_line(run("setup", *named, "--name", "X", "--email", "x@prairie.example"), "has its practice already")
    server.start("serve")
    desk = ["add-staff", "--role", "front_desk", "--name", "Sam", "--email", "sam@prairie.example"]
    assert run(*desk).returncode == 0, "while it runs"
    one_line(run(*desk), "already")
    one_line(run("add-staff", "--role", "owner", "--name", "X", "--email", "x@y.example"), "not a role")
    assert server.get("/sign-in").status_code == 200


def test_the_command_line_of_claims_says_what_it_did_by_exit_code_and_json(run: Run, tmp_path: Path) -> None:
    named = ["--practice", "Prairie", "--phone", "(612) 555-0100", "--zone", "America/Chicago"]
    assert run("setup", *named, "--name", "Dr. Ruiz", "--email", "ruiz@prairie.example").returncode == 0
    told = run("claims", "status", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["ok"] is True
    (tmp_path / "remit").write_bytes(b"ISA*nothing")
    refused = run("claims", "import-remit", str(tmp_path / "remit"))
    assert (refused.returncode, "Refused (profile-missing)" in refused.stderr) == (1, True), refused.stderr
    assert "receiver" in run("claims", "export", "--out", str(tmp_path), "--by", "Robin").stderr
    one_line(run("claims", "import-ack", str(tmp_path / "none")), "cannot be read")


async def test_a_database_newer_than_the_code_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    settings = Settings.load(data_dir=tmp_path / "var")
    keys = KeyFile.load(settings.key_file)
    postgres = await EmbeddedPostgres.start(settings.data_dir, keys)
    try:
        owner = runtime.database_urls(settings, keys).owner
        assert owner is not None
        connection = await asyncpg.connect(owner.replace("+asyncpg", ""))
        schema = await connection.fetchval("SELECT schemaname FROM pg_tables WHERE tablename = 'antechamber_revision'")
        await connection.execute(f"UPDATE {schema}.antechamber_revision SET version_num = '9999_from_the_future'")  # noqa: S608 (a name read from the catalogue)
        await connection.close()
    finally:
        await postgres.stop()
    one_line(run("serve"), "newer than this version")
    assert running_in(settings.data_dir / "postgres") == []


def test_a_lost_key_file_is_one_clear_line_and_nothing_is_made_in_its_place(run: Run, tmp_path: Path) -> None:
    assert run("migrate").returncode == 0
    (tmp_path / "var.key").rename(tmp_path / "kept")
    one_line(run("serve"), "is missing: put it back")
    assert not (tmp_path / "var.key").exists()


def test_an_external_database_that_is_away_is_one_clear_line(run: Run) -> None:
    url = f"postgresql://x@127.0.0.1:{free_port()}/x"
    more = {f"ANTECHAMBER_{name}DATABASE_URL": url for name in ("", "OWNER_", "BILLING_")}
    one_line(run("serve", **more), "database cannot be reached")


def test_verify_tells_good_from_bad_by_its_exit_code(run: Run, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text("{}")
    (tmp_path / "k.json").write_text('{"keys":[]}')
    done = run("verify", str(tmp_path / "e.json"), "--keys", str(tmp_path / "k.json"))
    assert done.returncode == 1 and done.stderr.startswith("Not good (")
    one_line(run("verify", str(tmp_path / "none"), "--keys", str(tmp_path / "k.json")), "cannot be read")
    one_line(run("verify", str(tmp_path / "e.json"), "--origin", "http://localhost"), "https")


def test_the_coder_runs_over_a_file_of_cases(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text('{"cases": []}')
    assert run("code", "--cases", str(tmp_path / "cases.json")).returncode == 0
    (tmp_path / "cases.json").write_text("[1]")
    one_line(run("code", "--cases", str(tmp_path / "cases.json")), "not a file of cases")


CASE = """{"assume_when_absent": {"consent": "signed"}, "cases": [
 {"id": "one", "given": {"dos": "2026-11-20", "payer": {"name": "X", "lob": "commercial", "rule": null},
  "client": {"state": "MN", "site": "home", "attested": true}, "service": {"intent": "psychotherapy_individual"}}},
 {"id": "two", "given": {"dos": "soon"}}]}"""


def test_cases_without_expectations_come_out_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_text(CASE)
    done = run("code", "--cases", str(tmp_path / "cases.json"), "--json")
    one, two = json.loads(done.stdout)
    assert list(one) == ["id", "outcome", "lines", "reasons", "warnings"]
    assert (one["id"], one["outcome"], one["lines"], one["warnings"]) == ("one", "hold", [], ["SHOW_VERIFICATION_FORM"])
    # What the file assumes is not asked for; what it does not assume is not known.
    assert "CONSENT_MISSING" not in one["reasons"]
    assert {"RULE_MISSING", "NOTE_UNSIGNED", "TABLES_OUT_OF_DATE"} & set(one["reasons"]) == {
        "RULE_MISSING", "NOTE_UNSIGNED",
    }  # fmt: skip
    assert two == {"id": "two", "error": "The case cannot be read (ValueError: Invalid isoformat string: 'soon')."}
    assert done.returncode == 1
    assert run("code", "--json").returncode == 2


def test_rule_files_are_looked_over_with_a_line_for_each_fault(run: Run, tmp_path: Path) -> None:
    done = run("rules", "check")
    assert done.returncode == 0 and "0 wrong" in done.stdout
    (tmp_path / "own.toml").write_text(
        '[[rule]]\nid = "a"\npayer = "A"\nlob = "commercial"\nfrom = 2026-01-01\nhue = 1\n'
    )
    done = run("rules", "check", str(tmp_path / "own.toml"))
    assert done.returncode == 1
    assert f"wrong  {tmp_path / 'own.toml'}, line 6 · a · hue: there is no field hue." in done.stdout.splitlines()
    one_line(run("rules", "check", str(tmp_path / "none.toml")), "cannot be read")


def test_the_bench_of_coding_says_its_pace_and_its_memory(run: Run) -> None:
    done = run("bench", "coding", "--encounters", "400")
    pace, memory, came = done.stdout.splitlines()
    assert pace.startswith("400 encounters in ") and pace.endswith(" a second on one core")
    assert memory.count(",") == 5 and "from the first quarter to the last times " in memory
    assert sum(int(word) for word in came.replace(",", "").split() if word.isdigit()) == 400


@pytest.mark.parametrize(
    ("bench", "works", "marks"),
    [("claiming --claims 8", 4, 5), ("posting --claims 400", 3, 5), ("papers --count 2", 4, 0)],
)
def test_the_benches_of_claims_come_as_a_table_or_as_json(run: Run, bench: str, works: int, marks: int) -> None:
    table = run("bench", *bench.split()).stdout.splitlines()
    assert table[0].split() == ["on", "one", "core", "count", "seconds", "a", "second", "KiB", "each"]
    told = json.loads(run("bench", *bench.split(), "--json").stdout)
    assert (told["right"], len(told["paces"]), len(told["memory_mib"])) == (True, works, marks)
    assert all(one["count"] == int(bench.split()[-1]) and one["per_second"] > 0 for one in told["paces"])
    assert [row.split("  ")[0] for row in table[1 : 1 + works]] == [one["work"] for one in told["paces"]]


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    for command in (
        "serve",
        "demo",
        "setup",
        "add-staff",
        "doctor",
        "verify",
        "code",
        "jobs",
        "billing",
        "migrate",
        "keys",
        "payments",
    ):
        assert command in done.stdout
