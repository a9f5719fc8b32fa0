"""How fast a payment of many claims is posted and whether memory stays flat: one core, made-up claims. Shell (rich)."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from rich.console import Console
from rich.progress import Progress

from billing_hooks.claims.claim import Claim, Person, Plan, PostalAddress, Practice, Provider, ServiceLine
from billing_hooks.ledger import accounts, remit
from billing_hooks.ledger.accounts import Account, Waiting
from billing_hooks.ledger.entries import Entry
from billing_hooks.replies import made_835
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.x12_envelopes import Ours
from server.bench.coding import QUARTERS, SEED, resident
from server.bench.paces import Measured, Pace

_DAY: Final = date(2026, 12, 5)
_NPI: Final = "1990000105"
_PRACTICE: Final = Practice(
    Provider("LAKESIDE BEHAVIORAL GROUP", _NPI, "251S00000X"),
    PostalAddress("100 MAIN ST STE 200", "MINNEAPOLIS", "MN", "554011234"), "411234567",
)  # fmt: skip
_PLAN: Final = Plan("EXAMPLE COMMERCIAL HEALTH PLAN", "99901", "CI", "HPX123456789")
_CLIENT: Final = Person("JORDAN", "DOE", date(1990, 2, 14), "F")
_ROWS: Final = (("90834", ("95",), 17_500), ("90785", (), 1_500), ("90837", ("95",), 22_000))
_HEAD: Final = made_835.Head(
    "EXAMPLEPAYER", "VISITSRV", 1, _DAY, "EXAMPLE PAYER", "1512345678", "LAKESIDE BEHAVIORAL GROUP", _NPI, "EFT1"
)
_CHUNK: Final = 64 * 1024


class _Book:
    """Accounts as a store gives and takes them: one at a time, none kept here."""

    def account(self, claim: str, payer_number: str) -> Account | None:
        """The visit's, with its claim sent."""
        made = asked(int(claim.rpartition("-")[2]))
        return accounts.charge(Account(made.encounter), made, _DAY)

    def keep(self, account: Account) -> None:
        """Gone."""

    def unknown(self, one: Waiting) -> None:
        """There is none."""

    def beside(self, entries: tuple[Entry, ...]) -> bool:
        """Gone."""
        return True


def run(claims: int, terminal: bool) -> Measured:
    """Make a payment for so many claims, check it and post it. Right: every cent of it is accounted for."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "payment.835"
        with file.open("wb") as kept:
            kept.writelines(made_835.write(_HEAD, partial(decisions, claims)))
        return _posted(file, claims, terminal)


def _posted(file: Path, claims: int, terminal: bool) -> Measured:
    source, ours = partial(_pieces, file), Ours(tests=True)
    gc.collect()
    begun = time.perf_counter()
    memory, quarter = [resident()], max(claims // QUARTERS, 1)
    checked = remit.check(source, ours, _DAY)
    checking = time.perf_counter() - begun
    with Progress(console=Console(stderr=True), transient=True, disable=not terminal) as progress:
        task = progress.add_task("posting", total=claims)

        def told(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            if len(memory) <= QUARTERS and done >= quarter * len(memory):
                memory.append(resident())

        begun = time.perf_counter()
        made = remit.post(source, ours, _Book(), checked, _DAY, told)
        took = time.perf_counter() - begun
    size, holds = file.stat().st_size, all(each.holds for each in made)
    paces = (
        Pace("decisions checked", claims, checking, size),
        Pace("decisions posted", claims, took, size),
        Pace("decisions checked and posted", claims, checking + took, size),
    )
    return Measured(paces, tuple(memory), (f"every cent accounted for: {'yes' if holds else 'NO'}",), right=holds)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as kept:
        while piece := kept.read(_CHUNK):
            yield piece


def decisions(count: int) -> Iterator[tuple[PaidClaim, Claim]]:
    """A payer's, the same every time."""
    chance = Random(SEED)  # noqa: S311 - the same made-up decisions on every run, no secret
    for at in range(count):
        claim = asked(at)
        yield made_835.decided(claim, f"ICN{at:09}", chance), claim


def asked(at: int) -> Claim:
    """The claim of that number: one to three lines."""
    named, day = f"VV-{at:09}", _DAY - timedelta(days=15 + at % 60)
    lines = tuple(
        ServiceLine(f"{named}-{place}", code, modifiers, 1, cents, day, (1,))
        for place, (code, modifiers, cents) in enumerate(_ROWS[: 1 + at % 3], 1)
    )
    return Claim(named, f"enc_{at}", _PRACTICE, _CLIENT, _PLAN, lines, ("F411",), "10")
