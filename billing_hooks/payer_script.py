"""The call to a payer: what to ask in which order and why, and the rule that the answers make. Pure.

An answer is yes, no or unknown, with words where a no needs them. Unknown stays unknown: what nobody told is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from billing_hooks import rule_words
from billing_hooks.encounter import HOME_SITES
from billing_hooks.field_errors import WrongFields
from billing_hooks.rules import Kind, Status

YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = MappingProxyType({YES: "Yes", NO: "No", UNKNOWN: "They do not know"})
SCOPES = MappingProxyType({
    Kind.PAYER_POLICY.value: "What holds for everybody in this plan",
    Kind.MEMBER_VERIFICATION.value: "What was said about one member",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what to say, why it is asked, and what else is written down after which answer."""

    name: str
    ask: str
    why: str
    words: str = ""  # the label of the words that `after` needs
    after: str = ""
    picks: Mapping[str, str] | None = None


QUESTIONS = (
    Question("home", "May the client be at home during a visit by live video?",
             "Most visits are. Without an answer every visit is held."),
    Question("elsewhere", "May the client be anywhere else, for example at work, at school or in a clinic?",
             "A visit from a place that is not allowed must not be billed."),
    Question("pos_home", "For a client at home, is it place of service 10?",
             "A wrong place of service is denied, or paid at another rate.", "Which two digits?", NO),
    Question("pos_other", "For a client elsewhere, is it place of service 02?",
             "The same, for everybody who is not at home.", "Which two digits?", NO),
    Question("mods_av", "Do you want modifier 95 on a visit by live video?",
             "Some payers deny a line without it, others one with it.", "Which instead? Write none if none.", NO),
    Question("audio_only", "Do you pay for a visit by sound alone, when the client has no picture?",
             "Pictures fail. Then somebody has to know whether the visit can be billed at all.",
             "Only for listed codes? Write them; leave it empty if for all.", YES),
    Question("mods_audio", "Do you want modifier 93 on such a visit?",
             "95 means live video and may not stand there.", "Which instead? Write none if none.", NO),
    Question("licences", "May every kind of licence that you credential bill by video?",
             "A visit by a licence that is not allowed is refused.", "Which may?", NO, rule_words.LICENCES),
    Question("excluded", "Is any service left out of telehealth?",
             "A service that is left out is refused, however well it is documented.", "Which?", YES,
             rule_words.EXCLUDABLE),
    Question("telemedicine", "Do you take the telemedicine codes 98000 to 98015?",
             "Medicare does not; payers differ. It decides which level code a medical visit gets."),
    Question("auth_required", "Is an authorisation needed for outpatient visits?",
             "Without it a claim that needs one is denied."),
    Question("filing", "Is there a limit of days to file a claim?",
             "The desk counts down to it.", "How many days from the visit?", YES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row to confirm: the rule as it stands, and what has to be named because the row leaves it open."""

    id: str
    form: Mapping[str, Any]

    @property
    def asks_plan(self) -> bool:
        """Whether the row speaks for many payers: the one that was asked must be named."""
        return str(self.form["payer"]) == "*"

    @property
    def asks_lob(self) -> bool:
        """Whether the row speaks for every plan of the payer."""
        return str(self.form["lob"]) == "*"


def rule_from(row: Row, answers: Mapping[str, str], *, by: str, today: date) -> dict[str, Any]:
    """The confirmed rule that the answers make, in its JSON form without a version. Errors: WrongFields."""
    wrong: dict[str, str] = {}
    said = {question.name: _answer(question, answers, wrong) for question in QUESTIONS}
    target = _target(row, answers, wrong)
    closing = _closing(answers, wrong, today)
    if any(not letter.isprintable() and letter != "\n" for letter in answers.get("note", "")):
        wrong["note"] = "The note holds a character that cannot be printed."
    if not wrong and not any(said.values()):
        wrong["home"] = "Nothing was answered yet: with every answer unknown there is nothing to confirm."
    if wrong:
        raise WrongFields(wrong)
    carried = {name: row.form[name] for name in _CARRIED if name in row.form}
    titled = f"{closing['way']} with {target['payer']}, reference {closing['call_ref']}"
    return {
        **carried, **target, **_stated(said), "kind": closing["scope"], "status": Status.CONFIRMED.value,
        "from": closing["from"], "valid_through": closing["valid_through"], "confidence": "verified",
        **({"note": note} if (note := _note(said, answers)) else {}),
        "confirmed": {"by": by, "on": today.isoformat(), "representative": closing["representative"],
                      "call_ref": closing["call_ref"]},
        "verification": {"by": closing["way"], "call_ref": closing["call_ref"], "rep": closing["representative"],
                         "date": closing["answered_on"], "expires": closing["valid_through"]},
        "citations": [{"title": titled, "date": closing["answered_on"]}],
    }  # fmt: skip


# What a call does not ask stays as the row has it.
_CARRIED = ("funding", "jurisdiction", "unit_rule", "code_list", "assurance_form", "minutes_basis", "av_share_min",
            "most_units")  # fmt: skip


def _answer(question: Question, answers: Mapping[str, str], wrong: dict[str, str]) -> tuple[str, Any] | None:
    """yes or no with what was written down; None for unknown."""
    given = answers.get(question.name, UNKNOWN) or UNKNOWN
    if given not in ANSWERS:
        wrong[question.name] = "Choose yes, no or that they do not know."
        return None
    if given == UNKNOWN:
        return None
    words = answers.get(f"{question.name}_words", "").strip()
    try:
        return given, _READ.get(question.name, _nothing)(words) if given == question.after else None
    except ValueError as error:
        wrong[f"{question.name}_words"] = str(error)
        return None


def _nothing(_words: str) -> None:
    return None


def _digits(words: str) -> str:
    if not re.fullmatch(r"\d{2}", words, re.ASCII):
        raise ValueError("Write the place of service as two digits.")
    return words


def _modifiers(words: str) -> list[str]:
    found = words.upper().replace(",", " ").split()
    if found == ["NONE"]:
        return []
    if not found or any(not re.fullmatch("[A-Z0-9]{2}", each) for each in found):
        raise ValueError("Write which modifiers, each of two letters or digits, or none.")
    return found


def _codes(words: str) -> list[str]:
    found = words.upper().replace(",", " ").split()
    odd = [each for each in found if not re.fullmatch("[A-Z0-9]{5}", each)]
    if odd:
        raise ValueError(f"{odd[0]} is no code: a code has five letters or digits.")
    return found


def _days(words: str) -> int:
    if not words.isascii() or not words.isdigit() or not 0 < int(words) <= 3660:
        raise ValueError("Write how many days, from 1 to 3660.")
    return int(words)


def _of(known: Mapping[str, str], what: str) -> Any:
    def read(words: str) -> list[str]:
        found = list(dict.fromkeys(words.split()))
        if not found or any(each not in known for each in found):
            raise ValueError(f"Tick which {what}.")
        return found

    return read


_READ: Mapping[str, Any] = {
    "pos_home": _digits, "pos_other": _digits, "mods_av": _modifiers, "mods_audio": _modifiers, "audio_only": _codes,
    "licences": _of(rule_words.LICENCES, "licences"), "excluded": _of(rule_words.EXCLUDABLE, "services"),
    "filing": _days,
}  # fmt: skip


def _stated(said: Mapping[str, tuple[str, Any] | None]) -> dict[str, Any]:
    """The fields of the schema that the answers fill."""
    pos = {name: _place(said[f"pos_{name}"], usual) for name, usual in (("home", "10"), ("other", "02"))}
    modifiers = {name: _modifier(said[f"mods_{key}"], usual)
                 for name, key, usual in (("av", "av", "95"), ("audio_only", "audio", "93"))}  # fmt: skip
    audio, licences, excluded = said["audio_only"], said["licences"], said["excluded"]
    telemedicine, auth, filing = said["telemedicine"], said["auth_required"], said["filing"]
    found: dict[str, Any] = {
        "originating_sites": _sites(said["home"], said["elsewhere"]),
        "pos": {name: code for name, code in pos.items() if code} or None,
        "modifiers": {name: words for name, words in modifiers.items() if words is not None} or None,
        "audio_only": None if audio is None else "no" if audio[0] == NO else "listed" if audio[1] else "pay",
        "audio_codes": audio[1] if audio is not None and audio[1] else None,
        "licences_allow": licences[1] if licences is not None and licences[0] == NO else None,
        "services_excluded": None if excluded is None else excluded[1] or [],
        "code_families": None if telemedicine is None else {"98000": {"accepted": telemedicine[0] == YES}},
        "auth_required": None if auth is None else auth[0] == YES,
        "timely_filing_days": filing[1] if filing is not None and filing[0] == YES else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _sites(home: tuple[str, Any] | None, elsewhere: tuple[str, Any] | None) -> Any:
    """Both answers or neither: a rule that named half of the places would refuse what nobody asked about."""
    if home is None or elsewhere is None:
        return None
    others = sorted(set(rule_words.SITES) - HOME_SITES - {"any"})
    here, there = home[0] == YES, elsewhere[0] == YES
    return "any" if here and there else [*(sorted(HOME_SITES) if here else ()), *(others if there else ())]


def _place(said: tuple[str, Any] | None, usual: str) -> str | None:
    return None if said is None else usual if said[0] == YES else said[1]


def _modifier(said: tuple[str, Any] | None, usual: str) -> list[str] | None:
    return None if said is None else [usual] if said[0] == YES else said[1]


def _note(said: Mapping[str, tuple[str, Any] | None], answers: Mapping[str, str]) -> str:
    """What was left open, and what else the representative said."""
    open_ = [question.name.replace("_", " ") for question in QUESTIONS if said[question.name] is None]
    left = f"Not known after the call: {', '.join(open_)}." if open_ else ""
    return " ".join(each for each in (answers.get("note", "").strip()[:1000], left) if each)


def _target(row: Row, answers: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    """Whose rule it becomes: the row's own, or that of the one plan that was asked."""
    plan, lob = answers.get("plan", "").strip(), answers.get("lob", "").strip()
    found = {"id": row.id, "payer": str(row.form["payer"]), "lob": str(row.form["lob"])}
    if row.asks_plan:
        slug = re.sub(r"[^a-z0-9]+", "-", plan.lower()).strip("-")[:24].strip("-")
        if not slug or len(plan) > 60 or not plan.isprintable():
            wrong["plan"] = "Name the plan that you asked: this row speaks for many."
        found |= {"id": f"{row.id}-{slug}", "payer": plan}
    if row.asks_lob:
        if lob not in rule_words.LOBS or lob == "*":
            wrong["lob"] = "Choose which of its plans the answers are about."
        found |= {"id": f"{row.id}-{lob.replace('_', '-')}", "lob": lob}
    return found


def _closing(answers: Mapping[str, str], wrong: dict[str, str], today: date) -> dict[str, str]:
    """Who answered, when, under which number, and for which days it holds."""
    found = {"way": answers.get("way", "").strip() or "phone", "scope": answers.get("scope", "").strip()}
    if found["way"] not in rule_words.WAYS:
        wrong["way"] = "Choose how the payer answered."
    if found["scope"] not in SCOPES:
        wrong["scope"] = "Choose what the answers are about."
    elif found["scope"] == Kind.MEMBER_VERIFICATION:
        # It would decide the claims of every other member of the plan, and before what the payer says of all.
        wrong["scope"] = (
            "What was said about one member holds for them alone: keep it with their coverage, under Clients."
        )
    for name, say in (("call_ref", "Ask for the reference number: it is what wins a denied claim."),
                      ("representative", "Write who answered.")):  # fmt: skip
        found[name] = answers.get(name, "").strip()
        if not found[name] or len(found[name]) > 80 or not found[name].isprintable():
            wrong[name] = say
    for name in ("answered_on", "from", "valid_through"):
        try:
            found[name] = date.fromisoformat(answers.get(name, "").strip()).isoformat()
        except ValueError:
            wrong[name] = "Write the day as 2026-11-22."
    if "answered_on" not in wrong and found["answered_on"] > today.isoformat():
        wrong["answered_on"] = "The day of the answer lies ahead."
    if not {"from", "valid_through"} & wrong.keys() and found["valid_through"] < found["from"]:
        wrong["valid_through"] = "This lies before the first day on which the answer holds."
    return found


def believed(form: Mapping[str, Any]) -> dict[str, str]:
    """What the row says so far, by question: to hear whether the payer says the same."""
    pos, modifiers = form.get("pos") or {}, form.get("modifiers") or {}
    pos = {"home": pos, "other": pos} if isinstance(pos, str) else pos
    shown = {
        "home": {"any": "yes"}.get(str(form.get("originating_sites"))),
        "elsewhere": {"any": "yes"}.get(str(form.get("originating_sites"))),
        "pos_home": pos.get("home"), "pos_other": pos.get("other"),
        "mods_av": _shown(modifiers.get("av")), "mods_audio": _shown(modifiers.get("audio_only")),
        "audio_only": rule_words.AUDIO.get(str(form.get("audio_only"))),
    }  # fmt: skip
    return {name: str(value) for name, value in shown.items() if value}


def _shown(modifiers: object) -> str | None:
    return None if not isinstance(modifiers, list) else " ".join(map(str, modifiers)) or "none"
