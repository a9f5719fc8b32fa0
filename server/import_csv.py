"""Clients, coverages and visits from a CSV file with the template's columns. Shell (csv)."""

from __future__ import annotations

import csv
import io

from server.errors import Malformed
from server.import_rows import COLUMNS, MOST_ROWS, Batch, RowReader, Trouble, client, coverage, visit


def template() -> str:
    """An empty file with every column, and one row of an invented client."""
    sample = {
        "client_id": "A-1001", "first_name": "Riley", "last_name": "Example", "birth_date": "1990-02-14", "sex": "F",
        "phone": "(651) 555-0134", "street": "55 Lake St", "city": "Saint Paul", "state": "MN", "zip": "55104",
        "payer": "Example Commercial", "kind": "commercial", "member": "HPX123456789", "coverage_from": "2026-01-01",
        "pays_first": "yes", "subscriber": "self",
    }  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(sample)
    return out.getvalue()


def read(text: str) -> Batch:
    """Everything in the file, with everything that is wrong with it. Errors: Malformed("not-csv") where it is no file
    of rows at all, naming the row."""
    batch = Batch()
    try:
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        raise Malformed(
            "not-csv", f"This is no CSV file that can be read ({error!s:.80}): save it again as CSV."
        ) from None
    rows = [[cell.strip() for cell in row] for row in rows]
    numbered = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
    if not numbered:
        raise Malformed("not-csv", "The file is empty: start from the template.")
    (head_row, head), *body = numbered
    names = [name.casefold().replace(" ", "_") for name in head]
    _check_head(head_row, names, batch)
    if len(body) > MOST_ROWS:
        raise Malformed("not-csv", f"The file has more than {MOST_ROWS} rows: split it.")
    if batch.troubles:
        return batch
    for number, cells in body:
        if len(cells) > len(names) and any(cells[len(names) :]):
            say = f"The row has {len(cells)} cells, the head has {len(names)}: look for a comma too many."
            batch.troubles.append(Trouble(number, "", say))
            continue
        _read_row(number, dict(zip(names, cells, strict=False)), batch)
    return batch


def _check_head(row: int, names: list[str], batch: Batch) -> None:
    for name in names:
        if name not in COLUMNS:
            say = "There is no such column: take it out, or look at its name in the template."
            batch.troubles.append(Trouble(row, name[:40] or "(no name)", say))
        elif names.count(name) > 1 and name not in [each.column for each in batch.troubles]:
            batch.troubles.append(Trouble(row, name, "The column stands there twice: take one out."))
    for needed in ("client_id", "first_name", "last_name"):
        if needed not in names:
            batch.troubles.append(Trouble(row, needed, "This column is missing: add it, see the template."))


def _read_row(number: int, fields: dict[str, str], batch: Batch) -> None:
    reader = RowReader(number, fields, batch.troubles)
    who = client(reader)
    plan, booked = coverage(reader, who.external), visit(reader, who.external)
    if not reader.right:
        return
    batch.add_client(who)
    if plan is not None:
        batch.coverages.append(plan)
    if booked is not None:
        batch.visits.append(booked)
