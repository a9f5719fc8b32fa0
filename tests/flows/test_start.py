"""What every start sees to: the consent text of this version is known, the published key set is not empty."""

from __future__ import annotations

from server import consent_text
from tests.browser.harness.running import Antechamber
from tests.flows.ledger import Sql


async def test_a_start_installs_the_consent_text_and_the_first_key(server: Antechamber, sql: Sql) -> None:
    """A practice that has neither (an update brought a new text, the key was never needed) has both after a start."""
    sql(
        "ALTER TABLE antechamber.signing_keys DISABLE TRIGGER ALL; "
        "ALTER TABLE antechamber.consent_texts DISABLE TRIGGER ALL; "
        "DELETE FROM antechamber.signing_keys; DELETE FROM antechamber.consent_texts"
    )
    await server.stop(40)
    await server.start("serve", within=120)
    assert sql("SELECT string_agg(version, ',') FROM antechamber.consent_texts") == consent_text.VERSION
    async with server.browserless() as web:
        published = (await web.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == [sql("SELECT kid FROM antechamber.signing_keys")]
    await server.stop(40)
    await server.start("serve", within=120)
    assert sql("SELECT count(*) FROM antechamber.consent_texts") == "1"
    assert [key["kid"] for key in published] == [sql("SELECT kid FROM antechamber.signing_keys")]
