"""Pictures of cards: type from the bytes, camera notes left out, sealed, served only as a picture."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from billing_hooks import card_photo
from billing_hooks.field_errors import WrongFields
from billing_hooks.store import Store
from tests.billing_hooks.client_kit import BASE, OTHER, add_plan, browser_of, checked

RAW = {"content-type": "application/octet-stream"}


def segment(marker: int, body: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


FRAME = segment(0xC0, struct.pack(">BHHB", 8, 40, 64, 1) + b"\x01\x11\x00")
JPEG = b"\xff\xd8" + segment(0xE0, b"JFIF\0") + segment(0xE1, b"Exif\0\0GPS 44.95 N") + FRAME
JPEG += segment(0xFE, b"by Casey") + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\x00" + b"\xff\xd9"


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
PNG = b"\x89PNG\r\n\x1a\n" + HEAD + chunk(b"tEXt", b"Author\0Casey") + chunk(b"IDAT", zlib.compress(bytes(6)))
PNG += chunk(b"IEND", b"")


@pytest.fixture
async def browser(database: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The pages."""
    store = Store.open(database.billing_url, bytes(32))
    async with browser_of(store) as made:
        yield made
    await store.close()


def test_a_picture_keeps_itself_and_loses_what_the_camera_wrote() -> None:
    """Place, owner, comments."""
    for raw, kind in ((JPEG, "image/jpeg"), (PNG, "image/png")):
        found, kept = card_photo.cleaned(raw)
        assert found == kind
        assert not any(word in kept for word in (b"GPS", b"Casey", b"Exif"))
        assert card_photo.cleaned(kept) == (kind, kept)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"GIF89a" + bytes(40),
        JPEG[:40], JPEG[:-2], PNG[:-6], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", bytes(card_photo.LARGEST + 1),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II", 100_000, 100_000) + bytes(5)) + chunk(b"IEND", b""),
        b"<html>" + JPEG,
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(raw: bytes) -> None:
    """With a sentence that says what to do, whatever it is."""
    with pytest.raises(WrongFields) as caught:
        card_photo.cleaned(raw)
    assert list(caught.value.fields) == ["card"]


def test_notes_between_the_scans_and_pictures_behind_the_end_go_too() -> None:
    """Progressive pictures have several scans, and telephones put a second picture behind the first, with its notes."""
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x56\xff\xd0\x78"
    raw = JPEG[:-2] + segment(0xE1, b"GPS 44.95 N") + segment(0xC4, b"\x00") + scan + b"\xff\xff\xd9" + JPEG
    _, kept = card_photo.cleaned(raw)
    assert b"GPS" not in kept
    assert kept == card_photo.cleaned(JPEG)[1][:-2] + segment(0xC4, b"\x00") + scan + b"\xff\xd9"


def test_no_cut_of_a_picture_is_anything_but_refused() -> None:
    """Every prefix."""
    for whole in (JPEG, PNG):
        for length in range(len(whole)):
            with pytest.raises(WrongFields):
                card_photo.cleaned(whole[:length])


async def test_a_card_is_kept_sealed_and_shown_as_a_picture_and_nothing_else(
    browser: httpx.AsyncClient, database: Any
) -> None:
    """Both sides; the type is ours, the name says nobody, the browser neither guesses nor keeps it."""
    path = await add_plan(browser)
    for side, raw in (("front", JPEG), ("back", PNG)):
        assert (await browser.post(f"{path}/cards/{side}", content=raw, headers=RAW)).status_code == 200
    shown = await browser.get(f"{path}/cards/front")
    assert shown.content == card_photo.cleaned(JPEG)[1]
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["content-disposition"] == 'inline; filename="card-front.jpeg"'
    assert "cards/back?v=1" in checked(await browser.get(path))
    assert "card on file" in checked(await browser.get(BASE))
    connection = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("SELECT photo_sealed FROM billing.card_photos")
        assert len(rows) == 2
        assert not any(b"JFIF" in row["photo_sealed"] or b"IHDR" in row["photo_sealed"] for row in rows)
    finally:
        await connection.close()


async def test_a_card_is_replaced_and_removed_and_is_another_practices_business_never(
    browser: httpx.AsyncClient,
) -> None:
    """The newest counts; removed is gone; strangers and strange sides get nothing."""
    path = await add_plan(browser)
    await browser.post(f"{path}/cards/front", content=JPEG, headers=RAW)
    await browser.post(f"{path}/cards/front", content=PNG, headers=RAW)
    assert (await browser.get(f"{path}/cards/front")).headers["content-type"] == "image/png"
    stranger = {"x-practice": OTHER}
    assert (await browser.get(f"{path}/cards/front", headers=stranger)).json()["code"] == "card-unknown"
    put = await browser.post(f"{path}/cards/front", content=PNG, headers=RAW | stranger)
    assert put.json()["code"] == "coverage-unknown"
    assert (await browser.get(f"{path}/cards/edge")).json()["code"] == "card-unknown"
    assert (await browser.post(f"{path}/cards/front", content=b"x", headers=RAW)).json()["fields"]["card"]
    await browser.post(f"{path}/cards/front/remove", json={})
    assert (await browser.get(f"{path}/cards/front")).json()["code"] == "card-unknown"
