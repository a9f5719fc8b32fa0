"""Which role may do what: the one table every staff route asks. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from signaling.words import StaffRole


class May(enum.StrEnum):
    """One permission: a thing a person can wish for on a staff page."""

    BE_SIGNED_IN = "be-signed-in"
    USE_DESK = "use-desk"  # see those who wait, admit, hold, end: clinicians only
    SEE_BOARD = "see-board"
    BOOK = "book"  # also: find a client, copy or renew a link, cancel, mark a no-show
    SEE_CONTACTS = "see-contacts"  # where the client is and whom to reach, of one's own visits
    STATE = "state"  # sign "I saw and heard the client"
    WRITE_NOTES = "write-notes"  # sheets, notes, treatment plans of one's own clients; countersigning
    CHANGE_SETTINGS = "change-settings"
    USE_BILLING = "use-billing"
    SEE_CLIENTS = "see-clients"  # a client's own page: demographics, coverages, verification, import; missing cover
    SEE_ESTIMATES = "see-estimates"
    SEE_READINESS = "see-readiness"  # which visits an audit would find wanting, with a button each: owner and biller


# 45 CFR 164.514(d)(2): each class of persons gets what its work needs. The front desk cannot admit; the biller
# sees encounters and no waiting client.
TABLE: Final[Mapping[May, frozenset[StaffRole]]] = MappingProxyType(
    {
        May.BE_SIGNED_IN: frozenset(StaffRole),
        May.USE_DESK: frozenset({StaffRole.CLINICIAN}),
        May.SEE_BOARD: frozenset({StaffRole.CLINICIAN, StaffRole.FRONT_DESK}),
        May.BOOK: frozenset({StaffRole.CLINICIAN, StaffRole.FRONT_DESK}),
        May.SEE_CONTACTS: frozenset({StaffRole.CLINICIAN}),
        May.STATE: frozenset({StaffRole.CLINICIAN}),
        May.WRITE_NOTES: frozenset({StaffRole.CLINICIAN}),
        May.CHANGE_SETTINGS: frozenset({StaffRole.CLINICIAN}),
        May.USE_BILLING: frozenset({StaffRole.BILLER}),
        May.SEE_CLIENTS: frozenset({StaffRole.FRONT_DESK, StaffRole.BILLER}),
        May.SEE_ESTIMATES: frozenset(StaffRole),
        May.SEE_READINESS: frozenset({StaffRole.CLINICIAN, StaffRole.BILLER}),
    }
)

HOME: Final[Mapping[StaffRole, str]] = MappingProxyType(
    {StaffRole.CLINICIAN: "/desk", StaffRole.FRONT_DESK: "/board", StaffRole.BILLER: "/billing/"}
)


def may(role: StaffRole, wish: May) -> bool:
    """Whether this role may do that."""
    return role in TABLE[wish]
