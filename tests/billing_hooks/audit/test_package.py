"""An audit package: ten questions with proof or gap, bound by one signature that no changed byte survives."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import typing
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from billing_hooks import contract
from billing_hooks.audit import checklist, dossier, package_paper, parts, sealed
from billing_hooks.audit.dossier import Dossier, Excerpt, Proven, Source
from billing_hooks.audit.package import Package
from billing_hooks.audit.sealed import Subject
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.papers.face import Faces
from server.cli import app
from server.db.psychotherapy_notes import PrivateNote
from tests.billing_hooks.audit import dossiers
from tests.billing_hooks.papers import pdf_eyes, samples

Make = Callable[[Dossier], Package]
Keys = dict[str, PublicKey]
SCRIPT = Path(__file__).parents[3] / "deploy" / "verify-package.py"


def test_everything_on_file_leaves_no_gap(full: Dossier) -> None:
    """Ten questions, ten proofs, each with the part it stands in."""
    rows = checklist.rows(full)
    assert len(rows) == 10
    assert all(row.holds and row.proof and row.where for row in rows)
    said = {row.question: row.proof for row in rows}
    assert said["Type of service"] == "Individual psychotherapy: 90834 95"
    assert said["Began and ended"].startswith("2026-11-20, 10:02:14 to 10:51:58 (America/Chicago); 46 minutes signed")
    assert "44:12" in said["Mode of transmission, and the record that it was used"]
    assert said["Where the client was"].startswith("MN, at home")
    assert said["Where the clinician was"] == "MN, in an office"
    assert said["Signature with credentials"].startswith("Ana M Rivera, LICSW, 2026-11-20")


@pytest.mark.parametrize(
    ("taken", "question"),
    [
        ({"service": ""}, "Type of service"),
        ({"why_telehealth": None}, "Why telehealth was appropriate"),
        ({"assurance": None}, "Provider's assurance statement, with its date"),
        ({"plan": None}, "Treatment plan in force"),
        ({"note": None}, "Signature with credentials"),
    ],
)
def test_what_is_missing_is_a_gap_and_nothing_else_is(full: Dossier, taken: dict[str, Any], question: str) -> None:
    """One paper less is one gap more, which says what to do."""
    (gap,) = checklist.gaps(replace(full, **taken))
    assert gap.question == question
    assert gap.gap.endswith(".")


def test_papers_that_do_not_fit_the_day_are_gaps(full: Dossier) -> None:
    """A plan over, an assurance signed afterwards, a signature without credentials."""
    assert full.plan is not None
    assert full.assurance is not None
    assert full.note is not None
    late = replace(full.assurance, signed_on=date(2026, 11, 21))
    over = replace(full.plan, review=date(2026, 11, 19))
    unsigned = replace(full.plan, client_signed_on=None)
    bare = replace(full.note, credentials="")
    for changed in ({"assurance": late}, {"plan": over}, {"plan": unsigned}, {"note": bare}):
        assert len(checklist.gaps(replace(full, **changed))) == 1, changed


def test_an_unconfirmed_place_and_a_visit_without_record_are_gaps(
    full: Dossier, event: dict[str, Any], private_key: Ed25519PrivateKey, keys: Keys
) -> None:
    """What the event does not say is not made up."""
    event["location"] |= {"confirmed_by": None, "confirmed_at": None}
    event["clinician"]["located"] = None
    event["consent"] = None
    bent = replace(full, event=Proven(contract.seal(event, private_key, dossiers.KID), keys))
    assert [row.question for row in checklist.gaps(bent)] == [
        "Where the client was", "Where the clinician was", "Consent to telehealth",
    ]  # fmt: skip
    assert len(checklist.gaps(replace(full, event=None))) == 5
    assert len(checklist.gaps(dossiers.empty())) == 10


def test_the_paper_shows_all_and_begins_with_one_page_of_questions(full: Dossier, faces: Faces) -> None:
    """Checklist and what the signature proves first; then record, evidence, rules, coding, claim, replies."""
    first, *others = pdf_eyes.leaves(package_paper.pdf(full, faces, number="AP-1"))
    cover, rest = " ".join(first.text.split()), " ".join(" ".join(leaf.text for leaf in others).split())
    for part in ("All 10 questions", "Treatment plan in force", "It proves:", "It does not prove:"):
        assert part in cover, part
    for part in (
        "Signed record of the visit", "evt_a2b3c4d5e6f7g2h3i4j5", "Compact JWS (EdDSA):", "I saw and heard the client.",
        "Evidence of the visit", "Client reconnecting", "plan-contract v3", "CR-20261102-8841", "Coding",
        "Billing Person", "Papers on file", "3c3c3c", "VV-7F3A91C2", "$175.00", "277CA", "$120.00",
    ):  # fmt: skip
        assert part in rest, part


def test_gaps_are_red_words_on_the_paper_and_no_signature_is_claimed(faces: Faces) -> None:
    """Nothing on file, and a very long name: still one page of questions."""
    bare = replace(dossiers.empty(), client=samples.LONG_CLIENT)
    first, *_ = pdf_eyes.leaves(package_paper.pdf(bare, faces, number="AP-2"))
    assert first.text.count("GAP") == 11
    assert "no signed record" in first.text
    assert "It proves:" not in first.text
    assert "What the signature proves, and what not" in first.text


def test_a_package_is_proven_with_its_paper(full: Dossier, make: Make, keys: Keys) -> None:
    """Canonical, the same again, proven with the published keys; every part and the paper by its hash."""
    made = make(full)
    assert made == make(full)
    assert made.bundle == rfc8785.dumps(json.loads(made.bundle))
    found = sealed.verify(made.bundle, keys, {"package.pdf": made.paper})
    assert found.subject is Subject.PACKAGE
    assert set(found.parts) == {kind.value for kind in parts.Kind}
    assert (found.seen, found.unseen) == (("package.pdf",), ())
    assert sealed.verify(made.bundle, keys).unseen == ("package.pdf",)
    assert found.parts["claim_x12"] == full.x12
    assert found.parts["event"]["id"] == "evt_a2b3c4d5e6f7g2h3i4j5"


def test_every_flipped_byte_of_a_small_bundle_fails(make: Make, keys: Keys) -> None:
    """All bytes, one bit and all bits of each, the signature's padding bits included."""
    raw = make(dossiers.empty()).bundle
    sealed.verify(raw, keys)
    bent = bytearray(raw)
    for index in range(len(raw)):
        for mask in (1, 2, 4, 16, 255):
            bent[index] ^= mask
            with pytest.raises((Malformed, Refused)):
                sealed.verify(bytes(bent), keys)
            bent[index] ^= mask
    assert bytes(bent) == raw


def test_chance_bits_of_a_big_bundle_and_its_paper_fail(full: Dossier, make: Make, keys: Keys) -> None:
    """A thousand replies; one bit anywhere in the bundle or the paper is seen."""
    many = replace(full, replies=full.replies * 300)
    made, chance = make(many), random.Random(7)
    assert len(made.bundle) > 100_000
    for _ in range(60):
        for which in ("bundle", "paper"):
            bent = bytearray(getattr(made, which))
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
            changed = replace(made, **{which: bytes(bent)})
            with pytest.raises((Malformed, Refused)):
                sealed.verify(changed.bundle, keys, {"package.pdf": changed.paper})


def test_a_signed_record_inside_is_proven_by_itself(full: Dossier, private_key: Ed25519PrivateKey, keys: Keys) -> None:
    """Whoever holds the key could bind a bent event into a new package: its own signature still tells."""
    bent = parts.parts(full)
    for kind in ("event", "statement"):
        changed = {**bent, kind: {**bent[kind], "sequence": 77}}  # type: ignore[dict-item]  # it is an object
        raw = sealed.seal(
            Subject.PACKAGE, id_="pkg_a", practice="prc_lakeside", about="vis_a",
            issued_at=datetime(2026, 12, 1, tzinfo=UTC), parts=changed, beside={}, private_key=private_key,
            kid=dossiers.KID,
        )  # fmt: skip
        with pytest.raises(Refused, match="event was changed"):
            sealed.verify(raw, keys)


def test_another_key_another_practice_and_another_time_are_refused(
    full: Dossier, make: Make, keys: Keys, private_key: Ed25519PrivateKey
) -> None:
    """As for events: a key that is not published, bound to another practice, or retired before."""
    raw = make(full).bundle
    key = keys[dossiers.KID]
    for changed, code in (
        ({}, "unknown-key"),
        ({dossiers.KID: replace(key, practice="prc_other")}, "unknown-key"),
        ({dossiers.KID: replace(key, retired=datetime(2026, 12, 1, tzinfo=UTC))}, "key-not-in-use"),
        ({dossiers.KID: replace(key, key=Ed25519PrivateKey.generate().public_key())}, "bad-signature"),
    ):
        with pytest.raises(Refused) as refused:
            sealed.verify(raw, changed, {})
        assert refused.value.code == code
    assert sealed.is_sealed(raw)
    assert full.event is not None
    assert not sealed.is_sealed(full.event.raw)


def test_the_command_and_the_script_accept_it(
    full: Dossier, make: Make, laid_out: Callable[[dict[str, bytes]], Path]
) -> None:
    """`antechamber verify`, and thirty lines of Python with PyJWT and openssl, say good and exit with 0."""
    folder = laid_out(make(full).files)
    done = CliRunner().invoke(
        app, ["verify", str(folder / "package.json"), "--keys", str(folder / "jwks.json")], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert "audit.package" in done.output
    assert "checked    package.pdf" in done.output
    assert scripted(folder).returncode == 0
    assert len(SCRIPT.read_text("utf-8").splitlines()) <= 30


def test_the_command_and_the_script_refuse_what_was_changed(
    full: Dossier, make: Make, laid_out: Callable[[dict[str, bytes]], Path]
) -> None:
    """A bit of the bundle (also one that base64 ignores), of the paper, a part or file too few."""
    made = make(full)
    text = made.bundle.decode("utf-8")
    jws = json.loads(text)["attestation"]
    padding = text.replace(jws, jws[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[jws[-1]])
    spaced = json.dumps(json.loads(text))
    other = text.replace("Individual psychotherapy", "Individual Psychotherapy", 1)
    paper = bytearray(made.paper)
    paper[len(paper) // 2] ^= 1
    for files in (
        {"package.json": padding.encode()}, {"package.json": spaced.encode()}, {"package.json": other.encode()},
        {"package.pdf": bytes(paper)},
    ):  # fmt: skip
        folder = laid_out(made.files | files)
        assert scripted(folder).returncode != 0
        done = CliRunner().invoke(app, ["verify", str(folder / "package.json"), "--keys", str(folder / "jwks.json")])
        assert done.exit_code == 1
        assert "Not good" in done.output
    folder = laid_out(made.files)
    (folder / "package.pdf").unlink()
    assert scripted(folder).returncode != 0, "the script wants every file beside it"


def scripted(folder: Path) -> subprocess.CompletedProcess[bytes]:
    """The script's verdict on the folder's package."""
    command = [sys.executable, str(SCRIPT), str(folder / "package.json"), str(folder / "jwks.json")]
    return subprocess.run(command, capture_output=True)


def test_a_psychotherapy_note_has_no_way_in(full: Dossier, make: Make, keys: Keys) -> None:
    """No member takes one, no kind of part names one, no excerpt may come from one; smuggled in, it is refused."""
    note = PrivateNote(1, "what nobody else may read", datetime(2026, 11, 20, tzinfo=UTC))
    smuggled: list[dict[str, Any]] = [{each.name: note} for each in fields(Dossier)]
    smuggled += [{"rules": (note,)}, {"replies": (note,)}, {"note": {"text": "x"}}, {"plan": ["x"]}]
    for changed in smuggled:
        with pytest.raises((Refused, AttributeError, TypeError)):
            make(replace(full, **changed))
        with pytest.raises(Refused) as refused:
            parts.parts(replace(full, **changed))
        assert refused.value.code == "not-for-a-package"
    for source in ("psychotherapy_note", "progress_note", note):
        with pytest.raises(Refused):
            Excerpt("text", source, datetime(2026, 11, 20, tzinfo=UTC))  # type: ignore[arg-type]  # what is refused
    assert not [kind for kind in (*parts.Kind, *Source) if "psycho" in kind or "private" in kind]
    assert b"what nobody else may read" not in make(full).bundle


def test_every_member_of_a_dossier_is_of_a_closed_kind() -> None:
    """No member is typed so loosely that anything fits."""
    hints = typing.get_type_hints(Dossier)
    assert not [name for name, hint in hints.items() if hint in (object, Any) or "Mapping" in str(hint)]
    assert {name for name, hint in hints.items() if hint is str} == {"encounter", "service", "x12"}
    assert "psychotherapy" not in " ".join(dir(dossier)).lower()


def test_a_signed_package_with_a_foreign_part_is_refused(private_key: Ed25519PrivateKey, keys: Keys) -> None:
    """Even the practice's own key cannot bind a part of another kind."""
    for name in ("psychotherapy_notes", "notes"):
        with pytest.raises(Malformed):
            sealed.seal(
                Subject.PACKAGE, id_="pkg_a", practice="prc_lakeside", about="vis_a",
                issued_at=datetime(2026, 12, 1, tzinfo=UTC), parts={name: "text"}, beside={}, private_key=private_key,
                kid=dossiers.KID,
            )  # fmt: skip
