"""The sheet and note as the page sends them, typed as people type, and the sheet that follows. Shell (pydantic)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from billing_hooks.material import Sheet
from billing_hooks.minutes_limit import Limit
from billing_hooks.readings import LONGEST as LONGEST_READING
from billing_hooks.readings import MOST, Reading
from server.errors import Malformed, Refused
from server.note_templates import BY_CODE, LONGEST, MEDICAL, SERVICES, UNTIMED
from server.visit_times import within
from signaling.words import AudioOnlyReason, StatementException

# The form of an ICD-10-CM code, with or without its point; whether it exists on that day is the table's question.
_DIAGNOSIS: Final = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.ASCII)
_CODE: Final = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]", re.ASCII)
MOST_DIAGNOSES: Final = 12  # ASC X12 837P, HI segment


def _encodable(text: str) -> str:
    text.encode("utf-8")  # half of a surrogate pair raises UnicodeEncodeError, a ValueError
    return text


_Encodable: Final = AfterValidator(_encodable)
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), _Encodable]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadingForm(_Part):
    """One line of the peripherals."""

    kind: Short
    value: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_READING), _Encodable]
    unit: Short = ""
    second: Short | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), _Encodable] | None = None


class TimedCode(_Part):
    """Minutes of one timed therapy code."""

    code: Short
    minutes: Short


class SheetContent(_Part):
    """A draft: everything may still be missing or wrong. Numbers stand as they were typed."""

    saw_and_heard: StrictBool = False
    place_confirmed: StrictBool = False
    exceptions: Annotated[tuple[StatementException, ...], Field(max_length=len(StatementException))] = ()
    service: Short | None = None
    start: Short = ""
    stop: Short = ""
    minutes: Short = ""
    diagnoses: Annotated[tuple[Short, ...], Field(max_length=40)] = ()
    patient: Literal["new", "established"] | None = None
    basis: Literal["mdm", "time"] | None = None
    mdm: Literal["straightforward", "low", "moderate", "high"] | None = None
    total_same_day: Short = ""
    addons: Annotated[tuple[Short, ...], Field(max_length=12)] = ()
    by_code: Annotated[tuple[TimedCode, ...], Field(max_length=12)] = ()
    readings: Annotated[tuple[ReadingForm, ...], Field(max_length=MOST)] = ()
    audio_only_reason: AudioOnlyReason | None = None
    incident_to: StrictBool = False
    supervised: StrictBool | None = None
    template: Literal["psychotherapy", "medical", "elsewhere"] = "psychotherapy"
    sections: Annotated[
        dict[Short, Annotated[str, StringConstraints(max_length=LONGEST), _Encodable]], Field(max_length=12)
    ] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """What was measured of the visit: its ends, and the most minutes that may be signed."""

    began: datetime
    ended: datetime
    limit: Limit


def diagnosis(code: str) -> str:
    """A diagnosis as it is kept: capitals, with its point. Raises Malformed("diagnosis-malformed")."""
    written = code.strip().upper()
    if not _DIAGNOSIS.fullmatch(written):
        raise Malformed("diagnosis-malformed", "A diagnosis is written like F41.1: look at the codes again.")
    plain = written.replace(".", "")
    return plain if len(plain) == 3 else f"{plain[:3]}.{plain[3:]}"


def sheet_of(content: SheetContent, held: Held, booked: str | None, zone: ZoneInfo) -> Sheet:
    """The sheet that is signed; `booked` is what the booked service means to the coder.

    Raises Refused and Malformed, each naming one field: "minutes-…", "time-…", "diagnosis-…", "bad-reading",
    "total-…", "code-…", "service-unlisted".
    """
    if content.service is not None and content.service not in SERVICES:
        raise Refused("service-unlisted", "Choose what you did from the list.")
    done = content.service or booked
    codes = tuple(dict.fromkeys(diagnosis(code) for code in content.diagnoses if code))
    if len(codes) > MOST_DIAGNOSES:
        raise Refused("diagnosis-too-many", f"A claim carries at most {MOST_DIAGNOSES} diagnoses: keep the first ones.")
    first, last = within(held.began, held.ended, zone, content.start, content.stop)
    minutes = _minutes(content.minutes, held.limit, first, last, needed=done not in UNTIMED)
    timed = tuple(_timed(each) for each in content.by_code) if done in BY_CODE else ()
    if sum(many for _, many in timed) > held.limit.minutes:
        raise Refused("minutes-too-many", held.limit.say)
    medical = done in MEDICAL or done == "check_in"
    return Sheet(
        minutes=minutes,
        diagnoses=codes,
        requested=tuple(dict.fromkeys(_code(code) for code in content.addons)),
        patient=content.patient if medical else None,
        # With psychotherapy on the same day the level goes by decision making alone.
        basis=("mdm" if done == "em_plus_psychotherapy" else content.basis) if done in MEDICAL else None,
        mdm=content.mdm if done in MEDICAL else None,
        total_same_day=_total(content.total_same_day, done, content.basis),
        by_code=timed,
        start=first.astimezone(zone).isoformat(timespec="minutes"),
        stop=last.astimezone(zone).isoformat(timespec="minutes"),
        service=content.service if content.service != booked else None,
        readings=tuple(_reading(each) for each in content.readings),
        audio_only_reason=content.audio_only_reason.value if content.audio_only_reason else None,
        incident_to=content.incident_to,
        supervised=content.supervised if done == "nurse_visit" else None,
    )


def _reading(form: ReadingForm) -> Reading:
    return Reading(form.kind, form.value, form.unit, form.second or None, form.name or None)


def _whole(typed: str, code: str, say: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
        raise Malformed(code, say)
    return int(typed)


def _minutes(typed: str, limit: Limit, first: datetime, last: datetime, *, needed: bool) -> int | None:
    if not typed and not needed:
        return None
    minutes = _whole(typed, "minutes-malformed", "Write the minutes that you sign, as a whole number.")
    if minutes > limit.minutes:
        raise Refused("minutes-too-many", limit.say)
    between = int((last - first).total_seconds()) // 60
    if minutes > between:
        raise Refused("minutes-too-many", f"From start to stop there are {between} minutes: sign at most that.")
    return minutes


def _total(typed: str, done: str | None, basis: str | None) -> int | None:
    if done not in MEDICAL or basis != "time" or done == "em_plus_psychotherapy":
        return None
    total = _whole(typed, "total-malformed", "Write your total minutes for this client that day, as a whole number.")
    if not 1 <= total <= 1440:
        raise Malformed("total-malformed", "A day has 1440 minutes: look at the total again.")
    return total


def _code(typed: str) -> str:
    code = typed.strip().upper()
    if not _CODE.fullmatch(code):
        raise Malformed("code-malformed", "A procedure code has five characters: look at it again.")
    return code


def _timed(each: TimedCode) -> tuple[str, int]:
    return _code(each.code), _whole(each.minutes, "code-malformed", "Write whole minutes beside each code.")
