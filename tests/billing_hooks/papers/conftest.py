"""What tests of papers share."""

from __future__ import annotations

import pytest

from billing_hooks.papers import typefaces
from billing_hooks.papers.blocks import House
from billing_hooks.papers.face import Faces


@pytest.fixture(scope="session")
def faces() -> Faces:
    """The typeface that ships."""
    return typefaces.shipped()


@pytest.fixture
def house() -> House:
    """An invented practice."""
    return House("Lakeside Behavioral Group", ("100 Main St Ste 200", "Minneapolis, MN 55401", "612-555-0100"))
