"""The command: builds the city where it is missing, says where to look, and serves it until Ctrl-C."""

import asyncio
import secrets
import socket
import sys
from contextlib import suppress

import click
import msgspec
import uvicorn

from survey_service.cli.command import Answer, refusing, say
from survey_service.cli.demonstration.build import PARTICIPANTS, SURVEY, build
from survey_service.errors import Refusal
from survey_service.logs import log_events
from survey_service.operations.create_round import create_round
from survey_service.operations.installation import Installation, opened
from survey_service.operations.invite import invite
from survey_service.operations.manage_accounts import UnknownAccount, add_account, disable_account
from survey_service.settings import Settings
from survey_service.store import rounds as store
from survey_service.web.app import create_app

HOST = "127.0.0.1"
EMAIL = "team@musterstadt.example"


class PortTaken(Refusal):
    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken.", remedy="Name another: `survey-service demo --port 8001`.")


@click.command(epilog="Example: survey-service demo --port 8001")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(port: int) -> None:
    """Build an invented city with three finished rounds and an open one, and serve it on this machine."""
    say(refusing(lambda: _demo(port)), as_json=False)


def _demo(port: int) -> Answer:
    settings = _settings(port)
    _check_port(port)
    where_to_look = asyncio.run(_prepare(settings))
    log_events()
    config = uvicorn.Config(
        create_app(settings), host=HOST, port=port, access_log=False, server_header=False, log_level="warning"
    )
    _Server(config, where_to_look).run()
    return Answer(document=None, text="")


class _Server(uvicorn.Server):
    """Says where to look once somebody who looks is answered."""

    def __init__(self, config: uvicorn.Config, where_to_look: str) -> None:
        super().__init__(config)
        self._where_to_look = where_to_look

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        click.echo(self._where_to_look)


def _settings(port: int) -> Settings:
    """Beside the real installation, never in it, and on this machine only."""
    given = Settings.read()
    return msgspec.structs.replace(
        given,
        database_url=None,
        data_dir=given.data_dir.with_name(given.data_dir.name + "-demo"),
        key_dir=given.data_dir.with_name(given.data_dir.name + "-demo-keys"),
        host=HOST,
        port=port,
        base_url=f"http://{HOST}:{port}",
    )


def _check_port(port: int) -> None:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((HOST, port))
        except OSError:
            raise PortTaken(port) from None


async def _prepare(settings: Settings) -> str:
    """Builds what is missing, and returns where to look."""
    with click.progressbar(length=PARTICIPANTS, label="Building the city", file=sys.stderr) as progress:
        await build(settings, progress.update)
    async with opened(settings) as installation:
        round_id = await _open_round(installation)
        (invitation,) = await invite(installation, round_id, 1)
        password = await _new_password(installation)
    return f"""
  An invented city, invented answers. Nothing here is real.

  Take part    {invitation.link}
  The team     {settings.base_url}/team/
               {EMAIL}, password {password}
               (a demonstration asks for no second factor)
  Stop         Ctrl-C
"""


async def _new_password(installation: Installation) -> str:
    """Sets the demonstration's account up anew, so that no password has to be kept."""
    with suppress(UnknownAccount):
        await disable_account(installation, EMAIL)
    password = secrets.token_urlsafe(12)
    await add_account(installation, EMAIL, "project-team", password)
    return password


async def _open_round(installation: Installation) -> str:
    """The round that takes answers now; another one once the last has ended."""
    async with installation.database.session("operation") as connection:
        for entry in await store.list_rounds(connection):
            if entry.state == "open" and entry.closes_at > await store.read_clock(connection):
                return entry.round_id
    return (await create_round(installation, SURVEY, rehearsal=True)).round_id
