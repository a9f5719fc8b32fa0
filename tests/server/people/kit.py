"""The people's tests' own parts: a clock that the test moves, a house around real parts, a browser over ASGI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from server.db.engine import Engine
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.doorkeeper import Doorkeeper
from server.filing import Filing
from server.ports import Listeners
from server.runtime import Runtime
from server.settings import Settings
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import Instant, VisitId

ORIGIN = "https://localhost:8443"
# A Monday morning in Saint Paul, in standard time: 10:00 CST.
NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
PASSWORD = "a long enough password"


class TestClock:
    """Wall time that the test moves, and nothing else."""

    __test__ = False

    def __init__(self) -> None:
        self.wall = NOW

    def now(self) -> datetime:
        return self.wall

    def instant(self) -> Instant:
        return Instant(self.wall, int(self.wall.timestamp() * 1e9), "boot")

    def forward(self, by: timedelta) -> None:
        self.wall += by


class Told:
    """The hub's audience: keeps what was told."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, Fact]] = []

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        self.facts += [(visit, fact) for fact in facts]


@dataclass
class House:
    """What `server.ports.Front` asks for. `sheets` are the billing sheets handed over."""

    runtime: Runtime
    engine: Engine
    shelf: Shelf
    hub: Hub
    clock: TestClock
    told: Told
    desk: Any = None
    listeners: Listeners = field(default_factory=Listeners)
    filing: Filing | None = None
    sheets: list[tuple[str, int | None, tuple[str, ...], str]] = field(default_factory=list)
    checks: DeskChecks | None = None
    # Nobody looks at a desk here: what the billing wing hands to desks lies there.
    board: Any = field(default_factory=lambda: SimpleNamespace(changed=lambda: None))
    acts: Any = field(default_factory=SimpleNamespace)

    @property
    def practice_id(self) -> str:
        return self.shelf.practice

    async def billing_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        self.sheets.append((visit, minutes, tuple(diagnoses), by))


@dataclass
class Team:
    """The practice's people, by id."""

    clinician: str
    colleague: str
    front_desk: str
    biller: str
    service: str
    emails: dict[str, str]


class Browser(httpx.AsyncClient):
    """A browser: keeps cookies, says that its posts come from our page."""

    def __init__(self, app: FastAPI, settings: Settings, address: str = "203.0.113.7") -> None:
        door = Doorkeeper(app, settings)
        super().__init__(
            transport=httpx.ASGITransport(app=door, client=(address, 50000), raise_app_exceptions=False),
            base_url=ORIGIN,
            headers={"sec-fetch-site": "same-origin"},
        )

    async def ask(self, path: str, body: Any, status: int = 200) -> Any:
        """Post JSON and give the JSON that comes back, of a response with that status."""
        response = await self.post(path, json=body)
        assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
        return response.json()

    async def see(self, path: str, status: int = 200) -> Any:
        """Get JSON."""
        response = await self.get(path)
        assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
        return response.json()


def secret_of(link: str) -> str:
    """The secret behind a link's #."""
    assert link.startswith((ORIGIN + "/j#", ORIGIN + "/g#"))
    return link.split("#")[1]


HOME = {
    "place": None,
    "country": "US",
    "street": "55 Lake St",
    "city": "Saint Paul",
    "state": "MN",
    "zip": "55104",
    "site": "home",
    "save": False,
    "callback": "(651) 555-0134",
    "emergency": {"name": "Casey Doe", "phone": "(651) 555-0199", "relation": "sister"},
}
ALL_OK = {"camera": "ok", "microphone": "ok", "speaker": "ok", "connection": "ok"}


def signature(state: dict[str, Any], name: str = "Jordan Doe", relationship: str = "self") -> dict[str, Any]:
    """A full signature of the text that ClientState shows."""
    return {
        "method": "signed",
        "version": state["consent"]["version"],
        "name": name,
        "relationship": relationship,
    }


async def check_in(browser: Browser, state: dict[str, Any]) -> dict[str, Any]:
    """Consent, location and devices: up to the waiting room."""
    await browser.ask("/api/client/consent", signature(state))
    await browser.ask("/api/client/location", HOME)
    done: dict[str, Any] = await browser.ask("/api/client/devices", ALL_OK)
    return done
