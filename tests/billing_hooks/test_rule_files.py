"""Files of payer rules: read whole or not at all, looked over, told apart; and the packs that are shipped."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from importlib import resources
from typing import Any

import pytest

from billing_hooks import packs, rules
from billing_hooks.choosing import choose
from billing_hooks.errors import Malformed
from billing_hooks.rule_changes import changes
from billing_hooks.rules import Kind, PayerRule, Status

TODAY = date(2026, 11, 22)
WHOLE = """
[[rule]]
id = "acme"
version = 1
payer = "Acme"
lob = "commercial"
kind = "contract"
status = "confirmed"
from = 2024-01-01
to = 2025-12-31
originating_sites = "any"
pos = { home = "10", other = "02" }
modifiers = { av = ["95"], audio_only = ["93"] }
confirmed = { by = "Kim", on = 2026-01-05, call_ref = "A-1" }
citations = [{ title = "Amendment 4", date = "2024-01-01" }]
"""
SECOND = WHOLE.replace("version = 1", "version = 2").replace("2024-01-01\nto = 2025-12-31", "2026-01-01")


def remarks(text: str, today: date = TODAY) -> list[str]:
    """What is said of one more file beside the shipped ones, without its lines and what is said of those."""
    found = packs.check([("acme.toml", text)], today)
    return [replace(each, row=0).line for each in found if each.file == "acme.toml"]


def test_a_whole_file_has_nothing_to_say_and_is_read() -> None:
    """Two versions that follow each other: both are there, each with who confirmed it."""
    assert remarks(WHOLE + SECOND) == []
    first, second = packs.read_rules(WHOLE + SECOND, "acme.toml")
    assert (first.name, second.name, first.until, second.until) == ("acme v1", "acme v2", date(2025, 12, 31), None)
    assert first.confirmed == rules.Confirmed("Kim", date(2026, 1, 5), "", "A-1")


WRONG: list[tuple[str, str, str]] = [
    ("an unknown field", WHOLE + 'colour = "red"\n', "wrong  acme.toml · acme · colour: there is no field colour."),
    ("a part misspelt", WHOLE.replace("audio_only = [", "audio = ["), "wrong  acme.toml · acme · modifiers: "),
    ("no payer", WHOLE.replace('payer = "Acme"\n', ""), "wrong  acme.toml · acme · payer: the field payer is missing."),
    ("overlap", WHOLE + WHOLE.replace("version = 1", "version = 2").replace("2024-01-01\n", "2025-12-31\n", 1),
     "wrong  acme.toml · acme · from: version 2 begins on 2025-12-31, while version 1 (acme.toml) holds from"),
    ("no citation", WHOLE.replace('citations = [{ title = "Amendment 4", date = "2024-01-01" }]', ""),
     "wrong  acme.toml · acme · citations: it cites nothing"),
    ("dates turned", WHOLE.replace("to = 2025", "to = 2023"), "wrong  acme.toml · acme · to: to lies before from."),
    ("no such day", WHOLE.replace("from = 2024-01-01", 'from = "2024-02-30"'), "wrong  acme.toml · acme · from: "),
    ("a moment for a day", WHOLE.replace("from = 2024-01-01", "from = 2024-01-01T00:00:00Z"),
     "wrong  acme.toml · acme · from: "),
    ("a place of one digit", WHOLE.replace('home = "10"', 'home = "1"'), "wrong  acme.toml · acme · pos: "),
    ("95 without picture", WHOLE.replace('["93"]', '["95"]'), "wrong  acme.toml · acme · modifiers: 95 means live"),
    ("lapsed", SECOND + "valid_through = 2026-11-21\n", "wrong  acme.toml · acme · valid_through: it lapsed on"),
    ("lapses soon", SECOND + "valid_through = 2026-12-31\n", "note   acme.toml · acme · valid_through: it lapses on"),
    ("a gap", WHOLE + SECOND.replace('"acme"', '"acme-2"').replace("2026-01-01", "2026-02-01"),
     "wrong  acme.toml · acme-2 · from: no rule from 2026-01-01 to 2026-01-31: acme ends before."),
    ("a list nobody has", WHOLE + 'code_list = "theirs"\n', "wrong  acme.toml · acme · code_list: the code tables"),
    ("a law with a place", WHOLE.replace('"contract"', '"law"'), "wrong  acme.toml · acme · pos: a law allows"),
    ("not TOML", "[[rule\n", "wrong  acme.toml: it is not TOML"),
    ("something else", 'rule = 3\n', "wrong  acme.toml · rule: the file holds no list of rules."),
    ("another table", WHOLE + "\n[extra]\na = 1\n", "wrong  acme.toml · extra: there is no such part"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_what_is_wrong_is_named_with_its_place(text: str, line: str) -> None:
    """File, rule and field, one line each."""
    found = remarks(text)
    assert any(each.startswith(line) for each in found), found


@pytest.mark.parametrize("text", [WRONG[0][1], WRONG[3][1], WRONG[15][1]], ids=["unknown", "overlap", "not TOML"])
def test_nothing_is_half_read(text: str) -> None:
    """One fault, and no rule of the file is taken; the sentence names the place."""
    with pytest.raises(Malformed, match=r"acme\.toml"):
        packs.read_rules(SECOND.replace('"acme"', '"other"') + text, "acme.toml")


def test_a_rule_that_two_files_hold_for_one_day_is_named() -> None:
    """The shipped files and given ones are looked at together."""
    own = resources.files("billing_hooks") / "payers" / "minnesota.toml"
    found = [each.line for each in packs.check([("copy.toml", own.read_text(encoding="utf-8"))], TODAY)]
    assert any("mhcp-2022 · from: version 1 begins on 2022-01-01, while version 1 (" in each for each in found)


def test_what_is_shipped_is_whole_and_waits_for_a_practice() -> None:
    """Nothing wrong in any file; only the law stands confirmed, for nobody here may confirm a payer's word."""
    assert [each.line for each in packs.check([], TODAY) if each.wrong] == []
    for rule in packs.shipped_rules():
        assert rule.citations, rule.id
        assert rule.status is not Status.CONFIRMED or rule.kind is Kind.LAW, rule.id
    assert [each.field for each in packs.check([], date(2027, 1, 1)) if each.wrong] == ["valid_through"]


def test_the_minnesota_pack_names_its_payers_and_invents_nothing() -> None:
    """Every row unconfirmed with source and date; what nobody told is absent, not guessed."""
    text = (resources.files("billing_hooks") / "payers" / "minnesota.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["rule"]
    assert {(row["payer"], row["lob"]) for row in found} == {
        ("MN DHS MHCP", "medicaid_mn_ffs"), ("*", "mn_pmap"), ("HealthPartners", "mn_pmap"),
        ("HealthPartners", "commercial"), ("BCBS MN", "commercial"), ("Medica", "commercial"), ("UCare", "*"),
        ("Medicare Part B", "medicare_b"), ("*", "medicare_advantage"), ("Cigna", "commercial"),
        ("Evernorth Behavioral Health", "commercial"),
    }  # fmt: skip
    for row in found:
        assert row["status"] == "needs_confirmation"
        assert any(each.get("date") or each.get("url") for each in row["citations"]) or row["id"].startswith("cigna")
        if row["confidence"] == "not_known":
            assert not row.keys() & {"originating_sites", "pos", "modifiers", "audio_only", "licences_allow"}, row["id"]


def test_a_change_is_told_in_words() -> None:
    """One sentence a field, what is and what was."""
    old, new = packs.read_rules(WHOLE + SECOND)
    assert changes(old, old) == ()
    assert changes(old, new) == (
        "In force from: 2026-01-01, was 2024-01-01.",
        "In force to: not known, was 2025-12-31.",
    )
    narrow = rules.amended(
        new,
        {"originating_sites": ["clinic", "office"], "pos": "02", "modifiers": {"av": []}, "av_share_min": "0.8",
         "code_families": {"98000": {"accepted": True, "modifiers": {"av": ["95"]}}},
         "confirmed": {"by": "Lee", "on": "2026-11-01"}, "auth_required": True},
    )  # fmt: skip
    assert changes(new, narrow) == (
        "Kinds of place allowed: Clinic, Office, was Any place.",
        "Place of service at home: 02, was 10.",
        "Modifiers with picture: none, was 95.",
        "Families of codes: 98000 taken with 95, was none.",
        "Authorisation needed: yes, was not known.",
        "Least share with picture: 80.0 %, was 90.0 %.",
        "Confirmed by: Lee on 2026-11-01, was Kim on 2026-01-05, call reference A-1.",
    )


def chosen(found: list[PayerRule], day: date) -> str | None:
    """The rule that decides a visit of that day."""
    rule = choose(
        found, payer="Acme", lob="commercial", funding="fully_insured", state="MN", dos=day, today=TODAY
    ).rule  # fmt: skip
    return None if rule is None else rule.name


def test_a_new_version_replaces_the_old_one_from_its_first_day_on() -> None:
    """An open first version does not come back when the second ends."""
    [first] = packs.read_rules(WHOLE.replace("to = 2025-12-31\n", ""))
    [second] = packs.read_rules(SECOND.replace("from = 2026-01-01", "from = 2026-01-01\nto = 2026-06-30"))
    for found in ([first, second], [second, first]):
        assert chosen(found, date(2025, 12, 31)) == "acme v1"
        assert chosen(found, date(2026, 1, 1)) == "acme v2"
        assert chosen(found, date(2026, 7, 1)) is None


def test_what_the_practice_confirmed_is_not_in_conflict_with_a_suggestion() -> None:
    """A shipped row that nobody confirmed is no second voice."""
    [own] = packs.read_rules(SECOND)
    hint = rules.amended(own, {"id": "aaa-hint", "status": "needs_confirmation", "modifiers": {"av": ["GT"]}})
    found = choose([hint, own], payer="Acme", lob="commercial", funding=None, state=None, dos=TODAY, today=TODAY)
    assert (found.rule, found.rival) == (own, None)


def test_two_texts_under_one_name_and_version_are_a_conflict() -> None:
    """Which of them holds may not hang on which came first."""
    [own] = packs.read_rules(SECOND)
    other = rules.amended(own, {"pos": "02"})
    for found in ([own, other], [other, own]):
        choice = choose(found, payer="Acme", lob="commercial", funding=None, state=None, dos=TODAY, today=TODAY)
        assert choice.rule is not None
        assert choice.rival is not None
        assert choice == choose(
            found[::-1], payer="Acme", lob="commercial", funding=None, state=None, dos=TODAY, today=TODAY
        )
