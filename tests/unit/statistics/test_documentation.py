import contextlib
import inspect
import io
import re
from pathlib import Path

import pytest

import analysis

PAGE = Path(analysis.__file__).parents[1] / "docs" / "statistics.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", PAGE.read_text(encoding="utf-8"), re.DOTALL)
FUNCTIONS = [name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))]
OWN_PAGE = {"release", "audit"}  # docs/analysis.md has them


def test_the_walk_from_answers_to_release_prints_what_the_page_shows() -> None:
    """One notebook: each cell goes on from those before."""
    notebook: dict[str, object] = {}
    for code, printed in EXAMPLES:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, PAGE.name, "exec"), notebook)

        assert out.getvalue() == printed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_gives_arguments_errors_and_source(name: str) -> None:
    doc = inspect.getdoc(getattr(analysis, name)) or ""

    assert [heading for heading in ("Args:", "Raises:", "Source") if heading not in doc] == []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - OWN_PAGE))
def test_the_page_has_every_function(name: str) -> None:
    assert re.search(rf"\b{name}\b", PAGE.read_text(encoding="utf-8"))
