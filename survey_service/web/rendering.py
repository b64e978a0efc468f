"""Pages from templates, with every value escaped and every wording in each language the page holds."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from litestar import Response
from minijinja import Environment, escape, pass_state, safe

from survey_service.domain.site import LANGUAGES
from survey_service.web.assets import assets

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class UnknownWording(KeyError):
    """A template asks for a wording that no language has."""


@cache
def _environment() -> Environment:
    # Every template is HTML: escaping is on for all of them, whatever their file is called.
    return Environment(
        loader=_template,
        undefined_behavior="strict",
        auto_escape_callback=lambda _: "html",
        trim_blocks=True,
        lstrip_blocks=True,
        globals={
            "asset": lambda name: assets()[name],
            "say": _say,
            "say_in": lambda key, language: wordings()[language][key],
            "in_languages": _in_languages,
            "dates": day_in_words,
            "paragraphs": lambda text: [part.strip() for part in text.split("\n\n") if part.strip()],
        },
    )


def _template(name: str) -> str:
    return resources.files("survey_service.web").joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


@cache
def wordings() -> dict[str, dict[str, str]]:
    """The pages' own wordings by language, each by its dotted name: ``wordings()["de"]["help.title"]``."""
    folder = resources.files("survey_service.web").joinpath("templates", "wordings")
    return {
        language: _flat(tomllib.loads(folder.joinpath(f"{language}.toml").read_text(encoding="utf-8")))
        for language in LANGUAGES
    }


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


@pass_state
def _say(state: Any, key: str) -> str:
    """A wording of the pages' own, in every language of this page."""
    try:
        return _spans(state, {language: wordings()[language][key] for language in state.lookup("languages")})
    except KeyError as error:
        raise UnknownWording(key) from error


@pass_state
def _in_languages(state: Any, text: dict[str, str]) -> str:
    """A wording of the site's, in every language of this page."""
    return _spans(state, text)


def day_in_words(day: date) -> dict[str, str]:
    """The day in words of each language."""
    months = {language: wordings()[language]["months"].split() for language in LANGUAGES}
    return {
        language: f"{day.day}{'.' if language == 'de' else ''} {months[language][day.month - 1]} {day.year}"
        for language in LANGUAGES
    }


def _spans(state: Any, text: dict[str, str]) -> str:
    """One span a language; the style sheet shows that of the page. A language without a wording reads the first."""
    languages = state.lookup("languages")
    if len(languages) == 1:
        return str(escape(text[languages[0]]))
    return safe(
        "".join(
            f'<span data-lang="{language}" lang="{spoken}">{escape(text[spoken])}</span>'
            for language in languages
            for spoken in (language if language in text else next(iter(text)),)
        )
    )


def html(template: str, **context: Any) -> bytes:
    """The template as bytes of HTML; a name it does not know raises."""
    return _environment().render_template(template, **context).encode()


def part(template: str, **context: Any) -> str:
    """The template as a part of another one, which does not escape it again."""
    return safe(_environment().render_template(template, **context))


def page(
    template: str, *, status_code: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> Response[bytes]:
    """The template as an answer that nobody keeps. Context: `site`, `lang`, `languages`, and the template's own."""
    return Response(
        html(template, **context),
        status_code=status_code,
        media_type="text/html",
        headers={
            "content-security-policy": CONTENT_SECURITY_POLICY,
            "cache-control": "no-store",
            **(headers or {}),
        },
    )
