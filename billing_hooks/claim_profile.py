"""Who bills and through whom: what claims need of the practice beside the visit, as one value and as a form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from billing_hooks.claims.claim import PostalAddress, Practice, Provider
from billing_hooks.claims.envelope import Receiver, Sender
from billing_hooks.claims.npi import is_npi
from billing_hooks.field_errors import WrongFields

_MOST_CLINICIANS = 60
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Route:
    """Where claims go: `key` our name for it, `payers` whose claims take this way (empty: all others)."""

    key: str
    receiver: Receiver
    payers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimProfile:
    """The whole of it. `clinicians` by the house's id of them; `production` sends claims to be paid (ISA15 P), else for
    trial; `names` further names under which files for us come (ISA08); `tests` takes in files for trial; `appeals` days
    to appeal by a payer's electronic number, where the practice knows them. By the house's ids of clinicians:
    `supervisors` under whose number a clinician's visits may be given, `places` where a clinician treats."""

    practice: Practice
    sender: Sender
    routes: tuple[Route, ...]
    clinicians: tuple[tuple[str, Provider], ...] = ()
    production: bool = False
    names: tuple[str, ...] = ()
    tests: bool = False
    nightly: bool = False
    appeals: tuple[tuple[str, int], ...] = ()
    supervisors: tuple[tuple[str, Provider], ...] = ()
    places: tuple[tuple[str, tuple[Provider, PostalAddress]], ...] = ()

    def route(self, payer_id: str) -> Route | None:
        """The way that this payer's claims take."""
        named = next((each for each in self.routes if payer_id in each.payers), None)
        return named or next((each for each in self.routes if not each.payers), None)

    def by_key(self, key: str) -> Route | None:
        """The way of this name."""
        return next((each for each in self.routes if each.key == key), None)

    def clinician(self, staff: str) -> Provider | None:
        """Who gave the service, as claims name them."""
        return dict(self.clinicians).get(staff)

    def supervisor(self, staff: str) -> Provider | None:
        """Who supervises them."""
        return dict(self.supervisors).get(staff)

    def place(self, staff: str) -> tuple[Provider, PostalAddress] | None:
        """Where they treat, None where that is the practice's own address (2310C and box 32 stay empty then)."""
        found = dict(self.places).get(staff)
        return None if found is None or found[1] == self.practice.address else found

    @property
    def receivers(self) -> frozenset[str]:
        """Under which names files for us come."""
        return frozenset({self.sender.id, *self.names} - {""})


@dataclass(slots=True)
class _Reading:
    """A form's fields as they are read, with what is wrong beside each."""

    fields: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, label: str, most: int, *, needed: bool = False) -> str:
        found = " ".join(self.fields.get(name, "").split())
        if needed and not found:
            self.wrong[name] = f"{label} is missing."
        elif len(found) > most:
            self.wrong[name] = f"{label} has more than {most} letters: shorten it."
        return found

    def digits(self, name: str, label: str, many: tuple[int, ...], *, needed: bool = False) -> str:
        found = "".join(each for each in self.text(name, label, 40, needed=needed) if each not in " -().")
        if found and (not found.isascii() or not found.isdigit() or len(found) not in many):
            self.wrong[name] = f"{label} has {' or '.join(map(str, many))} digits: look at it."
        return found

    def npi(self, name: str, label: str, *, needed: bool) -> str:
        found = self.digits(name, label, (10,), needed=needed)
        if found and name not in self.wrong and not is_npi(found):
            self.wrong[name] = f"{label}: its last digit does not fit the others. Look for a slip."
        return found

    def taxonomy(self, name: str, *, needed: bool = False) -> str:
        found = self.text(name, "The taxonomy code", 10, needed=needed).upper()
        if found and (len(found) != 10 or not found.isalnum() or not found.endswith("X")):
            self.wrong[name] = "A taxonomy code has ten letters and digits and ends in X, as 1041C0700X."
        return found

    def address(self, prefix: str, *, needed: bool) -> PostalAddress:
        found = PostalAddress(
            self.text(f"{prefix}street", "The street", 55, needed=needed),
            self.text(f"{prefix}city", "The city", 30, needed=needed),
            self.text(f"{prefix}state", "The state", 2, needed=needed).upper(),
            self.digits(f"{prefix}zip", "The ZIP code", (9,), needed=needed),
            self.text(f"{prefix}second", "The second line", 55),
        )
        if found.state and (len(found.state) != 2 or not found.state.isalpha()):
            self.wrong[f"{prefix}state"] = "Write the state as two letters, as MN."
        return found

    def person(self, prefix: str, whose: str) -> Provider | None:
        """Somebody by name and NPI; None where all three are empty."""
        parts = [f"{prefix}{part}" for part in ("family", "npi", "given")]
        if not any(self.fields.get(part, "").strip() for part in parts):
            return None
        return Provider(
            self.text(parts[0], f"{whose} last name", 60, needed=True),
            self.npi(parts[1], f"{whose} NPI", needed=True),
            given=self.text(parts[2], f"{whose} first name", 35, needed=True),
        )


def referring(fields: Mapping[str, str]) -> Provider | None:
    """Who referred the client, as the form of a claim holds it. Errors: WrongFields."""
    read = _Reading(fields)
    found = read.person("referring-", "The referring clinician's")
    if read.wrong:
        raise WrongFields(read.wrong)
    return found


def from_form(fields: Mapping[str, str]) -> ClaimProfile:
    """The profile that the page's form holds. Errors: WrongFields, by the field's name."""
    read = _Reading(fields)
    name = read.text("name", "The practice's name", 60, needed=True)
    practice = Practice(
        Provider(name, read.npi("npi", "The practice's NPI", needed=True), read.taxonomy("taxonomy")),
        read.address("", needed=True),
        read.digits("tax-id", "The tax number", (9,), needed=True),
        "SY" if fields.get("tax-kind") == "SY" else "EI",
        read.digits("phone", "The telephone", (10,), needed=True),
        read.text("mail", "The mail address", 80),
        read.text("contact", "The contact", 60, needed=True),
        read.address("pay-", needed=True) if fields.get("pay-street", "").strip() else None,
    )
    sender = Sender(
        name, read.text("sender-id", "Our id", 15, needed=True), practice.contact, practice.phone, practice.mail,
        read.text("sender-qualifier", "The qualifier of our id", 2) or "ZZ",
    )  # fmt: skip
    found = ClaimProfile(
        practice, sender, tuple(_routes(read)), tuple(_clinicians(read)),
        production=fields.get("usage") == "P",
        names=tuple(sorted(set(fields.get("names", "").split()))),
        tests=fields.get("tests") == "yes", nightly=fields.get("nightly") == "yes", appeals=tuple(_appeals(read)),
    )  # fmt: skip
    staff = [one for one, _ in found.clinicians]
    found = replace(found, supervisors=tuple(_supervisors(read, found)), places=tuple(_places(read, staff)))
    if read.wrong:
        raise WrongFields(read.wrong)
    return found


def _routes(read: _Reading) -> list[Route]:
    found: list[Route] = []
    for place in range(1, 9):
        if place > 1 and not read.fields.get(f"receiver-{place}-id", "").strip():
            continue
        identity = read.text(f"receiver-{place}-id", "The receiver's id", 15, needed=True)
        receiver = Receiver(
            read.text(f"receiver-{place}-name", "The receiver's name", 60, needed=True), identity,
            read.text(f"receiver-{place}-qualifier", "The qualifier of their id", 2) or "ZZ",
        )  # fmt: skip
        payers = tuple(sorted(set(read.fields.get(f"receiver-{place}-payers", "").split())))
        if any(each.key == identity for each in found):
            read.wrong[f"receiver-{place}-id"] = "This receiver stands here twice: put their payers together."
        found.append(Route(identity, receiver, payers))
    if len([each for each in found if not each.payers]) > 1:
        read.wrong["receiver-2-payers"] = "Only one receiver may take all other payers: name the payers of this one."
    return found


def _appeals(read: _Reading) -> list[tuple[str, int]]:
    found = []
    for each in read.fields.get("appeals", "").split():
        payer, _, days = each.partition("=")
        if not payer or not days.isascii() or not days.isdigit() or not 1 <= int(days) <= _MOST_DAYS:
            read.wrong["appeals"] = "Write the payer's number, = and its days, with blanks between: 77702=90 00123=180."
            break
        found.append((payer[:80], int(days)))
    return sorted(dict(found).items())


def _clinicians(read: _Reading) -> list[tuple[str, Provider]]:
    found = []
    staff = sorted(name.removeprefix("npi-") for name in read.fields if name.startswith("npi-"))[:_MOST_CLINICIANS]
    for one in staff:
        if not read.fields[f"npi-{one}"].strip() and not read.fields.get(f"family-{one}", "").strip():
            continue
        found.append((one, Provider(
            read.text(f"family-{one}", "The last name", 60, needed=True),
            read.npi(f"npi-{one}", "The NPI", needed=True),
            read.taxonomy(f"taxonomy-{one}"),
            read.text(f"given-{one}", "The first name", 35, needed=True),
            credentials=read.text(f"credentials-{one}", "The credentials", 30),
        )))  # fmt: skip
    return found


def _supervisors(read: _Reading, profile: ClaimProfile) -> list[tuple[str, Provider]]:
    found = []
    for one, clinician in profile.clinicians:
        supervisor = read.person(f"supervisor-{one}-", "The supervisor's")
        if supervisor is not None and supervisor.npi == clinician.npi:
            read.wrong.setdefault(f"supervisor-{one}-npi", "That is the clinician's own NPI: enter the supervisor's.")
        if supervisor is not None:
            found.append((one, supervisor))
    return found


def _places(read: _Reading, staff: list[str]) -> list[tuple[str, tuple[Provider, PostalAddress]]]:
    found = []
    for one in staff:
        prefix = f"place-{one}-"
        if not any(value.strip() for name, value in read.fields.items() if name.startswith(prefix)):
            continue
        name = read.text(f"{prefix}name", "The place's name", 60, needed=True)
        npi = read.npi(f"{prefix}npi", "The place's NPI", needed=False)
        found.append((one, (Provider(name, npi), read.address(prefix, needed=True))))
    return found


def to_form(profile: ClaimProfile) -> dict[str, str]:
    """The fields of the page's form that `from_form` reads back to the same."""
    practice, sender = profile.practice, profile.sender
    fields = {
        "name": practice.provider.family, "npi": practice.provider.npi, "taxonomy": practice.provider.taxonomy,
        "tax-id": practice.tax_id, "tax-kind": practice.tax_kind, "phone": practice.phone, "mail": practice.mail,
        "contact": practice.contact, "sender-id": sender.id, "sender-qualifier": sender.qualifier,
        "usage": "P" if profile.production else "T", "names": " ".join(profile.names),
        "tests": "yes" if profile.tests else "", "nightly": "yes" if profile.nightly else "",
        "appeals": " ".join(f"{payer}={days}" for payer, days in profile.appeals),
    }  # fmt: skip
    for prefix, address in (("", practice.address), ("pay-", practice.pay_to)):
        if address is not None:
            fields |= {f"{prefix}{part}": getattr(address, part) for part in PostalAddress.__slots__}
    for place, route in enumerate(profile.routes, 1):
        fields |= {
            f"receiver-{place}-id": route.receiver.id, f"receiver-{place}-name": route.receiver.name,
            f"receiver-{place}-qualifier": route.receiver.qualifier,
            f"receiver-{place}-payers": " ".join(route.payers),
        }  # fmt: skip
    for staff, one in profile.clinicians:
        fields |= {
            f"npi-{staff}": one.npi, f"given-{staff}": one.given, f"family-{staff}": one.family,
            f"taxonomy-{staff}": one.taxonomy, f"credentials-{staff}": one.credentials,
        }  # fmt: skip
    for staff, one in profile.supervisors:
        fields |= {f"supervisor-{staff}-{part}": getattr(one, part) for part in ("given", "family", "npi")}
    for staff, (named, where) in profile.places:
        fields |= {f"place-{staff}-name": named.family, f"place-{staff}-npi": named.npi}
        fields |= {f"place-{staff}-{part}": getattr(where, part) for part in PostalAddress.__slots__}
    return fields
