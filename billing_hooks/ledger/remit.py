"""Posting a whole 835: read to its end and added up first, then decision by decision, so nothing is half posted. Pure.

`check` is the first reading and refuses what does not hold; `steps` is the second, for a store that posts each decision
to its encounter (`posting.judge`) and keeps `posting.unknown` where it finds none; `post` does that to a `Book`.
Decisions of one payment, those that wait, those that nobody knows and what moves beside them come to what was paid:
`Posted.holds` says so. The file may come again, or its payment in another file: keys make both do nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, assert_never

from billing_hooks.claims.claim import Cents
from billing_hooks.errors import Refused
from billing_hooks.ledger import balances, posting
from billing_hooks.ledger.accounts import Account, Check, Waiting
from billing_hooks.ledger.entries import Entry, Kind, dollars
from billing_hooks.ledger.posting import Result
from billing_hooks.replies.ack_277 import Answered
from billing_hooks.replies.ack_999 import EnvelopeAnswer, GroupAnswer
from billing_hooks.replies.reading import KINDS, Source, replies
from billing_hooks.replies.remit_835 import KIND
from billing_hooks.replies.remittance import PaidClaim, Payment, PaymentEnd
from billing_hooks.x12_envelopes import Ours

BESIDE = {
    "WO": "taken back", "L6": "interest", "FB": "carried forward", "CS": "adjusted", "72": "refund acknowledged",
    "J1": "not reimbursed", "IR": "withheld for taxes", "AP": "advance payment", "50": "late filing", "B2": "rebate",
    "WU": "collected for unpaid debts", "90": "early payment", "LE": "levy", "E3": "withheld",
}  # fmt: skip
Progress = Callable[[int, int], None]
"""Told (claims done, claims in all)."""
_TOLD_EVERY = 100


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment of a file that holds: its check, what it is, how many claims, and the sum of what moves beside."""

    check: Check
    cents: Cents
    claims: int
    beside: Cents


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole file that holds. `keys` of its envelopes, to be kept so that it is known when it comes again; `kinds` of
    transactions in it."""

    keys: tuple[str, ...]
    payments: tuple[Paid, ...]
    kinds: tuple[str, ...]

    @property
    def acknowledges(self) -> bool:
        """Whether something that is no payment stands in it too."""
        return any(each != KIND.transaction for each in self.kinds)

    @property
    def claims(self) -> int:
        """How many decisions are in it."""
        return sum(each.claims for each in self.payments)


@dataclass(frozen=True, slots=True)
class Step:
    """One decision to be posted; `nth` of its like in its payment."""

    check: Check
    paid: PaidClaim
    nth: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What moves beside the claims of a payment, and the payment's end. `key` what the payment is known by."""

    check: Check
    cents: Cents
    entries: tuple[Entry, ...]
    key: str


class Book(Protocol):
    """Where accounts are kept."""

    def account(self, claim: str, payer_number: str) -> Account | None:
        """That of the visit which a claim of ours is about, by its number (CLM01) or the payer's."""

    def keep(self, account: Account) -> None:
        """An account after a decision."""

    def unknown(self, one: Waiting) -> None:
        """A decision about a claim that nobody knows; the same key may come again."""

    def beside(self, entries: tuple[Entry, ...]) -> bool:
        """What moves between payer and practice; whether it is new."""


@dataclass(slots=True)
class Posted:
    """What became of a payment's decisions, in cents and in number, and what a person should look at."""

    check: Check
    key: str = ""
    cents: Cents = 0
    beside: Cents = 0
    came: dict[str, Cents] = field(default_factory=dict)
    many: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def plus(self, what: str, cents: Cents) -> None:
        """One more decision of that fate."""
        self.came[what] = self.came.get(what, 0) + cents
        self.many[what] = self.many.get(what, 0) + 1

    @property
    def holds(self) -> bool:
        """Whether every cent of the payment is somewhere."""
        return self.cents == sum(self.came.values()) - self.beside


def check(
    source: Source, ours: Ours, today: date, payees: Collection[str] = (), known: Mapping[str, Cents] | None = None,
    kinds: Collection[str] = KINDS,
) -> Checked:  # fmt: skip
    """The file read to its end and added up; acknowledgments that stand in it too are read, and named in `kinds`.

    `payees` our NPIs and tax numbers (none: any), `known` what payments posted before came to, by `number` of their
    check, `kinds` what may stand in it. Errors: Malformed; Refused("835-line-unbalanced" | "835-claim-unbalanced" |
    "835-payment-unbalanced" | "835-not-ours" | "835-payment-differs"), each naming the segment and element.
    """
    keys: dict[str, None] = {}
    found: dict[str, None] = {}
    before = dict(known or {})
    made: list[Paid] = []
    total: balances.Sum | None = None
    for each in replies(source, ours, kinds):
        match each:
            case EnvelopeAnswer() | GroupAnswer() | Answered():
                found[each.envelope.kind] = None
                if each.envelope.group:
                    keys[each.envelope.key] = None
            case Payment():
                found[each.envelope.kind] = None
                keys[each.envelope.key] = None
                _may(each, payees, before)
                total = balances.Sum(each)
            case PaidClaim() if total is not None:
                total.plus(each)
            case PaymentEnd() if total is not None:
                total.ends(each)
                beside = sum(one.cents for one in each.adjustments)
                made.append(Paid(_check(total.payment, today), total.payment.cents, each.claims, beside))
            case _:
                raise ValueError("an 835 begins with its payment")
    return Checked(tuple(keys), tuple(made), tuple(found))


def number(check: Check) -> str:
    """What a payment is known by: the payer's number and the check's or transfer's."""
    return f"{check.payer}/{check.trace}"


def _may(payment: Payment, payees: Collection[str], before: dict[str, Cents]) -> None:
    """Whether a payment is for us, and is not another under a number that was used."""
    if payees and not set(payment.payees) & set(payees):
        say = f"it is paid to {payment.payee[:20] or 'nobody that is named'}, who is not us. Give it to whom it is for."
        raise Refused("835-not-ours", f"Segment {payment.segment} (BPR): {say} Nothing of the file was posted.")
    named = number(_check(payment, date.min))
    if before.setdefault(named, payment.cents) != payment.cents:
        say = f"{dollars(before[named])} came under number {payment.trace[:30]} before, here it is "
        say += f"{dollars(payment.cents)}. Ask the payer which is right; nothing of the file was posted."
        raise Refused("835-payment-differs", f"Segment {payment.segment + 1} (TRN02): {say}")


def _check(payment: Payment, today: date) -> Check:
    return Check(payment.payer_id, payment.trace, payment.day or today, payment.payer)


def steps(source: Source, ours: Ours, today: date) -> Iterator[Step | Beside]:
    """Each decision of a file that `check` let through, each payment's followed by what moves beside them."""
    now: Check | None = None
    cents, seen, mark, named = 0, dict[int, int](), 0, ""
    for each in replies(source, ours):
        match each:
            case EnvelopeAnswer() | GroupAnswer() | Answered():
                pass
            case Payment():
                now, cents, seen, mark = _check(each, today), each.cents, {}, 0
                named = number(now)
                if not cents:
                    # A payment of nothing has no check: payers write the same number (`0`) on many of them. So it is
                    # known by its day and its decisions too, in whatever order these come.
                    named += f"/{each.day.isoformat() if each.day else ''}"
            case PaidClaim() if now is not None:
                # Eight bytes for each decision are kept, not its key: a payment may have a hundred thousand.
                like = _mark(posting.key(now, each), 8)
                nth = seen.get(like, 0)
                seen[like] = nth + 1
                if not cents:
                    mark = (mark + _mark(f"{posting.key(now, each)}/{posting.content(each)}", 16)) % 2**128
                yield Step(now, each, nth)
            case PaymentEnd() if now is not None:
                known_by = named if cents else f"{named}/{mark:032x}"
                yield Beside(now, cents, tuple(_beside(now, each, known_by)), known_by)
            case _:
                raise ValueError("an 835 begins with its payment")


def _mark(text: str, size: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size).digest(), "big")


def _beside(now: Check, end: PaymentEnd, payment: str) -> Iterator[Entry]:
    """Each under what it says, so that another order or another file makes no other entry of it."""
    cause, seen = f"835/{payment}/beside", dict[int, int]()
    for each in end.adjustments:
        mark = _mark(f"{each.code}/{each.cents}/{each.reference}", 8)
        nth = seen.get(mark, 0)
        seen[mark] = nth + 1
        yield Entry(
            f"{cause}/{mark:016x}/{nth}", cause, Kind.BESIDE, "", each.reference, "", each.cents, now.day, "",
            each.code, now.payer, now.trace, each.segment,
        )  # fmt: skip


def post(source: Source, ours: Ours, book: Book, checked: Checked, today: date, progress: Progress) -> list[Posted]:
    """Every decision of a file that `check` let through, posted to a book; what became of each payment."""
    made: list[Posted] = []
    done, total = 0, checked.claims
    current: Posted | None = None
    progress(0, total)
    for each in steps(source, ours, today):
        if current is None:
            current = Posted(each.check)
        match each:
            case Step():
                _one(book, current, each)
                done += 1
                if done % _TOLD_EVERY == 0:
                    progress(done, total)
            case Beside():
                book.beside(each.entries)
                current.cents, current.beside = each.cents, sum(one.cents for one in each.entries)
                made.append(current)
                current = None
            case _:
                assert_never(each)
    progress(done, total)
    return made


def _one(book: Book, current: Posted, step: Step) -> None:
    account = book.account(step.paid.claim, step.paid.payer_number)
    if account is None:
        book.unknown(posting.unknown(step.check, step.paid, step.nth))
        current.plus("unknown", step.paid.paid)
        return
    found = posting.judge(account, step.check, step.paid, step.nth)
    if found.account is not account:
        book.keep(found.account)
    current.plus(found.result.value, step.paid.paid)
    current.remarks += found.remarks[: max(0, 200 - len(current.remarks))]
    if found.result is Result.WAITING:
        why = next((one.why for one in found.account.waiting if one.paid is step.paid), "")
        current.many[why] = current.many.get(why, 0) + bool(why)
