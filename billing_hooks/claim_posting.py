"""Posts the decisions of an 835 to the store, a page of claims at a time, and says what it means for each claim.

The transaction is the caller's: either all of a file is posted, or nothing of it. Shell (asyncio).
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, assert_never

from billing_hooks import claim_reviews, claim_states, plain
from billing_hooks.ledger import posting
from billing_hooks.ledger.accounts import Account, Judgement, Waiting
from billing_hooks.ledger.posting import Result
from billing_hooks.ledger.remit import Beside, Posted, Step
from billing_hooks.pulling import Pull
from billing_hooks.replies.denials import Denials, lob_of
from billing_hooks.replies.outcome import Outcome, denials, outcome
from billing_hooks.replies.remittance import REVERSAL, PaidClaim
from billing_hooks.store import Store
from billing_hooks.store_claims import Happened, where_of
from billing_hooks.store_denials import Denied
from billing_hooks.store_shelf import Work

_PAGE = 250
_MOST_REMARKS = 200
DECIDED_ANEW = {
    "code": "decided-anew", "place": "earlier", "rule": "", "grave": "yes",
    "link": "/billing/encounters/{encounter}/claims",
    "say": "The payer before has decided again since this claim was written: ask the next payer again from its claim.",
}  # fmt: skip


@dataclass(slots=True)
class _Judged:
    """A decision that was posted, for the claim it is about."""

    judgement: Judgement
    paid: PaidClaim | None


@dataclass(slots=True)
class Posting:
    """One file on its way in."""

    store: Store
    work: Work
    practice: str
    denials: Denials
    file: str
    by: str
    at: datetime
    pull: Pull | None = None
    task: str = ""
    total: int = 0
    done: int = 0
    payments: list[Posted] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    denied: int = 0
    _own: dict[str, int] | None = None
    _current: Posted | None = None
    _page: list[Step] = field(default_factory=list)

    def take(self, step: Step | Beside) -> None:
        """One decision more, or the end of a payment."""
        if self._current is None:
            self._current = Posted(step.check)
        match step:
            case Step():
                self._page.append(step)
                if len(self._page) >= _PAGE:
                    self._ask(self._flush())
            case Beside():
                self._ask(self._close(step))
            case _:
                assert_never(step)

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        if self.pull is None:
            raise AssertionError("a file is read in a thread")
        self.pull.ask(work)

    def end(self) -> None:
        """The file is read."""
        if self._page or self._current is not None:
            raise AssertionError("a payment has no end")

    def verdict(self) -> dict[str, Any]:
        """What came of the file, for the person who gave it."""
        many: dict[str, int] = {}
        for each in self.payments:
            for name, count in each.many.items():
                many[name] = many.get(name, 0) + count
        return {
            "payments": [
                {"trace": each.check.trace, "payer": each.check.name, "cents": each.cents, "came": each.came,
                 "many": each.many, "beside": each.beside, "day": each.check.day.isoformat()}
                for each in self.payments[:100]
            ],
            "claims": self.done, "posted": many.get("posted", 0), "already": many.get("already", 0),
            "waiting": many.get("waiting", 0), "unknown": many.get("unknown", 0), "denied": self.denied,
            "remarks": self.remarks[:_MOST_REMARKS],
        }  # fmt: skip

    async def _close(self, end: Beside) -> None:
        await self._flush()
        current = self._current
        if current is None:
            raise AssertionError("a payment ends that never began")
        current.key, current.cents = end.key, end.cents
        current.beside = sum(each.cents for each in end.entries)
        await self.store.keep_beside(self.work, self.practice, end.entries, self.by, self.at, self.file)
        if not current.holds:
            raise AssertionError("a payment's cents are not all somewhere")
        beside = [(each.reason, each.cents) for each in end.entries]
        await self.store.keep_payment(self.work, self.practice, self.file, current, beside, self.at)
        self.payments.append(current)
        self._current = None

    async def _flush(self) -> None:
        """Post the decisions that are held, each to its encounter's account."""
        page, self._page, current = self._page, [], self._current
        if not page or current is None:
            return
        store, work, practice = self.store, self.work, self.practice
        rows = await store.claims_named(work, practice, [step.paid.claim for step in page])
        before = await store.accounts(work, practice, {row.encounter_id for row in rows.values()})
        after, judged = dict(before), list[_Judged]()
        said = [posting.said(step.check, step.paid, step.nth) for step in page]
        aside = await self._aside(said)
        for step, one in zip(page, said, strict=True):
            if one.content in (aside.get(one.key), aside.get(posting.differing(one).key)):
                current.plus("already", step.paid.paid)
                continue
            row = rows.get(step.paid.claim.strip().upper()[:38])
            account = after.get(row.encounter_id) if row is not None else None
            if account is None:
                waiting = posting.unknown(step.check, step.paid, step.nth)
                if one.key in aside:
                    waiting = posting.differing(waiting)
                new = await store.list_unknown(work, practice, waiting, self.file, self.at)
                current.plus("unknown" if new else "already", step.paid.paid)
                continue
            found = posting.differs(account, one) if one.key in aside else posting.again(account, one)
            current.plus(found.result.value, step.paid.paid)
            self.remarks += found.remarks[: max(0, _MOST_REMARKS - len(self.remarks))]
            if found.result is not Result.ALREADY:
                after[account.encounter] = found.account
            judged += _with_paid(account, found.added, step.paid)
        changed = [(before[one], after[one]) for one in before if after[one] is not before[one]]
        await store.keep_accounts(work, practice, changed, self.by, self.at, self.file)
        await self.tell_claims(judged)
        self.done += len(page)
        if self.task:
            await store.progress(practice, self.task, self.done, self.total)

    async def _aside(self, said: Sequence[Waiting]) -> dict[str, str]:
        """What a person set aside stays so when its payment comes again; with other amounts it is listed anew."""
        keys = [key for one in said for key in (one.key, posting.differing(one).key)]
        return await self.store.aside(self.work, self.practice, keys)

    async def tell_claims(self, judged: Sequence[_Judged]) -> None:
        """Each claim learns what was decided: its state, its denial, its deadline."""
        rows = await self.store.claims_named(self.work, self.practice, {each.judgement.claim for each in judged})
        stands = {named: (int(row.seq), where_of(row), row.appeal_by) for named, row in rows.items()}
        told: list[tuple[str, int, Happened]] = []
        refused: dict[str, Denied] = {}
        for each in judged:
            one = each.judgement
            if one.claim not in rows:
                continue
            row, (seq, now, appeal_by) = rows[one.claim], stands[one.claim]
            came = _came(each)
            where = claim_states.decided(now, came, self.at)
            reasons = reasons_of(each.paid)
            if where.denied:
                appeal_by = await self._last_day(row, one)
                # What is taken back repeats the reasons of what was paid: they say nothing of why.
                why = () if one.status == REVERSAL else tuple(reasons["denying"])
                refused[one.claim] = Denied(
                    one.claim, row.encounter_id, self.file, one.check.day, appeal_by, abs(one.charge), why,
                    tuple(reasons["remarks"]),
                )  # fmt: skip
            else:
                appeal_by = None
                refused.pop(one.claim, None)
            body = {"status": one.status, "charge": one.charge, "paid": one.paid, "outcome": came.value}
            said: dict[str, Any] = {
                "payer_number": one.payer_number,
                "trace": one.check.trace,
                "day": one.check.day.isoformat(),
                **reasons,
            }
            if each.paid is not None and one.status != REVERSAL:
                said["decision"] = plain.dump(each.paid)
            stands[one.claim] = (seq + 1, where, appeal_by)
            told.append((one.claim, seq + 1, Happened("judged", where, body, said, appeal_by)))
        self.denied += len(refused)
        await self.store.tell_claims(self.work, self.practice, told, "payer", self.at, self.file)
        if told:
            await self._stop_later([rows[named] for named, _, _ in told])
        paid = [named for named, (_, where, _by) in stands.items() if not where.denied]
        await self.store.overturned(self.work, self.practice, paid, "payer", self.at)
        await self.store.keep_denials(self.work, self.practice, await self._questioning(refused.values()), self.at)
        undone = {each.judgement.claim for each in judged if each.judgement.status == REVERSAL}
        if undone:
            await self.store.voids_done(self.work, self.practice, undone, self.at, self.file)

    async def _stop_later(self, judged: Sequence[Any]) -> None:
        """Claims to later payers that did not leave yet say what was decided before: they wait for a person now."""
        for named in await self.store.unsent_after(self.work, self.practice, judged):
            await self.store.stop(self.work, self.practice, named, (DECIDED_ANEW,), self.by, self.at)

    async def _questioning(self, denials: Iterable[Denied]) -> list[Denied]:
        """The denials, with the rule that each questions."""
        known = list(denials)
        why = {each.claim: claim_reviews.questions(self.denials, each.reasons) for each in known}
        asked = [each.encounter for each in known if why[each.claim]]
        rules = await self.store.rules_of(self.work, self.practice, asked) if asked else {}
        return [
            replace(each, rule=rule, why=why[each.claim])
            if why[each.claim] and (rule := claim_reviews.rule_of(rules.get(each.encounter, ()))) else each
            for each in known
        ]  # fmt: skip

    async def _last_day(self, row: Any, one: Judgement) -> date:
        """The practice's own days for the payer go before those of its kind of plan."""
        asked = await self.store.claim_value(self.practice, one.claim, self.work)
        if self._own is None:
            profile = await self.store.profile(self.practice, self.work)
            self._own = dict(profile.appeals) if profile is not None else {}
        own = self._own.get(asked.plan.payer_id)
        if own is not None:
            return one.check.day + timedelta(days=own)
        payer, lob = self.store.payer_of(self.practice, row), lob_of(asked.plan.filing)
        return self.denials.last_day(payer, lob, one.check.day)


async def tell_settled(telling: Posting, settled: Iterable[tuple[Account, posting.Posted]]) -> None:
    """Claims learn of decisions that had waited; each account as it was before, and what became of it."""
    judged: list[_Judged] = []
    for before, found in settled:
        waited = {each.key: each.paid for each in before.waiting}
        judged += [_Judged(each, waited.get(each.key)) for each in found.added]
    await telling.tell_claims(judged)


def _came(each: _Judged) -> Outcome:
    if each.paid is not None:
        return outcome(each.paid)
    return Outcome.REVERSED if each.judgement.status == REVERSAL else Outcome.PAID


def _with_paid(account: Account, added: Iterable[Judgement], paid: PaidClaim) -> list[_Judged]:
    """Each decision with what it said; one that waited before came with it in its list."""
    waited = {each.key: each.paid for each in account.waiting}
    return [_Judged(each, waited.get(each.key, paid)) for each in added]


def reasons_of(paid: PaidClaim | None) -> dict[str, list[str]]:
    """The reasons (`CO-50`) and remark codes of a decision, each once, those that took most first; `denying` those of
    the reasons that deny, which the contract and the client's usual share do not."""
    if paid is None:
        return {"reasons": [], "denying": [], "remarks": []}
    took: dict[str, int] = {}
    for _, each in paid.every():
        named = f"{each.group}-{each.reason}"
        took[named] = took.get(named, 0) + each.cents
    remarks = dict.fromkeys([*paid.remarks, *(one for line in paid.lines for one in line.remarks)])
    reasons = sorted(took, key=lambda one: -abs(took[one]))
    no = {f"{group}-{reason}" for reason, groups in denials(paid).items() for group in groups}
    return {"reasons": reasons, "denying": [each for each in reasons if each in no], "remarks": list(remarks)}
