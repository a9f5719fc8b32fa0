"""An audit request's answer: numbered, complete, the same again, proven by its index, logged without names."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from billing_hooks import keyset
from billing_hooks.audit import asking, disclosure, sealed, zipping
from billing_hooks.audit.asking import Listed
from billing_hooks.audit.disclosure import Answer, Held, Request
from billing_hooks.audit.dossier import Dossier
from billing_hooks.audit.package import Package
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.papers.face import Faces
from server.cli import app
from tests.billing_hooks.audit import dossiers
from tests.billing_hooks.papers import pdf_eyes, samples

Keys = dict[str, PublicKey]
LISTED = [
    Listed("vis_1", "VV-1", "PCN-1", "99901", date(2026, 11, 20)),
    Listed("vis_2", "VV-2", "PCN-2", "99901", date(2026, 11, 13)),
    Listed("vis_3", "VV-3", "", "88802", date(2026, 11, 14)),
]
REQUEST = Request(
    number="AR-2026-0007", practice="prc_lakeside", house=samples.PRACTICE,
    to="Example Commercial Health Plan, Audit Unit", reason="Letter of 2026-12-01, ref. 7781", asked_on="2026-12-01",
    custodian="Robin Keeper", custodian_title="Records manager", at=datetime(2026, 12, 10, 15, tzinfo=UTC),
    by="Billing Person", zone="America/Chicago",
)  # fmt: skip


@pytest.fixture
def answer(
    full: Dossier, make: Callable[[Dossier], Package], faces: Faces, private_key: Ed25519PrivateKey, keys: Keys
) -> Answer:
    """Two claims, one of them without its visit's record."""
    held = [
        Held(LISTED[1], make(full), 0, proven=True),
        Held(LISTED[0], make(replace(full, event=None)), 5, proven=False),
    ]
    jwks = json.dumps(keyset.dump(keys.values())).encode()
    return disclosure.answer(
        REQUEST,
        held,
        ["VV-9"],
        faces,
        id_="pkg_ar7",
        jwks=jwks,
        script=b"print()",
        private_key=private_key,
        kid=dossiers.KID,
    )


def test_pasted_numbers_are_read_however_they_come() -> None:
    """Commas, tabs, line ends, quotes, bullets; each once; what is none is named."""
    assert asking.numbers('VV-1, VV-2;\n "VV-3"\t• VV-1 ').numbers == ("VV-1", "VV-2", "VV-3")
    for wrong in ("", "  ,;", "VV-1 <script>", "x" * 51, " ".join(f"N{each}" for each in range(2001))):
        with pytest.raises(Malformed):
            asking.numbers(wrong)


@given(st.text())
def test_no_pasted_text_is_more_than_refused(text: str) -> None:
    """Whatever is pasted: numbers, or a sentence that says what is wrong."""
    try:
        assert asking.numbers(text).numbers
    except Malformed as error:
        assert error.say


def test_claims_are_found_by_either_number_or_by_payer_and_days() -> None:
    """Ours and the payer's, in any case; what no claim has is said; in the order of their days."""
    found = asking.choose(asking.numbers("vv-1 PCN-2 VV-9"), LISTED)
    assert [each.claim for each in found.claims] == ["VV-2", "VV-1"]
    assert found.unknown == ("VV-9",)
    span = asking.span("99901", date(2026, 11, 13), date(2026, 11, 19))
    assert [each.claim for each in asking.choose(span, LISTED).claims] == ["VV-2"]
    with pytest.raises(Refused, match="No claim fits"):
        asking.choose(asking.numbers("VV-9"), LISTED)
    with pytest.raises(Malformed):
        asking.span("99901", date(2026, 11, 19), date(2026, 11, 13))


def test_the_answer_is_numbered_indexed_and_proven(answer: Answer, keys: Keys) -> None:
    """A folder a claim; index.json lists every other file and is signed; each package proves itself too."""
    assert list(answer.files) == [
        "0001-VV-2/package.json", "0001-VV-2/package.pdf", "0002-VV-1/package.json", "0002-VV-1/package.pdf",
        "custodian.pdf", "index.json", "index.pdf", "jwks.json",
        "verify-package.py",
    ]  # fmt: skip
    others = {name: raw for name, raw in answer.files.items() if name != "index.json"}
    found = sealed.verify(answer.files["index.json"], keys, others)
    assert set(found.seen) == set(others)
    assert not found.unseen
    for name in others:
        with pytest.raises(Refused, match="not the one that was signed"):
            sealed.verify(answer.files["index.json"], keys, others | {name: others[name] + b" "})
    sealed.verify(answer.files["0001-VV-2/package.json"], keys)


def test_the_command_checks_the_whole_folder(answer: Answer, laid_out: Callable[[dict[str, bytes]], Path]) -> None:
    """One command proves every file; a changed one is named, a missing one is said to be unchecked."""
    folder = laid_out(dict(answer.files))
    (folder / "jwks.json").write_bytes(answer.files["jwks.json"])
    command = ["verify", str(folder / "index.json"), "--keys", str(folder / "jwks.json")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert done.output.count("checked    ") == 8
    (folder / "custodian.pdf").unlink()
    assert "NOT CHECKED, not beside it: custodian.pdf" in CliRunner().invoke(app, command).output
    (folder / "0001-VV-2" / "package.pdf").write_bytes(b"another")
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "0001-VV-2/package.pdf" in done.output


def test_the_index_and_the_custodian_say_what_is_so(answer: Answer) -> None:
    """What was asked and not found; how many records are signed; nothing signed for the custodian."""
    index = pdf_eyes.text(answer.files["index.pdf"])
    for part in ("AR-2026-0007", "VV-9", "VV-1", "PCN-2", "Letter of 2026-12-01", "verify-package.py"):
        assert part in index, part
    custodian = pdf_eyes.text(answer.files["custodian.pdf"])
    assert "I, Robin Keeper, Records manager" in custodian
    assert "of 2 claims 1 have a visit's record that was signed" in custodian
    assert "each visit's record was signed" not in custodian


def test_the_log_names_claims_and_hashes_and_no_person(answer: Answer) -> None:
    """What the practice keeps: to whom, why, which claims, each file's SHA-256."""
    kept = answer.entry.to_json()
    assert kept["claims"] == ["VV-2", "VV-1"]
    assert kept["unknown"] == ["VV-9"]
    assert len(answer.entry.files) == 9
    assert "Doe" not in json.dumps(kept)


def test_the_zip_is_the_same_for_the_same_files(answer: Answer) -> None:
    """Byte for byte, with the files in it as they were."""
    packed = []
    for _ in range(2):
        sink = io.BytesIO()
        zipping.pack(answer.files.items(), sink, folder="AR-2026-0007")
        packed.append(sink.getvalue())
    assert packed[0] == packed[1]
    with zipfile.ZipFile(io.BytesIO(packed[0])) as read:
        assert {name.removeprefix("AR-2026-0007/"): read.read(name) for name in read.namelist()} == answer.files
