"""The demo practice: people who do not exist, one client, a visit that starts about now. Shell (asyncio, sqlalchemy).

A second run finds everything again and books a new visit only where the last one is over. The passwords are derived
from the key file: random, the same at every run, and stored nowhere.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from billing_hooks.demo import save_demo, save_example_payer
from billing_hooks.demo_claims import provider, save_demo_claims
from billing_hooks.store import Store
from server import consent_text
from server.booking import NewClient, Wish, book, link_address
from server.db import clients, links, people, places, practices, visits
from server.db.engine import Engine
from server.db.people import Licence
from server.db.shelf import Work
from server.db.visits import OPEN, Address
from server.errors import CannotStart, Refused
from server.keys import KeyFile
from server.ports import Front
from signaling.words import Phase, Site, StaffRole

ZONE: Final = "America/Chicago"
# name, minutes, and what it means to the coder
_SERVICES: Final = (
    ("Individual therapy, 50 minutes", 50, "psychotherapy_individual"),
    ("Short individual therapy, 30 minutes", 30, "psychotherapy_individual"),
    ("Intake appointment, 60 minutes", 60, "diagnostic_evaluation"),
)
_CLIENT: Final = NewClient("Jordan Doe", "(651) 555-0134", "jordan.doe@mail.example")
_NEXT: Final = NewClient("Avery Example", "(651) 555-0172", "avery.example@mail.example")
_HOME: Final = Address("US", "55 Lake St", "Saint Paul", "MN", "55104")
_STEP: Final = 5  # minutes: the demo visit starts on a round time


@dataclass(frozen=True, slots=True)
class Cast:
    """A member of the demo's staff. Domains under .example belong to nobody (RFC 2606)."""

    role: StaffRole
    name: str
    email: str
    npi: str | None


_STAFF: Final = (
    Cast(StaffRole.CLINICIAN, "Ana Rivera", "ana.rivera@lakeside.example", "1880000207"),
    Cast(StaffRole.FRONT_DESK, "Sam Okafor", "sam.okafor@lakeside.example", None),
    Cast(StaffRole.BILLER, "Robin Hale", "robin.hale@lakeside.example", None),
)
_LICENCES: Final = (
    Licence("", "MN", "LICSW", "MN-20417", date(2019, 9, 1), date(2029, 8, 31)),
    Licence("", "WI", "LICSW", "WI-7730-123", date(2022, 3, 1), date(2029, 2, 28)),
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """How one of them signs in."""

    url: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """What the demo prints: who signs in how, and the client's link. `client_id` for billing's own demo."""

    origin: str
    clinician: SignIn
    front_desk: SignIn
    biller: SignIn
    client_url: str
    client_id: str
    visit: str

    def as_json(self) -> dict[str, object]:
        """The content of demo.json."""
        signs = {"clinician": self.clinician, "front_desk": self.front_desk, "biller": self.biller}
        told = {name: {"url": one.url, "email": one.email, "password": one.password} for name, one in signs.items()}
        return {"origin": self.origin, **told, "client": {"url": self.client_url}}


async def practice(engine: Engine, keys: KeyFile) -> str:
    """The id of the demo practice, made where the database is empty; before the house opens."""
    known = await practices.first(engine)
    if known is not None:
        return known
    return await practices.create(
        engine,
        keys,
        name="Lakeside Counseling (demo)",
        phone="(612) 555-0100",
        npi="1990000105",
        zone=ZONE,
        message="This is a demonstration. No real person is behind any name you see.",
    )


def password(keys: KeyFile, role: StaffRole) -> str:
    """The demo password of a role: 100 bits of the key file, in four groups that can be typed."""
    letters = base64.b32encode(keys.derive(f"demo-password|{role.value}", 13)).decode("ascii").lower()[:20]
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


async def ensure(front: Front) -> DemoPeople:
    """Make or find the demo's people and visit, and write demo.json (0600) into the data directory.

    Raises CannotStart where the database holds a practice that is not the demo.
    """
    async with front.shelf.work() as work:
        known = {one.role: await people.by_email(work, one.email) for one in _STAFF}
        if not any(known.values()) and await people.anybody(work):
            raise CannotStart("not-the-demo", "This database holds a real practice: run `antechamber serve` instead.")
    for one in _STAFF:
        if known[one.role] is None:
            await _hire(front, one)
    async with front.shelf.work() as work:
        await consent_text.install(work)
        if not await practices.all_services(work):
            for name, minutes, _ in _SERVICES:
                await practices.add_service(work, name, minutes)
    client, visit, link = await _appointment(front)
    clinician, front_desk, biller = (_sign_in(front, one) for one in _STAFF)
    made = DemoPeople(
        origin=front.runtime.settings.origin,
        clinician=clinician,
        front_desk=front_desk,
        biller=biller,
        client_url=link,
        client_id=client,
        visit=visit,
    )
    if not _place(front).exists():  # the first run to get here; later ones leave billing as the biller left it
        await _bill(front, client)
        await _tomorrow(front)
    _write(front, made)
    return made


async def _bill(front: Front, client: str) -> None:
    """Give billing the demo's payer, fees and coverage, so that the demo's visits are coded to the end."""
    url = front.runtime.billing_url
    if url is None:
        return  # billing runs elsewhere, with a demo of its own
    async with front.shelf.work() as work:
        intents = {name: intent for name, _, intent in _SERVICES}
        services = {one.id: intents[one.name] for one in await practices.all_services(work) if one.name in intents}
        staff = [(one.id, provider(one.name, one.npi)) for one in await people.clinicians(work) if one.npi]
        now = work.now()
    store = Store.open(url, front.runtime.keys.derive("billing"))
    try:
        await save_demo(store, front.shelf.practice, [client], services, now)
        await save_example_payer(store, front.shelf.practice, now)
        await save_demo_claims(store, front.shelf.practice, staff, now)
    finally:
        await store.close()


async def _tomorrow(front: Front) -> None:
    """A visit tomorrow morning of a client whose cover nobody has verified: what billing's list is for."""
    async with front.shelf.work() as work:
        found = await people.by_email(work, _STAFF[0].email)
        service = (await practices.all_services(work))[0]
        zone = ZoneInfo((await practices.read(work)).zone)
        day = (work.now().astimezone(zone) + timedelta(days=1)).date()
    if found is not None:
        wish = Wish(_NEXT, found[0].id, service.id, f"{day.isoformat()}T10:00", service.minutes, anyway=True)
        await book(front, wish, found[0].id)


async def _hire(front: Front, one: Cast) -> None:
    hashed = await front.runtime.passwords.hash(password(front.runtime.keys, one.role))
    async with front.shelf.work() as work:
        person = await people.add(
            work, role=one.role, name=one.name, email=one.email, password_hash=hashed, npi=one.npi
        )
        if one.role is StaffRole.CLINICIAN:
            await people.replace_licences(work, person, _LICENCES)


def _sign_in(front: Front, one: Cast) -> SignIn:
    return SignIn(f"{front.runtime.settings.origin}/sign-in", one.email, password(front.runtime.keys, one.role))


async def _appointment(front: Front) -> tuple[str, str, str]:
    """The demo client, their visit that is not over, and its link."""
    async with front.shelf.work() as work:
        found = await people.by_email(work, _STAFF[0].email)
        if found is None:
            raise LookupError(_STAFF[0].email)
        clinician = found[0].id
        client = await _demo_client(work)
        service = next(one for one in await practices.all_services(work) if one.minutes == 50)
        zone = (await practices.read(work)).zone
        now = work.now()
        standing = [] if client is None else await visits.of_client(work, client)
        usable = [one for one in standing if one.phase in OPEN and (one.phase is not Phase.BOOKED or now < one.end)]
        if client is not None and usable:
            link = link_address(front, await _link(work, usable[0].id, client))
            return client, usable[0].id, link
    wish = Wish(client or _CLIENT, clinician, service.id, _about(now, zone), 50, anyway=True)
    made, link = await book(front, wish, clinician)
    if client is None:
        async with front.shelf.work() as work:
            await places.save(work, made.client, _HOME, Site.HOME)
    return made.client, made.id, link


async def _demo_client(work: Work) -> str | None:
    found = await clients.find(work, _CLIENT.name)
    return next((client for client, name in found if name == _CLIENT.name), None)


async def _link(work: Work, visit: str, client: str) -> str:
    """The live link's secret; a new link where somebody revoked it and made none."""
    try:
        return await links.secret_of(work, visit)
    except Refused:
        return (await links.renew(work, visit, client))[0]


def _about(now: datetime, zone: str) -> str:
    """The wall clock of `zone` at the nearest round time."""
    step = timedelta(minutes=_STEP)
    rounded = now + step / 2
    rounded -= timedelta(minutes=rounded.minute % _STEP, seconds=rounded.second, microseconds=rounded.microsecond)
    return rounded.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def _place(front: Front) -> Path:
    return front.runtime.settings.data_dir / "demo.json"


def _write(front: Front, made: DemoPeople) -> None:
    """demo.json, whole or not at all, readable by nobody else."""
    place = _place(front)
    draft = place.with_name(".demo.json.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(made.as_json(), indent=1) + "\n")
    draft.replace(place)
