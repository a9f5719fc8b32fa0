"""What everybody who comes by a link is told: the practice, when and with whom, why a link leads nowhere.

Shell (sqlalchemy, through the rows it is given).
"""

from __future__ import annotations

from typing import Any

from server.db.practices import Practice
from server.db.visits import BookedVisit
from server.errors import Refused
from server.link_window import Window
from server.local_time import iso
from signaling.words import Phase


def told(
    practice: Practice, visit: BookedVisit, clinician: str, window: Window, phase: Phase, *, is_open: bool
) -> dict[str, Any]:
    """The part of ClientState that the client and a guest are told alike; instants in ISO 8601."""
    return {
        "practice": {
            "name": practice.name,
            "phone": practice.phone,
            "zone": practice.zone,
            "message": practice.message or None,
            "e2ee_required": practice.e2ee_required,
        },
        "visit": {
            "clinician": clinician,
            "start": iso(visit.start),
            "minutes": visit.minutes,
            "zone": practice.zone,
            "phase": phase.value,
            "opens_at": iso(window.opens),
            "closes_at": iso(window.closes),
        },
        "open": is_open,
    }


def link_unknown() -> Refused:
    """No visit has this link."""
    return Refused("link-unknown", "This link is not complete or not ours: open it from your message again.")


def link_expired(otherwise: str) -> Refused:
    """The link's visit is long over; `otherwise` says when to call."""
    return Refused("link-expired", f"This link has expired, its visit is over. Call us {otherwise}.")


def too_early(what: str) -> Refused:
    """The link's window is not open yet; `what` they may do then: "check in"."""
    return Refused("too-early", f"You can {what} from an hour before the visit. Until then you can test your camera.")
