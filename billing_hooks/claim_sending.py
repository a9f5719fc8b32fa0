"""Puts claims that are ready into a batch, and sends a batch: its money then stands in the ledger. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from billing_hooks.claim_drafting import against, told
from billing_hooks.claim_posting import Posting, tell_settled
from billing_hooks.claim_states import Where
from billing_hooks.claims import emit
from billing_hooks.claims.claim import Claim, Frequency, Rank
from billing_hooks.claims.envelope import Envelope
from billing_hooks.claims.scrub import Batch as Scrubber
from billing_hooks.claims.scrub_words import Against
from billing_hooks.errors import Refused
from billing_hooks.ledger import accounts, posting, self_pay
from billing_hooks.ledger.accounts import Account
from billing_hooks.pulling import Pull, in_thread
from billing_hooks.replies import denial_file
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_batches import Made, new_batch_id, reference
from billing_hooks.store_claims import Happened
from billing_hooks.store_shelf import Work, lock

_PAGE = 250
_APART = "Take the batch apart and make it anew: what cannot be sent then stays out."


@dataclass(frozen=True, slots=True)
class Looked:
    """Claims of a batch after the last look: those that may be sent, their sum, and those that stay with why."""

    fit: tuple[str, ...]
    cents: int
    left: tuple[tuple[str, tuple[Mapping[str, str], ...]], ...]


async def make_batch(
    store: Store, practice: str, receiver: str, *, by: str, at: datetime, zone: str, task: str = ""
) -> Made:
    """Write everything that is ready for a receiver as one file under a control number of its own.

    The number is taken first, in a transaction of its own, so that a crash leaves a gap and never uses one twice.
    Errors: Refused("profile-missing" | "receiver-unknown" | "batch-empty" | "batch-incomplete" | "claim-unwritable").
    """
    async with store.work() as work:
        profile = await store.profile(practice, work)
        waiting = await store.ready(work, practice, receiver)
    if profile is None:
        raise Refused("profile-missing", "Say first who bills: open Claims, then Who bills.")
    route = profile.by_key(receiver)
    if route is None:
        raise Refused("receiver-unknown", "There is no such receiver under Who bills: load the page again.")
    if not waiting:
        raise Refused("batch-empty", "No claim is ready for this receiver.")
    batch = new_batch_id()
    control = await store.take_control(practice, receiver, batch, at)
    local = at.astimezone(ZoneInfo(zone))
    envelope = Envelope(
        profile.sender, route.receiver, control, control, reference(batch), local.replace(tzinfo=None),
        profile.production,
    )  # fmt: skip
    async with store.work() as work:
        await lock(work, "batch", practice, receiver)
        ready = await store.ready(work, practice, receiver)
        look = await against(store, work, practice, local.date())
        looked = await _looked(store, work, practice, ready, look, task)
        for named, problems in looked.left:
            await store.keep_problems(work, practice, named, problems, by, at)
        if looked.fit:
            digest, size = await store.write_bytes(
                work, practice, batch, looked.fit, lambda claims: emit.chunks(envelope, claims)
            )
            await store.keep_batch(
                work, practice, batch, receiver=receiver, control=control, usage="P" if profile.production else "T",
                claims=looked.fit, cents=looked.cents, digest=digest, size=size, by=by, at=at,
            )  # fmt: skip
    left = tuple((named, str(problems[0]["say"])) for named, problems in looked.left)
    return Made(batch if looked.fit else "", len(looked.fit), looked.cents, left)


async def _looked(store: Store, work: Work, practice: str, ready: Sequence[str], look: Against, task: str) -> Looked:
    """The last look at every claim, beside the others: in a thread, a page at a time."""

    def over(pull: Pull) -> Looked:
        scrubber, fit, later = Scrubber(look), dict[str, int](), list[str]()
        left: list[tuple[str, tuple[Mapping[str, str], ...]]] = []
        for start in range(0, len(ready), _PAGE):
            for claim in pull.ask(store.open_claims(work, practice, ready[start : start + _PAGE])):
                problems = tuple(told(each) for each in scrubber.scrub(claim) if each.grave)
                if problems:
                    left.append((claim.id, problems))
                else:
                    fit[claim.id] = claim.charge
                    if claim.rank is not Rank.PRIMARY or claim.frequency is not Frequency.NEW:
                        later.append(claim.id)  # it stands on what became of another claim
            if task:
                pull.ask(store.progress(practice, task, min(start + _PAGE, len(ready)), len(ready)))
        for named, problem in pull.ask(_unchargeable(store, work, practice, sorted(later), look.today)):
            del fit[named]
            left.append((named, (problem,)))
        return Looked(tuple(fit), sum(fit.values()), tuple(left))

    return await in_thread(over)


async def _unchargeable(
    store: Store, work: Work, practice: str, claims: Sequence[str], today: date
) -> list[tuple[str, Mapping[str, str]]]:
    """Of these claims, in the order in which they will be sent, those that the books would refuse, and why."""
    found: list[tuple[str, Mapping[str, str]]] = []
    after: dict[str, Account] = {}
    for start in range(0, len(claims), _PAGE):
        opened = await store.open_claims(work, practice, claims[start : start + _PAGE])
        before = await store.accounts(work, practice, [each.encounter for each in opened])
        after = {one: after.get(one, account) for one, account in before.items()}
        for claim in opened:
            try:
                after[claim.encounter] = charged(after[claim.encounter], claim, today)
            except Refused as refused:
                found.append((claim.id, {
                    "code": refused.code, "place": "earlier", "say": refused.say, "rule": "", "grave": "yes",
                    "link": "/billing/encounters/{encounter}/claims",
                }))  # fmt: skip
    return found


async def send_batch(
    store: Store, practice: str, batch: str, *, by: str, name: str, way: str, at: datetime, today: date, task: str = ""
) -> bool:
    """A named person sends a batch: from here on its claims ask for money, unless it is for trial. False where somebody
    did before.

    Errors: Refused("batch-unknown" | "batch-discarded" | "batch-passed" | "batch-stopped"), and those of
    `accounts.charge` where something happened to another claim of a visit meanwhile; the batch stays as it was.
    """
    trial = (await store.batch(practice, batch)).usage == "T"
    async with store.work() as work:
        await store.holding_money(work, practice)
        if not await store.begin_sending(work, practice, batch, by=by, name=name, way=way, at=at):
            return False
        ids = await store.claims_in(work, practice, batch)
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            if not trial:
                await _charge(store, work, practice, page, by, at, today)
            sent = Happened("sent", Where(State.SENT), {"batch": batch})
            await store.all_happened(work, practice, page, sent, by, at, sent_at=at)
            if task:
                await store.progress(practice, task, min(start + _PAGE, len(ids)), len(ids))
        if not trial:
            await _expected(store, work, practice, ids, by, at)
    return True


async def _charge(
    store: Store, work: Work, practice: str, page: Sequence[str], by: str, at: datetime, today: date
) -> None:
    """What these claims ask stands in the ledger."""
    claims = await store.open_claims(work, practice, page)
    before = await store.accounts(work, practice, [each.encounter for each in claims])
    after = dict(before)
    for claim in claims:
        try:
            after[claim.encounter] = charged(after[claim.encounter], claim, today)
        except Refused as refused:
            raise Refused(refused.code, f"{refused.say} {_APART}") from None
    changed = [(before[one], after[one]) for one in before if after[one] is not before[one]]
    await store.keep_accounts(work, practice, changed, by, at, "")


def charged(account: Account, claim: Claim, day: date) -> Account:
    """The account with a claim that was sent."""
    standing = next((each for each in account.claims if each.rank is claim.rank and not each.replaced), None)
    asked = claim
    account = self_pay.take_back(account, day, "release")  # the client was asked before somebody chose the plan
    if claim.frequency is Frequency.NEW and standing is not None and standing.id != claim.id:
        # The one before was sent back unjudged: in the books this one takes its place.
        asked = replace(claim, frequency=Frequency.REPLACE)
    return accounts.charge(account, asked, day)


async def _expected(store: Store, work: Work, practice: str, ids: Sequence[str], by: str, at: datetime) -> None:
    """Decisions that came before their claim was sent are posted now."""
    waiting = await store.waiting_for(work, practice, ids)
    if not waiting:
        return
    accounts_ = await store.accounts(work, practice, waiting)
    changed: list[tuple[Account, Account]] = []
    told_: list[tuple[Account, posting.Posted]] = []
    for encounter, decisions in waiting.items():
        have = {each.key for each in accounts_[encounter].waiting}
        new = tuple(each for each in decisions if each.key not in have)
        before = replace(accounts_[encounter], waiting=(*accounts_[encounter].waiting, *new))
        found = posting.settled(before)
        changed.append((before, found.account))
        told_.append((before, found))
    await store.keep_accounts(work, practice, changed, by, at, "")
    await tell_settled(Posting(store, work, practice, denial_file.shipped(), "", by, at), told_)
