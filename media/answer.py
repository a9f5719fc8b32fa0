"""The answer's grammar, read before anything else sees a browser's SDP. Pure.

The server offered one fixed table, so an answer has little freedom: exactly the offered m-lines, sending and receiving
at most where it was asked to, DTLS role active, payload types and extensions from the table, a strong fingerprint, ICE
credentials of the lengths of RFC 8839. Addresses in it are ignored: the server learns addresses from authenticated
checks alone, so that nobody can make it probe one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from media.errors import Malformed
from media.offer import ABS_SEND_TIME, ABS_SEND_TIME_URI, AUDIO_LEVEL, AUDIO_LEVEL_URI, PAYLOAD_TYPES
from media.sections import ALONE, Section, Sending

MAX_BYTES = 24 * 1024
MAX_LINES = 600
MAX_LINE = 1024

_SAY = "Your browser's answer could not be read. Please reload the page."
_LINE = re.compile(r"[a-z]=[\x20-\x7e]*")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_DIGEST = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2})*")
_CNAME = re.compile(r"[A-Za-z0-9+/={}_.:@-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_DIRECTIONS = {
    "sendrecv": frozenset({"sendrecv", "sendonly", "recvonly", "inactive"}),
    "sendonly": frozenset({"recvonly", "inactive"}),
    "recvonly": frozenset({"sendonly", "inactive"}),
    "inactive": frozenset({"inactive"}),
}
"""What may be answered to an offered direction (RFC 8829 section 5.3.1)."""
_EXTENSIONS = {
    "audio": {AUDIO_LEVEL: AUDIO_LEVEL_URI},
    "video": {ABS_SEND_TIME: ABS_SEND_TIME_URI},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What of an answer matters.

    :param fingerprints: ``(hash name, digest)``, sha-256 or stronger only.
    :param sending: at most one a section; only from sections in which the browser sends.
    :param receiving: the mids of the sections in which the browser receives.
    """

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    sending: tuple[Sending, ...]
    receiving: frozenset[str]

    @property
    def ssrcs(self) -> frozenset[int]:
        """Every SSRC that was negotiated."""
        return frozenset(ssrc for sending in self.sending for ssrc in sending.ssrcs)


@dataclass(slots=True)
class _Section:
    """The attributes of the whole description or of one m-line, in order."""

    head: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]

    def one(self, name: str, above: _Section) -> str:
        """The only value of ``name`` here, or above; the same value said twice is one value."""
        values = set(self.all(name) or above.all(name))
        if len(values) != 1:
            raise _no(f"answer-{name}")
        return values.pop()


def _no(code: str) -> Malformed:
    return Malformed(code, _SAY)


def _sections(sdp: str, count: int) -> tuple[_Section, list[_Section]]:
    if len(sdp) > MAX_BYTES:
        raise _no("answer-too-long")
    if not sdp.isascii():
        raise _no("answer-not-ascii")
    lines = sdp.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        raise _no("answer-too-long")
    if lines[0] != "v=0":
        raise _no("answer-not-sdp")
    whole = _Section()
    parts: list[_Section] = []
    for line in lines:
        if not _LINE.fullmatch(line):
            raise _no("answer-not-sdp")
        if line.startswith("m="):
            if len(parts) == count:
                raise _no("answer-m-lines")
            parts.append(_Section(line[2:]))
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            (parts[-1] if parts else whole).attributes.append((name, value))
    if len(parts) != count:
        raise _no("answer-m-lines")
    return whole, parts


def _check_section(line: Section, part: _Section) -> None:
    words = part.head.split(" ")
    if len(words) < 4 or words[0] != line.kind or words[2] != "UDP/TLS/RTP/SAVPF":
        raise _no("answer-m-lines")
    if words[1] == "0":
        raise _no("answer-refuses-a-line")
    offered = PAYLOAD_TYPES[line.kind]
    taken = [int(word) for word in words[3:] if _NUMBER.fullmatch(word)]
    if len(taken) != len(words) - 3 or offered[0] not in taken or not set(taken) <= set(offered):
        raise _no("answer-payload-types")
    if part.all("mid") != [line.mid]:
        raise _no("answer-mid")
    if "rtcp-mux" not in (name for name, _ in part.attributes):
        raise _no("answer-rtcp-mux")
    for value in part.all("extmap"):
        number, _, uri = value.partition(" ")
        number = number.partition("/")[0]
        if not _NUMBER.fullmatch(number) or _EXTENSIONS[line.kind].get(int(number)) != uri.split(" ")[0]:
            raise _no("answer-extmap")


def _fingerprints(whole: _Section, parts: list[_Section]) -> tuple[tuple[str, str], ...]:
    sets = {tuple(sorted(part.all("fingerprint") or whole.all("fingerprint"))) for part in parts}
    if len(sets) != 1:  # bundled m-lines share one transport and so one certificate (RFC 9143)
        raise _no("answer-fingerprint")
    strong = []
    for value in sets.pop():
        name, _, digest = value.partition(" ")
        name, digest = name.lower(), digest.upper()
        size = _DIGEST_BYTES.get(name)
        if size is None:
            continue
        if not _DIGEST.fullmatch(digest) or len(digest) != 3 * size - 1:
            raise _no("answer-fingerprint")
        strong.append((name, digest))
    if not 1 <= len(strong) <= 8:
        raise _no("answer-fingerprint")
    return tuple(strong)


def _ssrc(word: str) -> int:
    number = int(word) if _NUMBER.fullmatch(word) else 0
    if not 0 < number < 1 << 32:
        raise _no("answer-ssrc")
    return number


def _declared(part: _Section) -> Iterator[tuple[int, str]]:
    """(SSRC, cname or "") for each a=ssrc line."""
    for value in part.all("ssrc"):
        number, _, rest = value.partition(" ")
        name, _, cname = rest.partition(":")
        yield _ssrc(number), cname if name == "cname" else ""


def _sending(line: Section, part: _Section) -> Sending | None:
    order: dict[int, str] = {}
    for ssrc, cname in _declared(part):
        order[ssrc] = order.get(ssrc) or cname
    groups = [value.split(" ") for value in part.all("ssrc-group")]
    if not order:
        return None
    rtx: int | None = None
    first = next(iter(order))
    if groups:
        if line.kind != "video" or len(groups) != 1 or groups[0][0] != "FID" or len(groups[0]) != 3:
            raise _no("answer-ssrc-group")
        first, rtx = _ssrc(groups[0][1]), _ssrc(groups[0][2])
    expected = {first} if rtx is None else {first, rtx}
    if set(order) != expected or first == rtx:
        raise _no("answer-ssrc")
    cname = order[first] or "-"
    if not _CNAME.fullmatch(cname):
        raise _no("answer-cname")
    return Sending(line.kind, first, rtx, cname, screen=line.direction == "recvonly")


def _direction(line: Section, part: _Section) -> str:
    named = [name for name, value in part.attributes if name in _DIRECTIONS and not value]
    direction = named[0] if named else "sendrecv"
    if len(named) > 1 or direction not in _DIRECTIONS[line.direction]:
        raise _no("answer-direction")
    return direction


def read(sdp: str, offered: Sequence[Section] = ALONE) -> Answer:
    """Read a browser's answer to our offer of these sections.

    :raises Malformed: with a code that names what is wrong; nothing of the text is repeated in it.
    """
    whole, parts = _sections(sdp, len(offered))
    if whole.all("group") != ["BUNDLE " + " ".join(line.mid for line in offered)]:
        raise _no("answer-group")
    sending: list[Sending] = []
    receiving: set[str] = set()
    credentials: set[tuple[str, str]] = set()
    for line, part in zip(offered, parts, strict=True):
        _check_section(line, part)
        if part.one("setup", whole) != "active":
            raise _no("answer-setup")
        credentials.add((part.one("ice-ufrag", whole), part.one("ice-pwd", whole)))
        direction = _direction(line, part)
        if direction in ("sendrecv", "sendonly"):
            # Firefox names an SSRC on recvonly m-lines as well: only lines that send negotiate one.
            sender = _sending(line, part)
            sending += [sender] if sender else []
        if direction in ("sendrecv", "recvonly"):
            receiving.add(line.mid)
    if len(credentials) != 1:
        raise _no("answer-ice")
    ufrag, password = credentials.pop()
    if not _UFRAG.fullmatch(ufrag) or not _PASSWORD.fullmatch(password):
        raise _no("answer-ice")
    answer = Answer(ufrag, password, _fingerprints(whole, parts), tuple(sending), frozenset(receiving))
    if len(answer.ssrcs) != sum(len(sender.ssrcs) for sender in sending):
        raise _no("answer-ssrc")
    return answer
