"""A released encounter becomes a claim, or says everything that is missing and where it is entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_hooks import packs
from billing_hooks.claims import from_encounter as made
from billing_hooks.claims import scrub, tables
from billing_hooks.claims.claim import Claim, Frequency, Rank
from billing_hooks.client_record import Address, Authorization, ClientRecord
from billing_hooks.coding import code
from billing_hooks.held_coverage import LOBS, HeldCoverage, Policy, Subscriber
from billing_hooks.material import Coverage, Fee
from billing_hooks.words import Line, Outcome
from tests.billing_hooks import encounters
from tests.billing_hooks.claims import judges, kit
from tests.billing_hooks.claims.test_emit import written as batch

PACK, COMPACTS = packs.shipped()
PROPOSAL = code(encounters.READY, (encounters.RULE,), PACK, COMPACTS)
RELEASED = made.Released(
    "enc_7f3a91c2d4e5f6a7b8c9", "cli_82b1f0", "vis_7f3a91c2d4", kit.DAY, PROPOSAL, ("F41.1", "F33.1")
)
HELD = HeldCoverage(
    "cov_first",
    1,
    Coverage("Example Commercial", "commercial", authorization="not_required"),
    Policy(member="HPX123456789", group="GRP7788", payer_id="99901"),
)
RECORD = ClientRecord("Jordan", "Doe", date(1990, 2, 14), "F", Address("55 Lake St", "Saint Paul", "MN", "55101"))
FACTS = made.Facts(kit.PRACTICE, kit.RIVERA)
FEES = (Fee("90834", 160_00, date(2025, 1, 1)), Fee("90834", 175_00, date(2026, 1, 1)), Fee("90837", 1, kit.DAY))


def build(released: made.Released = RELEASED, **other: Any) -> Claim:
    """The claim, which nothing may be missing for."""
    given = {"held": HELD, "record": RECORD, "facts": FACTS, "fees": FEES} | other
    found = made.build(released, **given)
    assert isinstance(found, Claim), found
    return found


def lacks(released: made.Released = RELEASED, **other: Any) -> dict[str, str]:
    """What is missing, with the page for it."""
    given = {"held": HELD, "record": RECORD, "facts": FACTS, "fees": FEES} | other
    found = made.build(released, **given)
    assert not isinstance(found, Claim)
    assert all(each.say.endswith(".") for each in found)
    return {each.what: each.page for each in found}


def test_a_released_encounter_becomes_a_claim_that_two_readers_take() -> None:
    """With the coder's lines, the fee of the day, the diagnoses without dots, and nothing for the scrubber to say."""
    assert PROPOSAL.outcome is Outcome.BILL
    claim = build()
    assert (claim.id, claim.encounter, claim.rank, claim.frequency) == (
        "7F3A91C2D4E5F6A7-1", "enc_7f3a91c2d4e5f6a7b8c9", Rank.PRIMARY, Frequency.NEW,
    )  # fmt: skip
    line = claim.lines[0]
    assert (line.number, line.code, line.modifiers, line.units) == ("7F3A91C2D4E5F6A7-1-1", "90834", ("95",), 1)
    assert (line.charge, line.day, line.pointers, claim.pos) == (175_00, kit.DAY, (1, 2), "10")
    assert claim.diagnoses == ("F411", "F331")
    assert scrub.scrub(claim, scrub.Against(PACK, kit.TODAY, date(2026, 12, 31))) == ()
    text = batch([claim])
    assert judges.pyx12_says(text) + judges.x12sdk_says(text) == []


def test_one_encounter_is_one_claim_however_often_it_is_made() -> None:
    """The same number every time, another for the next claim of the encounter, and room for every payer."""
    assert build() == build()
    assert build(sequence=2).id == "7F3A91C2D4E5F6A7-2"
    assert len(made.claim_id("enc_" + "a" * 20, 999)) == 20


@given(st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=20, max_size=20), st.integers(1, 999))
def test_every_claim_has_a_number_that_payers_keep(encounter: str, sequence: int) -> None:
    """At most twenty letters and digits and hyphens."""
    found = made.claim_id(f"enc_{encounter}", sequence)
    assert len(found) <= 20
    assert found.replace("-", "").isalnum()
    assert found == found.upper()


def test_every_kind_of_plan_has_its_filing_code_or_asks_for_it() -> None:
    """SBR09 follows from the kind; the Blues have their own; another kind is asked for, nothing is guessed."""
    found = {lob: made.filing_of(replace(HELD, coverage=replace(HELD.coverage, lob=lob))) for lob in LOBS}
    assert found == {
        "commercial": "CI", "medicare_b": "MB", "medicare_advantage": "16", "medicaid_mn_ffs": "MC", "mn_pmap": "MC",
        "medicaid": "MC", "self_pay": "", "other": "",
    }  # fmt: skip
    assert made.filing_of(replace(HELD, coverage=replace(HELD.coverage, payer="BCBS MN"))) == "BL"
    assert set(filter(None, found.values())) <= tables.FILINGS
    other = replace(HELD, coverage=replace(HELD.coverage, lob="other"))
    assert lacks(held=other) == {"the kind of plan": "/billing/clients/cli_82b1f0/coverages/cov_first"}


def test_the_subscriber_is_taken_from_the_plan() -> None:
    """A parent's plan: the client is the dependent; a birth date without a sex beside it is left away."""
    parent = Subscriber("child", "Sam", "Doe", date(1965, 1, 2), "M", RECORD.address)
    held = replace(HELD, policy=replace(HELD.policy, subscriber=parent))
    plan = build(held=held).plan
    assert plan.relation == "child"
    assert plan.subscriber is not None
    assert (plan.subscriber.given, plan.subscriber.birth_date, plan.subscriber.sex) == ("Sam", date(1965, 1, 2), "M")
    bare = replace(held, policy=replace(HELD.policy, subscriber=Subscriber("partner", "Sam", "Doe", date(1965, 1, 2))))
    claim = build(held=bare)
    assert claim.plan.relation == "other"
    assert claim.plan.subscriber is not None
    assert (claim.plan.subscriber.birth_date, claim.plan.subscriber.address) == (None, None)
    assert scrub.scrub(claim, scrub.Against(PACK, kit.TODAY, date(2026, 12, 31))) == ()
    assert judges.pyx12_says(batch([claim])) == []


def test_a_medicare_number_is_written_without_its_hyphens() -> None:
    """As cards print it, and as claims want it."""
    policy = Policy(member="1EG4-TE5-MK72", payer_id="99902", medicare_second="12")
    held = replace(HELD, coverage=replace(HELD.coverage, lob="medicare_b"), policy=policy)
    plan = build(held=held).plan
    assert (plan.member, plan.medicare_second) == ("1EG4TE5MK72", "")  # here it pays first
    assert made.plan_of(held).medicare_second == "12"
    assert made.plan_of(replace(HELD, policy=policy)).medicare_second == ""


def test_a_first_claim_names_the_clients_further_plans_of_the_day() -> None:
    """In their order, as payers who pass claims on want it; none that is over, that its card does not tell, or is the
    same payer."""
    medigap = replace(HELD, id="cov_2", rank=3, policy=Policy(member="GAP1", payer_id="55501"))
    medicaid = replace(medigap, id="cov_3", rank=2, coverage=Coverage("State", "medicaid"),
                       policy=Policy(member="MA1", payer_id="55502"))  # fmt: skip
    over = replace(medigap, policy=Policy(member="OLD1", payer_id="55503"),
                   coverage=replace(HELD.coverage, until=date(2026, 1, 1)))  # fmt: skip
    unread = replace(medigap, policy=Policy(payer_id="55504"))
    claim = build(plans=(HELD, unread, over, medigap, medicaid))
    assert [(each.rank.value, each.plan.member, each.plan.filing) for each in claim.further] == [
        ("S", "MA1", "MC"), ("T", "GAP1", "CI"),
    ]  # fmt: skip
    assert scrub.scrub(claim, scrub.Against(PACK, kit.TODAY, date(2026, 12, 31))) == ()
    assert judges.pyx12_says(batch([claim])) == []
    assert build().further == ()


def test_the_authorisation_that_covers_the_day_and_the_code_is_taken() -> None:
    """One for the code goes before one for any; none where none is wanted or on file."""
    any_code = Authorization("ANY1", 10, date(2026, 1, 1), date(2026, 12, 31))
    mine = replace(any_code, number="MINE", codes=("90834",))
    over = replace(mine, number="OVER", until=date(2026, 6, 30))
    other = replace(mine, number="OTHER", codes=("90837",))
    wanted = replace(HELD, coverage=replace(HELD.coverage, authorization="on_file"))
    record = replace(RECORD, authorizations=(over, other, any_code, mine))
    assert build(held=wanted, record=record).authorization == "MINE"
    assert build().authorization == ""
    assert lacks(held=wanted) == {"the authorisation": "/billing/clients/cli_82b1f0#authorizations"}


def test_lines_at_two_places_and_several_units_keep_them() -> None:
    """The claim's place is the first line's; only what differs stands at its line."""
    lines = (Line("90834", ("95",), 2, "10"), Line("90837", (), 1, "02"))
    claim = build(replace(RELEASED, proposal=replace(PROPOSAL, lines=lines)))
    assert [(each.charge, each.pos) for each in claim.lines] == [(350_00, ""), (1, "02")]
    assert (claim.pos, claim.charge) == ("10", 350_01)


def test_everything_that_is_missing_is_told_at_once_with_its_page() -> None:
    """Nothing entered yet: the practice, the clinician, the client, the plan, the diagnosis, the fee."""
    bare = replace(RELEASED, diagnoses=(), incident_to=True)
    assert lacks(bare, held=None, record=None, facts=made.Facts(None, None), fees=()) == {
        "the practice": "/billing/practice",
        "the clinician": "/settings",
        "the supervisor": "/settings",
        "the client's record": "/billing/clients/cli_82b1f0",
        "the client's plan": "/billing/clients/cli_82b1f0/coverages/new",
        "a diagnosis": "/visits/vis_7f3a91c2d4/sheet",
        "the fee of 90834": "/billing/fees",
    }


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("the practice's tax number", {"facts": replace(FACTS, practice=replace(kit.PRACTICE, tax_id=""))}),
        ("the clinician's NPI", {"facts": replace(FACTS, rendering=replace(kit.RIVERA, npi=""))}),
        ("the clinician's name", {"facts": replace(FACTS, rendering=replace(kit.RIVERA, given=""))}),
        ("the client's birth date", {"record": replace(RECORD, birth_date=None)}),
        ("the client's sex", {"record": replace(RECORD, sex="")}),
        ("the client's street", {"record": replace(RECORD, address=Address())}),
        ("the member number", {"held": replace(HELD, policy=replace(HELD.policy, member=""))}),
        ("the payer's electronic number", {"held": replace(HELD, policy=replace(HELD.policy, payer_id=""))}),
        ("a plan for the day", {"held": replace(HELD, coverage=replace(HELD.coverage, until=date(2026, 1, 1)))}),
        ("the subscriber's name",
         {"held": replace(HELD, policy=replace(HELD.policy, subscriber=Subscriber("child", "", "A")))}),
        ("the fee of 90834", {"fees": (Fee("90834", 1, date(2027, 1, 1)),)}),
    ],
)  # fmt: skip
def test_each_missing_part_is_named(what: str, other: dict[str, Any]) -> None:
    """By its own words."""
    assert what in lacks(**other)


def test_what_is_held_refused_or_paid_by_the_client_makes_no_claim() -> None:
    """Only what is billed to a payer does."""
    for outcome in set(Outcome) - {Outcome.BILL}:
        assert "a bill" in lacks(replace(RELEASED, proposal=replace(PROPOSAL, outcome=outcome)))
    assert "a bill" in lacks(replace(RELEASED, proposal=replace(PROPOSAL, lines=())))


def test_offered_taxonomies_are_known() -> None:
    """What is offered for a licence stands on the list."""
    assert set(made.TAXONOMY_OF.values()) <= tables.TAXONOMIES
    assert set(made.TAXONOMY_OF) <= set(PACK.titles.values())
