import ast
import contextlib
import inspect
import io
import re
import sys
from pathlib import Path

import pytest

import analysis

ROOT = Path(analysis.__file__).parents[1]
PAGE = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
MAY_IMPORT = {"highspy", "numpy", "scipy", "msgspec", "questionnaires", "analysis"} | sys.stdlib_module_names


def test_the_page_has_an_example_of_an_interval_and_of_a_release() -> None:
    assert ["wilson_interval(" in EXAMPLES[0][0], "release(" in EXAMPLES[1][0]] == [True, True]
    assert len(EXAMPLES) == PAGE.count("```python")


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example_prints_what_the_page_shows(code: str, printed: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/analysis.md", "exec"), {})

    assert out.getvalue() == printed


def test_every_public_name_says_what_it_is() -> None:
    undocumented = [
        name
        for name in analysis.__all__
        # A Struct without a docstring has none; a NamedTuple would show its fields.
        if not (inspect.getdoc(getattr(analysis, name)) or "").strip()
    ]

    assert undocumented == []


@pytest.mark.parametrize("name", ["wilson_interval", "mean_interval", "scale_scores", "release"])
def test_an_estimator_gives_arguments_errors_and_source(name: str) -> None:
    doc = inspect.getdoc(getattr(analysis, name)) or ""

    assert all(heading in doc for heading in ("Args:", "Raises:", "Source")), doc


@pytest.mark.parametrize("file", sorted((ROOT / "analysis").rglob("*.py")), ids=lambda file: file.name)
def test_the_analysis_imports_no_web_and_no_database(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])

    assert imported <= MAY_IMPORT
