"""What a note of each kind of service is asked for, section by section, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LONGEST: Final = 6000
"""Characters of one section."""
ELSEWHERE: Final = "elsewhere"
"""The practice keeps this visit's note in another system."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a note. Without a `needed` one a note cannot be signed."""

    key: str
    label: str
    hint: str
    needed: bool = True


TEMPLATES: Final[Mapping[str, tuple[Section, ...]]] = MappingProxyType({
    "psychotherapy": (
        Section("focus", "Focus of this visit", "What you worked on together"),
        Section("interventions", "Interventions", "What you did: methods, exercises, education"),
        Section("response", "Response", "How the client took part and answered"),
        Section("progress", "Progress on the treatment plan's goals", "Which goal, and how far"),
        Section("risk", "Risk and safety", "What you asked and found; what was agreed"),
        Section("telehealth", "Why telehealth fits", "Why video serves this client now"),
        Section("next", "Next step", "Homework, next visit, referral"),
    ),
    "medical": (
        Section("history", "History", "Complaint, course, what matters of the past"),
        Section("assessment", "Assessment", "Findings, including what you saw by video, and your judgement"),
        Section("plan", "Plan", "Treatment, medicines, orders"),
        Section("necessity", "Medical necessity", "Why this service was needed for this person"),
        Section("follow_up", "Follow-up", "When and how, and what should bring them back sooner"),
        Section("telehealth", "Why telehealth fits", "Why video served this visit", needed=False),
    ),
})  # fmt: skip
TITLES: Final[Mapping[str, str]] = MappingProxyType({
    "psychotherapy": "Psychotherapy", "medical": "Medical or assessment", ELSEWHERE: "Kept in another system",
})  # fmt: skip
# What the coder calls services, as clinicians do; with the note that each is usually written as.
SERVICES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "psychotherapy_individual": ("Individual psychotherapy", "psychotherapy"),
    "family_psychotherapy": ("Family psychotherapy", "psychotherapy"),
    "psychotherapy_crisis": ("Crisis psychotherapy", "psychotherapy"),
    "diagnostic_evaluation": ("Diagnostic evaluation (intake)", "medical"),
    "evaluation_management": ("Medical visit", "medical"),
    "em_plus_psychotherapy": ("Medical visit with psychotherapy", "medical"),
    "telemedicine_em": ("Medical visit, coded as telemedicine", "medical"),
    "nurse_visit": ("Nurse's visit", "medical"),
    "check_in": ("Brief check-in", "medical"),
    "therapy": ("Physical, occupational or speech therapy", "medical"),
    "health_behavior_assessment": ("Health behaviour assessment", "medical"),
    "health_behavior_intervention": ("Health behaviour intervention", "psychotherapy"),
    "health_behavior_family": ("Health behaviour, family", "psychotherapy"),
})  # fmt: skip
# Which services are chosen by decision making or total time, and which by minutes of each code.
MEDICAL: Final = frozenset({"evaluation_management", "em_plus_psychotherapy", "telemedicine_em"})
BY_CODE: Final = frozenset({"therapy"})
# Nothing of the minutes of these is signed: they are untimed, or go by decision making or total time alone.
UNTIMED: Final = frozenset({
    "diagnostic_evaluation", "evaluation_management", "telemedicine_em", "nurse_visit", "therapy",
    "health_behavior_assessment",
})  # fmt: skip


def template_of(service: str | None) -> str:
    """The template that a service usually takes."""
    return SERVICES.get(service or "", ("", "psychotherapy"))[1]


def missing(template: str, sections: Mapping[str, str]) -> Section | None:
    """The first section that a note of this template needs and does not have."""
    for each in TEMPLATES.get(template, ()):
        if each.needed and not sections.get(each.key, "").strip():
            return each
    return None
