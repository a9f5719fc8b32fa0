"""The one module that touches private names of aiortc, aioice, pylibsrtp and pyOpenSSL. Shell (asyncio, aiortc).

:mod:`media.private` lists every such name with the reason.
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

ffi, lib = _binding.ffi, _binding.lib
MTU = 2048
QUEUE = 64
EARLY_CHECKS = 8
ADDRESSES = 64
"""That one browser may ever check from; aioice keeps every one, and searches them all."""
CONSENT_S = 2.0
"""Between our own checks: the answer also shows that packets still reach the browser. RFC 7675 asks for 5 s or less."""
AWAITED = 3
"""How many of those checks an answer is still taken to: a path with a round trip of seconds is slow, not gone."""

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
        self._asked: dict[bytes, tuple[Address, int]] = {}
        self.hearing = Hearing()
        self.now: Callable[[], int] = lambda: 0

    @property
    def _key(self) -> bytes:
        return (self.remote_password or "").encode()

    async def gather_candidates(self) -> None:
        """Nothing to gather: the offer names the advertised addresses."""
        self._local_candidates_start = self._local_candidates_end = True
        if not self._protocols and not self._closing:
            self._protocols.append(self._outlet)

    def dispatch(self, message: aioice_stun.Message, addr: Address) -> bool:
        """One parsed STUN message for this connection; whether it was authenticated."""
        if message.message_class is aioice_stun.Class.REQUEST:
            return self._request(message, addr)
        asked = self._asked.get(message.transaction_id)
        transaction = self._outlet.transactions.get(message.transaction_id)
        if (asked is None and transaction is None) or not message.check_message_integrity(self._key):
            return False
        if transaction is not None:
            transaction.response_received(message, addr[:2])
        elif asked is not None and asked[0] == addr[:2] and message.message_class is aioice_stun.Class.RESPONSE:
            del self._asked[message.transaction_id]
            self.checked.add(addr[:2])
            self.hearing.answered = self.now()
            self.hearing.rtt = self.hearing.answered - asked[1]
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

    @property
    def toward(self) -> Address | None:
        """Where DTLS and media may go: what the browser last used, if a check of ours was answered there."""
        if self.reply is not None and self.reply[:2] in self.checked:
            return self.reply
        return next((pair.remote_addr for pair in self._nominated.values()), None)

    async def sendto(self, datagram: bytes, component: int) -> None:
        """Send DTLS."""
        if self.toward is None:
            raise ConnectionError("no address yet")
        self._outlet.sendto(datagram, self.toward)

    async def query_consent(self) -> None:
        """Check the address in use every two seconds; the watch over arrivals, not this, ends a connection.

        aioice's own transactions would hear no answer after its first 500 ms, and RFC 7675 section 5.1 has each check
        sent once.
        """
        while not self._closing:
            await asyncio.sleep(CONSENT_S * random.uniform(0.9, 1.1))  # noqa: S311  # spreads load, hides nothing
            pair = next(iter(self._nominated.values()), None)
            if pair is None or self.reply is None:
                continue
            request = self.build_request(pair, nominate=False)
            request.add_message_integrity(self._key)
            if len(self._asked) >= AWAITED:
                del self._asked[next(iter(self._asked))]
            self._asked[request.transaction_id] = self.reply[:2], self.now()
            self._outlet.send_stun(request, self.reply[:2])

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
