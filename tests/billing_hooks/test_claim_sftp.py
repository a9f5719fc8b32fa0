"""Claims by a clearing house's SFTP server: laid there whole, answers fetched once, and no other server spoken to.

The server is a real one over TCP on this machine, with files in a folder.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from billing_hooks import claim_sending, jobs
from billing_hooks.claims import reading
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from server import claim_files
from server.claim_sftp import Line, connected
from server.errors import CannotStart
from server.settings import Settings
from tests.billing_hooks.claims_kit import AT, BILLER, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits
from tests.billing_hooks.test_claim_files import NIGHT


@dataclass
class House:
    """A clearing house: its folders, how it is reached, and by which key it is known."""

    folder: Path
    given: dict[str, Any]

    def settings(self, **other: Any) -> Settings:
        """A server that is to send there."""
        return Settings(**{**self.given, **other})


class Door(asyncssh.SSHServer):
    """Lets in who knows the password."""

    def password_auth_supported(self) -> bool:
        """Some clearing houses give out passwords."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """One account."""
        return (username, password) == ("lakeside", "open sesame")


def public(key: asyncssh.SSHKey) -> str:
    """A public key as a clearing house writes it."""
    return key.export_public_key().decode().strip()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A clearing house's server while it runs."""
    folder = tmp_path / "there"
    for name in ("to", "from"):
        (folder / name).mkdir(parents=True)
    theirs, ours = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "key").write_bytes(ours.export_private_key())
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[theirs], server_factory=Door, allow_scp=False,
        authorized_client_keys=asyncssh.import_authorized_keys(public(ours)),
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
    )  # fmt: skip
    given = {
        "data_dir": tmp_path / "var", "claims_sftp": f"sftp://lakeside@127.0.0.1:{server.get_port()}",
        "claims_sftp_host_key": public(theirs), "claims_sftp_key_file": tmp_path / "key", "claims_sftp_out": "/to",
        "claims_sftp_in": "/from",
    }  # fmt: skip
    try:
        yield House(folder, given)
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def look(line: Line, store: Store) -> None:
    """A round, whenever the last one was."""
    line.next_at = 0.0
    await line.once(store, PRACTICE, ZONE, AT)


async def test_a_batch_is_laid_there_and_its_answer_comes_back_once(desk: Desk, house: House) -> None:
    """By night, without a click: whole under its name, and an answer is read when it has lain there for a while."""
    await desk.released(1, 2)
    await jobs.work_queue(desk.store, drain=True)
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    await desk.store.save_profile(PRACTICE, replace(profile, nightly=True), BILLER, AT)
    settings = house.settings()
    await claim_files.once(settings, desk.store, PRACTICE, ZONE, NIGHT, set())
    line = Line(settings)
    for _ in range(2):
        await look(line, desk.store)
    table, there = sorted((house.folder / "to").iterdir(), key=lambda each: each.suffix)
    assert table.read_bytes().count(b"90834") == 2, "the nightly one, for an outside biller"
    [batch] = await desk.store.batches(PRACTICE)
    assert (there.name, batch.way, batch.written_at) == (batch.file_name, "sftp", AT)
    claims = [each.claim.id for each in reading.read([there.read_bytes()])]
    assert len(claims) == 2
    (house.folder / "from" / "999.x12").write_bytes(desk.read_999(batch))
    (house.folder / "from" / ".half").write_bytes(b"ISA")
    (house.folder / "from" / "old").mkdir()
    with (house.folder / "from" / "big").open("wb") as big:
        big.truncate(claim_files.LARGEST + 1)
    await look(line, desk.store)
    assert await desk.store.received(PRACTICE) == (), "somebody may still be writing it"
    for _ in range(3):
        await look(line, desk.store)
    await look(Line(settings, set(line.seen)), desk.store)  # the jobs process began anew
    file, big_one = sorted(await desk.store.received(PRACTICE), key=lambda each: each.state)
    assert (big_one.state, big_one.verdict["code"]) == ("refused", "file-too-large")
    assert file.way == "sftp"
    assert (house.folder / "from" / "999.x12").exists(), "it stays theirs"
    await jobs.work_queue(desk.store, drain=True)
    assert [(await desk.store.claim(PRACTICE, each)).where.state for each in claims] == [State.ACKNOWLEDGED] * 2


async def test_a_server_with_another_key_gets_nothing(
    desk: Desk, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a file nor the password; it is logged by its kind, and the batch waits."""
    await desk.drafted(1)
    batch = await desk.batched()
    await claim_sending.send_batch(
        desk.store, PRACTICE, batch, by=BILLER, name="Robin Hale", way="sftp", at=AT, today=TODAY
    )
    secret = house.folder.parent / "password"
    secret.write_text("open sesame\n")
    other = public(asyncssh.generate_private_key("ssh-ed25519"))
    wrong = house.settings(claims_sftp_host_key=other, claims_sftp_key_file=None, claims_sftp_password_file=secret)
    await look(Line(wrong), desk.store)
    said = "".join(capsys.readouterr())
    assert '"sftp-failed","error":"HostKeyNotVerifiable"' in said
    assert "sesame" not in said
    assert list((house.folder / "to").iterdir()) == []
    right = house.settings(claims_sftp_key_file=None, claims_sftp_password_file=secret)
    await look(Line(right), desk.store)
    assert len(list((house.folder / "to").iterdir())) == 1
    secret.write_text("wrong\n")
    with pytest.raises(asyncssh.PermissionDenied):
        async with connected(right):
            pass


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"claims_sftp_host_key": ""}, "anybody could answer"),
        ({"claims_sftp": "sftp://lakeside:secret@ch.example"}, "without a password"),
        ({"claims_sftp": "ftp://lakeside@ch.example"}, "must be sftp://"),
        ({"claims_sftp_key_file": None}, "needs one of"),
        ({"claims_sftp_in": "/to"}, "two folders"),
        ({"claims_sftp": ""}, "names the server"),
    ],
)
def test_a_setting_that_could_not_work_is_refused_in_one_line(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "claims_sftp": "sftp://lakeside@ch.example", "claims_sftp_host_key": "ssh-ed25519 AAAA",
        "claims_sftp_out": "/to", "claims_sftp_in": "/from", "claims_sftp_key_file": Path("/key"),
    }  # fmt: skip
    with pytest.raises(CannotStart) as refused:
        Settings.load(**{**given, **change})
    assert words in refused.value.say
    assert "secret" not in refused.value.say
