"""A treatment plan as the text that clinician and client sign, to the letter. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: what is to change, how both will know, and what each does for it."""

    goal: str
    measure: str
    steps: str


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What the clinician writes. `needs` the problems and strengths in plain words, `frequency` how often and how."""

    needs: str
    goals: tuple[Goal, ...]
    frequency: str


def spoken_day(day: date) -> str:
    """``November 23, 2026``."""
    return f"{day:%B} {day.day}, {day.year}"


def text_of(words: PlanWords, *, practice: str, author: str, begins: date, review: date) -> str:
    """The text: headings on lines of their own behind a "#", a list behind dashes. What is signed is the SHA-256 of its
    UTF-8 bytes."""
    lines = [
        "# Your treatment plan",
        "",
        f"{practice}. Made with {author}. It begins on {spoken_day(begins)}; "
        f"we review it together by {spoken_day(review)}.",
        "",
        "# What brings you here",
        "",
        words.needs.strip(),
        "",
    ]
    for number, goal in enumerate(words.goals, 1):
        lines += [f"# Goal {number}", "", goal.goal.strip(), ""]
        named = [*_named("How we will know", goal.measure), *_named("What we do", goal.steps)]
        lines += [*named, ""] if named else []
    lines += ["# How we work", "", words.frequency.strip(), ""]
    lines += ["You can ask for changes at any time. Signing does not bind you to go on."]
    return "\n".join(lines) + "\n"


def _named(name: str, words: str) -> list[str]:
    return [f"- {name}: {' '.join(words.split())}"] if words.strip() else []
