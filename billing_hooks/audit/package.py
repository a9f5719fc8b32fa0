"""One encounter's audit package: its paper and its bundle, made together so that each is bound to the other. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks.audit import package_paper, parts, sealed
from billing_hooks.audit.dossier import Dossier
from billing_hooks.audit.sealed import Subject
from billing_hooks.papers.face import Faces

PAPER, BUNDLE = "package.pdf", "package.json"


@dataclass(frozen=True, slots=True)
class Package:
    """Both files. `bundle` names the paper's SHA-256 in its signed manifest."""

    number: str
    paper: bytes
    bundle: bytes

    @property
    def files(self) -> dict[str, bytes]:
        """The files by their names."""
        return {PAPER: self.paper, BUNDLE: self.bundle}


def make(
    found: Dossier, faces: Faces, *, id_: str, number: str, practice: str, issued_at: datetime,
    private_key: Ed25519PrivateKey, kid: str,
) -> Package:  # fmt: skip
    """The package of an encounter. `id_` as pkg_..., `number` as people say it, `practice` its id in the key set.

    Errors: Refused("not-for-a-package"), Malformed("wrong-schema" | "too-large").
    """
    held = parts.parts(found)
    paper = package_paper.pdf(found, faces, number=number)
    bundle = sealed.seal(
        Subject.PACKAGE, id_=id_, practice=practice, about=found.encounter, issued_at=issued_at, parts=held,
        beside={PAPER: paper}, private_key=private_key, kid=kid,
    )  # fmt: skip
    return Package(number, paper, bundle)
