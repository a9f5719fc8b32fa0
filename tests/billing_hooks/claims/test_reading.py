"""An 837 is read back as the claim that was written, and what contradicts itself is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_hooks.claims import emit, reading
from billing_hooks.claims.claim import Claim
from billing_hooks.claims.written import written
from billing_hooks.errors import Malformed
from tests.billing_hooks.claims import kit

FILES = Path(__file__).parents[1] / "x12"
EASY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def raw(*claims: Claim, most: int = 5000) -> bytes:
    """The batch's bytes."""
    return b"".join(emit.chunks(kit.ENVELOPE, claims, most))


def refused(text: str) -> tuple[str, str]:
    """Code and sentence of what is wrong with a file."""
    with pytest.raises(Malformed) as caught:
        list(reading.read([text.encode("ascii")]))
    return caught.value.code, caught.value.say


@EASY
@given(st.lists(kit.claims(), min_size=1, max_size=4, unique_by=lambda each: each.id), st.integers(1, 4))
def test_what_is_written_is_read_back(claims: list[Claim], most: int) -> None:
    """Every claim, whatever it holds, in its order."""
    found = list(reading.read([raw(*claims, most=most)]))
    assert [each.claim for each in found] == [written(each) for each in claims]
    assert not any(each.remarks for each in found)
    assert [each.transaction for each in found] == [emit.transaction_of(at, most) for at in range(len(claims))]


@EASY
@given(kit.claims(), st.integers(1, 40))
def test_it_does_not_matter_how_the_file_is_cut(claim: Claim, size: int) -> None:
    """Pieces of any size say the same."""
    whole = raw(claim)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert list(reading.read(pieces)) == list(reading.read([whole]))


def test_names_come_back_as_they_were_written() -> None:
    """A claim with accents comes back spelled in X12's letters, and is then its own written form."""
    claim = replace(kit.WHOLE, client=replace(kit.JORDAN, family="Núñez", given="Zoë"), note="Über 46 min")
    found = next(reading.read([raw(claim)])).claim
    assert (found.client.family, found.client.given, found.note) == ("NUNEZ", "ZOE", "UBER 46 MIN")
    assert written(found) == found == written(claim)


def test_the_examples_are_read() -> None:
    """Five claims of other hands: total, client, whose plan, place, note."""
    found = [next(reading.read([(FILES / f"837p_ex{n}.x12").read_bytes()])) for n in range(1, 6)]
    assert [each.claim.id for each in found] == "VV-7F3A91C2 VV-0B44D0E1 VV-33AA55EE VV-CC0011AA VV-55BB66CC".split()
    assert [each.claim.charge for each in found] == [175_00, 150_00, 220_00, 180_00, 290_00]
    assert found[0].claim.authorization == "PA55512"
    assert found[2].claim.where is not None
    assert found[3].claim.plan.relation == "child"
    assert found[3].claim.plan.subscriber is not None
    assert found[3].claim.client.given == "ROBIN"
    assert [line.code for line in found[4].claim.lines] == ["99214", "90833"]
    assert (found[0].transaction, found[0].group, found[0].interchange, found[0].segment) == (
        "0001",
        "1",
        "000000001",
        21,
    )


def test_claims_come_one_at_a_time() -> None:
    """The first claim is given before the file has been read to its end."""
    whole = raw(*(replace(kit.WHOLE, id=f"A{place}") for place in range(200)))
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for start in range(0, len(whole), 100):
            taken += 100
            yield whole[start : start + 100]

    assert next(reading.read(pieces())).claim.id == "A0"
    assert taken < len(whole) // 10


GOOD = raw(kit.WHOLE).decode()
SECOND = raw(kit.secondary()).decode()


@pytest.mark.parametrize(
    ("text", "code", "say"),
    [
        (GOOD.replace("HL*2*1*", "HL*2*9*"), "837-hierarchy", "Segment 14 (HL02): it stands below level 1, not 9."),
        (GOOD.replace("*22*0~", "*22*1~"), "837-hierarchy",
         "(HL04): it says that levels stand below it (1), there are none."),
        (GOOD.replace("HL*1**20*1~", "HL*1**20*0~"), "837-hierarchy", "(HL04): it says that no level stands below"),
        (GOOD.replace("HL*2*1*", "HL*3*1*"), "837-hierarchy", "(HL01): it is level 2, not 3."),
        (GOOD.replace("*22*0~", "*23*0~"), "837-hierarchy", "do not follow each other"),
        (GOOD.replace("20261120~", "20261131~"), "837-date", "(DTP03): “20261131” is no day"),
        (GOOD.replace("*175***", "*17x***"), "837-amount", "(CLM02): 17x is no amount"),
        (GOOD.replace("*UN*1*", "*UN*1.5*"), "837-number", "(SV104): “1.5” is no whole number"),
        (GOOD.replace("*UN*1*", "*MJ*1*"), "837-code", "(SV103): “MJ” is no unit of visits"),
        (GOOD.replace("1:2~", "1:B~"), "837-number", "(SV107): “B” points to no diagnosis"),
        (GOOD.replace(":B:1", ":B:5"), "837-code", "(CLM05): “5” is no frequency"),
        (GOOD.replace("HC:90834", "WK:90834"), "837-code", "(SV101): its code is no HCPCS code"),
        (SECOND.replace("SVD*99901", "SVD*99999"), "837-code", "(SVD01): payer 99999 is none of"),
        (SECOND.replace("DTP*573*D8*20261121~\n", "").replace("SE*40*", "SE*39*"), "837-missing", "write DTP*573"),
        (GOOD.replace("X222A1", "X222A2"), "x12-version", "Segment 2 (GS08): version 005010X222A2 is not known"),
        (GOOD.replace("SE*27*", "SE*99*"), "x12-malformed", "(SE01): it counts 99 segments, there are 27."),
        (GOOD[:700], "x12-malformed", "the file ends within it."),
        (GOOD.replace("SBR*P*18*", "SBR*P**"), "837-hierarchy", "(CLM): it stands below nobody who was treated"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_named(text: str, code: str, say: str) -> None:
    """Segment, element, and what to do."""
    assert text not in (GOOD, SECOND)
    found = refused(text)
    assert found[0] == code
    assert say in found[1]


@pytest.mark.parametrize("name", ["BHT", "HL", "NM1", "N3", "N4", "SBR", "CLM", "LX", "SV1", "DTP"])
def test_a_missing_segment_is_named(name: str) -> None:
    """Each segment that a claim cannot be without, taken out and its count set right: refused, or seen in the claim."""
    lines = GOOD.splitlines()
    for at, line in enumerate(lines):
        if not line.startswith(f"{name}*"):
            continue
        text = "\n".join([*lines[:at], *lines[at + 1 :]]).replace("SE*27*", "SE*26*") + "\n"
        try:
            found = [each.claim for each in reading.read([text.encode()])]
        except Malformed as error:
            assert error.code in ("837-missing", "837-hierarchy")
            assert error.say.startswith("Segment ")
        else:
            assert found != [written(kit.WHOLE)]


def test_what_can_be_read_though_it_is_wrong_is_remarked() -> None:
    """A total that is not the sum, and diagnoses that say ICD-9, are told with their segment."""
    found = next(reading.read([GOOD.replace("*175***", "*180***").replace("ABK:", "BK:").encode()]))
    assert [each.code for each in found.remarks] == ["diagnosis-icd-9", "charge-not-sum"]
    assert found.remarks[1].say == (
        "Segment 21 (CLM02): the claim says 180, its lines come to 175: write the sum of the lines."
    )
