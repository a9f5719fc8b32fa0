"""A real coturn with the product's own configuration file, as `deploy/compose.yaml` starts it."""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.browser.harness.network import ROOT, program
from tests.browser.harness.running import free_port

CONFIGURATION = ROOT / "deploy" / "coturn.conf"


@dataclass(frozen=True, slots=True)
class Coturn:
    """One that runs: where, its shared secret, and the certificate to trust."""

    host: str
    port: int
    secret: str
    secret_file: Path
    certificate: Path
    version: str

    @property
    def url(self) -> str:
        """As browsers take it."""
        return f"turns:{self.host}:{self.port}?transport=tcp"

    @property
    def trust(self) -> ssl.SSLContext:
        """Believes this relay's certificate alone."""
        return ssl.create_default_context(cafile=str(self.certificate))


@asynccontextmanager
async def coturn(folder: Path, host: str, peer: str) -> AsyncIterator[Coturn]:
    """Start it on `host`, allowed to reach `peer` and nothing else."""
    here, running, log = start(folder, host, peer)
    try:
        for _ in range(200):
            assert running.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            try:
                _, writer = await asyncio.open_connection(host, here.port, ssl=here.trust)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            break
        yield here
    finally:
        running.kill()
        running.wait()


def start(folder: Path, host: str, peer: str) -> tuple[Coturn, subprocess.Popen[bytes], Path]:
    """The process, and where its last words are."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = self_signed(host, folder)
    secret, port, secret_file = secrets.token_hex(32), free_port(), folder / "turn-secret"
    secret_file.write_text(secret + "\n")
    secret_file.chmod(0o600)
    server = program("turnserver")
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
    command = ["setpriv", "--pdeathsig", "KILL", server, "-c", str(CONFIGURATION)]
    command += [f"--listening-ip={host}", f"--relay-ip={host}", f"--tls-listening-port={port}"]
    command += ["--realm=visits.example", f"--static-auth-secret={secret}", f"--allowed-peer-ip={peer}"]
    # what the image's own paths are in containers is this folder here
    command += [f"--cert={certificate}", f"--pkey={key}", f"--pidfile={folder / 'pid'}", f"--db={folder / 'db'}"]
    log = folder / "log"
    with log.open("wb") as out:
        running = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    version = (re.findall(r"\d+\.\d+\.\d+", said) or ["?"])[0]
    return Coturn(host, port, secret, secret_file, certificate, version), running, log


def self_signed(host: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for one address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "relay.pem", folder / "relay.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
