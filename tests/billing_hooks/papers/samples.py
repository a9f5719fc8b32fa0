"""Invented people and their papers: what most of these tests begin from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from billing_hooks import estimating
from billing_hooks.claims.claim import (
    Claim,
    Person,
    Plan,
    PostalAddress,
    Practice,
    Provider,
    ServiceLine,
)
from billing_hooks.papers.accounts import Account, Entry, Receipt
from billing_hooks.papers.appeal import Appeal, Denied
from billing_hooks.papers.estimate_paper import EstimatePaper
from billing_hooks.papers.superbill import Received, Service, Superbill
from billing_hooks.verification import Verification

DAY = date(2026, 11, 20)
PRACTICE = Practice(
    provider=Provider("Lakeside Behavioral Group", "1990000105", taxonomy="251S00000X"),
    address=PostalAddress("100 Main St Ste 200", "Minneapolis", "MN", "554011234"),
    tax_id="411234567",
    phone="6125550100",
    mail="billing@lakeside.example",
)
CLIENT = Person(
    "Jordan", "Doe", date(1990, 2, 14), "F", middle="A",
    address=PostalAddress("55 Lake St Apt 4", "Saint Paul", "MN", "55101"),
)  # fmt: skip
CLINICIAN = Provider("Rivera", "1880000207", taxonomy="1041C0700X", given="Ana", middle="M", credentials="LICSW")
PLAN = Plan("Example Commercial Health Plan", "99901", "CI", "HPX123456789", group="GRP7788")
LINE = ServiceLine("VV-7F3A91C2-1", "90834", ("95",), 1, 17500, DAY, (1, 2))
CLAIM = Claim(
    id="VV-7F3A91C2", encounter="enc_1", practice=PRACTICE, client=CLIENT, plan=PLAN, lines=(LINE,),
    diagnoses=("F411", "F331"), pos="10", rendering=CLINICIAN, authorization="PA55512",
)  # fmt: skip
LONG = "Maximiliana-Konstantinopolitana Wolfeschlegelsteinhausenbergerdorff von und zu Hohenlohe-Waldenburg"
LONG_CLIENT = replace(CLIENT, given=LONG, family=LONG, middle="")

SERVICE = Service(DAY, "Individual psychotherapy by video, 46 minutes", "90834", (), 1, "10", ("F411", "F331"), 17500)
BILL = Superbill(
    number="1001", issued=date(2026, 11, 21), practice=PRACTICE, client=CLIENT, clinician=CLINICIAN,
    licence="LICSW 12345, Minnesota", services=(SERVICE,),
    received=(Received(DAY, "Card", 17500),), signed="Ana M Rivera, signed electronically 2026-11-20 11:02 CST",
)  # fmt: skip
FILED = {
    "text_version": estimating.TEXT_VERSION, "client": "Jordan A Doe", "service": "Individual psychotherapy",
    "day": "2026-12-04", "minutes": 50, "items": [{"code": "90834", "cents": 17500}],
    "diagnoses": "Not known before the visit", "clinician": "Ana M Rivera", "npi": "1880000207",
    "practice": {"name": "Lakeside Behavioral Group"}, "state": "MN", "disclaimers": list(estimating.DISCLAIMERS),
}  # fmt: skip
ESTIMATE = EstimatePaper("501", date(2026, 11, 21), FILED, PRACTICE, CLIENT.birth_date)
RECEIPT = Receipt(
    "77", DAY, PRACTICE, CLIENT, "Jordan A Doe", "Card", 17500, (("Visit of November 20, 2026", 17500),), 0
)
ACCOUNT = Account(
    "12", date(2026, 11, 30), PRACTICE, CLIENT, 2500,
    (
        Entry(date(2026, 11, 6), "Visit of November 6, 2026", 17500),
        Entry(date(2026, 11, 18), "Your plan paid", -12000),
        Entry(date(2026, 11, 18), "Contract with your plan", -3000),
        Entry(date(2026, 11, 20), "You paid by card", -2500),
    ),
    due=date(2026, 12, 21),
)  # fmt: skip
VERIFIED = Verification(
    on=date(2026, 11, 2), expires=date(2027, 1, 31), payer=PLAN.name, representative="Dana K.",
    call_reference="CR-20261102-8841", active=True, telehealth=True, home=True, modifier="95", pos_home="10",
    pos_other="02", authorization="not_required",
)  # fmt: skip
APPEAL = Appeal(
    day=date(2026, 12, 10), claim=CLAIM,
    denied=Denied(date(2026, 12, 1), "CO-4", "the modifier does not go with the code.", "PCN-2026-000991", ("90834",)),
    grounds=(
        "The visit was live video: both sides sent and received sound and picture for 44 of 49 minutes, as measured.",
        "Modifier 95 is the one that your representative named for live video.",
        "The client was at home, which the claim says with place of service 10.",
    ),
    cited=(("plan-contract v3", "Amendment 4 of 2024-01-01, section 2: telehealth is paid with 95 and 02 or 10"),),
    asked_of="Appeals, P.O. Box 100, Example City, MN 55000", signer="Billing desk, Lakeside Behavioral Group",
    verified=VERIFIED, enclosed=("Copy of the claim", "Evidence of the visit (next page)"),
)  # fmt: skip
