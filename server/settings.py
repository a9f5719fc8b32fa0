"""Every setting of the server in one frozen class, and the only place that reads the environment.

Names are the fields below in capitals after ``ANTECHAMBER_``; an unknown ``ANTECHAMBER_*`` name is refused, because a
misspelt setting that is silently ignored is how a practice runs for a year without what it believed it had switched on.
Shell (asyncio, aiortc).
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from server.errors import CannotStart
from server.turn import place

PREFIX: Final = "ANTECHAMBER_"
_PLACES: Final = re.compile(r"\{(reference|cents)\}")


class Settings(BaseSettings):
    """How this server runs. Make it with :meth:`load`; every path is absolute afterwards, every default filled in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    # Where things are.
    data_dir: Path = Path("var")
    key_file: Path = Path()  # default: beside the data directory, as <data_dir>.key
    # What the world reaches.
    host: str = "any"  # "any" = every address of this machine, IPv4 and IPv6; else one address
    port: int = Field(default=8443, ge=1, le=65535)
    origin: str = ""  # default: https://localhost:<port>
    trusted_hosts: str = ""  # further Host names, comma separated, each as a browser sends it (name or name:port)
    # Networks of the operator's own proxies, comma separated, as 172.30.57.2/32: their X-Forwarded-For is believed, and
    # nobody else's. It only tells whose guesses are counted together; it lets nobody in.
    trusted_proxies: str = ""
    udp_port: int = Field(default=0, ge=0, le=65535)  # default: the same number as port
    media_addresses: str = ""  # comma separated; default: every address of this machine
    strict_srtp: bool = False  # refuse anything below SRTP_AEAD_AES_256_GCM
    # The relay for networks that let no UDP through: coturn, over TLS only. All unset: there is none.
    turn_urls: str = ""  # comma separated, each turns:host:443?transport=tcp
    turn_secret_file: Path | None = None  # holds what coturn has as static-auth-secret
    turn_inner_addresses: str = ""  # comma separated; where the relay reaches this server, if not at media_addresses
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    # The database. Unset: the embedded PostgreSQL in the data directory.
    database_url: str | None = None
    owner_database_url: str | None = None
    billing_database_url: str | None = None
    # The billing receiver.
    billing_mode: Literal["inside", "elsewhere"] = "inside"
    billing_url: str = ""  # default: <origin>/billing/events
    billing_ca: Path | None = None  # further authority trusted for billing_url only
    billing_keys: str = ""  # for `antechamber billing`: a key set file, or the https address of one
    private_receivers: str = ""  # host names, comma separated, that may resolve to a private address
    deliver_timeout_s: float = Field(default=10.0, gt=0, le=30)
    # Files of claims: where batches are laid for whoever fetches them, and where answers are laid for us.
    claims_out: Path | None = None
    claims_in: Path | None = None
    # A clearing house's SFTP server, as sftp://user@host:22, known by its public key alone ("ssh-ed25519 AAAA..."); our
    # private key or our password in a file; the folders there for batches and for answers.
    claims_sftp: str = ""
    claims_sftp_host_key: str = ""
    claims_sftp_key_file: Path | None = None
    claims_sftp_password_file: Path | None = None
    claims_sftp_out: str = ""
    claims_sftp_in: str = ""
    claims_night_hour: int = Field(default=2, ge=0, le=23)  # on the practice's clock
    # The page of the practice's card processor, where clients pay: {reference} and {cents} in it are filled in. What
    # comes back is signed with what `antechamber payments secret` prints.
    payment_page: str = ""
    # The rest.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    connections: int = Field(default=2000, ge=10)  # open connections before the server says 503

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller gives, then the environment; no hidden files."""
        return init_settings, env_settings

    @field_validator("origin", "billing_url")
    @classmethod
    def _only_https(cls, value: str) -> str:
        """Encryption cannot be left off by a setting (there is no plain-HTTP mode)."""
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme != "https":
            raise ValueError("must begin with https://; there is no unencrypted mode")
        if not parts.hostname or parts.username or parts.password or parts.fragment:
            raise ValueError("must be https://host[:port], without a user name or a fragment")
        return value.rstrip("/")

    @field_validator("origin")
    @classmethod
    def _origin_has_no_path(cls, value: str) -> str:
        if value and (urlsplit(value).path or urlsplit(value).query):
            raise ValueError("must be https://host[:port] and nothing after it")
        return value

    @field_validator("database_url", "owner_database_url", "billing_database_url")
    @classmethod
    def _only_postgresql(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("postgresql://"):
            raise ValueError("must begin with postgresql://")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _only_networks(cls, value: str) -> str:
        for part in _listed(value):
            try:
                ip_network(part)
            except ValueError:
                raise ValueError("holds what is no network, as 172.30.57.2/32 or fd00:57::/64") from None
        return value

    @field_validator("turn_urls")
    @classmethod
    def _only_turns(cls, value: str) -> str:
        """Nothing of a visit crosses a network without TLS, the relay's own credentials included."""
        if any(place(url) is None for url in _listed(value)):
            raise ValueError("holds what is no turns:host:port?transport=tcp; a relay is reached over TLS only")
        return value

    @field_validator("claims_sftp")
    @classmethod
    def _only_sftp(cls, value: str) -> str:
        """Claims leave encrypted or not at all; a password stands in a file, never in an address."""
        parts = urlsplit(value)
        if value and (
            parts.scheme != "sftp"
            or not parts.hostname
            or not parts.username
            or parts.password
            or parts.path.strip("/")
        ):
            raise ValueError("must be sftp://user@host[:port], without a password or a folder")
        return value.rstrip("/")

    @field_validator("payment_page")
    @classmethod
    def _only_a_payment_page(cls, value: str) -> str:
        """Of the client only an opaque reference and a sum leave in an address."""
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname or parts.username or "@" in parts.netloc):
            raise ValueError("must begin with https:// and a host, without a user name")
        if set("{}") & set(parts.netloc) or set('{} <>"\\') & set(_PLACES.sub("", value)) or not value.isprintable():
            raise ValueError("may hold {reference} and {cents} behind its host, and no other braces, quotes or spaces")
        return value

    @field_validator("turn_inner_addresses")
    @classmethod
    def _only_addresses(cls, value: str) -> str:
        for part in _listed(value):
            try:
                ip_address(part)
            except ValueError:
                raise ValueError("holds what is no IP address") from None
        return value

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """Defaults that depend on other settings."""
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        data_dir = Path(filled.get("data_dir") or "var").expanduser().absolute()
        filled["data_dir"] = data_dir
        filled["key_file"] = Path(filled.get("key_file") or data_dir.with_name(data_dir.name + ".key")).expanduser()
        filled["key_file"] = filled["key_file"].absolute()
        port = filled.get("port") or 8443
        filled["udp_port"] = filled.get("udp_port") or port
        filled["origin"] = filled.get("origin") or f"https://localhost:{port}"
        filled["billing_url"] = filled.get("billing_url") or str(filled["origin"]).rstrip("/") + "/billing/events"
        return filled

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are given together or not at all")
        if bool(_listed(self.turn_urls)) != (self.turn_secret_file is not None):
            raise ValueError("turn_urls and turn_secret_file are given together or not at all")
        if self.claims_out is not None and self.claims_out == self.claims_in:
            raise ValueError("claims_out and claims_in are two folders, or what is sent would be read as an answer")
        self._sftp_belongs_together()
        if self.database_url and self.billing_mode == "inside" and not self.billing_database_url:
            raise ValueError("with database_url set, billing_database_url is needed too (its own role)")
        return self

    def _sftp_belongs_together(self) -> None:
        proofs = [each for each in (self.claims_sftp_key_file, self.claims_sftp_password_file) if each is not None]
        folders = [each for each in (self.claims_sftp_out, self.claims_sftp_in) if each]
        if not self.claims_sftp and (proofs or folders or self.claims_sftp_host_key):
            raise ValueError("claims_sftp names the server that the other claims_sftp settings are about")
        if self.claims_sftp and not self.claims_sftp_host_key:
            raise ValueError("claims_sftp needs claims_sftp_host_key: without it anybody could answer in its place")
        if self.claims_sftp and (len(proofs) != 1 or not folders):
            raise ValueError(
                "claims_sftp needs one of claims_sftp_key_file and claims_sftp_password_file, and claims_sftp_out or "
                "claims_sftp_in"
            )
        if folders and self.claims_sftp_out == self.claims_sftp_in:
            raise ValueError("claims_sftp_out and claims_sftp_in are two folders, or what is sent would be read back")

    @property
    def origin_host(self) -> str:
        """The host of the origin as it stands in a ``Host`` header: name, and port unless 443."""
        return urlsplit(self.origin).netloc.lower()

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Every ``Host`` header this server answers to; anything else is refused before routing."""
        own = {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")}
        return frozenset({self.origin_host, *own, *_listed(self.trusted_hosts)})

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Names and addresses the self-made certificate is for."""
        hosts = [urlsplit(f"//{host}").hostname or "" for host in (self.origin_host, *_listed(self.trusted_hosts))]
        return tuple(dict.fromkeys(name for name in ("localhost", "127.0.0.1", "::1", *hosts) if name))

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where the operator's own proxies are; empty = no forwarded header is believed."""
        return tuple(ip_network(part) for part in _listed(self.trusted_proxies))

    @property
    def named_media_addresses(self) -> tuple[str, ...]:
        """Addresses to advertise as the operator named them; empty = all of this machine (server.addresses)."""
        return _listed(self.media_addresses)

    @property
    def turn_addresses(self) -> tuple[str, ...]:
        """The relay's `turns:` addresses; empty = there is no relay."""
        return _listed(self.turn_urls)

    @property
    def inner_media_addresses(self) -> tuple[str, ...]:
        """Where the relay reaches this server's media, as further candidates for those who are let in."""
        return _listed(self.turn_inner_addresses)

    @property
    def private_receiver_hosts(self) -> frozenset[str]:
        """Host names a delivery may reach at a private address: those configured, and this server's own."""
        own = {urlsplit(self.origin).hostname or ""}
        return frozenset({*own, *_listed(self.private_receivers)})

    @property
    def run_dir(self) -> Path:
        """For sockets and process ids; nothing in it outlives a stop. 0700."""
        return self.data_dir / "run"

    @classmethod
    def load(cls, **given: Any) -> Settings:
        """Read the environment, and what the caller gives, which wins.

        Raises CannotStart with one clear line: an unknown name, an http origin, a value that does not parse.
        """
        for name in sorted(os.environ):
            if name.upper().startswith(PREFIX) and name.upper().removeprefix(PREFIX).lower() not in cls.model_fields:
                raise CannotStart("unknown-setting", f"{name} is not a setting of this server: check its spelling.")
        try:
            return cls(**given)
        except ValidationError as error:
            raise CannotStart("setting-refused", _one_line(error)) from None


def _listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


def _one_line(error: ValidationError) -> str:
    """The first thing wrong, without the value: a database address holds a password."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = "_".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{where.upper()}: {said}." if where else f"Settings: {said}."
