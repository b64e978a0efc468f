"""The log: events and counts, never a code, a serial, an address, an answer, or when somebody took part."""

import logging
import traceback
from typing import Literal

import msgspec

OWN = "survey_service"

LogFormat = Literal["text", "json"]


def log_events(log_format: LogFormat = "text") -> None:
    """Writes this service's events to stderr, a line each; of libraries, only warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(EventFormatter(log_format))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(OWN).setLevel(logging.INFO)


class EventFormatter(logging.Formatter):
    """One line for an event, without its time: whoever collects the lines adds the time, and decides how long it stays.

    Libraries may quote what was sent, in what they fill in and in exceptions. So of theirs the line has only what is
    written in their source, and of any exception its class and its place.
    """

    def __init__(self, log_format: LogFormat) -> None:
        super().__init__()
        self._format = log_format

    def format(self, record: logging.LogRecord) -> str:
        event = _event(record)
        if self._format == "json":
            return msgspec.json.encode({"level": record.levelname.lower(), "event": event}).decode()
        return f"{record.levelname} {event}"


def _event(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == OWN:
        event = " ".join(record.getMessage().splitlines())
    else:
        event = f"{record.name}: {next(iter(str(record.msg).splitlines()), '')}"
    fault = record.exc_info[1] if record.exc_info else None
    return event if fault is None else f"{event} {place(fault)}"


def place(fault: BaseException) -> str:
    """Where, never what: the message of an exception may hold what somebody sent."""
    frames = reversed(traceback.extract_tb(fault.__traceback__))
    return f"{type(fault).__name__} at " + " < ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
