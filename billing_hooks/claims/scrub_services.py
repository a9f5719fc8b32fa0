"""Checks of the services: codes and diagnoses on their day, modifiers, pointers, place, units, charge, dates. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from billing_hooks.claims import tables
from billing_hooks.claims.claim import Claim, Frequency, Rank, ServiceLine
from billing_hooks.claims.scrub_words import Against, Check, Found

MOST_DIAGNOSES, MOST_POINTERS, MOST_MODIFIERS, MOST_LINES = 12, 4, 4, 50
_MOST_UNITS, _MOST_CENTS = 9999, 99_999_999
# CMS CR 12427: 10, and the present meaning of 02; before that day every visit by video was 02, which began in 2017.
_FROM = {"10": date(2022, 1, 1), "02": date(2017, 1, 1)}
_ID = re.compile(r"[A-Z0-9-]{1,20}\Z", re.ASCII)
_CODE = re.compile(r"(\d{4}[0-9A-Z]|[A-Z]\d{4})\Z", re.ASCII)
_MODIFIER = re.compile(r"[A-Z0-9]{2}\Z", re.ASCII)
# ICD-10-CM (public domain): a letter, a digit, a digit or letter, then up to four; U is for new diseases.
_DIAGNOSIS = re.compile(r"[A-Z]\d[0-9AB][0-9A-Z]{0,4}\Z", re.ASCII)
_LOBS = {"MB": "medicare_b"}


def dotted(code: str) -> str:
    """A diagnosis as the tables have it: a dot behind the third place."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def _lines(claim: Claim) -> Iterator[tuple[str, str, ServiceLine]]:
    return ((f"lines[{at}]", f"Line {at + 1} ({line.code[:6]})", line) for at, line in enumerate(claim.lines))


def _days(claim: Claim) -> list[date]:
    return sorted({line.day for line in claim.lines})


def _id(claim: Claim, _: Against) -> Found:
    if not _ID.match(claim.id):
        yield (
            "id",
            "The claim's number must have at most 20 capital letters, digits and hyphens: payers cut longer ones.",
        )


def _count(claim: Claim, _: Against) -> Found:
    if not claim.lines:
        yield "lines", "The claim has no service: add a line, or leave the claim away."
    if len(claim.lines) > MOST_LINES:
        yield "lines", f"The claim has {len(claim.lines)} lines, {MOST_LINES} are taken: send two claims."


def _numbers(claim: Claim, _: Against) -> Found:
    many = Counter(line.number for line in claim.lines)
    for place, words, line in _lines(claim):
        if not line.number:
            yield (
                f"{place}.number",
                f"{words}: its number is missing, by which the payment finds it again. Give it one.",
            )
        elif many[line.number] > 1:
            yield f"{place}.number", f"{words}: another line has its number. Give each line its own."


def _twice(claim: Claim, _: Against) -> Found:
    seen = set()
    for place, words, line in _lines(claim):
        named = (line.code, line.modifiers, line.day)
        if named in seen:
            yield place, f"{words}: it stands twice for {line.day}. Add its units to the first, or a modifier (59, 76)."
        seen.add(named)


def _diagnoses(claim: Claim, _: Against) -> Found:
    if not claim.diagnoses:
        yield "diagnoses", "A diagnosis is missing: the clinician enters it on the sheet."
    if len(claim.diagnoses) > MOST_DIAGNOSES:
        yield "diagnoses", f"{len(claim.diagnoses)} diagnoses are too many: a claim holds {MOST_DIAGNOSES}."
    for at, code in enumerate(claim.diagnoses):
        if code in claim.diagnoses[:at]:
            yield f"diagnoses[{at}]", f"Diagnosis {at + 1} stands there twice: take one away and mend the pointers."


def _dots(claim: Claim, _: Against) -> Found:
    for at, code in enumerate(claim.diagnoses):
        if "." in code:
            yield f"diagnoses[{at}]", f"Diagnosis {at + 1}: a claim takes it without the dot."


def _valid(claim: Claim, against: Against) -> Found:
    table, days = against.pack.diagnoses, _days(claim)
    for at, code in enumerate(claim.diagnoses):
        bare = code.replace(".", "")
        if not _DIAGNOSIS.match(bare):
            yield f"diagnoses[{at}]", f"Diagnosis {at + 1} is no ICD-10-CM code: look it up and enter it again."
            continue
        states = {table.state(dotted(bare), day) for day in days}
        if "unknown" in states:
            yield f"diagnoses[{at}]", f"Diagnosis {at + 1} does not exist on the day of service: choose one that does."
        elif "category" in states:
            yield f"diagnoses[{at}]", f"Diagnosis {at + 1} is a group of diagnoses: choose one with all its characters."


def _table_reaches(claim: Claim, against: Against) -> Found:
    through = max(against.pack.diagnoses.valid_through, against.diagnoses_through or date.min)
    if claim.diagnoses and any(day > through for day in _days(claim)):
        yield "diagnoses", f"The diagnosis table reaches to {through}: confirm or replace it on the page Diagnoses."
    if any(not against.pack.valid_from <= day <= against.pack.valid_through for day in _days(claim)):
        span = f"{against.pack.valid_from} to {against.pack.valid_through}"
        yield "lines", f"The code tables hold from {span}: load those of the day."


def _pointers(claim: Claim, _: Against) -> Found:
    for place, words, line in _lines(claim):
        if not line.pointers:
            yield f"{place}.pointers", f"{words}: it points to no diagnosis. Say which one it was for."
        if len(line.pointers) > MOST_POINTERS:
            yield (
                f"{place}.pointers",
                f"{words}: it points to {len(line.pointers)} diagnoses, {MOST_POINTERS} are taken.",
            )
        if any(not 1 <= each <= len(claim.diagnoses) for each in line.pointers):
            say = f"{words}: it points to a diagnosis that is not there; there are {len(claim.diagnoses)}."
            yield f"{place}.pointers", say
        if len(set(line.pointers)) < len(line.pointers):
            yield f"{place}.pointers", f"{words}: it points to one diagnosis twice. Take one away."


def _modifiers(claim: Claim, _: Against) -> Found:
    for place, words, line in _lines(claim):
        field = f"{place}.modifiers"
        if len(line.modifiers) > MOST_MODIFIERS:
            yield field, f"{words}: it has {len(line.modifiers)} modifiers, {MOST_MODIFIERS} are taken. Drop one."
        for each in line.modifiers:
            if not _MODIFIER.match(each):
                yield field, f"{words}: {each[:4] or 'nothing'} is no modifier: two letters or digits."
        if len(set(line.modifiers)) < len(line.modifiers):
            yield field, f"{words}: one modifier stands there twice. Take one away."
        if len(tables.EXCLUSIVE.intersection(line.modifiers)) > 1:
            yield field, f"{words}: of 93, 95, FQ, GQ and GT a line takes one. Keep the one that this payer wants."


def _modifier_days(claim: Claim, against: Against) -> Found:
    for place, words, line in _lines(claim):
        for each in line.modifiers:
            if line.day < against.pack.modifiers.get(each, date.min):
                say = f"{words}: {each} exists from {against.pack.modifiers[each]}. Take it off."
                yield f"{place}.modifiers", say


def _code(claim: Claim, _: Against) -> Found:
    for place, words, line in _lines(claim):
        if not _CODE.match(line.code):
            yield f"{place}.code", f"{words}: this is no procedure code of five characters. Look at it."


def _code_days(claim: Claim, against: Against) -> Found:
    for place, words, line in _lines(claim):
        entry = against.pack.codes.get(line.code)
        if entry is None:
            continue
        if entry.until is not None and line.day >= entry.until:
            instead = f" Use {entry.instead}." if entry.instead[:1].isdigit() else " Use what replaced it."
            yield f"{place}.code", f"{words}: it was deleted on {entry.until}.{instead}"
        if entry.since is not None and line.day < entry.since:
            yield f"{place}.code", f"{words}: it exists from {entry.since}. Use the code of the day."


def _code_plan(claim: Claim, against: Against) -> Found:
    lob = _LOBS.get(claim.plan.filing, "")
    for place, words, line in _lines(claim):
        entry = against.pack.codes.get(line.code)
        if entry is not None and lob and lob in entry.not_lob:
            yield f"{place}.code", f"{words}: Medicare does not take this code. Use the one it takes for the same."
        if entry is not None and "medicare_b" in entry.only_lob and lob != "medicare_b":
            yield f"{place}.code", f"{words}: only Medicare takes this code. Use the one that others take."


def _together(claim: Claim, against: Against) -> Found:
    codes = {day: {line.code for line in claim.lines if line.day == day} for day in _days(claim)}
    for place, words, line in _lines(claim):
        entry = against.pack.codes.get(line.code)
        if entry is not None and entry.needs and not entry.needs & codes[line.day]:
            yield f"{place}.code", f"{words}: it goes with another service of the same day, which is missing. Add it."
    for pair in against.pack.pairs:
        for day, present in codes.items():
            one = sorted(pair.first & present)
            other = sorted(pair.second & present - set(one[:1])) if one else []
            if one and other:
                yield "lines", f"{one[0]} and {other[0]} of {day} exclude each other: keep one."


def _pos(claim: Claim, _: Against) -> Found:
    places = [("pos", "The claim", claim.pos, _days(claim)[:1])]
    places += [(f"{place}.pos", words, line.pos, [line.day]) for place, words, line in _lines(claim) if line.pos]
    for place, words, pos, days in places:
        if pos not in tables.PLACES:
            yield place, f"{words}: {pos or 'nothing'} is no place of service. Choose 10 (at home), 02 or another."
        elif days and days[0] < _FROM.get(pos, date.min):
            yield place, f"{words}: place of service {pos} exists from {_FROM[pos]}. Use that of the day."


def _charge(claim: Claim, _: Against) -> Found:
    for place, words, line in _lines(claim):
        if line.charge <= 0:
            yield f"{place}.charge", f"{words}: its charge must be above nothing. Enter it in the fee schedule."
    if claim.charge > _MOST_CENTS:
        yield "lines", "The claim's total has more digits than a claim takes: look at the charges."


def _units(claim: Claim, against: Against) -> Found:
    for place, words, line in _lines(claim):
        entry = against.pack.codes.get(line.code)
        most = _MOST_UNITS if entry is None or entry.most_units is None else entry.most_units
        if line.units < 1:
            yield f"{place}.units", f"{words}: it has {line.units} units, one is the least. Look at it."
        elif line.units > most:
            yield f"{place}.units", f"{words}: it has {line.units} units, {most} a day is the most. Look at it."


def _future(claim: Claim, against: Against) -> Found:
    for place, words, line in _lines(claim):
        if line.day > against.today:
            yield f"{place}.day", f"{words}: its day {line.day} has not come yet. Look at the date."


def _late(claim: Claim, against: Against) -> Found:
    """A first claim to a first payer alone: what others count from, only their answer tells."""
    if claim.rank is not Rank.PRIMARY or claim.frequency is not Frequency.NEW or claim.delay:
        return
    days = against.filing_days.get(claim.plan.payer_id)
    if days is None and claim.plan.filing == "MB":
        days = against.pack.medicare.filing_days
    if days is None:
        return
    for place, words, line in _lines(claim):
        last = line.day + timedelta(days=days)
        if against.today > last:
            say = f"{words}: the payer took claims until {last}. Send it with the reason of the delay, or write it off."
            yield f"{place}.day", say


def _delay(claim: Claim, _: Against) -> Found:
    if claim.delay and claim.delay not in tables.DELAYS:
        yield "delay", f"{claim.delay} is no reason of a delay (CLM20): choose one from the list."


def _assignment(claim: Claim, _: Against) -> Found:
    if claim.assignment not in ("A", "B", "C"):
        yield "assignment", "Say whether assignment is accepted: A yes, B for laboratory alone, C no."


CHECKS = (
    Check("claim-number", _id, "TR3 CLM01: payers keep 20 characters"),
    Check("lines", _count, "TR3 2400: at most 50"),
    Check("line-number", _numbers, "TR3 2400 REF 6R"),
    Check("line-twice", _twice, "payers take the second for a duplicate"),
    Check("diagnoses", _diagnoses, "TR3 2300 HI"),
    Check("diagnosis-dot", _dots, "TR3 2300 HI"),
    Check("diagnosis-on-day", _valid, "ICD-10-CM of the day (NCHS)"),
    Check("tables-reach", _table_reaches, "the code tables' own dates"),
    Check("pointers", _pointers, "TR3 SV107"),
    Check("modifiers", _modifiers, "TR3 SV101"),
    Check("modifier-on-day", _modifier_days, "the code tables"),
    Check("code", _code, "HCPCS levels I and II"),
    Check("code-on-day", _code_days, "the code tables"),
    Check("code-for-plan", _code_plan, "the code tables"),
    Check("codes-together", _together, "the code tables"),
    Check("place", _pos, "CMS place of service codes, CR 12427"),
    Check("charge", _charge, "TR3 CLM02 and SV102"),
    Check("units", _units, "TR3 SV104 and the code tables"),
    Check("day-to-come", _future, "TR3 2400 DTP 472"),
    Check("too-late", _late, "the payer's days to file; Medicare: 42 CFR 424.44"),
    Check("delay", _delay, "X12 1514"),
    Check("assignment", _assignment, "TR3 CLM07"),
)
