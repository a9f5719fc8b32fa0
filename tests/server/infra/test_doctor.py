"""The doctor finds each weak setting by its name."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from server import doctor, tls
from server.bench.ports import free_port
from server.doctor import Verdict
from server.keys import KeyFile
from server.settings import Settings


async def findings(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in await doctor.examine(settings)}


async def test_a_fresh_place_is_good(data_dir: Path) -> None:
    found = await findings(Settings.load(data_dir=data_dir, port=free_port()))
    assert set(found) == set(doctor.CHECKS)
    assert [one for one in found.values() if one.verdict is Verdict.BAD] == []


async def test_a_key_file_that_others_read_or_that_lies_inside_is_bad(data_dir: Path, keys: KeyFile) -> None:
    keys.path.chmod(0o644)
    assert (await findings(Settings.load(data_dir=data_dir)))["key-file"].verdict is Verdict.BAD
    inside = Settings.load(data_dir=data_dir, key_file=data_dir / "x.key")
    assert "inside the data directory" in (await findings(inside))["key-file"].say


async def test_a_data_directory_that_others_enter_is_bad(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)
    assert "chmod 700" in (await findings(settings))["data-directory"].say


async def test_a_port_that_is_taken_is_bad(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        found = (await findings(Settings.load(data_dir=data_dir, port=port)))["ports"]
        assert found.verdict is Verdict.BAD and str(port) in found.say
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        udp = taken.getsockname()[1]
        found = (await findings(Settings.load(data_dir=data_dir, port=free_port(), udp_port=udp)))["ports"]
        assert found.verdict is Verdict.BAD and "UDP" in found.say


async def test_a_small_receive_buffer_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_rmem_max", lambda: 212992)
    found = (await findings(settings))["receive-buffer"]
    assert found.verdict is Verdict.WARNING and "net.core.rmem_max=4194304" in found.say


def plain_copy(data_dir: Path, keys: KeyFile, age: timedelta) -> dict[str, Any]:
    """A certificate as an operator gives it: made `age` ago, its key in clear."""
    given = tls.certificates(Settings.load(data_dir=data_dir), keys, datetime.now(UTC) - age)
    private = load_pem_private_key(given.key.read_bytes(), given.password)
    key = data_dir / "k.pem"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"data_dir": data_dir, "tls_certificate": given.chain, "tls_key": key}


async def test_a_certificate_that_ends_soon_is_bad(data_dir: Path, keys: KeyFile) -> None:
    soon = (await findings(Settings.load(**plain_copy(data_dir, keys, timedelta(days=394)))))["certificate"]
    assert soon.verdict is Verdict.BAD and "ends in 2 days" in soon.say


async def test_a_good_certificate_is_good_and_a_missing_key_is_bad(data_dir: Path, keys: KeyFile) -> None:
    given = plain_copy(data_dir, keys, timedelta())
    assert (await findings(Settings.load(**given)))["certificate"].verdict is Verdict.GOOD
    given["tls_key"] = data_dir / "nothing.pem"
    assert (await findings(Settings.load(**given)))["certificate"].verdict is Verdict.BAD


async def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_passphrase(data_dir: Path, keys: KeyFile) -> None:
    given = tls.certificates(Settings.load(data_dir=data_dir), keys)
    settings = Settings.load(data_dir=data_dir, tls_certificate=given.chain, tls_key=given.key)
    assert (await findings(settings))["certificate"].verdict is Verdict.BAD


async def test_media_that_nobody_can_reach_is_named(data_dir: Path) -> None:
    lost = Settings.load(data_dir=data_dir, origin="https://visits.example.org", media_addresses="10.0.0.4")
    assert "ANTECHAMBER_MEDIA_ADDRESSES" in (await findings(lost))["media-addresses"].say
    wrong = Settings.load(data_dir=data_dir, media_addresses="visits.example.org")
    assert (await findings(wrong))["media-addresses"].verdict is Verdict.BAD


async def test_the_server_role_is_examined_in_the_database_itself(data_dir: Path, database: Any, cluster: Any) -> None:
    good = database.app_url.replace("+asyncpg", "")
    settings = Settings.load(data_dir=data_dir, database_url=good, billing_database_url=good)
    found = await findings(settings)
    assert found["database-grants"].verdict is Verdict.GOOD
    # the test cluster is hasty on purpose, and that is exactly what the doctor must see
    assert found["database"].verdict is Verdict.BAD and "fsync=off" in found["database"].say
    cluster.run("GRANT UPDATE ON antechamber.visit_facts TO antechamber_app", database.name)
    assert "may UPDATE the journal" in (await findings(settings))["database-grants"].say


async def test_a_superuser_and_an_unreachable_database_are_bad(data_dir: Path, database: Any) -> None:
    super_url = database.owner_url.replace("+asyncpg", "").replace("antechamber_owner", "postgres")
    found = await findings(Settings.load(data_dir=data_dir, database_url=super_url, billing_database_url=super_url))
    assert "superuser" in found["database-grants"].say
    gone = f"postgresql://x@127.0.0.1:{free_port()}/x"
    found = await findings(Settings.load(data_dir=data_dir, database_url=gone, billing_database_url=gone))
    assert found["database"].verdict is Verdict.BAD


@pytest.mark.parametrize("world", ["0.0.0.0/0", "::/0", "10.0.0.0/8, 0.0.0.0/1, 128.0.0.0/1"])
async def test_a_proxy_setting_that_trusts_the_world_is_named(data_dir: Path, world: str) -> None:
    found = (await findings(Settings.load(data_dir=data_dir, trusted_proxies=world)))["trusted-proxies"]
    assert found.verdict is Verdict.WARNING and "/0" in found.say
    one = (await findings(Settings.load(data_dir=data_dir, trusted_proxies="172.30.57.2/32")))["trusted-proxies"]
    assert one.verdict is Verdict.GOOD
