"""`survey-service serve`, `scheduler` and `migrate`: what an operator runs."""

import asyncio

import click

from survey_service.cli.command import Answer, command, refusing, say
from survey_service.logs import log_events
from survey_service.operations.installation import Installation, opened
from survey_service.operations.read_site import read_site
from survey_service.operations.run_mail import run_mail, send_due
from survey_service.operations.run_schedule import run_due, run_schedule
from survey_service.settings import Settings
from survey_service.store import migrate as migrations
from survey_service.web import serving


def register(main: click.Group) -> None:
    for each in (migrate, scheduler, serve):
        main.add_command(each)


@command(click.Group(), "migrate", example="survey-service migrate")
async def migrate(installation: Installation) -> Answer:
    """Bring the database to this version."""
    async with installation.database.owner() as connection:
        applied = await migrations.migrate(connection)
    return Answer(
        document={"applied": applied},
        text="\n".join(f"Applied {name}." for name in applied) or "The database is at this version already.",
    )


@command(click.Group(), "scheduler", example="survey-service scheduler --once")
@click.option("--once", is_flag=True, help="Do what is due now, then leave.")
async def scheduler(installation: Installation, once: bool) -> Answer:
    """Run due transitions: close, unseal in custody of the server, erase; send mail. `serve` does this too."""
    log_events(installation.settings.log_format)
    if not once:
        await asyncio.gather(run_schedule(installation), run_mail(installation))
    done = await run_due(installation)
    await send_due(installation, {})
    return Answer(document=done, text="\n".join(done) or "Nothing is due.")


@click.command(epilog="Example: survey-service serve --port 8080")
@click.option("--host", help="SURVEY_HOST if not given.")
@click.option("--port", type=click.IntRange(1, 65535), help="SURVEY_PORT if not given.")
@click.option("--workers", type=click.IntRange(min=1), help="SURVEY_WORKERS if not given.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run the web service until it is stopped with Ctrl-C."""
    say(refusing(lambda: _serve(host, port, workers)), as_json=False)


def _serve(host: str | None, port: int | None, workers: int | None) -> Answer:
    settings = Settings.read()
    asyncio.run(_check(settings))
    click.echo(f"Serving on http://{host or settings.host}:{port or settings.port} - Ctrl-C stops it.", err=True)
    serving.serve(settings, host=host or settings.host, port=port or settings.port, workers=workers or settings.workers)
    return Answer(document=None, text="")


async def _check(settings: Settings) -> None:
    """Refuses a start that could not work, in words, before any worker does it in a traceback."""
    read_site(settings.site_file)
    async with opened(settings) as installation, installation.database.owner() as connection:
        if not await migrations.is_current(connection):
            raise migrations.MigrationRefused(
                "The database is not of this version.", remedy="Run `survey-service migrate` first."
            )
