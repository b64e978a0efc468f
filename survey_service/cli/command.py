"""What every command shares: its example, `--json`, its exit status, and how it says no.

Exit status: 0 done, 1 refused (reason and remedy on stderr), 2 usage.
"""

import functools
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
import uvloop
from msgspec import Struct

from survey_service.errors import Refusal
from survey_service.operations.installation import opened
from survey_service.settings import Settings

REFUSED = 1


class FileInTheWay(Refusal):
    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} cannot be written: {error.strerror}.", remedy="Name a new file.")


class Answer(Struct, frozen=True, kw_only=True):
    """document: what `--json` prints. text: what people read. is_good: whether the exit status is 0."""

    document: Any
    text: str
    is_good: bool = True


Operation = Callable[..., Awaitable[Answer]]
"""What a command does: the installation first, then what was typed."""


def command(group: click.Group, name: str, *, example: str) -> Callable[[Operation], click.Command]:
    """Makes an operation a command of `group`: it is given the installation and returns what to say."""

    def register(operation: Operation) -> click.Command:
        @functools.wraps(operation)
        def run(*arguments: Any, as_json: bool, **options: Any) -> None:
            say(refusing(lambda: uvloop.run(_with_installation(operation, *arguments, **options))), as_json=as_json)

        with_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(run)
        return group.command(name, epilog=f"Example: {example}")(with_json)

    return register


async def _with_installation(operation: Operation, *arguments: Any, **options: Any) -> Answer:
    async with opened(Settings.read()) as installation:
        return await operation(installation, *arguments, **options)


def refusing(run: Callable[[], Answer]) -> Answer:
    """Runs a command; a refusal becomes its reason and remedy on stderr, a fault its place without any value."""
    try:
        return run()
    except Refusal as refusal:
        _stop(str(refusal))
    except KeyboardInterrupt:
        _stop("Stopped. What was done so far is kept; repeat the command to go on.")
    except Exception as fault:  # noqa: BLE001 - the last door: nobody is shown a traceback with values in it
        where = traceback.extract_tb(fault.__traceback__)[-1]
        _stop(f"This is a fault of the program: {type(fault).__name__} in {where.name}, line {where.lineno}.")


def say(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(answer.document), indent=2).decode())
    elif answer.text:
        click.echo(answer.text)
    if not answer.is_good:
        sys.exit(REFUSED)


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(REFUSED)
