"""From the end to the record: once, whoever asks how often, and from the journal alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from billing_hooks import contract, keyset
from media.evidence import EvidenceSecond
from media.quality import Arrived, Reading
from server.completion import Completion
from server.db.journal import PostgresJournal
from server.evidence_book import EvidenceBook
from server.link_quality import LinkQualities
from server.link_sums import load_sums
from server.measure import Measure
from server.session_complete import pair_of
from server.signing_keys import SigningKeys
from server.spool import Spool
from signaling import commands
from signaling.facts import Completed, EvidenceRecorded
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import EndReason, Phase, VisitId
from tests.conftest import Cluster, Database
from tests.flows.scripted import LIVE, Nobody, Scripted
from tests.server.house.conftest import JAMIE


async def ended(node: Scripted, seconds: int) -> Visit:
    """A visit with that many seconds of evidence, ended, its record not made."""
    visit, _ = await node.admitted(JAMIE)
    pair = pair_of(visit)
    book = EvidenceBook(node.clock.mono_s, pair)
    book.add(EvidenceSecond(node.clock.mono_s + at, dict.fromkeys(pair, LIVE)) for at in range(seconds))
    node.clock.forward(max(seconds, 1))
    unwritten = book.take_unwritten()
    if unwritten is not None:
        await node.hub.command(visit.id, commands.RecordEvidence(*unwritten, {}))
    return await node.hub.command(visit.id, commands.End(visit.clinician, EndReason.DONE))


def deliveries(cluster: Cluster, database: Database) -> list[bytes]:
    """Every body in the outbox."""
    rows = cluster.run("SELECT encode(body, 'hex') FROM antechamber.deliveries ORDER BY sequence", database.name)
    return [bytes.fromhex(row) for row in rows.splitlines()]


async def test_a_practice_without_a_key_completes_its_first_visit(
    node: Scripted, cluster: Cluster, database: Database
) -> None:
    """Its first key is made on the way, outside the completing transaction, and the event proves itself by it."""
    assert cluster.run("SELECT count(*) FROM antechamber.signing_keys", database.name) == "0"
    async with asyncio.timeout(20):
        visit, _ = await node.hold(JAMIE, [True] * 60)
    (raw,) = deliveries(cluster, database)
    keys = keyset.load(await SigningKeys(node.shelf.engine, node.shelf.keys).key_set())
    event: Any = contract.verify(raw, keys)
    assert (event["visit"]["id"], event["seconds"]["audio_video_overlap"]) == (visit, 60)
    assert event["evidence"]["srtp_profile"] == "AEAD_AES_256_GCM"


async def test_completing_at_once_from_many_places_makes_one_event(
    node: Scripted, cluster: Cluster, database: Database
) -> None:
    """Tasks and nodes that race: one completing fact, one delivery, no number lost."""
    visit = await ended(node, 30)
    engine, practice = node.shelf.engine, node.shelf.practice
    beside = Completion(node.shelf, SigningKeys(engine, node.shelf.keys), lambda: other_hub)
    other_journal = PostgresJournal(engine, practice, beside.record)
    other_hub = Hub(other_journal, Nobody(), node.clock)
    nodes = [(node.completion, node.journal), (beside, other_journal)] * 4
    done = await asyncio.gather(*(each.complete(visit.id, journal) for each, journal in nodes))
    await other_hub.close()
    assert [one.phase for one in done] == [Phase.COMPLETE] * 8
    facts = [fact for _, fact, _ in await node.journal.load(visit.id)]
    assert sum(isinstance(fact, Completed) for fact in facts) == 1
    (raw,) = deliveries(cluster, database)
    assert json.loads(raw)["sequence"] == 1


async def test_a_visit_in_which_nothing_flowed_has_no_event(
    node: Scripted, cluster: Cluster, database: Database
) -> None:
    """It is complete all the same, and nothing is billed."""
    visit = await ended(node, 0)
    done = await node.completion.complete(visit.id, node.journal)
    assert (done.phase, done.event) == (Phase.COMPLETE, None)
    assert deliveries(cluster, database) == []


async def test_what_an_outage_left_of_an_ended_visit_is_in_its_record(
    node: Scripted, tmp_path: Path, cluster: Cluster, database: Database
) -> None:
    """Spooled, then killed: the next start writes it before it counts, and the file is gone."""
    visit = await ended(node, 30)
    spool = Spool(tmp_path / "spool")
    pair = pair_of(visit)
    assert visit.origin is not None
    lost = EvidenceBook(visit.origin.mono_s, pair)
    lost.add(EvidenceSecond(visit.origin.mono_s + at, dict.fromkeys(pair, LIVE)) for at in range(30, 40))
    taken = lost.take_unwritten()
    assert taken is not None
    spool.put(visit.id, taken[1])
    measure = Measure(lambda: node.hub, node.clock.instant, _told, spool)
    measure.begin(visit, [fact for _, fact, _ in await node.journal.load(visit.id)])
    await measure.finish(visit.id, ())
    assert spool.take(visit.id) == []
    await node.completion.complete(visit.id, node.journal)
    (raw,) = deliveries(cluster, database)
    assert json.loads(raw)["seconds"]["audio_video_overlap"] == 40
    facts = [fact for _, fact, _ in await node.journal.load(visit.id)]
    assert sum(isinstance(fact, EvidenceRecorded) for fact in facts) == 2


async def test_sums_are_recorded_though_every_second_was_written_just_before(node: Scripted, tmp_path: Path) -> None:
    """A visit may end right after its seconds were written: its last packets are in the record all the same, once."""
    visit = await ended(node, 30)
    links = LinkQualities(_told, _keeps_nothing)
    measure = Measure(lambda: node.hub, node.clock.instant, _told, Spool(tmp_path / "spool"), links)
    assert visit.origin is not None
    client = pair_of(visit)[1]
    measure.begin(visit, [fact for _, fact, _ in await node.journal.load(visit.id)])
    links.on_readings(visit.id, {client: Reading(visit.origin.mono_s, audio=Arrived(1000, 50, 0, 5.0))})
    measure.pause(visit.id)
    await measure.write_all()
    await measure.finish(visit.id, ())
    records = [fact for _, fact, _ in await node.journal.load(visit.id) if isinstance(fact, EvidenceRecorded)]
    assert [load_sums(fact.counters)[client].audio.expected for fact in records if fact.counters] == [50]


async def _keeps_nothing(_visit: VisitId, _rows: object) -> None:
    """No drawing is asked for here."""


def _told(_visit: VisitId) -> None:
    """No screen is open."""
