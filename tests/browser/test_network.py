"""The closed network is closed, and its capture sees what happens on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.harness.network import INNER, OUTER, Network, addresses_in, strangers

KNOCK = "import socket, sys; socket.socket(type=socket.SOCK_DGRAM).sendto(b'hello', (sys.argv[1], 8443))"


def test_nothing_leaves_a_closed_network(network: Network) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        network.run(sys.executable, "-c", KNOCK, "198.51.100.7")
    assert "Network is unreachable" in refused.value.stderr
    assert network.run("ip", "route").count("default") == 0


def test_a_capture_names_every_address(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "all.pcap"
    with network.capture(file):
        network.run(sys.executable, "-c", KNOCK, "127.0.0.1")
        network.run(sys.executable, "-c", KNOCK, INNER)
        network.run("ip", "route", "add", "198.51.100.0/24", "dev", "a0")
        network.run("ip", "neighbour", "add", "198.51.100.7", "lladdr", "02:00:00:00:00:07", "dev", "a0")
        network.run(sys.executable, "-c", KNOCK, "198.51.100.7")
    assert {"127.0.0.1", INNER} <= addresses_in(file).keys()
    assert list(strangers(file)) == ["198.51.100.7"]
    assert OUTER not in strangers(file)
