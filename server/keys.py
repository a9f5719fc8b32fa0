"""The key file: the master key, the keys derived from it, and the wrapping of data keys.

The file lies beside the data directory, never inside: a stolen disk image or backup of the data alone then opens
nothing (45 CFR 164.402(2), the safe harbour for encrypted information, is lost when the key went with it).
Envelope: master key -> data key of a practice or a client (wrapped, in its own row, so that deleting the row shreds
what it sealed) -> fields (server.fields). Shell (asyncio, aiortc).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.errors import CannotStart, Malformed

_FORMAT: Final = 1
_NONCE: Final = 12  # bytes; NIST SP 800-38D §8.2.2, random construction


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One generation of the master key. ``number`` is written into everything it wraps."""

    number: int
    secret: bytes

    def __repr__(self) -> str:
        return f"MasterKey({self.number})"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The opened key file: wraps and unwraps data keys, derives sub-keys. ``keys`` is newest last."""

    path: Path
    keys: tuple[MasterKey, ...]

    @property
    def current(self) -> MasterKey:
        """The key that wraps from now on; older ones still unwrap."""
        return self.keys[-1]

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that name the first master key without giving it away."""
        return self.derive("fingerprint", 8, number=self.keys[0].number).hex()

    def derive(self, purpose: str, length: int = 32, *, number: int | None = None) -> bytes:
        """A sub-key for one purpose (HKDF-SHA-256, RFC 5869). The first master key unless a number is given:
        blind indexes and database passwords must not change when the wrapping key is rotated."""
        secret = next(key.secret for key in self.keys if number is None or key.number == number)
        return HKDF(SHA256(), length, salt=None, info=b"antechamber|1|" + purpose.encode()).derive(secret)

    def blind(self, kind: str, value: str) -> bytes:
        """Blind index: HMAC-SHA-256 of a value under a key of its kind, to look up what is stored sealed. 32 bytes.

        The caller normalises (an email lower-cased, a telephone number to its digits)."""
        return hmac.new(self.derive(f"blind|{kind}"), value.encode("utf-8"), sha256).digest()

    def password(self, role: str) -> str:
        """The embedded database's password of a role: derived, so that it is stored nowhere."""
        return base64.urlsafe_b64encode(self.derive(f"postgres|{role}", 24)).decode("ascii")

    def payments_secret(self) -> bytes:
        """What the practice's card processor signs its notices with. 32 bytes, stored nowhere."""
        return self.derive("payments")

    def new_data_key(self) -> bytes:
        """A fresh 256-bit data key."""
        return secrets.token_bytes(32)

    def wrap(self, data_key: bytes, aad: bytes) -> bytes:
        """AES-256-GCM of a data key: format (1) | master key's number (2) | nonce (12) | ciphertext and tag.

        ``aad`` binds it to its row, e.g. ``b"practice|clients|data_key_wrapped|cli_..."``."""
        head = bytes([_FORMAT]) + self.current.number.to_bytes(2, "big")
        nonce = secrets.token_bytes(_NONCE)
        return head + nonce + AESGCM(self.current.secret).encrypt(nonce, data_key, head + aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """The data key again. Raises Malformed("key-damaged") when it was wrapped for another row, by another key
        file, or was altered."""
        head, nonce, sealed = wrapped[:3], wrapped[3 : 3 + _NONCE], wrapped[3 + _NONCE :]
        number = int.from_bytes(head[1:], "big")
        secret = next((key.secret for key in self.keys if key.number == number), None)
        if len(wrapped) < 3 + _NONCE + 16 or head[0] != _FORMAT or secret is None:
            raise Malformed("key-damaged", "A stored key is damaged or belongs to another key file.")
        try:
            return AESGCM(secret).decrypt(nonce, sealed, head + aad)
        except InvalidTag:
            raise Malformed("key-damaged", "A stored key is damaged or belongs to another key file.") from None

    @classmethod
    def load_or_create(cls, path: Path, data_dir: Path | None = None) -> KeyFile:
        """Open the key file, or make it where there is none yet.

        Raises CannotStart: inside ``data_dir``; readable by group or others; not a key file; missing although
        ``data_dir`` already holds a database sealed under it; the directory not writable."""
        if data_dir is not None:
            refuse_inside(path, data_dir)
        if not path.exists():
            if data_dir is not None and (data_dir / "postgres" / "PG_VERSION").exists():
                raise CannotStart(
                    "key-file-missing",
                    f"{data_dir} holds data but its key file {path} is missing: put it back, it alone opens the data.",
                )
            _create(path)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> KeyFile:
        """Open an existing key file. Raises CannotStart as :meth:`load_or_create` does."""
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read(65536)
        except OSError as error:
            raise CannotStart("key-file-unreadable", f"The key file {path} cannot be read: {error.strerror}.") from None
        if stat.S_IMODE(mode) & 0o077:
            raise CannotStart(
                "key-file-open", f"The key file {path} is readable by others: run `chmod 600 {path}` and start again."
            )
        try:
            return cls(path, _parse(json.loads(text)))
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise CannotStart("key-file-damaged", f"{path} is not a key file of this server, or is damaged.") from None


def refuse_inside(path: Path, data_dir: Path) -> None:
    """Raises CannotStart when the key file would lie inside the data directory, symbolic links followed."""
    if path.resolve().is_relative_to(data_dir.resolve()):
        raise CannotStart(
            "key-file-inside",
            f"The key file {path} lies inside the data directory: set ANTECHAMBER_KEY_FILE elsewhere.",
        )


def _parse(read: Any) -> tuple[MasterKey, ...]:
    if read["version"] != _FORMAT:
        raise ValueError("version")
    keys = tuple(MasterKey(int(key["number"]), base64.b64decode(key["secret"], validate=True)) for key in read["keys"])
    if not keys or any(len(key.secret) != 32 for key in keys) or len({key.number for key in keys}) != len(keys):
        raise ValueError("keys")
    return keys


def _create(path: Path) -> None:
    """Write a new key file so that it is whole or absent, never half, and never another process's overwritten."""
    secret = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    text = json.dumps({"version": _FORMAT, "keys": [{"number": 1, "secret": secret}]}, indent=1) + "\n"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, text.encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, path)  # unlike rename, fails when another process was first
        except FileExistsError:
            return
        finally:
            draft.unlink()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise CannotStart("key-file-unwritable", f"The key file {path} cannot be made: {error.strerror}.") from None
