"""A person says what a payer's waiting decision belongs to; its money then stands where they said. Shell (asyncio)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from billing_hooks.claim_posting import Posting, tell_settled
from billing_hooks.errors import Refused
from billing_hooks.ledger import by_hand, posting
from billing_hooks.ledger.accounts import Account
from billing_hooks.ledger.posting import Posted
from billing_hooks.replies import denial_file
from billing_hooks.store import Store

ONTO, SUPPLEMENT, TAKE_BACK = "onto", "supplement", "take_back"


async def place(
    store: Store, practice: str, key: str, how: str, *, claim: str = "", judgement: str = "", by: str, name: str,
    at: datetime,
) -> None:  # fmt: skip
    """Post a waiting decision to the claim that a person names (`onto`), beside the decision that stands
    (`supplement`), or as what takes one back (`take_back`).

    Errors: Refused("unmatched-unknown" | "claim-unknown" | "not-waiting" | "judged-already" | "nothing-to-reverse" |
    "charge-differs" | "act-unknown").
    """
    async with store.work() as work:
        await store.holding_money(work, practice)
        found = await store.one_unmatched(work, practice, key)
        encounter = found.encounter
        if how == ONTO:
            rows = await store.claims_named(work, practice, [claim])
            row = rows.get(claim.strip().upper())
            if row is None:
                raise Refused("claim-unknown", "There is no such claim here: look at the number again.")
            if encounter is not None and encounter != row.encounter_id:
                raise Refused("claim-unknown", "That claim is of another visit than the decision.")
            encounter = row.encounter_id
        if encounter is None:
            raise Refused("claim-unknown", "Say first which claim it is about.")
        kept = (await store.accounts(work, practice, [encounter]))[encounter]
        before = kept if found.encounter else replace(kept, waiting=(*kept.waiting, found.waiting))
        after = _placed(before, key, how, claim.strip().upper(), judgement, name)
        await store.keep_accounts(work, practice, [(before, after.account)], by, at, found.file)
        await tell_settled(Posting(store, work, practice, denial_file.shipped(), found.file, by, at), [(before, after)])


def _placed(before: Account, key: str, how: str, claim: str, judgement: str, name: str) -> Posted:
    match how:
        case "supplement":
            return by_hand.supplement(before, key, name)
        case "take_back":
            return by_hand.take_back(before, key, judgement, name)
        case "onto":
            tried = posting.settled(before, key)
            if any(each.key == key for each in tried.added):
                return tried  # its claim is known meanwhile
            return by_hand.onto(tried.account, key, claim, name)
        case _:
            raise Refused("act-unknown", "There is no such button any more: load the page again.")
