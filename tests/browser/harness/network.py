"""Network namespaces: a machine of its own without a way out, and a capture of every packet on it.

A new namespace has a loopback device, and here one more pair of devices with two made-up addresses, so that a server
also has an address that is not loopback. There is no default route: whatever wants to leave fails at once.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
OUTER, INNER = "192.0.2.1", "192.0.2.2"  # RFC 5737: addresses for documentation, in nobody's network
IGMP = "224.0.0.22"
PACKET: Final = re.compile(r"\bIP6? (\S+) > (\S+): ")


@dataclass(frozen=True, slots=True)
class Network:
    """One namespace, by name."""

    name: str

    @property
    def words(self) -> tuple[str, ...]:
        """Words before a command that is to run inside."""
        return (program("ip"), "netns", "exec", self.name)

    def run(self, *command: str | Path) -> str:
        """Run a command inside and give what it prints."""
        done = subprocess.run([*self.words, *command], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def capture(self, file: Path) -> Iterator[None]:
        """Write every packet of every device to a file, until the end of the block."""
        command: list[str | Path] = [*self.words, program("tcpdump"), "-i", "any", "-n", "-U", "--immediate-mode"]
        command += ["-Z", "root", "-w", file]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as tcpdump:
            assert tcpdump.stderr is not None
            while b"listening on" not in (line := tcpdump.stderr.readline()):
                assert line, "tcpdump ended before it listened"
            try:
                yield
            finally:
                tcpdump.terminate()
                tcpdump.communicate(timeout=20)


@contextmanager
def closed_network(dead_end: bool = False) -> Iterator[Network]:
    """Make a namespace with loopback and a pair of devices, without a route to anywhere else; needs root.

    With `dead_end` there is a default route, from one device of the pair to the other, where nothing is passed on: for
    programs that want to see a route (Firefox gathers no candidate without one). Whatever they send is captured.
    Names are asked of INNER, where nobody answers: `names_asked` reads them from the capture.
    """
    name = f"antechamber-{uuid.uuid4().hex[:8]}"
    ip = program("ip")
    inside = (ip, "-n", name)
    # ip-netns(8): files of this folder stand over those of /etc for whatever runs inside.
    own_etc = Path("/etc/netns") / name
    subprocess.run([ip, "netns", "add", name], check=True, capture_output=True)
    try:
        own_etc.mkdir(parents=True)
        (own_etc / "resolv.conf").write_text(f"nameserver {INNER}\n", "utf-8")
        for command in (
            (*inside, "link", "set", "lo", "up"),
            (*inside, "link", "add", "a0", "type", "veth", "peer", "name", "a1"),
            (*inside, "address", "add", f"{OUTER}/24", "dev", "a0"),
            (*inside, "address", "add", f"{INNER}/24", "dev", "a1"),
            (*inside, "link", "set", "a0", "up"),
            (*inside, "link", "set", "a1", "up"),
        ):
            subprocess.run(command, check=True, capture_output=True)
        if dead_end:
            gateway = str(ipaddress.ip_address(INNER) + 1)  # nobody: its hardware address is the other device's own
            described = subprocess.run([*inside, "link", "show", "a1"], check=True, capture_output=True, text=True)
            hardware = described.stdout.split("link/ether ")[1].split()[0]
            to_nobody = ("neighbour", "add", gateway, "lladdr", hardware, "dev", "a0")
            subprocess.run([*inside, *to_nobody], check=True, capture_output=True)
            subprocess.run([*inside, "route", "add", "default", "via", gateway], check=True, capture_output=True)
        yield Network(name)
    finally:
        subprocess.run([ip, "netns", "delete", name], check=False, capture_output=True)
        shutil.rmtree(own_etc, ignore_errors=True)


def names_asked(file: Path) -> set[str]:
    """Give the names that anybody asked a name server for."""
    read: list[str | Path] = [program("tcpdump"), "-n", "-r", file, "udp", "dst", "port", "53"]
    text = subprocess.run(read, check=True, capture_output=True, text=True).stdout
    return set(re.findall(r" [A-Za-z0-9]+\? (\S+)\. ", text))


def addresses_in(file: Path) -> dict[str, int]:
    """Count the packets of a capture by address, senders and receivers alike."""
    read: list[str | Path] = [program("tcpdump"), "-n", "-r", file]
    text = subprocess.run(read, check=True, capture_output=True, text=True).stdout
    counts: dict[str, int] = {}
    for sender, receiver in PACKET.findall(text):
        for end in (sender, receiver):
            address = bare(end)
            counts[address] = counts.get(address, 0) + 1
    return counts


def strangers(file: Path) -> dict[str, int]:
    """Give the addresses of a capture that are not this namespace's own.

    Its own are loopback, the made-up pair, and what the kernel says for its devices: link-local addresses, the groups
    of neighbour discovery (RFC 4861) and membership reports (RFC 3376), none of which any router passes on.
    """
    return {address: count for address, count in addresses_in(file).items() if not own(address)}


def own(address: str) -> bool:
    """Say whether an address belongs to the namespace itself."""
    parsed = ipaddress.ip_address(address)
    if address in (OUTER, INNER, IGMP) or parsed.is_loopback or parsed.is_unspecified:
        return True
    return parsed.version == 6 and (parsed.is_link_local or parsed in ipaddress.ip_network("ff02::/16"))


def bare(end: str) -> str:
    """Take the port off one end of a packet as tcpdump writes it (`127.0.0.1.8443`, `::1.8443`)."""
    try:
        return str(ipaddress.ip_address(end))
    except ValueError:
        return str(ipaddress.ip_address(end.rpartition(".")[0]))


def program(name: str) -> str:
    """Find a program of the system's, also in the folders that a plain user's path lacks."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    assert found, f"{name} is missing: run `make test`, which installs it"
    return found
