"""The log: events and counts, never a code, a serial, an address, an answer, or when somebody took part."""

import logging


def log_events() -> None:
    """Writes this service's events to stderr; of libraries, which may quote what was sent, only warnings."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("survey_service").setLevel(logging.INFO)
