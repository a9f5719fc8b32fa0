"""Who sends a batch of claims to whom, under which numbers, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing_hooks.claims import letters
from billing_hooks.errors import Refused

VERSION = "005010X222A1"
_MOST_CONTROL = 999_999_999


@dataclass(frozen=True, slots=True)
class Sender:
    """Who submits (1000A): the practice or its clearinghouse account. `id` as the receiver gave it (NM109, ISA06,
    GS02); `phone` ten digits; `qualifier` ISA05."""

    name: str
    id: str
    contact: str
    phone: str
    mail: str = ""
    qualifier: str = "ZZ"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who takes the batch (1000B): a payer or a clearinghouse. `id` NM109, ISA08, GS03; `qualifier` ISA07."""

    name: str
    id: str
    qualifier: str = "ZZ"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of a batch. `control` ISA13 and `group` GS06, both never used before with this receiver; `reference`
    BHT03, ours; `at` on the practice's clock; `production` ISA15 P, else a test (T)."""

    sender: Sender
    receiver: Receiver
    control: int
    group: int
    reference: str
    at: datetime
    production: bool = False

    def check(self) -> None:
        """Errors: Refused("batch-incomplete") naming what cannot be written."""
        sender, receiver = self.sender, self.receiver
        known = (
            ("the sender's name", letters.text(sender.name), 60), ("the sender's id", letters.number(sender.id), 15),
            ("the sender's contact", letters.text(sender.contact), 60),
            ("the sender's telephone", sender.phone if sender.phone.isdigit() else "", 10),
            ("the receiver's name", letters.text(receiver.name), 60),
            ("the receiver's id", letters.number(receiver.id), 15),
            ("the batch's reference", letters.number(self.reference), 30),
        )  # fmt: skip
        lacks = [words for words, value, most in known if not 0 < len(value) <= most]
        lacks += [words for words, value in (("the sender's id", sender.id), ("the receiver's id", receiver.id))
                  if len(value.strip()) < 2]  # fmt: skip
        if sender.mail and not letters.mail(sender.mail):
            lacks.append("the sender's mail address")
        if not 1 <= self.control <= _MOST_CONTROL or not 1 <= self.group <= _MOST_CONTROL:
            lacks.append("its control numbers")
        if lacks:
            named = ", ".join(dict.fromkeys(lacks))
            raise Refused("batch-incomplete", f"The batch cannot be written: missing or too long: {named}.")
