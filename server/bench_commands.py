"""The command line's part about measuring: what forwarding, coding, claims and papers cost. Shell (asyncio, typer)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from server.bench.paces import Measured

app: Final = typer.Typer(no_args_is_help=True, help="What it costs here, measured.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]


@app.command()
def media(
    visits: Annotated[str, typer.Option(help="How many at once, one after the other.")] = "1,4,12,40",
    seconds: Annotated[float, typer.Option(min=1, help="How long each is measured.")] = 15.0,
    peers: Annotated[str, typer.Option(help="Whom to compare with: janus (Debian's package), mediarelay.")] = "",
    rounds: Annotated[int, typer.Option(min=1, help="So often, each engine in turn; the medians count.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="A list of objects instead of a table.")] = False,
) -> None:
    """Forwarding's cost: this server as shipped, others, and a bare loop, under one load of ready-made packets."""
    import asyncio

    from server.bench import figures, run
    from server.errors import Refused

    wanted, others = figures.numbers(visits), figures.peers(peers)
    try:
        outcome = asyncio.run(run.bench(wanted, seconds, others, rounds, lambda word: typer.echo(word, err=True)))
    except (ConnectionError, TimeoutError) as problem:
        raise Refused("bench-broke-off", f"The bench broke off: {problem or type(problem).__name__}.") from None
    for note in outcome.notes:
        typer.echo(note, err=True)
    typer.echo(figures.as_json(outcome.figures) if json else figures.table(outcome.figures))


@app.command()
def busy(
    visits: Annotated[int, typer.Option(min=1, max=40, help="Live visits meanwhile.")] = 4,
    encounters: Annotated[int, typer.Option(min=10, help="Encounters coded, claims written, sent and paid.")] = 10_000,
    papers: Annotated[int, typer.Option(min=0, help="Audit packages made at once.")] = 50,
    sign_ins: Annotated[int, typer.Option(min=0, help="People who sign in at once.")] = 200,
    json: Json = False,
) -> None:
    """What live visits notice of billing's heaviest day: the delay added to their packets, the longest silence."""
    import asyncio

    from server.bench import busy as day
    from server.errors import Refused

    try:
        found = asyncio.run(day.bench(visits, encounters, papers, sign_ins, lambda word: typer.echo(word, err=True)))
    except (ConnectionError, TimeoutError) as problem:
        raise Refused("bench-broke-off", f"The bench broke off: {problem or type(problem).__name__}.") from None
    typer.echo(found.as_json() if json else found.words())
    if not found.right:
        raise SystemExit(1)


@app.command()
def coding(
    encounters: Annotated[int, typer.Option(min=4, help="How many made-up encounters.")] = 10_000,
) -> None:
    """Coding's pace on one core, and its memory at each quarter."""
    from server.bench import coding as batch

    typer.echo(batch.run(encounters, terminal=sys.stderr.isatty()).words())


@app.command()
def claiming(
    claims: Annotated[int, typer.Option(min=4, help="How many made-up claims.")] = 10_000, json: Json = False
) -> None:
    """Claims looked over, written as one 837P and read back: pace on one core without the database, and memory."""
    from server.bench import claiming as batch

    _tell(batch.run(claims, terminal=sys.stderr.isatty()), json)


@app.command()
def posting(
    claims: Annotated[int, typer.Option(min=4, help="How many made-up claims the payment is for.")] = 10_000,
    json: Json = False,
) -> None:
    """One 835 for many claims, checked whole and posted: pace on one core without the database, and memory."""
    from server.bench import posting as payment

    _tell(payment.run(claims, terminal=sys.stderr.isatty()), json)


@app.command()
def papers(count: Annotated[int, typer.Option(min=1, help="How many of each.")] = 200, json: Json = False) -> None:
    """Superbills, CMS-1500 forms and audit packages made, and packages proven: pace on one core."""
    from server.bench import papers as made

    _tell(made.run(count, terminal=sys.stderr.isatty()), json)


def _tell(found: Measured, json: bool) -> None:
    """What was measured; exit code 1 where what was made is not right."""
    from server.bench import paces

    typer.echo(paces.as_json(found) if json else paces.table(found))
    if not found.right:
        raise SystemExit(1)
