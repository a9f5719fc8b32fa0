"""The two ways billing says no: the domain's refusal, and input that does not parse. Pure."""

from __future__ import annotations


class Refused(Exception):
    """The domain's no. `code` is stable kebab-case for machines, `say` a sentence that tells people what to do."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code, say)
        self.code = code
        self.say = say


class Malformed(Exception):
    """Input that does not parse. `code` is stable kebab-case for machines, `say` a sentence for people."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code, say)
        self.code = code
        self.say = say
