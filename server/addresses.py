"""This machine's addresses: what media offers name, and what the listening sockets bind to. Shell (asyncio, aiortc)."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import ifaddr

from server.errors import CannotStart
from server.settings import Settings


def media_addresses(settings: Settings) -> tuple[str, ...]:
    """Addresses to name in the media offers: those configured, else loopback and every other address of this machine.

    Link-local ones are left out: they mean nothing without an interface's name."""
    if settings.named_media_addresses:
        return settings.named_media_addresses
    found = ["127.0.0.1"]
    for adapter in ifaddr.get_adapters():
        for given in adapter.ips:
            address = ip_address(given.ip if isinstance(given.ip, str) else given.ip[0])
            if not (address.is_loopback or address.is_link_local or address.is_multicast):
                found.append(str(address))
    return tuple(dict.fromkeys(found))


def listen_hosts(settings: Settings) -> tuple[str, ...]:
    """What to bind: both families where the machine has both and nothing else was said."""
    if settings.host != "any":
        return (settings.host,)
    # Everyone who gets a link comes from elsewhere; an address of one's own is a setting.
    return ("0.0.0.0", "::") if _has_ipv6() else ("0.0.0.0",)  # noqa: S104 (a server's default, said above)


def _has_ipv6() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


def listen(settings: Settings) -> list[socket.socket]:
    """The bound TCP sockets. Raises CannotStart("port-taken") or CannotStart("cannot-listen")."""
    sockets: list[socket.socket] = []
    try:
        for host in listen_hosts(settings):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            one = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((host, settings.port))
            one.listen(1024)
            one.setblocking(False)
    except OSError as error:
        for one in sockets:
            one.close()
        if error.errno == 98:  # EADDRINUSE
            raise CannotStart(
                "port-taken",
                f"Port {settings.port} is taken by another program: stop it, or set ANTECHAMBER_PORT.",
            ) from None
        raise CannotStart(
            "cannot-listen", f"The server cannot listen on {settings.host}, port {settings.port}: {error.strerror}."
        ) from None
    return sockets


def udp_taken(settings: Settings) -> bool:
    """Whether another program has the UDP port: asked before the media room opens it, for one clear line."""
    for host in listen_hosts(settings):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            if ":" in host:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((host, settings.udp_port))
            except OSError:
                return True
    return False
