"""Everything a payer would send a claim back for, said before it is sent: a table of small named checks. Pure.

Each check finds one thing wrong and says what to do about it and at which field of the claim. The national checks stand
in `CHECKS`; what a state's companion guide adds comes as data (`companion`). A problem that is not `grave` may be sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from billing_hooks.claims import companion, scrub_earlier, scrub_people, scrub_services
from billing_hooks.claims.claim import Claim, Frequency
from billing_hooks.claims.scrub_words import Against, Check, Problem

__all__ = ["CHECKS", "Against", "Batch", "Check", "Problem", "scrub"]

CHECKS: tuple[Check, ...] = (*scrub_people.CHECKS, *scrub_services.CHECKS, *scrub_earlier.CHECKS)


def scrub(claim: Claim, against: Against) -> tuple[Problem, ...]:
    """All that is wrong with one claim, grave things first; nothing where it may be sent."""
    found = [
        Problem(check.code, place, say, check.grave)
        for check in CHECKS
        for place, say in check.find(claim, against)
    ]  # fmt: skip
    found += companion.check(claim, against.companion)
    return tuple(sorted(found, key=lambda each: not each.grave))


class Batch:
    """Scrubs claims one after the other and sees what only a batch shows: one number twice, one service twice.

    Of each claim and service eight bytes are kept: two of ten million are taken for the same by chance once in about
    four hundred thousand batches.
    """

    def __init__(self, against: Against) -> None:
        self._against = against
        self._numbers: set[bytes] = set()
        self._services: set[bytes] = set()
        self.scrubbed = 0

    def scrub(self, claim: Claim) -> tuple[Problem, ...]:
        """What is wrong with this claim, also beside those that came before it."""
        self.scrubbed += 1
        return (*scrub(claim, self._against), *self._twice(claim))

    def over(self, claims: Iterable[Claim]) -> Iterator[tuple[Claim, tuple[Problem, ...]]]:
        """Each claim with what is wrong with it."""
        for claim in claims:
            yield claim, self.scrub(claim)

    def _twice(self, claim: Claim) -> Iterator[Problem]:
        number = _digest(claim.id)
        if number in self._numbers:
            yield Problem(
                "twice-number", "id", f"{claim.id} stands twice in this batch: give each claim its own number."
            )
        self._numbers.add(number)
        if claim.frequency is not Frequency.NEW:
            return
        # Two alike lines of one claim are its own affair: a second claim for them is not.
        services = {_service(claim, place) for place in range(len(claim.lines))}
        for place in range(len(claim.lines)):
            if _service(claim, place) in self._services:
                line = claim.lines[place]
                say = (
                    f"{line.code} of {line.day} for this client stands in another claim of this batch: send one "
                    "of them, or tell them apart by a modifier (59, XE)."
                )
                yield Problem("twice-service", f"lines[{place}]", say)
        self._services |= services


def _service(claim: Claim, place: int) -> bytes:
    line, plan = claim.lines[place], claim.plan
    who = (claim.client.family.upper(), claim.client.given.upper(), claim.client.birth_date)
    clinician = claim.rendering.npi if claim.rendering is not None else claim.practice.provider.npi
    return _digest(repr((clinician, plan.payer_id, plan.member, claim.rank, who, line.day, line.code, line.modifiers)))


def _digest(what: str) -> bytes:
    return hashlib.blake2b(what.encode(), digest_size=8).digest()
