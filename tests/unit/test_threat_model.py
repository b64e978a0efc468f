"""What the threat model claims is tested, and says the same in both languages."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
ENGLISH, GERMAN = (HERE / "docs" / name for name in ("threat-model.md", "threat-model.de.md"))
PARTS = {
    ENGLISH: ("- **Holds**", "- **Learns**", "- **Proof**", "- **Limit**"),
    GERMAN: ("- **Ha", "- **Erf", "- **Beweis**", "- **Grenze**"),
}
_CLAIM = re.compile(r"`(tests/[^`:]+)::([^`]+)`")


def sections(document: Path) -> dict[str, str]:
    """The text below each heading."""
    _, *parts = re.split(r"^## ", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def claims(text: str) -> list[tuple[str, str]]:
    return _CLAIM.findall(text)


def names_of_tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("document", [ENGLISH, GERMAN], ids=["English", "German"])
def test_every_test_that_is_claimed_exists(document: Path) -> None:
    claimed = claims(document.read_text(encoding="utf-8"))
    gone = [
        f"{path}::{name}"
        for path, name in claimed
        if not (HERE / path).is_file() or name not in names_of_tests(HERE / path)
    ]
    assert gone == []


def test_a_claim_of_a_test_that_is_gone_is_noticed() -> None:
    assert claims("see `tests/unit/test_threat_model.py::test_nobody_wrote_this_one`") == [
        ("tests/unit/test_threat_model.py", "test_nobody_wrote_this_one")
    ]
    assert "test_nobody_wrote_this_one" not in names_of_tests(Path(__file__))


def test_every_adversary_of_the_protocol_has_a_section() -> None:
    promised = (HERE / "docs" / "protocol.md").read_text(encoding="utf-8").partition("## What it promises")[2]
    table = promised.partition("\n## ")[0]
    adversaries = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(adversaries) == 7
    assert list(sections(ENGLISH))[:7] == adversaries


@pytest.mark.parametrize("document", [ENGLISH, GERMAN], ids=["English", "German"])
def test_every_section_says_what_is_held_learnt_and_proven_and_where_it_ends(document: Path) -> None:
    for adversary, text in sections(document).items():
        assert [part for part in PARTS[document] if part not in text] == [], adversary
        assert claims(text), adversary


def test_both_languages_claim_the_same() -> None:
    assert [claims(text) for text in sections(ENGLISH).values()] == [claims(text) for text in sections(GERMAN).values()]
