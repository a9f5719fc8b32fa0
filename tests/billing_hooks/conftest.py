"""What every billing test shares: a key, a realistic event, and the means to seal it."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract
from billing_hooks.keyset import PublicKey
from billing_hooks.store import Store
from tests.billing_hooks import desk_kit

KID = "key-2026-11"
FLOWING = {"audio": "present", "video": "flowing", "delivered": True}
GONE = {"audio": "none", "video": "none", "delivered": False}
CAMERA_OFF = {"audio": "present", "video": "none", "delivered": True}

EVENT: dict[str, Any] = {
    "type": "visit.session_complete",
    "schema": "session-complete/1",
    "id": "evt_a2b3c4d5e6f7g2h3i4j5",
    "sequence": 41,
    "supersedes": None,
    "issued_at": "2026-11-20T16:51:58.412Z",
    "practice": {
        "id": "prc_lakeside",
        "npi": "1990000105",
        "time_zone": "America/Chicago",
        "platform": {"software": "antechamber 0.1.0", "owner_relationship": "self_hosted_by_practice"},
    },
    "visit": {
        "id": "vis_7f3a91c2d4",
        "booked_start": "2026-11-20T16:00:00Z",
        "booked_minutes": 50,
        "service": "svc_individual",
        "date_of_service": "2026-11-20",
        "counted_pair": ["clinician", "client"],
        "incident_to": False,
        "outcome": "completed",
        "ended_reason": "done",
    },
    "clinician": {
        "id": "stf_rivera",
        "npi": "1880000207",
        "licence_type": "clinical_social_worker",
        "covers_client_state": {
            "state": "MN",
            "basis": "licence",
            "licence_ref": "lic_77",
            "expires": "2027-08-31",
            "checked_at": "2026-11-20T15:56:31Z",
            "override_reason": None,
        },
        "located": {
            "country": "US",
            "state": "MN",
            "site": "office",
            "practice_location": "loc_1",
            "attested_at": "2026-11-20T14:02:00Z",
        },
        "video_capable": True,
    },
    "supervisor": None,
    "client": {"id": "cli_82b1f0"},
    "identity": {"method": "known_to_clinician", "by": "stf_rivera", "at": "2026-11-20T16:02:40Z"},
    "others": [{"id": "par_5", "role": "interpreter", "present_seconds": 2710, "audio": True, "video": True}],
    "times": {
        "arrived": "2026-11-20T15:55:41.020Z",
        "admitted": "2026-11-20T16:02:10.118Z",
        "in_visit": "2026-11-20T16:02:14.733Z",
        "ended": "2026-11-20T16:51:58.201Z",
        "ended_by": "clinician",
        "in_visit_local": "2026-11-20T10:02:14-06:00",
        "ended_local": "2026-11-20T10:51:58-06:00",
    },
    "seconds": {
        "waiting": 389,
        "presence": 2983,
        "audio_video_overlap": 2652,
        "talk_overlap": 2772,
        "audio_only": 120,
        "phone": 0,
        "on_hold": 0,
        "interrupted": 211,
        "video_off_by": {"clinician": 0, "client": 120},
    },
    "modality": {
        "determined": "audio_video",
        "method": "overlap/1",
        "audio_only_reason": None,
        "switches": [
            {"at_s": 1900, "to": "audio_only", "by": "client", "reason": "clients_wish"},
            {"at_s": 2020, "to": "audio_video", "by": "client", "reason": None},
        ],
    },
    "intervals": [
        {"from_s": 0, "to_s": 1204, "clinician": FLOWING, "client": FLOWING, "cause": None},
        {
            "from_s": 1204,
            "to_s": 1415,
            "clinician": FLOWING | {"delivered": False},
            "client": GONE,
            "cause": "client_reconnecting",
        },
        {"from_s": 1415, "to_s": 1900, "clinician": FLOWING, "client": FLOWING, "cause": None},
        {"from_s": 1900, "to_s": 2020, "clinician": FLOWING, "client": CAMERA_OFF, "cause": "client_camera_off"},
        {"from_s": 2020, "to_s": 2983, "clinician": FLOWING, "client": FLOWING, "cause": None},
    ],
    "intervals_merged": 0,
    "location": {
        "country": "US",
        "state": "MN",
        "site": "home",
        "attested_by": "client",
        "at": "2026-11-20T15:56:30.500Z",
        "confirmed_by": "stf_rivera",
        "confirmed_at": "2026-11-20T16:02:38Z",
        "changes": [],
    },
    "consent": {
        "version": "telehealth-2026-03",
        "text_sha256": "9f2c" * 16,
        "language": "en",
        "by": "self",
        "method": "reaffirmed",
        "signed_at": "2026-03-02T15:10:11Z",
        "at": "2026-11-20T15:56:02.000Z",
    },
    "part2": {"applies": False},
    "precheck": {"rules": [{"id": "generic-commercial", "version": 3}], "result": "clear", "override": None},
    "evidence": {
        "basis": "rtp",
        "method": {"thresholds": "2026-11", "hysteresis_s": 3},
        "end_to_end_encryption": "none",
        "srtp_profile": "AEAD_AES_256_GCM",
        "journal_head": "sha256:" + "5b1f" * 16,
        "audit_checkpoint": None,
        "clock_quality": "monotonic",
        "detail_sha256": "c41d" * 16,
    },
}


@pytest.fixture
def event() -> dict[str, Any]:
    """The body of a realistic session-complete event, free to change."""
    return copy.deepcopy(EVENT)


@pytest.fixture(scope="session")
def private_key() -> Ed25519PrivateKey:
    """The practice's signing key."""
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="session")
def keys(private_key: Ed25519PrivateKey) -> dict[str, PublicKey]:
    """The published key set."""
    key = PublicKey(KID, private_key.public_key(), since=datetime(2026, 11, 1, tzinfo=UTC), practice="prc_lakeside")
    return {KID: key}


@pytest.fixture
def seal(private_key: Ed25519PrivateKey) -> Callable[[dict[str, Any]], bytes]:
    """Seals a body under the practice's key."""
    return lambda body: contract.seal(body, private_key, KID)


@pytest.fixture
def statement() -> dict[str, Any]:
    """The clinician's statement about the event."""
    return contract.statement(
        id_="evt_statement1",
        sequence=42,
        about=EVENT["id"],
        practice="prc_lakeside",
        visit=EVENT["visit"]["id"],
        clinician="stf_rivera",
        issued_at="2026-11-20T17:01:00.000Z",
        saw_and_heard=True,
        place_confirmed=True,
        exceptions=[],
    )


@pytest.fixture
async def desk_store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing, for the tests of the biller's desk."""
    made = await desk_kit.opened(database.billing_url)
    yield made
    await made.close()


@pytest.fixture
def visits(desk_store: Store, seal: Callable[[dict[str, Any]], bytes]) -> desk_kit.Visits:
    """Makes visits in that store."""

    def about(body: dict[str, Any], number: int) -> dict[str, Any]:
        return contract.statement(
            id_=f"evt_{number}stated", sequence=1000 + number, about=body["id"], practice=body["practice"]["id"],
            visit=body["visit"]["id"], clinician=body["clinician"]["id"], issued_at="2026-11-20T17:00:00.000Z",
            saw_and_heard=True, place_confirmed=True, exceptions=[],
        )  # fmt: skip

    return desk_kit.Visits(desk_store, seal, about, EVENT)


@pytest.fixture
async def biller(desk_store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The biller's browser at the pages of that store."""
    async with desk_kit.pages(desk_store) as browser:
        yield browser
