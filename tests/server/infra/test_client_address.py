"""Whose request it is: a stranger's header says nothing, a trusted proxy's last word is believed, no more than that."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from server.client_address import client_address, parse, prefix

CADDY = "172.30.57.2"
OURS = (ip_network("172.30.57.2/32"), ip_network("10.9.0.0/16"), ip_network("fd00:57::/64"))


def seen(peer: str, *headers: str) -> str:
    return str(client_address(peer, headers, OURS))


def test_a_strangers_header_is_ignored() -> None:
    assert seen("203.0.113.7", "198.51.100.1") == "203.0.113.7"
    assert str(client_address(CADDY, ["198.51.100.1"], ())) == CADDY, "by default nobody is trusted"


def test_a_trusted_peers_word_is_believed() -> None:
    assert seen(CADDY, "198.51.100.1") == "198.51.100.1"
    assert seen(f"::ffff:{CADDY}", " 2001:db8::7 ") == "2001:db8::7"
    assert seen("fd00:57::2", "::ffff:198.51.100.1") == "198.51.100.1"
    assert seen(CADDY) == CADDY, "without a header it is the proxy"


@pytest.mark.parametrize("spoofed", ["192.0.2.66", "10.9.0.1", "::1", "<script>", "", ",,,", "192.0.2.66, 10.9.0.1"])
def test_what_the_client_wrote_itself_is_never_looked_at(spoofed: str) -> None:
    assert seen(CADDY, f"{spoofed}, 198.51.100.1") == "198.51.100.1"
    assert seen(CADDY, spoofed, "198.51.100.1") == "198.51.100.1", "as a header of its own"
    assert seen(CADDY, f"{spoofed}, 198.51.100.1, 10.9.3.4") == "198.51.100.1", "through two proxies of ours"


@pytest.mark.parametrize(
    "unclear",
    ["unknown", "198.51.100.1:443", "[2001:db8::7]", "fe80::1%eth0", "198.51.100.300", "", "10.9.0.1", "a" * 9999],
)
def test_what_is_unclear_is_the_peer(unclear: str) -> None:
    assert seen(CADDY, unclear) == CADDY
    assert seen(CADDY, f"192.0.2.66, {unclear}, 10.9.0.1" if unclear != "10.9.0.1" else unclear) == CADDY


def test_trusting_the_world_believes_nobody() -> None:
    """Every hop is then a proxy of ours and none is a client: the peer, which no header can choose."""
    assert str(client_address("203.0.113.7", ["192.0.2.66, 198.51.100.1"], (ip_network("0.0.0.0/0"),))) == "203.0.113.7"


def test_guessing_is_counted_by_network() -> None:
    assert prefix(parse("198.51.100.77")) == prefix(parse("::ffff:198.51.100.3")) == "198.51.100.0/24"
    assert prefix(parse("2001:db8:1:2ff::1")) == "2001:db8:1:200::/56"
    assert prefix(client_address("", [], OURS)) == prefix(client_address("a-socket", [], OURS)) == "unknown"
    assert str(client_address("fe80::1%eth0", [], OURS)) == "fe80::1"
