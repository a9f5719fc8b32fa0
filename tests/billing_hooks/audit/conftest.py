"""What tests of audit packages share: a full dossier and its package."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import keyset
from billing_hooks.audit import package
from billing_hooks.audit.dossier import Dossier
from billing_hooks.audit.package import Package
from billing_hooks.keyset import PublicKey
from billing_hooks.papers import typefaces
from billing_hooks.papers.face import Faces
from tests.billing_hooks.audit import dossiers

AT = datetime(2026, 12, 10, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def faces() -> Faces:
    """The typeface that ships."""
    return typefaces.shipped()


@pytest.fixture
def full(
    event: dict[str, Any], statement: dict[str, Any], private_key: Ed25519PrivateKey, keys: dict[str, PublicKey]
) -> Dossier:
    """An encounter with everything on file."""
    return dossiers.full(event, statement, private_key, keys)


@pytest.fixture
def make(faces: Faces, private_key: Ed25519PrivateKey) -> Callable[[Dossier], Package]:
    """Makes a package under the practice's key."""
    return lambda found: package.make(
        found, faces, id_="pkg_a1", number="AP-2026-0001", practice="prc_lakeside", issued_at=AT,
        private_key=private_key, kid=dossiers.KID,
    )  # fmt: skip


@pytest.fixture
def laid_out(tmp_path: Path, keys: dict[str, PublicKey]) -> Callable[[dict[str, bytes]], Path]:
    """Writes files into a folder, and the published key set beside them; gives the folder."""

    def lay(files: dict[str, bytes]) -> Path:
        for name, raw in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(raw)
        (tmp_path / "jwks.json").write_text(json.dumps(keyset.dump(keys.values())))
        return tmp_path

    return lay
