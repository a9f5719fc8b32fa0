"""The one module that touches private names of aiortc, aioice, pylibsrtp and pyOpenSSL. Shell (asyncio, aiortc).

``PRIVATE`` lists every such name with the reason; a test checks each against the exactly pinned versions.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

from aioice import Candidate, Connection
from aioice import stun as aioice_stun
from aioice.ice import CandidatePair, StunProtocol
from aiortc import RTCCertificate, RTCDtlsTransport, RTCIceGatherer, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCDtlsFingerprint, RTCDtlsParameters, SRTPProtectionProfile
from aiortc.rtcicetransport import RTCIceParameters
from OpenSSL import SSL
from pylibsrtp import Session, _binding

from media.hearing import Hearing

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

ffi, lib = _binding.ffi, _binding.lib
MTU = 2048
QUEUE = 64
EARLY_CHECKS = 8
ADDRESSES = 64
"""That one browser may ever check from; aioice keeps every one, and searches them all."""
CONSENT_S = 2.0
"""Between our own checks: the answer also shows that packets still reach the browser. RFC 7675 asks for 5 s or less."""

_STRICT = ("SRTP_AEAD_AES_256_GCM", "SRTP_AEAD_AES_128_GCM")
_AS_REGISTERED = {"AES128_CM_SHA1_80": "AES128_CM_HMAC_SHA1_80"}
"""OpenSSL's name to that of RFC 5764 section 4.1.2."""
_SUITES = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"

Address = tuple[Any, ...]


class Gate(Protocol):
    """What a connection needs of the shared socket."""

    def send(self, datagram: bytes, addr: Address) -> None:
        """Send one datagram; a full buffer drops it."""


class Owner(Protocol):
    """Who is told of what a connection authenticated."""

    def may_claim(self, addr: Address) -> bool:
        """A check from ``addr`` passed authentication; whether that address may belong to this transport."""


class Certificate(RTCCertificate):
    """An ephemeral certificate (P-256, one a peer connection, never on disk) whose DTLS has AEAD suites only."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        # Any certificate passes here: it is self-made, and checked against the answer's fingerprint right after.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self._cert)
        context.use_privatekey(self._key)
        context.set_cipher_list(_SUITES)
        context.set_tlsext_use_srtp(b":".join(profile.openssl_profile for profile in srtp_profiles))
        return context


class _Outlet(StunProtocol):
    """A connection's way to the shared socket; aioice sends STUN through it, and it never closes the socket."""

    def __init__(self, receiver: Connection, gate: Gate) -> None:
        super().__init__(receiver)
        self._gate = gate
        self.transport = self  # type: ignore[assignment]  # aioice uses nothing of it but sendto

    def sendto(self, datagram: bytes, addr: Address) -> None:
        self._gate.send(datagram, addr)

    def datagram_received(self, datagram: bytes | str, addr: Address) -> None:
        raise NotImplementedError("the shared socket dispatches parsed messages")

    async def close(self) -> None:
        return


class SharedConnection(Connection):
    """aioice's ICE on the shared socket: learns addresses from authenticated checks only, answers nothing else."""

    def __init__(self, gate: Gate, owner: Owner, ufrag: str, password: str, host: str, port: int) -> None:
        super().__init__(ice_controlling=True, local_username=ufrag, local_password=password)
        self._owner = owner
        self._outlet = _Outlet(self, gate)
        self._outlet.local_candidate = Candidate("1", 1, "udp", 2130706431, host, port, "host")
        self._queue = asyncio.Queue(QUEUE)
        self.reply: Address | None = None
        self.checked: set[Address] = set()
        self.hearing = Hearing()
        self.now: Callable[[], int] = lambda: 0

    async def gather_candidates(self) -> None:
        """Nothing to gather: the offer names the advertised addresses."""
        self._local_candidates_start = self._local_candidates_end = True
        if not self._protocols and not self._closing:
            self._protocols.append(self._outlet)

    def dispatch(self, message: aioice_stun.Message, addr: Address) -> bool:
        """One parsed STUN message for this connection; whether it was authenticated."""
        if message.message_class is aioice_stun.Class.REQUEST:
            return self._request(message, addr)
        transaction = self._outlet.transactions.get(message.transaction_id)
        if transaction is None or not message.check_message_integrity((self.remote_password or "").encode()):
            return False
        transaction.response_received(message, addr[:2])
        return True

    def _request(self, message: aioice_stun.Message, addr: Address) -> bool:
        attributes = message.attributes
        if not {"MESSAGE-INTEGRITY", "USERNAME", "PRIORITY"} <= attributes.keys():
            return False
        if not self._valid_username(attributes["USERNAME"]):
            return False
        if not message.check_message_integrity(self.local_password.encode()):
            return False
        known = any((c.host, c.port) == addr[:2] for c in self._remote_candidates)
        if (not known and len(self._remote_candidates) >= ADDRESSES) or not self._owner.may_claim(addr):
            return False
        if not self._early_checks_done and len(self._early_checks) >= EARLY_CHECKS:
            self._early_checks.popleft()
        self.request_received(message, addr[:2], self._outlet)
        return True

    def check_state(self, pair: CandidatePair, state: CandidatePair.State) -> None:
        """Remember where our own check was answered: media goes nowhere else (RFC 7675)."""
        super().check_state(pair, state)
        if state is CandidatePair.State.SUCCEEDED:
            self.checked.add(pair.remote_addr)
            self.hearing.answered = self.now()

    def data_received(self, datagram: bytes, component: int) -> None:
        """A DTLS datagram from an owned address; the oldest gives way."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait((datagram, component))

    def reach(self, host: str, port: int) -> None:
        """Check an address first. Only the self test's client does: a server never probes an address it was told."""
        self.ice_controlling = False
        self.reply = (host, port)
        self._add_remote_candidate(Candidate("1", 1, "udp", 2130706431, host, port, "host"), host)

    async def sendto(self, datagram: bytes, component: int) -> None:
        """DTLS to the address that the browser last used."""
        if self.reply is None:
            raise ConnectionError("no address yet")
        self._outlet.sendto(datagram, self.reply)

    async def query_consent(self) -> None:
        """Check the address in use every two seconds; the watch over arrivals, not this, ends a connection."""
        while not self._closing:
            await asyncio.sleep(CONSENT_S * random.uniform(0.9, 1.1))  # noqa: S311  # spreads load, hides nothing
            pair = next(iter(self._nominated.values()), None)
            if pair is None or self.reply is None:
                continue
            request = self.build_request(pair, nominate=False)
            asked = self.now()
            try:
                await self._outlet.request(
                    request, self.reply[:2], integrity_key=(self.remote_password or "").encode(), retransmissions=0
                )
                self.hearing.answered = self.now()
                self.hearing.rtt = self.hearing.answered - asked
            except aioice_stun.TransactionError:
                continue

    def forget_check(self, addr: Address) -> None:
        """``addr`` belongs to somebody else now."""
        self.checked.discard(addr[:2])

    async def close(self) -> None:
        """Close; room is made for the marker that wakes a reader."""
        if self._queue.full():
            self._queue.get_nowait()
        await super().close()


class _Gatherer(RTCIceGatherer):
    def __init__(self, connection: SharedConnection) -> None:
        super().__init__(iceServers=[])  # never aiortc's default, a public server
        self._connection = connection


class Cipher:
    """One direction of SRTP with a buffer that is kept: ``view[:n]`` is the last packet that it made."""

    __slots__ = ("_handle", "_length", "_pointer", "_session", "view")

    def __init__(self, held: Session) -> None:
        self._session = held  # owns the context
        self._handle = held._srtp[0]
        self._pointer = ffi.new("unsigned char[]", MTU + 256)
        self._length = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self._pointer))

    def unprotect(self, datagram: bytes) -> int:
        """Bytes in clear, or -1: not authentic, replayed, malformed."""
        self._length[0] = size = len(datagram)
        ffi.memmove(self._pointer, datagram, size)
        return -1 if lib.srtp_unprotect(self._handle, self._pointer, self._length) else self._length[0]

    def unprotect_control(self, datagram: bytes) -> int:
        """The same for SRTCP."""
        self._length[0] = size = len(datagram)
        ffi.memmove(self._pointer, datagram, size)
        return -1 if lib.srtp_unprotect_rtcp(self._handle, self._pointer, self._length) else self._length[0]

    def protect_from(self, source: Cipher, size: int) -> int:
        """Protect the ``size`` bytes in clear that ``source`` holds; bytes on the wire, or -1."""
        self._length[0] = size
        ffi.memmove(self._pointer, source._pointer, size)
        return -1 if lib.srtp_protect(self._handle, self._pointer, self._length) else self._length[0]

    def protect(self, datagram: bytes) -> int:
        """Protect an RTP packet; bytes on the wire, or -1."""
        if len(datagram) > MTU:
            return -1
        self._length[0] = len(datagram)
        ffi.memmove(self._pointer, datagram, len(datagram))
        return -1 if lib.srtp_protect(self._handle, self._pointer, self._length) else self._length[0]

    def protect_control(self, datagram: bytes) -> int:
        """Protect a compound RTCP packet; bytes on the wire, or -1."""
        if len(datagram) > MTU:
            return -1
        self._length[0] = len(datagram)
        ffi.memmove(self._pointer, datagram, len(datagram))
        return -1 if lib.srtp_protect_rtcp(self._handle, self._pointer, self._length) else self._length[0]


class SecureTransport:
    """ICE, DTLS and SRTP of one peer connection; the server is the DTLS server and chooses the SRTP profile.

    :param role: ``client`` only for the start-up self test's other end.
    """

    def __init__(
        self, connection: SharedConnection, strict: bool, on_end: Callable[[], None], role: str = "server"
    ) -> None:
        self.connection = connection
        self._certificate = Certificate.generateCertificate()
        self._ice = RTCIceTransport(_Gatherer(connection))
        self._dtls = RTCDtlsTransport(self._ice, [self._certificate])
        self._dtls._set_role(role)
        self._dtls._srtp_profiles = [
            profile for profile in SRTP_PROFILES if not strict or profile.openssl_profile.decode() in _STRICT
        ]
        self._on_end = on_end

    @property
    def fingerprint(self) -> tuple[str, str]:
        """Our certificate's digest as the offer has it."""
        found = next(f for f in self._certificate.getFingerprints() if f.algorithm == "sha-256")
        return found.algorithm, found.value

    async def connect(self, ufrag: str, password: str, fingerprints: tuple[tuple[str, str], ...]) -> str:
        """Connect with the answer's parameters and return the SRTP profile's name (RFC 7714, RFC 5764).

        :raises ConnectionError: when ICE or DTLS fails; the caller sets the deadline.
        """
        await self._ice.iceGatherer.gather()
        await self._ice.start(RTCIceParameters(usernameFragment=ufrag, password=password))
        if self._ice.state != "completed":
            raise ConnectionError("ice")
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(name, digest) for name, digest in fingerprints]))
        if self._dtls.state != "connected":
            raise ConnectionError("dtls")
        self._dtls.on("statechange", self._ended)
        link = self._dtls._ssl
        chosen = link.get_selected_srtp_profile().decode().removeprefix("SRTP_") if link else ""
        return _AS_REGISTERED.get(chosen, chosen)

    def ciphers(self) -> tuple[Cipher, Cipher]:
        """(what comes in, what goes out), once connected."""
        return Cipher(self._dtls._rx_srtp), Cipher(self._dtls._tx_srtp)

    def _ended(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._on_end()

    async def close(self) -> None:
        """Say goodbye (a DTLS alert) and stop; safe to call twice."""
        self._dtls.remove_all_listeners()
        await self._dtls.stop()
        await self._ice.stop()
