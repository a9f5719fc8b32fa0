"""Runs browser.mjs beside a copy of the browser's modules, as Node takes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.fuzz.targets import HERE, ROOT


def fuzz_browser(folder: Path, seconds: float, seed: int) -> str:
    """Fuzz each of the browser's parsers for so long, in `folder`; what was printed. Raises when one broke."""
    shutil.copytree(ROOT / "web" / "js", folder, dirs_exist_ok=True)
    shutil.copy(HERE / "browser.mjs", folder)
    shutil.copy(ROOT / "tests" / "wire" / "server_to_browser.json", folder)
    (folder / "package.json").write_text('{"type": "module"}', "utf-8")
    command = ["node", str(folder / "browser.mjs"), str(seconds), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + 5 * seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
