"""What changed between two coding runs, in sentences: what they rest on, and what that did to the proposal."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing_hooks import demo
from billing_hooks.run_changes import Run, causes, effects
from billing_hooks.words import Finding, Line, Outcome, Proposal

RULE = {**demo.RULE, "version": 1}
RESTS_ON: dict[str, Any] = {
    "event": {"id": "evt_1", "sequence": 41},
    "statement": None,
    "sheet": None,
    "coverage": demo.COVERAGE.to_json(),
    "intent": None,
    "fees": [["90834", 17_500, "2026-01-01", None], ["90791", 24_000, "2026-01-01", None]],
    "rules": [RULE],
    "today": "2026-11-21",
    "history": None,
}
FOUND = Proposal(
    Outcome.BILL, (Line("90834", ("95",), 1, "10"),), (), (), 46, "audio_video", ("demo-commercial v1",), "Ready"
)
OLD = Run(RESTS_ON, FOUND, "coder/2")
SHEET = {"minutes": 46, "diagnoses": ["F41.1"], "by_code": []}


def after(run: Run = OLD, **changed: Any) -> Run:
    """The run with some of what it rests on exchanged."""
    return replace(run, rests_on={**copy.deepcopy(dict(run.rests_on)), **changed})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (OLD, OLD, ()),
        (OLD, after(today="2026-11-30"), ("Only the day of coding: 2026-11-30, was 2026-11-21.",)),
        (OLD, after(event={"id": "evt_2", "sequence": 44}), ("A corrected event came: number 44, was 41.",)),
        (OLD, after(statement={"id": "evt_3"}), ("The clinician's statement came.",)),
        (after(statement={"id": "evt_3"}), OLD, ("The clinician's statement no longer counts.",)),
        (OLD, after(sheet=SHEET), ("The clinician's coding sheet came.",)),
        (
            after(sheet=SHEET),
            after(sheet={**SHEET, "minutes": 40, "diagnoses": ["F41.1", "Z63.0"]}),
            ("Sheet, diagnoses: F41.1, Z63.0, was F41.1.", "Sheet, minutes: 40, was 46."),
        ),
        (OLD, after(coverage=None), ("Plan: no longer there.",)),
        (
            OLD,
            after(coverage={**RESTS_ON["coverage"], "network": "none", "active": None}),
            ("Plan, active: not known, was yes.", "Plan, network: none, was in."),
        ),
        (OLD, after(intent="rpm"), ("The service means: rpm, was not known.",)),
        (
            OLD,
            after(fees=[["90834", 18_000, "2026-01-01", None]]),
            ("Fee of 90834 from 2026-01-01: $180.00, was $175.00.",),
        ),
        (OLD, replace(OLD, coder="coder/3"), ("The coder and its tables: coder/3, was coder/2.",)),
        (OLD, after(record={"sex": "x"}), ("Record: came.",)),
        (after(filed={"note": "draft"}), after(filed={"note": "signed"}), ("Filed, note: signed, was draft.",)),
    ],
)
def test_what_a_run_newly_rests_on_is_said(old: Run, new: Run, said: tuple[str, ...]) -> None:
    """Each part in its own words; a part that a later version adds is named too; fees only of codes in the lines."""
    assert causes(old, new) == said


def test_a_rules_new_version_is_told_field_by_field() -> None:
    """Which decided, and what differs between the two; a rule that decided nothing is passed over."""
    new = after(rules=[{**RULE, "version": 2, "audio_only": "no"}, {**RULE, "id": "another", "version": 7}])
    new = replace(new, proposal=replace(FOUND, rules=("demo-commercial v2",)))
    assert causes(OLD, new) == (
        "Rule that decided: demo-commercial v2, was demo-commercial v1.",
        "Rule demo-commercial: Without picture: Not paid, was Paid.",
    )
    gone = replace(new, proposal=replace(FOUND, rules=()))
    assert causes(OLD, gone) == ("Rule that decided: none, was demo-commercial v1.",)


def test_what_it_did_is_said() -> None:
    """Outcome, lines, minutes, reasons and warnings that came and went, the last day to file."""
    dx, fee = Finding("DX_MISSING", "There is no diagnosis."), Finding("FEE_MISSING", "There is no fee.")
    odd = Finding("VIDEO_OFF_MINUTES", "The picture was off.")
    held = replace(FOUND, outcome=Outcome.HOLD, lines=(), minutes=None, reasons=(dx,), warnings=(odd,))
    assert effects(FOUND, FOUND) == ()
    assert effects(held, replace(FOUND, file_by=date(2027, 2, 1))) == (
        "Outcome: ready, was held.",
        "Lines: 90834 95 x1 at 10, was none.",
        "Minutes: 46, was not known.",
        "Reason gone: There is no diagnosis.",
        "To know gone: The picture was off.",
        "Last day to file: 2027-02-01, was not known.",
    )
    assert effects(held, replace(held, reasons=(dx, fee))) == ("Reason new: There is no fee.",)
