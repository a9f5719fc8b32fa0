"""A real server as an operator runs it: it serves over its own authority, survives a kill, and stops when told."""

from __future__ import annotations

from pathlib import Path

from tests.browser.harness.running import Antechamber


def still_running(folder: str) -> list[str]:
    """Give the command lines of processes that name a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # ended meanwhile
            continue
        if folder in words:
            found.append(words)
    return found


async def test_the_demo_serves_and_finds_its_data_again_after_a_kill(antechamber: Antechamber) -> None:
    shown = antechamber.demo
    assert shown["origin"] == antechamber.origin
    assert shown["client"]["url"].startswith(f"{antechamber.origin}/j#")
    async with antechamber.browserless() as client:
        page = await client.get("/sign-in")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
    before = antechamber.demo
    antechamber.kill()
    assert not await antechamber.answers()
    await antechamber.start("demo")
    assert antechamber.demo["clinician"] == before["clinician"]
    assert antechamber.demo["client"] == before["client"]


async def test_it_stops_when_told_and_leaves_nothing_running(antechamber: Antechamber) -> None:
    assert still_running(str(antechamber.folder)), "PostgreSQL names its folder, so the look itself works"
    assert await antechamber.stop() == 0
    assert still_running(str(antechamber.folder)) == []
    assert "Traceback" not in antechamber.words()


async def test_a_taken_port_is_one_clear_line(antechamber: Antechamber) -> None:
    second = Antechamber(antechamber.folder, {"port": str(antechamber.port), "data_dir": str(antechamber.folder / "b")})
    refused = await second.run("demo")
    assert refused.returncode == 2
    assert f"Port {antechamber.port} is taken" in refused.stderr
    assert refused.stderr.count("\n") == 1
