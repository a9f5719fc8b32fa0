"""Prove a saved event or audit package with nothing but a published key set. Shell (asyncio, httpx)."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from billing_hooks import contract, errors, keyset
from billing_hooks.audit import sealed
from server.errors import Malformed, Refused

_LARGEST_KEY_SET = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Proof:
    """What a good event says of itself."""

    event: Mapping[str, object]

    def lines(self) -> list[str]:
        """A few lines for people."""
        event = self.event
        practice = event.get("practice")
        who = practice.get("id") if isinstance(practice, Mapping) else None
        return [
            "Good: the event is whole and its signature fits.",
            f"  type       {event.get('type')}",
            f"  event      {event.get('id')}",
            f"  practice   {who}",
            f"  issued at  {event.get('issued_at')}",
        ]


@dataclass(frozen=True, slots=True)
class PackageProof:
    """What a good audit package or disclosure says of itself."""

    found: sealed.Sealed

    def lines(self) -> list[str]:
        """A few lines for people; files that lie elsewhere are named as not checked."""
        found, manifest = self.found, self.found.manifest
        return [
            "Good: the package is whole, its signature fits, and so does every part and file that was checked.",
            f"  type       {manifest['type']}",
            f"  package    {manifest['id']}",
            f"  about      {manifest['about']}",
            f"  practice   {manifest['practice']}",
            f"  issued at  {manifest['issued_at']}",
            f"  parts      {', '.join(found.parts) or 'none'}",
            *(f"  checked    {name}" for name in found.seen),
            *(f"  NOT CHECKED, not beside it: {name}" for name in found.unseen),
        ]


def read_event(path: Path) -> bytes:
    """The saved body, to the byte. Raises Malformed("unreadable" | "too-large")."""
    raw = _read(path, sealed.MOST_BYTES)
    if len(raw) > contract.MAX_BYTES and not sealed.is_sealed(raw):
        raise Malformed("too-large", f"{path} is larger than any event.")
    return raw


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise Malformed("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    if len(raw) > most:
        raise Malformed("too-large", f"{path} is larger than any event or audit package.")
    return raw


def prove_file(path: Path, raw: bytes, keys: Mapping[str, keyset.PublicKey]) -> Proof | PackageProof:
    """The proof of whatever kind the file is; a package's files are looked for beside it.

    Raises Refused/Malformed with the contract's own code and words.
    """
    if not sealed.is_sealed(raw):
        return prove(raw, keys)
    try:
        found = sealed.verify(raw, keys)
        here = [name for name in found.unseen if (path.parent / name).is_file()]
        for name in here:
            sealed.check_file(found.manifest, name, _read(path.parent / name, sealed.MOST_BYTES))
    except errors.Refused as error:
        raise Refused(error.code, error.say) from None
    except errors.Malformed as error:
        raise Malformed(error.code, error.say) from None
    unseen = tuple(name for name in found.unseen if name not in here)
    return PackageProof(replace(found, seen=tuple(here), unseen=unseen))


def keys_from_file(path: Path) -> Mapping[str, keyset.PublicKey]:
    """A saved key set: works offline. Raises Malformed."""
    try:
        return keyset.load(path.read_bytes())
    except OSError as error:
        raise Malformed("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    except (errors.Malformed, errors.Refused) as error:
        raise Malformed(error.code, error.say) from None


def keys_from_origin(origin: str, trust: ssl.SSLContext) -> Mapping[str, keyset.PublicKey]:
    """The key set a server publishes. Raises Refused("keys-unreachable") and Malformed."""
    if not origin.startswith("https://"):
        raise Refused("not-https", "The key set is fetched over https alone.")
    try:
        with httpx.Client(verify=trust, trust_env=False, follow_redirects=False, timeout=10) as client:
            answer = client.get(origin.rstrip("/") + "/.well-known/jwks.json")
    except httpx.HTTPError as error:
        raise Refused(
            "keys-unreachable", f"The key set of {origin} cannot be fetched: {type(error).__name__}."
        ) from None
    if answer.status_code != 200 or len(answer.content) > _LARGEST_KEY_SET:
        raise Refused("keys-unreachable", f"{origin} gave no key set (status {answer.status_code}).")
    try:
        return keyset.load(answer.content)
    except (errors.Malformed, errors.Refused) as error:
        raise Malformed(error.code, error.say) from None


async def fetch_key_set(url: str, trust: ssl.SSLContext) -> bytes:
    """The bytes of a published key set, for a receiver that asks again and again. Raises Refused."""
    try:
        async with httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=10) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        raise Refused("keys-unreachable", f"The key set cannot be fetched: {type(error).__name__}.") from None
    if answer.status_code != 200 or len(answer.content) > _LARGEST_KEY_SET:
        raise Refused("keys-unreachable", f"There was no key set (status {answer.status_code}).")
    return answer.content


def prove(raw: bytes, keys: Mapping[str, keyset.PublicKey]) -> Proof:
    """The proof, or Refused/Malformed with the contract's own code and words."""
    try:
        return Proof(contract.verify(raw, keys))
    except errors.Refused as error:
        raise Refused(error.code, error.say) from None
    except errors.Malformed as error:
        raise Malformed(error.code, error.say) from None
