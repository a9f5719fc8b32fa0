"""The client's and the shared browser modules: run by Node where they are Pure, read where they must keep a rule."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
WIRE = HERE.parent / "wire"


@pytest.mark.parametrize(
    "tests",
    [
        "wire.test.mjs",
        "client.test.mjs",
        "devices.test.mjs",
        "ladder.test.mjs",
        "seal.test.mjs",
        "seal_worker.test.mjs",
        "protection.test.mjs",
        "lock.test.mjs",
        "quality.test.mjs",
        "group.test.mjs",
        "peer.test.mjs",
    ],
)
def test_the_pure_browser_modules_do_what_their_examples_say(tests: str, tmp_path: Path) -> None:
    """Node runs the examples beside a copy of web/js: it takes a module only where a package.json says so."""
    shutil.copytree(WEB / "js", tmp_path, dirs_exist_ok=True)
    for file in (HERE / tests, *WIRE.glob("*.json")):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    command = ["node", "--test", "--test-reporter=tap", str(tmp_path / tests)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


SINKS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser")


def test_browser_code_never_makes_markup_from_text_and_imports_only_its_neighbours() -> None:
    """No sink that Trusted Types guards, no inline style attribute, no import from anywhere but ./."""
    for file in sorted((WEB / "js").glob("*.js")):
        text = file.read_text()
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
        for sink in SINKS:
            assert sink not in code, f"{file.name} uses {sink}"
        assert not re.search(r"""["']style["']\s*[,:]""", code), f"{file.name} sets a style attribute"
        imports = r"""^(?:import|export)\s+(?:[\w$*{}\s,]+\s+from\s+)?["']([^"']+)["']|\bimport\(["']([^"']+)["']"""
        for source in ("".join(found) for found in re.findall(imports, code, flags=re.MULTILINE)):
            assert re.fullmatch(r"\./[a-z_]+\.js", source), f"{file.name} imports {source}"


def test_no_page_carries_inline_script_style_or_foreign_address() -> None:
    """The policy forbids them; a template with one would be broken for everybody."""
    for file in sorted((WEB / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text), file.name
        assert "<style" not in text, file.name
        assert not re.search(r"<[^>]+\s(?:style|on[a-z]+)=", text), file.name
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text), file.name


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    """A misspelt icon shows as nothing."""
    there = set(re.findall(r'<symbol id="([a-z-]+)"', (WEB / "icons.svg").read_text()))
    asked: dict[str, str] = {}
    for file in (*(WEB / "js").glob("*.js"), *(WEB / "templates").rglob("*.html")):
        text = file.read_text()
        for name in re.findall(r"icons\.svg#([a-z-]+)|\bicon\(\"([a-z-]+)\"", text):
            asked[name[0] or name[1]] = file.name
    assert len(asked) > 15
    assert {name: file for name, file in asked.items() if name not in there} == {}


def test_the_first_page_knows_the_same_apps_as_the_rest() -> None:
    """browser_floor.js runs before modules are known to work, so it cannot import the list of troubles.js."""
    files = [(WEB / "js" / name).read_text() for name in ("browser_floor.js", "troubles.js")]
    lists = [re.search(r"/(FBAN\|[^\n]*?)/\.test", text) for text in files]
    assert lists[0] and lists[1]
    assert lists[0][1] == lists[1][1]


@pytest.mark.parametrize("name", ["page_load.js", "browser_floor.js"])
def test_the_first_scripts_are_written_in_the_oldest_syntax(name: str) -> None:
    """They must run in the browsers that are turned away."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", (WEB / "js" / name).read_text(), flags=re.DOTALL)
    for new in ("=>", "`", "?.", "??", "let ", "const ", "import ", "async ", "class ", "..."):
        assert new not in code, new


def _themes() -> dict[str, dict[str, str]]:
    text = (WEB / "css" / "tokens.css").read_text()
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    found = {"light": dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", light))}
    automatic, chosen = dark.split(':root[data-theme="dark"]')
    for name, part in (("automatic", automatic), ("dark", chosen)):
        found[name] = {**found["light"], **dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})\b", part))}
    return found


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_dark_themes_are_one() -> None:
    """The system's dark theme and the chosen one have the same colours."""
    themes = _themes()
    assert themes["automatic"] == themes["dark"]
    assert themes["dark"]["paper"] != themes["light"]["paper"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_keep_their_contrast(theme: str) -> None:
    """Text 4.5:1, edges of controls and focus 3:1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    colours = _themes()[theme]
    grounds = ("paper", "surface", "raised")
    texts = [(text, ground) for text in ("ink", "muted", "accent", "warn", "danger", "ok") for ground in grounds]
    texts += [("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("danger-ink", "danger")]
    texts += [("ink", wash) for wash in ("accent-wash", "warn-wash", "danger-wash", "ok-wash")]
    texts += [("warn", "warn-wash"), ("danger", "danger-wash"), ("ok", "ok-wash"), ("stage-ink", "stage-surface")]
    texts += [("stage-ink", "stage"), ("stage-muted", "stage"), ("stage-muted", "stage-surface")]
    controls = [(edge, ground) for edge in ("edge", "focus") for ground in grounds] + [("stage-focus", "stage")]
    weak = [(pair, 4.5) for pair in texts] + [(pair, 3.0) for pair in controls]
    found = {pair: round(_contrast(colours[pair[0]], colours[pair[1]]), 2) for pair, _ in weak}
    assert {pair: found[pair] for pair, least in weak if found[pair] < least} == {}


def test_the_clients_document_asks_for_all_its_modules_at_once() -> None:
    """A phone far away would else wait for one layer of imports after the other."""
    needed, found = ["client.js"], set[str]()
    while needed:
        module = needed.pop()
        if module not in found:
            found.add(module)
            needed += re.findall(r'^import\s[^"]*"\./([a-z_]+\.js)"', (WEB / "js" / module).read_text(), re.MULTILINE)
    template = (WEB / "templates" / "client.html").read_text()
    assert set(re.findall(r'rel="modulepreload" href="/static/js/([a-z_]+\.js)"', template)) == found - {"client.js"}
