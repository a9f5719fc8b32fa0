"""The compose file and the secrets that are made for it fit each other and the engine that reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = (DEPLOY / "compose.yaml").read_text("utf-8")


def block(name: str) -> str:
    """A top-level part of the compose file, its name left out."""
    found = re.search(rf"^{name}:.*\n((?:(?: .*)?\n)+)", COMPOSE, re.MULTILINE)
    assert found is not None, name
    return found[1]


def services() -> dict[str, str]:
    """Each service's lines."""
    parts = re.split(r"^  ([a-z]+):\n", block("services"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A folder as it stands before the first start."""
    shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "secrets.sh", *words], capture_output=True, text=True, check=False)


def test_a_read_only_service_gets_its_secrets_from_files() -> None:
    """compose writes any other kind into the container, and a read-only one cannot be written into."""
    kinds = dict(re.findall(r"^  (\w+): \{(\w+): ", block("secrets"), re.MULTILINE))
    asked = {name: re.findall(r"^    secrets: \[(.+)\]", text, re.MULTILINE) for name, text in services().items()}
    assert asked["server"] == ["turn"] and {"postgres", "caddy", "coturn"} < set(asked)
    assert COMPOSE.count("secrets:") == 2, "a service asks for secrets in a form this test does not read"
    for name, wanted in asked.items():
        for secret in wanted:
            locked = "<<: *locked" in services()[name]
            assert not locked or kinds[secret] == "file", f"{name}: {secret}"
    assert "read_only: true" in block("x-locked")


def test_the_relays_secret_is_where_compose_looks_and_the_containers_account_may_read_it(deploy: Path) -> None:
    """One secret for coturn and the server; on the machine itself the folder is closed to others."""
    done = make(deploy, "visits.example.org", "203.0.113.10")
    assert done.returncode == 0, done.stderr
    found = re.search(r"^  turn: \{file: \./(\S+)\}", block("secrets"), re.MULTILINE)
    assert found is not None
    secret = deploy / found[1]
    told = re.search(r"^TURN_SECRET=([0-9a-f]{64})$", (deploy / ".env").read_text(), re.MULTILINE)
    assert told is not None and secret.read_text().strip() == told[1]
    assert secret.stat().st_mode & 0o777 == 0o444
    assert secret.parent.stat().st_mode & 0o777 == 0o700 and (deploy / ".env").stat().st_mode & 0o777 == 0o600


def test_no_secret_is_ever_committed(deploy: Path) -> None:
    """Every file that is made is one that git leaves out."""
    before = set(deploy.rglob("*"))
    assert make(deploy, "visits.example.org", "203.0.113.10", "203.0.113.11").returncode == 0
    made = [path for path in set(deploy.rglob("*")) - before if path.is_file()]
    assert len(made) == 2
    ignored = (DEPLOY.parent / ".gitignore").read_text("utf-8").splitlines()
    for path in made:
        name = f"deploy/{path.relative_to(deploy)}"
        assert any(name == line or (line.endswith("/") and name.startswith(line)) for line in ignored), name


def test_secrets_are_never_made_over(deploy: Path) -> None:
    """Not even when only one of the two files is left."""
    assert make(deploy, "visits.example.org", "203.0.113.10").returncode == 0
    kept = (deploy / ".env").read_text()
    assert make(deploy, "visits.example.org", "203.0.113.10").returncode == 2
    assert (deploy / ".env").read_text() == kept
    (deploy / ".env").unlink()
    assert make(deploy, "visits.example.org", "203.0.113.10").returncode == 2
    assert not (deploy / ".env").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["203.0.113.10,203.0.113.11"],
        ["2001:db8::10"],
        ["203.0.113"],
        ["203.0.113.256"],
        ["203.0.113.10", "2001:db8::11"],
        ["203.0.113.10", "203.0.113.11,203.0.113.12"],
        ["203.0.113.10", "203.0.113.10"],
    ],
)
def test_an_address_that_compose_cannot_put_before_a_port_is_refused(deploy: Path, words: list[str]) -> None:
    """One IPv4 address for the server, another for the relay; nothing is written before that is so."""
    done = make(deploy, "visits.example.org", *words)
    assert done.returncode == 2 and "IPv4" in done.stderr
    assert [path.name for path in deploy.iterdir()] == ["secrets.sh"]
