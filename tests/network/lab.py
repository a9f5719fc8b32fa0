"""Two places with a network of their own each, a router between them and this machine, and whatever is wrong with it.

    place A (10.231.1.2) --+
                           router --- this machine (10.231.0.1), where the server and the relay run
    place B (10.231.2.2) --+

The router is a namespace: what it forwards can be dropped by `nft`, translated, or led through a `BadPath`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.browser.harness.network import program
from tests.network.impairment import BadPath, bad_path

BLOCK = 231
HERE, GATE = f"10.{BLOCK}.0.1", f"10.{BLOCK}.0.2"
NEWNET = 0x40000000  # CLONE_NEWNET


def run(*command: str, script: str | None = None) -> str:
    """Run a system program; fail with its own words."""
    done = subprocess.run(
        [program(command[0]), *command[1:]], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Place:
    """One person's network: a namespace with one address and the router as its way out."""

    lab: Lab
    letter: str
    number: int

    @property
    def name(self) -> str:
        """Of the namespace."""
        return f"{self.lab.name}{self.letter}"

    @property
    def device(self) -> str:
        """The router's end of the line to here."""
        return f"to{self.letter}"

    def address(self, last: int = 2) -> str:
        """Its address, unless it changed."""
        return f"10.{BLOCK}.{self.number}.{last}"

    def addresses(self) -> str:
        """What its device has now, as ip(8) prints it."""
        return run("ip", "-n", self.name, "-o", "-4", "address", "show", "dev", "out")

    def wrapper(self, folder: Path, ahead_s: int = 0) -> Path:
        """A program that is Chromium inside this place.

        :param ahead_s: so far is its monotonic clock, which stamps the pictures that it sends, ahead of this machine's.
        """
        path = folder / f"chromium-{self.letter}-{ahead_s}"
        words = [program("ip"), "netns", "exec", self.name]
        if ahead_s:
            words += [program("unshare"), "--time", f"--monotonic={ahead_s}", f"--boottime={ahead_s}"]
            words += ["--fork", "--kill-child"]
        path.write_text(f'#!/bin/sh\nexec {" ".join(words)} {program("chromium")} "$@"\n')
        path.chmod(0o755)
        return path

    @contextmanager
    def filtered(self, *rules: str) -> Iterator[None]:
        """What the router forwards from and to this place passes these rules of nft, each once a direction."""
        table = f"f{uuid.uuid4().hex[:8]}"
        ways = [f'{way} "{self.device}" {rule}' for rule in rules for way in ("iifname", "oifname")]
        body = "\n".join(ways)
        script = f"table ip {table} {{\nchain c {{\ntype filter hook forward priority 0;\n{body}\n}}\n}}\n"
        self.lab.nft(script)
        try:
            yield
        finally:
            self.lab.nft(f"delete table ip {table}\n")

    def dark(self) -> AbstractContextManager[None]:
        """Nothing passes, neither media nor pages."""
        return self.filtered("drop")

    @contextmanager
    def through(self, path: BadPath) -> Iterator[None]:
        """All UDP from here to the path's target goes through it, unseen by the browser, from its first packet on."""
        table = f"r{uuid.uuid4().hex[:8]}"
        chain = "type nat hook prerouting priority dstnat;"
        rule = f'iifname "{self.device}" udp dport {path.target[1]} redirect to :{path.address[1]}'
        self.lab.nft(f"table ip {table} {{\nchain c {{\n{chain}\n{rule}\n}}\n}}\n")
        try:
            yield
        finally:
            self.lab.nft(f"delete table ip {table}\n")

    def move(self, last: int) -> None:
        """Another address in the place of the one it has, as a phone gets that changes networks."""
        ip = ("ip", "-n", self.name)
        run(*ip, "address", "flush", "dev", "out")
        run(*ip, "address", "add", f"{self.address(last)}/24", "dev", "out")
        run(*ip, "route", "add", "default", "via", self.address(1))


@dataclass(slots=True)
class Lab:
    """The router, and the places behind it."""

    name: str = f"lab{BLOCK}"
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the places."""
        self.places.update({letter: Place(self, letter, number) for number, letter in enumerate("ab", 1)})

    def nft(self, script: str) -> None:
        """Change the router's rules."""
        run("ip", "netns", "exec", self.name, "nft", "-f", "-", script=script)

    def udp(self) -> socket.socket:
        """A socket of the router's."""
        return self.threads.submit(socket.socket, socket.AF_INET, socket.SOCK_DGRAM).result()

    def place(self, letter: str) -> Place:
        """A place of that letter."""
        return self.places[letter]

    def path(self, port: int, seed: int) -> BadPath:
        """A path through the router to that UDP port of this machine, good until it is told otherwise."""
        return bad_path((HERE, port), seed, ("0.0.0.0", 0), self.udp)  # noqa: S104  # inside the router

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The router puts its own address in front of everybody's, as a home's does."""
        table = f"n{uuid.uuid4().hex[:8]}"
        chain = "type nat hook postrouting priority srcnat;"
        self.nft(f'table ip {table} {{\nchain c {{\n{chain}\noifname "here" masquerade random\n}}\n}}\n')
        try:
            yield
        finally:
            self.nft(f"delete table ip {table}\n")

    def up(self) -> None:
        """Make the namespaces and the lines between."""
        self.clear()  # what a run that was killed left
        run("ip", "netns", "add", self.name)
        self.threads.submit(_enter, self.name).result()
        near = f"{self.name}h"
        router = ("ip", "-n", self.name)
        run("ip", "link", "add", near, "type", "veth", "peer", "name", "here", "netns", self.name)
        run("ip", "address", "add", f"{HERE}/24", "dev", near)
        run("ip", "link", "set", near, "up")
        run(*router, "address", "add", f"{GATE}/24", "dev", "here")
        for device in ("here", "lo"):
            run(*router, "link", "set", device, "up")
        run("ip", "netns", "exec", self.name, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for place in self.places.values():
            inside = ("ip", "-n", place.name)
            run("ip", "netns", "add", place.name)
            run(*inside, "link", "add", "out", "type", "veth", "peer", "name", place.device, "netns", self.name)
            for device in ("out", "lo"):
                run(*inside, "link", "set", device, "up")
            run(*router, "address", "add", f"{place.address(1)}/24", "dev", place.device)
            run(*router, "link", "set", place.device, "up")
            run(*inside, "address", "add", f"{place.address()}/24", "dev", "out")
            run(*inside, "route", "add", "default", "via", place.address(1))
            run("ip", "route", "add", f"10.{BLOCK}.{place.number}.0/24", "via", GATE)

    def down(self) -> None:
        """Take it all away."""
        self.threads.shutdown()
        self.clear()

    def clear(self) -> None:
        """Delete the namespaces; routes and devices go with them."""
        for name in [*(place.name for place in self.places.values()), self.name]:
            subprocess.run([program("ip"), "netns", "delete", name], check=False, capture_output=True)
        # a namespace lives on while anything of it does; the line to this machine must not
        subprocess.run([program("ip"), "link", "delete", f"{self.name}h"], check=False, capture_output=True)


def _enter(name: str) -> None:
    """This thread, and the sockets it makes, belong to a namespace from now on (setns(2); Python has it from 3.12)."""
    libc = ctypes.CDLL(None, use_errno=True)
    opened = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        assert libc.setns(opened, NEWNET) == 0, os.strerror(ctypes.get_errno())
    finally:
        os.close(opened)


@contextmanager
def lab() -> Iterator[Lab]:
    """Set it up, and take it down whatever happens; needs root.

    Its line to this machine is a change of this machine's network, at which every Chromium breaks off what it loads: no
    browser test runs beside it (`alone`).
    """
    assert "PYTEST_XDIST_WORKER" not in os.environ, "a test with a lab is marked `alone`"
    made = Lab()
    with (Path(tempfile.gettempdir()) / f"antechamber-lab-{BLOCK}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # its addresses are this machine's, whoever else tests here
        try:
            made.up()
            yield made
        finally:
            made.down()
