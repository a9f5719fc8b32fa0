"""Loads the typeface that papers are set in from its files. Shell (importlib)."""

from __future__ import annotations

import functools
from importlib import resources

from billing_hooks.papers.face import Face, Faces, read

_FONTS = resources.files("billing_hooks") / "papers" / "fonts"


@functools.cache
def shipped() -> Faces:
    """Noto Sans in two weights, and Noto Sans Mono. Errors: Malformed("bad-typeface")."""
    return Faces(regular=_face("NotoSans-Regular"), bold=_face("NotoSans-Bold"), mono=_face("NotoSansMono-Regular"))


def _face(name: str) -> Face:
    return read((_FONTS / f"{name}.ttf").read_bytes(), name)
