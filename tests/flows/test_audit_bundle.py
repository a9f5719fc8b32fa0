"""The audit bundle of a visit that a running server held: proven without it, and with one byte changed by nobody."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from billing_hooks import keyset
from billing_hooks.audit import sealed
from billing_hooks.errors import Malformed, Refused
from server import runtime
from server.keys import KeyFile
from server.settings import Settings
from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.ledger import count
from tests.flows.media_person import until
from tests.flows.people import Web, signed_in
from tests.flows.scripted import demo_client, scripted

SCRIPT = Path(__file__).parents[2] / "deploy" / "verify-package.py"
STATEMENT = {"saw_and_heard": True, "place_confirmed": True, "exceptions": [], "minutes": 50, "diagnoses": ["F41.1"]}


async def pressed(biller: Web, path: str, **form: str) -> str:
    """A biller's form, and the page of what came of it once it is made."""
    to = str((await biller.post(path, fields=form, seen=None))["to"])
    async with asyncio.timeout(60):
        while True:
            found = await biller.get(f"/billing/tasks/{to.rpartition('/')[2]}")
            if found["state"] == "done":
                assert "files" in found["outcome"], found
                return to
            await asyncio.sleep(0.1)


async def test_the_bundle_of_a_real_visit_proves_itself_and_no_changed_byte_does(
    server: Antechamber, demo_database: Database, cluster: Cluster, tmp_path: Path
) -> None:
    """`antechamber verify` and the thirty lines with openssl say good; of one flipped byte anywhere, both say not."""
    keys = KeyFile.load(server.folder / "var.key")
    named = runtime.make(Settings.load(data_dir=server.folder / "var", origin=server.origin), keys)
    async with scripted(demo_database.app_url, keys, named, 3000) as node:
        visit, _ = await node.hold(await demo_client(node), [True] * 3000)
    clinician = await signed_in(server, server.demo["clinician"])
    await clinician.post(f"/api/visits/{visit}/statement", **STATEMENT)
    await clinician.close()

    def asked(what: str) -> str:
        query = f"SELECT {what} FROM billing.encounters WHERE visit_id = '{visit}'"  # noqa: S608  # the test's own words
        return cluster.run(query, demo_database.name)

    def sql(statement: str) -> str:
        return cluster.run(statement, demo_database.name)

    await until(lambda: count(sql, "billing.events", visit) == 2 and asked("outcome") == "bill", why="(coded)")
    biller = await signed_in(server, server.demo["biller"])
    try:
        to = await pressed(biller, "/billing/audit/packages", encounter=asked("encounter_id"), to="An auditor")
        for ending in ("json", "pdf"):
            answer = await biller.http.get(f"{to}/{ending}")
            (tmp_path / f"package.{ending}").write_bytes(answer.content)
        published = (await biller.http.get("/.well-known/jwks.json")).content
    finally:
        await biller.close()
    (tmp_path / "jwks.json").write_bytes(published)
    bundle, paper = (tmp_path / "package.json").read_bytes(), (tmp_path / "package.pdf").read_bytes()

    async def verdicts() -> tuple[bool, bool]:
        told = await server.run("verify", str(tmp_path / "package.json"), "--keys", str(tmp_path / "jwks.json"))
        command = [sys.executable, str(SCRIPT), str(tmp_path / "package.json"), str(tmp_path / "jwks.json")]
        done = subprocess.run(command, capture_output=True)  # noqa: ASYNC221  # nothing else waits
        return told.returncode == 0, done.returncode == 0

    assert await verdicts() == (True, True)
    found = sealed.verify(bundle, keyset.load(published), {"package.pdf": paper})
    assert found.parts["event"]["visit"]["id"] == visit
    assert found.parts["statement"]["saw_and_heard"] is True
    chance = random.Random(11)
    # One byte of each: the manifest, the signed record, the paper.
    places = [bundle.index(word) + 20 for word in (b'"manifest"', b'"event":{')]
    flips = [("package.json", bundle, at) for at in places]
    flips.append(("package.pdf", paper, chance.randrange(len(paper))))
    for name, raw, at in flips:
        bent = bytearray(raw)
        bent[at] ^= 1 << chance.randrange(7)
        (tmp_path / name).write_bytes(bent)
        assert await verdicts() == (False, False), (name, at)
        (tmp_path / name).write_bytes(raw)
    for _ in range(300):  # and many more where no process is started for each
        which, raw = chance.choice((("json", bundle), ("pdf", paper)))
        bent = bytearray(raw)
        bent[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        beside = {"package.pdf": bytes(bent) if which == "pdf" else paper}
        with pytest.raises((Malformed, Refused)):
            sealed.verify(bytes(bent) if which == "json" else bundle, keyset.load(published), beside)
