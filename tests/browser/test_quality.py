"""How good the connection is, on both screens; a picture that stands still or is black, reported and labelled."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Final

from tests.browser import steps
from tests.browser.conftest import Meet
from tests.browser.harness.chromium import Chromium
from tests.browser.harness.fakes import Colour
from tests.browser.harness.running import Antechamber

# A camera that a test can stop (`frozen`) or cover (`covered`: darkness with the noise of a sensor).
CAMERA: Final = """() => {
  const native = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (!native) return;
  window.__camera = "live";
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const real = await native(wanted);
    return new MediaStream(real.getTracks().map((track) => {
      if (track.kind === "audio") return track;
      const canvas = document.createElement("canvas");
      canvas.width = 640; canvas.height = 480;
      const pen = canvas.getContext("2d");
      const still = new OffscreenCanvas(640, 480);
      setInterval(() => {
        if (window.__camera === "frozen") return pen.drawImage(still, 0, 0);
        const dark = window.__camera === "covered";
        for (let at = 0; at < 300; at++) {
          const light = dark ? Math.random() * 6 : 25 + Math.random() * 45;
          pen.fillStyle = `hsl(22 ${dark ? 0 : 60}% ${light}%)`;
          const x = dark ? Math.random() * 640 : (at % 20) * 32;
          const y = dark ? Math.random() * 480 : Math.floor(at / 20) * 32;
          const side = dark ? 6 : 32;
          if (dark || Math.random() < 0.05) pen.fillRect(x, y, side, side);
        }
        if (dark && !window.__wasDark) { pen.fillStyle = "#050505"; pen.fillRect(0, 0, 640, 480); }
        window.__wasDark = dark;
        still.getContext("2d").drawImage(canvas, 0, 0);
      }, 50);
      return canvas.captureStream(20).getVideoTracks()[0];
    }));
  };
}"""
WORDS: Final = "() => document.querySelector('[data-stage=quality]').innerText.trim()"


async def act(client: Chromium, what: str) -> None:
    """What the client's camera does from now on."""
    await client.evaluate("(what) => { window.__camera = what; }", what)


async def test_a_still_and_a_black_picture_are_reported_and_the_connection_is_drawn(
    antechamber: Antechamber, meet: Meet
) -> None:
    """Both read how good it is; the clinician reads what is odd; the event says so as a report and counts on."""
    clinician = await meet("clinician", Colour.BLUE)
    client = await meet("client", Colour.ORANGE, viewport={"width": 390, "height": 844})
    biller = await meet("biller", Colour.GREEN)
    assert isinstance(clinician, Chromium)
    assert isinstance(client, Chromium)
    await client.begin_pages_with(CAMERA)
    await steps.together(antechamber, clinician, client)
    for person in (clinician, client):
        await person.sees("Audio and video", timeout=30)
        await person.until(f"() => ({WORDS})() === 'Good connection'", timeout=20)
    visit = await steps.visit_of(clinician)
    await save(client, "quality-client")
    await act(client, "frozen")
    await clinician.sees("The picture has not changed for a while", timeout=30)
    await save(clinician, "quality-frozen")
    counted = await steps.counted(clinician)
    await act(client, "live")
    await clinician.until("() => document.querySelector('[data-stage=seen]').hidden", timeout=20)
    await act(client, "covered")
    await clinician.sees("The picture is black", timeout=30)
    await asyncio.sleep(6)  # a report waits for up to five seconds after the one before; shorter blacks are not told
    assert await steps.counted(clinician) > counted + 5  # a report counts nothing away
    assert "not changed" not in await client.text()
    await act(client, "live")
    await clinician.until("() => document.querySelector('[data-stage=seen]').hidden", timeout=20)
    await steps.end(clinician)
    await steps.sign_in(biller, antechamber.demo["biller"])
    event = json.loads(await steps.saved_event(biller, await steps.first_event(biller)))
    reports = event["evidence"]["reports"]
    assert [(one["seen"], one["of"], one["reported_by"]) for one in reports] == [
        ("frozen", "client", "clinician_browser"),
        ("black", "client", "clinician_browser"),
    ]
    links = event["evidence"]["links"]
    assert links["client"]["video"]["packets"] > 500
    assert links["client"]["talk_seconds"] > 10
    assert event["seconds"]["audio_video_overlap"] > counted + 5
    await clinician.open(f"{antechamber.origin}/visits/{visit}/connection")
    await clinician.sees("By the minute")
    assert await clinician.evaluate("() => document.querySelectorAll('svg.quality polyline').length") >= 6
    assert "640 × 480" in await clinician.text()  # noqa: RUF001  # the sign of sizes
    await save(clinician, "quality-drawing")


async def save(person: Chromium, name: str) -> None:
    """Keep a picture of the page where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        await person.picture(Path(folder) / f"{name}.png")
