from collections.abc import Callable
from pathlib import Path

import pytest

from questionnaires.definitions import DefinitionFaults, load

HEAD = """
id = "tea"
version = "1.0.0"
language = "de"
title = "Teeküche"
minutes = 1

[[answer_sets]]
id = "frequency"
options = [
    { code = "never", text = "Nie", value = 0, harmless = true },
    { code = "often", text = "Oft", value = 1 },
    { code = "prefer-not-to-say", text = "Möchte ich nicht sagen", missing = true },
]

[[sections]]
id = "kitchen"
title = "In der Teeküche"
"""

QUARREL = """
[[items]]
id = "quarrel"
kind = "single"
section = "kitchen"
text = "Gab es Streit?"
options = "frequency"
sensitive = true
"""

Write = Callable[..., Path]
FaultsOf = Callable[..., list[str]]


@pytest.fixture
def head() -> str:
    return HEAD


@pytest.fixture
def quarrel() -> str:
    return QUARREL


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write `tea.toml` and its translations: ``write(text, en=text)``."""

    def writing(source: str, **translations: str) -> Path:
        path = tmp_path / "tea.toml"
        path.write_text(source, encoding="utf-8")
        for language, text in translations.items():
            (tmp_path / f"tea.{language}.toml").write_text(text, encoding="utf-8")
        return path

    return writing


@pytest.fixture
def faults_of(write: Write) -> FaultsOf:
    """Load `source` and return its faults as ``path: message``, without the file's name."""

    def loading(source: str, **translations: str) -> list[str]:
        path = write(source, **translations)
        try:
            load(path)
        except DefinitionFaults as error:
            return [f"{fault.path}: {fault.message}" for fault in error.faults]
        return []

    return loading
