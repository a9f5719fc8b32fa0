"""Whatever a practice wrote and wherever a client was: the visit has an event that the contract takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import coding, contract, encounter, packs
from server.session_complete import Clinician, Naming, Practice, body, count, gather
from signaling import commands
from signaling.errors import Refused
from signaling.facts import Fact
from signaling.visit import Visit, decide_all
from signaling.words import EndReason, Instant, Site
from tests.server.house.test_causes import ADMIT, BOOK, BY, CHECK_IN, START, flowing

NAMING = Naming("evt_" + "a" * 20, 1, START, bytes(32))
PRACTICE = Practice("prc_a", "1990000105", "America/Chicago", "antechamber 0")


class Life:
    """A visit and its facts; every step is a second later."""

    def __init__(self, *wishes: commands.Command) -> None:
        self.visit: Visit | None = None
        self.facts: list[Fact] = []
        self.second = 0
        self.do(BOOK, *CHECK_IN[:2], *wishes)

    def do(self, *wishes: commands.Command) -> None:
        """Decide and keep."""
        now = Instant(START + timedelta(seconds=self.second), (1000 + self.second) * 10**9, "boot")
        made, self.visit = decide_all(self.visit, wishes, now)
        self.facts.extend(made)
        self.second += 1

    def event(self, licence_type: str | None = "LICSW") -> dict[str, object]:
        """The proven event of the ended visit."""
        assert self.visit is not None
        counted = count(gather(self.visit, self.facts))
        made = body(self.visit, counted, NAMING, PRACTICE, Clinician(None, licence_type), None)
        contract.seal(made, Ed25519PrivateKey.generate(), "sgn_a")
        return made


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("LICSW", "LICSW"),
        ("Psychologist (LP), PsyD", "Psychologist LP PsyD"),
        ("(L)", "L"),
        ("心理師", None),
        ("a" * 59 + "é", "a" * 59),
    ],
)
def test_a_licence_type_in_the_practices_own_words(written: str, told: str | None) -> None:
    """A bracket in a settings form does not keep a visit from its record."""
    life = Life(*CHECK_IN[2:], ADMIT, flowing(0, 10), commands.End(BY, EndReason.DONE))
    clinician = life.event(written)["clinician"]
    assert isinstance(clinician, dict)
    assert clinician["licence_type"] == told


def test_a_client_abroad_admitted_by_override() -> None:
    """No state, an override, and an encounter that billing can read and holds."""
    abroad = commands.AttestLocation("CA", "", Site.LODGING)
    life = Life(abroad, *CHECK_IN[3:], ADMIT, flowing(0, 10), commands.End(BY, EndReason.DONE))
    event = life.event()
    clinician = event["clinician"]
    assert isinstance(clinician, dict)
    assert (clinician["covers_client_state"]["state"], clinician["covers_client_state"]["basis"]) == (None, "override")
    read = encounter.from_event(
        event, None, None, None, intent=None, fees=(), today=datetime.now(UTC).date(), titles={}
    )
    assert read.clinician.licensed is None
    assert read.place.country == "CA"


def test_a_client_who_says_another_place_again_and_again() -> None:
    """As many as the event can hold, then a plain no; the visit still has its event."""
    life = Life(*CHECK_IN[2:], ADMIT, flowing(0, 10))
    for each in range(50):
        life.do(commands.ChangeLocation("US", ("MN", "WI")[each % 2], Site.VEHICLE, None, None))
    with pytest.raises(Refused, match="too-many-places"):
        life.do(commands.ChangeLocation("US", "IA", Site.VEHICLE, None, None))
    life.do(commands.ReturnToWaiting(BY))
    with pytest.raises(Refused, match="too-many-places"):
        life.do(commands.AttestLocation("US", "IA", Site.VEHICLE))
    life.do(commands.End(BY, EndReason.DONE))
    location = life.event()["location"]
    assert isinstance(location, dict)
    assert len(location["changes"]) == 50


def test_a_part_held_abroad_is_seen_by_billing() -> None:
    """Admitted in Canada, home in Minnesota at the end: a person looks at it, as for two states."""
    abroad = commands.AttestLocation("CA", "", Site.LODGING)
    life = Life(abroad, *CHECK_IN[3:], ADMIT, flowing(0, 10))
    life.do(commands.ChangeLocation("US", "MN", Site.HOME, None, None))
    life.do(commands.End(BY, EndReason.DONE))
    read = encounter.from_event(
        life.event(), None, None, None, intent=None, fees=(), today=datetime.now(UTC).date(), titles={}
    )
    found = coding.code(read, (), *packs.shipped())
    assert "LOCATION_CHANGED" in [reason.code for reason in found.reasons]
