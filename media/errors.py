"""The two ways this room says no: a refusal of the domain, and input that does not parse. Pure."""

from __future__ import annotations


class Refused(Exception):
    """The domain's no.

    :param code: a stable kebab-case code that programs may compare.
    :param say: one sentence for people that says what to do.
    """

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code)
        self.code = code
        self.say = say


class Malformed(Exception):
    """Input that does not parse; the same two attributes as :class:`Refused`."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code)
        self.code = code
        self.say = say
