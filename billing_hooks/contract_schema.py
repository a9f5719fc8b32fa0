"""The shapes of the two events, session-complete/1 and visit-statement/1, member by member. Pure.

Opaque ids, words, numbers and times only: no name, address, birth date, note or diagnosis fits anywhere (45 CFR
164.502(b), the minimum necessary). A code is kebab or snake case; free text has no place to stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from billing_hooks.errors import Malformed
from billing_hooks.shape import Shape, choice, listing, moment, nullable, number, record, record_with, text, truth
from billing_hooks.strict import instant

SESSION_COMPLETE = "visit.session_complete"
STATEMENT = "visit.statement"
MAX_INTERVALS = 200
MAX_REPORTS = 50

_ID: Shape = text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "an opaque id")
_CODE: Shape = text(r"[a-z][a-z0-9_-]{0,63}", "a code in small letters")
_WORD: Shape = text(r"[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,63}", "a short word")
_RULE: Shape = text(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "a rule's name")
_STATE: Shape = text(r"[A-Z]{2,3}", "a state's letters")
_COUNTRY: Shape = text(r"[A-Z]{2}", "a country's two letters")
_NPI: Shape = text(r"\d{10}", "an NPI of ten digits")
_DATE: Shape = text(r"\d{4}-\d{2}-\d{2}", "a date")
_SHA256: Shape = text(r"[0-9a-f]{64}", "a SHA-256 in hexadecimal")
_CHAIN: Shape = text(r"sha256:[0-9a-f]{64}", "sha256: and a SHA-256 in hexadecimal")
_ZONE: Shape = text(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", "a time zone's name")
_JWS: Shape = text(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", "a compact JWS")
_SECONDS: Shape = number(0, 10_000_000)
_SITES = (
    "home", "lodging", "near_home", "work", "school", "vehicle", "office", "clinic", "hospital", "nursing_facility",
    "other",
)  # fmt: skip
_SITE: Shape = choice(*_SITES)
_MODALITY: Shape = choice("audio_video", "audio_only", "mixed", "none")

_STREAMS = record(audio=choice("none", "silent", "present"), video=choice("none", "blank", "flowing"), delivered=truth)
_LOCATION = record(
    country=_COUNTRY, state=nullable(_STATE), site=_SITE, attested_by=_CODE, at=moment,
    confirmed_by=nullable(_ID), confirmed_at=nullable(moment),
    changes=listing(record(country=_COUNTRY, state=nullable(_STATE), site=_SITE, by=_CODE, at=moment), 50),
)  # fmt: skip
_CLINICIAN = record(
    id=_ID, npi=nullable(_NPI), licence_type=nullable(_WORD),
    covers_client_state=nullable(record(
        state=nullable(_STATE), basis=choice("licence", "override", "compact"), licence_ref=nullable(_ID),
        expires=nullable(_DATE), checked_at=moment, override_reason=nullable(_CODE),
    )),
    located=nullable(record(
        country=_COUNTRY, state=nullable(_STATE), site=_SITE, practice_location=nullable(_ID), attested_at=moment,
    )),
    video_capable=truth,
)  # fmt: skip
_VISIT = record(
    id=_ID, booked_start=moment, booked_minutes=number(1, 1440), service=_ID, date_of_service=_DATE,
    counted_pair=listing(_CODE, 2), incident_to=truth, outcome=_CODE, ended_reason=_CODE,
)  # fmt: skip
_TIMES = record(
    arrived=nullable(moment), admitted=nullable(moment), in_visit=nullable(moment), ended=moment, ended_by=_CODE,
    in_visit_local=nullable(moment), ended_local=moment,
)  # fmt: skip
_COUNTS = record(
    waiting=_SECONDS, presence=_SECONDS, audio_video_overlap=_SECONDS, talk_overlap=_SECONDS, audio_only=_SECONDS,
    phone=_SECONDS, on_hold=_SECONDS, interrupted=_SECONDS, video_off_by=record(clinician=_SECONDS, client=_SECONDS),
)  # fmt: skip
# Younger than the first events: how the connections were, and what the clinician's browser reported of the client's
# picture. A report is somebody's word, labelled as such; no total rests on it.
_STREAM = record(packets=number(0), lost=number(0), jitter_ms=number(0))
_LINK = record(
    audio=_STREAM, video=_STREAM, received=_STREAM, round_trip_ms=number(0), talk_seconds=_SECONDS,
    weak_seconds=_SECONDS, reconnecting_seconds=_SECONDS,
)  # fmt: skip
_REPORT = record(
    of=choice("client", "other"), seen=choice("black", "frozen"), from_s=_SECONDS, to_s=_SECONDS,
    reported_by=choice("clinician_browser"),
)  # fmt: skip

_SESSION_COMPLETE = record(
    type=choice(SESSION_COMPLETE), schema=choice("session-complete/1"), id=_ID, sequence=number(1),
    supersedes=nullable(_ID), issued_at=moment,
    practice=record(
        id=_ID, npi=nullable(_NPI), time_zone=_ZONE, platform=record(software=_WORD, owner_relationship=_CODE),
    ),
    visit=_VISIT, clinician=_CLINICIAN,
    supervisor=nullable(record(id=_ID, present_seconds=_SECONDS, by_video=truth)),
    client=record(id=_ID),
    identity=nullable(record(method=_CODE, by=_ID, at=moment)),
    others=listing(record(id=_ID, role=_CODE, present_seconds=_SECONDS, audio=truth, video=truth), 50),
    times=_TIMES, seconds=_COUNTS,
    modality=record(
        determined=_MODALITY, method=_WORD, audio_only_reason=nullable(_CODE),
        switches=listing(record(at_s=_SECONDS, to=_MODALITY, by=_CODE, reason=nullable(_CODE)), 200),
    ),
    intervals=listing(
        record(from_s=_SECONDS, to_s=_SECONDS, clinician=_STREAMS, client=_STREAMS, cause=nullable(_CODE)),
        MAX_INTERVALS,
    ),
    intervals_merged=number(0),
    location=nullable(_LOCATION),
    consent=nullable(record(
        version=_WORD, text_sha256=_SHA256, language=_WORD, by=_CODE, method=choice("signed", "reaffirmed"),
        signed_at=moment, at=moment,
    )),
    part2=record(applies=truth),
    precheck=record(
        rules=listing(record(id=_RULE, version=number(1)), 50), result=_CODE, override=nullable(_CODE)
    ),
    evidence=record_with(
        {"links": record(clinician=nullable(_LINK), client=nullable(_LINK)), "reports": listing(_REPORT, MAX_REPORTS)},
        basis=choice("rtp"), method=record(thresholds=_WORD, hysteresis_s=number(0, 60)), end_to_end_encryption=_CODE,
        srtp_profile=nullable(_WORD), journal_head=_CHAIN, audit_checkpoint=nullable(_CHAIN), clock_quality=_CODE,
        detail_sha256=_SHA256,
    ),
    attestation=_JWS,
)  # fmt: skip

_STATEMENT = record(
    type=choice(STATEMENT), schema=choice("visit-statement/1"), id=_ID, sequence=number(1), supersedes=nullable(_ID),
    about=_ID, issued_at=moment, practice=record(id=_ID), visit=_ID, clinician=_ID, saw_and_heard=truth,
    place_confirmed=truth, exceptions=listing(_CODE, 20), attestation=_JWS,
)  # fmt: skip


def check(body: object) -> dict[str, object]:
    """The event as it came in if its type, shape and sums are right.

    Errors: Malformed("wrong-schema"); Malformed("future-schema") for a younger version's event, which is not looked
    into: the sender keeps it, and it is good once this version has been brought up to date.
    """
    kind = body.get("type") if isinstance(body, dict) else None
    _refuse_younger(cast("dict[str, object]", body) if isinstance(body, dict) else {})
    if kind == SESSION_COMPLETE:
        _SESSION_COMPLETE(body, "")
        _check_sums(cast("dict[str, object]", body))
    elif kind == STATEMENT:
        _STATEMENT(body, "")
    else:
        raise Malformed("wrong-schema", "The event is of a type that this version does not know.")
    return cast("dict[str, object]", body)


_SCHEMA = re.compile(r"([a-z-]{1,40})/(\d{1,6})", re.ASCII)
_KNOWN = {"session-complete": 1, "visit-statement": 1}


def _refuse_younger(body: Mapping[str, object]) -> None:
    """A later version of a schema that is known here is said to be one, with what to do; all else is judged later."""
    named = _SCHEMA.fullmatch(schema) if isinstance(schema := body.get("schema"), str) else None
    known = _KNOWN.get(named[1]) if named else None
    if named is not None and known is not None and int(named[2]) > known:
        raise Malformed("future-schema", (
            f"The event is of {named[0]}, and this version of the billing module knows {named[1]}/{known}: bring it up "
            "to date. The sender keeps the event and sends it again; one that it gave up is sent by "
            "`antechamber deliveries replay`."
        ))  # fmt: skip


def _wrong(say: str) -> Malformed:
    return Malformed("wrong-schema", say)


def _check_sums(body: Mapping[str, object]) -> None:
    """What one member's shape cannot say: totals contained in each other, intervals in order, one date of service."""
    seconds = cast("Mapping[str, int]", body["seconds"])
    if not seconds["audio_video_overlap"] <= seconds["talk_overlap"] <= seconds["presence"]:
        raise _wrong("The event's totals contradict each other: overlap must lie inside talk, talk inside presence.")
    end = 0
    for interval in cast("list[Mapping[str, int]]", body["intervals"]):
        if interval["from_s"] < end or interval["to_s"] <= interval["from_s"]:
            raise _wrong("The event's intervals overlap or are not in order.")
        end = interval["to_s"]
    times = cast("Mapping[str, str | None]", body["times"])
    for utc, local in (("in_visit", "in_visit_local"), ("ended", "ended_local")):
        there, here = times[utc], times[local]
        if (there is None) != (here is None):
            raise _wrong("The event names a time in one clock and not in the other.")
        if there is not None and here is not None and int(instant(there).timestamp()) != int(instant(here).timestamp()):
            raise _wrong("The event's local time and its universal time are two different moments.")
    visit = cast("Mapping[str, object]", body["visit"])
    if times["in_visit_local"] is not None and times["in_visit_local"][:10] != visit["date_of_service"]:
        raise _wrong("The event's date of service is not the local date on which the visit began.")
    if visit["counted_pair"] not in (["clinician", "client"], ["clinician", "family"]):
        raise _wrong("The event counts a pair of people that no service names.")
