"""The data directory: private, held by one server at a time, and where its sockets are. Shell (asyncio, aiortc)."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from server.errors import CannotStart

# A socket's path may be 107 bytes long (sun_path in unix(7) is 108 with its final zero byte).
_LONGEST_SOCKET: Final = 107
_LONGEST_NAME: Final = len("/.s.PGSQL.5432.lock")


def prepare(data_dir: Path) -> None:
    """Make the data directory (0700) where there is none, and see that it can be written.

    Raises CannotStart("data-dir") with one clear line."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data_dir / f".write-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            "data-dir", f"The data directory {data_dir} cannot be written: {error.strerror}. Set ANTECHAMBER_DATA_DIR."
        ) from None
    socket_dir(data_dir)


def socket_dir(data_dir: Path) -> Path:
    """Where this data directory's Unix sockets are: its ``run`` folder, or a short private folder when that path is
    too long for a socket. Made 0700; found again by every process of the same data directory."""
    inside = data_dir / "run"
    if len(os.fsencode(inside)) + _LONGEST_NAME <= _LONGEST_SOCKET:
        folder = inside
    else:
        name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"antechamber-{name}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise CannotStart("run-dir", f"The folder for sockets {folder} cannot be made: {error.strerror}.") from None
    # In a shared /tmp somebody else could have made it first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise CannotStart("run-dir", f"The folder for sockets {folder} is not private to this account: remove it.")
    return folder


class Hold:
    """One server per data directory: an advisory lock that the kernel drops when its process ends, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        """Take it. Raises CannotStart("already-running") with the process id of the other."""
        path = data_dir / "run.lock"
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            other = os.read(self._handle, 20).decode("ascii", "replace").strip()
            os.close(self._handle)
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            raise CannotStart(
                "already-running", f"A server with the data directory {data_dir} is already running (process {other})."
            ) from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next server have it."""
        os.close(self._handle)
