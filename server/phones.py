"""Telephone numbers as people write them: 7 to 15 digits (ITU-T E.164), with the usual signs between. Pure."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = re.compile(r"[0-9+()./ x-]+", re.ASCII)


def is_phone(text: str) -> bool:
    """Whether text can be a telephone number; an extension after `x` counts as digits."""
    digits = sum(letter.isdigit() for letter in text)
    return 7 <= digits <= 15 and _WRITTEN.fullmatch(text) is not None
