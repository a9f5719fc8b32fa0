"""The closed network is closed, and its capture sees what happens on it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.browser.harness.network import INNER, OUTER, Network, addresses_in, closed_network, names_asked, strangers

# What the browsers themselves look up whatever page is open: updates, autofill, remote settings.
BROWSERS_OWN = re.compile(
    r"^(accounts\.google\.com|(\w+\.)*(update|content-autofill|optimizationguide-pa)\.googleapis\.com"
    r"|(\w[\w-]*\.)+mozilla\.(com|net|org))$"
)
KNOCK = "import socket, sys; socket.socket(type=socket.SOCK_DGRAM).sendto(b'hello', (sys.argv[1], 8443))"


def test_nothing_leaves_a_closed_network(network: Network) -> None:
    with pytest.raises(AssertionError, match="Network is unreachable"):
        network.run(sys.executable, "-c", KNOCK, "198.51.100.7")
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


def test_a_name_that_is_asked_for_is_read_from_the_capture(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "names.pcap"
    ask = "import socket; socket.getaddrinfo('tracker.example.com', 443)"
    with network.capture(file), pytest.raises(AssertionError, match="gaierror"):
        network.run(sys.executable, "-c", ask)
    assert names_asked(file) == {"tracker.example.com"}
    assert not BROWSERS_OWN.search("tracker.example.com")


def visit_in(network: Network, tmp_path: Path, browser: str) -> dict[str, int]:
    """Hold a whole visit inside a network and give the addresses of its capture that are not the network's own."""
    file, folder = tmp_path / "visit.pcap", tmp_path / "visit"
    folder.mkdir()
    with network.capture(file):
        said = network.run(sys.executable, "-m", "tests.browser.closed_visit", folder, browser)
    assert said.endswith("held\n")
    assert [name for name in names_asked(file) if not BROWSERS_OWN.search(name)] == []
    assert sum(addresses_in(file).values()) > 1000, "the capture holds the visit's media"
    return strangers(file)


def test_a_whole_visit_needs_no_route_to_anywhere(network: Network, tmp_path: Path) -> None:
    assert visit_in(network, tmp_path, "chromium") == {}


@pytest.mark.long
@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_whole_visit_talks_to_nobody_else_where_it_could_try(tmp_path: Path, browser: str) -> None:
    with closed_network(dead_end=True) as network:
        assert visit_in(network, tmp_path, browser) == {}
