"""A saved event is proven offline, and by nothing less than itself to the byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract, keyset
from server import verify
from server.errors import Malformed, Refused

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    statement = contract.statement(
        id_="evt_b", sequence=2, about="evt_a", practice="prc_a", visit="vis_a", clinician="stf_a",
        issued_at="2026-11-21T18:00:00Z", saw_and_heard=True, place_confirmed=True, exceptions=[],
    )  # fmt: skip
    path = tmp_path / "event.json"
    path.write_bytes(contract.seal(statement, KEY, "sgn_a"))
    return path


def key_file(folder: Path, retired: datetime | None) -> Path:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    path = folder / "keys.json"
    path.write_text(json.dumps(keyset.dump([keyset.PublicKey("sgn_a", KEY.public_key(), since, retired, "prc_a")])))
    return path


def test_a_saved_event_proves_itself_with_a_saved_key_set_also_of_a_retired_key(saved: Path, tmp_path: Path) -> None:
    retired = datetime(2026, 11, 21, 18, tzinfo=UTC) + timedelta(days=1)
    proof = verify.prove(verify.read_event(saved), verify.keys_from_file(key_file(tmp_path, retired)))
    assert "evt_b" in "\n".join(proof.lines())


def test_every_single_bit_flip_fails(saved: Path, tmp_path: Path) -> None:
    keys = verify.keys_from_file(key_file(tmp_path, None))
    raw = saved.read_bytes()
    for bit in range(len(raw) * 8):
        bent = bytearray(raw)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Refused, Malformed)):
            verify.prove(bytes(bent), keys)


def test_other_spellings_of_the_same_event_fail(saved: Path, tmp_path: Path) -> None:
    keys = verify.keys_from_file(key_file(tmp_path, None))
    event = json.loads(saved.read_bytes())
    for other in (json.dumps(event), json.dumps(event, indent=1), saved.read_text() + "\n", " " + saved.read_text()):
        with pytest.raises(Malformed):
            verify.prove(other.encode(), keys)


def test_files_that_are_not_there_or_too_large_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="cannot be read"):
        verify.read_event(tmp_path / "none")
    with pytest.raises(Malformed, match="cannot be read"):
        verify.keys_from_file(tmp_path / "none")
    (tmp_path / "large").write_bytes(b"x" * (contract.MAX_BYTES + 1))
    with pytest.raises(Malformed, match="larger"):
        verify.read_event(tmp_path / "large")
