"""The command line. `survey-service --help` shows it."""

from survey_service.cli.main import main

__all__ = ["main"]
