"""The doctor and the command line about payer rules and code tables: what lapses, and garbage named with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from billing_hooks.demo import RULE
from billing_hooks.store import Store
from server import doctor, rule_dates
from server.cli import app
from server.doctor import Verdict
from server.settings import Settings

SHIPPED = (resources.files("billing_hooks") / "codes" / "pack.toml").read_text(encoding="utf-8")
RULES = """
[[rule]]
id = "acme"
payer = "Acme"
lob = "commercial"
from = 2024-01-01
citations = [{ title = "Amendment 4", date = "2024-01-01" }]
"""


async def test_rules_that_lapse_are_named_with_their_day(database: Any, data_dir: Path) -> None:
    """Before the day a warning, after it bad: visits are held."""
    settings = Settings.load(data_dir=data_dir, **database.settings())
    store = Store.open(database.billing_url, bytes(32))
    try:
        rule = RULE | {"valid_through": "2026-10-31"}
        await store.save_rule("prc_a", rule, "stf_a", datetime(2026, 11, 22, tzinfo=UTC))
    finally:
        await store.close()
    far = await rule_dates.look(settings, date(2026, 8, 1))
    assert (far.lapses, far.in_use) == ((), True)
    soon = await rule_dates.look(settings, date(2026, 10, 1))
    assert rule_dates.words(soon.lapses) == "The rule demo-commercial lapses on 2026-10-31"
    over = await rule_dates.look(settings, date(2026, 11, 22))
    assert rule_dates.words(over.lapses) == (
        "The rule demo-commercial lapsed on 2026-10-31, the code tables lapse on 2026-12-31"
    )
    verdict, say = await doctor.payer_rules(settings)
    assert verdict is Verdict.BAD
    assert "The rule demo-commercial lapsed on 2026-10-31" in say


async def test_without_a_database_the_shipped_tables_alone_are_looked_at(data_dir: Path) -> None:
    """A fresh place: nothing is in use yet, so nothing is bad."""
    found = await rule_dates.look(Settings.load(data_dir=data_dir), date(2028, 1, 1))
    assert [each.name for each in found.lapses] == ["code tables"]
    assert not found.in_use


RULE_GARBAGE = [
    ("overlapping dates", (RULES + RULES).encode(), "line 13 · acme · from: version 1 begins on 2024-01-01, while"),
    ("unknown field", (RULES + 'colour = "red"\n').encode(), "line 8 · acme · colour: there is no field colour."),
    ("wrong type", RULES.replace('"Acme"', "3").encode(), "line 4 · acme · payer: payer cannot be read (not a text)"),
    ("huge", b"#" * 300_000, "it has more than 256 KiB"),
    ("not TOML", b"[[rule\n", "it is not TOML: Expected ']]'"),
    ("bad UTF-8", RULES.replace("Acme", "Acm\xe9").encode("latin-1"), "line 4, byte 13 is not UTF-8"),
]
PACK_GARBAGE = [
    ("overlapping dates",
     SHIPPED.replace("until = 2025-01-01, instead", "since = 2026-01-01, until = 2025-01-01, instead").encode(),
     "codes.G2012: until should lie after since."),
    ("overlapping bands", SHIPPED.replace('["90834", 38, 52]', '["90834", 38, 60]').encode(),
     "bands.psychotherapy: 90837 should begin at 61 minutes"),
    ("unknown field", SHIPPED.replace("[crisis]", "[crisis]\ncolour = 1").encode(), "there is no field crisis.colour."),
    ("wrong type", SHIPPED.replace("talk_over = 10", 'talk_over = "10"').encode(), "audio_talk_over should be a whole"),
    ("huge", b"#" * 2_200_000, "it has more than 2048 KiB"),
    ("not TOML", b"codes = ", "it is not TOML"),
    ("bad UTF-8", b"name = \"\xff\"", "line 1, byte 9 is not UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "say"), [each[1:] for each in RULE_GARBAGE], ids=[each[0] for each in RULE_GARBAGE])
def test_garbage_in_a_rule_file_is_named_on_the_command_line(tmp_path: Path, raw: bytes, say: str) -> None:
    """File, line, rule, field; exit code 1."""
    file = tmp_path / "acme.toml"
    file.write_bytes(raw)
    done = CliRunner().invoke(app, ["rules", "check", str(file)])
    assert done.exit_code == 1
    assert any(str(file) in line and say in line for line in done.output.splitlines()), done.output


@pytest.mark.parametrize(("raw", "say"), [each[1:] for each in PACK_GARBAGE], ids=[each[0] for each in PACK_GARBAGE])
def test_garbage_in_code_tables_is_named_on_the_command_line(tmp_path: Path, raw: bytes, say: str) -> None:
    """Table and field; exit code 1."""
    file = tmp_path / "own.toml"
    file.write_bytes(raw)
    done = CliRunner().invoke(app, ["rules", "codes", str(file)])
    assert done.exit_code == 1
    assert str(file) in done.output
    assert say in done.output


def test_good_code_tables_say_what_they_hold(tmp_path: Path) -> None:
    """Exit code 0."""
    file = tmp_path / "own.toml"
    file.write_text(SHIPPED)
    done = CliRunner().invoke(app, ["rules", "codes", str(file)])
    assert done.exit_code == 0
    assert "antechamber-codes 2026.11" in done.output
    assert "for visits to 2026-12-31" in done.output


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """And no traceback."""
    done = CliRunner().invoke(app, ["rules", "check", str(tmp_path / "nothing.toml")])
    assert done.exit_code != 0
    assert not isinstance(done.exception, OSError)
