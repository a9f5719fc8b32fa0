"""The answer to an audit request: a numbered bundle with index, custodian's statement and a log of what it holds. Pure.

The files stand by their names in one mapping (a folder; `zipping` packs it). `index.json` is a signed list of every
other file, so that the whole answer is proven by one check. The log's entry is what the practice keeps of it: to whom,
why, when, which claims and the SHA-256 of each file (45 CFR 164.528 asks for less of what goes to a payer; an audit is
answered better with more).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks.audit import sealed
from billing_hooks.audit.asking import Listed
from billing_hooks.audit.package import Package
from billing_hooks.audit.parts import plain
from billing_hooks.audit.sealed import Subject
from billing_hooks.claims.claim import Practice
from billing_hooks.errors import Refused
from billing_hooks.papers import layout, words
from billing_hooks.papers.blocks import (
    Block,
    Bullets,
    Callout,
    Column,
    Facts,
    Heading,
    Paper,
    Signature,
    Table,
    Together,
    Tone,
)
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces

INDEX_PAPER, INDEX, CUSTODIAN, KEYS = "index.pdf", "index.json", "custodian.pdf", "jwks.json"
SCRIPT = "verify-package.py"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `number` of the answer (AR-2026-0007), `to` whom it goes, `reason` as their letter says it."""

    number: str
    practice: str
    house: Practice
    to: str
    reason: str
    asked_on: str
    custodian: str
    custodian_title: str
    at: datetime
    by: str
    zone: str


@dataclass(frozen=True, slots=True)
class Held:
    """One claim of the answer: how it is listed, its package, how many questions are open in it; `proven` whether its
    visit's signed record is in it."""

    listed: Listed
    package: Package
    gaps: int
    proven: bool


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What the practice keeps of a disclosure; it names claims by number and files by hash, no client."""

    number: str
    at: datetime
    by: str
    to: str
    reason: str
    claims: tuple[str, ...]
    unknown: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, object]:
        """As kept."""
        return {name: plain(getattr(self, name)) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Answer:
    """The files in the order of their names, and the log's entry."""

    files: Mapping[str, bytes]
    entry: LogEntry


def answer(
    request: Request, held: Sequence[Held], unknown: Sequence[str], faces: Faces, *, id_: str, jwks: bytes,
    script: bytes, private_key: Ed25519PrivateKey, kid: str,
) -> Answer:  # fmt: skip
    """The whole answer; the same values give the same bytes. `jwks` is the published key set and `script` the text of
    deploy/verify-package.py, so that it can be checked with nothing of ours.

    Errors: Refused("nothing-found") for an answer without a claim.
    """
    if not held:
        raise Refused("nothing-found", "No claim fits the request: there is nothing to disclose.")
    files: dict[str, bytes] = {}
    for number, each in enumerate(held, 1):
        files |= {f"{folder(number, each)}/{name}": raw for name, raw in each.package.files.items()}
    files[INDEX_PAPER] = layout.pdf(_index(request, held, unknown), words.house(request.house), faces)
    files[CUSTODIAN] = layout.pdf(_custodian(request, held), words.house(request.house), faces)
    files[KEYS], files[SCRIPT] = jwks, script
    files[INDEX] = sealed.seal(
        Subject.DISCLOSURE, id_=id_, practice=request.practice, about=request.number, issued_at=request.at, parts={},
        beside=files, private_key=private_key, kid=kid,
    )  # fmt: skip
    ordered = dict(sorted(files.items()))
    hashes = tuple((name, hashlib.sha256(raw).hexdigest()) for name, raw in ordered.items())
    claims = tuple(each.listed.claim for each in held)
    entry = LogEntry(
        request.number, request.at, request.by, request.to, request.reason, claims, tuple(unknown), hashes
    )  # fmt: skip
    return Answer(ordered, entry)


def folder(number: int, held: Held) -> str:
    """The folder of one claim: its place in the answer and its number."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in held.listed.claim)
    return f"{number:04}-{name}"


def _index(request: Request, held: Sequence[Held], unknown: Sequence[str]) -> Paper:
    columns = (
        Column("No.", 0.6), Column("Claim", 1.6), Column("Payer's number", 1.6), Column("Day of service", 1.1),
        Column("Gaps", 0.6, right=True), Column("SHA-256 begins with", 1.9),
    )  # fmt: skip
    rows = tuple(
        (
            f"{number:04}", each.listed.claim, each.listed.payer_number, words.short_day(each.listed.day),
            str(each.gaps), hashlib.sha256(each.package.bundle).hexdigest()[:16],
        )
        for number, each in enumerate(held, 1)
    )  # fmt: skip
    missing: tuple[Block, ...] = ()
    if unknown:
        missing = (Callout("Asked for, and not found here", ", ".join(unknown), Tone.WARN),)
    blocks: tuple[Block, ...] = (
        Facts((
            ("To", request.to), ("Asked on", request.asked_on), ("Answered", _moment(request)),
            ("Reason", request.reason), ("Claims", str(len(held))), ("Prepared by", request.by),
        ), columns=3),
        *missing,
        Heading("Claims"),
        Table(columns, rows, size=8),
        Heading("How to read and check it"),
        Bullets((
            "Each claim has a folder with package.pdf (to read) and package.json (the same, signed).",
            "index.json lists every file with its SHA-256 and is signed with the practice's key; jwks.json holds the "
            "public keys, which the practice also publishes.",
            "Check all of it: antechamber verify index.json --keys jwks.json; or, with Python, PyJWT and openssl "
            "alone: python verify-package.py index.json jwks.json.",
            "Psychotherapy notes (45 CFR 164.501) are never part of it.",
        )),
    )  # fmt: skip
    return Paper("Answer to an audit request", blocks, request.number, foot=f"Index · {request.number} · confidential")


def _custodian(request: Request, held: Sequence[Held]) -> Paper:
    many = "1 claim" if len(held) == 1 else f"{len(held)} claims"
    blocks: tuple[Block, ...] = (
        Facts((("To", request.to), ("About", f"{many}, as listed in the index"), ("Answer", request.number))),
        Text(f"I, {request.custodian}, {request.custodian_title}, am the custodian of these records. I state that:"),
        Bullets((
            "they are true copies of records of the practice about the claims listed in the index;",
            "they were made at or near the time of what they record, by, or from information transmitted by, someone "
            "with knowledge, or by the practice's system as the visit took place;",
            "they were kept in the course of the practice's regular activity, and making them was a regular practice "
            "of it;",
            _signed(held),
            "nothing was added to them for this request except this statement, the index and the checklists.",
        )),
        Together((
            Text("I declare under penalty of perjury that this is true and correct."),
            Signature(f"{request.custodian}, {request.custodian_title}"),
            Signature("Date and place"),
        )),
        Text(
            "After Federal Rules of Evidence 803(6), 902(11) and 902(13), and 28 USC 1746. A custodian reads it before "
            "signing; the software does not sign for them.",
            Tone.MUTED,
            size=8,
        ),
    )  # fmt: skip
    return Paper("Custodian's statement", blocks, request.number, foot=f"Custodian's statement · {request.number}")


def _signed(held: Sequence[Held]) -> str:
    """What can truly be said of the records' signatures."""
    good = sum(each.proven for each in held)
    if good == len(held):
        return (
            "each visit's record was signed electronically when the visit was complete, and a check before this answer "
            "was made found every signature good;"
        )
    return (
        f"of {len(held)} claims {good} have a visit's record that was signed electronically when the visit was "
        "complete, and a check before this answer was made found those signatures good; the others have none;"
    )


def _moment(request: Request) -> str:
    return request.at.astimezone(ZoneInfo(request.zone)).strftime("%Y-%m-%d %H:%M %Z")
