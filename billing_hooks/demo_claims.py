"""The demo practice as claims name it: who bills, one clearing house for trial, its clinicians. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from billing_hooks.claim_profile import ClaimProfile, Route
from billing_hooks.claims.claim import PostalAddress, Practice, Provider
from billing_hooks.claims.envelope import Receiver, Sender
from billing_hooks.demo import BY
from billing_hooks.store import Store

PROFILE = ClaimProfile(
    Practice(
        Provider("Lakeside Behavioral Group", "1990000105", "251S00000X"),
        PostalAddress("100 Main St Ste 200", "Minneapolis", "MN", "554011234"),
        "411234567", "EI", "6125550100", "billing@example.org", "Billing desk",
    ),
    Sender("Lakeside Behavioral Group", "VISITSRV", "Billing desk", "6125550100", "billing@example.org"),
    (Route("EXAMPLECH", Receiver("Example Clearinghouse", "EXAMPLECH")),),
    production=True, tests=True,
)  # fmt: skip


def provider(name: str, npi: str, taxonomy: str = "1041C0700X") -> Provider:
    """A clinician by the name on the screens: `Dr. Ana Rivera` is Ana, of family Rivera."""
    parts = [part for part in name.replace(",", " ").split() if not part.endswith(".")]
    return Provider(parts[-1], npi, taxonomy, " ".join(parts[:-1]) or parts[-1])


async def save_demo_claims(
    store: Store, practice: str, clinicians: Sequence[tuple[str, Provider]], at: datetime
) -> None:
    """File who bills in the demo, once."""
    if await store.profile(practice) is None:
        found = ClaimProfile(
            PROFILE.practice, PROFILE.sender, PROFILE.routes, tuple(clinicians), PROFILE.production, PROFILE.names,
            PROFILE.tests, PROFILE.nightly,
        )  # fmt: skip
        await store.save_profile(practice, found, BY, at)
