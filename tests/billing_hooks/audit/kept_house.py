"""A house whose papers are values: what it answers to an audit of the billing tests' visits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import keyset
from billing_hooks.audit.custody import OfVisit, Signer
from billing_hooks.audit.dossier import Excerpt, PlanInForce, SignedPaper, Source
from billing_hooks.keyset import PublicKey
from tests.billing_hooks.conftest import KID

SCRIPT = Path(__file__).parents[3] / "deploy" / "verify-package.py"
_AT = datetime(2026, 9, 2, 17, 2, tzinfo=UTC)
_BY = SignedPaper("Ana M Rivera", "LICSW", _AT, "3c" * 32)
WHOLE = OfVisit(
    "Individual psychotherapy", "Ana Rivera", _BY,
    why=Excerpt("The client has no car.", Source.PROGRESS_NOTE, _AT),
    plan=PlanInForce(date(2026, 9, 1), date(2026, 12, 1), _BY, date(2026, 9, 1)),
)  # fmt: skip


@dataclass
class KeptHouse:
    """Its key, and what it keeps of every visit."""

    private: Ed25519PrivateKey = field(repr=False)
    published: Mapping[str, PublicKey]
    of: OfVisit = WHOLE

    async def keys(self) -> Mapping[str, PublicKey]:
        """The published keys."""
        return self.published

    async def of_visit(self, practice: str, visit: str, client: str, day: date) -> OfVisit:
        """The same of each."""
        return self.of

    async def signer(self, practice: str) -> Signer:
        """The practice's key."""
        jwks = json.dumps(keyset.dump(self.published.values())).encode()
        return Signer(KID, self.private, jwks, SCRIPT.read_bytes())
