"""The server's certificate: the operator's, or one from a local authority of our own.

The local authority may sign for this server's names and nothing else (name constraints, RFC 5280 §4.2.1.10): whoever
trusts it in a browser trusts it with nothing but this server. Its private keys lie encrypted under the key file.
TLS 1.2 with ECDHE and AEAD, or TLS 1.3 (ASVS 5.0, 12.1.1; RFC 9325). Shell (asyncio, aiortc).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.errors import CannotStart
from server.keys import KeyFile
from server.logs import log
from server.settings import Settings

_AUTHORITY_DAYS: Final = 3650
_SERVER_DAYS: Final = 397  # what browsers accept at most of a public authority; a habit worth keeping
_RENEW_DAYS: Final = 30  # before expiry
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the certificate and its key are. ``authority`` is None when the operator gave the certificate."""

    chain: Path
    key: Path
    authority: Path | None
    password: bytes | None

    def load_into(self, context: ssl.SSLContext) -> None:
        """Load (or, for new connections, load again) the certificate. Raises CannotStart."""
        try:
            # Never None: for an encrypted key OpenSSL would ask at the terminal, and a service would hang.
            context.load_cert_chain(self.chain, self.key, password=self.password or b"")
        except OSError as error:  # ssl.SSLError is one; its text names neither key nor password
            raise CannotStart(
                "certificate",
                f"The certificate {self.chain} and key {self.key} cannot be used: {error.strerror or error}.",
            ) from None

    def context(self) -> ssl.SSLContext:
        """What the server listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        context.set_alpn_protocols(["http/1.1"])
        self.load_into(context)
        return context

    def expires(self) -> datetime:
        """When the server's certificate ends, in UTC."""
        return x509.load_pem_x509_certificate(self.chain.read_bytes()).not_valid_after_utc

    def how_to_trust(self) -> str:
        """One sentence for people; empty when the operator gave the certificate."""
        if self.authority is None:
            return ""
        return (
            "The browser will warn, because this server made its certificate itself: go on, or import "
            f"{self.authority} as a trusted authority (it can vouch for this server only)."
        )


def certificates(settings: Settings, keys: KeyFile, now: datetime | None = None) -> Certificates:
    """The operator's certificate, or ours: made when missing, renewed 30 days before it ends or when the names change.

    Raises CannotStart when the operator's files do not work."""
    if settings.tls_certificate is not None and settings.tls_key is not None:
        return Certificates(settings.tls_certificate, settings.tls_key, None, None)
    folder = settings.data_dir / "tls"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = Certificates(
        folder / "server.pem", folder / "server.key", folder / "authority.pem", keys.derive("tls").hex().encode("ascii")
    )
    _make_sure(folder, found, settings.certificate_names, now or datetime.now(UTC))
    return found


def trust(settings: Settings) -> ssl.SSLContext:
    """What a delivery to the billing address trusts: the system's authorities, the local one, the certificate this
    server shows itself, and ``billing_ca``.

    The local authority adds no risk for other hosts: its name constraints hold it to this server's names."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    own = settings.data_dir / "tls" / "authority.pem"
    # An operator's certificate of a private authority: our own receiver is known by the certificate itself.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for path in (own if own.exists() else None, settings.tls_certificate, settings.billing_ca):
        if path is None:
            continue
        try:
            context.load_verify_locations(path)
        except OSError as error:
            raise CannotStart(
                "billing-ca", f"{path} cannot be read as certificates: {error.strerror or error}."
            ) from None
    return context


def _make_sure(folder: Path, found: Certificates, names: Sequence[str], now: datetime) -> None:
    if found.authority is None or found.password is None:
        return
    authority_key_file = folder / "authority.key"
    authority, authority_key = _read(found.authority, authority_key_file, found.password)
    if authority is None or authority_key is None or not _good(authority, names, now, constraints=True):
        authority, authority_key = _authority(names, now)
        _write(found.authority, authority.public_bytes(serialization.Encoding.PEM), 0o644)
        _write(authority_key_file, _sealed(authority_key, found.password), 0o600)
        found.chain.unlink(missing_ok=True)
        log.info("authority-made")
    server, _ = _read(found.chain, found.key, found.password)
    if server is None or not _good(server, names, now, constraints=False):
        server, key = _server(names, now, authority, authority_key)
        found.chain.unlink(missing_ok=True)  # never a new key beside an old certificate
        _write(found.key, _sealed(key, found.password), 0o600)
        _write(found.chain, server.public_bytes(serialization.Encoding.PEM), 0o644)
        log.info("certificate-made")


def _read(chain: Path, key: Path, password: bytes) -> tuple[x509.Certificate | None, ec.EllipticCurvePrivateKey | None]:
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password)
    except (OSError, ValueError):
        return None, None
    return certificate, private if isinstance(private, ec.EllipticCurvePrivateKey) else None


def _good(certificate: x509.Certificate, names: Sequence[str], now: datetime, *, constraints: bool) -> bool:
    """Whether it lasts and is for exactly these names."""
    if now < certificate.not_valid_before_utc or certificate.not_valid_after_utc - now < timedelta(days=_RENEW_DAYS):
        return False
    try:
        if constraints:
            limits = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
            return set(limits.permitted_subtrees or ()) == set(_permitted(names))
        given = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return set(given) == set(_alternatives(names))
    except x509.ExtensionNotFound:
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address(name)) if _is_address(name) else x509.DNSName(name) for name in names]


def _permitted(names: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_network(name)) if _is_address(name) else x509.DNSName(name) for name in names]


def _start(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(names: Sequence[str], now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Antechamber on this machine, {now:%Y-%m-%d}")])
    certificate = (
        _start(subject, subject, key.public_key())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(names), None), critical=True)
        .sign(key, SHA256())
    )
    return certificate, key


def _server(
    names: Sequence[str], now: datetime, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _start(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Antechamber")]), authority.subject, key.public_key())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(min(now + timedelta(days=_SERVER_DAYS), authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), critical=False)
        .sign(authority_key, SHA256())
    )
    return certificate, key


def _sealed(key: ec.EllipticCurvePrivateKey, password: bytes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.rename(path)
