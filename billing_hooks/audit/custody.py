"""What the house keeps and an audit package shows: the note's signature, the plan in force, the practice's key. Pure.

Billing reads no note and holds no signing key. The house answers these questions, and answers them with signatures,
dates and the one excerpt that says why telehealth was appropriate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks.audit.dossier import Excerpt, PlanInForce, SignedPaper
from billing_hooks.keyset import PublicKey


@dataclass(frozen=True, slots=True)
class OfVisit:
    """What is on file for one visit. `service` as the practice calls it, `clinician` the full name; `note_elsewhere`
    where the note is kept in another system."""

    service: str = ""
    clinician: str = ""
    note: SignedPaper | None = None
    note_elsewhere: bool = False
    why: Excerpt | None = None
    plan: PlanInForce | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """The practice's key for today, the published key set as it is given with an answer, and the script that proves
    both without this software."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)
    jwks: bytes
    script: bytes


class Custody(Protocol):
    """The house, as far as an audit asks it."""

    async def keys(self) -> Mapping[str, PublicKey]:
        """Every key that the practice ever published."""

    async def of_visit(self, practice: str, visit: str, client: str, day: date) -> OfVisit:
        """What is on file for a visit; of one that is not kept here, nothing."""

    async def signer(self, practice: str) -> Signer:
        """The key to sign with."""
