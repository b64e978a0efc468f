"""The named SQL statements: ``queries/*.sql``, each with its name and its purpose in one line."""

import re
from functools import cache
from importlib import resources

_NAMED = re.compile(
    r"^-- name: (?P<name>[a-z_]+)\n-- (?P<purpose>[^\n]+)\n(?P<sql>.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL
)


@cache
def statements() -> dict[str, str]:
    """All statements by name."""
    found: dict[str, str] = {}
    for file in sorted(resources.files("survey_service.store").joinpath("queries").iterdir(), key=lambda f: f.name):
        text = file.read_text(encoding="utf-8")
        named = list(_NAMED.finditer(text))
        if text.count("-- name:") != len(named):
            raise ValueError(f"{file.name}: every statement begins with '-- name: …' and a line of purpose")
        for match in named:
            if match["name"] in found:
                raise ValueError(f"{file.name}: {match['name']} is named twice")
            found[match["name"]] = match["sql"].strip()
    return found


def statement(name: str) -> str:
    return statements()[name]
