"""The words of exports, beside those of results."""

import tomllib
from functools import cache
from importlib import resources

from survey_service.results.wording import Wording, language, words


@cache
def wording(tag: str) -> Wording:
    """Raises: KeyError for a language there are no words in."""
    known = language(tag)
    file = resources.files("survey_service.exports").joinpath("wordings", f"{known}.toml")
    return Wording(known, words(known) | tomllib.loads(file.read_text(encoding="utf-8")))
