"""JJ instances, patterns and intervals as files: what is read, and where a fault is found."""

from pathlib import Path

import numpy as np
import pytest

from analysis.disclosure.jj_format import Unreadable, read_instance, read_pattern, write_intervals, write_pattern
from analysis.disclosure.linked_tables import Status
from analysis.disclosure.policy import ProtectionPolicy, linked_tables, read_policy, zeros_are

PLAIN = """0
4
0 12 12 s 0 100 0 0 0
1 3 3 u 0 100 1 7 9
2 9 9 s 0 100 0 0 0
3 0 0 z 0 100 0 0 0
1
0 4 : 0 (-1) 1 (1) 2 (1) 3 (1)
"""


def written(directory: Path, text: str, name: str = "instance.jj") -> Path:
    path = directory / name
    path.write_bytes(text.encode())
    return path


def fault_of(directory: Path, text: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_instance(written(directory, text))
    assert str(caught.value).startswith(f"{directory / 'instance.jj'}, line {caught.value.line}: ")
    return caught.value


def test_an_instance_is_read_as_it_stands(tmp_path: Path) -> None:
    instance = read_instance(written(tmp_path, PLAIN))
    assert instance.values.tolist() == [12, 3, 9, 0]
    assert "".join(instance.statuses.tolist()) == "susz"
    assert instance.upper_protection.tolist() == [0, 7, 0, 0]
    assert instance.sliding_protection.tolist() == [0, 9, 0, 0]
    assert instance.relations.toarray().tolist() == [[-1, 1, 1, 1]]
    assert instance.totals.tolist() == [0]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "   \n").replace("0 12", "  0\t12"),
        PLAIN.replace("(", " ( ").replace(")", " ) "),
        PLAIN.replace(" (", "("),
        PLAIN.replace("0 4 :", "0.0 4:"),
        PLAIN.replace(" 100 ", " 1e+02 ").replace("0 12 12 s", "0 1.2E1 12.0 s"),
        "\n\n" + PLAIN + "\n\n",
        "\ufeff" + PLAIN,
        PLAIN.replace("1 3 3 u 0 100 1 7 9\n2 9 9 s 0 100 0 0 0", "2 9 9 s 0 100 0 0 0\n1 3 3 u 0 100 1 7 9"),
    ],
    ids=[
        "CRLF",
        "blanks",
        "R brackets",
        "close brackets",
        "decimal total",
        "scientific",
        "empty lines",
        "BOM",
        "order",
    ],
)
def test_every_way_of_writing_an_instance_reads_the_same(tmp_path: Path, text: str) -> None:
    plain, other = read_instance(written(tmp_path, PLAIN)), read_instance(written(tmp_path, text, "other.jj"))
    for name in plain.__struct_fields__:
        mine, theirs = getattr(plain, name), getattr(other, name)
        assert (mine != theirs).sum() == 0


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("0\n4", "1\n4"), 1, "first line"),
        (("0\n4\n", "0\nfour\n"), 2, "number of cells"),
        (("1 3 3 u 0 100 1 7 9", "1 3 3 u 0 100 1 7"), 4, "9 fields"),
        (("1 3 3 u", "1 3 3 q"), 4, "no status"),
        (("1 3 3 u", "1 3 three u"), 4, "cost is no number"),
        (("1 3 3 u", "1 1_3 3 u"), 4, "value is no number"),
        (("1 3 3 u", "1 nan 3 u"), 4, "value is not finite"),
        (("1 3 3 u", "1 3 -3 u"), 4, "cost is below 0"),
        (("3 u 0 100", "3 u 4 100"), 4, "below lb"),
        (("3 u 0 100", "3 u 0 2"), 4, "above ub"),
        (("100 1 7 9", "100 -1 7 9"), 4, "lpl is below 0"),
        (("2 9 9 s", "1 9 9 s"), 5, "given twice"),
        (("2 9 9 s", "7 9 9 s"), 5, "whole number from 0 to 3"),
        (("0\n1\n0 4", "0\nmany\n0 4"), 7, "number of relations"),
        (("0 4 :", "0 3 :"), 8, "3 cells are announced, 4 follow"),
        (("1 (1) 2", "1 [1] 2"), 8, "a relation reads"),
        (("1 (1) 2", "9 (1) 2"), 8, "9 is no cell"),
        (("1 (1) 2 (1)", "1 (1) 1 (1)"), 8, "a cell twice"),
        (("1 (1) 2", "1 (1e400) 2"), 8, "not finite"),
        (("0\n4\n", "0\n5\n"), 7, "more cells are announced than the 4 before"),
        (("1 3 3 u", "1 4 3 u"), 8, "the values give 1, not 0"),
        (("0\n1\n0 4", "0\n2\n0 4"), 8, "ends after 1 of 2 relations"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], line: int, words: str) -> None:
    assert change[0] in PLAIN
    fault = fault_of(tmp_path, PLAIN.replace(*change))
    assert words in str(fault)
    assert fault.line == line


def test_a_file_that_stops_early_or_goes_on_is_refused(tmp_path: Path) -> None:
    lines = PLAIN.splitlines(keepends=True)
    for stop in range(1, len(lines)):
        assert "ends" in str(fault_of(tmp_path, "".join(lines[:stop])))
    assert fault_of(tmp_path, "").line == 1
    # sdcTable appends to a file that is there already.
    assert fault_of(tmp_path, PLAIN + PLAIN).line == 9


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "instance.jj"
    path.write_bytes(PLAIN.encode().replace(b"3 3 u", b"3 3 \xff"))
    with pytest.raises(Unreadable, match=r"line 4: not UTF-8"):
        read_instance(path)


def test_decimals_may_be_off_by_their_rounding_only(tmp_path: Path) -> None:
    text = PLAIN.replace("0 12 12", "0 12.3 12").replace("1 3 3", "1 3.1 3").replace("2 9 9", "2 9.2 9")
    assert read_instance(written(tmp_path, text)).values[0] == 12.3
    assert fault_of(tmp_path, text.replace("2 9.2 9", "2 9.3 9")).line == 8


def test_what_sdctable_hid_or_keeps_out_of_print_stays_hidden(tmp_path: Path) -> None:
    text = PLAIN.replace("0 12 12 s", "0 12 12 x").replace("2 9 9 s", "2 9 9 w")
    tables = linked_tables(read_instance(written(tmp_path, text)), None)
    assert tables.statuses.tolist() == [Status.UNPRINTED, Status.PRIMARY, Status.UNPRINTED, Status.REQUIRED]


def test_a_primary_cell_must_be_able_to_hold_a_whole_group(tmp_path: Path) -> None:
    tables = linked_tables(read_instance(written(tmp_path, PLAIN)), ProtectionPolicy(minimum_group_size=12))
    assert tables.upper_protection.tolist() == [0, 9, 0, 0]
    assert tables.sliding_protection.tolist() == [0, 11, 0, 0]
    assert tables.lower_protection.tolist() == [0, 1, 0, 0]


def test_zeros_are_published_where_the_file_orders_it_and_protected_elsewhere(tmp_path: Path) -> None:
    ordered = read_instance(written(tmp_path, PLAIN))
    free = read_instance(written(tmp_path, PLAIN.replace("3 0 0 z", "3 0 0 s"), "free.jj"))
    assert zeros_are(ordered, None) == "published"
    assert zeros_are(free, None) == "protected"
    assert linked_tables(ordered, None).lower.tolist() == [1, 1, 1, 0]
    assert linked_tables(free, None).lower.tolist() == [0, 0, 0, 0]
    forced = linked_tables(free, ProtectionPolicy(minimum_group_size=10, zeros="published"))
    assert forced.lower.tolist() == [1, 1, 1, 0]
    assert forced.statuses[3] == Status.REQUIRED


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("minimum_group_size = 4\n", 1),
        ("# ours\nminimum_group_size = 10\nzeros = 'some'\n", 3),
        ("minimum_group_size = 10\ncoalition = 0\n", 2),
        ("minimum_group_size = 10\nminimum = 3\n", 2),
        ("minimum_group_size = \n", 1),
        ("zeros = 'published'\n", 1),
        ("minimum_group_size = 10\n\n[zeros]\nall = 1\n", 3),
    ],
)
def test_a_policy_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_policy(written(tmp_path, text, "policy.toml"))
    assert caught.value.line == line


def test_a_policy_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"minimum_group_size = 10\n# \xe4\n")
    with pytest.raises(Unreadable, match=r"line 2: not UTF-8"):
        read_policy(path)


def test_a_pattern_comes_back_as_it_was_written(tmp_path: Path) -> None:
    hidden = np.array([True, True, False])
    path = tmp_path / "pattern.csv"
    write_pattern(path, hidden, np.array([False, True, False]))
    assert path.read_bytes() == b"index,status\n0,complementary\n1,primary\n2,published\n"
    assert read_pattern(path, 3).tolist() == hidden.tolist()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("cell,status\n0,primary\n", 1),
        ("index,status\n0,secret\n1,published\n", 2),
        ("index,status\n0,primary\n2,published\n", 3),
        ("index,status\n0,primary\n0,published\n", 3),
        ("index,status\n0,primary\n", 2),
    ],
)
def test_a_pattern_of_other_tables_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_pattern(written(tmp_path, text, "pattern.csv"), 2)
    assert caught.value.line == line


def test_intervals_are_written_for_hidden_cells(tmp_path: Path) -> None:
    path = tmp_path / "intervals.csv"
    write_intervals(path, np.array([True, False, True]), np.array([1, 2, 0.5]), np.array([9, 2, np.inf]))
    assert path.read_bytes() == b"index,lo,hi\n0,1,9\n2,0.5,inf\n"
