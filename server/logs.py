"""Structured logs: one JSON object a line on standard error, with allow-listed keys only.

Nothing about a person may reach a log (45 CFR 164.502(b)): a key must be in the table below and its value must have the
shape the table gives it, which no name, address, telephone number or SDP has. Before :func:`configure` (so, in tests) a
breach raises; in a running server the value is dropped and counted, because a log line must never end a visit.
Records of libraries carry no text at all, only where in the library they were made: aiortc and aioice print addresses,
asyncio prints exceptions with their arguments. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import IO, Any, Final

import structlog

_CODE = re.compile(r"[a-z][a-zA-Z0-9_.-]{0,79}")  # an id, an enum, a kebab-case code, a module's name
_CLASS = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}")
_VERSION = re.compile(r"[0-9][0-9a-z.]{0,31}")
_ROUTE = re.compile(r"/[a-z_{}./-]{0,99}")  # the template, never the path: a path holds ids, a query worse
_PLACE = re.compile(r"[A-Za-z0-9_.<>]{1,120}:[0-9]{1,6}")

Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _like(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _places(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) and _PLACE.fullmatch(part) for part in value)


def _table(check: Check, names: str) -> dict[str, Check]:
    return dict.fromkeys(names.split(), check)


KEYS: Final[dict[str, Check]] = {
    **_table(
        _like(_CODE),
        "practice visit participant staff client link delivery event_id encounter job process kid role phase kind code "
        "state reason signal module requirement connection profile component library table",
    ),
    **_table(
        _number,
        "seq count bytes ms seconds attempt status pid port udp_port exit_code queued running dropped line backoff_s",
    ),
    **_table(_like(_CLASS), "error cause"),
    **_table(_like(_VERSION), "version database_version"),
    **_table(_like(_ROUTE), "route"),
    **_table(_places, "at"),
    **_table(lambda value: value in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, "method"),
}
_EVENT = re.compile(r"[a-z][a-z0-9-]{0,79}")

dropped: Final[Counter[str]] = Counter()  # key -> how often it was refused; a metric, and zero in a sound server
_strict = True


class UnknownKeyError(AssertionError):
    """A log call with a key that is not allow-listed, or a value that has not the key's shape: a bug."""


def _allow(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: keep what the table allows."""
    kept: dict[str, Any] = {}
    for key, value in line.items():
        if key == "event":
            if isinstance(value, str) and _EVENT.fullmatch(value):
                kept[key] = value
                continue
        elif key in KEYS and (value is None or KEYS[key](value)):
            kept[key] = value
            continue
        if _strict:
            raise UnknownKeyError(key)
        dropped[key if key in KEYS or key == "event" else "unknown"] += 1
    kept.setdefault("event", "unnamed")
    return kept


def places(error: BaseException) -> list[str]:
    """Where an error was raised, innermost last: ``module:line`` only, never a value or a message."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{_module(frame.filename)}:{frame.lineno or 0}" for frame in frames]


def _module(filename: str) -> str:
    """The last two parts of a file's path, as a dotted name: no path of the machine."""
    parts = filename.removesuffix(".py").replace("\\", "/").split("/")[-2:]
    return re.sub(r"[^A-Za-z0-9_.<>]", "_", ".".join(part for part in parts if part)) or "unknown"


def bug(error: BaseException, **keys: Any) -> None:
    """Log an unexpected error: its class and where it happened. Its message may hold a person's words: left out."""
    log.error("bug", error=type(error).__qualname__, at=places(error), **keys)


class _Output:
    """Where lines go; replaced by :func:`configure`, looked up at every line so that tests can capture it."""

    stream: IO[str] | None = None

    def write(self, line: str) -> None:
        stream = self.stream or sys.stderr
        stream.write(line + "\n")
        stream.flush()


_output = _Output()


class _JsonLogger:
    """What structlog calls at the end of its chain."""

    def msg(self, line: str) -> None:
        _output.write(line)

    debug = info = warning = error = critical = msg


_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_threshold = 20


def _level(_logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if _LEVELS.get(method, 40) < _threshold:
        raise structlog.DropEvent
    return line


def _render(_logger: Any, method: str, line: MutableMapping[str, Any]) -> str:
    stamped = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")(None, method, {})
    event = line.pop("event")
    return json.dumps({"time": stamped["time"], "level": method, "event": event, **line}, separators=(",", ":"))


log: Final[structlog.BoundLogger] = structlog.wrap_logger(
    _JsonLogger(),
    processors=[_level, _allow, _render],
    wrapper_class=structlog.BoundLogger,
    cache_logger_on_first_use=True,
)

_OWN: Final = ("antechamber", "server", "signaling", "media", "billing_hooks", "web")
# An address of any kind has this shape; nothing our own rooms may log has.
_ADDRESS = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,}|\S+@\S+|\+?[0-9()\- ]{10,}"
)


class _Records(logging.Handler):
    """The standard library's records. Libraries: where they came from, no text. Our own rooms: text, scrubbed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises (logging.Handler's contract)."""
        try:
            self._emit(record)
        except Exception:
            dropped["record"] += 1

    def _emit(self, record: logging.LogRecord) -> None:
        top = record.name.split(".")[0]
        level = record.levelname.lower()
        line: dict[str, Any] = {"level": level if level in _LEVELS else "error"}
        if top in _OWN:
            line["event"] = "note"
            line["component"] = record.name
            line["text"] = _ADDRESS.sub("[-]", record.getMessage())[:300]
            extra = {key: record.__dict__[key] for key in KEYS.keys() & record.__dict__.keys() - _STANDARD}
            line.update({key: value for key, value in extra.items() if KEYS[key](value)})
        else:
            line["event"] = "library"
            line["library"] = top
            line["at"] = [f"{_module(record.pathname)}:{record.lineno}"]
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__qualname__
            line["at"] = [*line.get("at", []), *places(record.exc_info[1])]
        method = line.pop("level")
        _output.write(_render(None, method, line))


_STANDARD: Final = logging.LogRecord("", 0, "", 0, "", None, None).__dict__.keys()
# Loud or address-printing at lower levels; their errors are kept, without their text.
_QUIET: Final = (
    *("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "asyncio", "httpx", "httpcore"),
    *("aiortc", "aioice", "sqlalchemy", "asyncpg", "alembic", "pgqueuer"),
)


def configure(level: str = "info", *, strict: bool = False, stream: IO[str] | None = None) -> None:
    """Set logging up for a running process: our JSON handler on the root, everything else removed.

    ``strict`` keeps raising on a forbidden key (tests); ``stream`` is standard error unless given.
    """
    global _strict, _threshold  # noqa: PLW0603 (a process has one log; structlog keeps its configuration likewise)
    _strict = strict
    _threshold = _LEVELS[level]
    _output.stream = stream
    root = logging.getLogger()
    root.handlers[:] = [_Records()]
    root.setLevel(_threshold)
    for name in _QUIET:
        quiet = logging.getLogger(name)
        quiet.handlers.clear()
        quiet.propagate = name != "uvicorn.access"
        quiet.setLevel(logging.ERROR)
    logging.getLogger("uvicorn.access").disabled = True  # access lines hold addresses and query strings
    logging.captureWarnings(True)
