"""The two errors of this room: the domain's no, and input that does not parse; anything else is a bug. Pure."""

from __future__ import annotations


class Refused(Exception):
    """The domain says no.

    ``code`` is stable and kebab-case (for programs and logs); ``say`` is a sentence for people that says what to do.
    """

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code, say)
        self.code = code
        self.say = say

    def __str__(self) -> str:
        return self.say


class Malformed(Exception):
    """Input that does not parse, or a stored value that fails its authentication. Same two attributes."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code, say)
        self.code = code
        self.say = say

    def __str__(self) -> str:
        return self.say


class CannotStart(Refused):
    """A refusal at start-up: the command line prints ``say`` as its one line and exits with code 2."""
