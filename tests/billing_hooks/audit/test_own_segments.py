"""A claim's own segments out of a batch: whole, and nobody else's."""

from __future__ import annotations

import pytest

from billing_hooks.audit.own_segments import OwnSegments

BATCH = (
    "ISA*00~GS*HC~ST*837*0001~BHT*0019~HL*1**20*1~NM1*85*2*LAKESIDE~"
    "HL*2*1*22*0~SBR*P*18~NM1*IL*1*DOE*JORDAN~CLM*AC1*175***10:B:1~LX*1~SV1*HC:90834:95*175~"
    "CLM*AC2*220***10:B:1~LX*1~SV1*HC:90837:95*220~"
    "HL*3*1*22*1~SBR*P**GRP~NM1*IL*1*POE*ALEX~"
    "HL*4*3*23*0~PAT*19~NM1*QC*1*POE*SAM~CLM*AC3*100***10:B:1~LX*1~SV1*HC:90832*100~"
    "HL*5*3*23*0~PAT*19~NM1*QC*1*POE*KIM~CLM*AC4*90***10:B:1~LX*1~SV1*HC:90832*90~"
    "SE*30*0001~GE*1*1~IEA*1*1~"
)


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("claim", "names", "codes"),
    [
        ("AC1", ["DOE*JORDAN"], ["90834"]),
        ("AC2", ["DOE*JORDAN"], ["90837"]),
        ("AC3", ["POE*ALEX", "POE*SAM"], ["90832*100"]),
        ("AC4", ["POE*ALEX", "POE*KIM"], ["90832*90"]),
    ],
)
def test_a_claim_is_given_with_its_people_and_nothing_else(
    piece: int, claim: str, names: list[str], codes: list[str]
) -> None:
    """However the bytes are cut; the subscriber stands in front of a patient; no other claim, no other person."""
    own, raw = OwnSegments(claim), BATCH.encode()
    assert any(own.feed(raw[at : at + piece]) for at in range(0, len(raw), piece))
    for known in ("DOE*JORDAN", "POE*ALEX", "POE*SAM", "POE*KIM"):
        assert (known in own.text) == (known in names)
    assert own.text.count("CLM*") == own.text.count("SV1*") == 1
    assert f"CLM*{claim}*" in own.text
    assert all(code in own.text for code in codes)


def test_a_claim_that_is_not_there_is_nothing() -> None:
    """Nor one whose number only begins alike."""
    own = OwnSegments("AC")
    assert not own.feed(BATCH.encode())
    assert own.text == ""
