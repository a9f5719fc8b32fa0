"""Services that no visit gave: days of a device, minutes of monitoring, a hosted client. Pure.

They are entered by a person, line by line with their days and readings, and never follow from a visit's event.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import cast

from billing_hooks.errors import Malformed
from billing_hooks.readings import KINDS, Reading

PREFIX = "giv_"
DEVICE_DAYS, MONITORING, HOSTING = "device_days", "monitoring_minutes", "hosting"
WORDS: Mapping[str, str] = MappingProxyType({
    DEVICE_DAYS: "Device days", MONITORING: "Monitoring minutes", HOSTING: "Hosting site's fee",
})  # fmt: skip
PERIOD_DAYS = 30
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})[\s,;]+(\S+)(?:[\s,;]+(.*))?")
_MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a day with its reading, or with minutes and what was done in them."""

    day: date
    reading: Reading | None = None
    minutes: int = 0
    what: str = ""

    def to_json(self) -> dict[str, object]:
        """As kept, sealed."""
        reading = None if self.reading is None else self.reading.to_json()
        return {"day": self.day.isoformat(), "reading": reading, "minutes": self.minutes, "what": self.what}

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Entry:
        """The entry that `to_json` wrote."""
        reading = cast("Mapping[str, object] | None", found["reading"])
        return cls(
            date.fromisoformat(str(found["day"])),
            None if reading is None else Reading.from_json(reading),
            cast(int, found["minutes"]),
            str(found["what"]),
        )


@dataclass(frozen=True, slots=True)
class Given:
    """One service of one period. `begins` is the first day: of 30 for a device, of a month for minutes, the day hosted.

    `clinician` has id, npi, type (the title on the licence) and licensed (states with the licence's last day) as they
    were when this was entered; `confirmed` the clinician's word that it was so; `twice` minutes that a billed visit
    counted too.
    """

    kind: str
    client: str
    begins: date
    clinician: Mapping[str, object]
    state: str
    site: str
    diagnoses: tuple[str, ...]
    entries: tuple[Entry, ...]
    consent: bool
    confirmed: bool
    set_up: bool = False
    live_contact: bool | None = None
    twice: int = 0

    @property
    def ends(self) -> date:
        """The last day of the period: the day of service."""
        if self.kind == DEVICE_DAYS:
            return self.begins + timedelta(days=PERIOD_DAYS - 1)
        if self.kind == MONITORING:
            return (self.begins.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return self.begins

    @property
    def days(self) -> int:
        """Days with a reading, each once."""
        return len({entry.day for entry in self.entries})

    @property
    def minutes(self) -> int:
        """All minutes of the month."""
        return sum(entry.minutes for entry in self.entries)

    def to_json(self) -> dict[str, object]:
        """As kept, sealed."""
        return {
            "kind": self.kind, "client": self.client, "begins": self.begins.isoformat(), "state": self.state,
            "clinician": dict(self.clinician), "site": self.site, "diagnoses": list(self.diagnoses),
            "entries": [entry.to_json() for entry in self.entries], "consent": self.consent,
            "confirmed": self.confirmed, "set_up": self.set_up, "live_contact": self.live_contact, "twice": self.twice,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Given:
        """The service that `to_json` wrote."""
        return cls(
            kind=str(found["kind"]),
            client=str(found["client"]),
            begins=date.fromisoformat(str(found["begins"])),
            clinician=cast("Mapping[str, object]", found["clinician"]),
            state=str(found["state"]),
            site=str(found["site"]),
            diagnoses=tuple(cast("list[str]", found["diagnoses"])),
            entries=tuple(map(Entry.from_json, cast("list[Mapping[str, object]]", found["entries"]))),
            consent=found["consent"] is True,
            confirmed=found["confirmed"] is True,
            set_up=found["set_up"] is True,
            live_contact=cast("bool | None", found["live_contact"]),
            twice=cast(int, found["twice"]),
        )


def given_id(practice: str, client: str, kind: str, begins: date) -> str:
    """The id that a service always gets: one a client, kind and period, however often it is entered."""
    digest = hashlib.sha256(f"{practice}|{client}|{kind}|{begins.isoformat()}".encode()).digest()
    return PREFIX + base64.b32encode(digest)[:20].decode().lower()


def check(found: Given, today: date) -> None:
    """Raises Malformed naming what is wrong: "period-…", "lines-…", "site-…"."""
    if found.kind == MONITORING and found.begins.day != 1:
        raise Malformed("period-begins", "Minutes are counted by the calendar month: choose the month's first day.")
    if found.ends > today:
        raise Malformed("period-open", f"The period runs to {found.ends.isoformat()}: enter it when it is over.")
    if found.kind == HOSTING and found.site == "home":
        raise Malformed("site-home", "A home is no hosting site: the fee is for a place that hosted the client.")
    outside = [entry.day for entry in found.entries if not found.begins <= entry.day <= found.ends]
    if outside:
        raise Malformed(
            "lines-outside",
            f"{outside[0].isoformat()} lies outside {found.begins.isoformat()} to {found.ends.isoformat()}.",
        )
    if found.kind != HOSTING and not found.entries:
        raise Malformed("lines-missing", "Write the days, one line each.")
    if found.kind == MONITORING and found.live_contact is None:
        raise Malformed("contact-missing", "Say whether you talked with the client live in that month.")


def device_lines(text: str, kind: str, unit: str) -> tuple[Entry, ...]:
    """From lines "2026-11-03 128/82". Raises Malformed("lines-malformed") naming the line."""

    def one(day: date, value: str, rest: str) -> Entry:
        first, slash, second = value.partition("/")
        return Entry(day, Reading(kind, first, unit, second if slash else None), what=rest[:200])

    if kind not in KINDS:
        raise Malformed("device-unknown", "Choose the device from the list.")
    return _lines(text, one, "2026-11-03 128/82" if KINDS[kind].second is not None else "2026-11-03 97")


def minute_lines(text: str) -> tuple[Entry, ...]:
    """From lines "2026-11-03 12 reviewed readings, called". Raises Malformed("lines-malformed") naming the line."""

    def one(day: date, value: str, rest: str) -> Entry:
        if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= 600):
            raise Malformed("lines-malformed", "write whole minutes after the day")
        if not rest.strip():
            raise Malformed("lines-malformed", "write after the minutes what was done")
        return Entry(day, minutes=int(value), what=rest.strip()[:200])

    return _lines(text, one, "2026-11-03 12 reviewed readings, called")


def _lines(text: str, one: Callable[[date, str, str], Entry], example: str) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        try:
            if found is None:
                raise Malformed("lines-malformed", f"write it like {example}")
            entries.append(one(date.fromisoformat(found[1]), found[2], found[3] or ""))
        except Malformed as error:
            raise Malformed("lines-malformed", f"Line {number}: {error.say.rstrip('.')}.") from None
        except ValueError:
            raise Malformed("lines-malformed", f"Line {number}: there is no such day.") from None
    if len(entries) > _MOST_LINES:
        raise Malformed("lines-malformed", f"At most {_MOST_LINES} lines.")
    return tuple(sorted(entries, key=lambda entry: entry.day))
