"""Reads a PDF as PDFium does: pages, text, and the structure that somebody hears who does not see it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw as api


@dataclass(frozen=True)
class Leaf:
    """One page: its text, the kinds of its structure with their depth, where ink lies (left, top, right, bottom)."""

    text: str
    kinds: tuple[tuple[int, str], ...]
    ink: tuple[float, float, float, float]
    dots: int


def leaves(raw: bytes) -> list[Leaf]:
    """Every page."""
    with_all = pdfium.PdfDocument(raw)
    try:
        return [_leaf(page) for page in with_all]
    finally:
        with_all.close()


def text(raw: bytes) -> str:
    """All text, spaces made one, in the order of the file."""
    return " ".join(" ".join(leaf.text for leaf in leaves(raw)).split())


def meant(raw: bytes) -> list[str]:
    """What marked text means where its letters are others (ActualText): its UTF-16 bytes, each as a letter."""
    found = []
    with_all = pdfium.PdfDocument(raw)
    for page in with_all:
        for thing in page.get_objects():
            for place in range(api.FPDFPageObj_CountMarks(thing.raw)):
                mark = api.FPDFPageObj_GetMark(thing.raw, place)
                length = ctypes.c_ulong()
                if api.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", None, 0, length) and length.value:
                    buffer = (ctypes.c_ushort * length.value)()
                    api.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", buffer, length.value, length)
                    found.append(bytes(buffer)[: length.value].decode("utf-16-le"))
    with_all.close()
    return found


def _leaf(page: pdfium.PdfPage) -> Leaf:
    words = page.get_textpage().get_text_bounded()
    tree = api.FPDF_StructTree_GetForPage(page.raw)
    kinds = tuple(_kinds(tree))
    api.FPDF_StructTree_Close(tree)
    bitmap = page.render(scale=0.5, grayscale=True)
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    dots = bytes(bitmap.buffer)
    dark = [(x, y) for y in range(height) for x in range(width) if dots[y * stride + x] < 200]
    xs, ys = [x for x, _ in dark] or [0], [y for _, y in dark] or [0]
    return Leaf(words, kinds, (min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height), len(dark))


def _kinds(tree: object) -> Iterator[tuple[int, str]]:
    for place in range(api.FPDF_StructTree_CountChildren(tree)):
        yield from _element(api.FPDF_StructTree_GetChildAtIndex(tree, place), 0)


def _element(element: object, depth: int) -> Iterator[tuple[int, str]]:
    yield depth, _said(api.FPDF_StructElement_GetType, element)
    for place in range(api.FPDF_StructElement_CountChildren(element)):
        child = api.FPDF_StructElement_GetChildAtIndex(element, place)
        if child:
            yield from _element(child, depth + 1)


def _said(reader: Callable[..., int], element: object) -> str:
    length = reader(element, None, 0)
    buffer = ctypes.create_string_buffer(length)
    reader(element, buffer, length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")
