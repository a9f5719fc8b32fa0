"""No description of a procedure code stands anywhere: numbers and our own words only.

The descriptions are the American Medical Association's, so not even this test may hold one: it knows phrases that are
theirs by the hashes of their words alone, and looks for those in every text that a person wrote.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator

from billing_hooks import packs
from billing_hooks.pack import Code
from tests.rooms import law
from tests.rooms.test_house import files

WORD = re.compile(r"[a-z0-9]+")
OWN = ("numbers and", "numbers and our own words only")
# first two words, how many words, all of them
PHRASES = (
    ("0742e8257375", 3, "4af0726df5433ee42253b891"),
    ("2d201cfb3a98", 6, "1f8f971b24dfc467ac26dd7c"),
    ("2f444c7f67e8", 6, "64c75cba03afb88f23668728"),
    ("3063f8195884", 8, "bc84f19b3db541a6e3fe21dc"),
    ("334856a93fd6", 7, "0d223facc8ff8e75d248b9d6"),
    ("334856a93fd6", 7, "0eef9dec8a60b1f82d5b1f5f"),
    ("3601f66ce764", 6, "0f6ef5e793c73787aa80fee6"),
    ("38a05b891846", 4, "f434c449ba430859a3898621"),
    ("3cfe9fec5b5b", 6, "a8facfcb9a18f3dd6e053aa4"),
    ("4a96eba3b416", 6, "5ee9ee4379dcdc63e10c20a0"),
    ("56235439a9d4", 6, "cee7e0b1dcc359d912e74a2a"),
    ("6bbabaf8a2a0", 5, "8dd2fecdbf4c5cfb9d78e7e6"),
    ("7c8a55f0d6b3", 8, "e6dd27f7d7ac1467cd35b5cc"),
    ("85a0eee02235", 6, "45f2961efe6e63efbc098646"),
    ("85a0eee02235", 7, "977ba8b65304a1a90e18c3b6"),
    ("888074d79345", 7, "4fc659a4ef3eb416fb44fd58"),
    ("956682c3aae1", 5, "56a5754d9149674bfa8c6886"),
    ("98a9b5fa8fdf", 9, "4fa9b99ebb4c72bf2acee809"),
    ("a23b2df4291b", 3, "effe5d2863076b9b3d1d85c6"),
    ("af260ca47f34", 4, "70d2013fc00d2c50345bcb13"),
    ("b9677150aaff", 4, "971003f2362290287aac0827"),
    ("d6e14070d254", 5, "e6812117dbeccb0461839175"),
    ("d7900bdb59a8", 5, "d3bfc86ded8d5fdc68df6b72"),
    ("ebce1de78791", 4, "88975d4f45552f293707ca59"),
    ("ebce1de78791", 6, "1aa0ceaed99384fd2359e764"),
    ("ffb6c28d40db", 3, "8a83c74c2a19e2ca1c743e73"),
    ("ffb6c28d40db", 6, "985878c698adcb8be8f8056d"),
)


def digest(words: list[str], length: int) -> str:
    """The hash of some words."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:length]


def found(text: str, phrases: tuple[tuple[str, int, str], ...] = PHRASES) -> Iterator[int]:
    """Where a known phrase begins, counted in words; whatever stands between its words, and over line ends."""
    words = WORD.findall(text.lower())
    heads: dict[str, list[tuple[int, str]]] = {}
    for head, many, whole in phrases:
        heads.setdefault(head, []).append((many, whole))
    for at in range(len(words) - 1):
        for many, whole in heads.get(digest(words[at : at + 2], 12), ()):
            if digest(words[at : at + many], 24) == whole:
                yield at


def test_a_known_phrase_is_found_however_it_is_written() -> None:
    """The finder finds: a phrase of our own, in capitals, over two lines, with signs between."""
    phrase = (digest(OWN[0].split(), 12), len(OWN[1].split()), digest(OWN[1].split(), 24))
    assert list(found("We keep Numbers\n# and OUR_own words, only.", (phrase,))) == [2]
    assert list(found("We keep numbers and their own words only.", (phrase,))) == []


def test_no_description_of_a_code_stands_anywhere() -> None:
    """Neither in code nor data, tests, pages or papers."""
    wrong = [f"{law.shown(path)}, word {at}" for path in files() for at in found(path.read_text("utf-8"))]
    assert not wrong, "say it in our own words"


def test_the_code_tables_have_no_place_for_a_description() -> None:
    """Each code's fields are numbers, dates, codes, and short words of our own; the notice stands beside them."""
    tables = tomllib.loads((law.ROOT / "billing_hooks/codes/pack.toml").read_text("utf-8"))
    fields = {field for entry in tables["codes"].values() for field in entry}
    assert fields <= set(Code.__dataclass_fields__) - {"code"}
    assert all(" " not in value for entry in tables["codes"].values() for value in entry.values() if type(value) is str)
    assert "American Medical Association" in packs.shipped()[0].notice
