"""The paper of an audit package: checklist first, then the record, evidence, rules, coding, claim and replies. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks.audit import checklist
from billing_hooks.audit.checklist import Row
from billing_hooks.audit.dossier import Dossier, Proven
from billing_hooks.papers import evidence, layout, words
from billing_hooks.papers.blocks import Block, Callout, Cell, Column, Facts, Heading, NewPage, Paper, Table, Tone
from billing_hooks.papers.blocks import Words as Text
from billing_hooks.papers.face import Faces

PROVES = (
    "It proves: the visit's record was made by the practice's visit server, signed with the practice's key when the "
    "visit was complete, and not changed since, not by one bit. Anyone can check it with the published keys."
)
NOTHING_SIGNED = (
    "There is no signed record of this visit: no signature proves when it began, how long it was or how it was held."
)
PROVES_NOT = (
    "It does not prove: who sat before the cameras, that what was said was therapy, or that care was necessary. For "
    "those stand the clinician's statement, the note and the plan. The server measured streams that could carry "
    "sound and picture; it neither saw nor heard them."
)


def pdf(found: Dossier, faces: Faces, *, number: str, made: datetime | None = None) -> bytes:
    """The package's paper; the same dossier gives the same bytes."""
    return layout.pdf(paper(found, number), words.house(found.practice), faces, made=made)


def paper(found: Dossier, number: str) -> Paper:
    """What stands on it."""
    day = words.day(found.day) if found.day is not None else "day not known"
    blocks: tuple[Block, ...] = (
        *_cover(found),
        NewPage(),
        *_record(found),
        *_evidence(found),
        *_rules(found),
        *_coding(found),
        *_papers(found),
        *_claim(found),
        *_replies(found),
    )
    return Paper(
        title="Audit package",
        reference=number,
        intro=f"{words.name(found.client)} · {found.service or 'service not named'} · {day}",
        blocks=blocks,
        foot=f"Audit package {number} · {words.name(found.client)} · confidential",
    )


def _cover(found: Dossier) -> tuple[Block, ...]:
    asked = checklist.rows(found)
    missing = [row for row in asked if not row.holds]
    if missing:
        many = "1 gap" if len(missing) == 1 else f"{len(missing)} gaps"
        verdict = Callout(f"{many} of {len(asked)}: read the rows marked GAP first", "", Tone.DANGER)
    else:
        verdict = Callout(f"All {len(asked)} questions have their proof", "", Tone.OK)
    columns = (
        Column("Question", 1.7),
        Column("Result", 0.7),
        Column("Proof, or what is missing", 3.7),
        Column("Part", 1),
    )
    return (
        verdict,
        Table(columns, tuple(_row(row) for row in asked), size=8),
        Heading("What the signature proves, and what not"),
        Text(PROVES if found.event is not None else NOTHING_SIGNED, size=8.5),
        Text(PROVES_NOT, size=8.5),
    )


def _row(row: Row) -> tuple[str | Cell, ...]:
    if row.holds:
        return (row.question, Cell("Proof", Tone.OK, bold=True), row.proof, row.where)
    return (Cell(row.question, Tone.DANGER), Cell("GAP", Tone.DANGER, bold=True), Cell(row.gap, Tone.DANGER), "")


def _record(found: Dossier) -> tuple[Block, ...]:
    if found.event is None:
        return (Heading("Signed record"), Text("No signed record of the visit is on file.", Tone.DANGER))
    event = found.event.body
    return (
        Heading("Signed record of the visit"),
        Facts((
            ("Record", event["id"]), ("Visit", event["visit"]["id"]), ("Issued", event["issued_at"]),
            ("Practice", f"{event['practice']['id']}, NPI {event['practice']['npi'] or 'not recorded'}"),
            ("Clinician", f"{words.name(found.clinician)}, NPI {event['clinician']['npi'] or 'not recorded'}"),
            ("Identity of the client", _identity(event)),
            ("Client's place", evidence.place(event["location"])),
            ("Clinician's place", evidence.place(event["clinician"]["located"])),
            ("Licence for that state", _licence(event)),
        ), columns=3),
        *_signature("Signature of the record", found.event),
        *_statement(found),
    )  # fmt: skip


def _signature(title: str, proven: Proven) -> tuple[Block, ...]:
    digest = hashlib.sha256(proven.raw).hexdigest()
    return (
        Text(title, bold=True, size=9),
        Text(f"SHA-256 of the whole record: {digest}", size=8),
        Text(f"Compact JWS (EdDSA): {proven.body['attestation']}", Tone.MUTED, size=6.5),
    )


def _statement(found: Dossier) -> tuple[Block, ...]:
    if found.statement is None:
        return (Text("The clinician has made no statement about this visit.", Tone.DANGER),)
    said = found.statement.body
    sentences = (
        "I saw and heard the client." if said["saw_and_heard"] else "I did NOT see and hear the client.",
        "The place was as attested." if said["place_confirmed"] else "The place was NOT as attested.",
    )
    exceptions = f" Exceptions: {', '.join(said['exceptions'])}." if said["exceptions"] else ""
    return (
        Text(f"Statement of the clinician, {said['issued_at']}", bold=True, size=9),
        Text(" ".join(sentences) + exceptions),
        *_signature("Signature of the statement", found.statement),
    )


def _evidence(found: Dossier) -> tuple[Block, ...]:
    if found.event is None:
        return ()
    return (Heading("Evidence of the visit"), Text(evidence.WHAT_IT_IS), *evidence.blocks(found.event.body))


def _rules(found: Dossier) -> tuple[Block, ...]:
    columns = (Column("Rule", 1.3), Column("In force", 1.4), Column("Status", 1.1), Column("Citations", 3))
    rows = tuple((rule.name, rule.span, rule.status, "\n".join(rule.citations)) for rule in found.rules)
    told = found.verified
    asked: tuple[Block, ...] = ()
    if told is not None and told.call_reference:
        asked = (
            Facts((
                ("Asked of the payer", words.day(told.on)), ("Representative", told.representative),
                ("Call reference", told.call_reference),
            ), columns=3),
        )  # fmt: skip
    shown: Block = Table(columns, rows) if rows else Text("No rule is recorded for this encounter.", Tone.DANGER)
    return (Heading("Rules and citations"), shown, *asked)


def _coding(found: Dossier) -> tuple[Block, ...]:
    sheet, proposal = found.sheet, found.proposal
    if sheet is None or proposal is None:
        return (Heading("Coding"), Text("The clinician's sheet or the coder's proposal is not on file.", Tone.DANGER))
    released = found.released
    by = f"{released.by}, {_moment(released.at, found)}" if released is not None else "not released"
    columns = (Column("What", 1.4), Column("Rule", 1.4), Column("Rests on", 4))
    bases = tuple((each.what, each.rule, "\n".join(each.sources)) for each in proposal.bases)
    warned = "\n".join(each.say for each in proposal.warnings)
    return (
        Heading("Coding"),
        Text(proposal.verdict, bold=True),
        Facts((
            ("Minutes signed", "" if sheet.minutes is None else str(sheet.minutes)),
            ("Signed start", sheet.start or ""), ("Signed stop", sheet.stop or ""),
            ("Diagnoses", ", ".join(map(words.diagnosis, sheet.diagnoses))),
            ("Modality", proposal.modality.replace("_", " ")), ("Released by", by),
        ), columns=3),
        *((Table(columns, bases, size=8),) if bases else ()),
        *((Callout("Warnings that stood beside it", warned, Tone.WARN),) if warned else ()),
    )  # fmt: skip


def _papers(found: Dossier) -> tuple[Block, ...]:
    columns = (Column("Paper", 1.1), Column("Signed", 2.6), Column("SHA-256 of what was signed", 2.6))
    rows, why = _signed(found), found.why_telehealth
    return (
        Heading("Papers on file"),
        Table(columns, rows, size=7.5) if rows else Text("No paper is on file here.", Tone.DANGER),
        *((Text("Why telehealth was appropriate", bold=True, size=9), Text(why.text)) if why is not None else ()),
        Text("Psychotherapy notes (45 CFR 164.501) are never part of an audit package.", Tone.MUTED, size=8),
    )


def _signed(found: Dossier) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    if found.note is not None:
        note = found.note
        signer = ", ".join(part for part in (note.signer, note.credentials) if part)
        said = f"{signer}, {_moment(note.at, found)}, version {note.version}"
        rows.append(("Progress note", said, note.sha256))
    if found.plan is not None:
        plan = found.plan
        client = "not signed by the client"
        if plan.client_signed_on is not None:
            client = f"the client {plan.client_signed_on.isoformat()}"
        held = f"In force {plan.begins.isoformat()} to {plan.review.isoformat()}"
        rows.append(("Treatment plan", f"{plan.clinician.signer}; {client}. {held}", plan.clinician.sha256))
    if found.assurance is not None:
        stated = found.assurance
        rows.append(("Assurance statement", f"{stated.by}, {stated.signed_on.isoformat()}, for {stated.payer}", ""))
    return tuple(rows)


def _claim(found: Dossier) -> tuple[Block, ...]:
    claim = found.claim
    if claim is None:
        return (Heading("Claim"), Text("No claim was made of this encounter."))
    columns = (
        Column("Day", 1), Column("Code", 1.3), Column("Units", 0.6, right=True), Column("POS", 0.6),
        Column("Diagnoses", 1.8), Column("Charge", 1, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            words.short_day(line.day), words.code(line.code, line.modifiers), str(line.units), line.pos or claim.pos,
            ", ".join(words.diagnosis(claim.diagnoses[each - 1]) for each in line.pointers), words.money(line.charge),
        )
        for line in claim.lines
    )  # fmt: skip
    return (
        Heading("Claim"),
        Facts((
            ("Our number", claim.id), ("Payer", claim.plan.name), ("Member", claim.plan.member),
            ("Frequency", claim.frequency.name.lower()), ("Authorisation", claim.authorization),
            ("Rendering NPI", claim.rendering.npi if claim.rendering is not None else ""),
        ), columns=3),
        Table(columns, rows, (("Total", "", "", "", "", words.money(claim.charge)),)),
    )  # fmt: skip


def _replies(found: Dossier) -> tuple[Block, ...]:
    columns = (
        Column("Day", 1), Column("Reply", 0.8), Column("Says", 3.4), Column("Code", 0.8),
        Column("Payer's number", 1.5), Column("Paid", 0.9, right=True),
    )  # fmt: skip
    rows = tuple(
        (
            words.short_day(each.on), each.kind.value, each.say, each.code, each.payer_number,
            "" if each.paid is None else words.money(each.paid),
        )
        for each in found.replies
    )  # fmt: skip
    shown: Block = Table(columns, rows) if rows else Text("None has come.")
    return (Heading("Payer's replies"), shown)


def _identity(event: Mapping[str, Any]) -> str:
    identity = event["identity"]
    return "not confirmed" if identity is None else identity["method"].replace("_", " ")


def _licence(event: Mapping[str, Any]) -> str:
    cover = event["clinician"]["covers_client_state"]
    if cover is None:
        return "not recorded"
    until = f", to {cover['expires']}" if cover["expires"] else ""
    return f"{cover['state'] or 'abroad'}, by {cover['basis']}{until}"


def _moment(at: datetime, found: Dossier) -> str:
    zone = found.event.body["practice"]["time_zone"] if found.event is not None else "UTC"
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")
