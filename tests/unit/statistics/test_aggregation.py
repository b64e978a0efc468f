import numpy as np
import pytest

from analysis import NoSpread, NoStatistic, TooFewValues, icc1, icc2, rwg_j
from tests.unit.statistics.published import schools

NAN = float("nan")

# Shrout, P. E., and Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
# Bulletin 86(2), 420-428, table 2: six targets, four judges. Table 4: ICC(1, 1) = .17, ICC(1, 4) = .44.
RATINGS = ((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))

# Members of military units, five items on cohesion; `cohesion` in R's package multilevel 2.7 (Bliese).
UNITS = ("1044B",) * 6 + ("1044C",) * 5
PLATOONS = ("1ST",) * 3 + ("2ND",) * 3 + ("1ST",) * 2 + ("2ND",) * 3
COHESION = (
    (4, 5, 5, 5, 5),
    (3, NAN, 5, 5, 5),
    (2, 3, 3, 3, 3),
    (3, 4, 3, 4, 4),
    (4, 4, 3, 4, 4),
    (3, 3, 2, 2, 1),
    (3, 3, 3, 3, 3),
    (3, 1, 4, 3, 4),
    (3, 3, 3, 3, 3),
    (2, 2, 2, 3, 2),
    (1, 1, 1, 3, 3),
)


def test_intraclass_correlations_are_the_published_ones() -> None:
    values, targets = np.array(RATINGS, dtype=float).ravel(), np.repeat(np.arange(6), 4)

    assert round(icc1(values, targets), 2) == 0.17
    assert round(icc2(values, targets), 2) == 0.44


def test_groups_of_unequal_size_count_with_their_mean_size() -> None:
    """R, multilevel 2.7: ICC1 and ICC2 of aov(api00 ~ as.factor(dnum), apiclus1)."""
    sample = schools("apiclus1")

    assert icc1(sample.index, sample.district) == pytest.approx(0.4475613733, abs=1e-10)
    assert icc2(sample.index, sample.district) == pytest.approx(0.9081211792, abs=1e-10)


def test_a_missing_value_is_left_out() -> None:
    values, groups = [1.0, 2.0, NAN, 4.0, 6.0], ["a", "a", "a", "b", "b"]

    assert icc1(values, groups) == icc1([1.0, 2.0, 4.0, 6.0], ["a", "a", "b", "b"])


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (UNITS, {"1044B": (0.7539682540, 5), "1044C": (0.8988764045, 5)}),
        (PLATOONS, {"1ST": (0.7565789474, 4), "2ND": (0.8314732143, 6)}),
    ],
    ids=["units", "platoons"],
)
def test_agreement_is_that_of_multilevel(groups: tuple[str, ...], expected: dict[str, tuple[float, int]]) -> None:
    """R: rwg.j(cohesion[, 3:7], group, ranvar = (5^2 - 1) / 12)."""
    agreement = rwg_j(COHESION, groups, categories=5)

    assert agreement.groups == tuple(expected)
    assert agreement.values == pytest.approx([value for value, _ in expected.values()], abs=1e-10)
    assert agreement.sizes.tolist() == [size for _, size in expected.values()]
    assert np.asarray(agreement).tolist() == agreement.values.tolist()


def test_full_agreement_is_1_and_more_than_even_disagreement_is_0() -> None:
    agreement = rwg_j([[3, 3], [3, 3], [1, 5], [5, 1]], ["same", "same", "torn", "torn"], categories=5)

    assert dict(zip(agreement.groups, agreement.values.tolist(), strict=True)) == {"same": 1.0, "torn": 0.0}


def test_a_group_of_one_has_no_agreement_and_one_item_is_enough() -> None:
    agreement = rwg_j([3, 4, 1], ["two", "two", "one"], categories=5)

    assert agreement.groups == ("two",)
    assert agreement.values.tolist() == pytest.approx([1 - 0.5 / 2])


@pytest.mark.parametrize(
    ("error", "values", "groups"),
    [
        (TooFewValues, [], []),
        (TooFewValues, [1.0, 2.0], ["a", "a"]),
        (TooFewValues, [1.0, 2.0], ["a", "b"]),
        (TooFewValues, [NAN, NAN, NAN], ["a", "a", "b"]),
        (NoSpread, [2.0, 2.0, 2.0], ["a", "a", "b"]),
        (NoStatistic, [1.0, 2.0], ["a"]),
        (NoStatistic, [1.0, float("inf")], ["a", "b"]),
    ],
)
def test_what_cannot_be_aggregated_is_refused_by_name(
    error: type[Exception], values: list[float], groups: list[str]
) -> None:
    for statistic in (icc1, icc2):
        with pytest.raises(error):
            statistic(values, groups)


def test_means_that_are_alike_have_no_reliability_but_a_correlation() -> None:
    values, groups = [0.1, 0.3, 0.2, 0.2, 0.3, 0.1], ["a", "a", "b", "b", "c", "c"]

    with pytest.raises(NoSpread):
        icc2(values, groups)
    assert icc1(values, groups) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("error", "items", "groups", "categories"),
    [
        (TooFewValues, [[1, 2], [1, 3]], ["a", "b"], 5),
        (TooFewValues, [[NAN, 2], [1, 3]], ["a", "a"], 5),
        (TooFewValues, np.empty((0, 2)), [], 5),
        (NoStatistic, [[1, 2], [1, 3]], ["a", "a"], 1),
        (NoStatistic, [[1, 2], [1, 3]], ["a"], 5),
    ],
)
def test_agreement_takes_two_who_answered_everything(
    error: type[Exception], items: object, groups: list[str], categories: int
) -> None:
    with pytest.raises(error):
        rwg_j(items, groups, categories)
