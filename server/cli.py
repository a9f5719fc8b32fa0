"""The command line: ``antechamber serve | demo | doctor | verify | code | jobs | billing | migrate | keys``.

Whatever refuses to start says so in one line on standard error and exits with code 2. Imports are made inside the
commands: a too old Python must still be able to say so, and ``--help`` should be quick. Shell (asyncio, typer).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from server.keys import KeyFile
    from server.runtime import Runtime
    from server.settings import Settings

OLDEST: Final = (3, 11)
app: Final = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A video visit server."
)
keys_app: Final = typer.Typer(no_args_is_help=True, help="The key file.")
app.add_typer(keys_app, name="keys")


def _settings() -> Settings:
    from server import logs
    from server.settings import Settings

    settings = Settings.load()
    logs.configure(settings.log_level)
    return settings


def _keys(settings: Settings) -> KeyFile:
    from server.keys import KeyFile

    return KeyFile.load(settings.key_file)


@app.command()
def serve() -> None:
    """Serve: database, migrations, jobs process, pages, media."""
    from server import serving

    settings = _settings()
    serving.serve(settings, started=_say_where)


@app.command()
def demo() -> None:
    """Serve with a demo practice; prints how to sign in and a client's link, and writes them to demo.json."""
    from server import demo, serving
    from server.office import open_engine_of, open_office

    shown: dict[str, Any] = {}

    async def prepare(here: Runtime) -> None:
        async with open_engine_of(here) as engine:
            practice = await demo.practice(engine, here.keys)
            async with open_office(here, engine, practice) as office:
                shown.update((await demo.ensure(office)).as_json())

    def started(here: Runtime) -> None:
        for line in demo_lines(shown, here):
            typer.echo(line)

    serving.serve(_settings(), prepare=prepare, started=started)


def demo_lines(shown: Mapping[str, Any], here: Runtime) -> list[str]:
    """What the demo prints, once its pages can be opened."""
    from server import tls

    clinician, biller = shown["clinician"], shown["biller"]
    return [
        "",
        f"  Antechamber serves {here.settings.origin}",
        "",
        f"  Clinician  {clinician['url']}",
        f"             {clinician['email']}",
        f"             {clinician['password']}",
        f"  Biller     {biller['url']}",
        f"             {biller['email']}",
        f"             {biller['password']}",
        f"  Client     {shown['client']['url']}",
        "",
        f"  The same is in {here.settings.data_dir / 'demo.json'}. Ctrl-C stops.",
        f"  {tls.certificates(here.settings, here.keys).how_to_trust()}",
        "",
    ]


@app.command()
def doctor() -> None:
    """Look at what a server needs; exit code 1 when something is wrong."""
    import asyncio

    from server.doctor import Verdict, examine

    findings = asyncio.run(examine(_settings()))
    for finding in findings:
        typer.echo(f"{finding.verdict.upper():8} {finding.name:16} {finding.say}")
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise SystemExit(1)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A saved event, exactly as it was delivered.")],
    keys: Annotated[Path | None, typer.Option(help="A saved key set; works offline.")] = None,
    origin: Annotated[str, typer.Option(help="https address of the server that publishes the key set.")] = "",
) -> None:
    """Prove a saved event with the published key set; exit code 1 when it does not hold."""
    from server import tls, verify
    from server.errors import Malformed, Refused

    raw = verify.read_event(file)
    if keys is not None:
        known = verify.keys_from_file(keys)
    else:
        settings = _settings()
        known = verify.keys_from_origin(origin or settings.origin, tls.trust(settings))
    try:
        proof = verify.prove(raw, known)
    except (Refused, Malformed) as error:
        typer.echo(f"Not good ({error.code}): {error.say}", err=True)
        raise SystemExit(1) from None
    for line in proof.lines():
        typer.echo(line)


@app.command(name="jobs")
def jobs_() -> None:
    """The jobs process; `serve` starts it by itself."""
    import asyncio

    from server import jobs

    settings = _settings()
    asyncio.run(jobs.run(settings, _keys(settings)))


@app.command()
def migrate() -> None:
    """Bring the database to this version, and stop."""
    from contextlib import ExitStack

    from server import serving

    settings = _settings()
    with ExitStack() as stack:
        keys = serving.open_house(settings, stack)
        serving.start_database(settings, keys, stack)
    typer.echo("The database is at this version's revision.")


@keys_app.command()
def show() -> None:
    """Name the key file and its fingerprint, never the key."""
    settings = _settings()
    keys = _keys(settings)
    typer.echo(f"{settings.key_file}\n  fingerprint {keys.fingerprint}\n  generations {len(keys.keys)}")


def _say_where(here: Runtime) -> None:
    typer.echo(f"Serving {here.settings.origin}")


def main() -> None:
    """The console script."""
    if sys.version_info < OLDEST:
        here = ".".join(str(part) for part in sys.version_info[:2])
        sys.stderr.write(f"antechamber: Python {here} is too old: 3.11 or newer is needed.\n")
        raise SystemExit(2)
    from server.errors import Malformed, Refused

    try:
        app(prog_name="antechamber")
    except (Refused, Malformed) as error:  # CannotStart is one
        sys.stderr.write(f"antechamber: {' '.join(error.say.split())}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
