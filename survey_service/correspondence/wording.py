"""The words of slips and mails, beside those of results."""

import tomllib
from functools import cache
from importlib import resources

from survey_service.results.wording import Language, Wording, words

LANGUAGES: tuple[Language, ...] = ("de", "en")


@cache
def wording(language: Language) -> Wording:
    file = resources.files("survey_service.correspondence").joinpath("wordings", f"{language}.toml")
    return Wording(language, words(language) | tomllib.loads(file.read_text(encoding="utf-8")))


def spoken(tags: tuple[str, ...]) -> tuple[Language, ...]:
    """Those of a survey's languages that slips and mails have words in; all where none is named."""
    return tuple(language for language in LANGUAGES if language in tags) or LANGUAGES
