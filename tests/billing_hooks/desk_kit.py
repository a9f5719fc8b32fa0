"""What the tests of the biller's desk share: a store, the pages as the house mounts them, visits that are ready."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import JSONResponse, Response

import web
from billing_hooks import demo, jobs
from billing_hooks.errors import Malformed, Refused
from billing_hooks.field_errors import WrongFields
from billing_hooks.material import Sheet
from billing_hooks.page_frame import Biller
from billing_hooks.pages import create_pages
from billing_hooks.store import Store
from billing_hooks.store_encounters import Row, encounter_id

Seal = Callable[[dict[str, Any]], bytes]
PRACTICE, CLIENT, CLINICIAN = "prc_lakeside", "cli_82b1f0", "stf_rivera"
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEMPLATES = Environment(
    loader=FileSystemLoader(web.TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


async def opened(url: str) -> Store:
    """A store with the demo's rule, plan, fees and service."""
    made = Store.open(url, bytes(32))
    await demo.save_demo(made, PRACTICE, [CLIENT], {"svc_individual": "psychotherapy_individual"}, AT)
    return made


def answering(app: FastAPI) -> None:
    """Refusals and wrong forms become answers as the house makes them."""

    @app.exception_handler(Refused)
    @app.exception_handler(Malformed)
    async def refused(_: Request, error: Refused | Malformed) -> Response:
        fields = {"fields": error.fields} if isinstance(error, WrongFields) else {}
        return JSONResponse(
            {"code": error.code, "say": error.say, **fields}, 409 if isinstance(error, Refused) else 400
        )


@asynccontextmanager
async def pages(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A biller's browser at the pages."""

    async def who(request: Request) -> Biller:
        practice = request.headers.get("x-practice", PRACTICE)
        staff = {"id": "stf_hale", "name": "Robin Hale", "role": "biller"}
        shown = {"name": "Lakeside", "phone": "(612) 555-0100", "zone": "America/Chicago"}
        return Biller(practice, "stf_hale", "Robin Hale", "America/Chicago", {"staff": staff, "practice": shown})

    async def names(_: Request, ids: Collection[str]) -> dict[str, str]:
        known = {CLIENT: "Jordan Doe", "cli_other": "Alex Poe", CLINICIAN: "Ana Rivera", "stf_park": "Lee Park"}
        return {each: known[each] for each in ids if each in known}

    app = FastAPI()
    app.include_router(create_pages(store, TEMPLATES, who, names), prefix="/billing")

    answering(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://practice.example") as browser:
        yield browser


@dataclass
class Visits:
    """Makes visits of the realistic event: `await visits.held(1, day="2026-11-20", hour=9)`. `base` names whose they
    are, and `at` when they come."""

    store: Store
    seal: Seal
    about: Callable[[dict[str, Any], int], dict[str, Any]]
    base: dict[str, Any]
    at: datetime = AT

    @property
    def practice(self) -> str:
        """Whose visits these are."""
        return str(self.base["practice"]["id"])

    async def receive(self, number: int, **how: Any) -> str:
        """The event of visit `number` arrives; gives the visit's id."""
        body = self.event(number, **how)
        raw = self.seal(body)
        await self.store.receive(json.loads(raw), raw, self.at)
        return str(body["visit"]["id"])

    async def ready(self, number: int, **how: Any) -> str:
        """A visit with event, statement and sheet, coded; gives its encounter's id."""
        visit = await self.receive(number, **how)
        body, sheet = self.event(number, **how), Sheet(minutes=46, diagnoses=("F41.1",))
        await self.store.save_sheet(self.practice, visit, sheet, body["clinician"]["id"], self.at)
        raw = self.seal(self.about(body, number))
        await self.store.receive(json.loads(raw), raw, self.at)
        await jobs.code_encounter(self.store, self.practice, visit, at=self.at)
        return encounter_id(self.practice, visit)

    def event(
        self, number: int, *, day: str = "2026-11-20", hour: int = 16, client: str = CLIENT, clinician: str = CLINICIAN,
        service: str = "svc_individual", supersedes: str | None = None, sequence: int | None = None,
        outcome: str = "completed", visit: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """The event of visit `number`, which began at that hour (UTC) of that day."""
        body = copy.deepcopy(self.base)
        began = datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00")
        ended = began + timedelta(minutes=50)
        suffix = "" if supersedes is None else "corrected"
        body |= {"id": f"evt_{number}{suffix}", "sequence": sequence or 100 + number, "supersedes": supersedes}
        body["visit"] |= {
            "id": visit or f"vis_{number}",
            "date_of_service": day,
            "service": service,
            "outcome": outcome,
        }
        body["client"]["id"], body["clinician"]["id"] = client, clinician
        # The camera stayed on: nothing about it wants a biller's eyes.
        body["seconds"] |= {"audio_video_overlap": 2772, "audio_only": 0, "video_off_by": {"clinician": 0, "client": 0}}
        body["modality"]["switches"] = []
        body["intervals"] = [
            {**each, "client": each["clinician"], "cause": None} if each["cause"] == "client_camera_off" else each
            for each in body["intervals"]
        ]
        body["times"] |= {
            "arrived": _utc(began), "admitted": _utc(began), "in_visit": _utc(began), "ended": _utc(ended),
            "in_visit_local": began.isoformat(), "ended_local": ended.isoformat(),
        }  # fmt: skip
        return body

    async def row(self, encounter: str) -> Row:
        """The encounter as it stands."""
        return (await self.store.these(self.practice, [encounter]))[0]


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
