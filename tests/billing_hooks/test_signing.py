"""Standard Webhooks headers: made, checked, and refused in every other form."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks import signing
from billing_hooks.errors import Malformed, Refused

NOW = 1_795_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SECRET = signing.HmacKey(b"s" * 32)


def test_ed25519_and_hmac_signatures_are_accepted_by_their_keys() -> None:
    """Both versions, together in one header."""
    headers = signing.sign("evt_1", NOW, b"{}", [KEY, SECRET])
    assert headers["webhook-signature"].startswith("v1a,")
    signing.check(headers, b"{}", [KEY.public_key()], NOW)
    signing.check(headers, b"{}", [SECRET], NOW + 300)
    signing.check(headers, b"{}", [SECRET], NOW - 300)


def test_the_specifications_own_hmac_example_checks() -> None:
    """A vector made by hand: HMAC-SHA-256 over id.timestamp.body under a whsec_ secret."""
    import hashlib
    import hmac

    secret = signing.HmacKey.parse("whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode())
    mac = hmac.new(b"0123456789abcdef01234567", b"msg_1.1795000000.{}", hashlib.sha256).digest()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW)}
    headers["webhook-signature"] = "v1," + base64.b64encode(mac).decode()
    signing.check(headers, b"{}", [secret], NOW)


def test_during_rotation_either_key_passes() -> None:
    """The sender signs with the old and the new key, the receiver may know one of them."""
    new = Ed25519PrivateKey.generate()
    headers = signing.sign("evt_1", NOW, b"{}", [KEY, new])
    signing.check(headers, b"{}", [new.public_key()], NOW)
    signing.check(headers, b"{}", [Ed25519PrivateKey.generate().public_key(), KEY.public_key()], NOW)


@pytest.mark.parametrize("now", [NOW + 301, NOW - 301])
def test_a_stale_or_future_timestamp_is_refused(now: int) -> None:
    """Five minutes either way."""
    with pytest.raises(Refused, match="stale-timestamp"):
        signing.check(signing.sign("evt_1", NOW, b"{}", [KEY]), b"{}", [KEY.public_key()], now)


@pytest.mark.parametrize(
    "change", [{"webhook-id": "evt_2"}, {"webhook-timestamp": str(NOW + 1)}, {"webhook-signature": "v1b,AAAA"}]
)
def test_another_id_time_or_version_is_a_bad_signature(change: dict[str, str]) -> None:
    """Everything signed is covered; unknown versions are passed over, not trusted."""
    with pytest.raises(Refused, match="bad-signature"):
        signing.check(signing.sign("evt_1", NOW, b"{}", [KEY]) | change, b"{}", [KEY.public_key(), SECRET], NOW)


def test_an_hmac_made_with_the_public_key_is_not_a_signature() -> None:
    """A v1 signature is never checked against an asymmetric key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    headers = signing.sign("evt_1", NOW, b"{}", [signing.HmacKey(public)])
    with pytest.raises(Refused, match="bad-signature"):
        signing.check(headers, b"{}", [KEY.public_key()], NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "a.b"},
        {"webhook-id": ""},
        {"webhook-timestamp": "0" + str(NOW)},
        {"webhook-timestamp": f"{NOW}.0"},
        {"webhook-timestamp": " 1"},
        {"webhook-timestamp": "\uff19"},
        {"webhook-signature": "v1a"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1a,AAA"},
        {"webhook-signature": "v1a,AAB="},
        {"webhook-signature": "v1a,é"},
        {"webhook-signature": " ".join(["v1a,AAAA"] * 17)},
    ],
)
def test_headers_in_other_spellings_are_malformed(change: dict[str, str]) -> None:
    """One spelling, one error class, never a ValueError."""
    with pytest.raises(Malformed, match="bad-header"):
        signing.check(signing.sign("evt_1", NOW, b"{}", [KEY]) | change, b"{}", [KEY.public_key()], NOW)


def test_a_missing_header_is_malformed() -> None:
    """All three are needed."""
    whole = signing.sign("evt_1", NOW, b"{}", [KEY])
    for name in whole:
        with pytest.raises(Malformed, match="bad-header"):
            signing.check({k: v for k, v in whole.items() if k != name}, b"{}", [KEY.public_key()], NOW)


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=120))
def test_any_headers_give_one_of_our_two_refusals(id_: str, timestamp: str, listed: str) -> None:
    """Nothing a stranger sends is a crash."""
    headers = {"webhook-id": id_, "webhook-timestamp": timestamp, "webhook-signature": listed}
    with pytest.raises((Malformed, Refused)):
        signing.check(headers, b"{}", [KEY.public_key(), SECRET], NOW)
