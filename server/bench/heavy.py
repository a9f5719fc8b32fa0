"""Billing's heaviest day, played through the queues and pages of a running server: made-up clients. Shell (asyncio).

Before the visits begin, clients and what clinicians signed are filed. Then everything at once: events arrive and are
coded, people sign in, papers are made, claims are released, written, sent, and paid by one file.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final

from billing_hooks import contract, demo
from billing_hooks.audit_tasks import PACKAGE
from billing_hooks.claims.claim import Claim
from billing_hooks.held_coverage import FIRST, HeldCoverage
from billing_hooks.material import Sheet
from billing_hooks.replies import made_835
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.store_files import PIECE
from billing_hooks.store_tasks import TaskKind
from billing_hooks.words import Outcome
from billing_hooks.x12_envelopes import LARGEST
from server.bench import people
from server.bench.coding import SEED
from server.bench.ours import Ours
from server.db import practices
from server.errors import Refused
from server.signing_keys import SigningKey, SigningKeys
from signaling.words import StaffRole

_EACH: Final = 10  # visits of one client
_APART: Final = timedelta(days=14)
_AT_ONCE: Final = 4
_LOOK_S: Final = 0.5
_PAGE: Final = 250
_AGAIN_S: Final = 1.0
_BY: Final = "bench"
_RECEIVER: Final = "EXAMPLECH"
_LONGEST_S: Final = 3600.0
_PATTERN_S: Final = 60.0
_FLOWING: Final = {"audio": "present", "video": "flowing", "delivered": True}


@dataclass
class Day:
    """The work of one day; `through` does it and says how long each part took."""

    ours: Ours
    store: Store
    practice: str
    key: SigningKey
    encounters: int
    papers: int
    sign_ins: int
    say: Callable[[str], None]
    zone: str
    emails: list[str] = field(default_factory=list)
    events: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    clinician: str = ""
    before: int = 0
    batch: str = ""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, ours: Ours, encounters: int, papers: int, sign_ins: int, say: Callable[[str], None]
    ) -> AsyncIterator[Day]:
        """A day at this server."""
        shelf = await ours.shelf()
        async with shelf.work() as work:
            zone = (await practices.read(work)).zone
        key = await SigningKeys(shelf.engine, ours.keys).current(shelf.practice)
        store = Store.open(ours.billing_url, ours.keys.derive("billing"))
        try:
            yield cls(ours, store, shelf.practice, key, encounters, papers, sign_ins, say, zone)
        finally:
            await store.close()

    async def prepare(self, visit: int) -> None:
        """File what is there before the day begins; one real visit, of that number, is the pattern of all others."""
        self.say("holding one visit as a pattern")
        pattern = await self._pattern(visit)
        self.emails = await self.ours.hire(self.sign_ins, StaffRole.FRONT_DESK)
        self.say("filing clients, sheets and statements")
        profile = await self.store.profile(self.practice)
        if profile is None or not profile.clinicians:
            raise Refused("bench-nobody-bills", "The demo says nobody who bills.")
        self.clinician, now = profile.clinicians[0][0], datetime.now(UTC)
        for at in range(0, self.encounters, _EACH):
            await self._client(f"cli_bench{at // _EACH}", now)
        self.events = [await asyncio.to_thread(self._sealed, pattern, at) for at in range(self.encounters)]
        await self._each(self._signed, [event for event, _ in self.events])
        self.before = await self._coded()

    async def through(self) -> dict[str, str]:
        """Everything at once, then claims and their payment, with papers and sign-ins beside them again."""
        self.say(f"{self.encounters} encounters, {self.papers} papers, {self.sign_ins} sign-ins")
        await asyncio.gather(
            self._timed("encounters coded", self.encounters, self._coding()),
            self._timed("people signed in", self.sign_ins, self._signing_in()),
        )
        await self._timed("encounters released", self.encounters, self._releasing())
        await self._timed("claims written", self.encounters, self._until(self._claims, self.encounters))
        await self._timed("claims in a batch and sent", self.encounters, self._sending())
        file = await self._payment()
        await asyncio.gather(
            self._timed("claims of one 835 posted", self.encounters, self._task(TaskKind.REPLY_FILE, file=file)),
            self._timed("audit packages (PDF and bundle) made", self.papers, self._packages()),
            self._timed("people signed in again", self.sign_ins, self._signing_in()),
        )
        return self.done

    async def _timed(self, what: str, many: int, work: Awaitable[Any]) -> None:
        begun = time.monotonic()
        await work
        took = time.monotonic() - begun
        self.done[what] = f"{many} in {took:.1f} s, {many / took:.0f} a second"
        self.say(f"{what}: {self.done[what]}")

    async def _pattern(self, visit: int) -> dict[str, Any]:
        booked = await self.ours.held(visit)
        async with asyncio.timeout(_PATTERN_S):
            while True:
                async with self.store.work() as work:
                    found = await self.store.events(work, self.practice, booked)
                if found:
                    return found[0].body
                await asyncio.sleep(_LOOK_S)

    async def _client(self, client: str, now: datetime) -> None:
        await self.store.save_coverage(self.practice, client, demo.COVERAGE, _BY, now)
        await self.store.save_held(self.practice, client, HeldCoverage(FIRST, 1, demo.COVERAGE, demo.POLICY), _BY, now)
        record = replace(demo.RECORD, authorizations=())
        await self.store.change_record(self.practice, client, lambda _: record, _BY, now)

    def _sealed(self, pattern: dict[str, Any], at: int) -> tuple[dict[str, Any], bytes]:
        """The event of visit number `at`: fifty minutes with sound and picture, of a clinician with a licence."""
        event = copy.deepcopy(pattern)
        day = date.today() - timedelta(days=2) - _APART * (at % _EACH)  # noqa: DTZ011 - any day will do
        began = datetime(day.year, day.month, day.day, 16, 2, 14, tzinfo=UTC)
        ended = began + timedelta(seconds=2984)
        event |= {"id": f"evt_bench{at}", "sequence": 1000 + at, "supersedes": None}
        event["visit"] |= {"id": f"vis_bench{at}", "date_of_service": day.isoformat(), "outcome": "completed"}
        event["client"]["id"] = f"cli_bench{at // _EACH}"
        event["clinician"] |= {
            "id": self.clinician, "npi": "1880000207", "licence_type": "clinical_social_worker",
            "covers_client_state": {
                "state": "MN", "basis": "licence", "licence_ref": "lic_77", "expires": "2099-08-31",
                "checked_at": _z(began), "override_reason": None,
            },
        }  # fmt: skip
        event["times"] |= {
            "arrived": _z(began), "admitted": _z(began), "in_visit": _z(began), "ended": _z(ended),
            "in_visit_local": began.isoformat(), "ended_local": ended.isoformat(),
        }  # fmt: skip
        event["seconds"] |= {
            "presence": 2983, "audio_video_overlap": 2772, "talk_overlap": 2772, "audio_only": 0, "interrupted": 0,
            "on_hold": 0,
        }  # fmt: skip
        event["modality"] |= {"determined": "audio_video", "switches": []}
        event["intervals"] = [{"from_s": 0, "to_s": 2983, "clinician": _FLOWING, "client": _FLOWING, "cause": None}]
        event["location"] |= {"confirmed_by": self.clinician, "confirmed_at": _z(began)}
        event["precheck"] |= {"result": "clear", "override": None}
        return event, contract.seal(event, self.key.private, self.key.kid)

    async def _signed(self, event: dict[str, Any]) -> None:
        visit, now = event["visit"]["id"], datetime.now(UTC)
        await self.store.save_sheet(self.practice, visit, Sheet(minutes=46, diagnoses=("F41.1",)), self.clinician, now)
        said = contract.statement(
            id_=f"{event['id']}said", sequence=event["sequence"], about=event["id"], practice=self.practice,
            visit=visit, clinician=self.clinician, issued_at=_z(now), saw_and_heard=True, place_confirmed=True,
            exceptions=[],
        )  # fmt: skip
        await self.store.receive(said, contract.seal(said, self.key.private, self.key.kid), now)

    async def _coding(self) -> None:
        await self._each(lambda one: self.store.receive(one[0], one[1], datetime.now(UTC)), self.events)
        await self._until(self._coded, self.encounters)

    async def _coded(self) -> int:
        return (await self.store.counts(self.practice))["all"] - self.before

    async def _releasing(self) -> None:
        async def release(event: dict[str, Any]) -> None:
            encounter = encounter_id(self.practice, event["visit"]["id"])
            row = (await self.store.these(self.practice, [encounter]))[0]
            if row.outcome is not Outcome.BILL:
                raise Refused("bench-not-billable", f"A visit of the bench does not bill: {row.verdict}")
            await self.store.release(
                self.practice, encounter, version=row.version, by=_BY, name="Bench", note_seen=True,
                at=datetime.now(UTC),
            )  # fmt: skip

        await self._each(release, [event for event, _ in self.events])

    async def _claims(self) -> int:
        return sum(many for many, _ in (await self.store.claim_counts(self.practice)).values())

    async def _sending(self) -> None:
        made = await self._task(TaskKind.CLAIM_BATCH, receiver=_RECEIVER)
        self.batch = str(made["batch"])
        await self._task(TaskKind.CLAIM_SEND, batch=self.batch, way="download", by_name="Bench")

    async def _payment(self) -> str:
        """One 835 for the whole batch, kept as a file that came; its id."""
        claims: list[Claim] = []
        async with self.store.work() as work:
            ids = await self.store.claims_in(work, self.practice, self.batch)
            for at in range(0, len(ids), _PAGE):
                claims += await self.store.open_claims(work, self.practice, ids[at : at + _PAGE])
        raw = await asyncio.to_thread(lambda: b"".join(made_835.write(_head(), lambda: _decided(claims))))
        now = datetime.now(UTC)
        file = await self.store.begin_received(self.practice, way="upload", by=_BY, at=now)
        for part, at in enumerate(range(0, len(raw), PIECE)):
            await self.store.add_received(self.practice, file, part, raw[at : at + PIECE], LARGEST)
        async with self.store.work() as work:
            await self.store.end_received(work, self.practice, file)
        return file

    async def _packages(self) -> None:
        wanted = [encounter_id(self.practice, event["visit"]["id"]) for event, _ in self.events[: self.papers]]
        await asyncio.gather(*(
            self._task(TaskKind.AUDIT, what=PACKAGE, encounter=each, to="bench", by_name="Bench") for each in wanted
        ))  # fmt: skip

    async def _signing_in(self) -> None:
        """Everybody at the same moment; whoever is told to try again does, a second later."""

        async def sign_in(email: str) -> None:
            web = self.ours.web()
            while True:
                with suppress(Refused):
                    await people.sign_in(web, email, self.ours.password)
                    return
                await asyncio.sleep(_AGAIN_S)

        await asyncio.gather(*(sign_in(email) for email in self.emails))

    async def _task(self, kind: TaskKind, **wish: Any) -> dict[str, Any]:
        """Ask for a task and wait for its outcome. Raises Refused where it says that something is wrong."""
        named = await self.store.ask_now(self.practice, kind, {"zone": self.zone, **wish}, _BY, datetime.now(UTC))
        async with asyncio.timeout(_LONGEST_S):
            while True:
                found = await self.store.task(self.practice, named)
                if found.state == "done":
                    told = found.outcome or {}
                    if told.get("wrong"):
                        raise Refused("bench-task", f"{kind}: {' '.join(told['wrong'])}")
                    return told
                await asyncio.sleep(_LOOK_S)

    async def _until(self, many: Callable[[], Awaitable[int]], wanted: int) -> None:
        async with asyncio.timeout(_LONGEST_S):
            while True:
                if await many() >= wanted:
                    return
                await asyncio.sleep(_LOOK_S)

    async def _each(self, act: Callable[[Any], Awaitable[object]], of: Sequence[Any]) -> None:
        """A few at a time."""
        waiting = iter(of)

        async def work(mine: Iterator[Any]) -> None:
            for each in mine:
                await act(each)

        await asyncio.gather(*(work(waiting) for _ in range(_AT_ONCE)))


def _z(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _head() -> made_835.Head:
    return made_835.Head(
        _RECEIVER, "VISITSRV", 1, datetime.now(UTC).date(), "Example Commercial", "1512345678", "Lakeside",
        "1990000105", "EFT-BENCH",
    )  # fmt: skip


def _decided(claims: Iterable[Claim]) -> Iterator[tuple[PaidClaim, Claim]]:
    chance = Random(SEED)  # noqa: S311 - the same made-up decisions on every run, no secret
    for at, claim in enumerate(claims):
        yield made_835.decided(claim, f"ICN{at:09}", chance), claim
