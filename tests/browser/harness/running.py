"""A real Antechamber as an operator runs it: its own process, its own data directory, a free port, https."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from server.bench.ports import free_port as free_port

ROOT: Final = Path(__file__).parents[3]
PROGRAM: Final = ROOT / ".venv" / "bin" / "antechamber"
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Antechamber:
    """One server that may be killed and started again over the same data."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()) -> None:
        """`folder` is to hold its data, `settings` are ANTECHAMBER_* without the prefix, in lower case.

        `prefix` is words before the command (a network namespace, a time namespace).
        """
        self.folder = folder
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        self.settings = {"data_dir": str(folder / "var"), "port": str(self.port), **(settings or {})}
        self.prefix = prefix
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "server.log"
        # Whose data its first start finds, instead of founding a demo: None founds one.
        self.model = None if settings and {"data_dir", "key_file", "database_url"} & set(settings) else a_demo

    @property
    def authority(self) -> Path:
        """The server's own certificate authority, once it has started."""
        return self.folder / "var" / "tls" / "authority.pem"

    @property
    def demo(self) -> dict[str, Any]:
        """What `antechamber demo` wrote for whoever drives it."""
        shown: dict[str, Any] = json.loads((self.folder / "var" / "demo.json").read_text("utf-8"))
        return shown

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of its processes: nothing of the machine's leaks in."""
        own = {f"ANTECHAMBER_{name.upper()}": value for name, value in self.settings.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", **own}

    async def start(self, command: str = "demo", within: float = 60) -> Antechamber:
        """Start it and return when its pages answer; fail with its log when it ends or takes too long."""
        if command == "demo" and self.model is not None and not (self.folder / "var").exists():
            copied(await self.model(), self.folder)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220  # a fork is quick, and its death must follow this thread's
                [*self.prefix, "setpriv", "--pdeathsig", "KILL", PROGRAM, command],
                cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + within
        while not await self.answers():
            ended = self.process.poll()
            assert ended is None, f"the server ended with {ended}:\n{self.words()}"
            assert time.monotonic() < end, f"the server did not answer within {within:g} s:\n{self.words()}"
            await asyncio.sleep(0.05)
        return self

    async def answers(self) -> bool:
        """Say whether its health page answers over https with a certificate of its own authority."""
        if not self.authority.exists():
            return False
        try:
            async with self.browserless() as client:
                return (await client.get("/healthz")).status_code == 200
        except (httpx.TransportError, ssl.SSLError):
            return False

    def browserless(self) -> httpx.AsyncClient:
        """Give an https client that trusts this server's authority and nothing else."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        return httpx.AsyncClient(base_url=self.origin, verify=trust, trust_env=False, timeout=10)

    def kill(self) -> None:
        """Kill it as a power cut would (SIGKILL to the server itself; what it started must notice)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def drop(self) -> None:
        """Be done with it: killed where it still runs. How a server ends well, its own tests show."""
        if self.process is not None:
            self.kill()

    async def stop(self, within: float = 20) -> int:
        """Stop it as an operator would (SIGTERM) and give its exit code."""
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(process.wait, within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not stop within {within:g} s:\n{self.words()}") from None

    async def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the program over the same settings (`verify`, `code`, `doctor`)."""
        command = [*self.prefix, str(PROGRAM), *words]
        return await asyncio.to_thread(
            subprocess.run, command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60
        )

    def words(self) -> str:
        """Give the end of what it wrote."""
        return self.log.read_text("utf-8", "replace")[-4000:] if self.log.exists() else ""

    def cpu_seconds(self) -> float:
        """Give the processor time of the server's process so far (user and system, its children not)."""
        assert self.process is not None
        # proc(5): fields 14 and 15, counted after the name in brackets, which may hold spaces.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


# Founding a demo (a database from nothing, certificates, people with hashed passwords) is half of a first start. Once a
# run will do for tests that need a demo of their own; tests/server/infra/test_cli.py founds each time.
_models: list[Path] = []


async def a_demo() -> Path:
    """Give a folder with the data of a demo that was founded and stopped; made once a process, gone at its end."""
    if not _models:
        folder = Path(tempfile.mkdtemp(prefix="antechamber-demo-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        await founded(Antechamber(folder))
        _models.append(folder)
    return _models[0]


async def founded(server: Antechamber) -> None:
    """Found a demo and stop it, so that what is in its folder can be copied."""
    server.model = None
    await server.start("demo", within=120)
    await server.stop(40)


def copied(model: Path, folder: Path) -> None:
    """Copy a stopped server's data and keys, but nothing of its run."""
    subprocess.run(["cp", "-a", "--reflink=auto", model / "var", model / "var.key", folder], check=True)
    shutil.rmtree(folder / "var" / "run", ignore_errors=True)
