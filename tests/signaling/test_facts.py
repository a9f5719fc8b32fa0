"""Facts in the journal: every kind comes back as it went in, and nothing but ids, codes, numbers and times goes in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling import fact_forms
from signaling import facts as f
from signaling.errors import Malformed
from tests.signaling.lives import NO_PICTURE, SAMPLES, START

KINDS = """booked link_opened consent_given location_attested devices_checked joined left came_back admitted
override_explained declined put_on_hold returned visit_began media_missing media_interrupted media_resumed
connection_changed picture_reported evidence_recorded location_changed location_confirmed identity_confirmed
audio_only_allowed protection_changed told ended completed statement_made cancelled no_show lapsed guest_invited
guest_revoked guest_arrived guest_checked guest_joined guest_left guest_admitted guest_returned""".split()


def test_the_kinds_of_old_journals_stay_readable() -> None:
    """A kind that was once stored keeps its name."""
    assert list(fact_forms.KINDS) == KINDS
    assert [fact_forms.kind_of(one) for one in SAMPLES] == KINDS


@pytest.mark.parametrize("fact", SAMPLES, ids=fact_forms.kind_of)
def test_a_fact_comes_back_from_json_as_it_went_in(fact: f.Fact) -> None:
    """dump, JSON text, load: the same value."""
    kind, body = fact_forms.dump(fact)
    assert fact_forms.load(kind, json.loads(json.dumps(body))) == fact


@pytest.mark.parametrize("fact", SAMPLES, ids=fact_forms.kind_of)
def test_a_body_with_a_foreign_a_missing_or_a_wrong_field_is_malformed(fact: f.Fact) -> None:
    """A journal that was meddled with is not read as something else."""
    kind, body = fact_forms.dump(fact)
    broken = [{**body, "extra": 1}, {**body, "at": 5}, {**body, "at": "2026-11-20T16:00:00"}, {**body, "at": "soon"}]
    broken.append({name: item for name, item in body.items() if name != "at"})
    for one in broken:
        with pytest.raises(Malformed):
            fact_forms.load(kind, one)


def test_an_unknown_kind_is_malformed() -> None:
    """A newer version's journal stops an older one, plainly."""
    with pytest.raises(Malformed) as wrong:
        fact_forms.load("teleported", {})
    assert wrong.value.code == "unknown-kind"


@pytest.mark.parametrize("text", ["55 Lake Street", "Jordan Doe", "a" * 5000, "né", 'a"b', "a\nb"])
def test_text_that_could_name_a_person_does_not_go_in(text: str) -> None:
    """Spaces, letters beyond ASCII and long texts are no ids or codes."""
    with pytest.raises(Malformed):
        fact_forms.dump(f.LinkOpened(START, text))
    with pytest.raises(Malformed):
        fact_forms.dump(f.EvidenceRecorded(START, 0, (text,), {}))
    with pytest.raises(Malformed):
        fact_forms.dump(f.EvidenceRecorded(START, 0, (), {text: 1}))


def test_a_time_without_a_zone_and_a_number_without_a_value_do_not_go_in() -> None:
    """Both would read differently elsewhere."""
    with pytest.raises(Malformed):
        fact_forms.dump(f.Joined(datetime(2026, 11, 20)))  # noqa: DTZ001 - a time without a zone is the point
    with pytest.raises(Malformed):
        fact_forms.dump(f.EvidenceRecorded(START, 0, (float("nan"),), {}))
    with pytest.raises(Malformed):
        fact_forms.dump(f.EvidenceRecorded(START, 0, (object(),), {}))


def test_a_wrong_shape_inside_is_malformed() -> None:
    """Pairs are pairs, choices are choices, whole numbers are whole."""
    kind, body = fact_forms.dump(f.MediaMissing(START, NO_PICTURE))
    for missing in ([["par_a"]], [["par_a", "smell"]], {"par_a": "video"}, "par_a", [["par_a", "video", "x"]]):
        with pytest.raises(Malformed):
            fact_forms.load(kind, {**body, "missing": missing})
    kind, body = fact_forms.dump(next(one for one in SAMPLES if isinstance(one, f.Admitted)))
    wrong: list[dict[str, Any]] = [
        {"mono_s": 1.5},
        {"mono_s": True},
        {"cover": []},
        {"cover": {**body["cover"], "x": 1}},
    ]
    for change in wrong:
        with pytest.raises(Malformed):
            fact_forms.load(kind, {**body, **change})
    kind, body = fact_forms.dump(next(one for one in SAMPLES if isinstance(one, f.EvidenceRecorded)))
    deep: Any = 1
    for _ in range(20):
        deep = [deep]
    wrong = [{"runs": {}}, {"counters": []}, {"runs": deep}, {"counters": {"a": "two words"}}]
    for change in wrong:
        with pytest.raises(Malformed):
            fact_forms.load(kind, {**body, **change})


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=3)
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))


@settings(deadline=None)
@given(kind=st.sampled_from(KINDS), name=st.text(max_size=8), value=JSON, where=st.integers(0, 12))
def test_only_malformed_escapes_from_load(kind: str, name: str, value: object, where: int) -> None:
    """Any field of any body may hold anything: it is read, or it is Malformed."""
    sample = SAMPLES[KINDS.index(kind)]
    _, body = fact_forms.dump(sample)
    fields = list(body)
    body[fields[where] if where < len(fields) else name] = value
    try:
        fact_forms.load(kind, body)
    except Malformed as wrong:
        assert wrong.code
        assert wrong.say


def test_microseconds_and_zones_survive() -> None:
    """A time comes back as the same moment, whatever zone it came in."""
    fact = replace(f.Joined(START), at=datetime.fromisoformat("2026-11-20T10:00:00.000123-06:00"))
    kind, body = fact_forms.dump(fact)
    assert body["at"] == "2026-11-20T16:00:00.000123+00:00"
    assert fact_forms.load(kind, body) == fact
