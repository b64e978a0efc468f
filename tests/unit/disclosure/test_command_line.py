"""`python -m analysis protect|audit`, as somebody runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import Status
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from analysis.disclosure.suppression import protect
from tests.bench.linked_counts import Shape, jj_text, tree
from tests.unit.disclosure.test_jj_format import PLAIN

SHAPE = Shape(trees=(tree(3, 3), tree(2, name="r")), items=(3,), people=600, primary_below=4, zeros="s")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "instance.jj").write_text(jj_text(SHAPE), encoding="utf-8")
    (tmp_path / "policy.toml").write_text("minimum_group_size = 5\n", encoding="utf-8")
    return tmp_path


def analysis(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(Path.cwd())},
        cwd=directory,
    )


def test_help_shows_an_example(directory: Path) -> None:
    for command in ("protect", "audit"):
        shown = analysis(directory, command, "--help")
        assert shown.returncode == 0
        assert f"python -m analysis {command} instance.jj --policy policy.toml" in shown.stdout


def test_what_protect_hides_passes_the_audit_and_less_does_not(directory: Path) -> None:
    policy = ("--policy", "policy.toml")
    protected = analysis(directory, "protect", "instance.jj", *policy, "--out", "pattern.csv")
    assert (protected.returncode, protected.stdout, protected.stderr) == (0, "", "")
    rows = (directory / "pattern.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "index,status"
    audit = ("audit", "instance.jj", "--pattern", "pattern.csv", "--out", "intervals.csv")
    passed = analysis(directory, *audit)
    assert passed.returncode == 0, passed.stderr
    assert (directory / "intervals.csv").read_text(encoding="utf-8").startswith("index,lo,hi\n")
    naive = [row.replace("complementary", "published") for row in rows]
    (directory / "pattern.csv").write_text("\n".join(naive), encoding="utf-8")
    assert analysis(directory, *audit).returncode == 1


def test_small_cells_that_hide_others_make_up_no_group_that_can_be_derived(directory: Path) -> None:
    # The file calls only ones and twos primary; three to nine people in a cell that is hidden beside are a group, too.
    shape = Shape(trees=(tree(3, 3), tree(2, name="r")), items=(3,), people=300, primary_below=3, zeros="s", seed=11)
    (directory / "instance.jj").write_text(jj_text(shape), encoding="utf-8")
    (directory / "policy.toml").write_text("minimum_group_size = 10\n", encoding="utf-8")
    policy = ("--policy", "policy.toml")
    tables = linked_tables(read_instance(directory / "instance.jj"), ProtectionPolicy(minimum_group_size=10))
    assert audit_tables(tables, protect(tables).hidden, minimum_group_size=10).remainders
    assert analysis(directory, "protect", "instance.jj", *policy, "--out", "pattern.csv").returncode == 0
    audit = ("audit", "instance.jj", *policy, "--pattern", "pattern.csv", "--out", "intervals.csv")
    passed = analysis(directory, *audit)
    assert passed.returncode == 0, passed.stderr
    rows = (directory / "pattern.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sum(row.endswith("primary") for row in rows) == (tables.statuses == Status.PRIMARY).sum()


def test_the_audit_lists_complementary_cells_that_are_not_needed(directory: Path) -> None:
    (directory / "instance.jj").write_text(PLAIN.replace("3 0 0 z", "3 0 0 s"), encoding="utf-8")
    rows = ["index,status", "0,published", "1,primary", "2,complementary", "3,complementary"]
    (directory / "pattern.csv").write_text("\n".join(rows), encoding="utf-8")
    audit = ("audit", "instance.jj", "--pattern", "pattern.csv", "--out", "intervals.csv", "--redundant")
    shown = analysis(directory, *audit)
    assert shown.returncode == 0, shown.stderr
    assert "complementary cells that are needed: 1; redundant, one at a time: 3\n" in shown.stderr


def test_exact_says_whether_the_optimum_is_proven(directory: Path) -> None:
    found = analysis(directory, "protect", "instance.jj", "--exact", "--out", "pattern.csv")
    assert found.returncode == 0
    assert "the proven optimum" in found.stderr


def test_bad_input_is_named_with_file_and_line(directory: Path) -> None:
    (directory / "instance.jj").write_text(PLAIN.replace("1 3 3 u", "1 3 3 q"), encoding="utf-8")
    refused = analysis(directory, "protect", "instance.jj", "--out", "pattern.csv")
    assert refused.returncode == 2
    assert refused.stderr.startswith("instance.jj, line 4: ")
    assert not (directory / "pattern.csv").exists()
    (directory / "policy.toml").write_text("minimum_group_size = 2\n", encoding="utf-8")
    assert analysis(directory, "protect", "instance.jj", "--policy", "policy.toml", "--out", "o").returncode == 2
    missing = analysis(directory, "protect", "missing.jj", "--out", "pattern.csv")
    assert missing.returncode == 2
    assert missing.stderr.startswith("missing.jj: No such file or directory. Name a file that can be read")
    assert analysis(directory, "protect").returncode == 2


def test_tables_that_nothing_can_protect_end_with_one(directory: Path) -> None:
    (directory / "instance.jj").write_text(PLAIN.replace(" s ", " z "), encoding="utf-8")
    refused = analysis(directory, "protect", "instance.jj", "--out", "pattern.csv")
    assert refused.returncode == 1
    assert "1 of the primary cells: 1." in refused.stderr
    assert not (directory / "pattern.csv").exists()


def test_levels_that_no_pattern_can_give_are_named_and_held_to_the_bounds(directory: Path) -> None:
    # Nobody is counted below zero, and cell 1 is known to be nine at most: it has neither five below nor nine above.
    asking = PLAIN.replace("1 3 3 u 0 100 1 7 9", "1 3 3 u 0 9 5 9 12").replace("3 0 0 z", "3 0 0 s")
    (directory / "instance.jj").write_text(asking, encoding="utf-8")
    (directory / "policy.toml").write_text("minimum_group_size = 10\n", encoding="utf-8")
    policy = ("--policy", "policy.toml")
    protected = analysis(directory, "protect", "instance.jj", *policy, "--out", "pattern.csv")
    assert protected.returncode == 0
    assert (
        protected.stderr == "lpl, upl or spl of 1 primary cells ask for more than lb and ub leave: 1; lb and ub count\n"
    )
    audit = ("audit", "instance.jj", *policy, "--pattern", "pattern.csv", "--out", "intervals.csv")
    assert analysis(directory, *audit).returncode == 0
    assert "\n1,0,9\n" in (directory / "intervals.csv").read_text(encoding="utf-8")
