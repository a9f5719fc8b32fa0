"""The command line's part about measuring: what forwarding and coding cost here. Shell (asyncio, typer)."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

app: Final = typer.Typer(no_args_is_help=True, help="What it costs here, measured.")


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
def coding(
    encounters: Annotated[int, typer.Option(min=4, help="How many made-up encounters.")] = 10_000,
) -> None:
    """Coding's pace on one core, and its memory at each quarter."""
    from server.bench import coding as batch

    typer.echo(batch.run(encounters, terminal=sys.stderr.isatty()).words())
