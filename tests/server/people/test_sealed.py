"""After a whole way in, no column and no fact holds a person's words in the clear."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from server.db import clients as client_rows
from server.db.tables import clients, metadata, places
from server.errors import Malformed, Refused
from tests.server.people.kit import ALL_OK, HOME, secret_of, signature

# Words that stand in no column but a sealed one, whoever looks.
CANARIES = (
    "Quillfeather",
    "quillfeather@mail.example",
    "555-0161",
    "Hollyhock",
    "Tamarack",
    "59847",
    "555-0172",
    "Ptarmigan",
    "stepmother",
    "Zebulon",
    "ana@lakeside.example",
    "Ana Rivera",
)
CLIENT = {"name": "Orla Quillfeather", "phone": "(612) 555-0161", "email": "quillfeather@mail.example"}
LOCATION = {
    **HOME,
    "street": "12 Hollyhock Way",
    "city": "Tamarack",
    "zip": "59847",
    "callback": "(612) 555-0172",
    "save": True,
    "emergency": {"name": "Wren Ptarmigan", "phone": "(612) 555-0183", "relation": "stepmother"},
}


async def everything(work: Any) -> str:
    """Every column of every row of every table of ours, as text; bytes as Latin-1, in which they stand as they are."""
    found: list[str] = []
    for table in metadata.sorted_tables:
        for row in await work.all(select(table)):
            for value in row:
                found.append(value.decode("latin-1") if isinstance(value, bytes) else str(value))
    return "\n".join(found)


async def test_names_addresses_numbers_and_signatures_stand_nowhere_in_the_clear(
    booked: Any, browsers: Any, house: Any, capfd: Any
) -> None:
    """Every table is read whole, journal and tickets too, and so is the log."""
    visit, link = await booked(client=CLIENT)
    browser = browsers()
    state = await browser.ask("/api/join", {"secret": secret_of(link)})
    await browser.ask("/api/client/consent", signature(state, "Zebulon Quillfeather", "parent"))
    await browser.ask("/api/client/location", LOCATION)
    await browser.ask("/api/client/devices", ALL_OK)
    await browser.ask("/api/client/socket-ticket", {})
    async with house.shelf.work() as work:
        stored = await everything(work)
    assert visit in stored
    logged = "".join(capfd.readouterr())
    for canary in (*CANARIES, secret_of(link)):
        assert canary not in stored, canary
        assert canary.encode().hex() not in stored, canary
        assert canary not in logged, canary
    (place,) = (await browser.see("/api/client"))["places"]
    assert place["street"] == "12 Hollyhock Way"


async def test_a_sealed_value_moved_to_another_row_does_not_open(booked: Any, house: Any) -> None:
    """A database operator cannot give one client another's address or name."""
    await booked(client=CLIENT)
    await booked(client={"name": "Alex Roe"}, anyway=True)
    async with house.shelf.work() as work:
        first, second = await work.all(select(clients).order_by(clients.c.created_at))
        await work.run(
            update(clients)
            .where(clients.c.id == second.id)
            .values(name_sealed=first.name_sealed, data_key_wrapped=first.data_key_wrapped)
        )
    house.shelf.names.clear()
    async with house.shelf.work() as work:
        with pytest.raises(Malformed) as refused:
            await client_rows.name(work, second.id)
    assert refused.value.code == "key-damaged"


async def test_without_its_data_key_nothing_of_a_client_can_be_read(joined: Any, house: Any) -> None:
    """Shredding the key shreds the person, though the rows stay; not even from memory."""
    _, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    await browser.ask("/api/client/location", {**HOME, "save": True})
    async with house.shelf.work() as work:
        client = (await work.all(select(clients.c.id)))[0].id
        assert await client_rows.name(work, client) == "Jordan Doe"
        await work.run(update(clients).values(data_key_wrapped=None, shredded_at=work.now()))
    async with house.shelf.work() as work:
        assert len(await work.all(select(places))) == 1
        assert await client_rows.name(work, client) == "Deleted client"
        assert await client_rows.find(work, "") == []
        with pytest.raises(Refused, match="deleted"):
            await client_rows.contact(work, client)


async def test_signed_consents_cannot_be_changed_or_deleted(joined: Any, house: Any) -> None:
    """The server's role may add; a trigger and the grants refuse the rest."""
    _, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    for statement in (
        "DELETE FROM antechamber.consents",
        "UPDATE antechamber.consents SET version = 'x'",
        "TRUNCATE antechamber.consents",
    ):
        with pytest.raises(Exception, match=r"permission denied|append-only"):
            async with house.shelf.work() as work:
                await work.run(text(statement))


async def test_ten_places_are_kept_and_the_usual_one_never_goes(joined: Any, house: Any) -> None:
    """A client who travels does not fill the table."""
    _, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    for number in range(13):
        house.clock.forward(timedelta(seconds=1))
        after = await browser.ask("/api/client/location", {**HOME, "street": f"{number} Lake St", "save": True})
    streets = [place["street"] for place in after["places"]]
    assert streets == ["0 Lake St", *(f"{number} Lake St" for number in range(12, 3, -1))]
