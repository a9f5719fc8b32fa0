"""Every private name of another package that the seam touches, and why. Pure.

A test looks each up in the exactly pinned versions.
"""

from __future__ import annotations

PRIVATE: tuple[tuple[str, str, str], ...] = (
    ("aioice.ice", "Connection.__init__:_queue", "bound it: junk before ICE connects filled memory"),
    ("aioice.ice", "Connection.__init__:_local_candidates_start", "gathering is replaced: one shared socket"),
    ("aioice.ice", "Connection.__init__:_local_candidates_end", "gathering is replaced: one shared socket"),
    ("aioice.ice", "Connection.__init__:_protocols", "the one protocol that sends through the shared socket"),
    ("aioice.ice", "Connection.__init__:_closing", "no consent checks while closing"),
    ("aioice.ice", "Connection.__init__:_early_checks", "bound it: a check costs memory until the answer is in"),
    ("aioice.ice", "Connection.__init__:_early_checks_done", "bound it: a check costs memory until the answer is in"),
    ("aioice.ice", "Connection.__init__:_remote_candidates", "bound it: a participant may not fill memory"),
    ("aioice.ice", "Connection.__init__:_nominated", "our own checks need the pair that aioice nominated"),
    ("aioice.ice", "Connection._valid_username", "know which checks were authenticated, before any address is owned"),
    ("aioice.ice", "Connection._add_remote_candidate", "the self test's client knows where to go"),
    ("aioice.ice", "Connection.query_consent", "checks go to the address in use, and their answers are counted"),
    ("aioice.ice", "Connection.check_state", "learn to which addresses our own checks were answered"),
    ("aioice.ice", "StunProtocol.datagram_received", "replaced: the shared socket parses STUN once"),
    ("aioice.ice", "StunProtocol.__init__:transactions", "match answers to our checks"),
    ("aiortc.rtcicetransport", "RTCIceGatherer.__init__:_connection", "our own aioice Connection in aiortc's ICE"),
    ("aiortc.rtcdtlstransport", "RTCCertificate.__init__:_key", "a DTLS context of our own"),
    ("aiortc.rtcdtlstransport", "RTCCertificate.__init__:_cert", "a DTLS context of our own"),
    ("aiortc.rtcdtlstransport", "RTCCertificate._create_ssl_context", "AEAD cipher suites only (ASVS 17.2.2)"),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport._set_role", "the server is always the DTLS server"),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport.__init__:_srtp_profiles", "strict: AEAD profiles only"),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport.__init__:_rx_srtp", "SRTP in the datagram callback"),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport.__init__:_tx_srtp", "SRTP in the datagram callback"),
    ("aiortc.rtcdtlstransport", "RTCDtlsTransport.__init__:_ssl", "the SRTP profile that was chosen, for the evidence"),
    ("pylibsrtp", "Session.__init__:_srtp", "protect from and into buffers that are kept, without an exception a drop"),
    ("pylibsrtp._binding", "lib", "the same"),
    ("pylibsrtp._binding", "ffi", "the same"),
)
"""(module, name or ``owner:attribute set in it``, reason)."""
