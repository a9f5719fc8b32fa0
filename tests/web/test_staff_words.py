"""The staff pages' Pure browser modules, run by Node: words, times, checks of fields."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from server import states

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "web" / "js"


def run_in_node(tests: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Run a file of tests beside a copy of web/js: Node 18 takes a module only where a package.json says so."""
    shutil.copytree(MODULES, where, dirs_exist_ok=True)
    shutil.copy(HERE / tests, where)
    (where / "package.json").write_text('{"type": "module"}')
    command = ["node", "--test", "--test-reporter=tap", str(where / tests)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_staff_pages_words_times_and_checks_hold(tmp_path: Path) -> None:
    """Every example in staff_words.mjs holds."""
    done = run_in_node("staff_words.mjs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 17" in done.stdout, done.stdout


def test_the_browser_knows_the_states_that_the_server_knows() -> None:
    """The licence form offers exactly the codes that the settings accept."""
    text = (MODULES / "states.js").read_text()
    offered = {line.split('"')[1] for line in text.split("[") if line.startswith('"') and line[3] == '"'}
    assert offered == {code for code in offered if states.is_state(code)}
    assert len(offered) == len(states.STATES)
