"""How fast papers and audit packages are made and proven: one core, made-up clients. Shell (rich)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import Progress

from billing_hooks.audit import package, sealed
from billing_hooks.audit.dossier import Dossier, Reply, ReplyKind
from billing_hooks.claims.claim import Claim, Person, Plan, PostalAddress, Practice, Provider, ServiceLine
from billing_hooks.keyset import PublicKey
from billing_hooks.papers import cms1500, cms1500_overlay, superbill, typefaces
from billing_hooks.papers.face import Faces
from billing_hooks.papers.superbill import Received, Service, Superbill
from server.bench.paces import Measured, Pace

_DAY = date(2026, 11, 20)
_AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
_KID = "bench"
_PRACTICE = Practice(
    Provider("Bench Behavioral Group", "1990000105", "251S00000X"),
    PostalAddress("100 Main St", "Minneapolis", "MN", "554011234"), "411234567", phone="6125550100",
)  # fmt: skip
_CLINICIAN = Provider("Rivera", "1880000207", "1041C0700X", "Ana", credentials="LICSW")


def run(count: int, terminal: bool) -> Measured:
    """Make and prove so many of each; a proof that does not hold is an error."""
    faces, key = typefaces.shipped(), Ed25519PrivateKey.from_private_bytes(bytes(32))
    keys = {_KID: PublicKey(_KID, key.public_key(), practice="prc_bench")}
    bundles = [_package(number, faces, key) for number in range(count)]

    def prove(number: int) -> bytes:
        sealed.verify(bundles[number], keys)
        return bundles[number]

    works: tuple[tuple[str, Callable[[int], bytes]], ...] = (
        ("superbills", lambda number: superbill.pdf(_bill(number), faces)),
        ("CMS-1500 forms", lambda number: cms1500_overlay.pdf(cms1500.forms(_claim(number)), faces)),
        ("audit packages", lambda number: _package(number, faces, key)),
        ("proofs of a package", prove),
    )
    with Progress(console=Console(stderr=True), transient=True, disable=not terminal) as progress:
        return Measured(tuple(_paced(what, count, work, progress) for what, work in works))


def _paced(what: str, count: int, work: Callable[[int], bytes], progress: Progress) -> Pace:
    begun, size = time.perf_counter(), 0
    for number in progress.track(range(count), description=what):
        size += len(work(number))
    return Pace(what, count, time.perf_counter() - begun, size)


def _client(number: int) -> Person:
    home = PostalAddress(f"{number + 1} Lake St", "Saint Paul", "MN", "55101")
    return Person("Jordan", f"Doe-{number}", date(1990, 2, 14), "F", address=home)


def _claim(number: int) -> Claim:
    line = ServiceLine(f"B{number}-1", "90834", ("95",), 1, 17500, _DAY, (1,))
    plan = Plan("Example Commercial", "99901", "CI", f"M{number:09}")
    return Claim(
        f"B-{number}", f"vis_{number}", _PRACTICE, _client(number), plan, (line,), ("F411",), "10", rendering=_CLINICIAN
    )


def _bill(number: int) -> Superbill:
    services = tuple(
        Service(_DAY - timedelta(days=7 * each), "Individual psychotherapy", "90834", (), 1, "10", ("F411",), 17500)
        for each in range(4)
    )
    paid = (Received(_DAY, "Card", 70000),)
    return Superbill(
        str(number), _DAY, _PRACTICE, _client(number), _CLINICIAN, "LICSW 12345, Minnesota", services, paid
    )


def _package(number: int, faces: Faces, key: Ed25519PrivateKey) -> bytes:
    replies = tuple(Reply(ReplyKind.CLAIM_277CA, _DAY, "Accepted for judgement.", "A2") for _ in range(3))
    found = Dossier(
        f"vis_{number}", _PRACTICE, _client(number), _CLINICIAN, "Individual psychotherapy", claim=_claim(number),
        replies=replies,
    )  # fmt: skip
    return package.make(
        found, faces, id_=f"pkg_{number}", number=f"AP-{number}", practice="prc_bench", issued_at=_AT,
        private_key=key, kid=_KID,
    ).bundle  # fmt: skip
