"""What billing keeps of a client beside coverages: legal name, birth date, guardian, authorisations, history. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, cast

from billing_hooks.errors import Malformed
from billing_hooks.forms import Form, wrong

SEXES = {"F": "Female", "M": "Male", "U": "Unknown or not said"}  # X12 1068, what payers ask for
WARN_AT = 80  # percent of an authorisation's units


@dataclass(frozen=True, slots=True)
class Address:
    """A street address in the United States; every part may be empty."""

    street: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""

    def __bool__(self) -> bool:
        return any((self.street, self.city, self.state, self.zip))

    @property
    def line(self) -> str:
        """The address on one line."""
        last = " ".join(part for part in (self.state, self.zip) if part)
        return ", ".join(part for part in (self.street, self.city, last) if part)


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who decides for the client. `relation` in the practice's own words."""

    name: str
    relation: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last visit with this practice before it used this software: the day and the clinician's specialty."""

    on: date
    specialty: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A payer's permission for a number of units. `codes` empty: any; `coverage` "": any; `used_before` what was used
    outside of this software."""

    number: str
    units: int
    since: date
    until: date
    coverage: str = ""
    codes: tuple[str, ...] = ()
    used_before: int = 0

    def covers(self, coverage: str, day: date) -> bool:
        """Whether it is for this coverage and this day."""
        return self.coverage in ("", coverage) and self.since <= day <= self.until

    def used(self, lines: Iterable[BilledUnits]) -> int:
        """The units used of it: before, and by these billed lines."""
        return self.used_before + sum(
            line.units
            for line in lines
            if self.since <= line.on <= self.until and (not self.codes or line.code in self.codes)
        )


@dataclass(frozen=True, slots=True)
class BilledUnits:
    """A line of an encounter that is ready or released."""

    on: date
    code: str
    units: int


@dataclass(frozen=True, slots=True)
class Use:
    """How much of an authorisation is used, as the page shows it. `tone` ok|warn|danger."""

    used: int
    of: int

    @property
    def percent(self) -> int:
        """Whole percent, rounded down."""
        return 100 * self.used // self.of

    @property
    def tone(self) -> str:
        """ok, warn from 80 % on, danger when none is left."""
        return "danger" if self.used >= self.of else "warn" if self.percent >= WARN_AT else "ok"

    @property
    def say(self) -> str:
        """The sentence beside the number."""
        left = self.of - self.used
        if left <= 0:
            return "None left: ask the payer for more before the next visit."
        return f"{left} left: ask the payer for more now." if self.percent >= WARN_AT else f"{left} left."


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """One client as billing knows them; None and "" mean not known.

    `private_pay` they ask to pay although covered; `medicare_client` covered by Medicare though no plan on file says
    so; `last_in_person` and `first_home_telehealth` days that Medicare's statute counts from (SSA 1834(m)(7));
    `seen_elsewhere` the last visit before this software.
    """

    given: str = ""
    family: str = ""
    birth_date: date | None = None
    sex: str = ""
    address: Address = field(default_factory=Address)
    guardian: Guardian | None = None
    private_pay: bool = False
    medicare_client: bool = False
    last_in_person: date | None = None
    in_person_exception: bool = False
    first_home_telehealth: date | None = None
    seen_elsewhere: Seen | None = None
    authorizations: tuple[Authorization, ...] = ()

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, by the store."""
        return cast("dict[str, object]", _plain(asdict(self)))

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> ClientRecord:
        """The record that `to_json` wrote; members that it did not have yet stay unknown."""
        guardian, seen = found.get("guardian"), found.get("seen_elsewhere")
        return cls(
            given=found.get("given", ""),
            family=found.get("family", ""),
            birth_date=_day(found.get("birth_date")),
            sex=found.get("sex", ""),
            address=Address(**(found.get("address") or {})),
            guardian=None if guardian is None else Guardian(**guardian),
            private_pay=found.get("private_pay") is True,
            medicare_client=found.get("medicare_client") is True,
            last_in_person=_day(found.get("last_in_person")),
            in_person_exception=found.get("in_person_exception") is True,
            first_home_telehealth=_day(found.get("first_home_telehealth")),
            seen_elsewhere=None if seen is None else Seen(date.fromisoformat(seen["on"]), seen["specialty"]),
            authorizations=tuple(
                Authorization(
                    each["number"], each["units"], date.fromisoformat(each["since"]), date.fromisoformat(each["until"]),
                    each["coverage"], tuple(each["codes"]), each["used_before"],
                )
                for each in found.get("authorizations", ())
            ),
        )  # fmt: skip

    def for_coding(self) -> ClientRecord | None:
        """What of it decides about codes, and nothing that tells who they are; None where nothing does."""
        kept = ClientRecord(
            private_pay=self.private_pay, medicare_client=self.medicare_client, last_in_person=self.last_in_person,
            in_person_exception=self.in_person_exception, first_home_telehealth=self.first_home_telehealth,
            seen_elsewhere=self.seen_elsewhere,
        )  # fmt: skip
        return None if kept == ClientRecord() else kept

    def authorized(self, coverage: str, day: date, lines: Sequence[BilledUnits]) -> bool:
        """Whether an authorisation for this coverage and day has a unit left after `lines`."""
        return any(each.covers(coverage, day) and each.used(lines) < each.units for each in self.authorizations)


def from_form(fields: Mapping[str, str], before: ClientRecord, today: date) -> ClientRecord:
    """The record as the page's form has it; authorisations stay as they were. Errors: WrongFields."""
    form = Form(fields)
    birth = form.day("birth-date", "The birth date")
    if birth is not None and birth > today:
        raise wrong("birth-date", "The birth date lies in the future: look at the year.")
    name = form.text("guardian-name", "The guardian's name")
    guardian = Guardian(
        name, form.text("guardian-relation", "The guardian's relation", 60), form.phone("guardian-phone", "The phone")
    )
    if not name and (guardian.relation or guardian.phone):
        raise wrong("guardian-name", "The guardian's name is missing: fill it in, or empty the other two.")
    seen, specialty = form.day("seen-on", "The last visit"), form.text("seen-specialty", "The specialty", 80)
    if specialty and seen is None:
        raise wrong("seen-on", "The day of that last visit is missing: fill it in, or empty the specialty.")
    found = ClientRecord(
        given=form.text("given", "The first name", 60),
        family=form.text("family", "The last name", 60),
        birth_date=birth,
        sex=form.choice("sex", "The sex", SEXES),
        address=address(form, "", "The address"),
        guardian=guardian if name else None,
        private_pay=form.truth("private-pay", "Asks to pay themselves") is True,
        medicare_client=form.truth("medicare-client", "Covered by Medicare") is True,
        last_in_person=_past(form, "last-in-person", "The last visit in person", today),
        in_person_exception=form.truth("in-person-exception", "The exception") is True,
        first_home_telehealth=_past(form, "first-home-telehealth", "The first visit by video at home", today),
        seen_elsewhere=None if seen is None else Seen(seen, specialty),
        authorizations=before.authorizations,
    )
    form.end()
    if seen is not None and seen > today:
        raise wrong("seen-on", "That visit lies in the future: look at the year.")
    return found


def address(form: Form, prefix: str, label: str) -> Address:
    """The four fields of an address, each name after `prefix`."""
    return Address(
        form.text(f"{prefix}street", f"{label}'s street", 55),
        form.text(f"{prefix}city", f"{label}'s city", 30),
        form.state(f"{prefix}state", f"{label}'s state"),
        form.zip(f"{prefix}zip", f"{label}'s ZIP code"),
    )


def authorization_from_form(fields: Mapping[str, str], coverages: Sequence[str]) -> Authorization:
    """One authorisation. Errors: WrongFields."""
    form = Form(fields)
    number = form.text("auth-number", "The authorisation's number", 50, needed=True)
    units = form.count("auth-units", "The units", 9999, least=1, needed=True)
    since = form.day("auth-since", "The first day", needed=True)
    until = form.day("auth-until", "The last day", needed=True)
    found = Authorization(
        number,
        cast(int, units),
        cast(date, since),
        cast(date, until),
        form.choice("auth-coverage", "The coverage", coverages),
        tuple(code.upper() for code in form.words("auth-codes", "The codes", 120)),
        form.count("auth-used-before", "The units used before", 9999) or 0,
    )
    form.end()
    if found.until < found.since:
        raise wrong("auth-until", "The last day lies before the first: look at both.")
    if any(len(code) != 5 or not code.isalnum() for code in found.codes):
        raise wrong("auth-codes", "A procedure code has five characters: look at the codes.")
    return found


def with_authorization(record: ClientRecord, added: Authorization) -> ClientRecord:
    """The record with the authorisation; one of the same number and coverage is replaced. At most 40."""
    others = without_authorization(record, added.number, added.coverage).authorizations
    if len(others) >= 40:
        raise Malformed("too-many-authorizations", "A client can have 40 authorisations: remove one that is over.")
    return _replaced(record, tuple(sorted((*others, added), key=lambda each: (each.since, each.number), reverse=True)))


def without_authorization(record: ClientRecord, number: str, coverage: str) -> ClientRecord:
    """The record without that authorisation."""
    kept = tuple(each for each in record.authorizations if (each.number, each.coverage) != (number, coverage))
    return _replaced(record, kept)


def _replaced(record: ClientRecord, authorizations: tuple[Authorization, ...]) -> ClientRecord:
    values = {name: getattr(record, name) for name in ClientRecord.__slots__}
    return ClientRecord(**{**values, "authorizations": authorizations})


def _past(form: Form, name: str, label: str, today: date) -> date | None:
    found = form.day(name, label)
    if found is not None and found > today:
        raise wrong(name, f"{label} lies in the future: look at the year.")
    return found


def _day(found: object) -> date | None:
    return None if found is None else date.fromisoformat(str(found))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
