"""A client's services without a visit: entered, corrected, listed; and their encounter's page. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import given
from billing_hooks.errors import Malformed, Refused
from billing_hooks.given import Given
from billing_hooks.page_frame import Frame, Names, Who, today
from billing_hooks.readings import KINDS
from billing_hooks.store import Store
from billing_hooks.store_given import Entered

SITES = (
    ("home", "At home"), ("office", "In an office"), ("clinic", "In a clinic"), ("hospital", "In a hospital"),
    ("nursing_facility", "In a nursing facility"), ("school", "At school"), ("other", "Somewhere else"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Licensed:
    """A clinician as the form offers them; `licensed` the states with each licence's last day (None: no end)."""

    id: str
    name: str
    npi: str | None
    type: str | None
    licensed: Mapping[str, date | None]


Clinicians = Callable[[Request], Awaitable[Sequence[Licensed]]]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class GivenForm(BaseModel):
    """What the form sends. `seen` is the version that is corrected, 0 for a new one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seen: Annotated[StrictInt, Field(ge=0)]
    kind: _Line
    begins: date
    clinician: _Line
    state: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    site: _Line
    diagnoses: _Line
    device: _Line = ""
    unit: _Line = ""
    lines: Annotated[str, StringConstraints(max_length=20_000)] = ""
    consent: StrictBool = False
    confirmed: StrictBool = False
    set_up: StrictBool = False
    live_contact: StrictBool | None = None
    twice: Annotated[StrictInt, Field(ge=0, le=10_000)] = 0


def create_given_pages(
    store: Store, templates: jinja2.Environment, who: Who, names: Names | None, clinicians: Clinicians
) -> APIRouter:
    """The routes /clients/{client}/services, GET and POST, under /billing."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/clients/{client}/services", response_class=HTMLResponse)
    async def services(request: Request, client: str) -> HTMLResponse:
        biller = await who(request)
        name = await _name(request, names, client)
        entered = await store.given_services(biller.practice, client)
        day = today(biller)
        told = {
            "client": client,
            "kinds": dict(given.WORDS),
            "sites": [list(site) for site in SITES],
            "devices": [
                {"kind": key, "words": kind.word, "two": kind.second is not None,
                 "units": [span.unit for span in kind.ranges]}
                for key, kind in KINDS.items()
            ],
            "clinicians": [
                {"id": one.id, "name": one.name, "states": sorted(one.licensed)}
                for one in await clinicians(request)
            ],
            "entered": [_shown(one) for one in entered],
            "today": day.isoformat(),
        }  # fmt: skip
        return await frame.page(
            "billing/given_services.html", biller, "clients", client=client, client_name=name, told=told
        )

    @routes.post("/clients/{client}/services")
    async def enter(request: Request, client: str, wish: GivenForm) -> JSONResponse:
        biller = await who(request)
        await _name(request, names, client)
        by = next((one for one in await clinicians(request) if one.id == wish.clinician), None)
        if by is None:
            raise Refused("clinician-unlisted", "Choose the clinician from the list.")
        found = _given(client, by, wish)
        now = datetime.now(UTC)
        given.check(found, today(biller))
        made = await store.save_given(biller.practice, found, wish.seen, biller.id, now)
        return JSONResponse({"id": made.id, "version": made.version})

    return routes


async def _name(request: Request, names: Names | None, client: str) -> str:
    """The client's name. Raises Refused("client-unknown")."""
    found = (await names(request, [client])) if names is not None else {client: client}
    if client not in found:
        raise Refused("client-unknown", "There is no such client here: choose one from the list.")
    return found[client]


def _given(client: str, by: Licensed, wish: GivenForm) -> Given:
    """Raises Malformed naming the field."""
    if wish.kind not in given.WORDS:
        raise Malformed("kind-unknown", "Choose the service from the list.")
    if wish.site not in dict(SITES):
        raise Malformed("site-unknown", "Choose where the client was.")
    entries: tuple[given.Entry, ...] = ()
    if wish.kind == given.DEVICE_DAYS:
        entries = given.device_lines(wish.lines, wish.device, wish.unit)
    elif wish.kind == given.MONITORING:
        entries = given.minute_lines(wish.lines)
    return Given(
        kind=wish.kind,
        client=client,
        begins=wish.begins,
        clinician={
            "id": by.id, "npi": by.npi, "type": by.type,
            "licensed": {state: last and last.isoformat() for state, last in by.licensed.items()},
        },
        state=wish.state,
        site=wish.site,
        diagnoses=tuple(dict.fromkeys(word.upper() for word in wish.diagnoses.replace(",", " ").split())),
        entries=entries,
        consent=wish.consent,
        confirmed=wish.confirmed,
        set_up=wish.set_up and wish.kind == given.DEVICE_DAYS,
        live_contact=wish.live_contact if wish.kind == given.MONITORING else None,
        twice=wish.twice if wish.kind == given.MONITORING else 0,
    )  # fmt: skip


def _shown(one: Entered) -> dict[str, Any]:
    """An entered service as the form takes it again, and as the list shows it."""
    found = one.given
    return {
        "id": one.id, "version": one.version, "kind": found.kind, "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(), "clinician": found.clinician["id"], "state": found.state, "site": found.site,
        "diagnoses": ", ".join(found.diagnoses), "lines": lines_of(found), "consent": found.consent,
        "confirmed": found.confirmed, "set_up": found.set_up, "live_contact": found.live_contact, "twice": found.twice,
        "device": next((entry.reading.kind for entry in found.entries if entry.reading), ""),
        "unit": next((entry.reading.unit for entry in found.entries if entry.reading), ""),
        "words": summary(found),
    }  # fmt: skip


def lines_of(found: Given) -> str:
    """The entries as the lines that were typed."""
    lines = []
    for entry in found.entries:
        if entry.reading is not None:
            second = f"/{entry.reading.second}" if entry.reading.second is not None else ""
            lines.append(f"{entry.day.isoformat()} {entry.reading.value}{second} {entry.what}".strip())
        else:
            lines.append(f"{entry.day.isoformat()} {entry.minutes} {entry.what}")
    return "\n".join(lines)


def summary(found: Given) -> str:
    """ "16 days" or "23 minutes"."""
    if found.kind == given.DEVICE_DAYS:
        return f"{found.days} {'day' if found.days == 1 else 'days'} with readings"
    if found.kind == given.MONITORING:
        return f"{found.minutes} minutes"
    return "hosted"
