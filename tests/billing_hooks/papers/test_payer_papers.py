"""What a payer is sent on paper: the boxes of the form, the rows of a file, an appeal with its evidence."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from billing_hooks.claims.claim import Earlier, Frequency, Further, Judged, Person, PostalAddress, Provider, Rank
from billing_hooks.errors import Refused
from billing_hooks.papers import appeal, biller_csv, cms1500, cms1500_grid, cms1500_overlay
from billing_hooks.papers.face import Faces
from tests.billing_hooks.papers import pdf_eyes, samples

CLAIM = samples.CLAIM


def boxes(claim: Any = CLAIM) -> dict[str, str]:
    """The boxes of the claim's only form."""
    (form,) = cms1500.forms(claim, signed_on=samples.DAY)
    return dict(form.boxes)


def test_the_boxes_that_others_got_wrong_are_right() -> None:
    """24B the place of service, 25 the billing provider's tax id, 32 empty where the place is the practice's own."""
    found = boxes()
    assert found["24.1.b"] == "10"
    assert found["25"] == "411234567"
    assert found["25.ein"] == "X"
    assert "25.ssn" not in found
    assert not [box for box in found if box.startswith("32")]
    assert not [box for box, value in found.items() if "LAKE ST" in value and not box.startswith(("5.", "7."))]


def test_another_place_of_the_clinician_is_box_32_and_the_clients_home_never_is() -> None:
    """Box 32 comes from the claim's own `where`; nothing else fills it, whatever the place of service."""
    clinic = (Provider("Lakeside North", "1990000105"), PostalAddress("9 Oak Ave", "Duluth", "MN", "558021234"))
    found = boxes(replace(CLAIM, where=clinic))
    assert found["32.name"] == "LAKESIDE NORTH"
    assert found["32.city"] == "DULUTH MN 558021234"
    for pos in ("02", "10", "11", "12"):
        assert "32.street" not in boxes(replace(CLAIM, pos=pos))


def test_the_form_says_the_whole_claim() -> None:
    """Member, names, days, codes with modifiers, pointers as letters, money in two parts, providers, account."""
    found = boxes()
    assert {box: found[box] for box in (
        "1.group", "1a", "2", "3.mm", "3.dd", "3.yyyy", "3.f", "4", "6.self", "11", "11d.no", "12", "13", "20.no",
        "21.icd", "21.A", "21.B", "23", "24.1.a.from.mm", "24.1.a.from.yy", "24.1.d.code", "24.1.d.modifier1",
        "24.1.e", "24.1.f", "24.1.g", "24.1.j", "24.1.j.other", "26", "27.yes", "28", "31", "31.date", "33.name",
        "33a", "33b",
    )} == {
        "1.group": "X", "1a": "HPX123456789", "2": "DOE, JORDAN, A", "3.mm": "02", "3.dd": "14", "3.yyyy": "1990",
        "3.f": "X", "4": "DOE, JORDAN, A", "6.self": "X", "11": "GRP7788", "11d.no": "X", "12": "SIGNATURE ON FILE",
        "13": "SIGNATURE ON FILE", "20.no": "X", "21.icd": "0", "21.A": "F411", "21.B": "F331", "23": "PA55512",
        "24.1.a.from.mm": "11", "24.1.a.from.yy": "26", "24.1.d.code": "90834", "24.1.d.modifier1": "95",
        "24.1.e": "AB", "24.1.f": "175 00", "24.1.g": "1", "24.1.j": "1880000207", "24.1.j.other": "1041C0700X",
        "26": "VV-7F3A91C2", "27.yes": "X", "28": "175 00", "31": "ANA RIVERA LICSW", "31.date": "11 20 26",
        "33.name": "LAKESIDE BEHAVIORAL GROUP", "33a": "1990000105", "33b": "ZZ251S00000X",
    }  # fmt: skip


def test_a_plan_of_somebody_else_a_correction_and_a_second_payer() -> None:
    """Box 4 and 7 of the subscriber, 22 with the payer's number, 9 and 29 from the payer before."""
    parent = Person("Robin", "Doe", samples.CLIENT.birth_date, "M", address=PostalAddress("1 Elm", "Edina", "MN", "5"))
    child = replace(samples.PLAN, subscriber=parent, relation="child")
    before = Earlier(Rank.PRIMARY, samples.PLAN, 12000, (), ())
    found = boxes(
        replace(
            CLAIM, plan=child, frequency=Frequency.REPLACE, original="PCN77", rank=Rank.SECONDARY, earlier=(before,)
        )
    )
    assert (found["4"], found["6.child"], found["7.street"], found["11a.m"]) == ("DOE, ROBIN", "X", "1 ELM", "X")
    assert (found["22.code"], found["22.original"]) == ("7", "PCN77")
    assert (found["9"], found["9a"], found["11d.yes"], found["29"]) == ("DOE, JORDAN, A", "GRP7788", "X", "120 00")
    assert "22.code" not in boxes()
    after = boxes(replace(CLAIM, further=(Further(Rank.SECONDARY, replace(samples.PLAN, group="GAP1")),)))
    assert (after["11d.yes"], after["9a"], after["9"]) == ("X", "GAP1", "DOE, JORDAN, A")
    assert "29" not in after


def test_medicare_first_says_none_and_no_insured() -> None:
    """Box 11 holds NONE, boxes 4 and 7 nothing, where Medicare Part B comes first."""
    found = boxes(replace(CLAIM, plan=replace(samples.PLAN, filing="MB")))
    assert (found["1.medicare"], found["11"]) == ("X", "NONE")
    assert not [box for box in found if box in ("4", "7.street", "11a.mm")]


def test_seven_services_are_two_forms_each_with_its_sum() -> None:
    """A form holds six; every service stands once, each form's box 28 is the sum of its own."""
    lines = tuple(replace(samples.LINE, number=f"L-{each}", charge=1000 + each) for each in range(7))
    found = cms1500.forms(replace(CLAIM, lines=lines))
    assert [form.boxes["28"] for form in found] == ["60 15", "10 06"]
    assert [sum(box.endswith(".d.code") for box in form.boxes) for form in found] == [6, 1]
    with pytest.raises(Refused, match="twelve"):
        cms1500.forms(replace(CLAIM, diagnoses=tuple(f"F{each}" for each in range(13))))
    with pytest.raises(Refused, match="no lines"):
        cms1500.forms(replace(CLAIM, lines=()))


def test_the_values_come_as_json_and_as_csv() -> None:
    """Both say the same."""
    found = cms1500.forms(CLAIM, signed_on=samples.DAY)
    assert json.loads(cms1500.as_json(found)) == [boxes()]
    rows = list(csv.DictReader(io.StringIO(cms1500.as_csv(found).decode("utf-8"))))
    assert {row["box"]: row["value"] for row in rows} == boxes()
    evil = cms1500.forms(replace(CLAIM, client=replace(samples.CLIENT, family='=HYPERLINK("x")')))
    rows = list(csv.DictReader(io.StringIO(cms1500.as_csv(evil).decode("utf-8"), newline="")))
    assert next(row["value"] for row in rows if row["box"] == "2").startswith("'=HYPERLINK")


def test_what_payers_before_paid_stands_once_on_all_forms_together() -> None:
    """Box 29 of each form is what was paid of its services; what was paid of none alone is on the first."""
    lines = tuple(replace(samples.LINE, number=f"L-{each}", charge=1000) for each in range(7))
    judged = tuple(Judged(line.number, 100 + place, (), samples.DAY) for place, line in enumerate(lines))
    by_line = Earlier(Rank.PRIMARY, samples.PLAN, 721, (), judged)
    whole = Earlier(Rank.SECONDARY, samples.PLAN, 300, (), ())
    for earlier, said in (((by_line,), ["6 15", "1 06"]), ((by_line, whole), ["9 15", "1 06"])):
        found = cms1500.forms(replace(CLAIM, lines=lines, rank=Rank.TERTIARY, earlier=earlier))
        assert [form.boxes["29"] for form in found] == said


def test_every_box_has_its_own_place_on_the_page() -> None:
    """No two boxes overlap, none leaves the paper, every box that a claim fills has a place."""
    services = [f"24.{number}.{box}" for number in range(1, 7) for box in cms1500_grid.SERVICE]
    taken: dict[tuple[int, int], str] = {}
    for box in (*cms1500_grid.BOXES, *services):
        place = cms1500_grid.place(box)
        assert 1 <= place.line <= 62
        assert place.column + place.letters - 1 <= 79
        for column in range(place.column, place.column + place.letters):
            assert taken.setdefault((place.line, column), box) == box, f"{box} and {taken[place.line, column]}"
    assert all(cms1500_grid.place(box) for box in boxes())


def test_the_overlay_is_text_alone_and_says_what_it_cuts(faces: Faces) -> None:
    """No picture, no lines; the values where the grid has them; a shift moves all of them."""
    found = cms1500.forms(replace(CLAIM, client=samples.LONG_CLIENT), signed_on=samples.DAY)
    assert cms1500_overlay.cut(found) == ["11c", "2", "4"]
    raw = cms1500_overlay.pdf(cms1500.forms(CLAIM, signed_on=samples.DAY), faces)
    (leaf,) = pdf_eyes.leaves(raw)
    for part in ("HPX123456789", "90834", "411234567", "1880000207"):
        assert part in leaf.text
    (moved,) = pdf_eyes.leaves(cms1500_overlay.pdf(cms1500.forms(CLAIM), faces, right=36, down=36))
    assert moved.ink[0] - leaf.ink[0] == pytest.approx(36 / 612, abs=0.01)
    assert moved.ink[1] - leaf.ink[1] == pytest.approx(36 / 792, abs=0.01)
    (sheet,) = pdf_eyes.leaves(cms1500_overlay.alignment_sheet(faces))
    assert sheet.text.replace(" ", "").startswith("X")


def test_the_billers_file_has_one_row_a_service_and_says_its_columns() -> None:
    """Names, numbers, days and money as the companion file describes; a formula is only text."""
    evil = replace(samples.CLIENT, family="=HYPERLINK(1)")
    second = replace(samples.LINE, number="L2", modifiers=("95", "HO"), pointers=(2,), charge=905)
    raw = b"".join(biller_csv.rows([replace(CLAIM, client=evil, lines=(samples.LINE, second))]))
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert [row["line"] for row in rows] == ["VV-7F3A91C2-1", "L2"]
    assert rows[1]["client_family"] == "'=HYPERLINK(1)"
    assert (rows[1]["charge"], rows[1]["modifier2"], rows[1]["diagnosis1"], rows[1]["pos"]) == (
        "9.05", "HO", "F331", "10",
    )  # fmt: skip
    said = list(csv.DictReader(io.StringIO(biller_csv.columns().decode("utf-8"), newline="")))
    assert [row["column"] for row in said] == list(rows[0])
    assert all(row["holds"] for row in said)


def test_an_appeal_carries_the_call_and_the_evidence(faces: Faces, event: dict[str, Any]) -> None:
    """The letter on one page, the measured visit behind it."""
    raw = appeal.pdf(replace(samples.APPEAL, event=event, event_sha256="ab" * 32), faces)
    leaves = pdf_eyes.leaves(raw)
    assert len(leaves) == 2
    letter, proof = (" ".join(leaf.text.split()) for leaf in leaves)
    for part in ("CO-4", "PCN-2026-000991", "CR-20261102-8841", "Dana K.", "telehealth is covered", "HPX123456789"):
        assert part in letter, part
    for part in ("44:12", "Client reconnecting", "ab" * 32, "Amendment 4 of 2024-01-01", "America/Chicago"):
        assert part in proof, part
    assert "Figure" in [kind for _, kind in leaves[1].kinds], "the lanes are a figure with words"


def test_a_call_without_its_reference_is_not_mentioned(faces: Faces) -> None:
    """What cannot be proven is left out of the letter."""
    told = replace(samples.VERIFIED, call_reference="", on=samples.DAY - timedelta(days=20))
    said = pdf_eyes.text(appeal.pdf(replace(samples.APPEAL, verified=told), faces))
    assert "told us" not in said
    assert "No measured evidence is on file" in said
    with pytest.raises(Refused, match="a reason why the denial is wrong"):
        appeal.pdf(replace(samples.APPEAL, grounds=()), faces)
