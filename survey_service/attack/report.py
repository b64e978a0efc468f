"""The report of a linkage attack: one page without anything to load, in German or English, for the staff council."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from minijinja import Environment
from msgspec import Struct

from survey_service.attack.leaks import Caught
from survey_service.attack.linkage import Finding, Phase
from survey_service.web.rendering import day_in_words


class Report(Struct, frozen=True, kw_only=True):
    """rounds, people: of the scratch installation. own: findings on the installation itself."""

    made_on: date
    version: str
    rounds: int
    people: int
    own: tuple[Finding, ...]
    phases: tuple[Phase, ...]
    leaks: tuple[Caught, ...]

    @property
    def is_good(self) -> bool:
        """Nothing found in ours, everything found that was planted."""
        clean = all(finding.is_clean for finding in self.own) and all(phase.is_clean for phase in self.phases)
        return clean and bool(self.leaks) and all(leak.is_caught for leak in self.leaks)


def render(report: Report, language: str) -> bytes:
    words = wordings(language)

    def say(name: str, **facts: object) -> str:
        found: Any = words
        for part in name.split("."):
            found = found[part]
        return str(found).format(**facts)

    def figure(number: float) -> str:
        text = f"{number:.1f}"
        return text.replace(".", ",") if language == "de" else text

    environment = Environment(
        templates={"report.html": _file("report.html")},
        undefined_behavior="strict",
        auto_escape_callback=lambda _: "html",
        trim_blocks=True,
        lstrip_blocks=True,
        globals={"say": say, "figure": figure},
    )
    return environment.render_template(
        "report.html", report=report, lang=language, made_on=day_in_words(report.made_on)[language]
    ).encode()


@cache
def wordings(language: str) -> dict[str, Any]:
    return tomllib.loads(_file(f"report_{language}.toml"))


def _file(name: str) -> str:
    return resources.files("survey_service.attack").joinpath(name).read_text(encoding="utf-8")
