"""The words of the check before a visit: one line for the desk, and an answer to each question that it asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from billing_hooks.check import LICENCE, Ahead, Exit, Look, Seen, Standing, dated
from billing_hooks.cost_share import money
from billing_hooks.rules import ANY, PayerRule


class Says(StrEnum):
    """The answer to one question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the check with its answer, the rule that gave it, what that cites, and from when it holds."""

    question: str
    says: Says
    say: str
    rule: str = ""
    sources: tuple[str, ...] = ()
    dated: str = ""


SITES = MappingProxyType({
    "home": "home", "lodging": "lodging", "near_home": "a place near home", "work": "work", "school": "school",
    "vehicle": "a vehicle", "office": "an office", "clinic": "a clinic", "hospital": "a hospital",
    "nursing_facility": "a nursing facility", "other": "this kind of place",
})  # fmt: skip

# What the coder says of a visit that was held, as it reads before one.
_AHEAD = MappingProxyType({
    "LICENSE_STATE_MISMATCH": "no licence on file for {state}, where the client is",
    "LICENSE_EXPIRED": "the licence for {state} has expired",
    "COMPACT_HOME_STATE": "the compact holds only from the clinician's home state",
    "LICENSURE_UNKNOWN": "it is not known whether the clinician's licence covers this",
    "LOCATION_ATTESTATION_MISSING": "the client has not said where they are",
    "COVERAGE_INACTIVE": "the client's plan is not active on {day}",
    "ORIGINATING_SITE_NOT_ALLOWED": "{payer} does not cover a client at {site}",
    "LICENSURE_NOT_ELIGIBLE": "{payer} does not list {title} for this service",
    "NOT_CREDENTIALED_IN_STATE": "licensed, but not credentialed with {payer} in {state}",
    "OTHER_PAYER_FIRST": "another payer comes first",
    "AUTH_MISSING": "{payer}'s authorisation is not on file",
    "COVERAGE_UNVERIFIED": "the client's coverage has not been verified",
    "RULE_MISSING": "there is no rule on file for {payer} and this plan",
    "RULE_UNCONFIRMED": "nobody has confirmed {payer}'s rule",
    "NPI_INVALID": "the clinician's NPI is missing or mistyped",
    "FEE_MISSING": "there is no fee on file for this service",
    "CLIENT_OUTSIDE_US": "the client is outside the United States",
    "SERVICE_EXCLUDED_TELEHEALTH": "{payer} excludes this service from telehealth",
})  # fmt: skip
_START = MappingProxyType(
    {
        Standing.HELD: "Not settled",
        Standing.REFUSED: "Not covered",
        Standing.UNLICENSED: "Not licensed there",
    }
)

EXITS = MappingProxyType(
    {
        Exit.ASK_PLACE: "Ask the place again",
        Exit.EXCEPTION: "Record an exception",
        Exit.REFER: "Refer to someone licensed there",
        Exit.RESCHEDULE: "Reschedule",
        Exit.CREDENTIALING: "Start credentialing",
        Exit.PRIVATE_PAY: "Client pays privately",
        Exit.COVERAGE: "Tell billing",
    }
)


def line(look: Look, ahead: Ahead) -> str:
    """The one line for the desk."""
    good = ", ".join(_allowed(look, ahead))
    match look.standing:
        case Standing.COVERED:
            share = f"share {look.owed.words}" if look.owed is not None else "share not known"
            return f"Covered: {', '.join(each for each in (good, share) if each)}"
        case Standing.PAYS:
            return f"Client pays: {money(look.fee)}" if look.fee is not None else "Client pays"
        case Standing.OPEN:
            rest = "which code it will be follows from the record"
            return f"Nothing stands against it: {', '.join(each for each in (good, rest) if each)}"
        case Standing.HELD | Standing.REFUSED | Standing.UNLICENSED:
            more = f" (and {len(look.troubles) - 1} more)" if len(look.troubles) > 1 else ""
            return f"{_START[look.standing]}: {sentence(look.troubles[0], ahead)}{more}"


def sentence(seen: Seen, ahead: Ahead) -> str:
    """A finding as it reads before the visit, without a capital or full stop."""
    said = _AHEAD.get(seen.code)
    if said is None:
        return f"{seen.say[:1].lower()}{seen.say[1:]}".rstrip(".")
    return said.format(
        state=ahead.place.state or "that state",
        site=SITES.get(ahead.place.site or "", "this kind of place"),
        payer=ahead.coverage.payer if ahead.coverage is not None else "the payer",
        title=ahead.title or "this kind of licence",
        day=f"{ahead.dos.isoformat()}",
    )


def _allowed(look: Look, ahead: Ahead) -> list[str]:
    rule, good = look.rule, []
    if rule is not None and ahead.place.site is not None and (look.law or rule.originating_sites is not None):
        good.append(f"{SITES.get(ahead.place.site, 'this kind of place')} allowed")
    if rule is not None and ahead.title:
        good.append(f"{ahead.title} allowed")
    return good


def answers(look: Look, ahead: Ahead) -> tuple[Answer, ...]:
    """Every question of the check, in the order in which the desk shows them."""
    return (
        _licensed(look, ahead), _plan(look, ahead), _site(look, ahead), _kind(look, ahead), _network(look, ahead),
        _authorisation(look, ahead), _silent(look), _share(look),
    )  # fmt: skip


def _by(question: str, look: Look, ahead: Ahead, codes: tuple[str, ...], good: str, says: Says = Says.YES) -> Answer:
    """No where one of these refuses, unknown where one holds, else what is given."""
    seen = next((each for each in look.troubles if each.code in codes), None)
    if seen is not None:
        says = Says.NO if seen.weight.value == "refuse" or seen.code in _FIRM else Says.UNKNOWN
        text = sentence(seen, ahead)
        return Answer(question, says, f"{text[:1].upper()}{text[1:]}.", seen.rule, seen.sources, seen.dated)
    return Answer(question, says, good)


# Holds that say no all the same: somebody knows, and it is not good.
_FIRM = ("COVERAGE_INACTIVE", "NOT_CREDENTIALED_IN_STATE", "OTHER_PAYER_FIRST")


def _licensed(look: Look, ahead: Ahead) -> Answer:
    codes = (*LICENCE, "LICENSURE_UNKNOWN", "LOCATION_ATTESTATION_MISSING", "CLIENT_OUTSIDE_US")
    ends = ahead.clinician.licence_expires
    until = f", to {ends.isoformat()}" if ends is not None else ""
    return _by("licensed", look, ahead, codes, f"Licensed in {ahead.place.state}{until}.")


def _plan(look: Look, ahead: Ahead) -> Answer:
    coverage = ahead.coverage
    if coverage is not None and coverage.lob == "self_pay":
        return Answer("plan", Says.NOT_ASKED, "No plan: the client pays.")
    verified = coverage.verified_on if coverage is not None else None
    payer = coverage.payer if coverage is not None else "The plan"
    good = f"{payer}: active, verified on {verified.isoformat()}." if verified is not None else f"{payer}: active."
    return _by("plan", look, ahead, ("COVERAGE_INACTIVE", "OTHER_PAYER_FIRST", "COVERAGE_UNVERIFIED"), good)


def _site(look: Look, ahead: Ahead) -> Answer:
    site = SITES.get(ahead.place.site or "", "this kind of place")
    found = _by("site", look, ahead, ("ORIGINATING_SITE_NOT_ALLOWED",), f"A client at {site} is allowed.")
    if found.says is not Says.YES:
        return found
    if ahead.place.site is None:
        return Answer("site", Says.UNKNOWN, "The kind of place is not known yet.")
    rule, law = look.rule, look.law
    sites = rule.originating_sites if rule is not None else None
    if law is not None and sites != ANY and ahead.place.site not in (sites or ()):
        return Answer("site", Says.YES, f"A client at {site} is allowed by law.", law.name, law.citations, dated(law))
    return _from_rule(found, rule, known=sites is not None)


def _kind(look: Look, ahead: Ahead) -> Answer:
    title = ahead.title or "This kind of licence"
    found = _by("licence_type", look, ahead, ("LICENSURE_NOT_ELIGIBLE",), f"{title} is allowed.")
    if found.says is Says.YES and look.rule is not None and look.rule.licences_allow is None:
        return Answer("licence_type", Says.YES, "The rule names no kinds of licence: none is kept out.", look.rule.name)
    return found if found.says is not Says.YES else _from_rule(found, look.rule, known=look.rule is not None)


def _from_rule(found: Answer, rule: PayerRule | None, *, known: bool) -> Answer:
    """A yes that a payer's rule gave, with its name; unknown where no rule speaks."""
    if rule is None or not known:
        return Answer(found.question, Says.UNKNOWN, "No rule on file says so.")
    say = "Every kind of place is allowed." if found.question == "site" and rule.originating_sites == ANY else found.say
    return Answer(found.question, found.says, say, rule.name, rule.citations, dated(rule))


def _network(look: Look, ahead: Ahead) -> Answer:
    coverage = ahead.coverage
    if coverage is None or coverage.lob == "self_pay" or coverage.network in ("none", "out"):
        return Answer("credentialed", Says.NOT_ASKED, "There is no contract with this plan.")
    return _by("credentialed", look, ahead, ("NOT_CREDENTIALED_IN_STATE",), "Credentialed for the client's state.")


def _authorisation(look: Look, ahead: Ahead) -> Answer:
    good = "On file." if ahead.coverage is not None and ahead.coverage.authorization == "on_file" else "Not required."
    return _by("authorisation", look, ahead, ("AUTH_MISSING",), good)


def _silent(look: Look) -> Answer:
    name = look.rule.name if look.rule is not None else ""
    match look.without_picture:
        case True:
            return Answer("without_picture", Says.YES, "Without picture: covered, with a recorded reason.", name)
        case False:
            return Answer("without_picture", Says.NO, "Without picture: not covered.", name)
        case None:
            return Answer("without_picture", Says.UNKNOWN, "Without picture: not known.", name)


def _share(look: Look) -> Answer:
    if look.owed is None:
        return Answer("share", Says.UNKNOWN, "What the client will owe is not known.")
    return Answer("share", Says.YES, f"The client is expected to pay {look.owed.words}.")


def to_json(look: Look, ahead: Ahead) -> dict[str, object]:
    """The check as the desk is told it and as it is kept: the line, the answers, the findings, the exits."""
    return {
        "standing": look.standing.value,
        "line": line(look, ahead),
        "answers": [
            {"question": each.question, "says": each.says.value, "say": each.say, "rule": each.rule,
             "sources": list(each.sources), "dated": each.dated}
            for each in answers(look, ahead)
        ],
        "findings": [
            {"code": each.code, "weight": each.weight.value, "say": sentence(each, ahead), "rule": each.rule,
             "sources": list(each.sources), "dated": each.dated}
            for each in (*look.troubles, *look.notes)
        ],
        "owed": look.owed.words if look.owed is not None else None,
    }  # fmt: skip
