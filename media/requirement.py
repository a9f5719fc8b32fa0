"""Whether the counted pair's required sound and picture flow: what both people are told, and when. Pure.

The totals stop in the first missing second; this machine only says so. Three seconds of hysteresis keep a stutter from
the screens, and thirty seconds of grace pass before the word *interrupted*. The first time both flow needs one second.
``decide`` may be given amended seconds: the newest word on each second counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

from media.sample import EvidenceSecond, Kind

STEADY_S = 3
"""Seconds that a change must last before people are told."""
GRACE_S = 30
"""Seconds from the first missing second until the visit is interrupted."""

Missed = tuple[tuple[str, Kind], ...]
"""(participant, kind) in the order of the pair."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Both sides have not flowed yet in this visit."""

    kinds: Missed = ()


@dataclass(frozen=True, slots=True)
class Met:
    """All that is required flows and arrives.

    :param since: second of CLOCK_MONOTONIC from which on it did.
    """

    since: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Something required is missing; at ``deadline`` (a second of CLOCK_MONOTONIC) the visit is interrupted."""

    kinds: Missed
    since: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Missing for longer than the grace; it ends by itself when media is back."""

    kinds: Missed
    since: int


State = Waiting | Met | Missing | Interrupted


@dataclass(frozen=True, slots=True)
class Requirement:
    """The machine's whole memory.

    :param pair: the counted pair's participant ids.
    :param audio_only: whether the clinician allowed sound alone; pictures are not required then.
    :param state: what people have been told.
    :param recent: (second, missed) of the last few seconds, oldest first.
    """

    pair: tuple[str, str]
    audio_only: bool = False
    state: State = field(default_factory=Waiting)
    recent: tuple[tuple[int, Missed], ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """Seconds came in, newest or amended."""

    seconds: tuple[EvidenceSecond, ...]


@dataclass(frozen=True, slots=True)
class AllowAudioOnly:
    """The clinician allowed (or took back) going on with sound alone."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed.

    :param now: second of CLOCK_MONOTONIC.
    """

    now: int


@dataclass(frozen=True, slots=True)
class Changed:
    """People are to be told of a new state."""

    state: State


@dataclass(frozen=True, slots=True)
class Noted:
    """The memory of recent seconds moved on; nobody is told."""

    recent: tuple[tuple[int, Missed], ...]


@dataclass(frozen=True, slots=True)
class AudioOnlySet:
    """From now on pictures are (not) required."""

    allowed: bool


Input = Arrived | AllowAudioOnly | Tick
Change = Changed | Noted | AudioOnlySet


def missed(requirement: Requirement, second: EvidenceSecond) -> Missed:
    """What the pair misses in this second; a person who is not connected misses sound (and picture)."""
    kinds: list[tuple[str, Kind]] = []
    for participant in requirement.pair:
        stream = second.of.get(participant)
        lacks = (Kind.AUDIO, Kind.VIDEO) if stream is None else stream.missing()
        kinds += [(participant, k) for k in lacks if not (requirement.audio_only and k is Kind.VIDEO)]
    return tuple(kinds)


def decide(requirement: Requirement, told: Input) -> tuple[Change, ...]:
    """What changes by what was told; never refuses."""
    match told:
        case Arrived(seconds):
            recent = _remember(requirement, seconds)
            noted = replace(requirement, recent=recent)
            return (Noted(recent), *_judge(noted))
        case AllowAudioOnly(allowed):
            recent = tuple(
                (at, tuple(m for m in kinds if not (allowed and m[1] is Kind.VIDEO)))
                for at, kinds in requirement.recent
            )
            changed = replace(requirement, audio_only=allowed, recent=recent)
            return (AudioOnlySet(allowed), Noted(recent), *_judge(changed))
        case Tick(now):
            return _expire(requirement, now)
    assert_never(told)


def evolve(requirement: Requirement, change: Change) -> Requirement:
    """The machine after ``change``."""
    match change:
        case Changed(state):
            return replace(requirement, state=state)
        case Noted(recent):
            return replace(requirement, recent=recent)
        case AudioOnlySet(allowed):
            return replace(requirement, audio_only=allowed)
    assert_never(change)


def step(requirement: Requirement, told: Input) -> tuple[Requirement, State | None]:
    """``decide`` and ``evolve`` at once: the machine after it, and the new state when people are to be told."""
    news: State | None = None
    for change in decide(requirement, told):
        requirement = evolve(requirement, change)
        if isinstance(change, Changed):
            news = change.state
    return requirement, news


def deadline(requirement: Requirement) -> int | None:
    """The second of CLOCK_MONOTONIC at which a :class:`Tick` is owed, or None."""
    return requirement.state.deadline if isinstance(requirement.state, Missing) else None


def _remember(requirement: Requirement, seconds: Iterable[EvidenceSecond]) -> tuple[tuple[int, Missed], ...]:
    table = dict(requirement.recent)
    for second in seconds:
        table[second.at] = missed(requirement, second)
    newest = max(table, default=0)
    # A little more than the hysteresis: an amendment may reach back as far as the slowest report.
    return tuple((at, table[at]) for at in sorted(table) if at > newest - 4 * STEADY_S)


def _judge(requirement: Requirement) -> tuple[Change, ...]:
    if not requirement.recent:
        return ()
    newest, kinds = requirement.recent[-1]
    run_start, run = newest, 0
    for at, earlier in reversed(requirement.recent):
        if bool(earlier) != bool(kinds):
            break
        run_start, run = at, run + 1
    state = requirement.state
    if not kinds:
        enough = 1 if isinstance(state, Waiting) else STEADY_S
        if isinstance(state, Met) or run < enough:
            return _expire(requirement, newest + 1)
        return (Changed(Met(run_start)),)
    match state:
        case Waiting():
            return (Changed(Waiting(kinds)),) if kinds != state.kinds else ()
        case Met():
            if run < STEADY_S:
                return ()
            return _expire_or(Missing(kinds, run_start, run_start + GRACE_S), newest + 1)
        case Missing():
            return _expire_or(replace(state, kinds=kinds), newest + 1, known=state)
        case Interrupted():
            return (Changed(replace(state, kinds=kinds)),) if kinds != state.kinds else ()
    assert_never(state)


def _expire_or(state: Missing, now: int, known: Missing | None = None) -> tuple[Change, ...]:
    if now >= state.deadline:
        return (Changed(Interrupted(state.kinds, state.since)),)
    return (Changed(state),) if state != known else ()


def _expire(requirement: Requirement, now: int) -> tuple[Change, ...]:
    state = requirement.state
    if isinstance(state, Missing) and now >= state.deadline:
        return (Changed(Interrupted(state.kinds, state.since)),)
    return ()
