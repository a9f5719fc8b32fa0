"""The sealed event: it proves itself with the published keys alone, and no changed bit passes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks import contract, page_words, strict
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.strict import b64url, unb64url

Seal = Callable[[dict[str, Any]], bytes]
Keys = dict[str, PublicKey]


def test_a_sealed_event_verifies_and_is_canonical(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """The bytes are canonical JSON, and verifying gives back every member."""
    raw = seal(event)
    assert raw == rfc8785.dumps(json.loads(raw))
    found = contract.verify(raw, keys)
    assert {name: value for name, value in found.items() if name != "attestation"} == event


def test_sealing_twice_gives_the_same_bytes(event: dict[str, Any], seal: Seal) -> None:
    """A redelivery is byte-identical even when the body is sealed afresh."""
    assert seal(event) == seal(json.loads(seal(event)))


def test_a_statement_verifies(statement: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """The second event is sealed and proven in the same way."""
    assert contract.verify(seal(statement), keys)["about"] == "evt_a2b3c4d5e6f7g2h3i4j5"


def test_every_single_bit_flip_of_a_saved_event_fails(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """All 8 bits of all bytes, signature and padding bits included."""
    raw = seal(event)
    changed = bytearray(raw)
    for index in range(len(raw)):
        for bit in range(8):
            changed[index] ^= 1 << bit
            with pytest.raises((Malformed, Refused)):
                contract.verify(bytes(changed), keys)
            changed[index] ^= 1 << bit
    assert bytes(changed) == raw


def test_every_cut_and_every_added_byte_fails(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """A shorter or longer file is never the event."""
    raw = seal(event)
    for index in range(0, len(raw), 7):
        for changed in (raw[:index], raw[:index] + b" " + raw[index:], raw[:index] + raw[index + 1 :]):
            with pytest.raises((Malformed, Refused)):
                contract.verify(changed, keys)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda raw: raw + b"\n", "not-canonical"),
        (lambda raw: json.dumps(json.loads(raw), indent=1).encode(), "not-canonical"),
        (lambda raw: b"\xef\xbb\xbf" + raw, "not-json"),
        (lambda raw: raw.replace(b'{"attestation"', b'{"id":"evt_x","attestation"', 1), "not-canonical"),
        (lambda raw: raw.replace(b'"sequence":41', b'"sequence":41.0', 1), "not-canonical"),
        (lambda raw: raw.replace(b'"sequence":41', b'"sequence":true', 1), "wrong-schema"),
        (lambda raw: raw.replace(b'"sequence":41', b'"sequence":' + b"9" * 6000, 1), "not-canonical"),
        (lambda raw: b"[" * 100_000, "not-json"),
        (lambda raw: b"[" + raw + b"]", "wrong-schema"),
        (lambda raw: b" " * (contract.MAX_BYTES + 1), "too-large"),
        (lambda raw: raw.replace(b'"en"', b'"\\ud800"', 1), "not-canonical"),
    ],
)
def test_other_spellings_are_malformed(
    event: dict[str, Any], seal: Seal, keys: Keys, change: Callable[[bytes], bytes], code: str
) -> None:
    """Each way to write the same or nearly the same file has its own stable code and a sentence."""
    with pytest.raises(Malformed) as caught:
        contract.verify(change(seal(event)), keys)
    assert caught.value.code == code
    assert caught.value.say.endswith(".")


def test_another_key_is_unknown(event: dict[str, Any], keys: Keys) -> None:
    """A key outside the key set proves nothing."""
    raw = contract.seal(event, Ed25519PrivateKey.generate(), "key-of-a-stranger")
    with pytest.raises(Refused, match="unknown-key"):
        contract.verify(raw, keys)


def test_a_stranger_under_our_key_name_fails(event: dict[str, Any], keys: Keys) -> None:
    """The key's name alone proves nothing."""
    with pytest.raises(Refused, match="bad-signature"):
        contract.verify(contract.seal(event, Ed25519PrivateKey.generate(), next(iter(keys))), keys)


def test_an_attestation_of_another_event_fails(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """A good signature does not carry over to other content."""
    other = json.loads(seal(event))
    other["sequence"] = 42
    with pytest.raises(Refused, match="digest-mismatch"):
        contract.verify(rfc8785.dumps(other), keys)


def test_another_practices_key_is_refused(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """A key bound to one practice does not sign for another."""
    event["practice"]["id"] = "prc_other"
    with pytest.raises(Refused, match="unknown-key"):
        contract.verify(seal(event), keys)


def test_a_retired_key_proves_what_it_signed_in_its_time_only(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """An event from before the retirement verifies for ever, one from after it never."""
    kid, key = next(iter(keys.items()))
    raw = seal(event)
    contract.verify(raw, {kid: replace(key, retired=datetime(2026, 12, 1, tzinfo=UTC))})
    for odd in (
        replace(key, retired=datetime(2026, 11, 20, 16, 0, tzinfo=UTC)),
        replace(key, since=datetime(2026, 11, 21, tzinfo=UTC)),
    ):
        with pytest.raises(Refused, match="key-not-in-use"):
            contract.verify(raw, {kid: odd})


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"kid": ""}, {"crit": ["x"]}])
def test_other_jws_headers_are_malformed(
    event: dict[str, Any], private_key: Ed25519PrivateKey, keys: Keys, header: dict[str, object]
) -> None:
    """Only EdDSA, only our type, no further header members."""
    sealed = json.loads(contract.seal(event, private_key, next(iter(keys))))
    first, second, _ = sealed["attestation"].split(".")
    first = b64url(rfc8785.dumps(json.loads(unb64url(first)) | header))
    sealed["attestation"] = f"{first}.{second}." + b64url(private_key.sign(f"{first}.{second}".encode()))
    with pytest.raises(Malformed, match="bad-attestation"):
        contract.verify(rfc8785.dumps(sealed), keys)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("client", "name"), "Jordan Doe"),
        (("visit", "note"), "felt better"),
        (("visit", "outcome"), "The client felt better."),
        (("location", "site"), "55 Lake St"),
        (("clinician", "npi"), 1880000207),
        (("seconds", "audio_video_overlap"), 2773),
        (("seconds", "presence"), -1),
        (("visit", "date_of_service"), "2026-11-21"),
        (("times", "in_visit_local"), "2026-11-20T10:02:14-05:00"),
        (("times", "ended_local"), None),
        (("practice", "npi"), "12345"),
    ],
)
def test_a_body_with_foreign_or_wrong_members_cannot_be_sealed(
    event: dict[str, Any], seal: Seal, path: tuple[str, str], value: object
) -> None:
    """Names, notes and addresses have no place to stand; contradicting sums are caught before signing."""
    event[path[0]][path[1]] = value
    with pytest.raises(Malformed, match="wrong-schema"):
        seal(event)


def test_intervals_out_of_order_or_too_many_cannot_be_sealed(event: dict[str, Any], seal: Seal) -> None:
    """At most 200 intervals, each after the one before."""
    one = event["intervals"][0]
    event["intervals"] = [one | {"from_s": n, "to_s": n + 1} for n in range(200)]
    seal(event)
    event["intervals"].append(one | {"from_s": 200, "to_s": 201})
    with pytest.raises(Malformed, match="wrong-schema"):
        seal(event)
    event["intervals"] = [one | {"from_s": 1, "to_s": 2}, one | {"from_s": 0, "to_s": 1}]
    with pytest.raises(Malformed, match="wrong-schema"):
        seal(event)


@given(st.binary(max_size=300))
def test_any_bytes_are_malformed_and_never_a_crash(raw: bytes) -> None:
    """Whatever arrives, the answer is one of our two refusals."""
    with pytest.raises((Malformed, Refused)):
        contract.verify(raw, {})


def test_an_independent_library_reads_the_attestation(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """PyJWT, which shares no line with our code, accepts the signature and reads the same claims."""
    token = json.loads(seal(event))["attestation"]
    key = keys["key-2026-11"].key
    claims = jwt.decode(token, key, algorithms=["EdDSA"], options={"verify_iat": False})
    assert (claims["iss"], claims["sub"]) == (event["practice"]["id"], event["id"])
    assert claims["digest"] == "sha-256=" + hashlib.sha256(rfc8785.dumps(event)).hexdigest()


NAMES = st.text(st.characters(codec="ascii"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_our_canonical_form_is_rfc_8785s(value: object) -> None:
    """For whole safe numbers and ASCII names the fast encoder writes what the reference library writes."""
    assert strict.canonical(value) == rfc8785.dumps(value)


def test_a_number_that_two_parsers_may_read_differently_is_refused() -> None:
    """RFC 7493 §2.2: beyond 2^53-1 there is no agreement."""
    assert strict.parse_json(b"9007199254740991") == 2**53 - 1
    for text in (b"9007199254740992", b"-9007199254740992", b"1e3", b"1.0", b"NaN", b"Infinity"):
        with pytest.raises(Malformed, match="not-canonical"):
            strict.parse_json(text)


STREAM = {"packets": 100, "lost": 2, "jitter_ms": 4}
LINK = {
    "audio": STREAM, "video": STREAM, "received": STREAM, "round_trip_ms": 40, "talk_seconds": 9, "weak_seconds": 0,
    "reconnecting_seconds": 0,
}  # fmt: skip
REPORT = {"of": "client", "seen": "frozen", "from_s": 10, "to_s": 31, "reported_by": "clinician_browser"}


def test_events_with_and_without_connections_and_reports_verify(event: dict[str, Any], seal: Seal, keys: Keys) -> None:
    """What is younger than the first events may be there or not: both stay good for ever."""
    assert "links" not in event["evidence"]
    younger = {
        **event,
        "evidence": {**event["evidence"], "links": {"clinician": LINK, "client": None}, "reports": [REPORT]},
    }
    assert contract.verify(seal(younger), keys)["evidence"] == younger["evidence"]
    shown = {fact.name: fact.value for fact in page_words.facts(younger, datetime.now(UTC))}
    assert shown["Picture, as reported by the clinician's browser"] == "not moving for 0:21"
    assert len(page_words.facts(event, datetime.now(UTC))) == len(shown) - 1


@pytest.mark.parametrize(
    "odd",
    [
        {"reports": [{**REPORT, "reported_by": "server"}]},
        {"reports": [{**REPORT, "seen": "asleep"}]},
        {"reports": [{**REPORT, "note": "looked sad"}]},
        {"links": {"clinician": {**LINK, "address": "192.0.2.1"}, "client": None}},
        {"links": {"clinician": LINK}},
        {"resolution": "640x480"},
    ],
)
def test_nothing_else_finds_a_place_beside_them(event: dict[str, Any], seal: Seal, odd: dict[str, Any]) -> None:
    """No other reporter, no other word, no address, no further member."""
    with pytest.raises(Malformed):
        seal({**event, "evidence": {**event["evidence"], **odd}})
