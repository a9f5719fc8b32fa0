"""The fields of a payer rule as a form asks for them: plain words, one field for every part of the schema. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from billing_hooks import rule_words as words


class Look(StrEnum):
    """How a field is shown and read."""

    LINE = "line"
    LONG = "long"
    DAY = "day"
    CHOICE = "choice"  # one of, or nothing: not known
    PICKS = "picks"  # any of; nothing picked: not stated
    WORDS = "words"  # words apart by spaces; "none": stated, and there is none
    COUNT = "count"
    PERCENT = "percent"
    PLACE = "place"  # two digits
    UNITS = "units"  # CODE=most
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: `name` in the form, `part` of the schema that it belongs to, what it is called, and a hint."""

    name: str
    part: str
    label: str
    look: Look
    hint: str = ""
    choices: Mapping[str, str] | None = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together."""

    title: str
    fields: tuple[FormField, ...]
    hint: str = ""


_MODIFIERS = "Leave empty if not known. Write none if the payer wants none."
_CODES = "Codes apart by spaces. Leave empty if the payer names none."


def groups(lists: Iterable[str]) -> tuple[Group, ...]:
    """The form in the order in which a person thinks of it; `lists` names the code lists of the tables in use."""
    line, day, choice, picks, several = Look.LINE, Look.DAY, Look.CHOICE, Look.PICKS, Look.WORDS
    return (
        Group("Whose rule it is", (
            FormField("payer", "payer", "Payer", line, "As on the client's coverage; * for every payer", needed=True),
            FormField("lob", "lob", "Kind of plan", choice, choices=words.LOBS, needed=True),
            FormField("funding", "funding", "Who bears the cost", choice, "Empty: for both kinds of plan",
                      words.FUNDINGS),
            FormField("jurisdiction", "jurisdiction", "State", line, "Two letters; empty: in every state"),
            FormField("kind", "kind", "Who says so", choice, "A law is stronger than a contract, and so on down",
                      words.KINDS, needed=True),
            FormField("status", "status", "Standing", choice, "Only a confirmed rule lets a visit be billed",
                      words.STATUSES, needed=True),
        )),
        Group("When it holds", (
            FormField("from", "from", "First date of service", day, needed=True),
            FormField("to", "to", "Last date of service", day, "Empty: no end is known"),
            FormField("valid_through", "valid_through", "Look at it again after", day,
                      "Visits after this day are held until somebody has looked; you are warned 60 days before"),
            FormField("replaces", "", "This version replaces every earlier one from its first day on", Look.TICK,
                      "Also those that begin later"),
        )),
        Group("Place", (
            FormField("originating_sites", "originating_sites", "Where the client may be", picks,
                      "Nothing ticked: not known, and the visit is held", words.SITES),
            FormField("pos_home", "pos", "Place of service at home", Look.PLACE, "Two digits, usually 10"),
            FormField("pos_other", "pos", "Place of service elsewhere", Look.PLACE, "Two digits, usually 02"),
            FormField("pos_conflict", "pos_conflict", "Two answers about the place of service", line,
                      "What each said. Such visits are held until it is settled; empty: no disagreement"),
            FormField("effect", "effect", "A law that allows every kind of place", Look.TICK),
        )),
        Group("Picture and sound", (
            FormField("mods_av", "modifiers", "Modifiers with picture", several, _MODIFIERS),
            FormField("mods_audio", "modifiers", "Modifiers without picture", several, _MODIFIERS),
            FormField("mods_async", "modifiers", "Modifiers for messages and stored pictures", several, _MODIFIERS),
            FormField("audio_only", "audio_only", "A visit without picture", choice, "Empty: not known", words.AUDIO),
            FormField("audio_codes", "audio_codes", "Codes paid without picture", several, _CODES),
            FormField("minutes_basis", "minutes_basis", "Which measured time counts", choice,
                      "Empty: sound both ways", words.BASES),
            FormField("av_share_min", "av_share_min", "Least share with picture", Look.PERCENT,
                      "In percent of the talk; empty: 90"),
        )),
        Group("Who and what", (
            FormField("licences_allow", "licences_allow", "Licences that may bill", picks,
                      "Nothing ticked: the payer names none", words.LICENCES),
            FormField("licences_unasked", "licences_unasked", "Nobody asked about other licences", Look.TICK),
            FormField("services_excluded", "services_excluded", "Services that the payer leaves out", picks,
                      choices=words.EXCLUDABLE),
            FormField("code_allow", "code_allow", "Only these codes", several, _CODES),
            FormField("code_deny", "code_deny", "Never these codes", several, _CODES),
            FormField("code_list", "code_list", "Only codes of this list", choice, "Empty: no list",
                      {name: name.replace("_", " ") for name in sorted(lists)}),
            FormField("fam_taken", "code_families", "Telemedicine codes 98000 to 98015", choice,
                      "Does the payer take them? Empty: not known", {"yes": "Taken", "no": "Not taken"}),
            FormField("fam_av", "code_families", "Their own modifiers with picture", several,
                      "Empty: as for the others. Write none if they take none."),
            FormField("fam_audio", "code_families", "Their own modifiers without picture", several,
                      "Empty: as for the others. Write none if they take none."),
            FormField("most_units", "most_units", "Most units a day", Look.UNITS, "For example 97110=4 97530=2"),
            FormField("unit_rule", "unit_rule", "How timed units are counted", choice, "Empty: not known",
                      words.UNIT_RULES),
        )),
        Group("Papers", (
            FormField("auth_required", "auth_required", "Authorisation needed", choice, "Empty: not known",
                      words.YES_NO),
            FormField("timely_filing_days", "timely_filing_days", "Days to file a claim", Look.COUNT,
                      "From the date of service; empty: not known"),
            FormField("assurance_form", "assurance_form", "Assurance statement that the payer wants", line,
                      "Its name, for example DHS-6806; empty: none"),
            FormField("note", "note", "Note", Look.LONG, "What else somebody should know"),
        )),
        Group("How it was confirmed", (
            FormField("way", "verification", "How the payer answered", choice, choices=words.WAYS),
            FormField("representative", "confirmed", "Name of the representative", line),
            FormField("call_ref", "confirmed", "Call reference number", line,
                      "It is what wins a denied claim: without it a member's answer holds the visit"),
            FormField("answered_on", "confirmed", "Day of the answer", day),
            FormField("expires", "verification", "The answer is good to", day),
        ), "Your own name is put beside it when the standing is Confirmed."),
        Group("Source", (
            FormField("confidence", "confidence", "How sure", choice, choices=words.CONFIDENCE),
            FormField("source_title", "citations", "What the source is", line,
                      "For example: Provider manual, chapter 7; or: call with provider services", needed=True),
            FormField("source_place", "citations", "Where it can be found", line, "An address, or the document's name"),
            FormField("source_quote", "citations", "What it says", Look.LONG, "The sentence itself"),
            FormField("source_date", "citations", "Date of the source", day),
        )),
    )  # fmt: skip


def names(all_groups: Iterable[Group]) -> dict[str, FormField]:
    """Every field by its name."""
    return {field.name: field for group in all_groups for field in group.fields}
