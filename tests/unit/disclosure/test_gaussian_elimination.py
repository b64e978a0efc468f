"""The method that the protection is measured against does what its source says: no less, and nothing about bounds."""

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import null_space

from analysis.disclosure.jj_format import read_instance
from analysis.disclosure.linked_tables import LinkedTables, Mask, Status
from analysis.disclosure.policy import ProtectionPolicy, linked_tables
from tests.bench.gaussian_elimination import eliminate
from tests.bench.linked_counts import Shape, jj_text, tree


def still(tables: LinkedTables, hidden: Mask) -> Mask:
    """Which hidden cells no movement of hidden cells moves, whatever the bounds; by singular values."""
    movements = null_space(tables.relations[:, np.flatnonzero(hidden)].toarray())
    found = np.zeros(tables.size, dtype=np.bool_)
    found[hidden] = np.abs(movements).max(axis=1, initial=0.0) < 1e-9
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_primary_cell_follows_and_every_other_hidden_cell_is_needed(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "instance.jj"
    shape = Shape(trees=(tree(3, 2), tree(3, name="r")), items=(3,), people=200, zeros="s", seed=seed)
    path.write_text(jj_text(shape), encoding="utf-8")
    tables = linked_tables(read_instance(path), ProtectionPolicy(minimum_group_size=10))
    hidden = eliminate(tables)
    primary = tables.statuses == Status.PRIMARY
    before = still(tables, hidden) & primary
    everything = still(tables, tables.statuses != Status.REQUIRED) & primary
    assert (before == everything).all()
    complementary = np.flatnonzero(hidden & ~primary)
    assert complementary.size
    for cell in complementary.tolist():
        mutant = hidden.copy()
        mutant[cell] = False
        assert (still(tables, mutant) & primary).sum() > before.sum()
