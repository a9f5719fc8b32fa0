"""Draws pages and writes them as a tagged PDF: text with its meaning, ornaments marked as such. Pure.

Sources: ISO 32000-1 (§9.7 composite fonts, §14.7 logical structure, §14.8 tagged PDF), made by the rules of ISO 14289-1
(PDF/UA-1): embedded fonts, a language, a shown title, every mark either in the structure or an artifact. Measures are
in points from the upper left corner of a US Letter page; colours are six hexadecimal digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pydyf  # type: ignore[import-untyped]  # it ships no types; nothing of it leaves this module

from billing_hooks.papers.face import Face, Faces

WIDTH, HEIGHT = 612.0, 792.0
INK, MUTED, ACCENT, LINE = "1f2a30", "55636b", "0f6b6b", "d9d4c8"
WARN, DANGER, OK, SURFACE = "8a4f00", "b3261e", "1e6f47", "f1eee7"


@dataclass(slots=True, eq=False)
class Tag:
    """One element of a document's structure: its kind (P, H1, Table ...), and what it holds in reading order."""

    kind: str
    holds: list[Tag | tuple[int, int]] = field(default_factory=list)
    alt: str = ""
    attributes: str = ""

    def add(self, kind: str, *, alt: str = "", attributes: str = "") -> Tag:
        """A new element at its end."""
        child = Tag(kind, alt=alt, attributes=attributes)
        self.holds.append(child)
        return child


@dataclass(slots=True, eq=False)
class _Page:
    marks: list[bytes] = field(default_factory=list)
    owners: list[Tag] = field(default_factory=list)


class Canvas:
    """Pages being drawn. Its own state only; `finish` gives the file."""

    def __init__(self, faces: Faces) -> None:
        self.faces = faces
        self.root = Tag("Document")
        self._pages: list[_Page] = []
        self._used: dict[str, dict[int, int]] = {"R": {}, "B": {}, "M": {}}

    @property
    def pages(self) -> int:
        """How many there are."""
        return len(self._pages)

    def face(self, bold: bool) -> Face:
        """One of the two weights."""
        return self.faces.bold if bold else self.faces.regular

    def page(self) -> int:
        """Begin another page; gives its number from 0."""
        self._pages.append(_Page())
        return len(self._pages) - 1

    def words(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: str = INK,
        tag: Tag | None = None, page: int = -1,
    ) -> None:  # fmt: skip
        """One line of text on the base line `y`; without a tag it is an ornament that readers pass over."""
        self._line(x, y, text, size, self.face(bold), "B" if bold else "R", colour, tag, page)

    def cells(self, x: float, y: float, text: str, size: float, pitch: float, tag: Tag) -> None:
        """Letters of one width, black, each in the middle of its cell of `pitch` points (for forms)."""
        face = self.faces.mono
        for number, letter in enumerate(face.shown(text)):
            at = x + number * pitch + (pitch - face.width(letter, size)) / 2
            self._line(at, y, letter, size, face, "M", "000000", tag, -1)

    def _line(
        self, x: float, y: float, text: str, size: float, face: Face, name: str, colour: str, tag: Tag | None, page: int
    ) -> None:
        shown = face.shown(text)
        if not shown:
            return
        codes = []
        for letter in shown:
            glyph = face.glyphs[ord(letter)]
            self._used[name].setdefault(glyph, ord(letter))
            codes.append(f"{glyph:04x}")
        line = (
            f"BT /{name} {_n(size)} Tf {_colour(colour)} rg 1 0 0 1 {_n(x)} {_n(HEIGHT - y)} Tm "
            f"<{''.join(codes)}> Tj ET"
        )
        self._mark(line, tag, page, "" if shown == text else text)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str = "", stroke: str = "", thick: float = 0.6,
        page: int = -1, tag: Tag | None = None,
    ) -> None:  # fmt: skip
        """A rectangle with its upper left corner at (x, y)."""
        ink = (f"{_colour(fill)} rg " if fill else "") + (f"{_colour(stroke)} RG {_n(thick)} w " if stroke else "")
        way = "B" if fill and stroke else "f" if fill else "S"
        self._mark(f"{ink}{_n(x)} {_n(HEIGHT - y - height)} {_n(width)} {_n(height)} re {way}", tag, page)

    def line(
        self, x: float, y: float, to_x: float, to_y: float, *, colour: str = LINE, thick: float = 0.6, page: int = -1,
        tag: Tag | None = None,
    ) -> None:  # fmt: skip
        """A straight line."""
        path = f"{_n(x)} {_n(HEIGHT - y)} m {_n(to_x)} {_n(HEIGHT - to_y)} l S"
        self._mark(f"{_colour(colour)} RG {_n(thick)} w {path}", tag, page)

    def _mark(self, line: str, tag: Tag | None, page: int, meant: str = "") -> None:
        here = self._pages[page]
        if tag is None:
            here.marks.append(f"/Artifact BMC {line} EMC".encode("ascii"))
            return
        number = len(here.owners)
        here.owners.append(tag)
        tag.holds.append((page % len(self._pages), number))
        actual = f" /ActualText <feff{meant.encode('utf-16-be').hex()}>" if meant else ""
        here.marks.append(f"/{tag.kind} <</MCID {number}{actual}>> BDC {line} EMC".encode("ascii"))

    def finish(self, *, title: str, subject: str = "", made: datetime | None = None) -> bytes:
        """The file. `made` only where the caller has a moment to say; no other time is in it."""
        pdf = pydyf.PDF()
        faces = {"R": self.faces.regular, "B": self.faces.bold, "M": self.faces.mono}
        fonts = pydyf.Dictionary({name: _font(pdf, faces[name], used) for name, used in self._used.items() if used})
        pdf.add_object(fonts)
        leaves = [self._leaf(pdf, page, number, fonts) for number, page in enumerate(self._pages)]
        _structure(pdf, self.root, self._pages, leaves)
        pdf.catalog["Lang"] = pydyf.String("en-US")
        pdf.catalog["MarkInfo"] = "<</Marked true>>"
        pdf.catalog["ViewerPreferences"] = "<</DisplayDocTitle true>>"
        pdf.info["Title"] = pydyf.String(title)
        pdf.info["Producer"] = pydyf.String("Antechamber")
        if subject:
            pdf.info["Subject"] = pydyf.String(subject)
        if made is not None:
            pdf.info["CreationDate"] = pydyf.String(made.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ"))
        meta = pydyf.Stream([_xmp(title, made)], {"Type": "/Metadata", "Subtype": "/XML"})
        pdf.add_object(meta)
        pdf.catalog["Metadata"] = meta.reference
        sink = _Sink()
        pdf.write(sink, compress=True)
        return b"".join(sink.parts)

    @staticmethod
    def _leaf(pdf: pydyf.PDF, page: _Page, number: int, fonts: pydyf.Dictionary) -> pydyf.Dictionary:
        stream = pydyf.Stream(list(page.marks), compress=True)
        pdf.add_object(stream)
        leaf = pydyf.Dictionary({
            "Type": "/Page", "Parent": pdf.pages.reference, "MediaBox": f"[0 0 {WIDTH:g} {HEIGHT:g}]",
            "Resources": f"<</Font {fonts.number} 0 R>>", "Contents": stream.reference, "StructParents": number,
            "Tabs": "/S",
        })  # fmt: skip
        pdf.add_page(leaf)
        return leaf


class _Sink:
    """What pydyf writes into."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        self.parts.append(part)


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") or "0"


def _colour(six: str) -> str:
    return " ".join(_n(int(six[at : at + 2], 16) / 255) for at in (0, 2, 4))


def _font(pdf: pydyf.PDF, face: Face, used: dict[int, int]) -> bytes:
    """A composite font whose codes are the face's own glyph numbers."""
    letters = {glyph: used[glyph] for glyph in sorted(used)}
    # Six capitals mark a part of a face (§9.6.4); made of the glyphs, so that the same text gives the same name.
    mark = sum(glyph * (place + 7) for place, glyph in enumerate(letters)) % 26**6
    prefix = "".join(chr(65 + mark // 26**place % 26) for place in range(6))
    raw = face.part(letters)
    file = pydyf.Stream([raw], {"Length1": len(raw)}, compress=True)
    pdf.add_object(file)
    name = f"/{prefix}+{face.name}"
    described = pydyf.Dictionary({
        "Type": "/FontDescriptor", "FontName": name, "Flags": 4, "FontBBox": f"[{' '.join(map(str, face.box))}]",
        "ItalicAngle": 0, "Ascent": face.ascent, "Descent": face.descent, "CapHeight": 714,
        "StemV": 140 if face.name.endswith("Bold") else 80, "FontFile2": file.reference,
    })  # fmt: skip
    pdf.add_object(described)
    widths = " ".join(f"{glyph} [{face.widths[glyph]}]" for glyph in letters)
    within = pydyf.Dictionary({
        "Type": "/Font", "Subtype": "/CIDFontType2", "BaseFont": name, "CIDToGIDMap": "/Identity",
        "CIDSystemInfo": "<</Registry (Adobe) /Ordering (Identity) /Supplement 0>>",
        "FontDescriptor": described.reference, "DW": 600, "W": f"[{widths}]",
    })  # fmt: skip
    pdf.add_object(within)
    meaning = pydyf.Stream([_meaning(letters)], compress=True)
    pdf.add_object(meaning)
    font = pydyf.Dictionary({
        "Type": "/Font", "Subtype": "/Type0", "BaseFont": name, "Encoding": "/Identity-H",
        "DescendantFonts": f"[{within.number} 0 R]", "ToUnicode": meaning.reference,
    })  # fmt: skip
    pdf.add_object(font)
    reference: bytes = font.reference
    return reference


def _meaning(letters: dict[int, int]) -> str:
    """The map from glyphs to letters, by which text is copied, searched and read aloud (§9.10.3)."""
    lines = [f"<{glyph:04x}> <{chr(letter).encode('utf-16-be').hex()}>" for glyph, letter in letters.items()]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n/CMapName /Letters def\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{body}\nendcmap\nend\nend"
    )


def _structure(pdf: pydyf.PDF, root: Tag, pages: list[_Page], leaves: list[pydyf.Dictionary]) -> None:
    """The structure's tree, and from each page's marks back to their elements (§14.7.4.4)."""
    tree = pydyf.Dictionary({"Type": "/StructTreeRoot"})
    pdf.add_object(tree)
    known: dict[int, pydyf.Dictionary] = {}

    def element(tag: Tag, parent: pydyf.Dictionary) -> pydyf.Dictionary:
        found = pydyf.Dictionary({"Type": "/StructElem", "S": f"/{tag.kind}", "P": parent.reference})
        pdf.add_object(found)
        known[id(tag)] = found
        if tag.alt:
            found["Alt"] = pydyf.String(tag.alt)
        if tag.attributes:
            found["A"] = f"<<{tag.attributes}>>"
        held = pydyf.Array()
        for each in tag.holds:
            if isinstance(each, Tag):
                held.append(element(each, found).reference)
            else:
                held.append(f"<</Type /MCR /Pg {leaves[each[0]].number} 0 R /MCID {each[1]}>>")
        found["K"] = held
        return found

    tree["K"] = element(root, tree).reference
    numbers = pydyf.Array()
    for number, page in enumerate(pages):
        owners = pydyf.Array([known[id(tag)].reference for tag in page.owners])
        pdf.add_object(owners)
        numbers += [number, owners.reference]
    tree["ParentTree"] = pydyf.Dictionary({"Nums": numbers})
    tree["ParentTreeNextKey"] = len(pages)
    pdf.catalog["StructTreeRoot"] = tree.reference


def _xmp(title: str, made: datetime | None) -> bytes:
    escaped = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    moment = "" if made is None else f"<xmp:CreateDate>{made.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</xmp:CreateDate>"
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escaped}</rdf:li></rdf:Alt></dc:title>{moment}'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()
