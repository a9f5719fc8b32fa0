"""What a coding run rests on beside the events: the clinician's sheet, the client's coverage, fees. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from billing_hooks.errors import Malformed
from billing_hooks.readings import MOST, Reading


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the clinician signs for coding: minutes of the service, diagnoses (ICD-10-CM), and what they ask for.

    `minutes` None = not signed yet. `basis` time|mdm, `mdm` straightforward|low|moderate|high, `patient`
    new|established serve evaluation and management; `by_code` timed therapy minutes. `start` and `stop` on the
    practice's wall clock (ISO 8601 with offset); `service` what was done where it was not what was booked;
    `supervised` a nurse's visit was supervised as its rule wants.
    """

    minutes: int | None = None
    diagnoses: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    patient: str | None = None
    basis: str | None = None
    mdm: str | None = None
    total_same_day: int | None = None
    by_code: tuple[tuple[str, int], ...] = ()
    start: str | None = None
    stop: str | None = None
    service: str | None = None
    readings: tuple[Reading, ...] = ()
    audio_only_reason: str | None = None
    incident_to: bool = False
    supervised: bool | None = None

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, by the store."""
        return {
            "minutes": self.minutes, "diagnoses": list(self.diagnoses), "requested": list(self.requested),
            "patient": self.patient, "basis": self.basis, "mdm": self.mdm, "total_same_day": self.total_same_day,
            "by_code": [list(each) for each in self.by_code], "start": self.start, "stop": self.stop,
            "service": self.service, "readings": [each.to_json() for each in self.readings],
            "audio_only_reason": self.audio_only_reason, "incident_to": self.incident_to,
            "supervised": self.supervised,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Sheet:
        """The sheet that `to_json` wrote, also before it knew of readings."""
        return cls(
            minutes=cast("int | None", found["minutes"]),
            diagnoses=tuple(cast("list[str]", found["diagnoses"])),
            requested=tuple(cast("list[str]", found["requested"])),
            patient=cast("str | None", found["patient"]),
            basis=cast("str | None", found["basis"]),
            mdm=cast("str | None", found["mdm"]),
            total_same_day=cast("int | None", found["total_same_day"]),
            by_code=tuple((code, minutes) for code, minutes in cast("list[tuple[str, int]]", found["by_code"])),
            start=cast("str | None", found.get("start")),
            stop=cast("str | None", found.get("stop")),
            service=cast("str | None", found.get("service")),
            readings=tuple(map(Reading.from_json, cast("list[Mapping[str, object]]", found.get("readings") or ()))),
            audio_only_reason=cast("str | None", found.get("audio_only_reason")),
            incident_to=found.get("incident_to") is True,
            supervised=cast("bool | None", found.get("supervised")),
        )

    def __post_init__(self) -> None:
        if self.minutes is not None and not 0 <= self.minutes <= 1440:
            raise Malformed("bad-minutes", "The minutes must be between 0 and 1440.")
        if len(self.diagnoses) > 12 or any(not 1 <= len(code) <= 10 for code in self.diagnoses):
            raise Malformed("bad-diagnoses", "A claim holds up to twelve diagnosis codes.")
        if len(self.readings) > MOST:
            raise Malformed("bad-reading", f"A sheet holds up to {MOST} readings.")


@dataclass(frozen=True, slots=True)
class Coverage:
    """One client's plan as verified. None = unknown, and unknown holds.

    `lob` medicare_b|commercial|self_pay|…; `funding` fully_insured|self_funded|government; `state` of the plan;
    `rule_id` names the payer rule to use ("" lets payer and lob choose); `active`, `first_payer`; `authorization`
    not_required|on_file|missing; `network` in|out|none; `credentialing` practice|client_state; `assurance_on_file`
    the practice's telehealth assurance for payers that want one.
    """

    payer: str
    lob: str
    funding: str | None = None
    state: str | None = None
    rule_id: str = ""
    since: date | None = None
    until: date | None = None
    active: bool | None = None
    verified_on: date | None = None
    first_payer: bool | None = None
    authorization: str | None = None
    network: str | None = None
    credentialing: str | None = None
    credentialed: tuple[str, ...] = ()
    assurance_on_file: bool | None = None

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, by the store."""
        return {
            "payer": self.payer, "lob": self.lob, "funding": self.funding, "state": self.state, "rule_id": self.rule_id,
            "since": _iso(self.since), "until": _iso(self.until), "active": self.active,
            "verified_on": _iso(self.verified_on), "first_payer": self.first_payer,
            "authorization": self.authorization, "network": self.network, "credentialing": self.credentialing,
            "credentialed": list(self.credentialed), "assurance_on_file": self.assurance_on_file,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Coverage:
        """The coverage that `to_json` wrote."""
        return cls(
            payer=str(found["payer"]),
            lob=str(found["lob"]),
            funding=cast("str | None", found["funding"]),
            state=cast("str | None", found["state"]),
            rule_id=str(found["rule_id"]),
            since=_day(found["since"]),
            until=_day(found["until"]),
            active=cast("bool | None", found["active"]),
            verified_on=_day(found["verified_on"]),
            first_payer=cast("bool | None", found["first_payer"]),
            authorization=cast("str | None", found["authorization"]),
            network=cast("str | None", found["network"]),
            credentialing=cast("str | None", found["credentialing"]),
            credentialed=tuple(cast("list[str]", found["credentialed"])),
            assurance_on_file=cast("bool | None", found["assurance_on_file"]),
        )

    def covers(self, day: date) -> bool:
        """Whether `day` lies inside the plan's dates, where they are known."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Fee:
    """The practice's charge for a code, in cents, from a day on."""

    code: str
    cents: int
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class EstimateOnFile:
    """The good faith estimate of a visit: the last day for it (None: none is due), the day it was given, the amount."""

    due: date | None
    sent: date | None
    cents: int


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(found: object) -> date | None:
    return None if found is None else date.fromisoformat(str(found))
