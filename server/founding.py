"""A practice's first day: itself, its services, its consent text, its people. Shell (asyncio, sqlalchemy)."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Final

from server import consent_text
from server.db import people, practices
from server.db.engine import Engine
from server.db.shelf import Shelf
from server.errors import Refused
from server.keys import KeyFile
from server.local_time import zone_named
from server.npi import is_npi
from server.passwords import hash_here
from signaling.words import StaffRole

# What a practice starts with; names in plain words, lengths in minutes.
_SERVICES: Final = (
    ("First appointment, 60 minutes", 60),
    ("Individual therapy, 30 minutes", 30),
    ("Individual therapy, 50 minutes", 50),
)
SHORTEST_PASSWORD: Final = 15  # characters: NIST SP 800-63B-4 §3.1.1.2, where a password is the only factor


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member of staff to be."""

    role: StaffRole
    name: str
    email: str
    npi: str | None = None

    def check(self) -> None:
        """Raises Refused with one sentence."""
        if not self.name.strip():
            raise Refused("name-missing", "A member of staff needs a name.")
        before, at, after = self.email.strip().partition("@")
        if not (before and at and "." in after) or " " in self.email.strip():
            raise Refused("email-malformed", f"{self.email} is not an email address.")
        if self.npi is not None and not is_npi(self.npi):
            raise Refused("npi-malformed", f"{self.npi} is not an NPI: ten digits, the last one checks the others.")


async def found(engine: Engine, keys: KeyFile, *, name: str, phone: str, npi: str | None, zone: str) -> str:
    """Make the practice, with services and the consent text; its id. Raises Refused where there is one already."""
    if await practices.first(engine) is not None:
        raise Refused("practice-exists", "This server has its practice already: `antechamber add-staff` adds people.")
    if not name.strip() or not phone.strip():
        raise Refused("practice-incomplete", "A practice needs a name and a telephone number that clients can call.")
    if npi is not None and not is_npi(npi):
        raise Refused("npi-malformed", f"{npi} is not an NPI: ten digits, the last one checks the others.")
    zone_named(zone)
    practice = await practices.create(engine, keys, name=name.strip(), phone=phone.strip(), npi=npi, zone=zone)
    shelf = await Shelf.open(engine, keys, practice)
    async with shelf.work() as work:
        await consent_text.install(work)
        for service, minutes in _SERVICES:
            await practices.add_service(work, service, minutes)
    return practice


async def hire(engine: Engine, keys: KeyFile, newcomer: Newcomer, password: str) -> str:
    """Add a member of staff to the one practice; their id. Raises Refused."""
    newcomer.check()
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("password-short", f"A password has at least {SHORTEST_PASSWORD} characters.")
    practice = await practices.first(engine)
    if practice is None:
        raise Refused("no-practice", "There is no practice yet: run `antechamber setup`.")
    shelf = await Shelf.open(engine, keys, practice)
    async with shelf.work() as work:
        if await people.by_email(work, newcomer.email) is not None:
            raise Refused("email-taken", f"Somebody signs in with {newcomer.email.strip()} already.")
        return await people.add(
            work,
            role=newcomer.role,
            name=newcomer.name.strip(),
            email=newcomer.email,
            password_hash=hash_here(password),
            npi=newcomer.npi,
        )


def new_password() -> str:
    """100 random bits in four groups that can be typed."""
    letters = base64.b32encode(secrets.token_bytes(13)).decode("ascii").lower()[:20]
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))
