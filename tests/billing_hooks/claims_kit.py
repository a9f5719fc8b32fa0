"""What the tests of claims in the store share: released visits, their claims, and answers as payers write them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import httpx
from fastapi import FastAPI, Request

from billing_hooks import claim_drafting, claim_import, claim_sending
from billing_hooks.audit.custody import Custody
from billing_hooks.audit_pages import create_audit_pages
from billing_hooks.batches_pages import create_batches_pages
from billing_hooks.claim_acts_pages import create_claim_acts_pages
from billing_hooks.claim_import import Verdict
from billing_hooks.claims.claim import Adjusted, Claim, Provider
from billing_hooks.claims_pages import create_claims_pages
from billing_hooks.demo_claims import save_demo_claims
from billing_hooks.files_pages import create_files_pages
from billing_hooks.given_pages import Licensed
from billing_hooks.page_frame import Biller
from billing_hooks.pages import create_pages
from billing_hooks.payers_pages import create_payers_pages
from billing_hooks.replies import made_835
from billing_hooks.replies.made_835 import Head
from billing_hooks.replies.remittance import PaidClaim, PaidLine
from billing_hooks.replies_pages import create_replies_pages
from billing_hooks.rules_pages import create_rules_pages
from billing_hooks.self_pay_pages import create_self_pay_pages
from billing_hooks.store import Store
from billing_hooks.store_batches import Batch
from tests.billing_hooks.desk_kit import CLIENT, CLINICIAN, PRACTICE, TEMPLATES, Visits, answering

AT = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
ZONE = "America/Chicago"
US, THEM = "VISITSRV", "EXAMPLECH"
BILLER = "stf_hale"


@dataclass
class Desk:
    """A biller's desk with a store behind it: `control` counts the files that come back, `today` stands on payments."""

    store: Store
    visits: Visits
    control: int = 100
    today: date = TODAY
    days: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Who bills."""
        await save_demo_claims(
            self.store, PRACTICE, ((CLINICIAN, Provider("Rivera", "1880000207", "1041C0700X", "Ana")),), AT
        )

    async def released(self, *numbers: int, **how: object) -> list[str]:
        """Encounters of visits that a biller released."""
        found = []
        for number in numbers:
            day = date(2026, 9, 1) + timedelta(days=number)
            given = {"day": day.isoformat(), **how}
            encounter = await self.visits.ready(number, **given)
            row = await self.visits.row(encounter)
            await self.store.release(
                PRACTICE, encounter, version=row.version, by=BILLER, name="Robin Hale", note_seen=True, at=AT
            )
            found.append(encounter)
        return found

    async def drafted(self, *numbers: int, **how: object) -> list[str]:
        """Their claims."""
        made = []
        for encounter in await self.released(*numbers, **how):
            found = await claim_drafting.draft(self.store, PRACTICE, encounter, by=BILLER, at=AT, today=TODAY)
            assert found is not None
            assert not claim_drafting.grave(found.problems), found
            made.append(found.claim)
        return made

    async def sent(self, *numbers: int, **how: object) -> tuple[Batch, list[str]]:
        """Their claims in a batch that a person sent."""
        claims = await self.drafted(*numbers, **how)
        batch = await self.batched()
        await self.send(batch)
        return await self.store.batch(PRACTICE, batch), claims

    async def batched(self) -> str:
        """A batch of everything that is ready."""
        made = await claim_sending.make_batch(self.store, PRACTICE, THEM, by=BILLER, at=AT, zone=ZONE)
        assert not made.left, made
        return made.batch

    async def send(self, batch: str) -> bool:
        """A named person sends it."""
        return await claim_sending.send_batch(
            self.store, PRACTICE, batch, by=BILLER, name="Robin Hale", way="download", at=AT, today=TODAY
        )

    async def arrive(self, raw: bytes, piece: int = 300_000) -> str:
        """A file comes; its id."""
        file = await self.store.begin_received(PRACTICE, way="upload", by=BILLER, at=AT)
        for part, at in enumerate(range(0, len(raw), piece)):
            await self.store.add_received(PRACTICE, file, part, raw[at : at + piece], 2**26)
        async with self.store.work() as work:
            await self.store.end_received(work, PRACTICE, file)
        return file

    async def take(self, raw: bytes) -> Verdict:
        """A file comes and is taken in, or refused."""
        return await self.read(await self.arrive(raw))

    async def read(self, file: str) -> Verdict:
        """A file that came is taken in, or refused."""
        return await claim_import.take_in(self.store, PRACTICE, file, by=BILLER, at=AT, today=TODAY)

    async def values(self, claims: Iterable[str]) -> list[Claim]:
        """What claims say."""
        return [await self.store.claim_value(PRACTICE, each) for each in claims]

    def number(self) -> int:
        """The next control number of the sender's."""
        self.control += 1
        return self.control

    def payment(
        self, pairs: Sequence[tuple[PaidClaim, Claim]], trace: str = "", moves: Sequence[tuple[str, int]] = (),
        payer: str = "Example Commercial",
    ) -> bytes:  # fmt: skip
        """An 835 of these decisions."""
        control = self.number()
        head = Head(THEM, US, control, self.today, payer, "1512345678", "Lakeside", "1990000105",
                    trace or f"EFT{control}")  # fmt: skip
        beside = [made_835.beside(code, "OLD", cents, head.npi, head.day) for code, cents in moves]
        return b"".join(made_835.write(head, lambda: iter(pairs), beside))

    def read_999(self, batch: Batch, verdict: str = "A", faults: Sequence[str] = ()) -> bytes:
        """A 999 about a batch."""
        took = 1 if verdict in "AE" else 0
        body = [f"AK1*HC*{batch.control}*005010X222A1", "AK2*837*0001*005010X222A1", *faults, f"IK5*{verdict}",
                f"AK9*{verdict}*1*1*{took}"]  # fmt: skip
        return self._file("FA", "999", "005010X231A1", body)

    def read_ta1(self, batch: Batch, verdict: str = "A") -> bytes:
        """A TA1 about a batch's envelope."""
        control = self.number()
        note = "000" if verdict == "A" else "006"
        lines = [
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{THEM:<15}*ZZ*{US:<15}*261121*1530*^*00501*{control:09}*0*T*:",
            f"TA1*{batch.control:09}*261121*1500*{verdict}*{note}", f"IEA*0*{control:09}",
        ]  # fmt: skip
        return "".join(line + "~\n" for line in lines).encode()

    def read_277(self, claims: Sequence[tuple[str, str]], batch: str = "B1") -> bytes:
        """A 277CA: each claim with its category and status (`A2:20`)."""
        body = [
            "BHT*0085*08*R1*20261121*1600*TH", "HL*1**20*1", "NM1*PR*2*EXAMPLE*****PI*99901", "TRN*1*X1",
            "HL*2*1*21*1", "NM1*41*2*LAKESIDE*****46*VISITSRV", f"TRN*2*{batch}", "STC*A1:19:PR*20261121*WQ*1",
            "HL*3*2*19*1", "NM1*85*2*LAKESIDE*****XX*1990000105",
        ]  # fmt: skip
        for at, (named, said) in enumerate(claims):
            action = "U" if said[:2] in ("A3", "A6", "A7", "A8") else "WQ"
            body += [f"HL*{at + 4}*3*PT", "NM1*QC*1*DOE*JORDAN****MI*HPX1", f"TRN*2*{named}",
                     f"STC*{said}:PR*20261121*{action}*175", f"REF*1K*ICN{at}"]  # fmt: skip
        return self._file("HN", "277", "005010X214", body)

    def rejects(self, level: str, reference: str, npi: str = "1990000105") -> bytes:
        """A 277CA that rejects a transaction (level 21) or a provider in it (19), by the transaction's reference."""
        whole = level == "21"
        said = "A8:21:40*20261121*U*1" if whole else "A1:19:PR*20261121*WQ*1"
        body = [
            "BHT*0085*08*R1*20261121*1600*TH", "HL*1**20*1", "NM1*PR*2*EXAMPLE*****PI*99901", "TRN*1*X1",
            f"HL*2*1*21*{0 if whole else 1}", "NM1*41*2*LAKESIDE*****46*VISITSRV", f"TRN*2*{reference}", f"STC*{said}",
        ]  # fmt: skip
        if not whole:
            body += ["HL*3*2*19*0", f"NM1*85*2*LAKESIDE*****XX*{npi}", "TRN*2*0", "STC*A8:562:85*20261121*U*350"]
        return self._file("HN", "277", "005010X214", body)

    def _file(self, group: str, kind: str, version: str, body: Sequence[str]) -> bytes:
        control = self.number()
        lines = [
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{THEM:<15}*ZZ*{US:<15}*261121*1530*^*00501*{control:09}*0*T*:",
            f"GS*{group}*{THEM}*{US}*20261121*1530*{control}*X*{version}", f"ST*{kind}*0001*{version}", *body,
            f"SE*{len(body) + 2}*0001", f"GE*1*{control}", f"IEA*1*{control:09}",
        ]  # fmt: skip
        return "".join(line + "~\n" for line in lines).encode()


Decide = Callable[[Claim, int], PaidClaim]


def paid(claim: Claim, at: int = 0) -> PaidClaim:
    """A usual decision: some contract, some of the client's."""
    for seed in range(1000):
        found = made_835.decided(claim, f"ICN{claim.id[-6:]}{at}", random.Random(seed))
        if found.status == "1" and found.paid > 0:
            return found
    raise AssertionError("no seed pays")


def denied(claim: Claim, at: int = 0, reason: str = "") -> PaidClaim:
    """A payer's no, for this reason where one is named."""
    for seed in range(1000):
        found = made_835.decided(claim, f"ICN{claim.id[-6:]}{at}", random.Random(seed))
        if found.status == "4" and reason in ("", *(each.reason for _, each in found.every())):
            return found
    raise AssertionError("no seed denies")


def second(claim: Claim) -> PaidClaim:
    """The next payer's decision, which pays all that the one before left to the client."""
    judged = {each.line: each for each in claim.earlier[-1].lines}
    lines = []
    for at, line in enumerate(claim.lines):
        left = sum(each.cents for each in judged[line.number].adjusted if each.group == "PR")
        before = (Adjusted("OA", "23", line.charge - left),)
        lines.append(PaidLine(at, line.code, line.modifiers, line.charge, left, "1", before, line.day, line.number))
    paid = sum(each.paid for each in lines)
    return PaidClaim(
        0, claim.id, "2", claim.charge, paid, 0, "12", f"ICN{claim.id[-6:]}S", claim.pos, "1", (), tuple(lines)
    )


@asynccontextmanager
async def pages(
    store: Store, custody: Custody | None = None, *, payment_page: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """A biller's browser at the pages of claims; those of audits too where there is a house."""

    async def who(request: Request) -> Biller:
        shown = {"name": "Lakeside", "phone": "(612) 555-0100", "zone": ZONE}
        staff = {"id": BILLER, "name": "Robin Hale", "role": "biller"}
        practice = request.headers.get("x-practice", PRACTICE)
        return Biller(practice, BILLER, "Robin Hale", ZONE, {"staff": staff, "practice": shown})

    async def names(_: Request, ids: Collection[str]) -> dict[str, str]:
        known = {CLIENT: "Jordan Doe", CLINICIAN: "Ana Rivera", BILLER: "Robin Hale"}
        return {each: known[each] for each in ids if each in known}

    async def clinicians(_: Request) -> list[Licensed]:
        return [Licensed(CLINICIAN, "Dr. Ana Rivera", "1880000207", "clinical_social_worker", {"MN": None})]

    app = FastAPI()
    for part in (
        create_pages(store, TEMPLATES, who, names),
        create_claims_pages(store, TEMPLATES, who, names),
        create_batches_pages(store, TEMPLATES, who, names, folder=True),
        create_replies_pages(store, TEMPLATES, who),
        create_claim_acts_pages(store, TEMPLATES, who, clinicians, payment_page=payment_page),
        create_self_pay_pages(store, TEMPLATES, who, names, payment_page=payment_page),
        create_payers_pages(store, TEMPLATES, who),
        create_rules_pages(store, TEMPLATES, who),
        create_files_pages(store, who),
    ):
        app.include_router(part, prefix="/billing")

    if custody is not None:
        audits = create_audit_pages(store, TEMPLATES, who, lambda: custody, names)
        app.include_router(audits, prefix="/billing")
    answering(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://practice.example") as browser:
        yield browser
