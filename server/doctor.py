"""``antechamber doctor``: looks at what a server needs and says, by name, what is wrong and what to do.

Shell (asyncio, asyncpg).
"""

from __future__ import annotations

import asyncio
import enum
import os
import shutil
import socket
import stat
import sys
import zoneinfo
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from media.errors import Refused
from server import addresses, embedded_postgres, rule_dates, runtime, tls
from server.datadir import socket_dir
from server.errors import CannotStart
from server.keys import KeyFile, refuse_inside
from server.relay import look, relay_of
from server.settings import Settings

OLDEST_PYTHON: Final = (3, 11)
RECEIVE_BUFFER: Final = 4 * 1024 * 1024  # bytes asked for on the media socket
_FREE_AT_LEAST: Final = 1024**3  # bytes


class Verdict(enum.StrEnum):
    """What a check found."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer: ``say`` tells what is and, unless good, what to do."""

    name: str
    verdict: Verdict
    say: str


async def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which a start would meet them. A check that cannot run says so itself."""
    findings = []
    for name, check in CHECKS.items():
        try:
            verdict, say = await check(settings)
        except CannotStart as error:
            verdict, say = Verdict.BAD, error.say
        except Exception as error:  # a check must not hide the others
            verdict, say = Verdict.BAD, f"This could not be checked ({type(error).__name__})."
        findings.append(Finding(name, verdict, say))
    return findings


Answer = tuple[Verdict, str]


async def python(_settings: Settings) -> Answer:
    """The interpreter's version."""
    here = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Verdict.BAD, f"Python {here} is too old: 3.11 or newer is needed."
    return Verdict.GOOD, f"Python {here}."


async def data_directory(settings: Settings) -> Answer:
    """Writable, private, with room."""
    folder = settings.data_dir
    if not folder.exists():
        return Verdict.GOOD, f"{folder} does not exist yet and will be made."
    if not os.access(folder, os.W_OK | os.X_OK):
        return Verdict.BAD, f"{folder} cannot be written: give it to the account that runs the server."
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Verdict.BAD, f"{folder} can be entered by others: run `chmod 700 {folder}`."
    free = shutil.disk_usage(folder).free
    if free < _FREE_AT_LEAST:
        return Verdict.BAD, f"{folder} has {free // 1024**2} MiB left: make room."
    return Verdict.GOOD, f"{folder}, {free // 1024**3} GiB free."


async def key_file(settings: Settings) -> Answer:
    """Beside the data directory, readable by its owner alone, and the one this data was made with."""
    refuse_inside(settings.key_file, settings.data_dir)
    if not settings.key_file.exists():
        if (settings.data_dir / "postgres" / "PG_VERSION").exists():
            return Verdict.BAD, f"{settings.key_file} is missing: put it back, it alone opens the data."
        return Verdict.GOOD, f"{settings.key_file} does not exist yet and will be made."
    keys = KeyFile.load(settings.key_file)
    if settings.data_dir.exists() and settings.key_file.stat().st_dev == settings.data_dir.stat().st_dev:
        return (
            Verdict.WARNING,
            f"{settings.key_file} (key {keys.fingerprint}) is on the same disk as the data: whoever takes the disk has "
            "both. Keep it on another volume, and a copy in a safe place.",
        )
    return Verdict.GOOD, f"{settings.key_file}, key {keys.fingerprint}."


async def postgresql(settings: Settings) -> Answer:
    """Reachable, new enough, and its settings keep what they acknowledge."""
    connection = await _connect(settings)
    if connection is None:
        return Verdict.GOOD, "The embedded PostgreSQL is not running now; it starts with the server."
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < 150000:
            return Verdict.BAD, f"PostgreSQL {version // 10000} is too old: 15 or newer is needed."
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            if await connection.fetchval(f"SHOW {name}") == "off":
                return Verdict.BAD, f"PostgreSQL runs with {name}=off and may lose acknowledged facts: switch it on."
        return Verdict.GOOD, f"PostgreSQL {version // 10000}.{version % 10000}."
    finally:
        await connection.close()


async def grants(settings: Settings) -> Answer:
    """The server's role can append to the journal and cannot change it; neither role sees the other's schema."""
    connection = await _connect(settings)
    if connection is None:
        return Verdict.GOOD, "Checked when the database runs."
    try:
        role = await connection.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if role["rolsuper"]:
            return Verdict.BAD, "The server's database role is a superuser: give it a role of its own without that."
        if not await connection.fetchval("SELECT to_regclass('antechamber.visit_facts') IS NOT NULL"):
            return Verdict.WARNING, "The tables are not there yet: `antechamber migrate` makes them."
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            if await connection.fetchval("SELECT has_table_privilege('antechamber.visit_facts', $1)", right):
                return Verdict.BAD, f"The server's database role may {right} the journal: revoke it."
        if await connection.fetchval(
            "SELECT coalesce(bool_or(has_schema_privilege(oid, 'USAGE')), false) FROM pg_namespace "
            "WHERE nspname = 'billing'"
        ):
            return Verdict.BAD, "The server's database role may use the billing schema: revoke it."
        return Verdict.GOOD, "The journal can be appended to and not changed."
    finally:
        await connection.close()


async def ports(settings: Settings) -> Answer:
    """Free, or ours."""
    if _running(settings):
        return Verdict.GOOD, f"TCP {settings.port} and UDP {settings.udp_port}: this server is running."
    for one in addresses.listen(settings):
        one.close()
    if addresses.udp_taken(settings):
        return (
            Verdict.BAD,
            f"UDP port {settings.udp_port} is taken: stop the other program or set ANTECHAMBER_UDP_PORT.",
        )
    return Verdict.GOOD, f"TCP {settings.port} and UDP {settings.udp_port} are free."


async def receive_buffer(_settings: Settings) -> Answer:
    """Room for the media of many visits between two looks at the socket."""
    largest = _rmem_max()
    if largest is None:
        return Verdict.WARNING, "net.core.rmem_max cannot be read here."
    if largest < RECEIVE_BUFFER:
        return (
            Verdict.WARNING,
            f"net.core.rmem_max is {largest}: packets are lost under load, which the evidence shows. "
            f"Run `sysctl -w net.core.rmem_max={RECEIVE_BUFFER}` on the host.",
        )
    return Verdict.GOOD, f"net.core.rmem_max is {largest}."


async def certificate(settings: Settings) -> Answer:
    """Not about to end."""
    if settings.tls_certificate is None or settings.tls_key is None:
        chain = settings.data_dir / "tls" / "server.pem"
        if not chain.exists():
            return Verdict.GOOD, "The server will make a certificate of its own."
        found = tls.Certificates(chain, chain.with_suffix(".key"), None, None)
        return Verdict.GOOD, f"Made by this server, good until {found.expires():%Y-%m-%d}; renewed by itself."
    given = tls.Certificates(settings.tls_certificate, settings.tls_key, None, None)
    given.context()
    left = given.expires() - datetime.now(UTC)
    if left < timedelta(days=7):
        return Verdict.BAD, f"{settings.tls_certificate} ends in {max(0, left.days)} days: renew it."
    return Verdict.GOOD, f"{settings.tls_certificate}, good until {given.expires():%Y-%m-%d}."


async def time_zones(_settings: Settings) -> Answer:
    """The zones of the United States are known here: every visit has one."""
    for name in ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Pacific/Honolulu"):
        try:
            zoneinfo.ZoneInfo(name)
        except zoneinfo.ZoneInfoNotFoundError:
            return Verdict.BAD, f"The time zone {name} is unknown here: install the system's tzdata package."
    return Verdict.GOOD, "Time zone data is present."


async def media(settings: Settings) -> Answer:
    """What clients are told to send media to."""
    named = addresses.media_addresses(settings)
    for one in named:
        try:
            ip_address(one)
        except ValueError:
            return Verdict.BAD, f"ANTECHAMBER_MEDIA_ADDRESSES holds {one}, which is no IP address."
    outside = [one for one in named if ip_address(one).is_global]
    local = settings.origin_host.split(":")[0] in {"localhost", "127.0.0.1", "[::1]"}
    if not outside and not local:
        return (
            Verdict.WARNING,
            f"Media is offered at {', '.join(named)}: clients elsewhere cannot reach that. Set "
            "ANTECHAMBER_MEDIA_ADDRESSES to the public address.",
        )
    return Verdict.GOOD, f"Media is offered at {', '.join(named)}."


async def trusted_proxies(settings: Settings) -> Answer:
    """Only the operator's own proxies may say where a request came from."""
    networks = settings.trusted_networks
    if not networks:
        return Verdict.GOOD, "No forwarded header is believed."
    joined: tuple[IPv4Network | IPv6Network, ...] = (
        *collapse_addresses(one for one in networks if isinstance(one, IPv4Network)),
        *collapse_addresses(one for one in networks if isinstance(one, IPv6Network)),
    )
    widest = {4: 8, 6: 7}  # the private ranges 10.0.0.0/8 and fc00::/7
    wide = [str(one) for one in joined if one.prefixlen < widest[one.version]]
    if wide:
        return (
            Verdict.WARNING,
            f"ANTECHAMBER_TRUSTED_PROXIES trusts {', '.join(wide)}, which is not a proxy but the world: anybody "
            "there may claim any address. Name the proxy's own, as 172.30.57.2/32.",
        )
    return Verdict.GOOD, f"The forwarded header of {', '.join(str(one) for one in joined)} is believed."


async def turn_relay(settings: Settings) -> Answer:
    """Networks without UDP have a way in, and it leads to this server only."""
    relay = relay_of(settings)
    if relay is None:
        return Verdict.GOOD, "There is no relay: networks that let no UDP through cannot take part (RUNBOOK.md, TURN)."
    try:
        await look(relay)
    except Refused as problem:
        return Verdict.BAD, problem.say
    return Verdict.GOOD, f"{', '.join(relay.urls)}: it takes this server's credentials and refuses other addresses."


async def root(settings: Settings) -> Answer:
    """Whether the embedded database can run under this account."""
    if settings.database_url is None:
        embedded_postgres.as_ordinary_user()
    if os.geteuid() == 0:
        return Verdict.WARNING, "This runs as root: an ordinary user is enough."
    return Verdict.GOOD, "An ordinary user."


async def payer_rules(settings: Settings) -> Answer:
    """The practice's payer rules and the code tables reach beyond today: after their last day every visit is held."""
    found = await rule_dates.look(settings, datetime.now(UTC).date())
    over = [each for each in found.lapses if each.over]
    if over and found.in_use:
        return Verdict.BAD, f"{rule_dates.words(over)}: visits after that are held. The biller looks at them again."
    if found.lapses:
        return Verdict.WARNING, f"{rule_dates.words(found.lapses)}: then visits are held until a biller looks again."
    return Verdict.GOOD, "No payer rule lapses within 60 days, nor do the code tables."


CHECKS: Final[dict[str, Callable[[Settings], Awaitable[Answer]]]] = {
    "python": python,
    "account": root,
    "data-directory": data_directory,
    "key-file": key_file,
    "database": postgresql,
    "database-grants": grants,
    "ports": ports,
    "certificate": certificate,
    "receive-buffer": receive_buffer,
    "time-zones": time_zones,
    "media-addresses": media,
    "turn": turn_relay,
    "trusted-proxies": trusted_proxies,
    "payer-rules": payer_rules,
}


def _rmem_max() -> int | None:
    path = Path("/proc/sys/net/core/rmem_max")
    return int(path.read_text()) if path.exists() else None


def _running(settings: Settings) -> bool:
    """Whether our own server answers: its jobs process listens on this data directory's socket."""
    path = socket_dir(settings.data_dir) / "passwords.sock" if settings.data_dir.exists() else None
    if path is None or not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


async def _connect(settings: Settings) -> asyncpg.Connection | None:
    """As the server's role; None when it is the embedded one and does not run. Raises CannotStart."""
    embedded = settings.database_url is None
    if embedded and not (settings.key_file.exists() and settings.data_dir.exists()):
        return None
    keys = KeyFile.load(settings.key_file) if embedded else None
    url = runtime.database_urls(settings, keys).app if keys is not None else str(settings.database_url)
    try:
        async with asyncio.timeout(5):
            return await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    except (OSError, asyncpg.PostgresError) as error:
        if embedded and isinstance(error, FileNotFoundError | ConnectionRefusedError):
            return None
        raise CannotStart("database", f"The database cannot be used: {type(error).__name__}.") from None
