"""The server's program, deceived about its browsers' lines; run by path, before the program's own words.

While a file `narrow` lies beside its data, every bandwidth estimate that a browser sends reads as the number in it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from media.downlink import Downlink
from server import cli


def narrow() -> None:
    """What a line too weak for any picture would let browsers say."""
    file = Path(os.environ["ANTECHAMBER_DATA_DIR"]).parent / "narrow"
    heard = Downlink.heard

    def less(self: Downlink, estimate: int) -> None:
        heard(self, int(file.read_text()) if file.exists() else estimate)

    setattr(Downlink, "heard", less)  # noqa: B010 - a method may not be assigned to


if __name__ == "__main__":
    narrow()
    sys.argv = [sys.argv[0], sys.argv[-1]]
    cli.main()
