"""Papers as PDFs: whole, tagged, the same for the same values, and inside their margins whatever stands in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_hooks.errors import Malformed
from billing_hooks.papers import face, layout, typefaces
from billing_hooks.papers.blocks import (
    Beside,
    Bullets,
    Callout,
    Cell,
    Column,
    Facts,
    Gap,
    Heading,
    House,
    Lane,
    Lanes,
    NewPage,
    Paper,
    Signature,
    Span,
    Table,
    Together,
    Tone,
    Words,
)
from billing_hooks.papers.face import Faces
from tests.billing_hooks.papers import pdf_eyes

SHIPPED = typefaces.shipped()
HOUSE = House("Lakeside Behavioral Group", ("100 Main St Ste 200", "Minneapolis, MN 55401"))


def rows(many: int) -> Table:
    """A table of so many services."""
    columns = (Column("Day"), Column("Service", 3), Column("Charge", 1, right=True))
    body = tuple((f"day {number}", "Video psychotherapy", "$175.00") for number in range(many))
    return Table(columns, body, ((Cell("Total", bold=True), "", "$1.00"),), "Services")


def test_the_same_values_give_the_same_bytes(faces: Faces, house: House) -> None:
    """So that a hash kept of a paper fits the paper made again; a moment only where one was given."""
    paper = Paper("Superbill", (rows(80),), reference="SB-1")
    first = layout.pdf(paper, house, faces)
    assert first == layout.pdf(paper, house, faces)
    assert b"CreationDate" not in first
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert layout.pdf(paper, house, faces, made=moment) == layout.pdf(paper, house, faces, made=moment) != first


def test_a_long_table_goes_on_with_its_headings(faces: Faces, house: House) -> None:
    """Headings on each page, every row once, the sum never alone, page numbers below."""
    for many in range(20, 100):
        leaves = pdf_eyes.leaves(layout.pdf(Paper("Superbill", (rows(many),)), house, faces))
        for number, leaf in enumerate(leaves, 1):
            assert f"Page {number} of {len(leaves)}" in leaf.text
            assert "Charge" in leaf.text
            assert "$175.00" in leaf.text, "no page holds a heading or a sum alone"
        seen = " ".join(leaf.text for leaf in leaves).split("day ")
        assert [int(each.split()[0]) for each in seen[1:]] == list(range(many))


def test_a_signature_is_never_alone_on_a_page(faces: Faces, house: House) -> None:
    """Whatever length the text before has, what is signed stands above the line."""
    signed = Together((Words("I gave these services."), Signature("Ana Rivera")))
    for many in range(1, 40):
        leaves = pdf_eyes.leaves(layout.pdf(Paper("Any", (Words("line\n" * many), signed)), house, faces))
        (page,) = [leaf for leaf in leaves if "Ana Rivera" in leaf.text]
        assert "I gave these services." in page.text


def test_a_reader_hears_headings_lists_and_tables(faces: Faces, house: House) -> None:
    """The structure is in the file: what is heading, label, table heading; ornaments and repeated heads are not."""
    blocks = (Heading("Client"), Facts((("Name", "Jordan Doe"),)), rows(60), Bullets(("one",)), Signature("Signed"))
    leaves = pdf_eyes.leaves(layout.pdf(Paper("Superbill", blocks), house, faces))
    first, last = ([kind for _, kind in leaf.kinds] for leaf in (leaves[0], leaves[-1]))
    assert first[:1] == ["Document"]
    for kind in ("H1", "H2", "L", "LI", "Lbl", "LBody", "Table", "THead", "TR", "TH", "TBody", "TD", "Caption", "P"):
        assert kind in first, kind
    assert first.count("TH") == 3
    assert "TH" not in last, "headings that are drawn again are not read again"
    raw = layout.pdf(Paper("Superbill", blocks), house, faces)
    assert b"StructTreeRoot" not in raw or b"Marked" in raw


def test_letters_that_the_typeface_lacks_stay_in_the_text(faces: Faces, house: House) -> None:
    """A name in another script is drawn as replacement signs, and still copied and heard as it is."""
    raw = layout.pdf(Paper("Receipt", (Words("Received from 山田 and Łukasz Żółć"),)), house, faces)
    assert "Łukasz Żółć" in pdf_eyes.text(raw)
    octets = "山田".encode("utf-16-be").decode("latin-1")
    assert any(octets in meant for meant in pdf_eyes.meant(raw))
    assert faces.regular.shown("山田") == "\ufffd\ufffd"
    assert faces.regular.shown("e\u0301\t\x07") == "é "


@given(
    st.lists(
        st.one_of(
            st.builds(Words, st.text(max_size=400)),
            st.builds(Heading, st.text(max_size=120)),
            st.builds(Callout, st.text(max_size=80), st.text(max_size=300), st.sampled_from(Tone)),
            st.builds(Bullets, st.lists(st.text(max_size=200), max_size=4).map(tuple)),
            st.builds(
                Facts,
                st.lists(st.tuples(st.text(max_size=60), st.text(max_size=90)), max_size=6).map(tuple),
                st.integers(1, 3),
            ),
            st.builds(Signature, st.text(max_size=200), st.text(max_size=90)),
            st.builds(
                lambda cells: Table((Column("A"), Column("B", 2, right=True)), tuple(cells), (("sum", "1"),)),
                st.lists(st.tuples(st.text(max_size=3000), st.text(max_size=60)), max_size=4),
            ),
            st.builds(lambda text: Beside((Words(text),), (Words("beside"),)), st.text(max_size=300)),
            st.just(NewPage()),
            st.just(Gap(5)),
            st.builds(
                lambda spans: Lanes((Lane("Talk", tuple(spans), "1:00"),), 600, ((0, "10:00"),), "words"),
                st.lists(
                    st.builds(Span, st.integers(0, 300), st.integers(300, 600), st.sampled_from(Tone), st.booleans())
                ),
            ),
        ),
        max_size=8,
    )
)
@settings(max_examples=40, deadline=None)
def test_whatever_stands_in_it_a_paper_keeps_its_margins(blocks: list[object]) -> None:
    """Any text, any order: a file that opens, ink inside the paper's margins, none lost below the foot."""
    raw = layout.pdf(Paper("Any", tuple(blocks), foot="foot"), HOUSE, SHIPPED)  # type: ignore[arg-type]  # any of them
    for leaf in pdf_eyes.leaves(raw):
        left, _, right, bottom = leaf.ink
        assert left >= 53 / 612 - 0.01
        assert right <= 559 / 612 + 0.01
        assert bottom <= 762 / 792


def test_accents_are_drawn_with_their_letters(faces: Faces, house: House) -> None:
    """A letter that is composed of others brings their outlines along: É has more ink than nothing."""
    for composed, bare in (("\u00e9", "e"), ("\u017b", "Z"), ("\u1e9e", "B")):
        inked = []
        for text in (composed, bare, "."):
            (leaf,) = pdf_eyes.leaves(layout.pdf(Paper(text * 9, ()), house, faces))
            inked.append(leaf.dots)
        assert inked[0] > inked[2] + 40, composed
        assert inked[0] > 0.8 * inked[1], composed


def test_a_file_that_is_no_typeface_is_refused() -> None:
    """With a word about which."""
    with pytest.raises(Malformed, match="Noto"):
        face.read(b"\0\1\0\0 nothing", "Noto")


def test_a_paper_holds_only_the_letters_it_uses(faces: Faces, house: House) -> None:
    """A page with a hundred words is small, for thousands of them are kept."""
    assert len(layout.pdf(Paper("Receipt", (Words("Thank you. " * 40),)), house, faces)) < 20_000
