"""What a file to be imported says, row by row, and what is wrong with it: row, column, what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from billing_hooks import errors as billing_errors
from billing_hooks.client_record import SEXES, Address, ClientRecord, Guardian
from billing_hooks.forms import Form
from billing_hooks.held_coverage import FUNDINGS, LOBS, RELATIONS, HeldCoverage, Policy, Subscriber
from billing_hooks.material import Coverage
from server.phones import is_phone

MOST_ROWS: Final = 2000
# Column -> what it holds, in the order of the template.
COLUMNS: Final[Mapping[str, str]] = {
    "client_id": "The client's number in the other system (needed)",
    "first_name": "needed", "last_name": "needed", "birth_date": "2026-11-20", "sex": "F, M or U",
    "phone": "", "email": "", "street": "", "city": "", "state": "MN", "zip": "55101",
    "guardian_name": "", "guardian_relation": "", "guardian_phone": "",
    "payer": "", "payer_id": "", "plan": "", "kind": "commercial, medicare_b, ...", "funding": "",
    "plan_state": "", "member": "", "group": "", "coverage_from": "", "coverage_until": "", "pays_first": "yes or no",
    "subscriber": "self, spouse, child or other", "subscriber_first_name": "", "subscriber_last_name": "",
    "subscriber_birth_date": "",
    "visit_id": "The visit's number in the other system", "visit_start": "2026-11-20T10:00",
    "visit_minutes": "", "clinician": "their email, NPI or full name", "service": "as the practice names it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one row. `column` "" where the row as a whole is."""

    row: int
    column: str
    say: str


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client of the file, under their number in the other system."""

    row: int
    external: str
    name: str
    phone: str
    email: str
    record: ClientRecord


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One coverage; `client` is the client's number in the other system. `held.id` is empty."""

    row: int
    client: str
    external: str
    held: HeldCoverage


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit. `clinician` email, NPI or name; `start` on the practice's clock; `minutes` None: as the service."""

    row: int
    client: str
    external: str
    clinician: str
    service: str
    start: str
    minutes: int | None


@dataclass(slots=True)
class Batch:
    """A whole file as it was read. `left` are rows that are passed over on purpose: (row, why)."""

    clients: list[ClientRow] = field(default_factory=list)
    coverages: list[CoverageRow] = field(default_factory=list)
    visits: list[VisitRow] = field(default_factory=list)
    left: list[tuple[int, str]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def add_client(self, found: ClientRow) -> None:
        """A client; the same number again must say the same, or say nothing."""
        before = next((each for each in self.clients if each.external == found.external), None)
        if before is None:
            self.clients.append(found)
        elif (before.name, before.record, before.phone, before.email) != (
            found.name, found.record, found.phone, found.email,
        ):  # fmt: skip
            say = f"This client stands in row {before.row} with other details: make both rows say the same."
            self.troubles.append(Trouble(found.row, "client_id", say))


_T = TypeVar("_T")


class RowReader:
    """Reads one row's fields; what is wrong is noted with its column, and reading goes on."""

    def __init__(self, row: int, fields: Mapping[str, str], troubles: list[Trouble]) -> None:
        self.row = row
        self.form = Form(fields)
        self._troubles = troubles
        self._before = len(troubles)

    @property
    def right(self) -> bool:
        """Whether nothing was wrong so far."""
        return len(self._troubles) == self._before

    def wrong(self, column: str, say: str) -> None:
        """Note what is wrong."""
        self._troubles.append(Trouble(self.row, column, say))

    def take(self, column: str, read: Callable[[], _T], otherwise: _T) -> _T:
        """What `read` gives, or `otherwise` where the field is wrong."""
        try:
            return read()
        except billing_errors.Malformed as error:
            self.wrong(column, error.say)
            return otherwise

    def text(self, column: str, longest: int = 120, *, needed: bool = False) -> str:
        """One line."""
        return self.take(column, lambda: self.form.text(column, f"“{column}”", longest, needed=needed), "")

    def day(self, column: str) -> date | None:
        """A day."""
        return self.take(column, lambda: self.form.day(column, f"“{column}”"), None)

    def choice(self, column: str, allowed: Mapping[str, str], *, needed: bool = False) -> str:
        """One of the keys."""
        return self.take(column, lambda: self.form.choice(column, f"“{column}”", allowed, needed=needed), "")


def client(reader: RowReader) -> ClientRow:
    """The client's part of a row."""
    form = reader.form
    phone, email = reader.text("phone", 40), reader.text("email", 254)
    if phone and not is_phone(phone):
        reader.wrong("phone", "That does not look like a phone number: look at it again.")
    if email and "@" not in email[1:-1]:
        reader.wrong("email", "That does not look like an email address: look at it again.")
    given, family = reader.text("first_name", 60, needed=True), reader.text("last_name", 60, needed=True)
    guardian = reader.text("guardian_name")
    relation, reached = reader.text("guardian_relation", 60), reader.text("guardian_phone", 40)
    record = ClientRecord(
        given=given,
        family=family,
        birth_date=reader.day("birth_date"),
        sex=reader.choice("sex", SEXES),
        address=Address(
            reader.text("street", 55),
            reader.text("city", 30),
            reader.take("state", lambda: form.state("state", "“state”"), ""),
            reader.take("zip", lambda: form.zip("zip", "“zip”"), ""),
        ),
        guardian=Guardian(guardian, relation, reached) if guardian else None,
    )
    external = reader.text("client_id", 80, needed=True)
    return ClientRow(reader.row, external, f"{given} {family}".strip(), phone, email, record)


def coverage(reader: RowReader, client_id: str) -> CoverageRow | None:
    """The coverage's part of a row; None where no payer is named."""
    payer = reader.text("payer", 80)
    if not payer:
        for column in ("member", "kind", "coverage_from"):
            if reader.text(column):
                reader.wrong("payer", f"The payer is missing beside “{column}”: name it, or empty that column.")
                break
        return None
    lob = reader.choice("kind", LOBS, needed=True)
    relation = reader.choice("subscriber", RELATIONS)
    family = reader.text("subscriber_last_name", 60)
    theirs = None
    if relation not in ("", "self"):
        if not family:
            reader.wrong("subscriber_last_name", "The subscriber's last name is missing: it stands on the card.")
        theirs = Subscriber(
            relation, reader.text("subscriber_first_name", 60), family, reader.day("subscriber_birth_date")
        )
    since, until = reader.day("coverage_from"), reader.day("coverage_until")
    if since is not None and until is not None and until < since:
        reader.wrong("coverage_until", "The last day lies before the first: look at both.")
    member = reader.text("member", 80)
    plan = Coverage(
        payer,
        lob,
        funding=reader.choice("funding", FUNDINGS) or None,
        state=reader.take("plan_state", lambda: reader.form.state("plan_state", "“plan_state”"), "") or None,
        since=since,
        until=until,
        first_payer=reader.take("pays_first", lambda: reader.form.truth("pays_first", "“pays_first”"), None),
    )
    policy = Policy(member, reader.text("group", 50), reader.text("plan", 80), reader.text("payer_id", 80), "", theirs)
    return CoverageRow(reader.row, client_id, f"{client_id}|{payer}|{member}", HeldCoverage("", 0, plan, policy))


def visit(reader: RowReader, client_id: str) -> VisitRow | None:
    """The visit's part of a row; None where no start is given."""
    start = reader.text("visit_start", 30)
    external = reader.text("visit_id", 80, needed=bool(start))
    if not start:
        if external:
            reader.wrong("visit_start", "The visit's start is missing: write it as 2026-11-20T10:00.")
        return None
    minutes = reader.take(
        "visit_minutes", lambda: reader.form.count("visit_minutes", "“visit_minutes”", 480, least=5), None
    )
    clinician = reader.text("clinician", 254, needed=True)
    service = reader.text("service", needed=True)
    return VisitRow(reader.row, client_id, external, clinician, service, start.replace(" ", "T"), minutes)
