"""A person at stock Firefox (Debian's firefox-esr), driven by WebDriver BiDi.

Its fake devices take no file, so the picture and the sound come from a canvas and an oscillator that stand in for the
tracks of the fake devices; permission, errors, encoding, transport and everything after them are Firefox's own.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import tempfile
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any, Final

from tests.browser.harness import probes
from tests.browser.harness.bidi import BiDi, BiDiError
from tests.browser.harness.fakes import HUE, TONE, Colour
from tests.browser.harness.person import Json, Person
from tests.browser.harness.quiet import Quiet

PREFERENCES: Final[dict[str, bool | int | str]] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,  # the server is on this machine
    "remote.prefs.recommended": True,
    # Nothing but the test may use the network.
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "toolkit.telemetry.enabled": False,
}
LISTENING: Final = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


class Firefox(Person):
    """One Firefox process with one tab."""

    def __init__(self, name: str, colour: Colour, process: Process, sound: Process, home: Path) -> None:
        self.name = name
        self.colour = colour
        self.process = process
        self.sound = sound
        self.home = home
        self.bidi: BiDi
        self.tab = ""
        self.drain: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, name: str, colour: Colour, quiet: Quiet, width: int = 1280, height: int = 800) -> Firefox:
        """Start a browser with a profile of its own."""
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        assert program, "firefox-esr is missing: run `make test`, which installs it"
        home = Path(tempfile.mkdtemp(prefix="antechamber-firefox-"))
        sound = await sound_card(home)
        lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in PREFERENCES.items())
        (home / "user.js").write_text("\n".join(lines), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", program, "--headless", "--no-remote", "--profile", str(home),
            "--remote-debugging-port", "0", "--width", str(width), "--height", str(height), "about:blank",
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PULSE_SERVER": f"unix:{home}/sound"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        here = cls(name, colour, process, sound, home)
        try:
            await here._connect(quiet)
            await here._resize(width, height)
        except BaseException:
            await here.close()
            raise
        return here

    async def _connect(self, quiet: Quiet) -> None:
        stderr = self.process.stderr
        assert stderr is not None
        async with asyncio.timeout(60):
            while not (found := LISTENING.search(line := await stderr.readline())):
                assert line, "Firefox ended before it listened"
        self.drain = asyncio.create_task(_drain(stderr))

        def heard(method: str, event: dict[str, Any]) -> None:
            if method == "log.entryAdded" and event.get("level") == "error":
                quiet.hear(self.name, str(event.get("text")))

        self.bidi = await BiDi.connect(found[1].decode() + "/session", heard)
        await self.bidi.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        await self.bidi.send("session.subscribe", events=["log.entryAdded"])
        own = json.dumps({"hue": HUE[self.colour], "hertz": TONE[self.colour]})
        for script in (probes.REMEMBER, f"() => {{ if (navigator.mediaDevices) ({probes.OWN_DEVICES})({own}); }}"):
            await self.bidi.send("script.addPreloadScript", functionDeclaration=script)
        tree = await self.bidi.send("browsingContext.getTree")
        self.tab = tree["contexts"][0]["context"]

    async def _resize(self, width: int, height: int) -> None:
        await self.bidi.send(
            "browsingContext.setViewport", context=self.tab, viewport={"width": width, "height": height}
        )

    async def open(self, url: str) -> None:
        """Go to an address and wait for the document."""
        await self.bidi.send("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    async def reload(self) -> None:
        """Load the page again."""
        await self.bidi.send("browsingContext.reload", context=self.tab, wait="complete")

    async def begin_pages_with(self, function: str) -> None:
        """Run a function in every page from now on."""
        await self.bidi.send("script.addPreloadScript", functionDeclaration=function)

    async def address(self) -> str:
        """Give the page's address, fragment included."""
        return str(await self.evaluate("() => location.href"))

    async def evaluate(self, function: str, argument: Json = None) -> Json:
        """Run a function in the page."""
        answer = await self.bidi.send(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify((await ({function})(JSON.parse(given))) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.tab},
            awaitPromise=True,
            userActivation=False,
        )
        if answer["type"] == "exception":
            raise AssertionError(f"{self.name}: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    async def _nodes(self, locator: dict[str, Any]) -> list[dict[str, Any]]:
        found = await self.bidi.send("browsingContext.locateNodes", context=self.tab, locator=locator)
        return list(found["nodes"])

    async def _on(self, node: dict[str, Any], function: str, *given: Json) -> Json:
        answer = await self.bidi.send(
            "script.callFunction",
            functionDeclaration=f"(node, given) => JSON.stringify(({function})(node, ...JSON.parse(given)) ?? null)",
            arguments=[{"sharedId": node["sharedId"]}, {"type": "string", "value": json.dumps(given)}],
            target={"context": self.tab},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise AssertionError(f"{self.name}: {answer['exceptionDetails']['text']}")
        return json.loads(answer["result"]["value"])

    async def _find(self, locator: dict[str, Any], timeout: float = 15, field: bool = False) -> dict[str, Any]:
        """Wait for exactly one visible, enabled element (a form's field, not its label, when `field`)."""
        end = time.monotonic() + timeout
        ready = """(n, field) => n.checkVisibility({visibilityProperty: true}) && !n.disabled
            && n.ariaDisabled !== "true" && (!field || n.matches("input, select, textarea"))"""
        shown: list[dict[str, Any]] = []
        while time.monotonic() < end:
            try:
                shown = [node for node in await self._nodes(locator) if await self._on(node, ready, field)]
            except BiDiError:
                shown = []  # the document was replaced meanwhile
            if len(shown) == 1:
                return shown[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"{self.name} found {len(shown)} of {locator}; the page: {await self.text()}")

    async def _press(self, node: dict[str, Any]) -> None:
        await self._still(node)
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        steps = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self.bidi.send(
            "input.performActions",
            context=self.tab,
            actions=[{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}],
        )

    async def _still(self, node: dict[str, Any]) -> None:
        """Wait until it is in view, at the same place in two looks running, and under the pointer, as Playwright does.

        Where something else covers it for good, the click goes ahead and the test fails by what does not follow.
        """
        still = """(n) => {
            n.scrollIntoView({block: "center", behavior: "instant"});
            const box = n.getBoundingClientRect();
            const at = JSON.stringify([box.x, box.y, box.width, box.height]);
            const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            const same = n.seenAt === at && top !== null && n.contains(top);
            n.seenAt = at;
            return same;
        }"""
        for _ in range(100):
            if await self._on(node, still):
                return
            await asyncio.sleep(0.05)

    async def click(self, name: str, role: str = "button", timeout: float = 15) -> None:
        """Click a control."""
        await self._press(await self._find(_control(role, name), timeout))

    async def fill(self, label: str, text: str) -> None:
        """Type into a field, key by key."""
        node = await self._labelled(label)
        await self._on(node, "(n) => { n.focus(); if (n.select) n.select(); }")
        keys = [{"type": kind, "value": key} for key in (*text,) for kind in ("keyDown", "keyUp")] or [
            {"type": kind, "value": "\ue003"}
            for kind in ("keyDown", "keyUp")  # Backspace
        ]
        await self.bidi.send(
            "input.performActions", context=self.tab, actions=[{"type": "key", "id": "keys", "actions": keys}]
        )

    async def choose(self, label: str, option: str) -> None:
        """Choose an option."""
        done = await self._on(
            await self._labelled(label),
            """(n, text) => {
                const wanted = [...n.options].find((o) => o.text.trim() === text);
                if (!wanted) return false;
                n.value = wanted.value;
                n.dispatchEvent(new Event("input", { bubbles: true }));
                n.dispatchEvent(new Event("change", { bubbles: true }));
                return true;
            }""",
            option,
        )
        assert done, f"{label} has no option {option}"

    async def _labelled(self, label: str) -> dict[str, Any]:
        return await self._find({"type": "accessibility", "value": {"name": label}}, field=True)

    async def has(self, name: str, role: str = "button") -> bool:
        """Say whether a control is visible."""
        visible = "(n) => n.checkVisibility({visibilityProperty: true})"
        return any([await self._on(node, visible) for node in await self._nodes(_control(role, name))])

    async def picture(self, file: Path) -> None:
        """Save a screenshot of the whole page."""
        shot = await self.bidi.send("browsingContext.captureScreenshot", context=self.tab, origin="document")
        await asyncio.to_thread(file.write_bytes, base64.b64decode(shot["data"]))

    async def close(self) -> None:
        """End the browser and remove its profile."""
        if hasattr(self, "bidi"):
            await self.bidi.close()
        for process in (self.process, self.sound):
            if process.returncode is None:
                process.terminate()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self.drain:
            await self.drain
        shutil.rmtree(self.home, ignore_errors=True)


async def sound_card(home: Path) -> Process:
    """Start a sound server whose only card swallows what it is given; Firefox's audio clock needs one."""
    program = shutil.which("pulseaudio")
    assert program, "pulseaudio is missing: run `make test`, which installs it"
    listen = f"module-native-protocol-unix auth-anonymous=1 socket={home}/sound"
    server = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", program, "-n", "--use-pid-file=no", "--daemonize=no", "--exit-idle-time=-1",
        "-L", "module-null-sink", "-L", listen,
        env={"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(10):
        while not await asyncio.to_thread((home / "sound").exists):
            assert server.returncode is None, "pulseaudio ended before it listened"
            await asyncio.sleep(0.02)
    return server


def _control(role: str, name: str) -> dict[str, Any]:
    return {"type": "accessibility", "value": {"role": role, "name": name}}


async def _drain(stream: asyncio.StreamReader) -> None:
    """Read on, so that Firefox never waits for us to take what it writes."""
    while await stream.readline():
        pass
