"""One encounter's claims, entries and decisions, and what a person does with its money. Pure.

Each function gives a new account, or the same one where the same command came before; so clicks, retries and imports
may come in any number. One claim asks one payer for one visit: another is refused unless it replaces the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from billing_hooks.claims.claim import Cents, Claim, Frequency, Rank
from billing_hooks.errors import Refused
from billing_hooks.ledger.entries import Balance, Entry, Kind, balance, dollars
from billing_hooks.replies.remittance import REVERSAL, PaidClaim

_HANDS_ON = ("transfer/", "charge/")  # the causes that move a share between claims


@dataclass(frozen=True, slots=True)
class OurLine:
    """A line as it was asked: what a payer's line is matched with."""

    number: str
    code: str
    modifiers: tuple[str, ...]
    charge: Cents
    day: date


@dataclass(frozen=True, slots=True)
class OurClaim:
    """A claim as it was asked.

    `replaced` the claim that replaced or voided it, a void's own id, "" while it stands; `after` the claim to the payer
    before, from which it took over what was left; "" where it brought the charges itself.
    """

    id: str
    rank: Rank
    payer: str
    lines: tuple[OurLine, ...]
    replaced: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The payment a decision came with: the payer's number and name, the check's or transfer's number and day."""

    payer: str
    trace: str
    day: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A payer's decision that was posted. `named` the claim as they named it, which is an earlier payer's where that
    sent it on; `content` what it says of the money, the same for what takes it back; `undone` the key of the reversal,
    and a reversal's that of what it takes back; `added` where a person added it to a decision that stood."""

    key: str
    claim: str
    named: str
    check: Check
    payer_number: str
    status: str
    charge: Cents
    paid: Cents
    content: str
    undone: str = ""
    added: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that could not be posted: why, in a code and in words for a person. It is tried again by itself."""

    key: str
    check: Check
    paid: PaidClaim
    content: str
    why: str
    say: str


@dataclass(frozen=True, slots=True)
class Account:
    """An encounter's money. `entries` and `judged` only grow."""

    encounter: str
    claims: tuple[OurClaim, ...] = ()
    entries: tuple[Entry, ...] = ()
    judged: tuple[Judgement, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def balance(self) -> Balance:
        """What it comes to."""
        return balance(self.entries)

    def claim(self, named: str) -> OurClaim:
        """One of its claims. Errors: Refused("claim-unknown")."""
        for each in self.claims:
            if each.id == named:
                return each
        raise Refused("claim-unknown", f"There is no claim {named[:38]} for this visit. Look whether it was sent.")

    def of(self, claim: str, line: str | None = None) -> Iterator[Entry]:
        """The entries of a claim, or of one of its lines."""
        return (each for each in self.entries if each.claim == claim and line in (None, each.line))

    def standing(self, claim: str) -> Iterator[Judgement]:
        """The decisions about a claim that were not taken back."""
        return (each for each in self.judged if each.claim == claim and not each.undone and each.status != REVERSAL)

    def decided(self, claim: str) -> Iterator[Judgement]:
        """The standing decisions that stand by themselves: one that a person added to another decides nothing more when
        that other one was taken back."""
        return (each for each in self.standing(claim) if not each.added)

    def did(self, cause: str) -> bool:
        """Whether a command or decision is among the entries."""
        return any(each.cause == cause for each in self.entries)

    def plus(self, made: Iterable[Entry]) -> Account:
        """With more entries; those that move nothing are left out."""
        return replace(self, entries=(*self.entries, *(each for each in made if each.cents)))


def charge(account: Account, claim: Claim, day: date) -> Account:
    """The account with a claim that was sent, and what it asks.

    The first claim of a visit brings its charges. One to the next payer brings none: what the payer before left to the
    client, or left open, goes over to it, line by line. One that replaces (7) takes the place of the claim standing
    before it, one that voids (8) ends it. Errors: Refused("claim-other-visit" | "claim-exists" | "claim-changed" |
    "nothing-to-replace" | "not-judged" | "lines-differ").
    """
    if claim.encounter != account.encounter:
        raise Refused("claim-other-visit", f"Claim {claim.id} is about another visit. Open the visit it belongs to.")
    ours = _ours(claim)
    before = next((each for each in account.claims if each.id == claim.id), None)
    if before is not None:
        if replace(before, replaced="", after="") != ours:
            say = f"Claim {claim.id} was sent with other lines. Send what changed as a replacement with its own number."
            raise Refused("claim-changed", say)
        return account
    standing = next((each for each in account.claims if each.rank is claim.rank and not each.replaced), None)
    if claim.frequency is Frequency.NEW:
        if standing is not None:
            say = f"Claim {standing.id} already asks this payer for this visit. Replace it (7) or take it back (8)."
            raise Refused("claim-exists", say)
        return _new(account, ours, day)
    if standing is None:
        again = _void_again(account, claim, ours)
        if again is not None:
            return again
        raise Refused("nothing-to-replace", f"No claim stands that {claim.id} could replace. Send it as a new one (1).")
    void = claim.frequency is Frequency.VOID
    old, new = replace(standing, replaced=claim.id), replace(ours, after=standing.after)
    if void:
        new = replace(new, replaced=new.id)
    kept = tuple(old if each.id == old.id else each for each in account.claims)
    return replace(account, claims=(*kept, new)).plus(_instead(account, old, new, day, void))


def _void_again(account: Account, claim: Claim, ours: OurClaim) -> Account | None:
    """A void that was sent back unjudged goes again: its money was taken back with the first one, and moves no more."""
    voids = [each for each in account.claims if each.rank is claim.rank and each.replaced == each.id]
    if claim.frequency is not Frequency.VOID or not voids:
        return None
    return replace(account, claims=(*account.claims, replace(ours, replaced=ours.id, after=voids[-1].after)))


def _new(account: Account, ours: OurClaim, day: date) -> Account:
    first = _first(account, ours.rank)
    if first is None:
        return replace(account, claims=(*account.claims, ours)).plus(_charges(account.encounter, ours, day))
    if not any(account.decided(first.id)):
        say = f"The payer of claim {first.id} has not decided yet. Wait for its payment before you ask the next one."
        raise Refused("not-judged", say)
    if len(first.lines) != len(ours.lines):
        say = f"Claims {first.id} and {ours.id} have different lines. Make the second from the first."
        raise Refused("lines-differ", say)
    made = replace(account, claims=(*account.claims, replace(ours, after=first.id)))
    return made.plus(_moved(account, first, ours, day))


def _first(account: Account, rank: Rank) -> OurClaim | None:
    """The standing claim to the payer asked just before."""
    ranks = list(Rank)
    earlier = [each for each in account.claims if ranks.index(each.rank) < ranks.index(rank) and not each.replaced]
    return max(earlier, key=lambda each: ranks.index(each.rank), default=None)


def _ours(claim: Claim) -> OurClaim:
    lines = (OurLine(each.number, each.code, each.modifiers, each.charge, each.day) for each in claim.lines)
    return OurClaim(claim.id, claim.rank, claim.plan.payer_id, tuple(lines))


def _charges(encounter: str, ours: OurClaim, day: date) -> Iterator[Entry]:
    cause = f"charge/{ours.id}"
    for each in ours.lines:
        yield Entry(f"{cause}/{each.number}", cause, Kind.CHARGE, encounter, ours.id, each.number, each.charge, day)


def _instead(account: Account, old: OurClaim, new: OurClaim, day: date, void: bool) -> Iterator[Entry]:
    """What the old claim asked is taken back; a first payer's new claim brings its own, a later one's takes over.

    What had gone on to the next payer stays gone: the new claim takes that over too. A voided later claim gives back
    what it had been given: to the client's share what had been theirs, the rest is open again.
    """
    cause, encounter = f"charge/{new.id}", account.encounter
    heir = _heir(account, old) if void else new
    given = _given(account, old)
    for at, line in enumerate(("", *(each.number for each in old.lines))):
        entries = list(account.of(old.id, line))
        key = f"{cause}/{old.id}/{line}"
        asked = sum(each.cents for each in entries if each.kind is Kind.CHARGE)
        yield Entry(key, cause, Kind.CHARGE, encounter, old.id, line, -asked, day, reversal=True)
        if heir is None:
            continue
        onto = heir.lines[min(max(at - 1, 0), len(heir.lines) - 1)].number
        moved = sum(each.cents for each in entries if each.kind is Kind.TRANSFER)
        handed = sum(each.cents for each in entries if each.kind is Kind.SHARE and each.cause.startswith(_HANDS_ON))
        for kind, cents in ((Kind.TRANSFER, moved), (Kind.SHARE, handed)):
            yield Entry(f"{key}/{kind}/from", cause, kind, encounter, old.id, line, -cents, day)
            yield Entry(f"{key}/{kind}/to", cause, kind, encounter, heir.id, onto, cents, day)
        if void:
            theirs = min(moved, max(given.get(max(at - 1, 0), 0), 0))
            given[max(at - 1, 0)] = given.get(max(at - 1, 0), 0) - theirs
            yield Entry(f"{key}/back", cause, Kind.SHARE, encounter, heir.id, onto, theirs, day)
    if not void and not new.after:
        yield from _charges(encounter, new, day)


def _given(account: Account, old: OurClaim) -> dict[int, Cents]:
    """By the place of the line, what of the client's share went on to a claim from those of the payer before."""
    found = dict[int, Cents]()
    for claim in _before(account, old):
        places = {line.number: at for at, line in enumerate(claim.lines)}
        for each in account.of(claim.id):
            if each.kind is Kind.SHARE and each.cause.startswith(_HANDS_ON):
                found[places.get(each.line, 0)] = found.get(places.get(each.line, 0), 0) - each.cents
    return found


def _heir(account: Account, old: OurClaim) -> OurClaim | None:
    """The claim that a later payer's came from, or what has replaced it since."""
    return next(reversed(list(_before(account, old))), None)


def _before(account: Account, old: OurClaim) -> Iterator[OurClaim]:
    """The claim that a later payer's came from, and what has replaced it since, in that order."""
    found = account.claim(old.after) if old.after else None
    while found is not None:
        yield found
        found = None if found.replaced in ("", found.id) else account.claim(found.replaced)


def _moved(account: Account, first: OurClaim, then: OurClaim, day: date) -> Iterator[Entry]:
    """What the payer before left to the client, and what it left open, asked of the next payer."""
    cause = f"transfer/{first.id}/{then.id}"
    pairs = [("", then.lines[0].number), *((a.number, b.number) for a, b in zip(first.lines, then.lines, strict=True))]
    for line, onto in pairs:
        found = balance(account.of(first.id, line))
        share, left = max(found.share, 0), max(found.open, 0)
        key = f"{cause}/{line}"
        yield Entry(f"{key}/share", cause, Kind.SHARE, account.encounter, first.id, line, -share, day)
        yield Entry(f"{key}/from", cause, Kind.TRANSFER, account.encounter, first.id, line, -share - left, day)
        yield Entry(f"{key}/to", cause, Kind.TRANSFER, account.encounter, then.id, onto, share + left, day)


def client_cause(key: str) -> str:
    """What the ledger calls a payment of the client's, by its receipt's number."""
    return f"client/{key}"


def client_paid(
    account: Account, key: str, cents: Cents, day: date, by: str, claim: str = "", *, way: str = ""
) -> Account:
    """A payment of the client's (below nothing: paid back to them), once for its key (a receipt's number); `way` it
    came in words (cash, check 1041).

    Errors: Refused("amount-wrong" | "more-than-there-is" | "receipt-differs").
    """
    cause, paid = client_cause(key), account.balance.client_paid
    if -cents > max(paid, 0) and not account.did(cause):
        say = f"The client has paid ${dollars(paid)} for this visit: no more than that can be paid back."
        raise Refused("more-than-there-is", say)
    return _person(account, cause, Kind.CLIENT, cents, day, by, claim, way=way)


def charge_client(account: Account, key: str, lines: Iterable[tuple[str, Cents]], day: date, by: str) -> Account:
    """A visit that nobody but the client pays: (line, cents), all of it their share."""
    cause = f"self-pay/{key}"
    if account.did(cause):
        return account
    made: list[Entry] = []
    for line, cents in lines:
        for kind in (Kind.CHARGE, Kind.SHARE):
            made.append(Entry(f"{cause}/{line}/{kind}", cause, kind, account.encounter, "", line, cents, day, by=by))
    return account.plus(made)


def write_off(
    account: Account, key: str, cents: Cents, day: date, by: str, claim: str, line: str = "", *, share: bool = False
) -> Account:
    """What the practice gives up: of what is open, or of the client's `share`.

    Errors: Refused("amount-wrong" | "more-than-there-is" | "receipt-differs").
    """
    cause = f"write-off/{key}"
    if not account.did(cause):
        found = balance(account.of(claim, line))
        # What the client paid stands for the visit, seldom for a line: no more is given up than they owe at all.
        left = min(found.due, account.balance.due) if share else found.open
        if cents > left:
            say = f"Only {dollars(left)} is there to be written off on this line, not {dollars(cents)}."
            raise Refused("more-than-there-is", say)
        if share:
            off = Entry(f"{cause}/share", cause, Kind.SHARE, account.encounter, claim, line, -cents, day, by=by)
            account = _person(account, cause, Kind.WRITE_OFF, cents, day, by, claim, line)
            return account.plus((off,))
    return _person(account, cause, Kind.WRITE_OFF, cents, day, by, claim, line)


def _person(
    account: Account, cause: str, kind: Kind, cents: Cents, day: date, by: str, claim: str, line: str = "",
    way: str = "",
) -> Account:  # fmt: skip
    if not cents or (kind is Kind.WRITE_OFF and cents < 0):
        raise Refused("amount-wrong", "Say an amount above nothing.")
    made = Entry(cause, cause, kind, account.encounter, claim, line, cents, day, trace=way, by=by)
    before = next((each for each in account.entries if each.key == cause), None)
    if before is not None and (before.cents, before.claim, before.line) != (cents, claim, line):
        say = f"Number {cause.partition('/')[2]} is on file with {dollars(before.cents)}. Use a new number."
        raise Refused("receipt-differs", say)
    return account if before is not None else account.plus((made,))
