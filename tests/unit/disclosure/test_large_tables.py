"""Tables that are too large for whole choices: patterns that grow, in two lanes, with many witnesses at once."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from analysis.disclosure.auditor import audit_tables
from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from analysis.disclosure.suppression import Unprotectable, protect, protection
from analysis.disclosure.suppression.master import Cut
from analysis.disclosure.suppression.rounding import Rounding
from analysis.disclosure.suppression.search import Search
from analysis.disclosure.suppression.sweeps import sweep
from tests.bench.linked_counts import Shape, jj_text, tree
from tests.unit.disclosure.test_suppression import PRINT_A_PATTERN

SHAPE = Shape(trees=(tree(4, 4), tree(3, name="r")), items=(4,), people=800)
FEW = 100  # cells that may move; the same code as for large tables, without their time
ON_FEW = f"from analysis.disclosure.suppression import protection\nprotection.SMALL = {FEW}\n"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "instance.jj"
    path.write_text(jj_text(SHAPE), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tables(path: Path) -> LinkedTables:
    return linked_tables(read_instance(path), ProtectionPolicy(minimum_group_size=10))


@pytest.fixture(autouse=True)
def all_tables_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "SMALL", FEW)


def test_the_auditor_passes_what_large_tables_hide_and_nothing_less(tables: LinkedTables) -> None:
    hidden = protect(tables).hidden
    report = audit_tables(tables, hidden, minimum_group_size=10)
    assert report.passed
    complementary = np.flatnonzero(hidden & (tables.statuses == Status.OPTIONAL))
    naive = hidden.copy()
    naive[complementary] = False
    assert not audit_tables(tables, naive, minimum_group_size=10).passed


def test_what_grows_costs_a_tenth_more_than_the_optimum_at_most(tables: LinkedTables) -> None:
    proven = protect(tables, exact=True)
    assert proven.is_optimal
    assert proven.cost <= protect(tables).cost <= 1.10 * proven.cost


def test_the_same_large_tables_give_the_same_pattern_on_one_core_and_on_two(path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    alone = f"import os\nos.sched_setaffinity(0, {{{core}}})\n"
    patterns = {
        hashlib.sha256(
            subprocess.run(
                [sys.executable, "-c", ON_FEW + before + PRINT_A_PATTERN, str(path)],
                check=True,
                capture_output=True,
                env=os.environ | {"PYTHONHASHSEED": seed},
            ).stdout
        ).hexdigest()
        for seed, before in (("1", ""), ("2", alone))
    }
    assert len(patterns) == 1


def test_large_tables_that_must_publish_too_much_are_refused(tables: LinkedTables) -> None:
    all_published = np.where(tables.statuses == Status.OPTIONAL, Status.REQUIRED, tables.statuses).astype(np.int8)
    with pytest.raises(Unprotectable, match="too much must be published"):
        protect(msgspec.structs.replace(tables, statuses=all_published))


def test_sweeps_move_hidden_cells_only_and_keep_every_relation(tables: LinkedTables) -> None:
    search = Search(tables, 1)
    pattern = search.new_pattern(tables.statuses != Status.REQUIRED)
    sweep(search, pattern)
    assert len(pattern.witnesses) > 1
    for witness in pattern.witnesses:
        other = tables.values.copy()
        other[witness.cells] += witness.amounts
        assert np.abs(tables.relations @ other - tables.totals).max() < 1e-6
        assert (other >= tables.lower - 1e-6).all()
        assert (other <= tables.upper + 1e-6).all()
        assert pattern.hidden[witness.cells].all()
    met = [cell for cell in search.primary.tolist() if search.is_kept(pattern, cell)]
    assert len(met) > search.primary.size / 2


def test_cuts_are_kept_at_the_least_price_and_what_none_needs_is_shown() -> None:
    two = Cut(cells=np.array([0, 1, 2]), weights=np.array([5.0, 5.0, 5.0]), least=5.0)
    other = Cut(cells=np.array([2, 3]), weights=np.array([4.0, 2.0]), least=4.0)
    free = np.array([False, False, False, True])
    rounding = Rounding([two, other], np.array([9.0, 2.0, 6.0, 1.0]), free, free)
    assert rounding.keep_cuts(np.zeros(4)).tolist() == [1, 2]
    assert rounding.show_spare().tolist() == [1]
    assert rounding.hidden.tolist() == [False, False, True, True]
