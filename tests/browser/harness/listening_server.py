"""The server's program as an attacker on its machine would change it; run by path, before the program's own words.

`tap`: every packet that it opens to forward is also written to `forwarded.rtp` beside its data, as two bytes of length
and the packet. `swap`: it plays both parts, and tells each browser keys of its own in the others' names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

from media import seam
from server import cli
from server.attendance import Attendances
from server.protecting import Protecting
from signaling.messages import Seal
from signaling.words import ParticipantId, SealKind, VisitId


def tap() -> None:
    """Write down what is opened."""
    file = (Path(os.environ["ANTECHAMBER_DATA_DIR"]).parent / "forwarded.rtp").open("ab", buffering=0)
    opened = seam.Cipher.unprotect

    def heard(self: seam.Cipher, datagram: bytes) -> int:
        size = opened(self, datagram)
        if size > 0:
            file.write(struct.pack(">H", size) + bytes(self.view[:size]))
        return size

    setattr(seam.Cipher, "unprotect", heard)  # noqa: B010 - a method may not be assigned to


def swap() -> None:
    """Commit and reveal, in everybody's name, to a key that is ours."""
    told = Protecting.relay
    key = "." + base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode().rstrip("=")

    def lies(self: Protecting, visit: VisitId, participant: ParticipantId, said: Seal) -> None:
        if said.kind is SealKind.KEY:
            return
        there: Attendances = self._there
        live = there.get(visit)
        assert live is not None
        assert live.visit is not None
        role = next(one.role.value for one in live.visit.participants if one.id == participant)
        nonce = hashlib.sha256(f"{participant} {said.epoch}".encode()).hexdigest()
        body = _b64(hashlib.sha256(_listed("antechamber commit", said.epoch, participant, role, key, nonce)).digest())
        if said.kind is SealKind.REVEAL:
            body = _b64(json.dumps({"key": key, "nonce": nonce}).encode())
        told(self, visit, participant, Seal(said.kind, said.to, said.epoch, body))

    setattr(Protecting, "relay", lies)  # noqa: B010 - a method may not be assigned to


def _listed(*fields: Any) -> bytes:
    texts = [str(field).encode() for field in fields]
    return b"".join(struct.pack(">I", len(text)) + text for text in texts)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


if __name__ == "__main__":
    {"tap": tap, "swap": swap}[sys.argv[1]]()
    sys.argv = [sys.argv[0], sys.argv[-1]]
    cli.main()
