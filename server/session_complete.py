"""From a visit's journal to the body of its signed event: every number is counted here, from the evidence alone. Pure.

Shape and wording of the event: `billing_hooks.contract`. Sums are floored: an error is only ever against the count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from media.evidence import Interval, Modality, Side, Totals, intervals, modality, totals
from media.requirement import STEADY_S
from server.evidence_book import EvidenceBook
from server.others import Presence, others, presences
from signaling.facts import Admitted, Ended, EvidenceRecorded, Fact, PutOnHold, Returned
from signaling.shape import Location, Visit
from signaling.words import CoverBasis, Phase, Protection

THRESHOLDS = "2026-11"
"""The dated set of thresholds in `media` by which a second is called silent, blank or flowing."""
_NO_WORD = re.compile(r"[^A-Za-z0-9._:/+-]+")
_LONGEST_AWAY_S = 24 * 3600  # a wall clock set far ahead does not make a day of seconds


PROFILES = ("AES128_CM_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")
"""The SRTP profiles there are, weakest first: the event names the weakest that was used."""


@dataclass(frozen=True, slots=True)
class Practice:
    """What the event says of the practice."""

    id: str
    npi: str | None
    zone: str
    software: str


@dataclass(frozen=True, slots=True)
class Clinician:
    """What the event says of the clinician beside what the visit knows."""

    npi: str | None
    licence_type: str | None


@dataclass(frozen=True, slots=True)
class Naming:
    """What is given to this one event: its id, its number in the practice's order, its moment, the journal's head."""

    id: str
    sequence: int
    issued_at: datetime
    journal_head: bytes


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: totals in seconds, the modality they show, the timeline, when it began (offset from origin)."""

    totals: Totals
    modality: Modality
    timeline: tuple[Interval, ...]
    merged: int
    began_s: int | None
    detail_sha256: str
    presences: Mapping[str, Presence] = field(default_factory=dict)


def gather(visit: Visit, facts: Iterable[Fact]) -> EvidenceBook:
    """The visit's whole evidence as the journal holds it. `visit` has been admitted."""
    book = EvidenceBook(visit.origin.mono_s if visit.origin else 0, pair_of(visit))
    for fact in facts:
        if isinstance(fact, EvidenceRecorded):
            book.replay(fact.runs)  # type: ignore[arg-type]  # the media room's rows, stored as JSON
    return book


def pair_of(visit: Visit) -> tuple[str, str]:
    """The counted pair's participant ids, clinician first."""
    return visit.clinician_seat.id, visit.client_seat.id


def known_causes(visit: Visit, facts: Iterable[Fact]) -> dict[int, str]:
    """Why nothing was to flow, where the visit says so: by offset from origin, placed by wall time, to the second.

    A cause names seconds that do not count anyway; it takes nothing from any sum.
    """
    found: dict[int, str] = {}
    since: tuple[datetime, str] | None = None
    for fact in facts:
        if since is not None and visit.origin is not None and isinstance(fact, PutOnHold | Returned | Admitted | Ended):
            start, end = ((at - visit.origin.at) // timedelta(seconds=1) for at in (since[0], fact.at))
            found.update(dict.fromkeys(range(start, min(end, start + _LONGEST_AWAY_S) + 1), since[1]))
        match fact:
            case PutOnHold(at):
                since = (at, "on_hold")
            case Returned(at):
                since = (at, "waiting")
            case Admitted() | Ended():
                since = None
            case _:
                pass
    return found


def count(book: EvidenceBook, causes: Mapping[int, str] | None = None) -> Counted:
    """Count what flowed from the first second in which both were there; nothing before it can count.

    `causes` (`known_causes`) name the gaps that the media alone cannot explain.
    """
    pair = book.pair
    began = next((at for at in sorted(book.seconds) if _both_there(book.seconds[at], pair)), None)
    since = began or 0
    seconds = book.all_since(since) if began is not None else {}
    counted = totals(seconds, pair)
    line = intervals(seconds, pair, {at - since: cause for at, cause in (causes or {}).items()})
    return Counted(
        counted, modality(counted), line.intervals, line.merged, began, book.digest(), presences(book.seconds, pair)
    )


def _both_there(second: Mapping[str, Any], pair: tuple[str, str]) -> bool:
    one, two = second.get(pair[0]), second.get(pair[1])
    return one is not None and two is not None and bool(one.talk & two.talk)


def body(
    visit: Visit,
    counted: Counted,
    naming: Naming,
    practice: Practice,
    clinician: Clinician,
    srtp_profile: str | None,
    encryption: Protection = Protection.OFF,
    beside: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The event of a visit that has ended, without its attestation; `beside` is that of `server.event_reports`."""
    if visit.ending is None or visit.origin is None:
        raise LookupError("only a visit that was held and has ended has an event")
    zone = ZoneInfo(practice.zone)
    began = visit.origin.at + timedelta(seconds=counted.began_s) if counted.began_s is not None else None
    ended = visit.ending.at
    return {
        "type": "visit.session_complete",
        "schema": "session-complete/1",
        "id": naming.id,
        "sequence": naming.sequence,
        "supersedes": None,
        "issued_at": _utc(naming.issued_at),
        "practice": {
            "id": practice.id,
            "npi": practice.npi,
            "time_zone": practice.zone,
            "platform": {"software": practice.software, "owner_relationship": "self_hosted_by_practice"},
        },
        "visit": {
            "id": visit.id,
            "booked_start": _utc(visit.start),
            "booked_minutes": visit.minutes,
            "service": visit.service,
            "date_of_service": (began or ended).astimezone(zone).date().isoformat(),
            "counted_pair": ["clinician", "client"],
            "incident_to": False,
            "outcome": "completed" if counted.totals.talk_overlap >= 1 else "nothing_counted",
            "ended_reason": "timeout" if visit.ending.by is None else "clinician_ended",
        },
        "clinician": _clinician(visit, clinician),
        "supervisor": None,
        "client": {"id": visit.client},
        "identity": None
        if visit.identity is None
        else {"method": visit.identity.method.value, "by": visit.identity.by, "at": _utc(visit.identity.at)},
        "others": others(visit, counted.presences),
        "times": {
            "arrived": _maybe(visit.arrived_at),
            "admitted": _maybe(visit.admitted_at),
            "in_visit": _maybe(began),
            "ended": _utc(ended),
            "ended_by": "timeout" if visit.ending.by is None else "clinician",
            "in_visit_local": None if began is None else began.astimezone(zone).isoformat(timespec="seconds"),
            "ended_local": ended.astimezone(zone).isoformat(timespec="seconds"),
        },
        "seconds": _seconds(visit, counted),
        "modality": _modality(visit, counted),
        "intervals": [_interval(each) for each in counted.timeline],
        "intervals_merged": counted.merged,
        "location": None if visit.location is None else _location(visit, visit.location),
        "consent": None
        if visit.consent is None
        else {
            "version": visit.consent.version,
            "text_sha256": visit.consent.text_sha256,
            "language": visit.consent.language,
            "by": "client" if visit.consent.by.value == "self" else visit.consent.by.value,
            "method": visit.consent.method.value,
            "signed_at": _utc(visit.consent.signed_at),
            "at": _utc(visit.consent.at),
        },
        "part2": {"applies": False},
        "precheck": _precheck(visit),
        "evidence": {
            "basis": "rtp",
            "method": {"thresholds": THRESHOLDS, "hysteresis_s": STEADY_S},
            "end_to_end_encryption": encryption.value,
            "srtp_profile": srtp_profile,
            "journal_head": f"sha256:{naming.journal_head.hex()}",
            "audit_checkpoint": None,
            "clock_quality": "monotonic",
            "detail_sha256": counted.detail_sha256,
            **(beside or {}),
        },
    }


def _precheck(visit: Visit) -> dict[str, Any]:
    """What billing's check had come to when the client was let in; `override` why, without a licence there."""
    found, override = visit.precheck, visit.override
    by_override = visit.cover is not None and visit.cover.basis is CoverBasis.OVERRIDE
    return {
        "rules": [] if found is None else [{"id": rule.id, "version": rule.version} for rule in found.rules],
        "result": "not_checked" if found is None else found.result.value,
        "override": override.reason.value if override is not None and by_override else None,
    }


def _clinician(visit: Visit, clinician: Clinician) -> dict[str, Any]:
    cover = visit.cover
    return {
        "id": visit.clinician,
        "npi": clinician.npi,
        "licence_type": _short_word(clinician.licence_type),
        "covers_client_state": None
        if cover is None
        else {
            "state": cover.state or None,  # a client abroad is in no state: admitted by override alone
            "basis": cover.basis.value,
            "licence_ref": cover.licence_ref,
            "expires": None if cover.expires is None else cover.expires.isoformat(),
            "checked_at": _utc(cover.checked_at),
            "override_reason": visit.override.reason.value
            if visit.override is not None and cover.basis is CoverBasis.OVERRIDE
            else None,
        },
        # Where the clinician sat is attested by nobody, so the event does not say it. The practice location that is
        # billed is another fact (a claim's, dated, never a home address without being asked: First Coast, telehealth
        # enrolment scenarios), and a compact's rule on presence asks for the chair, not for the address on a claim.
        "located": None,
        "video_capable": True,
    }


def _short_word(text: str | None) -> str | None:
    """What the practice wrote, without what the event has no place for: a comma must not keep a visit from billing."""
    return None if text is None else _NO_WORD.sub(" ", text).strip(" ._:/+-")[:64].strip() or None


def _seconds(visit: Visit, counted: Counted) -> dict[str, Any]:
    ended = visit.ending.at if visit.ending else visit.since
    clinician, client = pair_of(visit)
    sums = counted.totals
    # each total is floored by itself; the parts of one sum may then fall a second short of it, never beyond
    return {
        "waiting": int(visit.seconds_in(Phase.WAITING, ended)),
        "presence": int(sums.presence),
        "audio_video_overlap": int(sums.audio_video_overlap),
        "talk_overlap": int(sums.talk_overlap),
        "audio_only": int(sums.audio_only),
        "phone": 0,
        "on_hold": int(visit.seconds_in(Phase.ON_HOLD, ended)),
        "interrupted": int(visit.seconds_in(Phase.INTERRUPTED, ended)),
        "video_off_by": {
            "clinician": int(sums.video_off_by.get(clinician, 0.0)),
            "client": int(sums.video_off_by.get(client, 0.0)),
        },
    }


def _modality(visit: Visit, counted: Counted) -> dict[str, Any]:
    switches = []
    if visit.audio_only is not None and visit.origin is not None:
        at = (visit.audio_only.at - visit.origin.at).total_seconds() - (counted.began_s or 0)
        switches.append(
            {"at_s": max(0, int(at)), "to": "audio_only", "by": "clinician", "reason": visit.audio_only.reason.value}
        )
    return {
        "determined": counted.modality.value,
        "method": "overlap/1",
        "audio_only_reason": None if visit.audio_only is None else visit.audio_only.reason.value,
        "switches": switches,
    }


def _interval(interval: Interval) -> dict[str, Any]:
    return {
        "from_s": interval.from_s,
        "to_s": interval.to_s,
        "clinician": _side(interval.first),
        "client": _side(interval.second),
        "cause": interval.cause,
    }


def _side(side: Side) -> dict[str, Any]:
    return {"audio": side.audio.value, "video": side.video.value, "delivered": side.delivered}


def _location(visit: Visit, location: Location) -> dict[str, Any]:
    return {
        "country": location.country,
        "state": location.state or None,
        "site": location.site.value,
        "attested_by": "client",
        "at": _utc(location.at),
        "confirmed_by": location.confirmed_by,
        "confirmed_at": _maybe(location.confirmed_at),
        "changes": [
            {
                "country": past.country,
                "state": past.state or None,
                "site": past.site.value,
                "by": "client",
                "at": _utc(past.at),
            }
            for past in visit.location_changes
        ],
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else _utc(moment)
