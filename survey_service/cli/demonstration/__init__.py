"""`survey-service demo`: an invented city to look at, built through the real way."""

from survey_service.cli.demonstration.command import demo

__all__ = ["demo"]
