"""The command line's part about coding: what waits, files of cases, files of payer rules. Shell (asyncio, typer)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from server.settings import Settings

rules_app: Final = typer.Typer(no_args_is_help=True, help="Payer rules in files.")


@rules_app.command()
def check(files: Annotated[list[Path] | None, typer.Argument(help="More files of rules, in TOML.")] = None) -> None:
    """Look over the shipped payer rules, the code tables and more files; exit code 1 when something is wrong."""
    raise SystemExit(0 if check_rules(files or []) else 1)


@rules_app.command()
def codes(file: Annotated[Path, typer.Argument(help="A file of code tables, in TOML.")]) -> None:
    """Look over a file of code tables before the biller loads it; exit code 1 when something is wrong."""
    raise SystemExit(0 if check_codes(file) else 1)


def code_waiting(settings: Settings) -> None:
    """Code every visit that waits to be coded. Raises Refused("billing-elsewhere")."""
    import asyncio
    from contextlib import ExitStack

    from billing_hooks import jobs
    from billing_hooks.store import Store
    from server import runtime, serving
    from server.errors import Refused

    with ExitStack() as stack:
        keys = serving.join_database(settings, stack)
        url = runtime.database_urls(settings, keys).billing
        if url is None:
            raise Refused("billing-elsewhere", "Billing runs elsewhere: run this there.")

        async def drain() -> None:
            store = Store.open(url, keys.derive("billing"))
            try:
                await jobs.work_queue(store, drain=True)
            finally:
                await store.close()

        asyncio.run(drain())


def code_cases(path: Path, as_json: bool) -> bool:
    """Code a file of cases and print a line a case, or a JSON list; whether all passed, or with JSON were read."""
    import json

    from billing_hooks import cases, packs
    from billing_hooks.errors import Malformed as CaseMalformed
    from server.errors import Malformed

    try:
        given = json.loads(path.read_bytes())
        tables, compacts = packs.shipped()
        rules = packs.shipped_rules()
        if as_json:
            came = cases.as_json(given, rules, tables, compacts)
            typer.echo(json.dumps(came, indent=1))
            return not any("error" in each for each in came)
        verdicts = tuple(cases.run(given, rules, tables, compacts))
    except OSError as error:
        raise Malformed("unreadable", f"{path} cannot be read: {error.strerror}.") from None
    except CaseMalformed as error:
        raise Malformed("not-cases", f"{path} is not a file of cases. {error.say}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Malformed(
            "not-cases", f"{path} is not a file of cases ({type(error).__name__}: {error!s:.80})."
        ) from None
    typer.echo(cases.report(verdicts))
    return all(each.passed for each in verdicts)


def check_rules(files: list[Path]) -> bool:
    """Print one line for everything to say of the shipped and the given rules; whether nothing is wrong."""
    from datetime import UTC, datetime

    from billing_hooks import packs

    texts: list[tuple[str, str | bytes]] = [(str(path), _bytes(path, packs.MOST_RULES)) for path in files]
    remarks = packs.check(texts, datetime.now(UTC).date())
    for remark in remarks:
        typer.echo(remark.line)
    wrong = sum(remark.wrong for remark in remarks)
    count = len(packs.shipped_files()) + len(texts)
    typer.echo(f"{count} files and the code tables: {wrong} wrong, {len(remarks) - wrong} to note.")
    return not wrong


def check_codes(path: Path) -> bool:
    """Look over a file of code tables and say what it holds, or the first fault with its place; whether it is good."""
    from billing_hooks import packs, toml_files
    from billing_hooks.errors import Malformed as PackMalformed

    try:
        text = toml_files.text_of(_bytes(path, packs.MOST_TABLES), str(path), packs.MOST_TABLES)
        pack = packs.own_tables(text, str(path))
    except PackMalformed as error:
        typer.echo(f"wrong  {error.say}")
        return False
    typer.echo(f"{path}: {pack.name}, {len(pack.codes)} codes, for visits to {pack.valid_through.isoformat()}.")
    return True


def _bytes(path: Path, most: int) -> bytes:
    """The content of a file, one byte more than allowed at most. Raises Malformed."""
    from server.errors import Malformed

    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise Malformed("unreadable", f"{path} cannot be read: {error.strerror}.") from None
