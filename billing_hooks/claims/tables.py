"""Short lists of codes that every claim is held against: numbers and letters alone, of public code sets. Pure."""

from __future__ import annotations

# CMS place of service code set (public domain); 27 since 2023-10, 66 since 2024, 10 since 2022.
PLACES = frozenset(
    "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 31 32 33 34 41 42 49 50 51 52 53 "
    "54 55 56 57 58 60 61 62 65 66 71 72 81 99".split()
)
# USPS: states, District of Columbia, territories, and the three military "states".
STATES = frozenset(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI FM MH PW AA AE AP".split()
)
# X12 1032, as the professional claim takes it.
FILINGS = frozenset("11 12 13 14 15 16 17 AM BL CH CI DS FI HM LM MA MB MC OF TV VA WC ZZ".split())
# X12 1336: why Medicare does not come first, as the professional claim takes it.
MEDICARE_SECOND = {
    "12": "They or their spouse still work, and the employer's plan pays",
    "13": "Their kidneys fail, and an employer's plan pays in the first months",
    "14": "An accident: car or no-fault insurance pays", "15": "An injury at work: workers' compensation pays",
    "16": "Another federal agency pays", "41": "Black lung: its fund pays", "42": "Veterans Affairs pays",
    "43": "They are disabled and under 65, and a large employer's plan pays", "47": "Another liability insurance pays",
}  # fmt: skip
# X12 1514: why a claim comes late.
DELAYS = {
    "1": "Whether the client was insured was not known", "2": "A lawsuit", "3": "The authorisation came late",
    "4": "Whoever has to certify the provider took long", "5": "Forms came late",
    "6": "A device made for the client came late", "7": "Somebody who handles claims took long",
    "8": "The client's eligibility was decided late", "9": "Sent in time, and refused for another reason",
    "10": "The approval beforehand took long", "11": "Another reason", "15": "A natural disaster",
}  # fmt: skip
# X12 1033: who answers for an adjustment.
GROUPS = frozenset("CO CR OA PI PR".split())
RELATIONS = frozenset("self spouse child other".split())
# One at most of these on a line: each says how the visit was given.
EXCLUSIVE = frozenset("93 95 FQ GQ GT".split())
# Taxonomies (NUCC) that practices of this product have; a practice names its others.
TAXONOMIES = frozenset(
    "101Y00000X 101YA0400X 101YM0800X 101YP2500X 103T00000X 103TC0700X 103TC2200X 103TB0200X 1041C0700X 104100000X "
    "106H00000X 163W00000X 163WP0808X 2084P0800X 2084P0804X 207Q00000X 207R00000X 208D00000X 225100000X 225X00000X "
    "235Z00000X 133V00000X 251S00000X 261QM0801X 261QR0405X 363A00000X 363L00000X 363LF0000X 363LP0808X 364S00000X "
    "364SP0808X 390200000X 193200000X 193400000X".split()
)
