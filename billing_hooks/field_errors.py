"""What is wrong with a form, by field: each sentence stands beside the field that it is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from billing_hooks.errors import Malformed


class WrongFields(Malformed):
    """A form that cannot be kept. `fields` gives a sentence by the field's name; nothing of it was stored."""

    def __init__(self, fields: Mapping[str, str], say: str = "") -> None:
        first = next(iter(fields.values()), "")
        super().__init__("wrong-fields", say or f"Nothing was saved. {first}")
        self.fields = dict(fields)
