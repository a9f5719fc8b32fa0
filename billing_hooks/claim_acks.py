"""What 999, TA1 and 277CA say of batches and claims, written to them as it is read. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from billing_hooks.errors import Refused
from billing_hooks.pulling import Pull
from billing_hooks.replies import state as states
from billing_hooks.replies.ack_277 import Answered, Level
from billing_hooks.replies.ack_999 import EnvelopeAnswer, GroupAnswer, SetAnswer
from billing_hooks.replies.reading import Reply
from billing_hooks.replies.remittance import PaidClaim, Payment, PaymentEnd
from billing_hooks.replies.state import Fact
from billing_hooks.store import Store
from billing_hooks.store_batches import Batch
from billing_hooks.store_shelf import Work

_PAGE = 250
_MOST_WORDS = 200
_STATES = {Fact.ACKNOWLEDGE: "accepted", Fact.REJECT: "rejected"}


@dataclass(slots=True)
class _Acks:
    """One file of acknowledgments on its way in."""

    store: Store
    work: Work
    practice: str
    file: str
    at: datetime
    moved: int = 0
    named: int = 0
    unknown: list[str] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    _page: list[Answered] = field(default_factory=list)

    async def group(self, answer: GroupAnswer) -> None:
        """A 999: each of our transactions in its group."""
        batch = await self._batch(answer.group, "999", answer.envelope.sender)
        if batch is None:
            return
        claims = await self.store.claims_in(self.work, self.practice, batch.id)
        faults: list[str] = []
        facts: set[Fact] = set()
        for place in range(1, await self._transactions(batch) + 1):
            said = answer.of(str(place))
            fact = states.acknowledged(answer, str(place))
            if fact is None:
                continue
            facts.add(fact)
            faults += [one.words() for one in said.faults]
            await self._set(batch, place, said, fact)
        whole = "partly" if len(facts) > 1 or not facts else _STATES[facts.pop()]
        told = {"kind": "999", "verdict": answer.verdict.value, "faults": faults[:_MOST_WORDS], "claims": len(claims)}
        await self.store.answered(self.work, self.practice, batch.id, whole, told, self.at)
        self.batches.append({"batch": batch.id, "control": batch.control, "state": whole, "faults": faults[:20]})

    async def envelope(self, answer: EnvelopeAnswer) -> None:
        """A TA1: the envelope alone."""
        batch = await self._batch(answer.interchange, "TA1", answer.envelope.sender)
        if batch is None:
            return
        fact = states.acknowledged(answer, "")
        # One that lets the envelope pass answers nothing: a 999 is still owed, or said more than this before.
        whole = "rejected" if fact is Fact.REJECT else batch.state
        if fact is Fact.REJECT:
            told = {"kind": "TA1", "verdict": answer.verdict.value, "faults": [answer.say] if answer.say else []}
            await self.store.answered(self.work, self.practice, batch.id, whole, told, self.at)
            claims = await self.store.claims_in(self.work, self.practice, batch.id)
            await self._move(claims, fact, "ta1", {"batch": batch.id}, {
                one: {"reasons": [f"Nothing of the batch was read: {answer.say or 'they do not say why'}."]}
                for one in claims
            })  # fmt: skip
        self.batches.append({"batch": batch.id, "control": batch.control, "state": whole, "faults": [answer.say]})

    async def claim(self, answer: Answered) -> None:
        """A 277CA: one claim, all that one provider bills in a transaction of ours, or the whole transaction."""
        if answer.level is Level.CLAIM:
            self._page.append(answer)
            if len(self._page) >= _PAGE:
                await self.flush()
            return
        if states.taken(answer) is not Fact.REJECT:
            return
        found = await self.store.batch_by_reference(self.work, self.practice, answer.batch)
        batch, place = found if found is not None else (None, 0)
        claims = [] if batch is None else await self.store.claims_in(self.work, self.practice, batch.id, place)
        whose = f"batch {answer.batch[:30]}"
        if answer.level is Level.PROVIDER:
            whose = f"provider {answer.provider or 'without an NPI'} in {whose}"
            claims = await self._billed_by(claims, answer.provider)
        if batch is None or not claims:
            self.unknown.append(whose)
            return
        reasons = [one.words() for one in answer.reasons]
        whole = "rejected" if len(claims) == batch.claims else "partly"
        told = {"kind": "277CA", "verdict": "rejected", "faults": reasons[:_MOST_WORDS], "claims": len(claims)}
        await self.store.answered(self.work, self.practice, batch.id, whole, told, self.at)
        self.batches.append({"batch": batch.id, "control": batch.control, "state": whole, "faults": reasons[:20]})
        await self._move(claims, Fact.REJECT, "277ca", {"batch": batch.id}, {
            one: {"reasons": reasons} for one in claims
        })  # fmt: skip

    async def _billed_by(self, claims: Sequence[str], npi: str) -> list[str]:
        """Of these claims, those that this provider bills."""
        found: list[str] = []
        for at in range(0, len(claims), _PAGE):
            opened = await self.store.open_claims(self.work, self.practice, claims[at : at + _PAGE])
            found += [each.id for each in opened if each.practice.provider.npi == npi]
        return found

    async def flush(self) -> None:
        """Write what is held."""
        page, self._page = self._page, []
        by_fact: dict[Fact, list[Answered]] = {}
        known = await self.store.claims_named(self.work, self.practice, [each.reference for each in page])
        for each in page:
            fact = states.taken(each)
            if each.reference.strip().upper() not in known:
                self.unknown.append(each.reference[:38])
            elif fact is not None:
                by_fact.setdefault(fact, []).append(each)
        for fact, answers in by_fact.items():
            words = {
                each.reference.strip().upper(): {
                    "reasons": [one.words() for one in each.reasons], "payer_number": each.payer_number,
                }
                for each in answers
            }  # fmt: skip
            await self._move(list(words), fact, "277ca", {"codes": sorted({
                f"{one.category}:{one.status}" for each in answers for one in each.reasons
            })[:20]}, words)  # fmt: skip

    async def _set(self, batch: Batch, place: int, said: SetAnswer, fact: Fact) -> None:
        claims = await self.store.claims_in(self.work, self.practice, batch.id, place)
        named: dict[str, list[str]] = {}
        for fault in said.faults:
            if fault.claim:
                named.setdefault(fault.claim.strip().upper(), []).append(fault.words())
        every = [one.words() for one in said.faults if not one.claim]
        words = {one: {"reasons": named.get(one, []) or every} for one in claims} if fact is Fact.REJECT else {}
        await self._move(claims, fact, "999", {"batch": batch.id}, words)

    async def _move(
        self, claims: list[str], fact: Fact, kind: str, body: Mapping[str, Any],
        words: Mapping[str, Mapping[str, Any]],
    ) -> None:  # fmt: skip
        for at in range(0, len(claims), _PAGE):
            page = claims[at : at + _PAGE]
            self.named += len(page)
            self.moved += await self.store.acknowledge(
                self.work, self.practice, page, fact, kind=kind, file=self.file, body=body, words=words, at=self.at
            )
        if fact is Fact.REJECT:
            self.rejected += [{"claim": one, **words.get(one, {})} for one in claims[:_MOST_WORDS]]

    async def _batch(self, control: str, kind: str, sender: str) -> Batch | None:
        found = None
        if control.isdecimal():
            found = await self.store.by_control(self.work, self.practice, int(control), sender.strip())
        if found is None:
            self.unknown.append(f"{kind} of control number {control[:9]}")
        return found

    async def _transactions(self, batch: Batch) -> int:
        return await self.store.transactions(self.work, self.practice, batch.id)


def take_acks(
    store: Store, work: Work, practice: str, file: str, at: datetime, pull: Pull, replies: Iterable[Reply]
) -> dict[str, Any]:
    """Write every answer of a file that was read to its end, the payments in it aside; what came of it. Errors:
    Refused("nothing-ours") where none of it is about anything of ours."""
    acks, payments = _Acks(store, work, practice, file, at), False
    for each in replies:
        match each:
            case GroupAnswer():
                pull.ask(acks.group(each))
            case EnvelopeAnswer():
                pull.ask(acks.envelope(each))
            case Answered():
                pull.ask(acks.claim(each))
            case Payment() | PaidClaim() | PaymentEnd():
                payments = True
            case _:
                assert_never(each)
    pull.ask(acks.flush())
    if acks.unknown and not acks.named and not acks.batches and not payments:
        say = f"Nothing in this file is about anything that was sent from here: {', '.join(acks.unknown[:5])}."
        raise Refused("nothing-ours", say)
    return {
        "moved": acks.moved, "claims": acks.named, "batches": acks.batches, "rejected": acks.rejected[:_MOST_WORDS],
        "unknown": acks.unknown[:_MOST_WORDS],
    }  # fmt: skip
