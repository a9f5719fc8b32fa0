"""What the house tells an audit: signatures, dates, why telehealth was fitting; its signing key. Shell (asyncio).

Of a note goes out who signed it, when, its digest, and the one section that says why telehealth fits. Psychotherapy
notes are not read here at all: nothing in this module knows where they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from billing_hooks import keyset
from billing_hooks.audit.custody import OfVisit, Signer
from billing_hooks.audit.dossier import LONGEST, Excerpt, PlanInForce, SignedPaper, Source
from billing_hooks.keyset import PublicKey
from server import note_templates
from server.db import notes, people, plans, practices, visits
from server.db.engine import Engine
from server.db.notes import SignedNote
from server.db.plans import TreatmentPlan
from server.db.shelf import Shelf
from server.errors import Refused
from server.keys import KeyFile
from server.signing_keys import SigningKeys

_SCRIPT: Final = Path(__file__).parent.parent / "deploy" / "verify-package.py"
_WHY: Final = "telehealth"  # the section of a note that says why telehealth fits
_CUT: Final = " ..."


class HouseCustody:
    """The house's records on this server's database; it answers `billing_hooks.audit.custody.Custody`."""

    def __init__(self, engine: Engine, keys: KeyFile) -> None:
        self._engine = engine
        self._file = keys
        self._signing = SigningKeys(engine, keys)

    async def keys(self) -> Mapping[str, PublicKey]:
        """Every key that was ever published."""
        return keyset.load(await self._signing.key_set())

    async def signer(self, practice: str) -> Signer:
        """The practice's key, the published set, and the script that needs neither of us."""
        key = await self._signing.current(practice)
        published = json.dumps(await self._signing.key_set(), sort_keys=True).encode("utf-8")
        return Signer(key.kid, key.private, published, _SCRIPT.read_bytes())

    async def of_visit(self, practice: str, visit: str, client: str, day: date) -> OfVisit:
        """What is on file for a visit; of a service that no visit gave, its plan alone."""
        shelf = await Shelf.open(self._engine, self._file, practice)
        async with shelf.work() as work:
            zone = ZoneInfo((await practices.read(work)).zone)
            plan = in_force(await plans.of_client(work, client), day, zone)
            try:
                booked = await visits.read(work, visit)
            except Refused:
                return OfVisit(plan=plan)
            service = await practices.service(work, booked.service)
            clinician = await people.read(work, booked.clinician)
            signed = await notes.signed(work, visit)
        note = signed[-1] if signed else None
        if note is not None and note.record["template"] == note_templates.ELSEWHERE:
            return OfVisit(service.name, clinician.name, note_elsewhere=True, plan=plan)
        return OfVisit(
            service.name, clinician.name, None if note is None else _signature(note), why=_why(signed), plan=plan
        )


def _signature(note: SignedNote) -> SignedPaper:
    second = f", countersigned by {note.countersigned_by}" if note.countersigned_by else ""
    return SignedPaper(
        f"{note.record['author']}{second}", str(note.record["credentials"]), note.signed_at, note.sha256.hex(),
        note.version, note.waits,
    )  # fmt: skip


def _why(signed: Sequence[SignedNote]) -> Excerpt | None:
    """What the newest version says of it, with the day on which it was first signed: a late entry shows as late."""
    said = [(str(note.record["content"].get("sections", {}).get(_WHY, "")).strip(), note) for note in signed]
    text = next((words for words, _ in reversed(said) if words), None)
    if text is None:
        return None
    first = next(each for words, each in said if words == text)
    whole = text if len(text) <= LONGEST else text[: LONGEST - len(_CUT)] + _CUT
    return Excerpt(whole, Source.PROGRESS_NOTE, first.signed_at)


def in_force(found: Sequence[TreatmentPlan], day: date, zone: ZoneInfo) -> PlanInForce | None:
    """The plan that stands best for that day: one in force that the client signed, one in force, else the newest."""
    covers = [each for each in found if each.begins <= day <= each.review]
    both = [each for each in covers if each.client_signed is not None]
    best = next(iter(both or covers or found), None)
    if best is None:
        return None
    return PlanInForce(
        best.begins, best.review,
        SignedPaper(str(best.record["author"]), str(best.record["credentials"]), best.signed_at, best.sha256.hex(),
                    best.version),
        None if best.client_signed is None else best.client_signed.at.astimezone(zone).date(),
    )  # fmt: skip
