"""The command line's part about coding: files of cases, files of payer rules. Shell (typer)."""

from __future__ import annotations

from pathlib import Path

import typer


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
    from server.errors import Malformed

    texts: list[tuple[str, str]] = []
    for path in files:
        try:
            texts.append((str(path), path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise Malformed("unreadable", f"{path} cannot be read: {error!s:.120}.") from None
    remarks = packs.check(texts, datetime.now(UTC).date())
    for remark in remarks:
        typer.echo(remark.line)
    wrong = sum(remark.wrong for remark in remarks)
    count = len(packs.shipped_files()) + len(texts)
    typer.echo(f"{count} files and the code tables: {wrong} wrong, {len(remarks) - wrong} to note.")
    return not wrong
