"""Sections of a peer connection: made once, in order, taken again by whoever comes next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.sections import ALONE, AT_ONCE, Section, Sections, Sending


def sends(number: int, screen: bool = False) -> tuple[Sending, ...]:
    """Somebody's sound and camera, and their screen."""
    base = 100 * number
    shown = (Sending("video", base + 4, base + 5, "c", screen=True),) if screen else ()
    return (Sending("audio", base + 1, None, "c"), Sending("video", base + 2, base + 3, "c"), *shown)


def drawn(sections: tuple[Section, ...]) -> list[str]:
    """Each section in a word or two."""
    return [f"{s.direction} {s.owner}-{s.sending.what}" if s.sending else s.direction for s in sections]


def test_alone_there_are_two_sections_for_oneself() -> None:
    """Own sound and camera up, nothing down."""
    assert Sections().arrange({}) == ALONE
    assert Sections().arrange({"b": ()}) == ALONE


def test_the_first_person_comes_down_where_one_goes_up_and_others_get_their_own() -> None:
    """Two sections for two people, two more for each further one."""
    table = Sections()
    assert drawn(table.arrange({"b": sends(2)})) == ["sendrecv b-audio", "sendrecv b-video"]
    assert drawn(table.arrange({"b": sends(2), "c": sends(3)})) == [
        "sendrecv b-audio",
        "sendrecv b-video",
        "sendonly c-audio",
        "sendonly c-video",
    ]


def test_who_leaves_frees_a_place_and_nobody_else_moves() -> None:
    """The next one takes it; an inactive section says whose it is no longer."""
    table = Sections()
    table.arrange({"b": sends(2), "c": sends(3), "d": sends(4)})
    assert drawn(table.arrange({"b": sends(2), "d": sends(4)}))[2:] == [
        "inactive",
        "inactive",
        "sendonly d-audio",
        "sendonly d-video",
    ]
    assert drawn(table.arrange({"d": sends(4)}))[:2] == ["sendrecv", "sendrecv"]
    assert drawn(table.arrange({"d": sends(4), "e": sends(5), "f": sends(6)})) == [
        "sendrecv e-audio",
        "sendrecv e-video",
        "sendonly f-audio",
        "sendonly f-video",
        "sendonly d-audio",
        "sendonly d-video",
    ]


def test_somebody_who_connects_again_keeps_their_place() -> None:
    """While what they send is not known nothing changes; then the new numbers stand where the old stood."""
    table = Sections()
    before = table.arrange({"b": sends(2), "c": sends(3)})
    assert table.arrange({"b": (), "c": sends(3)}) == before
    assert table.arrange({"c": sends(3), "b": sends(7)})[0] == Section("0", "audio", "sendrecv", "b", sends(7)[0])


def test_a_screen_has_one_section_down_and_one_up() -> None:
    """Made when first needed, inactive when not, taken again by the next who shares."""
    table = Sections()
    assert drawn(table.arrange({"b": sends(2, screen=True)})) == [
        "sendrecv b-audio",
        "sendrecv b-video",
        "sendonly b-screen",
    ]
    assert drawn(table.arrange({"b": sends(2)}, shares=True))[2:] == ["inactive", "recvonly"]
    assert drawn(table.arrange({"b": sends(2), "c": sends(3, screen=True)}))[2:] == [
        "sendonly c-screen",
        "inactive",
        "sendonly c-audio",
        "sendonly c-video",
    ]
    assert drawn(table.arrange({"b": (), "c": sends(3)}, shares=True))[2:4] == ["inactive", "recvonly"]


def test_a_person_without_a_camera_has_no_active_section_for_it() -> None:
    """Nothing is offered that nobody sends."""
    only = sends(3)[:1]
    assert drawn(Sections().arrange({"b": sends(2), "c": only}))[2:] == ["sendonly c-audio", "inactive"]


@given(st.lists(st.tuples(st.sets(st.integers(2, 9), max_size=AT_ONCE - 1), st.integers(1, 9)), max_size=30))
def test_sections_never_move_and_are_bounded(steps: list[tuple[set[int], int]]) -> None:
    """Whoever comes and goes: mids and kinds stay, everybody has a place, and there are twelve at most."""
    table = Sections()
    kinds: list[str] = []
    for there, sharer in steps:
        others = {str(n): sends(n, screen=n == sharer) for n in sorted(there)}
        told = table.arrange(others, shares=sharer == 1)
        assert [section.mid for section in told] == [str(n) for n in range(len(told))]
        assert [section.kind for section in told][: len(kinds)] == kinds
        kinds = [section.kind for section in told]
        assert len(told) <= 12
        shown = sorted(section.sending.ssrc for section in told if section.sending is not None)
        assert shown == sorted(s.ssrc for sending in others.values() for s in sending)
