"""From the press of `Admit` to the first remote picture, both ways: ``python -m tests.bench.first_frame [times]``.

Two real Chromium browsers on this machine, a real server; the same client is admitted again and again and returned
to the waiting room in between. Both pages stamp on their own clock (performance.timeOrigin + performance.now), which on
one machine is the same clock; the moment is when the browser hands the first decoded picture to the screen.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

from tests.browser import steps
from tests.browser.harness.fakes import Colour
from tests.browser.harness.gathering import gathering
from tests.browser.harness.person import Person
from tests.browser.harness.quiet import Quiet
from tests.browser.harness.running import Antechamber

NOTE_THE_PRESS = """() => {
  window.__pressed = null;
  document.addEventListener("click", (e) => {
    if (e.target.closest("button")?.textContent.trim() === "Admit") {
      window.__pressed = performance.timeOrigin + performance.now();
    }
  }, { capture: true });
}"""
NOTE_THE_PICTURE = """(selector) => {
  window.__pictured = null;
  document.querySelector(selector).requestVideoFrameCallback((now, picture) => {
    window.__pictured = performance.timeOrigin + picture.presentationTime;
  });
}"""


async def once(clinician: Person, client: Person) -> tuple[float, float]:
    """Admit once; milliseconds until the clinician sees the client, and until the client sees the clinician."""
    await clinician.evaluate(NOTE_THE_PRESS)
    for person in (clinician, client):
        await person.evaluate(NOTE_THE_PICTURE, steps.REMOTE)
    await steps.admit(clinician, client)
    pressed = await clinician.until("() => window.__pressed")
    return (
        await clinician.until("() => window.__pictured") - pressed,
        await client.until("() => window.__pictured") - pressed,
    )


async def back_to_waiting(clinician: Person, client: Person) -> None:
    """Return the client to the waiting room, and wait until `Admit` is there again."""
    if not await clinician.has("Return to waiting room"):
        await clinician.click("Client")
    await clinician.click("Return to waiting room")
    await client.until("() => location.pathname === '/j/waiting'")
    await clinician.until("() => location.pathname === '/desk'")


async def measure(times: int) -> list[tuple[float, float]]:
    """Admit so many times; the first, which also opens the clinician's camera, is not counted."""
    with tempfile.TemporaryDirectory(prefix="antechamber-bench-") as name:
        folder, quiet = Path(name), Quiet()
        server = Antechamber(folder)
        try:
            await server.start("demo")
            async with gathering(quiet, folder) as meet:
                clinician = await meet("clinician", Colour.BLUE)
                client = await meet("client", Colour.ORANGE)
                await steps.sign_in(clinician, server.demo["clinician"])
                link = await steps.book(clinician)
                await clinician.open(f"{server.origin}/desk")
                await steps.into_waiting(client, link)
                await once(clinician, client)
                found = []
                for _ in range(times):
                    await back_to_waiting(clinician, client)
                    found.append(await once(clinician, client))
        finally:
            await server.stop()
        quiet.verdict()
        return found


def main() -> None:
    """Print the median and the 95th percentile of each way."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    found = asyncio.run(measure(times))
    print(f"Admit to first remote picture, {times} admissions")
    for who, column in (("clinician sees client", 0), ("client sees clinician", 1)):
        sample = sorted(row[column] for row in found)
        high = statistics.quantiles(sample, n=20, method="inclusive")[-1]
        print(f"  {who:22} median {statistics.median(sample):6.0f} ms   p95 {high:6.0f} ms")


if __name__ == "__main__":
    main()
