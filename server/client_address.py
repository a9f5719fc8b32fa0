"""Whose request it is when a proxy of the operator's passes it on: the last hop that is no trusted proxy. Pure.

``X-Forwarded-For`` grows to the right: each proxy appends the address that it saw itself, so everything left of the
last hop that we trust was written by somebody whom we do not. It is read from the right, and only as far as needed.
Whatever is unclear ends at the TCP peer: then many share one address, and nobody chooses theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def parse(text: str) -> Address | None:
    """The address, of IPv4 inside IPv6 the IPv4 one; None for anything else (a port, a zone, a name, ``unknown``)."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return None
        return found.ipv4_mapped or found
    return found


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> Address | None:
    """Who asks. ``peer``: of the TCP connection; ``forwarded``: every ``X-Forwarded-For`` header, in order.

    None when the peer itself has no address (a Unix socket)."""
    here = parse(peer.split("%")[0])
    if here is None or not _inside(here, trusted):
        return here
    for hop in _from_the_right(forwarded):
        found = parse(hop)
        if found is None:
            return here
        if not _inside(found, trusted):
            return found
    return here


def prefix(address: Address | None) -> str:
    """The network of an address, coarse enough that one subscriber cannot be many: IPv4 /24, IPv6 /56."""
    if address is None:
        return "unknown"
    return str(ip_network((address, 24 if address.version == 4 else 56), strict=False))


def _inside(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _from_the_right(headers: Sequence[str]) -> Iterable[str]:
    for header in reversed(headers):
        rest: str | None = header
        while rest is not None:
            before, comma, hop = rest.rpartition(",")
            yield hop
            rest = before if comma else None
