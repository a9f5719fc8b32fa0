"""Where a biller cures a reason: the page that says what is missing, in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from billing_hooks.words import Finding

_NAME = re.compile(r"[A-Za-z0-9-]{3,60}", re.ASCII)
Cure = tuple[str, str]  # the address, and the words of the link


def each_once(findings: Iterable[Finding], rests_on: Mapping[str, Any]) -> Mapping[Finding, Cure]:
    """The cures of some reasons, each at the first reason that it cures."""
    found: dict[Finding, Cure] = {}
    for finding in findings:
        known = cure(finding, rests_on)
        if known is not None and known not in found.values():
            found[finding] = known
    return found


def cure(finding: Finding, rests_on: Mapping[str, Any]) -> Cure | None:
    """The page on which somebody can cure this, None where it is cured elsewhere."""
    if rests_on.get("intent") is None and finding.code == "RULE_INCOMPLETE" and "service key" in finding.say:
        key = rests_on["event"]["visit"]["service"]  # an opaque id of letters and digits
        return f"/billing/services?key={key}#{key}", "Say what this service means"
    rule = finding.rule.rpartition(" v")[0]
    match finding.code:
        case "FEE_MISSING":
            return "/billing/fees", "Enter the fee"
        case "RULE_MISSING":
            return "/billing/rules/new", "Write the payer's rule"
        case "RULE_UNCONFIRMED" | "RULE_INCOMPLETE" | "RULE_CONFLICT" | "VERIFICATION_INCOMPLETE" if _NAME.fullmatch(
            rule
        ):
            return f"/billing/rules/{rule}", "Look at the rule"
        case "TABLES_OUT_OF_DATE" if "diagnosis table" in finding.say:
            return "/billing/diagnoses", "Look at the diagnosis table"
        case "TABLES_OUT_OF_DATE":
            return "/billing/codes", "Look at the code tables"
        case "AUTH_MISSING" | "COVERAGE_INACTIVE" | "COVERAGE_UNVERIFIED" | "OTHER_PAYER_FIRST":
            return f"/billing/clients/{_client(rests_on)}", "Open the client's coverages"
    return None


def _client(rests_on: Mapping[str, Any]) -> str:
    """The client's opaque id."""
    event = rests_on["event"]
    return str(event["client"]["id"] if event is not None else rests_on["given"]["client"])
