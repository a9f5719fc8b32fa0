"""The key file and what is sealed under it: private, whole, bound to its place."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import CannotStart, Malformed
from server.fields import Fields
from server.keys import KeyFile, MasterKey

PLACE = ("prc_a", "clients", "name_sealed", "cli_a")
OTHER_PLACES = [
    ("prc_b", "clients", "name_sealed", "cli_a"),
    ("prc_a", "staff", "name_sealed", "cli_a"),
    ("prc_a", "clients", "phone_sealed", "cli_a"),
    ("prc_a", "clients", "name_sealed", "cli_b"),
]


def test_a_new_key_file_is_private_and_the_same_at_the_next_start(tmp_path: Path, keys: KeyFile) -> None:
    path = tmp_path / "var.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyFile.load_or_create(path).fingerprint == keys.fingerprint


def test_a_key_file_that_others_can_read_is_refused(keys: KeyFile) -> None:
    keys.path.chmod(0o640)
    with pytest.raises(CannotStart, match="chmod 600"):
        KeyFile.load(keys.path)


def test_a_key_file_inside_the_data_directory_is_refused_also_through_a_link(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as refused:
        KeyFile.load_or_create(data_dir / "a.key", data_dir)
    assert refused.value.code == "key-file-inside"
    (tmp_path / "elsewhere").symlink_to(data_dir)
    with pytest.raises(CannotStart):
        KeyFile.load_or_create(tmp_path / "elsewhere" / "a.key", data_dir)
    assert list(data_dir.iterdir()) == []


def test_a_missing_key_file_beside_old_data_is_never_replaced(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("18")
    with pytest.raises(CannotStart) as refused:
        KeyFile.load_or_create(tmp_path / "gone.key", data_dir)
    assert refused.value.code == "key-file-missing"
    assert not (tmp_path / "gone.key").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2, "keys": []}', '{"version": 1, "keys": []}', "[1]"])
def test_a_damaged_key_file_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(CannotStart) as refused:
        KeyFile.load(path)
    assert refused.value.code == "key-file-damaged"


def test_many_processes_that_start_at_once_agree_on_one_key_file(tmp_path: Path) -> None:
    path = tmp_path / "race.key"
    with ThreadPoolExecutor(8) as pool:
        prints = set(pool.map(lambda _: KeyFile.load_or_create(path).fingerprint, range(32)))
    assert len(prints) == 1
    assert [entry.name for entry in tmp_path.iterdir() if "race" in entry.name] == ["race.key"]


def test_a_wrapped_key_opens_only_in_its_own_row_and_under_its_own_key_file(tmp_path: Path, keys: KeyFile) -> None:
    data_key = keys.new_data_key()
    wrapped = keys.wrap(data_key, b"prc_a|clients|cli_a")
    assert keys.unwrap(wrapped, b"prc_a|clients|cli_a") == data_key
    assert data_key not in wrapped
    other = KeyFile.load_or_create(tmp_path / "other.key")
    for open_it in (
        lambda: keys.unwrap(wrapped, b"prc_a|clients|cli_b"),
        lambda: other.unwrap(wrapped, b"prc_a|clients|cli_a"),
        lambda: keys.unwrap(wrapped[:-1], b"prc_a|clients|cli_a"),
        lambda: keys.unwrap(b"", b""),
    ):
        with pytest.raises(Malformed, match="damaged"):
            open_it()


def test_an_older_generation_still_opens_and_the_newest_wraps(keys: KeyFile) -> None:
    wrapped = keys.wrap(b"d" * 32, b"row")
    rotated = KeyFile(keys.path, (*keys.keys, MasterKey(2, b"n" * 32)))
    assert rotated.unwrap(wrapped, b"row") == b"d" * 32
    with pytest.raises(Malformed):
        keys.unwrap(rotated.wrap(b"d" * 32, b"row"), b"row")
    assert rotated.blind("email", "a") == keys.blind("email", "a"), "look-ups survive a rotation"
    assert rotated.password("x") == keys.password("x"), "so does the database's password"


def test_blind_indexes_differ_by_kind_value_and_key_file(tmp_path: Path, keys: KeyFile) -> None:
    other = KeyFile.load_or_create(tmp_path / "other.key")
    found = {keys.blind("email", "a"), keys.blind("phone", "a"), keys.blind("email", "b"), other.blind("email", "a")}
    assert len(found) == 4 and all(len(one) == 32 for one in found)


def test_a_key_never_shows_in_its_own_representation(keys: KeyFile) -> None:
    secret = json.loads(keys.path.read_text())["keys"][0]["secret"]
    assert secret not in repr(keys) and repr(keys.current.secret) not in repr(keys)


@given(text=st.text(max_size=300))
def test_what_is_sealed_opens_again(text: str) -> None:
    assert Fields().open(b"k" * 32, *PLACE, Fields().seal(b"k" * 32, *PLACE, text)) == text


@pytest.mark.parametrize("elsewhere", OTHER_PLACES)
def test_a_value_moved_to_another_row_column_table_or_practice_does_not_open(
    elsewhere: tuple[str, str, str, str],
) -> None:
    sealed = Fields().seal(b"k" * 32, *PLACE, "Jane Doe")
    with pytest.raises(Malformed, match="does not belong here"):
        Fields().open(b"k" * 32, *elsewhere, sealed)


def test_every_changed_bit_is_seen_and_nothing_shows() -> None:
    sealed = Fields().seal(b"k" * 32, *PLACE, "Jane Doe")
    assert b"Jane" not in sealed
    assert sealed != Fields().seal(b"k" * 32, *PLACE, "Jane Doe"), "a fresh nonce each time"
    for place in range(len(sealed) * 8):
        bent = bytearray(sealed)
        bent[place // 8] ^= 1 << place % 8
        with pytest.raises(Malformed):
            Fields().open(b"k" * 32, *PLACE, bytes(bent))
    for short in range(len(sealed)):
        with pytest.raises(Malformed):
            Fields().open(b"k" * 32, *PLACE, sealed[:short])


def test_a_separator_inside_a_part_is_refused() -> None:
    with pytest.raises(AssertionError):
        Fields().seal(b"k" * 32, "prc_a|clients", "name", "sealed", "x", "Jane")
