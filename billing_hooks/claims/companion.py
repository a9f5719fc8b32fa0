"""Holding a claim against companion guides, and reading these from their TOML form. Pure.

The rules are data, so that a practice can confirm, change or add one without a new version of this software. A rule
asks one thing of one field; what is more than that is a check of the scrubber's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from billing_hooks.claims.claim import (
    Adjusted,
    Claim,
    Earlier,
    Judged,
    Person,
    Plan,
    PostalAddress,
    Practice,
    Provider,
    ServiceLine,
)
from billing_hooks.claims.companion_words import Asks, Guide, Rule
from billing_hooks.claims.scrub_words import Problem
from billing_hooks.errors import Malformed

_NEEDS = {Asks.LONGEST: "most", Asks.PATTERN: "pattern", Asks.ONE_OF: "values"}
_RULE = frozenset(
    "id asks field say source read needs_confirmation most pattern values filings frequencies earlier".split()
)
_KINDS: tuple[type, ...] = (
    Person, Plan, PostalAddress, Practice, Provider, ServiceLine, Judged, Adjusted, Earlier,
)  # fmt: skip
_GUIDE = frozenset("id title state version dated url law".split())


def check(claim: Claim, guides: Iterable[Guide]) -> list[Problem]:
    """What the guides of the practice's state have against a claim."""
    return [
        Problem(f"guide-{rule.id}", place, rule.say, not rule.needs_confirmation, guide.name)
        for guide in guides
        if guide.state == claim.practice.address.state
        for rule in guide.rules
        if _holds(rule, claim)
        for place in _wrong(rule, claim)
    ]


def confirmed(guide: Guide, ids: Collection[str]) -> Guide:
    """The guide with these of its rules confirmed: they are grave from now on."""
    kept = tuple(replace(each, needs_confirmation=False) if each.id in ids else each for each in guide.rules)
    return replace(guide, rules=kept)


def _holds(rule: Rule, claim: Claim) -> bool:
    return (
        (not rule.filings or claim.plan.filing in rule.filings)
        and (not rule.frequencies or claim.frequency.value in rule.frequencies)
        and (rule.earlier is None or rule.earlier == bool(claim.earlier))
    )


def _wrong(rule: Rule, claim: Claim) -> Iterator[str]:
    """The places of the rule's field that do not do what it asks."""
    for place, value in values(claim, rule.field):
        written = "" if value is None else str(value)
        asked = (
            bool(written) if rule.asks is Asks.REQUIRED
            else not written if rule.asks is Asks.FORBIDDEN
            else len(written) <= rule.most if rule.asks is Asks.LONGEST
            else not written or written in rule.values if rule.asks is Asks.ONE_OF
            else not written or rule.pattern is None or rule.pattern.fullmatch(written) is not None
        )  # fmt: skip
        if not asked:
            yield place


def values(claim: Claim, field: str) -> Iterator[tuple[str, object]]:
    """The values of a field with their places: "lines[].pos" is each line's; a part that is not there is None."""

    def walk(found: object, place: str, rest: list[str]) -> Iterator[tuple[str, object]]:
        if not rest or found is None:
            yield place, found
            return
        name, _, many = rest[0].partition("[")
        inner = getattr(found, name)
        here = f"{place}.{name}" if place else name
        if many:
            for at, each in enumerate(inner):
                yield from walk(each, f"{here}[{at}]", rest[1:])
        else:
            yield from walk(inner, here, rest[1:])

    return walk(claim, "", field.split("."))


def parse(found: Mapping[str, Any], name: str) -> Guide:
    """The guide of a TOML form. Errors: Malformed("bad-guide") naming the file, the rule and the member."""
    head, listed = found.get("guide"), found.get("rule")
    if not isinstance(head, dict) or not isinstance(listed, list) or set(found) != {"guide", "rule"}:
        raise Malformed("bad-guide", f"{name}: it must have one [guide] and its [[rule]]s.")
    if set(head) != _GUIDE or any(not isinstance(each, str) for each in head.values()):
        raise Malformed("bad-guide", f"{name}: [guide] must have {', '.join(sorted(_GUIDE))}, all as text.")
    rules = tuple(_rule(each, name) for each in listed)
    ids = [each.id for each in rules]
    if len(set(ids)) < len(ids):
        raise Malformed("bad-guide", f"{name}: two rules have one id: give each its own.")
    return Guide(**head, rules=rules)


def _rule(found: Mapping[str, Any], name: str) -> Rule:
    where = f"{name}: rule {str(found.get('id', '(without id)'))[:40]}"
    odd = sorted(found.keys() - _RULE)
    if odd:
        raise Malformed("bad-guide", f"{where}: {odd[0]} is no member of a rule: take it away.")
    lacks = [each for each in ("id", "asks", "field", "say", "source", "read") if not isinstance(found.get(each), str)]
    if lacks or not isinstance(found.get("needs_confirmation"), bool):
        raise Malformed("bad-guide", f"{where}: {(lacks or ['needs_confirmation'])[0]} is missing.")
    if found["asks"] not in list(Asks):
        raise Malformed("bad-guide", f"{where}: asks must be one of {', '.join(Asks)}.")
    asks = Asks(found["asks"])
    if asks in _NEEDS and _NEEDS[asks] not in found:
        raise Malformed("bad-guide", f"{where}: {_NEEDS[asks]} is missing.")
    if not _known(Claim, found["field"].split(".")):
        raise Malformed("bad-guide", f"{where}: a claim has no field {found['field'][:60]}.")
    try:
        pattern = re.compile(found["pattern"], re.ASCII) if "pattern" in found else None
    except re.error as error:
        raise Malformed("bad-guide", f"{where}: its pattern cannot be read: {error}.") from None
    rest = {key: value for key, value in found.items() if key not in ("asks", "pattern")}
    for key in ("values", "filings", "frequencies"):
        rest[key] = frozenset(map(str, found.get(key, ())))
    return Rule(**rest, asks=asks, pattern=pattern)


def _known(kind: type, path: list[str]) -> bool:
    """Whether a path of fields leads somewhere in a claim; types are read off the classes' annotations."""
    name, _, many = path[0].partition("[")
    found = next((each for each in fields(kind) if each.name == name), None)
    if found is None or (bool(many) != str(found.type).endswith("...]")):
        return False
    inner = next((each for each in _KINDS if re.search(rf"\b{each.__name__}\b", str(found.type))), None)
    return len(path) == 1 or (inner is not None and _known(inner, path[1:]))
