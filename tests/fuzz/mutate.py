"""Mutations that know what they change: bytes, lines of SDP, JSON, RTCP compounds, RTP headers, STUN attributes.

Each takes the chance (a seeded `random.Random`), a sample and the samples found so far, and gives a new sample.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from struct import pack, unpack_from
from typing import Any

EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 191, 192, 223, 224, 254, 255)
WIDE = (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LETTERS = "09 :,=-/+.aZ~\t\x00\x7f\u00e9\u0660\u20ac\ud800\U0001f600"


def some_bytes(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """Bits flipped, numbers at their edges, pieces cut, doubled, moved and taken from other samples."""
    made = bytearray(sample)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(8):
            case 0 if made:
                made[at % len(made)] ^= 1 << chance.randrange(8)
            case 1 if made:
                made[at % len(made)] = chance.choice(EDGES)
            case 2:
                size = chance.choice((2, 4))
                made[at : at + size] = (chance.choice(WIDE) & (1 << 8 * size) - 1).to_bytes(size, "big")
            case 3:
                del made[at : at + chance.randint(1, 8)]
            case 4:
                made[at:at] = made[chance.randrange(len(made) + 1) :][: chance.randint(1, 40)]
            case 5:
                made[at:at] = chance.randbytes(chance.randint(1, 8))
            case 6:
                del made[at:]
            case _:
                other = chance.choice(pool)
                made[at:] = other[chance.randrange(len(other) + 1) :]
    return bytes(made[:4096])


def text(chance: Random, sample: str, pool: Sequence[str]) -> str:
    """Letters changed, cut, doubled, inserted; the rest of another sample."""
    made = sample
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(5):
            case 0:
                made = made[:at] + chance.choice(LETTERS) + made[at + 1 :]
            case 1:
                made = made[:at] + made[at + chance.randint(1, 12) :]
            case 2:
                made = made[:at] + made[chance.randrange(len(made) + 1) :][: chance.randint(1, 40)] + made[at:]
            case 3:
                made = made[:at] + chance.choice(LETTERS) * chance.choice((1, 2, 30)) + made[at:]
            case _:
                other = chance.choice(pool)
                made = made[:at] + other[chance.randrange(len(other) + 1) :]
    return made[:70_000]


def lines(chance: Random, sample: str, pool: Sequence[str]) -> str:
    """SDP: whole lines dropped, doubled, moved, borrowed, given another's value; or letters within one."""
    made = sample.split("\r\n")
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(made))
        match chance.randrange(8):
            case 0 if len(made) > 1:
                del made[at]
            case 1:
                made.insert(at, chance.choice(made))
            case 2:
                made.insert(at, chance.choice(chance.choice(pool).split("\r\n")))
            case 3:
                made[at] = text(chance, made[at], made)
            case 4:
                name, colon, _ = made[at].partition(":")
                made[at] = name + colon + chance.choice(made).partition(":")[2]
            case 5:
                words = made[at].split(" ")
                chance.shuffle(words)
                made[at] = " ".join(words)
            case 6:
                words = made[at].split(" ")
                words[chance.randrange(len(words))] = chance.choice(("0", "4294967295", "4294967296", "-1", "", "111"))
                made[at] = " ".join(words)
            case _:
                start = chance.randrange(len(made))
                made[at:at] = made[start : start + chance.randint(1, 40)]
    return "\r\n".join(made)[:70_000]


def value(chance: Random, sample: Any, depth: int = 0) -> Any:
    """One place in a JSON value changed: another type, another edge, a member more, less or renamed."""
    if isinstance(sample, dict) and sample and chance.random() < 0.9:
        made = dict(sample)
        name = chance.choice(list(made))
        match chance.randrange(8):
            case 0:
                del made[name]
            case 1:
                made[text(chance, name, [name])[:200]] = made.pop(name)
            case 2:
                made[chance.choice(list(made))] = made[name]
            case 3:
                made[chance.choice(("type", "extra", "__proto__", "at", ""))] = scalar(chance)
            case _:
                made[name] = value(chance, made[name], depth + 1)
        return made
    if isinstance(sample, list) and sample and chance.random() < 0.9:
        made_list = list(sample)
        at = chance.randrange(len(made_list))
        match chance.randrange(6):
            case 0:
                del made_list[at]
            case 1:
                made_list.insert(at, made_list[chance.randrange(len(made_list))])
            case 2:
                made_list.insert(at, scalar(chance))
            case _:
                made_list[at] = value(chance, made_list[at], depth + 1)
        return made_list
    match chance.randrange(6):
        case 0 if isinstance(sample, str):
            return text(chance, sample, [sample])
        case 1 if isinstance(sample, int):
            return sample + chance.choice((-1, 1, 2**31, 2**53, -(2**63)))
        case 2:
            return [sample]
        case 3:
            return {"a": sample}
        case _:
            return scalar(chance)


def scalar(chance: Random) -> Any:
    """A JSON value at some edge."""
    return chance.choice(
        (None, True, False, 0, -1, 1, 2**31, 2**53, 2**64, 10**30, 0.5, -0.0, 1e308, "", "a", "\u0000", "\ud800",
         "9" * 400, "2026-11-20T16:51:58.412Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "par_5",
         [], {}, [[]])
    )  # fmt: skip


def rtcp(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """A compound whose packets change kind, count, length and order; mostly the lengths fit again afterwards."""
    packets: list[list[Any]] = []
    at = 0
    while len(sample) - at >= 4:
        first, kind, words = unpack_from(">BBH", sample, at)
        packets.append([first, kind, words, sample[at + 4 : at + 4 + 4 * words]])
        at += 4 + 4 * words
    if not packets or chance.random() < 0.1:
        return some_bytes(chance, sample, pool)[:1500]
    for _ in range(chance.randint(1, 4)):
        one = chance.choice(packets)
        match chance.randrange(7):
            case 0:
                one[0] = 0x80 | chance.randrange(64)
            case 1:
                one[1] = chance.choice((200, 201, 202, 203, 204, 205, 206, 207, chance.randrange(256)))
            case 2:
                one[3] = some_bytes(chance, one[3], pool)
            case 3:
                packets.insert(chance.randrange(len(packets) + 1), list(one))
            case 4 if len(packets) > 1:
                packets.remove(one)
            case 5:
                one[3] = one[3][: 4 * chance.randint(0, 1 + len(one[3]) // 4)]
            case _:
                one[2] = chance.choice(WIDE) & 0xFFFF
                one.append("as it says")
    made = b""
    for first, kind, words, body, *kept in packets:
        fitting = body + bytes(-len(body) % 4)
        made += pack(">BBH", first, kind, words if kept else len(fitting) // 4 & 0xFFFF) + fitting
    return made[:1500]


def rtp(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """A packet with other flags, contributing sources, extensions of any length, padding; or bytes changed."""
    if len(sample) < 12 or chance.random() < 0.2:
        return some_bytes(chance, sample, pool)[:1500]
    sources = chance.choice((0, 0, 0, 1, 15))
    flags = 0x80 | sources | chance.choice((0, 0x10, 0x20, 0x30))
    made = bytearray(sample[:12]) + chance.randbytes(4 * sources)
    made[0] = flags
    made[2:8] = chance.randbytes(6) if chance.random() < 0.5 else sample[2:8]
    if flags & 0x10:
        profile = chance.choice((b"\xbe\xde", b"\xbe\xde", b"\x10\x00", chance.randbytes(2)))
        body = b"".join(
            bytes((chance.choice((0x10, 0x1F, 0x00, 0xF0, 0x22, chance.randrange(256))),))
            + chance.randbytes(chance.randrange(6))
            for _ in range(chance.randrange(6))
        )
        body += bytes(-len(body) % 4)
        length = chance.choice((len(body) // 4, len(body) // 4, 0, 0xFFFF, len(body) // 4 + 1))
        made += profile + pack(">H", length) + body
    made += sample[12 : 12 + chance.choice((0, 1, 100, 1200))]
    if flags & 0x20 and made:
        made[-1] = chance.choice(EDGES)
    return bytes(made[:1480])


def attributes(sample: bytes) -> list[tuple[int, int, bytes]]:
    """(type, length as written, value) of a STUN message's attributes, as far as they go."""
    found = []
    at = 20
    while at + 4 <= len(sample):
        kind, size = unpack_from(">HH", sample, at)
        found.append((kind, size, sample[at + 4 : at + 4 + size]))
        at += 4 + size + -size % 4
    return found


def stun(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """Attributes of other types, lengths and values, more and fewer of them; the header's length mostly fits."""
    if len(sample) < 20 or chance.random() < 0.2:
        return some_bytes(chance, sample, pool)[:1400]
    parts = attributes(sample)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(parts)) if parts else 0
        known = chance.choice((0x0001, 0x0006, 0x0008, 0x0009, 0x0020, 0x0024, 0x0025, 0x8028, 0x8029, 0x802A, 0x8022))
        match chance.randrange(5):
            case 0 if parts:
                del parts[at]
            case 1:
                size = chance.randrange(24)
                parts.insert(at, (known, size, chance.randbytes(size)))
            case 2 if parts:
                kind, size, body = parts[at]
                parts[at] = kind, chance.choice((0, 1, 3, 5, size + 1, 0xFFFF)), body
            case 3 if parts:
                kind, size, body = parts[at]
                parts[at] = chance.choice((kind, known)), size, some_bytes(chance, body, pool)[:100]
            case _ if parts:
                parts.insert(chance.randrange(len(parts) + 1), parts[at])
    body = b"".join(pack(">HH", kind, size & 0xFFFF) + raw + bytes(-len(raw) % 4) for kind, size, raw in parts)
    kind = chance.choice((0x0001, 0x0001, 0x0101, 0x0111, 0x0011, 0x0003, chance.randrange(0x4000)))
    length = chance.choice((len(body), len(body), len(body), 0, 0xFFFF, len(body) + 4))
    return (pack(">HH", kind, length & 0xFFFF) + sample[4:20] + body)[:1400]


def json_text(chance: Random, sample: str, pool: Sequence[str]) -> str:
    """A JSON text changed in its structure; now and then in its letters."""
    if chance.random() < 0.2:
        return text(chance, sample, pool)
    try:
        made = json.loads(sample)
    except (ValueError, RecursionError):
        return text(chance, sample, pool)
    for _ in range(chance.randint(1, 3)):
        made = value(chance, made)
    return json.dumps(made)[:70_000]
