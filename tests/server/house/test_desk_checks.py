"""The whole house with billing inside: a desk is drawn with the check, and admissions keep what it showed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from billing_hooks import demo
from server import runtime
from server.app import create_app
from server.board import OpenDesk
from server.booking import NewClient, Wish, book
from server.db import people, practices
from server.db.engine import open_engine
from server.db.people import Licence
from server.db.shelf import Shelf
from server.founding import Newcomer, found, hire
from server.house import House
from server.keys import KeyFile
from server.runtime import Runtime
from server.settings import Settings
from server.socket import Socket
from signaling import commands
from signaling.precheck import PrecheckResult
from signaling.waiting_room import Viewer
from signaling.words import (
    ConsentBy,
    ConsentMethod,
    DeviceCode,
    OverrideReason,
    Site,
    StaffId,
    StaffRole,
    VisitId,
)
from tests.browser.harness.running import free_port
from tests.conftest import Database

OK = DeviceCode.OK


@dataclass
class Screen:
    """A desk's browser: keeps what it is told."""

    told: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: dict[str, Any]) -> None:
        """As a socket does."""
        self.told.append(message)
        self.news.set()

    def close(self, *_: object) -> None:
        """The house stops."""

    async def line(self, wanted: str) -> dict[str, Any]:
        """The first card whose check begins so."""
        async with asyncio.timeout(20):
            while True:
                for message in self.told:
                    for card in message["waiting"]:
                        if card["check"] is not None and card["check"]["line"].startswith(wanted):
                            return cast("dict[str, Any]", card)
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncIterator[House]:
    """A real house on this test's database, with one clinician of Minnesota."""
    keys = KeyFile.load_or_create(tmp_path / "var.key")
    engine = open_engine(database.app_url, name="founding", pool_size=2)
    try:
        practice = await found(
            engine, keys, name="Prairie", phone="(612) 555-0100", npi="1990000105", zone="America/Chicago"
        )
        newcomer = Newcomer(StaffRole.CLINICIAN, "Ana Rivera", "ana@prairie.example", "1880000207")
        clinician = await hire(engine, keys, newcomer, "a long enough password")
        shelf = await Shelf.open(engine, keys, practice)
        async with shelf.work() as work:
            licence = Licence("", "MN", "LICSW", "20417", date(2020, 1, 1), date(2029, 12, 31))
            await people.replace_licences(work, clinician, [licence])
    finally:
        await engine.dispose()
    (tmp_path / "var").mkdir()
    port = free_port()
    made = runtime.make(Settings.load(data_dir=tmp_path / "var", port=port), keys)
    whole = Runtime(
        settings=made.settings, keys=keys, fields=made.fields, app_url=database.app_url,
        billing_url=database.billing_url, passwords=made.passwords, media_hosts=("127.0.0.1",),
        media_addresses=("127.0.0.1",),
    )  # fmt: skip
    app: FastAPI = create_app(whole)
    async with app.router.lifespan_context(app):
        yield app.state.house


async def waiting(house: House, name: str, state: str) -> tuple[VisitId, StaffId, str]:
    """Somebody who has checked in and waits: (visit, clinician, client)."""
    async with house.shelf.work() as work:
        who = (await people.clinicians(work))[0].id
        service = next(one for one in await practices.all_services(work) if one.minutes == 50)
    start = datetime.now(ZoneInfo("America/Chicago")) + timedelta(minutes=5)
    wish = Wish(NewClient(name, None, None), who, service.id, f"{start:%Y-%m-%dT%H:%M}", 50, anyway=True)
    made, _ = await book(house, wish, who)
    visit = VisitId(made.id)
    now = datetime.now(UTC)
    for each in (
        commands.OpenLink("jnt_" + "a" * 20),
        commands.GiveConsent("v1", "a" * 64, "en", ConsentMethod.SIGNED, ConsentBy.SELF, now),
        commands.AttestLocation("US", state, Site.HOME),
        commands.CheckDevices(OK, OK, OK, OK),
        commands.Join(),
    ):
        await house.hub.command(visit, each)
    return visit, StaffId(who), made.client


async def test_a_desk_is_drawn_with_the_check_and_an_admission_keeps_what_it_showed(house: House) -> None:
    """Covered at home; unlicensed in Texas; admitted under a reason: the line of that moment is on record."""
    checks = house.checks
    assert checks is not None
    store, practice = checks.checking.store, house.practice_id
    visit, who, client = await waiting(house, "Jamie Dole", "MN")
    _, now = await house.hub.visit(visit)
    meaning = {now.service: "psychotherapy_individual"}
    await demo.save_demo(store, practice, [client], meaning, datetime.now(UTC))
    screen = Screen()
    desk = OpenDesk(cast(Socket, screen), Viewer(who, StaffRole.CLINICIAN), b"token")
    house.board.attach(desk)
    card = await screen.line("Covered: home allowed, LICSW allowed, share $20")
    assert (card["visit"], card["coverage"], card["can_admit"]) == (visit, "covered", True)
    _, now = await house.hub.visit(visit)
    told = checks.precheck(now)
    assert told is not None
    assert now.location is not None
    moved = replace(now, location=replace(now.location, state="TX"))
    assert checks.precheck(moved) is None, "what was checked of one place says nothing of another"
    assert told.result is PrecheckResult.CLEAR
    assert [rule.id for rule in told.rules] == ["demo-commercial", "mn-statute-62A673"]
    there, _, _ = await waiting(house, "Riley Example", "TX")
    card = await screen.line("Not licensed there: no licence on file for TX")
    assert (card["visit"], card["licence"], card["coverage"]) == (there, "missing", "unlicensed")
    await house.acts.admit(there, who, OverrideReason.CRISIS)
    _, let_in = await house.hub.visit(there)
    assert let_in.precheck is not None
    assert let_in.precheck.result is PrecheckResult.UNLICENSED
    await checks.close()
    (kept,) = await store.acts_of_visit(practice, there)
    assert (kept.kind, kept.by, kept.said["override"]) == ("admitted", who, "crisis")
    assert kept.said["line"].startswith("Not licensed there")
    front = Screen()
    house.board.attach(OpenDesk(cast(Socket, front), Viewer(StaffId("stf_x"), StaffRole.FRONT_DESK), b"other"))
    async with asyncio.timeout(10):
        while not front.told:
            front.news.clear()
            await front.news.wait()
    assert all(card["check"] is None for card in front.told[0]["today"])
