"""The local authority: for these names and nothing else, renewed in time, keys never in clear."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from server import tls
from server.errors import CannotStart
from server.keys import KeyFile
from server.settings import Settings


def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """A handshake in memory; raises ssl.SSLError when it fails."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(there, back, server_hostname=name)
    answering = server.wrap_bio(back, there, server_side=True)
    done: set[ssl.SSLObject] = set()
    while len(done) < 2:
        for side in (asking, answering):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    return asking


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "visits.example.org"])
def test_the_certificate_holds_for_every_name_of_the_server(data_dir: Path, keys: KeyFile, name: str) -> None:
    settings = Settings.load(data_dir=data_dir, origin="https://visits.example.org")
    found = tls.certificates(settings, keys)
    asking = shake(found.context(), tls.trust(settings), name)
    assert asking.version() == "TLSv1.3"
    assert found.authority is not None and str(found.authority) in found.how_to_trust()


def test_the_authority_cannot_vouch_for_another_name(data_dir: Path, keys: KeyFile, tmp_path: Path) -> None:
    """Even with its private key: the name constraints stop it."""
    settings = Settings.load(data_dir=data_dir)
    found = tls.certificates(settings, keys)
    assert found.authority is not None
    authority = x509.load_pem_x509_certificate(found.authority.read_bytes())
    key = serialization.load_pem_private_key((data_dir / "tls" / "authority.key").read_bytes(), found.password)
    forged, forged_key = tls._server(["bank.example.com"], datetime.now(UTC), authority, key)
    (tmp_path / "c.pem").write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "k.pem").write_bytes(tls._sealed(forged_key, b"x"))
    server = tls.Certificates(tmp_path / "c.pem", tmp_path / "k.pem", None, b"x").context()
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake(server, tls.trust(settings), "bank.example.com")


def test_old_protocols_and_weak_ciphers_are_refused(settings: Settings, keys: KeyFile) -> None:
    server = tls.certificates(settings, keys).context()
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    old = tls.trust(settings)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        shake(server, old, "localhost")
    assert all("ECDHE" in one["name"] or one["protocol"] == "TLSv1.3" for one in server.get_ciphers())


def test_it_is_kept_then_renewed_before_it_ends_under_the_same_authority(settings: Settings, keys: KeyFile) -> None:
    first = tls.certificates(settings, keys)
    before, authority = first.chain.read_bytes(), first.authority and first.authority.read_bytes()
    assert tls.certificates(settings, keys).chain.read_bytes() == before
    later = tls.certificates(settings, keys, datetime.now(UTC) + timedelta(days=380))
    assert later.chain.read_bytes() != before
    assert later.authority and later.authority.read_bytes() == authority
    context = first.context()
    later.load_into(context)


def test_new_names_get_a_new_authority(data_dir: Path, keys: KeyFile) -> None:
    tls.certificates(Settings.load(data_dir=data_dir), keys)
    moved = Settings.load(data_dir=data_dir, origin="https://visits.example.org")
    shake(tls.certificates(moved, keys).context(), tls.trust(moved), "visits.example.org")


def test_private_keys_lie_encrypted_under_the_key_file(settings: Settings, keys: KeyFile) -> None:
    found = tls.certificates(settings, keys)
    for path in (found.key, found.key.with_name("authority.key")):
        assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_an_operators_certificate_that_does_not_work_is_one_clear_line(data_dir: Path, keys: KeyFile) -> None:
    settings = Settings.load(data_dir=data_dir, tls_certificate="/nowhere/c.pem", tls_key="/nowhere/k.pem")
    with pytest.raises(CannotStart, match="cannot be used"):
        tls.certificates(settings, keys).context()


def test_an_operators_certificate_of_a_private_authority_is_known_to_our_own_deliveries(
    data_dir: Path, keys: KeyFile, tmp_path: Path
) -> None:
    """Otherwise every delivery to the receiver in this very process would fail."""
    made = Settings.load(data_dir=data_dir, origin="https://visits.example.org")
    theirs = tls.certificates(made, keys)
    settings = Settings.load(
        data_dir=tmp_path / "other",
        origin="https://visits.example.org",
        tls_certificate=theirs.chain,
        tls_key=theirs.key,
    )
    shake(theirs.context(), tls.trust(settings), "visits.example.org")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(theirs.context(), tls.trust(settings), "elsewhere.example.org")
