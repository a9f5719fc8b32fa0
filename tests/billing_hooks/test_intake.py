"""The intake on a real database: proven, kept once, coded once; twice, late, out of order and under another role."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract, demo, jobs, keyset, signing
from billing_hooks.errors import Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.standalone import create_app, keys_file
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.strict import canonical
from billing_hooks.words import Outcome

Seal = Callable[[dict[str, Any]], bytes]
KEY = bytes(range(32))
PRACTICE = "prc_lakeside"
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's rule, plan, fees and service, as the billing role sees it."""
    made = Store.open(database.billing_url, KEY)
    await demo.save_demo(made, PRACTICE, ["cli_82b1f0"], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def client(database: Any, keys: dict[str, PublicKey]) -> AsyncIterator[httpx.AsyncClient]:
    """A sender's view of the receiver as a process of its own (without its worker)."""

    async def published() -> dict[str, PublicKey]:
        return keys

    app = create_app(database.billing_url, KEY, published, worker=False)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="https://b") as sender:
        yield sender


async def deliver(client: httpx.AsyncClient, raw: bytes, key: Ed25519PrivateKey, **change: str) -> httpx.Response:
    """Post one event as the outbox does."""
    headers = signing.sign(json.loads(raw)["id"], int(time.time()), raw, [key])
    return await client.post(
        "/billing/events", content=raw, headers=headers | {"content-type": "application/json"} | change
    )


async def sheet(store: Store, minutes: int = 46) -> None:
    """The clinician signs minutes and a diagnosis."""
    await store.save_sheet(PRACTICE, "vis_7f3a91c2d4", Sheet(minutes=minutes, diagnoses=("F41.1",)), "stf_rivera", AT)


async def encounters(store: Store) -> list[tuple[str, int, str]]:
    """Outcome, version and verdict of every encounter."""
    return [(row.outcome.value, row.version, row.verdict) for row in await store.worklist(PRACTICE)]


async def test_a_visit_is_coded_from_its_event_statement_and_sheet(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey,
) -> None:  # fmt: skip
    """The event alone is held for the statement; with statement and sheet it is ready, and the queue did the work."""
    assert (await deliver(client, seal(event), private_key)).status_code == 204
    await jobs.work_queue(store, drain=True)
    [(outcome, version, verdict)] = await encounters(store)
    assert (outcome, version) == ("hold", 1)
    assert "minutes are not signed" in verdict or "statement" in verdict
    await sheet(store)
    assert (await deliver(client, seal(statement), private_key)).status_code == 204
    await jobs.work_queue(store, drain=True)
    [(outcome, _, verdict)] = await encounters(store)
    assert (outcome, verdict) == ("bill", "Ready to release: 90834 95, POS 10, 46 minutes")


async def test_everything_twice_and_out_of_order_gives_one_encounter(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey,
) -> None:  # fmt: skip
    """The statement first waits for its event; every repetition is answered and changes nothing."""
    await sheet(store)
    raws = [seal(statement), seal(statement), seal(event), seal(event), seal(statement)]
    codes = [(await deliver(client, raw, private_key)).status_code for raw in raws[:2]]
    await jobs.work_queue(store, drain=True)
    assert await encounters(store) == []
    codes += [(await deliver(client, raw, private_key)).status_code for raw in raws[2:]]
    await jobs.work_queue(store, drain=True)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4")
    assert codes == [204, 200, 204, 200, 200]
    assert await encounters(store) == [("bill", 1, "Ready to release: 90834 95, POS 10, 46 minutes")]


async def test_twenty_simultaneous_deliveries_and_coders_make_one_encounter(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey,
) -> None:  # fmt: skip
    """Exactly one delivery is new; coders that race end with one run of one encounter."""
    await sheet(store)
    raw = seal(event)
    answers = await asyncio.gather(*(deliver(client, raw, private_key) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [204]
    await deliver(client, seal(statement), private_key)
    await asyncio.gather(*(jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT) for _ in range(8)))
    assert await encounters(store) == [("bill", 1, "Ready to release: 90834 95, POS 10, 46 minutes")]


async def test_a_rule_of_next_month_leaves_this_months_visits_to_the_old_version(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey,
) -> None:  # fmt: skip
    """A version decides from its first day on; the older one stays for the days before, and is not kept twice."""
    await sheet(store)
    later = {**demo.RULE, "from": "2026-12-01", "pos": "02"}
    await store.save_rule(PRACTICE, demo.RULE, "biller", AT)
    newest = await store.save_rule(PRACTICE, later, "biller", AT)
    for raw in (seal(event), seal(statement)):
        await deliver(client, raw, private_key)
    await jobs.work_queue(store, drain=True)
    assert await encounters(store) == [("bill", 1, "Ready to release: 90834 95, POS 10, 46 minutes")]
    async with store.work() as work:
        held = [(each["version"], each["from"]) for each in await store.rules(work, PRACTICE)]
    assert held == [(newest, "2026-12-01"), (newest - 1, "2026-01-01")]


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_number_of_events_and_clicks_makes_one_encounter(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey, seed: int,
) -> None:  # fmt: skip
    """Deliveries, the clinician's saving and the biller's coding again, up to four times each, by chance."""
    chance = Random(seed)
    sealed_event, sealed_statement = seal(event), seal(statement)
    steps: dict[str, Callable[[], Any]] = {
        "event": lambda: deliver(client, sealed_event, private_key),
        "statement": lambda: deliver(client, sealed_statement, private_key),
        "sheet": lambda: sheet(store),
        "click": lambda: jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT),
        "queue": lambda: jobs.work_queue(store, drain=True),
        "rules": lambda: store.recode_open(PRACTICE, None, None),
    }
    order = [name for name in steps for _ in range(chance.randint(1, 4))]
    chance.shuffle(order)
    for name in order:
        await steps[name]()
        assert len(await encounters(store)) <= 1, order
    await jobs.work_queue(store, drain=True)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    [(outcome, _, verdict)] = await encounters(store)
    assert (outcome, verdict) == ("bill", "Ready to release: 90834 95, POS 10, 46 minutes"), order


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"webhook-id": "evt_other"}, 401, "bad-signature"),
        ({"webhook-timestamp": "1"}, 401, "stale-timestamp"),
        ({"webhook-signature": "v1a,"}, 401, "bad-signature"),
        ({"webhook-signature": "v1a,="}, 400, "bad-header"),
        ({"content-type": "text/plain"}, 400, "not-json"),
    ],
)
async def test_a_delivery_that_is_not_signed_for_now_is_refused(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey,
    change: dict[str, str], status: int, code: str,
) -> None:  # fmt: skip
    """Nothing is kept of a delivery that does not prove itself."""
    answer = await deliver(client, seal(event), private_key, **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await store.event(PRACTICE, event["id"]) is None


async def test_forged_changed_and_oversized_events_are_refused(
    client: httpx.AsyncClient, event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey
) -> None:
    """A stranger's key, a changed byte under a good delivery signature, and 256 KiB and one byte."""
    stranger = Ed25519PrivateKey.generate()
    answer = await deliver(client, contract.seal(event, stranger, "key-2026-11"), stranger)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-signature")
    changed = seal(event).replace(b'"presence":2983', b'"presence":2984')
    answer = await deliver(client, changed, private_key)
    assert (answer.status_code, answer.json()["code"]) == (401, "digest-mismatch")
    headers = {"content-type": "application/json"}
    answer = await client.post("/billing/events", content=b"x" * (contract.MAX_BYTES + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_one_id_with_two_contents_is_a_conflict(
    client: httpx.AsyncClient, event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey
) -> None:
    """The first is kept; the second, though signed, is refused and not silently dropped."""
    await deliver(client, seal(event), private_key)
    event["seconds"]["waiting"] += 1
    answer = await deliver(client, seal(event), private_key)
    assert (answer.status_code, answer.json()["code"]) == (409, "event-conflict")


async def test_the_saved_event_is_the_delivered_body(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey,
    keys: dict[str, PublicKey],
) -> None:  # fmt: skip
    """Byte for byte, and it still verifies."""
    raw = seal(event)
    await deliver(client, raw, private_key)
    stored = await store.event(PRACTICE, event["id"])
    assert stored is not None
    assert stored.raw == raw
    contract.verify(stored.raw, keys)


async def test_a_corrected_event_is_coded_into_the_same_encounter(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """The later event that names the first takes its place; both stay, the encounter gets a second version."""
    await sheet(store)
    for body in (event, statement):
        await store.receive(json.loads(seal(body)), seal(body), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    event |= {"id": "evt_corrected", "supersedes": event["id"], "sequence": 43}
    event["seconds"] |= {"talk_overlap": 2200, "audio_video_overlap": 2200, "audio_only": 0}
    await store.receive(json.loads(seal(event)), seal(event), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    [(outcome, version, verdict)] = await encounters(store)
    assert (outcome, version) == ("hold", 2)
    assert "46 signed, 36 measured" in verdict
    event |= {"id": "evt_correctedagain", "supersedes": "evt_corrected", "sequence": 44}
    event["seconds"] |= {"talk_overlap": 2820, "audio_video_overlap": 2820, "audio_only": 0}
    await store.receive(json.loads(seal(event)), seal(event), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    [(outcome, version, verdict)] = await encounters(store)
    assert (outcome, version) == ("bill", 3), verdict  # the statement about the first is still the statement


def test_corrections_are_followed_to_the_first_and_never_round() -> None:
    """A chain of any length; one that bites its tail ends."""
    assert jobs.lineage("c", {"c": "b", "b": "a", "a": None}) == {"a", "b", "c"}
    assert jobs.lineage("c", {"c": "b"}) == {"b", "c"}
    assert jobs.lineage("a", {"a": "b", "b": "a"}) == {"a", "b"}


async def test_every_coding_run_can_be_replayed_from_what_it_kept(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """The sealed material of a run gives the same proposal again."""
    await sheet(store)
    for body in (event, statement):
        await store.receive(json.loads(seal(body)), seal(body), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    _, [run], _ = await store.encounter(PRACTICE, encounter_id(PRACTICE, "vis_7f3a91c2d4"))
    assert jobs.propose(jobs.Material.from_json(run.rests_on)) == run.proposal
    assert run.proposal.outcome is Outcome.BILL


async def test_no_diagnosis_and_no_plan_stand_readable_in_the_database(
    store: Store, database: Any, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Every row of every table of ours, as bytes, holds neither the diagnosis nor the payer of the client."""
    await sheet(store)
    for body in (event, statement):
        await store.receive(json.loads(seal(body)), seal(body), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        tables = [r[0] for r in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'billing'")]
        assert len(tables) >= 9
        for table in tables:
            rows = await connection.fetch(f"SELECT * FROM billing.{table}")  # noqa: S608 - names from the catalogue
            shown = b" ".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row.values())
            assert b"F41.1" not in shown
            assert table == "rules" or b"Example Commercial" not in shown.replace(
                b"Example Commercial, telehealth", b""
            )
    finally:
        await connection.close()


async def test_a_release_names_a_person_and_happens_once(
    store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Held encounters, old versions, unseen notes and second releases are refused."""
    encounter = encounter_id(PRACTICE, "vis_7f3a91c2d4")
    await store.receive(json.loads(seal(event)), seal(event), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)

    async def release(version: int, note_seen: bool = True) -> None:
        await store.release(
            PRACTICE, encounter, version=version, by="stf_hale", name="Robin Hale", note_seen=note_seen, at=AT
        )

    with pytest.raises(Refused, match="not-releasable"):
        await release(1)
    await sheet(store)
    await store.receive(json.loads(seal(statement)), seal(statement), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    with pytest.raises(Refused, match="version-passed"):
        await release(1)
    with pytest.raises(Refused, match="note-not-seen"):
        await release(2, note_seen=False)
    await release(2)
    with pytest.raises(Refused, match="already-released"):
        await release(2)
    row, _, [given] = await store.encounter(PRACTICE, encounter)
    assert row.released
    assert (given.version, given.by, given.name) == (2, "stf_hale", "Robin Hale")
    # The same run on the next day (a job repeated, everything coded again) finds nothing new: the release stands.
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT + timedelta(days=1))
    row, codings, _ = await store.encounter(PRACTICE, encounter)
    assert row.released
    assert [coding.version for coding in codings] == [2, 1]


async def test_another_practice_sees_nothing(store: Store, event: dict[str, Any], seal: Seal) -> None:
    """Every look-up is by practice."""
    await store.receive(json.loads(seal(event)), seal(event), AT)
    await jobs.code_encounter(store, PRACTICE, "vis_7f3a91c2d4", at=AT)
    assert await store.worklist("prc_other") == ()
    assert await store.event("prc_other", event["id"]) is None
    with pytest.raises(Refused, match="encounter-unknown"):
        await store.encounter("prc_other", encounter_id(PRACTICE, "vis_7f3a91c2d4"))


async def test_a_lost_queue_row_is_made_up_for(store: Store, database: Any, event: dict[str, Any], seal: Seal) -> None:
    """An event without an encounter is asked for again when the worker starts."""
    await store.receive(json.loads(seal(event)), seal(event), AT)
    connection = await asyncpg.connect(database.billing_url.replace("postgresql+asyncpg", "postgresql"))
    await connection.execute("DELETE FROM billing.pgqueuer")
    await connection.close()
    await jobs.work_queue(store, drain=True)
    assert len(await encounters(store)) == 1


async def test_the_running_worker_codes_what_arrives(
    database: Any, store: Store, event: dict[str, Any], seal: Seal, keys: dict[str, PublicKey],
    private_key: Ed25519PrivateKey,
) -> None:  # fmt: skip
    """As a process of its own it drains the queue itself, woken by the database, within a few seconds."""

    async def published() -> dict[str, PublicKey]:
        return keys

    app = create_app(database.billing_url, KEY, published)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="https://b") as sender:
        assert (await deliver(sender, seal(event), private_key)).status_code == 204
        async with asyncio.timeout(20):
            while not await encounters(store):  # noqa: ASYNC110 - only the database knows when the worker is done
                await asyncio.sleep(0.1)


async def test_keys_that_cannot_be_read_make_the_sender_try_again(
    database: Any, event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    """Neither accepted nor refused for good: 503; with the file in place the same delivery is taken."""
    place = tmp_path / "keys.json"
    app = create_app(database.billing_url, KEY, keys_file(place), worker=False)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="https://b") as sender:
        assert (await deliver(sender, seal(event), private_key)).status_code == 503
        place.write_text(json.dumps(keyset.dump([PublicKey("key-2026-11", private_key.public_key())])))
        assert (await deliver(sender, seal(event), private_key)).status_code == 204


async def test_a_database_that_is_away_makes_the_sender_try_again(
    event: dict[str, Any], seal: Seal, private_key: Ed25519PrivateKey, keys: dict[str, PublicKey], tmp_path: Path
) -> None:
    """Nothing is acknowledged that was not stored."""

    async def published() -> dict[str, PublicKey]:
        return keys

    nowhere = f"postgresql+asyncpg://antechamber_billing@/x?host={tmp_path}"
    app = create_app(nowhere, KEY, published, worker=False)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="https://b") as sender:
        answer = await deliver(sender, seal(event), private_key)
        assert (answer.status_code, answer.json()["code"]) == (503, "not-stored")


@pytest.mark.parametrize("which", ["event", "statement"])
async def test_an_event_of_a_later_schema_says_what_to_do_and_nothing_is_kept(
    client: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal,
    private_key: Ed25519PrivateKey, which: str,
) -> None:  # fmt: skip
    """It is refused with an answer after which the sender tries again; brought up to date, it would be taken."""
    raw = seal(event if which == "event" else statement)
    body = json.loads(raw)
    body |= {"schema": body["schema"].replace("/1", "/2"), "something_new": {"of": "later"}}
    answer = await deliver(client, canonical(body), private_key)
    assert (answer.status_code, answer.json()["code"]) == (400, "future-schema")
    assert f"The event is of {body['schema']}" in answer.json()["say"]
    assert "bring it up to date" in answer.json()["say"]
    assert "antechamber deliveries replay" in answer.json()["say"]
    assert await store.event(PRACTICE, body["id"]) is None
    assert await encounters(store) == []
    assert (await deliver(client, raw, private_key)).status_code == 204
