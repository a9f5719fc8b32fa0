"""The words of signaling, each with one meaning: identifiers, choices, and the instant a thing happens at. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

VisitId = NewType("VisitId", str)
ParticipantId = NewType("ParticipantId", str)
PracticeId = NewType("PracticeId", str)
StaffId = NewType("StaffId", str)
ClientId = NewType("ClientId", str)
ServiceId = NewType("ServiceId", str)
PlaceId = NewType("PlaceId", str)
LicenceId = NewType("LicenceId", str)
EventId = NewType("EventId", str)
GuestId = NewType("GuestId", str)


class Role(StrEnum):
    """What a Participant is in a visit. Everyone but client and clinician is a guest."""

    CLIENT = "client"
    CLINICIAN = "clinician"
    INTERPRETER = "interpreter"
    FAMILY = "family"
    CAREGIVER = "caregiver"
    SUPERVISOR = "supervisor"
    TRAINEE = "trainee"


GUEST_ROLES = frozenset(Role) - {Role.CLIENT, Role.CLINICIAN}


class GuestStanding(StrEnum):
    """How far a guest has come. REVOKED: the link was taken back; nothing leads from there."""

    INVITED = "invited"
    ARRIVED = "arrived"
    WAITING = "waiting"
    ADMITTED = "admitted"
    LEFT = "left"
    REVOKED = "revoked"


class StaffRole(StrEnum):
    """What a person of the practice may do."""

    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"
    BILLER = "biller"


class Phase(StrEnum):
    """Where a visit stands in its life. `signaling.visit.NEXT` says what leads where."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    WAITING = "waiting"
    ON_HOLD = "on_hold"
    ADMITTED = "admitted"
    IN_VISIT = "in_visit"
    INTERRUPTED = "interrupted"
    LEFT = "left"
    ENDED = "ended"
    COMPLETE = "complete"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    TRANSFERRED = "transferred"
    LAPSED = "lapsed"


class Step(StrEnum):
    """The client's steps between the link and the waiting room."""

    CONSENT = "consent"
    LOCATION = "location"
    DEVICES = "devices"


class Site(StrEnum):
    """The kind of place the client says they are at."""

    HOME = "home"
    LODGING = "lodging"
    NEAR_HOME = "near_home"
    WORK = "work"
    SCHOOL = "school"
    VEHICLE = "vehicle"
    OFFICE = "office"
    CLINIC = "clinic"
    HOSPITAL = "hospital"
    NURSING_FACILITY = "nursing_facility"
    OTHER = "other"


class ConsentMethod(StrEnum):
    """Signed with the typed name, or "Still OK?" to a text signed before."""

    SIGNED = "signed"
    REAFFIRMED = "reaffirmed"


class ConsentBy(StrEnum):
    """Who consents for the client."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"
    OTHER = "other"


class DeviceCode(StrEnum):
    """The outcome of one part of the device check."""

    OK = "ok"
    BLOCKED_SITE = "blocked_site"
    BLOCKED_SYSTEM = "blocked_system"
    IN_USE = "in_use"
    MISSING = "missing"
    SILENT = "silent"
    UNHEARD = "unheard"
    UNREACHABLE = "unreachable"
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    FAILED = "failed"


class CoverBasis(StrEnum):
    """Why the clinician may see a client who is in that state."""

    LICENCE = "licence"
    OVERRIDE = "override"


class OverrideReason(StrEnum):
    """Why a client was admitted though no licence on file covers their state. CRISIS asks for the why afterwards."""

    CRISIS = "crisis"
    CONTINUITY = "continuity"
    COMPACT = "compact"
    EXCEPTION_IN_LAW = "exception_in_law"
    LICENCE_NOT_ON_FILE = "licence_not_on_file"
    OTHER = "other"


class DeclineReason(StrEnum):
    """Why the clinician did not let a waiting client in."""

    NOT_READY = "not_ready"
    WRONG_TIME = "wrong_time"
    WRONG_PERSON = "wrong_person"
    NOT_APPROPRIATE = "not_appropriate"
    OTHER = "other"


class ReturnReason(StrEnum):
    """Why an admitted client is back in the waiting room."""

    CLINICIAN = "clinician"
    NEW_DEVICE = "new_device"


class EndReason(StrEnum):
    """Why a visit ended. TIMEOUT is the machine's; the others are the clinician's."""

    DONE = "done"
    CLIENT_REQUEST = "client_request"
    TECHNICAL = "technical"
    EMERGENCY = "emergency"
    TIMEOUT = "timeout"


class CancelReason(StrEnum):
    """Why a visit will not be held."""

    CLIENT_REQUEST = "client_request"
    CLINICIAN_REQUEST = "clinician_request"
    RESCHEDULED = "rescheduled"
    BOOKING_ERROR = "booking_error"
    OTHER = "other"


class AudioOnlyReason(StrEnum):
    """Why the clinician allowed a visit without picture."""

    CLIENTS_WISH = "clients_wish"
    CAMERA_BROKEN = "camera_broken"
    WEAK_NETWORK = "weak_network"
    ACCESSIBILITY = "accessibility"
    OTHER = "other"


class IdentityMethod(StrEnum):
    """How the clinician knows who the client is."""

    KNOWN_TO_CLINICIAN = "known_to_clinician"
    DOCUMENT_SHOWN = "document_shown"
    DETAILS_CONFIRMED = "details_confirmed"


class TellCode(StrEnum):
    """What the clinician tells those who wait for them; WHERE_NOW asks them to say once more where they are."""

    LATE_5 = "late_5"
    LATE_10 = "late_10"
    LATE_15 = "late_15"
    SOON = "soon"
    WHERE_NOW = "where_now"


class DeskStatus(StrEnum):
    """What the clinician's desk says about the clinician."""

    AVAILABLE = "available"
    WITH_SOMEONE = "with_someone"
    AWAY = "away"


class StatementException(StrEnum):
    """What the clinician excepts from the statement "I saw and heard the client"."""

    PICTURE_FROZEN = "picture_frozen"
    PICTURE_POOR = "picture_poor"
    CAMERA_COVERED = "camera_covered"
    SOUND_POOR = "sound_poor"
    AUDIO_ONLY = "audio_only"
    OTHER_PERSON_PRESENT = "other_person_present"
    PLACE_NOT_CONFIRMED = "place_not_confirmed"
    OTHER = "other"


class MediaKind(StrEnum):
    """What may be missing: sound, picture, or its delivery to the other side."""

    AUDIO = "audio"
    VIDEO = "video"
    DELIVERY = "delivery"


class Protection(StrEnum):
    """End-to-end encryption of a visit: none, on, or on and the clinician has compared the code."""

    OFF = "off"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class SealKind(StrEnum):
    """What browsers tell one another of their keys; the server passes the bodies on."""

    COMMIT = "commit"
    REVEAL = "reveal"
    KEY = "key"


class SoundNow(StrEnum):
    """What the server measures of a person's sound this second."""

    NONE = "none"
    SILENT = "silent"
    PRESENT = "present"


class PictureNow(StrEnum):
    """What the server measures of a person's picture this second."""

    NONE = "none"
    BLANK = "blank"
    FLOWING = "flowing"


class PictureSeen(StrEnum):
    """What a browser reports of a picture it shows: the server sees its packets alone and cannot tell."""

    OK = "ok"
    BLACK = "black"
    FROZEN = "frozen"


class LinkQuality(StrEnum):
    """How good a person's connection is, as the server measures it."""

    GOOD = "good"
    WEAK = "weak"
    RECONNECTING = "reconnecting"
    OFF = "off"


class Requirement(StrEnum):
    """Where the audio-and-video requirement stands."""

    WAITING = "waiting"
    MET = "met"
    MISSING = "missing"
    INTERRUPTED = "interrupted"


class Connection(StrEnum):
    """News of one participant's connections: ONLINE/OFFLINE is the signalling socket, the others the media peer."""

    ONLINE = "online"
    OFFLINE = "offline"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    MEDIA_STOPPED = "media_stopped"
    REPLACED = "replaced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment on this server: `wall` (UTC), `mono_ns` (CLOCK_MONOTONIC) and the id of the `boot` it counts from."""

    wall: datetime
    mono_ns: int
    boot: str
