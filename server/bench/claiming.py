"""How fast claims are scrubbed, written and read back, and whether memory stays flat: one core. Shell (rich)."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from rich.console import Console
from rich.progress import Progress

from billing_hooks import packs
from billing_hooks.claims import companion_files, emit
from billing_hooks.claims.claim import Claim, Person, Plan, PostalAddress, Practice, Provider, ServiceLine
from billing_hooks.claims.envelope import Envelope, Receiver, Sender
from billing_hooks.claims.npi import check_digit
from billing_hooks.claims.scrub import Against, Batch
from billing_hooks.claims.scrub_text import scrub_text
from server.bench.coding import QUARTERS, SEED, resident
from server.bench.paces import Measured, Pace

_TODAY: Final = date(2026, 12, 5)
_PRACTICE: Final = Practice(
    Provider("LAKESIDE BEHAVIORAL GROUP", "1990000105", "251S00000X"),
    PostalAddress("100 MAIN ST STE 200", "MINNEAPOLIS", "MN", "554011234"), "411234567",
)  # fmt: skip
_PLAN: Final = Plan("EXAMPLE COMMERCIAL HEALTH PLAN", "99901", "CI", "", "GRP7788")
_ENVELOPE: Final = Envelope(
    Sender("LAKESIDE BEHAVIORAL GROUP", "VISITSRV", "BILLING DESK", "6125550100"),
    Receiver("EXAMPLE CLEARINGHOUSE", "EXAMPLECH"), 1, 1, "BENCH-1", datetime(2026, 12, 5, 12, 0, tzinfo=UTC),
)  # fmt: skip
_ROWS: Final = (
    (("90834", 17_500),),
    (("90837", 22_000),),
    (("99214", 17_000), ("90833", 12_000)),
    (("90791", 25_000),),
)
_DIAGNOSES: Final = ("F411", "F331", "F329", "F4310", "F901", "F3181", "F4320")
_GIVEN: Final = ("Zoë", "Jordan", "Sam", "Robin", "Núria", "Kim", "Lee", "Ana")
_FAMILY: Final = ("Doe", "Roe", "O’Example", "Müller", "Lee", "Example-Smith")  # noqa: RUF001 - as people type it
_CHUNK: Final = 64 * 1024


class _Scrubbed:
    """Claims on their way from the scrubber to the emitter, counted, with their time and the memory at quarters."""

    def __init__(self, count: int, progress: Progress) -> None:
        against = Against(packs.shipped()[0], _TODAY, date(2026, 12, 31), companion=companion_files.shipped())
        self.batch, self.took, self.found = Batch(against), 0.0, 0
        self.against, self._count, self._progress = against, count, progress
        self._task = progress.add_task("claims", total=count)
        self.memory = [resident()]

    def __iter__(self) -> Iterator[Claim]:
        quarter = max(self._count // QUARTERS, 1)
        for number, claim in enumerate(made_up(self._count), 1):
            begun = time.perf_counter()
            self.found += len(self.batch.scrub(claim))
            self.took += time.perf_counter() - begun
            if number % quarter == 0 and len(self.memory) <= QUARTERS:
                self.memory.append(resident())
            if number % 200 == 0:
                self._progress.update(self._task, completed=number)
            yield claim


def run(claims: int, terminal: bool) -> Measured:
    """Scrub and write so many made-up claims as one batch, and scrub the file. Right: nothing is found wrong in it."""
    gc.collect()
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(console=Console(stderr=True), transient=True, disable=not terminal) as progress,
    ):
        file = Path(folder) / "batch.837"
        scrubbed = _Scrubbed(claims, progress)
        making = _making(claims)
        with file.open("wb") as kept:
            begun = time.perf_counter()
            kept.writelines(emit.chunks(_ENVELOPE, scrubbed))
            whole = time.perf_counter() - begun
        begun = time.perf_counter()
        again = sum(1 for _ in scrub_text(_pieces(file), scrubbed.against))
        reading = time.perf_counter() - begun
        size = file.stat().st_size
    writing = max(whole - scrubbed.took - making, 0.001)
    paces = (
        Pace("claims scrubbed", claims, scrubbed.took),
        Pace("claims written", claims, writing, size),
        Pace("claims scrubbed and written", claims, scrubbed.took + writing, size),
        Pace("claims read back and scrubbed as text", claims, reading, size),
    )
    said = f"found wrong: {scrubbed.found} in the claims, {again} in the file"
    return Measured(paces, tuple(scrubbed.memory), (said,), right=not scrubbed.found and not again)


def _making(count: int) -> float:
    """Seconds that making the claims up takes, which are neither scrubbing nor writing."""
    begun = time.perf_counter()
    for _ in made_up(count):
        pass
    return time.perf_counter() - begun


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as kept:
        while piece := kept.read(_CHUNK):
            yield piece


def made_up(count: int) -> Iterator[Claim]:
    """Claims of a behavioural practice with twelve clinicians, a client seen three times in a row. Always the same."""
    chance = Random(SEED)  # noqa: S311 - the same made-up claims on every run, no secret
    clinicians = [_clinician(at) for at in range(12)]
    client, plan, day = Person("", ""), _PLAN, _TODAY
    for at in range(count):
        if at % 3 == 0:
            client, plan, day = _client(chance), _plan(at), _TODAY - timedelta(days=chance.randrange(30, 250))
        day += timedelta(days=7)
        number, rows = f"VV-{at:09}", _ROWS[chance.randrange(len(_ROWS))]
        yield Claim(
            id=number,
            encounter=f"enc_{at}",
            practice=_PRACTICE,
            client=client,
            plan=plan,
            lines=tuple(
                ServiceLine(f"{number}-{place}", code, ("95",), 1, cents, day, (1, 2))
                for place, (code, cents) in enumerate(rows, 1)
            ),
            diagnoses=tuple(chance.sample(_DIAGNOSES, 2)),
            pos=chance.choice(("10", "02")),
            rendering=chance.choice(clinicians),
        )


def _clinician(at: int) -> Provider:
    nine = f"18800{at:04}"
    return Provider(f"EXAMPLE {chr(65 + at)}", nine + check_digit(nine), "1041C0700X", "ANA")


def _client(chance: Random) -> Person:
    home = PostalAddress(
        f"{chance.randrange(1, 9999)} Lake St #4", "Saint Paul", "MN", f"551{chance.randrange(1, 99):02}"
    )
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    return Person(chance.choice(_GIVEN), chance.choice(_FAMILY), born, chance.choice("FM"), address=home)


def _plan(at: int) -> Plan:
    return Plan(_PLAN.name, _PLAN.payer_id, _PLAN.filing, f"HPX{at:09}", _PLAN.group)
