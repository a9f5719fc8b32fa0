"""Replies are read as they are written, however the file is cut; whatever is wrong is named by segment and element."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest

from billing_hooks.claims.claim import Adjusted
from billing_hooks.errors import Malformed
from billing_hooks.replies import reading
from billing_hooks.replies.ack_277 import Answered, Level, Taken
from billing_hooks.replies.ack_999 import EnvelopeAnswer, GroupAnswer, Verdict
from billing_hooks.replies.remittance import PaidClaim, Payment, PaymentEnd
from billing_hooks.x12_envelopes import Ours
from tests.billing_hooks.replies.reply_kit import ANSWERED, BAD, GOOD, OTHER, PAID, SDK, TESTS, changed, look, read

TA1 = (
    b"ISA*00*          *00*          *ZZ*EXAMPLECH      *ZZ*VISITSRV       *261121*1530*^*00501*000000050*0*T*:~"
    b"TA1*000000009*261121*1530*R*025~IEA*0*000000050~"
)


def test_a_payment_is_read_to_the_cent() -> None:
    """The payment, its claims with their lines and reasons, and what moves beside them."""
    payment, paid, denied, end = read(PAID)
    assert isinstance(payment, Payment)
    assert isinstance(paid, PaidClaim)
    assert isinstance(denied, PaidClaim)
    assert isinstance(end, PaymentEnd)
    assert (payment.cents, payment.trace, payment.method, payment.day) == (
        9500,
        "EFT20261205001",
        "ACH",
        date(2026, 12, 5),
    )
    assert (payment.payers, payment.payees) == (("1512345678", "99901"), ("1990000105", "411234567"))
    assert (paid.claim, paid.status, paid.charge, paid.paid, paid.share) == ("VV-7F3A91C2", "1", 17500, 11000, 2500)
    line = paid.lines[0]
    assert (line.code, line.modifiers, line.number, line.allowed) == ("90834", ("95",), "VV-7F3A91C2-1", 13500)
    assert line.adjusted == (Adjusted("CO", "45", 4000), Adjusted("PR", "3", 2500))
    assert [(each.code, each.remarks, each.adjusted[0].reason) for each in denied.lines] == [
        ("99214", ("N822",), "4"), ("90833", (), "107"),
    ]  # fmt: skip
    assert [(each.code, each.reference, each.cents) for each in end.adjustments] == [("WO", "VV-OLD0001", 1500)]
    assert end.claims == 2


def test_amounts_are_read_as_dollars_write_them() -> None:
    """Without a zero before the point, with zeros behind, negative; six reasons in one segment."""
    six = "*".join(f"{each}*1.50*2" if each == "45" else f"{each}*.5*" for each in ("45", "1", "2", "3", "4", "B7"))
    line = read(changed(PAID, ("CAS*CO*45*40", f"CAS*CO*{six}")))[1].lines[0]  # type: ignore[union-attr] # a PaidClaim
    assert [each.cents for each in line.adjusted[:6]] == [150, 50, 50, 50, 50, 50]
    assert (line.adjusted[0].units, line.adjusted[5].reason) == (2, "B7")
    minus = read(changed(PAID, ("SVC*HC:90834:95*175*110", "SVC*HC:90834:95*-175.00*-.1")))[1].lines[0]  # type: ignore[union-attr] # a PaidClaim
    assert (minus.charge, minus.paid) == (-17500, -10)


def test_a_999_names_every_fault() -> None:
    """The transaction, its segment, its element, in words; an accepted one has none."""
    found = read(BAD)[0]
    assert isinstance(found, GroupAnswer)
    assert (found.group, found.verdict) == ("9", Verdict.REJECTED)
    assert [each.words() for each in found.of("0001").faults] == [
        "Segment 19 (CLM05-1) is no code that they know.", "Segment 27 (DTP) is missing.",
    ]  # fmt: skip
    good = read(GOOD)[0]
    assert isinstance(good, GroupAnswer)
    assert good.of("1").verdict is good.of("0002").verdict is Verdict.ACCEPTED


def test_a_277ca_says_what_became_of_each_claim() -> None:
    """One accepted with the payer's number, one rejected with what is wrong; the batch above them."""
    found = [each for each in read(ANSWERED) if isinstance(each, Answered)]
    assert [(each.level, each.reference, each.taken) for each in found] == [
        (Level.BATCH, "VV20261121-0001", Taken.RECEIVED), (Level.PROVIDER, "0", Taken.RECEIVED),
        (Level.CLAIM, "VV-7F3A91C2", Taken.ACCEPTED), (Level.CLAIM, "VV-55BB66CC", Taken.REJECTED),
    ]  # fmt: skip
    assert (found[2].payer_number, found[2].cents, found[2].served) == ("PAYERICN001", 17500, date(2026, 11, 20))
    assert found[3].reasons[0].words() == "something is not valid: the place of service"
    assert {each.batch for each in found} == {"VV20261121-0001"}


def test_an_action_to_reject_rejects_whatever_the_category() -> None:
    """STC03 U with a category that says received; and a line's own answer."""
    line = "DTP*472*D8*20261118~\nSVC*HC:90834:95*175~\nSTC*A7:453**U~\nREF*FJ*L1~"
    found = read(changed(ANSWERED, ("STC*A7:249*", "STC*A1:249*"), ("DTP*472*D8*20261118~", line)))[-1]
    assert isinstance(found, Answered)
    assert found.taken is Taken.REJECTED
    assert [(each.number, each.code, each.taken) for each in found.lines] == [("L1", "90834", Taken.REJECTED)]


def test_a_ta1_speaks_of_the_envelope() -> None:
    """By our own interchange's number, with the reason in words."""
    found = read(TA1)[0]
    assert isinstance(found, EnvelopeAnswer)
    assert (found.interchange, found.verdict, found.say) == ("000000009", Verdict.REJECTED, "its number came before")


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
def test_chunks_of_any_size_read_the_same(size: int) -> None:
    """A segment cut anywhere, a file without line ends, and one with both."""
    for raw in (PAID, PAID.replace(b"\n", b""), PAID.replace(b"\n", b"\r\n")):
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        assert list(reading.replies(lambda held=pieces: held, TESTS)) == read(PAID)  # type: ignore[misc] # a default


def test_other_separators_read_the_same() -> None:
    """They are those of the interchange, not ours."""
    text = PAID.decode().replace(":", "|").replace("^", "!").replace("*", "+").replace("~\n", "\n")
    assert read(text.encode())[1:] == read(PAID)[1:]


def test_several_interchanges_groups_and_transactions_stand_in_one_file() -> None:
    """Of different kinds and with different separators, one after another."""
    twice = changed(PAID, ("GE*1*20", "ST*835*0002~BPR*H*0*C*NON~TRN*1*T2*1~N1*PR*P~N1*PE*Q*XX*1~SE*6*0002~GE*2*20"))
    groups = twice.replace(b"IEA*1*", b"GS*FA*A*VISITSRV*20261121*1530*21*X*005010X231A1~ST*999*1~AK1*HC*1~"
                           b"AK9*A*1*1*1~SE*4*1~GE*1*21~IEA*2*")  # fmt: skip
    bars = ANSWERED.replace(b"*", b"|")
    found = look(groups + b"\r\n" + bars + GOOD)
    assert (found.kinds, found.payments, found.claims, found.answers, found.groups) == (
        ("835", "999", "277"),
        2,
        2,
        4,
        2,
    )
    assert found.cents == 9500
    assert found.keys[:2] == ("EXAMPLEPAYER/000000020/20", "EXAMPLEPAYER/000000020/21")


AGAIN = "Ask the sender for the file again"
ENVELOPES = [
    (b"", "Segment 1 (ISA): an X12 file begins"),
    (PAID[:50], "Segment 1 (ISA): an X12 file begins"),
    (PAID[:303], "the file ends within it"),
    (PAID[: PAID.index(b"CLP")], "Segment 16 (LX): the file ends after it, before its SE. " + AGAIN),
    (PAID[: PAID.index(b"GE*")], "Segment 38 (SE): the file ends after it, before its GE"),
    (PAID[: PAID.index(b"IEA*")], "Segment 39 (GE): the file ends after it, before its IEA"),
    (PAID + b"rest", "Segment 41 (res): the file ends within it"),
    (changed(PAID, ("SE*36", "SE*35"), count=False), "Segment 38 (SE01): it counts 35 segments, there are 36"),
    (changed(PAID, ("SE*36*0001", "SE*36*0002"), count=False), "Segment 38 (SE02): its control number is not"),
    (changed(PAID, ("GE*1*20", "GE*2*20")), "Segment 39 (GE01): it counts 2 transactions, there are 1"),
    (changed(PAID, ("GE*1*20", "GE*1*21")), "Segment 39 (GE02): its control number is not that of GS06 (segment 2)"),
    (changed(PAID, ("IEA*1*", "IEA*2*")), "Segment 40 (IEA01): it counts 2 groups"),
    (changed(PAID, ("IEA*1*000000020", "IEA*1*000000021")), "Segment 40 (IEA02)"),
    (changed(PAID, ("005010X221A1", "004010X091A1")), "Segment 2 (GS08): version 004010X091A1 is not known"),
    (changed(PAID, ("*00501*", "*00401*")), "Segment 1 (ISA12): version 00401 is not known"),
    (changed(PAID, ("ST*835*0001", "ST*820*0001")), "Segment 3 (ST01): this is a 820 transaction"),
    (changed(PAID, ("GS*HP", "GS*RA")), "Segment 2 (GS01): this is a group RA"),
    (PAID + PAID, "Segment 41 (ISA13): number 000000020 of this sender stands twice"),
    (changed(PAID, ("IEA*1*", "GS*HP*A*B*20261121*1530*20*X*005010X221A1~GE*0*20~IEA*2*")), "Segment 40 (GS06)"),
    (changed(PAID, ("GE*1*", "ST*835*0001~SE*2*0001~GE*2*")), "Segment 39 (ST02): number 0001 stands twice"),
    (PAID.replace(b"*:~", b"*:*", 1), "Segment 1 (ISA): its separators are not four different signs"),
    (PAID.replace(b"*", b"|", 1), "Segment 1 (ISA)"),
    (PAID.replace(b"~", b"!").replace(b"!", b"~", 1), "Segment 2 (GS): the file ends within it"),
    (PAID.replace(b"~", b"!").replace(b"!", b"~", 1) + b"x" * 9000, "Segment 2 (GS): it does not end within 8192"),
    (PAID.replace(b"DOE", "DOË".encode()), "The file is no X12 text: look at its byte"),
    (changed(PAID, ("LX*1", "lx*1")), "Segment 16 (lx): this is no segment's name"),
    (changed(PAID, ("LX*1", "GS*1")), "Segment 16 (GS): SE belongs before it"),
]  # fmt: skip
PAYMENTS = [
    (("BPR*I*95*", "BPR*I*95.001*"), 'Segment 4 (BPR02): "95.001" is no amount in dollars and cents. ' + AGAIN),
    (("BPR*I*95*C", "BPR*I*95*D"), "Segment 4 (BPR03): this asks for money"),
    (("BPR*I*95*", "BPX*I*95*"), "Segment 4 (BPX): BPR belongs here"),
    (("TRN*1*EFT20261205001*", "TRN*1**"), "Segment 5 (TRN02): it is missing"),
    (("N1*PE", "N1*XX"), "N1 with PE is missing"),
    (("LX*1~\n", ""), "Segment 16 (CLP): LX belongs before the first claim"),
    (("CLP*VV-7F3A91C2*1*175", "CLP**1*175"), "Segment 17 (CLP01): it is missing"),
    (("CLP*VV-7F3A91C2*1*175", "CLP*VV-7F3A91C2*1*a lot"), 'Segment 17 (CLP03): "a lot" is no amount'),
    (("CLP*VV-7F3A91C2*1*175*110", "CLP*VV-7F3A91C2*1*175*"), "Segment 17 (CLP04): nothing is no amount"),
    (("SVC*HC:90834:95*", "SVC*90834*"), "Segment 21 (SVC01): it names no code"),
    (("DTM*472*20261120", "DTM*472*20261320"), 'Segment 22 (DTM02): "20261320" is no day'),
    (("CAS*CO*45*40", "CAS*ZZ*45*40"), 'Segment 23 (CAS01): "ZZ" is none of CO, OA, PI, PR'),
    (("CAS*CO*45*40", "CAS*CO*45*40**45"), "Segment 23 (CAS06): nothing is no amount"),
    (("CAS*CO*45*40", "CAS*CO*45*40***5"), "Segment 23 (CAS05): an amount stands without its reason"),
    (("AMT*B6*135", "HI*B6*135"), "Segment 26 (HI): this segment does not belong into a claim"),
    (("PLB*1990000105*20261231*WO:VV-OLD0001*15", "PLB*1990000105*20261231*WOX:A*15"), "Segment 37 (PLB03): it"),
    (("PLB*1990000105*20261231*WO:VV-OLD0001*15", "PLB*1990000105*2026*WO:A*15"), "Segment 37 (PLB02)"),
    (("PLB*1990000105*", "PLB*1*20261231*WO:A*15~\nLX*1~\nPLB*1990000105*"), "Segment 38 (LX): nothing but PLB"),
]  # fmt: skip
ANSWERS = [
    (ANSWERED, ("HL*4*3*PT", "HL*5*3*PT"), "Segment 26 (HL01): levels are numbered one after another: 4 belongs here"),
    (ANSWERED, ("HL*4*3*PT", "HL*4*2*PT"), "Segment 26 (HL02): it does not stand under the level above it"),
    (ANSWERED, ("STC*A2:20:PR*20261121*WQ*175", "STC*A2*20261121*WQ*175"), "Segment 29 (STC01): it holds no category"),
    (ANSWERED, ("STC*A2:20:PR*20261121*WQ*175~\n", ""), "Segment 26 (HL): it does not say what became of it"),
    (ANSWERED, ("TRN*2*VV-7F3A91C2~\n", ""), "Segment 26 (HL): it does not say what is answered (TRN02)"),
    (ANSWERED, ("STC*A2:20:PR*20261121", "STC*A2:20:PR*yesterday"), 'Segment 29 (STC02): "yesterday" is no day'),
    (ANSWERED, ("*WQ*175", "*XX*175"), 'Segment 29 (STC03): "XX" is none of WQ, U'),
    (ANSWERED, ("QTY*AA*1", "QTY*AA*0"), "Segment 32 (HL): before it, 0 claims are counted (QTY AA) and 1 answered"),
    (BAD, ("IK5*R*5", "IK5*Q*5"), 'Segment 9 (IK501): "Q" is none of'),
    (BAD, ("IK5*R*5~\n", ""), "Segment 9 (AK9): IK5 belongs before it"),
    (BAD, ("IK4*5:1*1331*7*77", "IK4*x*1331*7*77"), "Segment 7 (IK401): it does not say which element"),
    (BAD, ("AK9*R*1*1*0", "AK9*A*1*1*1"), "Segment 10 (AK904): it counts 1 transactions accepted, 0 are answered so"),
    (BAD, ("AK9*R*1*1*0", "AK9*R*0*0*0"), "Segment 10 (AK903): it counts 0 transactions received, 1 are answered"),
    (GOOD, ("AK9*A*1*1*1", "AK9*R*1*1*1"), "Segment 7 (AK901): the group is rejected, yet a transaction"),
    (GOOD, ("AK9*A*1*1*1~\n", ""), "Segment 5 (AK2): the answer ends after it, before AK9"),
    (GOOD, ("AK1*HC*1*", "AKX*HC*1*"), "Segment 4 (AKX): AK1 belongs here"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "say"), ENVELOPES)
def test_a_broken_envelope_is_named(raw: bytes, say: str) -> None:
    """Truncated, miscounted, of another version, twice in one file, with wrong separators."""
    with pytest.raises(Malformed) as error:
        look(raw)
    assert say in error.value.say


@pytest.mark.parametrize(("swap", "say"), PAYMENTS)
def test_what_is_wrong_in_a_payment_is_named(swap: tuple[str, str], say: str) -> None:
    """By segment and element."""
    with pytest.raises(Malformed) as error:
        look(changed(PAID, swap))
    assert say in error.value.say


@pytest.mark.parametrize(("raw", "swap", "say"), ANSWERS)
def test_what_is_wrong_in_an_acknowledgment_is_named(raw: bytes, swap: tuple[str, str], say: str) -> None:
    """By segment and element."""
    with pytest.raises(Malformed) as error:
        look(changed(raw, swap))
    assert say in error.value.say


def test_only_what_is_ours_and_new_is_read() -> None:
    """The wrong receiver, a file for trial, an envelope that came before: each with its own code."""
    for raw, ours, code, say in (
        (PAID, Ours(frozenset({"OTHER"}), tests=True), "x12-not-ours", "Segment 1 (ISA08): the file is for VISITSRV"),
        (changed(PAID, ("*EXAMPLEPAYER*VISITSRV*", "*EXAMPLEPAYER*OTHER*")), Ours(frozenset({"VISITSRV"}), tests=True),
         "x12-not-ours", "Segment 2 (GS03): the file is for OTHER"),
        (PAID, Ours(), "x12-test-file", "Segment 1 (ISA15): this is a file for trial"),
        (PAID, Ours(tests=True, seen=frozenset(look(PAID).keys)), "x12-repeated", "Segment 2 (GS06): interchange"),
    ):  # fmt: skip
        with pytest.raises(Malformed) as error:
            look(raw, ours)
        assert (error.value.code, say in error.value.say) == (code, True), error.value.say
    assert look(SDK, Ours(frozenset({"SYNTHETICPROV"}), tests=True)).claims == 3
    assert look(OTHER, Ours(tests=True, seen=frozenset(look(GOOD).keys))).groups == 1


def test_a_huge_file_is_streamed_and_a_larger_one_refused() -> None:
    """Fifty megabytes of claims pass through little memory; a limit is said in words."""
    head, tail = PAID[: PAID.index(b"CLP")], b"SE*1*0001~"
    claim = PAID[PAID.index(b"CLP") : PAID.index(b"CLP*VV-55")].replace(b"\n", b"") * 20

    def large() -> Iterator[bytes]:
        yield head
        for _ in range(50 * 2**20 // len(claim) // 25):  # 2 MiB through the reader, 50 through the limit below
            yield claim
        yield tail

    tracemalloc.start()
    with pytest.raises(Malformed, match="SE01"):
        for _ in reading.replies(large, TESTS):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    with pytest.raises(Malformed, match="more than 1 MiB") as error:
        for _ in reading.replies(large, Ours(tests=True, largest=2**20)):
            pass
    assert error.value.code == "x12-too-large"
