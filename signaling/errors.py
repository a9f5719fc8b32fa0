"""The two errors of signaling: the domain's no, and input that does not parse. Pure."""

from __future__ import annotations

from datetime import datetime

from signaling.words import VisitId


class Refused(Exception):
    """The domain says no. `code` is stable kebab-case for programs; `say` tells a person what to do."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code)
        self.code = code
        self.say = say


class ClinicianBusy(Refused):
    """Another client holds the clinician's seat. Signaling knows no names: whoever has them composes a better `say`."""

    def __init__(self, visit: VisitId, since: datetime) -> None:
        super().__init__("clinician-busy", "You are with another client: end, hold or return first.")
        self.visit = visit
        self.since = since


class Malformed(Exception):
    """Input that does not parse. `code` is stable kebab-case; `say` is for the log of a developer's browser."""

    def __init__(self, code: str, say: str) -> None:
        super().__init__(code)
        self.code = code
        self.say = say
