"""Every parser we own that reads what somebody else wrote, with real examples and how to mutate them.

`feed` gives one input to a parser as the program does. What the parser may do with it is return, or raise its own
Malformed or Refused; whatever else happens is a bug, and so is a result that does not hold together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import (
    card_payment,
    card_photo,
    contract,
    demo,
    eligibility_271,
    fee_file,
    keyset,
    packs,
    rule_form,
    signing,
    strict,
    toml_files,
)
from billing_hooks.errors import Malformed as BillingMalformed
from billing_hooks.errors import Refused as BillingRefused
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Fee
from billing_hooks.rule_changes import told
from media import answer, evidence, rtcp
from media.errors import Malformed as MediaMalformed
from media.sections import ALONE, Section
from server import client_address, import_csv, import_fhir
from server.errors import Malformed as ServerMalformed
from server.local_time import zone_named
from signaling import fact_forms, wire
from signaling.errors import Malformed
from signaling.messages import DOORS
from signaling.wire import Door
from tests.fuzz import mutate, replies
from tests.fuzz.sockets import hot_path, ingress
from tests.signaling.lives import SAMPLES

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
ROOT = HERE.parents[1]
NO = (Malformed, MediaMalformed, BillingMalformed, BillingRefused, ServerMalformed)

Mutate = Callable[[Random, Any, Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One parser.

    :param made: makes `feed` for the length of a run (some need sockets of their own).
    :param examples: of the house's own tests.
    :param traced: the files whose lines say whether an input did something new.
    """

    name: str
    binary: bool
    mutate: Mutate
    made: Callable[[], Any]
    traced: tuple[str, ...]

    examples: Callable[[], list[str]] = list

    def corpus(self) -> list[Any]:
        """Real examples and those that once broke it (text as it is, bytes in hexadecimal), and the house's own."""
        files = sorted((CORPUS / self.name).glob("*"))
        texts = [file.read_bytes().decode("utf-8", "surrogatepass") for file in files]
        return [bytes.fromhex(text) for text in texts] if self.binary else [*texts, *self.examples()]


@contextmanager
def plain(feed: Callable[[Any], None]) -> Iterator[Callable[[Any], None]]:
    """A parser that needs nothing around it."""
    yield feed


GROUP = (
    *ALONE,
    *(Section(str(mid), ("audio", "video")[mid % 2], "sendonly", f"par_{mid // 2}") for mid in range(2, 6)),
    Section("6", "video", "recvonly"),
)
"""What somebody is offered who shares their screen with three others."""


def sdp(text: str) -> None:
    """An answer, of two people's visit and of a group's: what was read is what was asked for."""
    for offered in (ALONE, GROUP):
        try:
            read = answer.read(text, offered)
        except NO:
            continue
        assert 1 <= len(read.fingerprints) <= 8
        assert len(read.sending) <= sum(section.direction in ("sendrecv", "recvonly") for section in offered)
        assert read.receiving <= {section.mid for section in offered if section.direction.startswith("send")}
        assert all(0 < ssrc < 1 << 32 for ssrc in read.ssrcs)
        assert 4 <= len(read.ufrag) <= 256


OWN, OTHER, THIRD = frozenset({0xA1, 0xA2}), {0xB1: "b", 0xB2: "b", 0xC1: "c"}, ("b", "c")


def compound(datagram: bytes) -> None:
    """RTCP: whatever is passed on is well formed, and speaks for nobody but its sender."""
    packets = rtcp.split(datagram)
    if packets is None:
        return
    for packet in packets:
        if packet.kind == rtcp.FEEDBACK:
            assert all(0 <= sequence < 1 << 16 for sequence in rtcp.lost(packet))
        bits = rtcp.estimate(packet)
        if bits is not None:
            assert rtcp.split(rtcp.limit(20 * bits, list(OTHER))) is not None
    for report in rtcp.reports(packets):
        assert -(1 << 23) <= report.lost < 1 << 23
    for passed in rtcp.route(packets, OWN, OTHER, THIRD).values():
        again = rtcp.split(passed)
        assert again is not None
        for one in again:
            if one.kind == rtcp.SR:
                assert int.from_bytes(one.body[:4], "big") in OWN


def frames(text: str) -> None:
    """A text frame at every door."""
    for door in Door:
        try:
            said = wire.parse(text, door)
        except NO:
            continue
        assert type(said) in wire_shapes(door)


def wire_shapes(door: Door) -> tuple[type, ...]:
    """The messages of a door."""
    return tuple(DOORS[door].values())


def journal(text: str) -> None:
    """A row of the journal: what is taken comes back the same."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(row, dict) or not isinstance(row.get("kind"), str) or not isinstance(row.get("body"), dict):
        return
    try:
        fact = fact_forms.load(row["kind"], row["body"])
        kind, body = fact_forms.dump(fact)
    except NO:
        return
    assert fact_forms.load(kind, json.loads(json.dumps(body))) == fact


def runs(text: str) -> None:
    """Evidence in its run-length form: what is taken can be written again and means the same."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return
    try:
        table = evidence.decode(rows, 0)
    except NO:
        return
    if len(table) > 20_000:  # longer than any visit: reading it is enough
        return
    again = evidence.decode(evidence.encode(table, 0), 0)
    assert again == table


SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"key-2026-11": PublicKey("key-2026-11", SIGNER.public_key(), datetime(2026, 11, 1, tzinfo=UTC), None, None)}


def event(text: str) -> None:
    """The billing intake's body: as it came, and sealed as a practice's own server would have."""
    raw = text.encode("utf-8", "surrogatepass")
    for body in (raw, *_sealed(text)):
        try:
            found = contract.verify(body, KEYS)
        except NO:
            continue
        assert strict.canonical(found) == body


def _sealed(text: str) -> Iterator[bytes]:
    try:
        body = json.loads(text)
        if isinstance(body, dict):
            yield contract.seal(body, SIGNER, "key-2026-11")
    except (ValueError, RecursionError, *NO):
        return


def card_notice(text: str) -> None:
    """A card processor's notice of a payment: what is taken holds four things of their forms."""
    try:
        found = card_payment.read(text.encode("utf-8", "surrogatepass"))
    except NO:
        return
    assert len(found.reference) == 20 and found.reference.isalnum() and found.cents and found.receipt[0].isalpha()
    place = card_payment.address("https://pay.example.com/{reference}?c={cents}", found.reference, found.cents)
    assert place == f"https://pay.example.com/{found.reference}?c={found.cents}"
    assert len(found.key) == 32 and card_payment.begins(found.reference).startswith("enc_")


def key_set(text: str) -> None:
    """A published key set."""
    try:
        keyset.load(text.encode("utf-8", "surrogatepass"))
    except NO:
        return


def headers(text: str) -> None:
    """The three headers of a delivery."""
    named = dict(line.partition(": ")[::2] for line in text.split("\n"))
    try:
        signing.check(named, b"{}", [SIGNER.public_key(), signing.HmacKey(bytes(32))], 1_763_657_518)
    except NO:
        return


NETWORKS = tuple(map(client_address.ip_network, ("10.0.0.0/8", "fd00::/8")))


def forwarded(text: str) -> None:
    """Who asks, behind a proxy of the operator's."""
    found = client_address.client_address("10.0.0.1", text.split("\n"), NETWORKS)
    client_address.prefix(found)
    assert found is not None


def rule_file(text: str) -> None:
    """A practice's own file of rules: read whole, each rule with its name and what it says, or every fault named."""
    raw = text.encode("utf-8", "surrogatepass")  # files are bytes
    placed, remarks = packs.look_into(raw, "their.toml")
    if remarks:
        assert all(remark.line.startswith(("wrong  their.toml", "note   their.toml")) for remark in remarks)
        return
    for form, one in zip(packs.forms_of(raw, "their.toml"), placed, strict=True):
        json.dumps(form)
        told(one.rule)
        rule_form.fill(form)


def code_tables(text: str) -> None:
    """A practice's own code tables: read whole or refused."""
    raw = text.encode("utf-8", "surrogatepass")
    try:
        found = packs.own_tables(toml_files.text_of(raw, "their.toml", packs.MOST_TABLES), "their.toml")
    except NO as no:
        assert no.say.startswith("their.toml: ")
        return
    assert found.valid_from <= found.valid_through
    assert all(step.code in found.codes for band in found.bands.values() for step in band.steps)


def fee_rows(text: str) -> None:
    """A practice's own fees: whole schedules, none of which holds twice on a day, or every fault named."""
    schedules, wrong = fee_file.read([row.split(",") for row in text.splitlines()])
    for fees in schedules.values() if not wrong else ():
        assert not fee_file.overlaps(fees)
        assert all(fee.cents > 0 and (fee.until is None or fee.since <= fee.until) for fee in fees)


def rule_files() -> list[str]:
    """What is shipped, one rule at a time."""
    folder = ROOT / "billing_hooks" / "payers"
    texts = [file.read_text("utf-8").split("[[rule]]")[1:] for file in sorted(folder.glob("*.toml"))]
    return [f"[[rule]]{text}" for rules in texts for text in rules]


def tables_shipped() -> list[str]:
    """The shipped code tables."""
    return [(ROOT / "billing_hooks" / "codes" / "pack.toml").read_text("utf-8")]


def fees_written() -> list[str]:
    """Fees as they are saved."""
    return [
        fee_file.write(demo.FEES),
        fee_file.write([*demo.FEES, Fee("90834", 1, date(2027, 1, 1), date(2027, 2, 1))]),
    ]


def eligibility(text: str) -> None:
    """A payer's electronic answer: what is taken can be kept and shown."""
    try:
        found = eligibility_271.read(text.encode("utf-8", "surrogatepass"))
    except NO:
        return
    assert eligibility_271.Answer.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert all(benefit.line for benefit in found.benefits)


def card(raw: bytes) -> None:
    """A picture of a card: what is taken is taken again and stays the same."""
    try:
        kind, kept = card_photo.cleaned(raw)
    except NO:
        return
    assert card_photo.cleaned(kept) == (kind, kept)


def table(text: str) -> None:
    """A table of clients: whatever is wrong is named with its row, and what is right has a client's number."""
    try:
        found = import_csv.read(text)
    except NO:
        return
    assert all(each.row >= 1 and each.say for each in found.troubles)
    assert all(each.external and each.name for each in found.clients)


ZONE = zone_named("America/Chicago")


def bundled(text: str) -> None:
    """A bundle of clients: as a table."""
    try:
        found = import_fhir.read(text, ZONE)
    except NO:
        return
    assert all(each.row >= 1 and each.say for each in found.troubles)
    assert all(each.external and each.name for each in found.clients)


def tables() -> list[str]:
    """The template, and one with a visit."""
    return [
        import_csv.template(),
        import_csv.template().replace("self,", "child,A,B,1990-01-01,V1,2026-11-25T10:00,50,a@b,X"),
    ]


def bundles() -> list[str]:
    """A patient with a plan and an appointment."""
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Example", "given": ["Riley"]}],
               "birthDate": "1990-02-14", "telecom": [{"system": "phone", "value": "(651) 555-0134"}]}  # fmt: skip
    plan = {"resourceType": "Coverage", "id": "c1", "beneficiary": {"reference": "Patient/p1"},
            "payor": [{"display": "Example"}], "type": {"coding": [{"code": "5"}]}, "period": {"start": "2026-01-01"},
            "relationship": {"coding": [{"code": "child"}]}, "subscriber": {"display": "Casey Example"}}  # fmt: skip
    visit = {"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2026-11-25T16:00:00Z",
             "minutesDuration": 50, "serviceType": [{"text": "X"}],
             "participant": [{"actor": {"reference": "Patient/p1"}}, {"actor": {"display": "Ana Rivera"}}]}  # fmt: skip
    entries = [{"resource": each} for each in (patient, plan, visit)]
    return [json.dumps({"resourceType": "Bundle", "entry": entries})]


def answered() -> list[str]:
    """A payer's answer, a segment a line."""
    text = (ROOT / "tests" / "billing_hooks" / "x12" / "271_ex1.x12").read_text("ascii")
    return [text, text.replace("~\n", "~").replace("~", "~\n").replace("MSG*TELEHEALTH", "III*ZZ*10~\nMSG*X")]


def answers() -> list[str]:
    """What real browsers answered."""
    folder = ROOT / "tests" / "media" / "answers"
    return [file.read_text("ascii").replace("\n", "\r\n") for file in sorted(folder.iterdir())]


def messages() -> list[str]:
    """The wire's examples, right and wrong."""
    told = json.loads((ROOT / "tests" / "wire" / "browser_to_server.json").read_text("utf-8"))
    return [json.dumps(one["message"]) for one in told["valid"]] + [one["text"] for one in told["invalid"]]


def rows() -> list[str]:
    """One row of every kind of fact."""
    return [json.dumps(dict(zip(("kind", "body"), fact_forms.dump(fact), strict=True))) for fact in SAMPLES]


def _target(name: str, mutation: Mutate, feed: Any, *traced: str, binary: bool = False, examples: Any = list) -> Target:
    made = feed if feed in (hot_path, ingress) else lambda: plain(feed)
    return Target(name, binary, mutation, made, tuple(str(ROOT / file) for file in traced), examples)


def either(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """RTP or RTCP, as the sample is."""
    control = len(sample) > 1 and 192 <= sample[1] <= 223
    return (mutate.rtcp if control else mutate.rtp)(chance, sample, pool)


TARGETS = {
    target.name: target
    for target in (
        _target("answer", mutate.lines, sdp, "media/answer.py", examples=answers),
        _target("rtcp", mutate.rtcp, compound, "media/rtcp.py", binary=True),
        _target(
            "rtp", either, hot_path,
            "media/forward.py", "media/flow.py", "media/rtcp.py", "media/receipt.py", "media/feedback.py",
            "media/downlink.py", "media/stamps.py", binary=True,
        ),
        _target("stun", mutate.stun, ingress, "media/ingress.py", "media/seam.py", binary=True),
        _target("wire", mutate.json_text, frames, "signaling/wire.py", examples=messages),
        _target("journal", mutate.json_text, journal, "signaling/codec.py", "signaling/fact_forms.py", examples=rows),
        _target("evidence", mutate.json_text, runs, "media/evidence.py", "media/sample.py"),
        _target(
            "event", mutate.json_text, event,
            "billing_hooks/contract.py", "billing_hooks/contract_schema.py", "billing_hooks/shape.py",
            "billing_hooks/strict.py",
        ),
        _target("key_set", mutate.json_text, key_set, "billing_hooks/keyset.py", "billing_hooks/strict.py"),
        _target("delivery", mutate.text, headers, "billing_hooks/signing.py"),
        _target(
            "rule_file", mutate.lines, rule_file,
            "billing_hooks/rules.py", "billing_hooks/rules_check.py", "billing_hooks/rule_form.py", examples=rule_files,
        ),
        _target("code_tables", mutate.lines, code_tables, "billing_hooks/pack_check.py", examples=tables_shipped),
        _target("fee_file", mutate.lines, fee_rows, "billing_hooks/fee_file.py", examples=fees_written),
        _target(
            "eligibility", mutate.lines, eligibility, "billing_hooks/x12.py", "billing_hooks/eligibility_271.py",
            examples=answered,
        ),
        _target(
            "acknowledgments", mutate.lines, replies.acknowledgments, "billing_hooks/x12.py",
            "billing_hooks/x12_envelopes.py", "billing_hooks/replies/ack_999.py", examples=replies.acknowledgments_sent,
        ),
        _target(
            "claim_answers", mutate.lines, replies.claim_answers, "billing_hooks/x12_envelopes.py",
            "billing_hooks/replies/ack_277.py", "billing_hooks/replies/elements.py", examples=replies.answers_sent,
        ),
        _target(
            "payments", mutate.lines, replies.payments, "billing_hooks/x12_envelopes.py",
            "billing_hooks/replies/remit_835.py", "billing_hooks/replies/elements.py",
            "billing_hooks/ledger/posting.py",
            "billing_hooks/ledger/matching.py", "billing_hooks/ledger/balances.py", examples=replies.payments_sent,
        ),
        _target(
            "table", mutate.lines, table, "server/import_csv.py", "server/import_rows.py", examples=tables,
        ),
        _target(
            "bundle", mutate.json_text, bundled, "server/import_fhir.py", "server/import_rows.py", examples=bundles
        ),
        _target(
            "card_notice", mutate.json_text, card_notice, "billing_hooks/card_payment.py", "billing_hooks/strict.py"
        ),
        _target("card", mutate.some_bytes, card, "billing_hooks/card_photo.py", binary=True),
        _target("forwarded", mutate.text, forwarded, "server/client_address.py"),
    )
}  # fmt: skip


def spelled(target: Target, sample: Any) -> str:
    """An input as a file of the corpus holds it."""
    return sample.hex() if target.binary else repr(sample)


def kept(target: Target, sample: Any, name: str) -> Path:
    """Write an input into the corpus, to be fed first for ever after."""
    file = CORPUS / target.name / name
    raw = sample.hex().encode() if target.binary else sample.encode("utf-8", "surrogatepass")
    file.write_bytes(raw)
    return file
