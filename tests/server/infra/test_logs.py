"""Logs: JSON lines, allow-listed keys, never a name, an address or a library's text."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from server import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """A configured process's log; everything is put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.configure("debug", stream=stream)
    yield stream
    logs.configure("info", strict=True)
    root.handlers[:], root.level = before[0], before[1]
    logging.captureWarnings(False)


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_key_that_is_not_allowed_raises_in_tests() -> None:
    with pytest.raises(logs.UnknownKeyError):
        logs.log.info("visit-admitted", name="Jane Doe")


@pytest.mark.parametrize("value", ["Jane Doe", "+1 612 555 0100", "jane@example.org", "10.0.0.7", "v=0\r\no=-"])
def test_a_value_that_has_not_the_keys_shape_raises_in_tests(value: str) -> None:
    with pytest.raises(logs.UnknownKeyError):
        logs.log.info("visit-admitted", code=value)


def test_a_running_server_drops_and_counts_what_is_not_allowed(lines: io.StringIO) -> None:
    before = logs.dropped["unknown"]
    logs.log.info("visit-admitted", visit="vis_a", seq=3, name="Jane Doe", code="Jane Doe")
    (line,) = read(lines)
    assert (line["event"], line["visit"], line["seq"], line["level"]) == ("visit-admitted", "vis_a", 3, "info")
    assert "Jane" not in lines.getvalue()
    assert logs.dropped["unknown"] == before + 1


def test_an_exception_is_logged_by_class_and_place_and_without_its_words(lines: io.StringIO) -> None:
    try:
        raise ValueError("Jane Doe lives at 1 Main Street")
    except ValueError as error:
        logs.bug(error, visit="vis_a")
    (line,) = read(lines)
    assert line["error"] == "ValueError"
    assert str(line["at"]).count("test_logs:") == 1
    assert "Jane" not in lines.getvalue()


@pytest.mark.parametrize("library", ["aioice.ice", "aiortc.rtcdtlstransport", "uvicorn.error", "asyncio", "sqlalchemy"])
def test_a_library_speaks_only_when_it_fails_and_without_text(lines: io.StringIO, library: str) -> None:
    logger = logging.getLogger(library)
    logger.warning("Could not reach 203.0.113.9")
    assert lines.getvalue() == ""
    try:
        raise OSError("203.0.113.9 said no to Jane")
    except OSError:
        logger.exception("Check %s failed", "203.0.113.9")
    (line,) = read(lines)
    assert line["library"] == library.split(".")[0] and line["error"] == "OSError"
    assert "203.0.113" not in lines.getvalue() and "Jane" not in lines.getvalue()


def test_access_lines_do_not_exist(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").error('127.0.0.1 - "GET /j?token=secret"')
    assert lines.getvalue() == ""


def test_what_a_running_visit_says_is_read(lines: io.StringIO) -> None:
    logging.getLogger("antechamber.measure").warning("evidence-spool-full %s", "vis_a")
    (line,) = read(lines)
    assert (line["component"], line["text"]) == ("antechamber.measure", "evidence-spool-full vis_a")


def test_a_room_of_our_own_is_scrubbed_all_the_same(lines: io.StringIO) -> None:
    logging.getLogger("media").warning("from %s %s %s", "203.0.113.9", "2001:db8::1", "jane@example.org")
    (line,) = read(lines)
    assert line["text"] == "from [-] [-] [-]"
