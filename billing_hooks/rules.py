"""Payer rules as dated, cited data: reading one, and choosing the one that decides a claim. Pure.

A field that is absent is unknown, never "no" (research: a missing answer holds a claim). Law rules are constraints;
they never supply a place of service or a modifier. `historical` rules decide only claims of their own time, `example`
rules never.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import cast

from billing_hooks.errors import Malformed

ANY = frozenset({"any"})


class Kind(StrEnum):
    """Who speaks, strongest first: the rank of precedence."""

    LAW = "law"
    CONTRACT = "contract"
    MEMBER_VERIFICATION = "member_verification"
    PAYER_POLICY = "payer_policy"
    LOB_DEFAULT = "lob_default"
    EXAMPLE = "example"


class Status(StrEnum):
    """Whether the practice stands behind a rule."""

    CONFIRMED = "confirmed"
    NEEDS_CONFIRMATION = "needs_confirmation"
    HISTORICAL = "historical"


RANK = (Kind.CONTRACT, Kind.MEMBER_VERIFICATION, Kind.PAYER_POLICY, Kind.LOB_DEFAULT)


@dataclass(frozen=True, slots=True)
class PayerRule:
    """One rule. None means unknown; `originating_sites` ANY allows every place; `pos_*` are POS codes."""

    id: str
    version: int
    payer: str
    lob: str
    kind: Kind
    status: Status
    since: date
    until: date | None = None
    funding: str | None = None
    jurisdiction: str | None = None
    originating_sites: frozenset[str] | None = None
    pos_home: str | None = None
    pos_other: str | None = None
    pos_conflict: str = ""
    modifiers_av: tuple[str, ...] | None = None
    modifiers_audio: tuple[str, ...] | None = None
    audio_only: str | None = None
    audio_codes: frozenset[str] | None = None
    licences_allow: frozenset[str] | None = None
    services_excluded: frozenset[str] | None = None
    code_allow: frozenset[str] | None = None
    code_list: str = ""
    families: tuple[tuple[str, bool], ...] = ()
    unit_rule: str | None = None
    minutes_basis: str = "talk_overlap"
    av_share_min: Decimal = Decimal("0.9")
    assurance_form: str = ""
    call_reference_missing: bool = False
    frees_site: bool = False
    confidence: str = ""
    note: str = ""
    citations: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule and its version, as stored with every decision."""
        return f"{self.id} v{self.version}"

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found for a claim: the rule, a second that contradicts it, the law, and old rules passed over."""

    rule: PayerRule | None
    rival: PayerRule | None = None
    laws: tuple[PayerRule, ...] = ()
    unbound_law: bool = False
    superseded: bool = False


def choose(
    rules: Iterable[PayerRule], *, payer: str, lob: str, funding: str | None, state: str | None, dos: date, today: date
) -> Choice:
    """The rule in force on `dos` of the strongest kind, then most specific; equal rules that differ are rivals."""
    laws: list[PayerRule] = []
    fitting: list[PayerRule] = []
    unbound = superseded = False
    for rule in rules:
        if rule.lob not in (lob, "*") or rule.payer not in (payer, "*") or rule.kind is Kind.EXAMPLE:
            continue
        if rule.jurisdiction not in (None, state) or not rule.holds_on(dos):
            continue
        if rule.funding not in (None, funding):
            unbound = unbound or (rule.kind is Kind.LAW and funding == "self_funded")
        elif rule.kind is Kind.LAW:
            laws.append(rule)
        elif rule.status is Status.HISTORICAL and not rule.holds_on(today):
            superseded = True
        else:
            fitting.append(rule)
    fitting.sort(key=lambda rule: (RANK.index(rule.kind), -_specific(rule), rule.id, -rule.version))
    first = fitting[0] if fitting else None
    rival = next((rule for rule in fitting[1:] if first is not None and _contradicts(first, rule)), None)
    return Choice(first, rival, tuple(laws), unbound, superseded)


def _specific(rule: PayerRule) -> int:
    return sum((rule.payer != "*", rule.lob != "*", rule.funding is not None, rule.jurisdiction is not None))


def _contradicts(first: PayerRule, other: PayerRule) -> bool:
    """Two equally strong, equally specific rules that would code the same visit differently."""
    if first.id == other.id or (first.kind, _specific(first)) != (other.kind, _specific(other)):
        return False
    names = ("originating_sites", "pos_home", "pos_other", "modifiers_av", "modifiers_audio", "audio_only")
    return any(getattr(first, name) != getattr(other, name) for name in names)


def parse(found: Mapping[str, object]) -> PayerRule:
    """A rule from its JSON or TOML form (the schema of the research, §1.6). Errors: Malformed("bad-rule")."""
    try:
        return _parse(found)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Malformed(
            "bad-rule", f"The payer rule {found.get('id', '')!s:.60} cannot be read: {error!s:.120}."
        ) from error


def _parse(found: Mapping[str, object]) -> PayerRule:
    home, other = _places(found.get("pos"))
    av, audio = _modifiers(found.get("modifiers"))
    verification = cast("Mapping[str, object] | None", found.get("verification"))
    families = cast("Mapping[str, object]", found.get("code_families") or {})
    return PayerRule(
        id=str(found["id"]),
        version=cast(int, found.get("version", 1)),
        payer=str(found["payer"]),
        lob=str(found["lob"]),
        kind=Kind(str(found.get("kind", "payer_policy"))),
        status=Status(str(found.get("status", "needs_confirmation"))),
        since=_day(found["from"]),
        until=_day(found["to"]) if found.get("to") is not None else None,
        funding=_text(found.get("funding")),
        jurisdiction=_text(found.get("jurisdiction")),
        originating_sites=_set(found.get("originating_sites")),
        pos_home=home,
        pos_other=other,
        pos_conflict=str(found.get("pos_conflict") or ""),
        modifiers_av=av,
        modifiers_audio=audio,
        audio_only=_text(found.get("audio_only")),
        audio_codes=_set(found.get("audio_codes")),
        licences_allow=_set(found.get("licences_allow")),
        services_excluded=_set(found.get("services_excluded")),
        code_allow=_set(found.get("code_allow")),
        code_list=str(found.get("code_list") or ""),
        families=tuple((name, value != "not_stated") for name, value in sorted(families.items())),
        unit_rule=_text(found.get("unit_rule")),
        minutes_basis=_basis(found.get("minutes_basis", "talk_overlap")),
        av_share_min=_share(found.get("av_share_min", "0.9")),
        assurance_form=str(found.get("assurance_form") or ""),
        call_reference_missing=verification is not None and not verification.get("call_ref"),
        frees_site=found.get("effect") == "originating_site_anywhere",
        confidence=str(found.get("confidence") or ""),
        note=str(found.get("note") or ""),
        citations=tuple(_citation(each) for each in cast("list[object]", found.get("citations") or [])),
    )


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _set(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    return ANY if value == "any" else frozenset(str(each) for each in cast("list[object]", value))


def _places(value: object) -> tuple[str | None, str | None]:
    if value is None or isinstance(value, str):
        return value, value
    both = cast("Mapping[str, str]", value)
    return both.get("home"), both.get("other")


def _modifiers(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    if value is None:
        return None, None
    both = cast("Mapping[str, list[str] | None]", value)
    av, audio = both.get("av"), both.get("audio_only")
    return (None if av is None else tuple(av)), (None if audio is None else tuple(audio))


def _basis(value: object) -> str:
    if value not in ("talk_overlap", "audio_video_overlap", "presence"):
        raise ValueError("minutes_basis is not one of the three totals")
    return str(value)


def _share(value: object) -> Decimal:
    share = Decimal(str(value))
    if not 0 < share <= 1:
        raise ValueError("av_share_min is not a share")
    return share


def _citation(value: object) -> str:
    if isinstance(value, Mapping):
        return " · ".join(str(value[name]) for name in ("title", "url", "date", "seen_by") if value.get(name))
    return str(value)
