"""Who bills, who is insured and who was treated, as segments of an 837 professional (loops 2000A to 2010CA). Pure."""

from __future__ import annotations

from datetime import date

from billing_hooks.claims.claim import Person, Plan, PostalAddress, Practice, Provider, Rank
from billing_hooks.claims.letters import mail, number, text
from billing_hooks.x12 import segment

# X12 1069: the client's relation to the subscriber.
RELATIONS = {"self": "18", "spouse": "01", "child": "19", "other": "G8"}


def practice(by: Practice, level: int) -> list[str]:
    """2000A, 2010AA and 2010AB: who bills, at this number of the hierarchy."""
    found = [segment("HL", str(level), "", "20", "1")]
    if by.provider.taxonomy:
        found.append(segment("PRV", "BI", "PXC", number(by.provider.taxonomy)))
    found += [provider("85", by.provider), *address(by.address)]
    if by.tax_id:
        found.append(segment("REF", by.tax_kind, number(by.tax_id)))
    if by.phone or by.mail:
        # PER02 is only written where it is another than the submitter's, which the claim does not know: always.
        ways = [each for way, value in (("TE", number(by.phone)), ("EM", mail(by.mail))) if value
                for each in (way, value)]  # fmt: skip
        found.append(segment("PER", "IC", text(by.contact), *ways))
    if by.pay_to is not None:
        found += [segment("NM1", "87", "1" if by.provider.given else "2"), *address(by.pay_to)]
    return found


def subscriber(client: Person, plan: Plan, rank: Rank, level: int, parent: int) -> list[str]:
    """2000B, 2010BA and 2010BB: whose plan it is, and the plan."""
    dependent = plan.subscriber is not None
    found = [
        segment("HL", str(level), str(parent), "22", "1" if dependent else "0"),
        insured(rank, plan, "" if dependent else RELATIONS["self"]),
        *person("IL", plan.subscriber or client, plan.member),
        *_born(plan.subscriber or client),
    ]
    return [*found, segment("NM1", "PR", "2", text(plan.name), "", "", "", "", "PI", number(plan.payer_id))]


def dependent(client: Person, plan: Plan, level: int, parent: int) -> list[str]:
    """2000C and 2010CA: the client who is not the subscriber."""
    return [
        segment("HL", str(level), str(parent), "23", "0"),
        segment("PAT", RELATIONS[plan.relation]),
        *person("QC", client, ""),
        *_born(client),
    ]


def insured(rank: Rank, plan: Plan, relation: str) -> str:
    """SBR: this plan's place among the client's plans. The group's name stands only where no number does (SBR04)."""
    name = "" if plan.group else text(plan.plan)
    return segment(
        "SBR", rank.value, relation, number(plan.group), name, plan.medicare_second, "", "", "", plan.filing
    )  # fmt: skip


def person(entity: str, who: Person, member: str) -> list[str]:
    """NM1, N3 and N4 of a person; `member` their number with the plan."""
    name = ("NM1", entity, "1", text(who.family), text(who.given), text(who.middle), "", text(who.suffix))
    found = [segment(*name, "MI", number(member)) if member else segment(*name)]
    return found if who.address is None else [*found, *address(who.address)]


def provider(entity: str, who: Provider) -> str:
    """NM1 of a practice or a clinician."""
    if who.given:
        name = ("NM1", entity, "1", text(who.family), text(who.given), text(who.middle), "", text(who.suffix))
    else:
        name = ("NM1", entity, "2", text(who.family), "", "", "", "")
    return segment(*name, "XX", number(who.npi)) if who.npi else segment(*name)


def address(where: PostalAddress) -> list[str]:
    """N3 and N4."""
    return [
        segment("N3", text(where.street), text(where.second)),
        segment("N4", text(where.city), number(where.state), number(where.zip)),
    ]


def day(when: date) -> str:
    """A day as X12 writes it: CCYYMMDD."""
    return f"{when.year:04}{when.month:02}{when.day:02}"


def _born(who: Person) -> list[str]:
    return [] if who.birth_date is None else [segment("DMG", "D8", day(who.birth_date), who.sex)]
