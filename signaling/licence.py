"""Whether a clinician's licences cover the state the client is in, on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from signaling.words import CoverBasis, LicenceId


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence on file: two-letter `state`, `valid_from`, and `valid_to` (its last day; None: no end on file)."""

    id: LicenceId
    state: str
    type: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class LicenceCover:
    """Why the clinician may see a client in `state`: by a licence (`licence_ref`, `expires`) or by an override."""

    state: str
    basis: CoverBasis
    licence_ref: LicenceId | None
    expires: date | None
    checked_at: datetime


def cover(licences: Iterable[Licence], state: str, on: date, checked_at: datetime) -> LicenceCover | None:
    """The licence that covers `state` on the day `on`: the one that lasts longest; None when there is none."""
    held = [one for one in licences if one.state == state and one.valid_from <= on]
    held = [one for one in held if one.valid_to is None or one.valid_to >= on]
    if not held:
        return None
    best = max(held, key=lambda one: (one.valid_to or date.max, one.id))
    return LicenceCover(state, CoverBasis.LICENCE, best.id, best.valid_to, checked_at)
