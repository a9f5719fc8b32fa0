"""Thirty ways to spoil a claim, as two other validators were tried with them: which of our checks catches each.

`neg_matrix.txt` says what those two said; of the thirty two are legal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from billing_hooks import packs
from billing_hooks.claims import companion_files
from billing_hooks.claims.scrub import Against
from billing_hooks.claims.scrub_text import Spotted, scrub_text

FILES = Path(__file__).parents[1] / "x12"
BASELINE = (FILES / "837p_ex1.x12").read_text("ascii")
NAMES = [line.split("|")[0].strip() for line in (FILES / "neg_matrix.txt").read_text().splitlines() if "|" in line]
# The practice answers for the table of diagnoses to the year's end; the guide's rules only warn.
AGAINST = Against(
    packs.shipped()[0],
    today=date(2026, 11, 22),
    diagnoses_through=date(2026, 12, 31),
    companion=companion_files.shipped(),
)


def swap(old: str, new: str) -> Callable[[str], str]:
    """Replaces a part of the baseline, which must be there."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def without(segment: str) -> Callable[[str], str]:
    """Takes a segment out and counts again."""

    def change(text: str) -> str:
        found, many = re.subn(rf"^{re.escape(segment)}[^~]*~\n", "", text, flags=re.MULTILINE)
        assert many == 1
        return found.replace("SE*29*", "SE*28*")

    return change


# name in the matrix: how the baseline is spoiled, the code of the check that catches it ("" for the legal two)
MUTATIONS: dict[str, tuple[Callable[[str], str], str]] = {
    "CLM02 != sum(SV102)": (swap("*175***10", "*180***10"), "charge-not-sum"),
    "NPI bad Luhn": (swap("1880000207", "1880000208"), "npi"),
    "dx pointer to missing dx (3)": (swap("***1:2~", "***1:3~"), "pointers"),
    "dx with dot": (swap("ABK:F411", "ABK:F41.1"), "diagnosis-dot"),
    "nonexistent ICD-10 code ZZZZ": (swap("ABK:F411", "ABK:ZZZZ"), "diagnosis-on-day"),
    "POS 77": (swap("***10:B", "***77:B"), "place"),
    "POS 10 in SV105 vs 02 CLM05 ok": (
        lambda text: text.replace("*UN*1***", "*UN*1*10**").replace("***10:B", "***02:B"), "",
    ),
    "deleted CPT 99201": (swap("HC:90834", "HC:99201"), "code-on-day"),
    "5 modifiers": (swap(":90834:95*", ":90834:95:HO:U1:U2:U3*"), "modifiers"),
    "missing DTP472": (without("DTP*472"), "837-missing"),
    "SE count wrong": (swap("SE*29*", "SE*99*"), "x12-malformed"),
    "missing billing REF*EI": (without("REF*EI"), "tax-id"),
    "billing ZIP 5 digits": (swap("554011234", "55401"), "zip-plus-four"),
    "billing PO box N3": (swap("N3*100 MAIN ST STE 200", "N3*PO BOX 100"), "po-box"),
    "missing HI": (without("HI*"), "diagnoses"),
    "HI uses BK (ICD-9)": (swap("HI*ABK:F411*ABF:F331", "HI*BK:F411*BF:F331"), "diagnosis-icd-9"),
    "SBR09 invalid ZZZ": (swap("******CI~", "******QQ~"), "filing-code"),
    "HL parent wrong": (swap("HL*2*1*", "HL*2*9*"), "837-hierarchy"),
    "HL04 claims child but none": (swap("*22*0~", "*22*1~"), "837-hierarchy"),
    "DOS in future 2030": (swap("D8*20261120", "D8*20300101"), "day-to-come"),
    "DOS invalid date": (swap("D8*20261120", "D8*20261340"), "837-date"),
    "subscriber NM108/09 missing": (swap("*MI*HPX123456789~", "~"), "plan"),
    "charge negative": (lambda text: text.replace("*175*", "*-175*"), "charge"),
    "units 0": (swap("*UN*1*", "*UN*0*"), "units"),
    "lowercase chars": (swap("DOE*JORDAN", "doe*jordan"), ""),
    "GS08 X222A2": (swap("005010X222A1", "005010X222A2"), "x12-version"),
    "state XX": (swap("SAINT PAUL*MN", "SAINT PAUL*XX"), "state"),
    "taxonomy bogus": (swap("1041C0700X", "9999Z9999Z"), "taxonomy"),
    "NTE 81 chars": (lambda text: re.sub(r"NTE\*ADD\*[^~]*", "NTE*ADD*" + "X" * 81, text), "cannot-be-written"),
    "CLM01 39 chars": (lambda text: text.replace("CLM*VV-7F3A91C2", "CLM*" + "V" * 39), "claim-number"),
}  # fmt: skip


def spotted(text: str) -> list[Spotted]:
    """The grave things that are wrong with a file."""
    return [each for each in scrub_text([text.encode("ascii")], AGAINST) if each.problem.grave]


def test_the_matrix_is_covered() -> None:
    """Every line of the matrix has its mutation here, thirty of them, two legal."""
    assert NAMES[0] == "baseline"
    assert set(NAMES[1:]) == set(MUTATIONS)
    assert len(MUTATIONS) == 30
    assert sum(not code for _, code in MUTATIONS.values()) == 2


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_illegal_mutation_is_caught_by_its_check_and_a_legal_one_passes(name: str) -> None:
    """The check named here is the first to speak, and says what to do."""
    change, code = MUTATIONS[name]
    text = change(BASELINE)
    assert text != BASELINE
    found = spotted(text)
    print(f"{name:32} caught by {', '.join(dict.fromkeys(each.problem.code for each in found)) or 'nothing: legal'}")
    if not code:
        assert found == []
        return
    assert code in {each.problem.code for each in found}
    assert all(each.problem.say.endswith(".") or each.problem.say.endswith("…") for each in found)


@pytest.mark.parametrize("number", range(1, 6))
def test_the_good_examples_pass(number: int) -> None:
    """Five examples of other hands have nothing grave."""
    assert spotted((FILES / f"837p_ex{number}.x12").read_text()) == []


def test_the_bad_example_fails() -> None:
    """It lacks the day of its line; with the day mended the place of service is the next to be told."""
    text = (FILES / "837p_bad.x12").read_text()
    assert [each.problem.code for each in spotted(text)] == ["837-missing"]
    mended = text.replace("REF*6R", "DTP*472*D8*20261120~\nREF*6R").replace("SE*28*", "SE*29*")
    assert [each.problem.code for each in spotted(mended)] == ["place"]


def test_the_claim_and_its_segment_are_named() -> None:
    """What is found in a file is found again in it."""
    found = spotted(BASELINE.replace("***10:B", "***77:B"))
    assert [(each.claim, each.segment, each.problem.place) for each in found] == [("VV-7F3A91C2", 21, "pos")]
