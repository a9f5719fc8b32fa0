"""The command line: ``antechamber serve | demo | setup | add-staff | doctor | verify | deliveries | code | rules |
claims | payments | jobs | billing | migrate | keys | bench``.

Whatever refuses to start says so in one line on standard error and exits with code 2. Imports are made inside the
commands: a too old Python must still be able to say so, and ``--help`` should be quick. Shell (asyncio, typer).
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from server import bench_commands, coding_commands
from server.claims_commands import claims_app

if TYPE_CHECKING:
    from server.db.engine import Engine
    from server.founding import Newcomer
    from server.keys import KeyFile
    from server.runtime import Runtime
    from server.settings import Settings

OLDEST: Final = (3, 11)
app: Final = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A video visit server."
)
keys_app: Final = typer.Typer(no_args_is_help=True, help="The key file.")
app.add_typer(keys_app, name="keys")
deliveries_app: Final = typer.Typer(no_args_is_help=True, help="Signed events on their way to billing.")
app.add_typer(deliveries_app, name="deliveries")
payments_app: Final = typer.Typer(no_args_is_help=True, help="Notices of the practice's card processor.")
app.add_typer(payments_app, name="payments")
app.add_typer(bench_commands.app, name="bench")
app.add_typer(coding_commands.rules_app, name="rules")
app.add_typer(claims_app, name="claims")


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
def setup(
    practice: Annotated[str, typer.Option(prompt="Name of the practice")],
    phone: Annotated[str, typer.Option(prompt="Telephone number that clients can call")],
    zone: Annotated[str, typer.Option(prompt="Time zone, as America/Chicago")],
    name: Annotated[str, typer.Option(prompt="Name of the first clinician")],
    email: Annotated[str, typer.Option(prompt="Their email address, to sign in with")],
    practice_npi: Annotated[
        str | None, typer.Option(help="The practice's NPI; may follow later in the settings.")
    ] = None,
    npi: Annotated[str | None, typer.Option(help="The clinician's NPI; may follow later in the settings.")] = None,
) -> None:
    """Make the practice and its first clinician; prints a password once."""
    from server import founding
    from signaling.words import StaffRole

    newcomer = founding.Newcomer(StaffRole.CLINICIAN, name, email, npi)
    newcomer.check()

    async def work(engine: Engine, keys: KeyFile) -> str:
        await founding.found(engine, keys, name=practice, phone=phone, npi=practice_npi, zone=zone)
        return await _hire(engine, keys, newcomer)

    _say_password(email, _in_database(work))


@app.command()
def add_staff(
    role: Annotated[str, typer.Option(help="clinician, front_desk or biller")],
    name: Annotated[str, typer.Option(help="How they are called on the screens.")],
    email: Annotated[str, typer.Option(help="To sign in with.")],
    npi: Annotated[str | None, typer.Option(help="A clinician's NPI.")] = None,
) -> None:
    """Add a clinician, a front desk or a biller; prints a password once."""
    from server import founding
    from server.errors import Refused
    from signaling.words import StaffRole

    if role not in {known.value for known in StaffRole}:
        raise Refused("role-unknown", f"{role} is not a role: clinician, front_desk or biller.")
    newcomer = founding.Newcomer(StaffRole(role), name, email, npi)
    _say_password(email, _in_database(lambda engine, keys: _hire(engine, keys, newcomer)))


async def _hire(engine: Engine, keys: KeyFile, newcomer: Newcomer) -> str:
    from server import founding

    password = founding.new_password()
    await founding.hire(engine, keys, newcomer, password)
    return password


def _in_database(work: Callable[[Engine, KeyFile], Awaitable[str]]) -> str:
    """Run something short against the database, running or started for it."""
    import asyncio
    from contextlib import ExitStack

    from server import runtime, serving
    from server.office import open_engine_of

    settings = _settings()
    with ExitStack() as stack:
        keys = serving.join_database(settings, stack)

        async def run() -> str:
            async with open_engine_of(runtime.make(settings, keys)) as engine:
                return await work(engine, keys)

        return asyncio.run(run())


def _say_password(email: str, password: str) -> None:
    typer.echo(f"{email} signs in with this password, which is shown only now: {password}")


@app.command()
def code(
    cases: Annotated[Path | None, typer.Option(help="A file of encounters, with or without what is expected.")] = None,
    json: Annotated[bool, typer.Option("--json", help="With --cases: a list of what each case comes to.")] = False,
) -> None:
    """Run the coder: over a file of cases, or over every visit that waits to be coded."""
    if cases is not None:
        raise SystemExit(0 if coding_commands.code_cases(cases, json) else 1)
    if json:
        raise typer.BadParameter("--json goes with --cases.")
    coding_commands.code_waiting(_settings())
    typer.echo("Every visit that waited is coded.")


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
    file: Annotated[Path, typer.Argument(help="A saved event, an audit package or the index of several, to the byte.")],
    keys: Annotated[Path | None, typer.Option(help="A saved key set; works offline.")] = None,
    origin: Annotated[str, typer.Option(help="https address of the server that publishes the key set.")] = "",
) -> None:
    """Prove a saved event or audit package with the published key set; exit code 1 when it does not hold."""
    from server import tls, verify
    from server.errors import Malformed, Refused

    raw = verify.read_event(file)
    if keys is not None:
        known = verify.keys_from_file(keys)
    else:
        settings = _settings()
        known = verify.keys_from_origin(origin or settings.origin, tls.trust(settings))
    try:
        proof = verify.prove_file(file, raw, known)
    except (Refused, Malformed) as error:
        typer.echo(f"Not good ({error.code}): {error.say}", err=True)
        raise SystemExit(1) from None
    for line in proof.lines():
        typer.echo(line)


@app.command(name="jobs")
def jobs_() -> None:
    """The jobs process; `serve` starts it by itself."""
    import asyncio
    import os

    from server import jobs

    settings = _settings()
    os.nice(jobs.GIVES_WAY)
    asyncio.run(jobs.run(settings, _keys(settings)))


@app.command()
def billing() -> None:
    """Only the billing module: takes events and codes them, with its own database role."""
    from server import serving

    settings = _settings()
    serving.serve_billing(settings, lambda: typer.echo(f"Taking events at {settings.origin}/billing/events"))


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


@deliveries_app.command(name="list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Those that have arrived, too.")] = False,
) -> None:
    """Where each delivery that has not arrived stands; never what it says."""
    from server import outbox

    async def work(engine: Engine, keys: KeyFile) -> str:
        return "\n".join(outbox.lines(await outbox.standings(engine, every=every)))

    typer.echo(_in_database(work))


@deliveries_app.command()
def replay(delivery: Annotated[str, typer.Argument(help="A delivery's id, as `list` shows it.")]) -> None:
    """Send a dead or disabled delivery again: the same body, to the byte."""
    from server import outbox

    async def work(engine: Engine, keys: KeyFile) -> str:
        await outbox.replay(engine, delivery)
        return f"{delivery} is on its way again; a running server sends it within seconds."

    typer.echo(_in_database(work))


@payments_app.command()
def secret() -> None:
    """Print the secret that notices of payments are signed with; whoever has it can post payments."""
    from billing_hooks.signing import HmacKey

    typer.echo(HmacKey(_keys(_settings()).payments_secret()).spelled())


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
    except Exception as error:  # not its words: they may be a person's
        from server import logs

        logs.bug(error)
        sys.stderr.write(
            f"antechamber: something went wrong here ({type(error).__name__}); the line above says where.\n"
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
