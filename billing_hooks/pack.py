"""The code tables as values: bands of minutes, codes with their dates, lists, diagnoses, licence compacts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Step:
    """One band: `code` for `least` to `most` whole minutes."""

    code: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Band:
    """Bands of one service, ascending, without overlap."""

    steps: tuple[Step, ...]
    source: str

    def fit(self, minutes: int) -> str | None:
        """The code for whole minutes; None below the first band."""
        return next((step.code for step in self.steps if step.least <= minutes <= step.most), None)


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its family, the days it exists, and what limits it. Empty means no limit known."""

    code: str
    family: str
    since: date | None
    until: date | None
    needs: frozenset[str]
    licences: frozenset[str]
    instead: str
    only_lob: frozenset[str]
    not_lob: frozenset[str]
    asynchronous: bool
    hands_on: bool
    untimed: bool
    most_units: int | None

    @property
    def leveled(self) -> bool:
        """Whether it is one of several levels that a record chooses between."""
        return self.family in ("evaluation_management", "telemedicine_em")


@dataclass(frozen=True, slots=True)
class Prolonged:
    """A prolonged-service add-on: the minutes of its first unit, new and established, and the step of further units."""

    code: str
    new_from: int
    established_from: int
    step: int
    source: str


@dataclass(frozen=True, slots=True)
class Blocks:
    """A base code from so many minutes, and an add-on for each block beyond."""

    base: str
    base_from: int
    addon: str
    addon_from: int
    addon_block: int
    source: str


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Remote monitoring codes of a month, and the days and minutes from which each is earned."""

    source: str
    set_up: str
    short_days: str
    long_days: str
    short_minutes: str
    long_minutes: str
    more_minutes: str
    short_days_from: int
    long_days_from: int
    most_days: int
    short_minutes_from: int
    long_minutes_from: int
    more_step: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Codes that may not stand beside each other; `beside_service` also where a service means one of them."""

    first: frozenset[str]
    second: frozenset[str]
    beside_service: bool


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """What is known of ICD-10-CM: whole chapters by their valid codes, elsewhere single dates and categories.

    `valid_through` is the last day of the release: of later days only what somebody confirmed is known.
    """

    chapters: frozenset[str]
    leaves: frozenset[str]
    categories: frozenset[str]
    since: Mapping[str, date]
    until: Mapping[str, date]
    source: str
    valid_through: date

    def state(self, code: str, day: date) -> str:
        """valid, category or unknown on that day; valid also where the table says nothing."""
        begins, ends = self.since.get(code), self.until.get(code)
        if (begins is not None and day < begins) or (ends is not None and day >= ends):
            return "category" if code in self.categories else "unknown"
        if ends is not None or code in self.leaves:
            return "valid"
        if code in self.categories:
            return "category"
        if code[:1] in self.chapters:
            return "unknown"
        return "category" if len(code) == 3 and code not in self.leaves else "valid"


@dataclass(frozen=True, slots=True)
class Medicare:
    """Dated facts of Medicare's telehealth statute."""

    lob: frozenset[str]
    flexibility_until: date
    in_person_from: date
    in_person_months: int
    in_person_again_months: int
    therapists: frozenset[str]
    demonstrations: frozenset[str]
    platform_modifier_from: date
    own_platforms: frozenset[str]
    filing_days: int
    source: str


@dataclass(frozen=True, slots=True)
class Pack:
    """All tables, valid through a day; beyond it a claim is held, not guessed."""

    name: str
    valid_from: date
    valid_through: date
    notice: str
    bands: Mapping[str, Band]
    codes: Mapping[str, Code]
    families: Mapping[str, frozenset[str]]
    codes_beside: frozenset[str]
    pairs: tuple[Pair, ...]
    lists: Mapping[str, frozenset[str]]
    modifiers: Mapping[str, date]
    crisis: Blocks
    health_behavior: Mapping[str, Blocks]
    health_assessment: str
    audio_talk_over: int
    prolonged: Mapping[str, Prolonged]
    mdm: tuple[str, ...]
    monitoring: Monitoring
    hosting_fee: str
    therapy_source: str
    medicare: Medicare
    evaluation_licences: frozenset[str]
    therapy_modifier: Mapping[str, str]
    titles: Mapping[str, str]
    diagnoses: Diagnoses

    def stands_for(self, intent: str | None) -> frozenset[str]:
        """The codes that a service may come to."""
        return self.families.get(intent or "", frozenset())


@dataclass(frozen=True, slots=True)
class Compact:
    """A licence compact: who it serves, where it issues (None: in every state but `not_members`)."""

    id: str
    professions: frozenset[str]
    home_state_presence: bool
    not_members: frozenset[str]
    operational: Mapping[str, date] | None
    enacted_only: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Compacts:
    """All compacts, and the states that register telehealth clinicians from elsewhere (profession by state)."""

    compacts: tuple[Compact, ...]
    registrations: Mapping[str, frozenset[str]]
