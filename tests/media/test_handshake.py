"""Certificates, suites and keys: whose they are, and what is refused."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from media.desk import Connection
from media.seam import Certificate
from tests.media.lean import Leans


async def test_another_certificate_than_the_answers_gets_no_media(leans: Leans, until: Any) -> None:
    """ASVS 17.2.8: the handshake's certificate is held against the answer's digest; otherwise it has failed."""
    await leans.sit("vis", "b")
    digest = leans.people["vis", "b"].fingerprint
    await asyncio.wait_for(leans.people["vis", "b"].connected.wait(), 10)
    leans.changed = lambda answer: re.sub(r"a=fingerprint:.*", f"a=fingerprint:sha-256 {digest[1]}", answer)
    a = await leans.sit("vis", "a")
    await until(lambda: ("vis", "a", Connection.FAILED) in leans.states, within=10)
    a.send("audio", 5)
    await asyncio.sleep(0.2)
    assert leans.desk.counters().get("forwarded", 0) == 0
    assert ("vis", "a", Connection.CONNECTED) not in leans.states
    assert ("vis", "b", Connection.CONNECTED) in leans.states


def test_our_dtls_has_no_cbc_suites() -> None:
    """AEAD with forward secrecy only (ASVS 17.2.2, RFC 8827)."""
    from aiortc.rtcdtlstransport import SRTP_PROFILES
    from OpenSSL import SSL

    context = Certificate.generateCertificate()._create_ssl_context(SRTP_PROFILES)
    names = SSL.Connection(context, None).get_cipher_list()
    legacy = [name for name in names if not name.startswith("TLS_")]
    assert legacy
    assert all(name.startswith("ECDHE-ECDSA-") and ("GCM" in name or "CHACHA20" in name) for name in legacy)


async def test_every_connection_has_a_key_of_its_own_that_is_kept_nowhere(leans: Leans) -> None:
    """P-256, made for one peer connection and gone with it (ASVS 17.2.1)."""
    await leans.both("vis")
    keys = [peer._secure._certificate._key for peer in leans.desk._visits["vis"].peers.values()]
    assert {key.curve.name for key in keys} == {"secp256r1"}
    assert keys[0].private_numbers() != keys[1].private_numbers()
    digests = {line for _, _, sdp in leans.offers for line in sdp.split("\r\n") if line.startswith("a=fingerprint:")}
    assert len(digests) == 2
