"""The file of encounters with expected outcomes: every one of its cases, and every code it may use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from billing_hooks import cases, packs
from billing_hooks.sentences import REASONS, WARNINGS

HERE = Path(__file__).parent
FILE: dict[str, Any] = json.loads((HERE / "billing_cases.json").read_text())
VERDICTS = {each.id: each for each in cases.run(FILE, packs.shipped_rules(), *packs.shipped())}


@pytest.mark.parametrize("case", [case["id"] for case in FILE["cases"]])
def test_the_coder_comes_to_the_expected_outcome(case: str) -> None:
    """Outcome, lines with modifiers, units and place, reasons and warnings: exactly."""
    assert VERDICTS[case].came == VERDICTS[case].expected


def test_all_ninety_three_cases_are_run() -> None:
    """None is left out, and the report says so."""
    assert len(VERDICTS) == len(FILE["cases"]) == 93
    assert cases.report(list(VERDICTS.values())).endswith("93 of 93 cases pass")


def test_no_outcome_hangs_on_a_cases_name() -> None:
    """With ids, titles and groups blanked the coder comes to the same."""
    blank = [case | {"id": "x", "title": "", "group": "", "source": ""} for case in FILE["cases"]]
    found = cases.run(FILE | {"cases": blank}, packs.shipped_rules(), *packs.shipped())
    assert [each.came for each in found] == [each.came for each in VERDICTS.values()]


def test_a_changed_expectation_is_reported_as_a_failure() -> None:
    """The runner can fail."""
    case = json.loads(json.dumps(FILE["cases"][0]))
    case["expect"]["lines"][0]["code"] = "90837"
    [verdict] = cases.run(FILE | {"cases": [case]}, packs.shipped_rules(), *packs.shipped())
    assert not verdict.passed
    assert "FAIL" in cases.report([verdict])
    assert "0 of 1" in cases.report([verdict])


def test_every_reason_and_warning_has_a_plain_sentence() -> None:
    """The closed list and the sentences name the same codes."""
    listed = json.loads((HERE / "reason_codes.json").read_text())
    assert sorted(REASONS) == sorted(listed["reasons"])
    assert sorted(WARNINGS) == sorted(listed["warnings"])
    assert all(say.endswith(".") for say in (*REASONS.values(), *WARNINGS.values()))
