"""Batches of claims as 837 professional files (005010X222A1), segment by segment. Pure.

Nothing is held but the counts: ten thousand claims take the memory of one. Claims that come one after the other and
share who bills, whose plan it is and who was treated share those loops; `order` brings them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from billing_hooks.claims import emit_claim, emit_parties
from billing_hooks.claims.claim import Claim, Person, Plan, Practice, Rank
from billing_hooks.claims.envelope import VERSION, Envelope
from billing_hooks.claims.fields import fields
from billing_hooks.claims.letters import mail, number, text
from billing_hooks.errors import Refused
from billing_hooks.x12 import segment

# The guide's own recommendation for the claims of one transaction (TR3 §1.4.1).
MOST_CLAIMS = 5000


def order(claim: Claim) -> tuple[str, ...]:
    """What to sort claims by before they are written, so that they share what they can."""
    plan = claim.plan
    return (
        claim.practice.provider.npi, claim.practice.address.zip, plan.payer_id, plan.member, claim.rank.value,
        plan.relation, claim.client.family, claim.client.given, str(claim.client.birth_date), claim.id,
    )  # fmt: skip


def chunks(envelope: Envelope, claims: Iterable[Claim], most_claims: int = MOST_CLAIMS) -> Iterator[bytes]:
    """The file in pieces, each segment on a line of its own. Write it beside its place and move it there whole: a claim
    that cannot be written ends it in the middle.

    Errors: Refused("batch-incomplete" | "batch-empty" | "claim-unwritable"), the last naming claim and field.
    """
    held: list[str] = []
    for each in segments(envelope, claims, most_claims):
        held.append(each)
        if len(held) >= 512:
            yield ("\n".join(held) + "\n").encode("ascii")
            held.clear()
    yield ("\n".join(held) + "\n").encode("ascii")


def segments(envelope: Envelope, claims: Iterable[Claim], most_claims: int = MOST_CLAIMS) -> Iterator[str]:
    """The file's segments, each with its end. Errors as `chunks`."""
    envelope.check()
    sender, receiver = envelope.sender, envelope.receiver
    day, time = envelope.at.strftime("%Y%m%d"), envelope.at.strftime("%H%M")
    who, whom = number(sender.id), number(receiver.id)
    parties = f"{sender.qualifier}*{who:<15}*{receiver.qualifier}*{whom:<15}"
    usage = "P" if envelope.production else "T"
    yield f"ISA*00*{'':10}*00*{'':10}*{parties}*{day[2:]}*{time}*^*00501*{envelope.control:09}*0*{usage}*:~"
    yield segment("GS", "HC", who, whom, day, time, str(envelope.group), "X", VERSION)
    transactions = 0
    source = iter(claims)
    upcoming = next(source, None)
    if upcoming is None:
        raise Refused("batch-empty", "There is no claim in this batch: release encounters first.")
    while upcoming is not None:
        transactions += 1
        writer = _Transaction(envelope, transactions)
        yield from writer.opened(day, time)
        while upcoming is not None and writer.claims < most_claims:
            yield from writer.add(upcoming)
            upcoming = next(source, None)
        yield writer.closed()
    yield segment("GE", str(transactions), str(envelope.group))
    yield segment("IEA", "1", f"{envelope.control:09}")


def transaction_of(place: int, most_claims: int = MOST_CLAIMS) -> str:
    """ST02 of the transaction that the claim at this place of the batch (from 0) stands in: what a 999 names."""
    return f"{place // most_claims + 1:04}"


def check(claim: Claim) -> None:
    """Errors: Refused("claim-unwritable"), naming the claim and the first field that cannot be written."""
    for field in fields(claim):
        wrong = field.wrong
        if wrong:
            raise Refused("claim-unwritable", f"Claim {claim.id[:40]}, {field.place}: {wrong}")


@dataclass(slots=True)
class _Level:
    """A place in the hierarchy: its number and what it is about."""

    number: int = 0
    about: object = None


class _Transaction:
    """One ST to SE: counts segments and the hierarchy's levels, and knows which loops are open."""

    def __init__(self, envelope: Envelope, place: int) -> None:
        self._envelope = envelope
        self._number = f"{place:04}"
        self._reference = number(envelope.reference) + (f"-{place}" if place > 1 else "")
        self._count = 0
        self._levels = 0
        self._practice = _Level()
        self._subscriber = _Level()
        self._client = _Level()
        self.claims = 0

    def opened(self, day: str, time: str) -> list[str]:
        """ST to 1000B."""
        sender, receiver = self._envelope.sender, self._envelope.receiver
        ways = ("TE", sender.phone, "EM", mail(sender.mail)) if sender.mail else ("TE", sender.phone)
        return self._counted([
            segment("ST", "837", self._number, VERSION),
            segment("BHT", "0019", "00", self._reference, day, time, "CH"),
            segment("NM1", "41", "2", text(sender.name), "", "", "", "", "46", number(sender.id)),
            segment("PER", "IC", text(sender.contact), *ways),
            segment("NM1", "40", "2", text(receiver.name), "", "", "", "", "46", number(receiver.id)),
        ])  # fmt: skip

    def add(self, claim: Claim) -> list[str]:
        """The claim's segments, with the levels above it that are not open yet."""
        check(claim)
        found = [
            *self._billing(claim.practice),
            *self._insured(claim.client, claim.plan, claim.rank),
            *emit_claim.write(claim),
        ]
        self.claims += 1
        return self._counted(found)

    def closed(self) -> str:
        """SE, which counts itself."""
        return segment("SE", str(self._count + 1), self._number)

    def _billing(self, practice: Practice) -> list[str]:
        if self._practice.about == practice:
            return []
        self._practice = _Level(self._next(), practice)
        self._subscriber = self._client = _Level()
        return emit_parties.practice(practice, self._practice.number)

    def _insured(self, client: Person, plan: Plan, rank: Rank) -> list[str]:
        # A subscriber's own claims stand under another level than a dependent's: HL04 tells which kind follows.
        about = (client if plan.subscriber is None else None, plan, rank)
        found = []
        if self._subscriber.about != about:
            self._subscriber, self._client = _Level(self._next(), about), _Level()
            found = emit_parties.subscriber(client, plan, rank, self._subscriber.number, self._practice.number)
        if plan.subscriber is not None and self._client.about != client:
            self._client = _Level(self._next(), client)
            found += emit_parties.dependent(client, plan, self._client.number, self._subscriber.number)
        return found

    def _next(self) -> int:
        self._levels += 1
        return self._levels

    def _counted(self, found: list[str]) -> list[str]:
        self._count += len(found)
        return found
