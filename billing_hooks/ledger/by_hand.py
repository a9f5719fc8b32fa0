"""What a person decides about decisions that wait: the money came, and somebody says what it was. Pure.

Neither changes what a payer said; both only say to what it belongs. Whatever else waits stays in the list, with its
cents, until the payer sends what it waits for.
"""

from __future__ import annotations

from billing_hooks.errors import Refused
from billing_hooks.ledger import posting
from billing_hooks.ledger.accounts import Account, Waiting
from billing_hooks.ledger.entries import dollars
from billing_hooks.ledger.posting import Posted


def take_back(account: Account, waiting: str, judgement: str, by: str) -> Posted:
    """A reversal that waits takes this decision back, although other amounts stand in it.

    Errors: Refused("not-waiting" | "nothing-to-reverse" | "charge-differs").
    """
    one = _waits(account, waiting, "nothing-to-reverse")
    undone = next((each for each in account.judged if each.key == judgement and each.status != "22"), None)
    if undone is None or undone.undone:
        raise Refused("nothing-to-reverse", "That decision is not there, or was taken back. Choose one that stands.")
    if undone.charge != -one.paid.charge:
        say = f"The reversal is about {dollars(-one.paid.charge)}, the decision about {dollars(undone.charge)}."
        raise Refused("charge-differs", f"{say} They do not belong together; ask the payer.")
    return _settled(account, one, *posting.place(account, one, undone, by=by))


def supplement(account: Account, waiting: str, by: str) -> Posted:
    """A decision that waits comes beside the one that stands: what it pays is more, what it takes off was taken before.

    Errors: Refused("not-waiting").
    """
    one = _waits(account, waiting, "judged-already")
    return _settled(account, one, *posting.place(account, one, None, supplement=True, by=by))


def onto(account: Account, waiting: str, claim: str, by: str) -> Posted:
    """A decision that waits is about this claim: one that a payer sent on, say, and the next denied by the first's
    number.

    Errors: Refused("not-waiting" | "claim-unknown" | "judged-already").
    """
    one = _waits(account, waiting, "judged-already", "no-claim-to-payer")
    if any(account.standing(claim)):
        raise Refused("judged-already", f"Claim {claim} is decided already. Choose another, or add it to what stands.")
    return _settled(account, one, *posting.place(account, one, None, onto=account.claim(claim), by=by))


def _waits(account: Account, waiting: str, *why: str) -> Waiting:
    for each in account.waiting:
        if each.key == waiting and each.why in why:
            return each
    raise Refused("not-waiting", "That does not wait, or waits for something else. Look at the list again.")


def _settled(before: Account, one: Waiting, account: Account, remarks: list[str]) -> Posted:
    """What else waited for it follows."""
    found = posting.settled(account, one.key)
    known = {each.key for each in before.judged}
    added = tuple(each for each in found.account.judged if each.key not in known)
    return Posted(found.account, posting.Result.POSTED, added, (*remarks, *found.remarks))
