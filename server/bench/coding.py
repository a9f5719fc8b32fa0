"""How fast encounters are coded and whether memory stays flat: one core, made-up encounters. Shell (rich)."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from rich.console import Console
from rich.progress import Progress

from billing_hooks import packs, rules
from billing_hooks.coding import code
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service
from billing_hooks.material import Coverage, Fee, Sheet

SEED: Final = 20261122
QUARTERS: Final = 4
SHOWN_EVERY: Final = 200
MIB: Final = 2**20
_RULE: Final = rules.parse(
    {
        "id": "bench-contract", "payer": "Example Commercial", "lob": "commercial", "kind": "contract",
        "status": "confirmed", "from": "2024-01-01", "originating_sites": "any",
        "pos": {"home": "10", "other": "02"}, "modifiers": {"av": ["95"], "audio_only": ["93"]},
        "unit_rule": "cpt_midpoint", "citations": [{"title": "A made-up contract"}],
    }
)  # fmt: skip
_STATES: Final = ("MN",) * 9 + ("WI",)
_SITES: Final = ("home", "work")
_INTENTS: Final = (
    *["psychotherapy_individual"] * 6, "diagnostic_evaluation", "family_psychotherapy", "psychotherapy_crisis",
)  # fmt: skip
_FEES: Final = tuple(
    Fee(each, 15_000, date(2026, 1, 1)) for each in ("90791", "90832", "90834", "90837", "90839", "90840", "90847")
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A batch as it was coded: how many, in how many seconds, what came of it, memory (bytes) at the quarters."""

    encounters: int
    seconds: float
    outcomes: dict[str, int]
    memory: tuple[int, ...]

    @property
    def per_second(self) -> float:
        """Encounters a second."""
        return self.encounters / self.seconds

    def words(self) -> str:
        """What is printed."""
        marks = ", ".join(f"{each / MIB:.1f}" for each in self.memory)
        came = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"{self.encounters} encounters in {self.seconds:.2f} s: {self.per_second:.0f} a second on one core\n"
            f"memory at the start and each quarter, MiB: {marks} "
            f"(from the first quarter to the last times {self.memory[-1] / self.memory[1]:.3f})\n"
            f"came to: {came}"
        )


def run(encounters: int, terminal: bool) -> Coded:
    """Code so many made-up encounters under all shipped rules and one confirmed contract."""
    tables, compacts = packs.shipped()
    known = (_RULE, *packs.shipped_rules())
    outcomes: Counter[str] = Counter()
    gc.collect()
    memory, quarter, took = [resident()], max(encounters // QUARTERS, 1), 0.0
    with _progress(terminal) as progress:
        task = progress.add_task("coding", total=encounters) if progress is not None else None
        for number, encounter in enumerate(made_up(encounters), 1):
            begun = time.perf_counter()
            outcomes[code(encounter, known, tables, compacts).outcome.value] += 1
            took += time.perf_counter() - begun
            if number % quarter == 0 and len(memory) <= QUARTERS:
                memory.append(resident())
            if progress is not None and task is not None and number % SHOWN_EVERY == 0:
                progress.update(task, completed=number)
    return Coded(encounters, took, dict(outcomes), tuple(memory))


def made_up(count: int) -> Iterator[Encounter]:
    """Encounters of a behavioural practice: most are clean, some lack something. The same every time."""
    chance = Random(SEED)  # noqa: S311 - the same made-up encounters on every run, no secret
    for _ in range(count):
        minutes = chance.randint(10, 110)
        seconds, day = minutes * 60 + chance.randint(0, 59), date(2026, 1, 5) + timedelta(days=chance.randrange(300))
        intent = chance.choice(_INTENTS)
        yield Encounter(
            dos=day,
            today=day + timedelta(days=1),
            place=Place(state=chance.choice(_STATES), site=chance.choice(_SITES), attested=True, confirmed=True),
            clinician=Clinician(type="clinical_social_worker", npi="1880000207", licensed=frozenset({"MN"})),
            evidence=Evidence(proven=True, client_present=True, audio_video=seconds, talk=seconds, presence=seconds),
            service=Service(intent=intent),
            sheet=Sheet(minutes=minutes, diagnoses=("F41.1",)) if chance.random() < 0.95 else None,
            coverage=_coverage(chance.choice(["Example Commercial"] * 4 + ["UnitedHealthcare", "Cigna"])),
            papers=Papers(consent=True, statement=True, note="signed", plan="valid", fees=_FEES),
        )


def _coverage(payer: str) -> Coverage:
    return Coverage(
        payer=payer, lob="commercial", funding="fully_insured", state="MN", active=True,
        verified_on=date(2026, 1, 2), first_payer=True, authorization="not_required", network="in",
        credentialing="practice",
    )  # fmt: skip


def resident() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _progress(terminal: bool) -> AbstractContextManager[Progress | None]:
    return Progress(console=Console(stderr=True), transient=True) if terminal else nullcontext()
