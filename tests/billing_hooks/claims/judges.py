"""Two readers of X12 that nobody here wrote: what each says against a file."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import Any

import pyx12.errors
import pyx12.params
import pyx12.x12n_document
from x12sdk.io import X12ModelReader

_PARAM = pyx12.params.params()


def pyx12_says(written: str) -> list[str]:
    """What pyx12 finds wrong, read out of its verdict and its errors as JSON; nothing for a good file."""
    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    found, acknowledged = io.StringIO(), io.StringIO()
    try:
        good = pyx12.x12n_document.x12n_document(_PARAM, io.StringIO(written), acknowledged, None, fd_json=found)
    except pyx12.errors.EngineError as error:
        return [f"pyx12 gave up: {error}"]
    said = list(_sentences(json.loads(found.getvalue()))) if found.getvalue() else []
    return said if said or good else ["pyx12 refused without a reason"]


def _sentences(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("err_str"), str):
            yield value["err_str"]
        for each in value.values():
            yield from _sentences(each)
    elif isinstance(value, list):
        for each in value:
            yield from _sentences(each)


def x12sdk_says(written: str) -> list[str]:
    """What x12sdk finds wrong; nothing for a good file. Of the guide's three sexes it knows two: it is shown those."""
    known = re.sub(r"(DMG\*D8\*\d{8}\*)U", r"\1F", written)
    try:
        with X12ModelReader(known) as reader:
            many = sum(1 for _ in reader.models())
    except (ValueError, TypeError, KeyError) as error:
        return [f"{error!s:.300}"]
    return [] if many else ["x12sdk found no transaction"]
