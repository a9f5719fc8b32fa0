"""Payers' replies as the fuzzer feeds them: as they come, and with their counts made right, so that more is reached.

What is read must be the same however the file is cut; a payment that is let through must post with every cent of it
somewhere, and change nothing when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from billing_hooks.claims.claim import Claim, ServiceLine
from billing_hooks.errors import Malformed, Refused
from billing_hooks.ledger import remit
from billing_hooks.replies import denial_file, outcome, reading
from billing_hooks.replies.ack_277 import Answered
from billing_hooks.replies.ack_999 import GroupAnswer
from billing_hooks.replies.reading import Reply
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.x12_envelopes import Ours
from tests.billing_hooks.ledger.ledger_kit import Shelf, account, claim
from tests.billing_hooks.replies.reply_kit import counted

HERE = Path(__file__).parents[1] / "billing_hooks" / "x12"
OURS, DAY = Ours(tests=True), date(2026, 12, 5)
TA1 = (
    "ISA*00*          *00*          *ZZ*EXAMPLECH      *ZZ*VISITSRV       *261121*1530*^*00501*000000050*0*T*:~\r\n"
    "TA1*000000009*261121*1530*R*025~\r\nIEA*0*000000050~\r\n"
)


def _forms(text: str) -> Iterator[bytes]:
    yield text.encode("utf-8", "surrogatepass")
    try:
        yield counted(text.replace("\r", ""))
    except (IndexError, UnicodeEncodeError):
        return


def _read(raw: bytes, *kinds: str) -> list[Reply] | None:
    pieces = [raw[at : at + 61] for at in range(0, len(raw), 61)]
    try:
        found = list(reading.replies(reading.of(raw), OURS, kinds))
    except Malformed as no:
        assert no.say.startswith(("Segment ", "The file "))
        assert no.say.isprintable()
        return None
    assert list(reading.replies(lambda: pieces, OURS, kinds)) == found
    return found


def acknowledgments(text: str) -> None:
    """999 and TA1."""
    for raw in _forms(text):
        for each in _read(raw, "999", "TA1") or ():
            if isinstance(each, GroupAnswer):
                assert all(fault.words() for one in each.sets for fault in one.faults)
                assert each.of("0001").verdict


def claim_answers(text: str) -> None:
    """277CA."""
    for raw in _forms(text):
        for each in _read(raw, "277") or ():
            assert isinstance(each, Answered)
            assert all(reason.words() for reason in each.reasons)


def payments(text: str) -> None:
    """835, read, checked and posted."""
    for raw in _forms(text):
        found = _read(raw, "835")
        if found is not None:
            _posts(raw, [each for each in found if isinstance(each, PaidClaim)])


def _posts(raw: bytes, claims: list[PaidClaim]) -> None:
    for each in claims:
        outcome.outcome(each)
        assert all(one.say for one in denial_file.shipped().why(each))
    source = reading.of(raw)
    try:
        checked = remit.check(source, OURS, DAY)
    except Refused as no:
        assert no.say.startswith("Segment ")
        return
    named = {each.claim.upper(): each for each in claims[:20]}
    book = Shelf(*(account(_like(each, f"enc_{at}")) for at, each in enumerate(named.values())))
    for _ in range(2):
        made = remit.post(source, OURS, book, checked, DAY, lambda *_: None)
        assert all(each.holds for each in made)
        before, dict_before = dict(book.accounts), dict(book.unknowns)
    assert (dict(book.accounts), dict(book.unknowns)) == (before, dict_before)


def _like(paid: PaidClaim, encounter: str) -> Claim:
    made = claim(paid.claim, encounter=encounter)
    lines = tuple(
        ServiceLine(each.number or f"{at}", each.code, each.modifiers, 1, abs(each.charge), each.day or DAY, (1,))
        for at, each in enumerate(paid.lines)
    )
    return Claim(made.id, encounter, made.practice, made.client, made.plan, lines or made.lines, ("F411",), "10")


def examples(*names: str) -> list[str]:
    """Real replies, a segment a line."""
    return [(HERE / f"{name}.x12").read_text("ascii").replace("\n", "\r\n") for name in names]


def acknowledgments_sent() -> list[str]:
    """Rejected, accepted, of the envelope."""
    return [*examples("837p_bad.999", "837p_ex1.999"), TA1]


def answers_sent() -> list[str]:
    """One with a line's own answer too."""
    [text] = examples("277ca_ex1")
    return [text, text.replace("DTP*472*D8*20261118~", "SVC*HC:90834:95*175~\r\nSTC*A7:453**U~\r\nREF*FJ*L1~")]


def payments_sent() -> list[str]:
    """Two examples, and one with a decision taken back."""
    paid, other = examples("835_ex1", "x12sdk_generated_835")
    back = (
        "CLP*VV-7F3A91C2*22*-175*-110**12*PAYERICN001*10*1~\r\nNM1*QC*1*DOE*JORDAN~\r\n"
        "SVC*HC:90834:95*-175*-110~\r\nDTM*472*20261120~\r\nCAS*CO*45*-40~\r\nCAS*PR*3*-25~\r\nREF*6R*VV-7F3A91C2-1~\r\n"
    )
    return [paid, other, paid.replace("PLB*", back + "PLB*").replace("BPR*I*95*", "BPR*I*0*").replace("*15~", "*0~")]
