"""A visit held where there is no way out; run inside a closed network by the test beside it.

``python -m tests.browser.closed_visit FOLDER``: server, Chromium as the clinician, Chromium or Firefox as the client.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.browser import steps
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import gathering
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber


async def hold(folder: Path, browser: str) -> None:
    """From the sign-in to the coded encounter, both sides seeing and hearing each other."""
    quiet = Quiet()
    server = Antechamber(folder)
    try:
        await server.start("demo")
        async with gathering(quiet, folder) as meet:
            clinician = await meet("clinician", Colour.BLUE)
            client = await meet("client", Colour.ORANGE, browser)
            await steps.sign_in(clinician, server.demo["clinician"])
            link = await steps.book(clinician)
            await clinician.open(f"{server.origin}/desk")
            await steps.into_waiting(client, link)
            await steps.admit(clinician, client)
            await clinician.sees_and_hears(Colour.ORANGE, steps.REMOTE)
            await client.sees_and_hears(Colour.BLUE, steps.REMOTE)
            await steps.end(clinician)
            await client.until("() => location.pathname === '/j/over'")
            await steps.sign_statement(clinician)
            biller = await meet("biller")
            await steps.sign_in(biller, server.demo["biller"])
            assert b"visit.session_complete" in await steps.saved_event(biller, await steps.first_event(biller))
    finally:
        await server.stop()
    quiet.verdict()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1]), sys.argv[2]))
    print("held")
