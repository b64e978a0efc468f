"""A line for an event: its own words, and of what libraries say nothing that they were given."""

import asyncio
import logging
import sys

import msgspec
import pytest

from survey_service.logs import EventFormatter, LogFormat

SECRET = "7KQ2-M9XT-4HWB-PC3D"


def line(name: str, message: str, *arguments: object, log_format: LogFormat = "text", fault: bool = False) -> str:
    record = logging.LogRecord(name, logging.WARNING, "", 0, message, arguments, sys.exc_info() if fault else None)
    return EventFormatter(log_format).format(record)


def test_an_event_of_ours_is_one_line_for_people_or_one_object_for_machines() -> None:
    assert (
        line("survey_service", "schedule: round %s is %s", "a-1", "closed") == "WARNING schedule: round a-1 is closed"
    )
    as_json = line("survey_service", "schedule: round %s is %s", "a-1", "closed", log_format="json")
    assert msgspec.json.decode(as_json) == {"level": "warning", "event": "schedule: round a-1 is closed"}


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_of_a_library_nothing_is_told_that_it_was_given(log_format: LogFormat) -> None:
    told = line("asyncpg.pool", "cannot read %r", SECRET, log_format=log_format)
    assert SECRET not in told
    assert "asyncpg.pool: cannot read %r" in told


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("name", ["asyncio", "survey_service"])
def test_of_an_exception_its_class_and_place_are_told_and_not_its_message(log_format: LogFormat, name: str) -> None:
    try:
        raise LookupError(SECRET)  # noqa: TRY301 - what is raised here stands for a library's
    except LookupError:
        told = line(name, "a task failed\nfuture: <Task exception=LookupError(...)>", log_format=log_format, fault=True)
    assert SECRET not in told
    assert "LookupError at test_of_an_exception_its_class" in told
    assert "\n" not in told


async def test_a_task_that_nobody_waited_for_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise LookupError(SECRET)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    asyncio.get_running_loop().default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "task": task}
    )
    [record] = caplog.records
    assert SECRET in caplog.text
    assert SECRET not in EventFormatter("text").format(record)
