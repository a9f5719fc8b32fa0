"""One plan that a client holds, in their order: what the card says, whose it is, and the coverage it comes to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from billing_hooks.claims.tables import MEDICARE_SECOND
from billing_hooks.client_record import Address, address
from billing_hooks.errors import Malformed
from billing_hooks.forms import Form, wrong
from billing_hooks.material import Coverage

FIRST = "cov_first"  # the id of a coverage that was saved before a client could have several
MOST = 12
LOBS = {
    "commercial": "Commercial",
    "medicare_b": "Medicare Part B",
    "medicare_advantage": "Medicare Advantage",
    "medicaid_mn_ffs": "Minnesota Medical Assistance (fee for service)",
    "mn_pmap": "Minnesota managed plan (PMAP, MinnesotaCare)",
    "medicaid": "Medicaid of another state",
    "self_pay": "Pays themselves",
    "other": "Another kind",
}
MEDICARE = ("medicare_b", "medicare_advantage")
FUNDINGS = {
    "fully_insured": "Insured by the plan",
    "self_funded": "Paid by the employer",
    "government": "Paid by government",
}
RELATIONS = {"self": "The client", "spouse": "Their spouse", "child": "Their parent", "other": "Somebody else"}
CREDENTIALING = {"practice": "Wherever the practice may treat", "client_state": "By the client's state"}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whose plan it is where the client is not it. `relation` of the client to them: spouse, child, other."""

    relation: str
    given: str
    family: str
    birth_date: date | None = None
    sex: str = ""
    address: Address = field(default_factory=Address)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the card says. `payer_id` is the payer's number for electronic transactions; `medicare_second` why Medicare
    does not come first (SBR05), where another plan does."""

    member: str = ""
    group: str = ""
    plan: str = ""
    payer_id: str = ""
    payer_phone: str = ""
    subscriber: Subscriber | None = None
    medicare_second: str = ""

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, beside the coverage."""
        found = asdict(self)
        if self.subscriber is not None and self.subscriber.birth_date is not None:
            found["subscriber"]["birth_date"] = self.subscriber.birth_date.isoformat()
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Policy:
        """What `to_json` wrote; a coverage saved without has none."""
        theirs = found.get("subscriber")
        if theirs is not None:
            born = theirs["birth_date"]
            theirs = Subscriber(
                **{
                    **theirs,
                    "birth_date": None if born is None else date.fromisoformat(born),
                    "address": Address(**theirs["address"]),
                }
            )
        return cls(**{**found, "subscriber": theirs})


@dataclass(frozen=True, slots=True)
class HeldCoverage:
    """One coverage of a client at its place in their order (`rank`, from 1). `version` of what is shown."""

    id: str
    rank: int
    coverage: Coverage
    policy: Policy = field(default_factory=Policy)
    version: int = 0

    @property
    def span(self) -> str:
        """Its dates in words."""
        since, until = self.coverage.since, self.coverage.until
        if since is None and until is None:
            return "dates not known"
        begun = f"from {since.isoformat()}" if since is not None else "until"
        return (
            begun if until is None else f"{begun} to {until.isoformat()}" if since else f"{begun} {until.isoformat()}"
        )


def covering(held: Sequence[HeldCoverage], day: date | None) -> HeldCoverage | None:
    """The first in order whose dates hold the day; where none does, the first in order, which the coder then holds."""
    ordered = sorted(held, key=lambda each: each.rank)
    if day is not None:
        for each in ordered:
            if each.coverage.covers(day):
                return each
    return ordered[0] if ordered else None


def beside_medicare(held: Sequence[HeldCoverage], day: date) -> bool:
    """Whether the client pays themselves first while a Medicare plan covers the day."""
    first = covering(held, day)
    if first is None or first.coverage.lob != "self_pay":
        return False
    return any(each.coverage.lob in MEDICARE and each.coverage.covers(day) for each in held)


def touched(before: Coverage | None, after: Coverage | None, day: date) -> bool:
    """Whether a visit of that day may come to something else when a coverage changes from `before` to `after`."""
    return any(each is not None and each.covers(day) for each in (before, after))


def from_form(
    fields: Mapping[str, str], before: HeldCoverage | None, payers: Collection[str]
) -> tuple[Coverage, Policy]:
    """The plan as the form has it. What a verification found stays, unless the plan is another one; `payers` are the
    names that rules know, to put a name in their spelling. Errors: WrongFields."""
    form = Form(fields)
    payer = form.text("payer", "The payer", 80, needed=True)
    payer = next((name for name in payers if name.casefold() == payer.casefold()), payer)
    lob = form.choice("lob", "The kind of plan", LOBS, needed=True)
    since, until = form.day("since", "The first day"), form.day("until", "The last day")
    if since is not None and until is not None and until < since:
        raise wrong("until", "The last day lies before the first: look at both.")
    credentialing = form.choice("credentialing", "What the practice is credentialed for", CREDENTIALING)
    states = tuple(state.upper() for state in form.words("credentialed", "The states", 200))
    if any(len(state) != 2 or not state.isalpha() for state in states):
        raise wrong("credentialed", "Write states as two letters with blanks between: MN WI.")
    policy = Policy(
        form.text("member", "The member number", 80),
        form.text("group", "The group number", 50),
        form.text("plan", "The plan's name", 80),
        form.text("payer-id", "The payer's electronic number", 80),
        form.phone("payer-phone", "The payer's telephone"),
        _subscriber(form),
        form.choice("medicare-second", "Why Medicare does not come first", MEDICARE_SECOND),
    )
    base = before.coverage if before is not None and same_plan(before, payer, lob, policy.member) else None
    found = replace(
        base if base is not None else Coverage(payer, lob),
        payer=payer,
        lob=lob,
        funding=form.choice("funding", "Who pays for the plan", FUNDINGS) or None,
        state=form.state("plan-state", "The plan's state") or None,
        since=since,
        until=until,
        first_payer=form.truth("first-payer", "Whether it pays first"),
        network=form.choice("network", "The network", ("in", "out", "none")) or None,
        credentialing=credentialing or None,
        credentialed=states,
        assurance_on_file=form.truth("assurance", "The assurance statement"),
    )
    form.end()
    return found, policy


def same_plan(held: HeldCoverage, payer: str, lob: str, member: str) -> bool:
    """Whether these words name the plan that is held: what was verified of it still holds."""
    return (held.coverage.payer, held.coverage.lob, held.policy.member) == (payer, lob, member)


def _subscriber(form: Form) -> Subscriber | None:
    relation = form.choice("relation", "Whose plan it is", RELATIONS)
    found = Subscriber(
        relation,
        form.text("subscriber-given", "The subscriber's first name", 60),
        form.text("subscriber-family", "The subscriber's last name", 60),
        form.day("subscriber-birth-date", "The subscriber's birth date"),
        form.choice("subscriber-sex", "The subscriber's sex", ("F", "M", "U")),
        address(form, "subscriber-", "The subscriber's address"),
    )
    if relation in ("", "self"):
        return None
    if not found.family:
        raise wrong("subscriber-family", "The subscriber's last name is missing: it stands on the card.")
    return found


def reordered(held: Sequence[HeldCoverage], order: Sequence[str]) -> tuple[HeldCoverage, ...]:
    """The coverages with ranks as `order` has their ids. Errors: Malformed("order-changed")."""
    known = {each.id: each for each in held}
    if sorted(order) != sorted(known):
        raise Malformed("order-changed", "The coverages changed meanwhile: open the page again.")
    return tuple(replace(known[each], rank=place) for place, each in enumerate(order, 1))
