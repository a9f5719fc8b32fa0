"""Takes people's names out of a payer rule's JSON form and puts them back: they stand sealed beside it. Pure.

Who confirmed a rule and who answered is for the biller's pages; the coder needs neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def parted(form: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The form without names, and what was taken out of it ({} when nothing)."""
    bare, names = dict(form), {}
    if bare.get("confirmed"):
        names["confirmed"] = bare.pop("confirmed")
    said = bare.get("verification")
    if isinstance(said, Mapping) and said.get("rep"):
        names["rep"] = said["rep"]
        bare["verification"] = {name: value for name, value in said.items() if name != "rep"}
    return bare, names


def joined(bare: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The whole form again."""
    form = dict(bare)
    if "confirmed" in names:
        form["confirmed"] = names["confirmed"]
    if "rep" in names:
        form["verification"] = {**(form.get("verification") or {}), "rep": names["rep"]}
    return form
