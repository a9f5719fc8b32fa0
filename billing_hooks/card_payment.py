"""Payment by card at the practice's own processor: the address that is shown, the notice that comes back. Pure.

Cards are entered on the processor's page alone; nothing of a card has a place here, and a notice that says more than
the four things it should is refused whole, unread and unrepeated (PCI DSS 4.0, 3.2.1: keep as little as possible).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from billing_hooks.claims.claim import Cents
from billing_hooks.errors import Malformed
from billing_hooks.strict import parse_json

LARGEST = 4 * 1024
"""Bytes of a notice, with room to spare."""
_MEMBERS = frozenset({"reference", "cents", "currency", "receipt"})
_PREFIX, _NAMED, _REFERENCE = "enc_", 6, 20
# A receipt's number begins with a letter: the number of a card does not.
_RECEIPT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_FORM = re.compile(rf"[a-z2-7]{{{_REFERENCE}}}", re.ASCII)
_MOST = 999_999_999  # cents


@dataclass(frozen=True, slots=True)
class Notice:
    """What a processor says: so much came for this reference (below nothing: was paid back), with its own receipt."""

    reference: str
    cents: Cents
    receipt: str

    @property
    def key(self) -> str:
        """What the ledger knows this receipt by: never that of an amount which a person entered (those are shorter)."""
        return hashlib.sha256(self.receipt.encode("ascii")).hexdigest()[:32]

    @property
    def way(self) -> str:
        """How it came, in words."""
        return f"card, {self.receipt}"


def read(raw: bytes) -> Notice:
    """The notice in a delivery's body. No message repeats what was sent: it may be what has no place here.

    Errors: Malformed("too-large" | "notice-fields" | "notice-malformed").
    """
    if len(raw) > LARGEST:
        raise Malformed("too-large", f"A notice of a payment has at most {LARGEST // 1024} KiB.")
    try:
        found = parse_json(raw)
    except Malformed:
        say = "A notice is one JSON object in UTF-8, each of its members once, its numbers whole."
        raise Malformed("notice-malformed", say) from None
    if not isinstance(found, dict) or found.keys() != _MEMBERS:
        raise Malformed(
            "notice-fields",
            "A notice says reference, cents, currency and receipt, and nothing else. Nothing of it was kept. Send no "
            "card number and no name here: they stay with the card processor.",
        )
    said = cast("dict[str, object]", found)
    reference, cents, receipt = said["reference"], said["cents"], said["receipt"]
    if not isinstance(reference, str) or not _FORM.fullmatch(reference):
        raise Malformed("notice-malformed", f"reference is the {_REFERENCE} letters and digits that were shown.")
    if type(cents) is not int or not 0 < abs(cents) <= _MOST:
        raise Malformed("notice-malformed", "cents is a whole number of cents; below nothing it was paid back.")
    if said["currency"] != "usd":
        raise Malformed("notice-malformed", "currency is usd: the books are kept in dollars.")
    if not isinstance(receipt, str) or not _RECEIPT.fullmatch(receipt):
        raise Malformed(
            "notice-malformed",
            "receipt is the processor's number of this payment: a letter, then up to 63 letters, digits, _ . or -.",
        )
    return Notice(reference, cents, receipt)


def reference(encounter: str, digest: bytes) -> str:
    """What a visit's account is called outside: 30 bits by which it is found, 70 of a `digest` under our key by which
    nobody finds it who was not shown it. An id is a hash already: nothing of a person is in it."""
    drawn = base64.b32encode(digest).decode("ascii").lower()
    return encounter.removeprefix(_PREFIX)[:_NAMED] + drawn[: _REFERENCE - _NAMED]


def begins(reference: str) -> str:
    """How the id of the encounter begins that a reference may name."""
    return _PREFIX + reference[:_NAMED]


def asked(dues: Iterable[tuple[str, Cents]]) -> tuple[tuple[str, Cents], ...]:
    """What may be paid now, by visit in the order given: never more than the client owes over all of them, for a
    credit of one visit stands against what others left open."""
    known = tuple(dues)
    left = sum(cents for _, cents in known)
    found: list[tuple[str, Cents]] = []
    for each, cents in known:
        part = min(cents, left)
        if part > 0:
            found.append((each, part))
            left -= part
    return tuple(found)


def address(page: str, reference: str, cents: Cents) -> str:
    """The processor's page for one visit's part: `page` as the setting has it, its places filled in."""
    return page.replace("{reference}", reference).replace("{cents}", str(cents))
