"""The security headers of every response, as values. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

Header = tuple[bytes, bytes]


def content_security_policy(host: str) -> str:
    """The one policy of every page. ``host`` as in the ``Host`` header: older Safari does not let 'self' cover wss."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob:",
            f"connect-src 'self' wss://{host}",
            "font-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types antechamber",
        )
    )


_NEVER: Final = "geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()"
# Camera and microphone exist only in the documents that show them (ASVS 5.0, 3.4): the client's way in, and the desk.
VISIT_PAGE: Final = f"camera=(self), microphone=(self), display-capture=(self), {_NEVER}"
OTHER_PAGE: Final = f"camera=(), microphone=(), display-capture=(), {_NEVER}"

FIXED: Final = MappingProxyType(
    {
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
)


# Kept by the browser, and asked about before each use; for what `server.static_files` serves, and nothing else.
REVALIDATED: Final = (b"cache-control", b"no-cache")


def may_be_kept(path: str, status: int) -> bool:
    """Whether a browser may keep this response: a file of ours that was found, never a page, an answer or an error."""
    return path.startswith("/static/") and status in (200, 304)


def holds_a_visit(path: str) -> bool:
    """Whether the document at this path shows a camera: the client's and the guest's document, the desk and the
    clinician's visit."""
    return path in {"/j", "/g", "/desk"} or path.startswith(("/j/", "/g/", "/visits/"))


def for_response(path: str, host: str) -> tuple[Header, ...]:
    """Headers added to the response for ``path`` asked under ``host`` (already checked against the allowed hosts)."""
    named = {
        **FIXED,
        "content-security-policy": content_security_policy(host),
        "permissions-policy": VISIT_PAGE if holds_a_visit(path) else OTHER_PAGE,
    }
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in named.items())
