"""The form by which a biller files another plan of a client: its fields, and its strict reading. Pure.

Empty means unknown and stays unknown: an encounter is held for it, nothing is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from billing_hooks.errors import Malformed
from billing_hooks.held_coverage import LOBS
from billing_hooks.material import Coverage

_STATE = re.compile(r"[A-Z]{2}\Z", re.ASCII)
_LONGEST = 120
YES_NO = (("", "Not known"), ("yes", "Yes"), ("no", "No"))
_TRUTH = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `kind` text|day|choice; `choices` as (value, words)."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"
    choices: Sequence[tuple[str, str]] = ()


FIELDS = (
    Field("payer", "Payer", "As its rule is named"),
    Field("lob", "Kind of plan", kind="choice", choices=(("", "Choose"), *LOBS.items())),
    Field("funding", "How the plan is funded", kind="choice", choices=(
        ("", "Not known"), ("fully_insured", "Fully insured"), ("self_funded", "Self-funded by the employer"),
        ("government", "Government"),
    )),
    Field("state", "State of the plan", "Two letters"),
    Field("since", "Covered from", kind="day"),
    Field("until", "Covered to", "Empty: no end known", kind="day"),
    Field("active", "Active on the day of the visit", kind="choice", choices=YES_NO),
    Field("verified_on", "Verified on", kind="day"),
    Field("first_payer", "Comes before every other plan", kind="choice", choices=YES_NO),
    Field("authorization", "Authorisation", kind="choice", choices=(
        ("", "Not known"), ("not_required", "Not required"), ("on_file", "On file"), ("missing", "Required, missing"),
    )),
    Field("network", "The practice is in its network", kind="choice", choices=(
        ("", "Not known"), ("in", "In"), ("out", "Out"), ("none", "No contract: the client pays"),
    )),
    Field("credentialing", "Credentialing goes by", kind="choice", choices=(
        ("", "Not known"), ("practice", "The practice"), ("client_state", "The client's state"),
    )),
    Field("credentialed", "Credentialed in", "States, such as MN, WI; only where it goes by the client's state"),
    Field("assurance_on_file", "The payer's assurance form is on file", kind="choice", choices=YES_NO),
)  # fmt: skip
NAMES = frozenset(field.name for field in FIELDS)
_CHOICES = MappingProxyType({
    field.name: frozenset(value for value, _ in field.choices) for field in FIELDS if field.kind == "choice"
})  # fmt: skip


def read(said: Mapping[str, str], *, rule_id: str = "") -> Coverage:
    """The plan as the form says it. Errors: Malformed("field-NAME") for the first field that cannot be read."""
    texts = {name: said.get(name, "").strip() for name in NAMES}
    for name, allowed in _CHOICES.items():
        if texts[name] not in allowed:
            raise _wrong(name, "Choose one of the list.")
    if not 1 <= len(texts["payer"]) <= _LONGEST or not texts["payer"].isprintable():
        raise _wrong("payer", "Write the payer's name.")
    if not texts["lob"]:
        raise _wrong("lob", "Choose the kind of plan.")
    since, until, verified = (_day(texts[name], name) for name in ("since", "until", "verified_on"))
    if since is not None and until is not None and until < since:
        raise _wrong("until", "The plan ends on or after the day it begins: look at the days again.")
    return Coverage(
        payer=texts["payer"],
        lob=texts["lob"],
        funding=texts["funding"] or None,
        state=_state(texts["state"], "state") if texts["state"] else None,
        rule_id=rule_id,
        since=since,
        until=until,
        active=_TRUTH[texts["active"]],
        verified_on=verified,
        first_payer=_TRUTH[texts["first_payer"]],
        authorization=texts["authorization"] or None,
        network=texts["network"] or None,
        credentialing=texts["credentialing"] or None,
        credentialed=tuple(
            dict.fromkeys(_state(each, "credentialed") for each in texts["credentialed"].replace(",", " ").split())
        ),
        assurance_on_file=_TRUTH[texts["assurance_on_file"]],
    )


def shown(coverage: Coverage | None) -> dict[str, str]:
    """The form's texts of a plan, empty for none."""
    if coverage is None:
        return dict.fromkeys(NAMES, "")
    found = coverage.to_json()
    return {name: _text(found[name]) for name in NAMES}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "Write the day as 2026-11-20.") from None


def _state(text: str, name: str) -> str:
    if not _STATE.match(text.upper()):
        raise _wrong(name, "Write a state with two letters, such as MN.")
    return text.upper()


def _wrong(name: str, say: str) -> Malformed:
    return Malformed(f"field-{name.replace('_', '-')}", say)
