"""`SafeTable`: the only thing that leaves the analysis. Values are rounded here, once; everyone else reads these."""

from msgspec import Struct

from analysis.designs import SurveyMean
from analysis.estimates import Mean, wilson_interval

SHARE_DIGITS = 4  # decimals of a share: 0.1814 is 18.14 %
SCORE_DIGITS = 1  # decimals of a score from 0 to 100
COEFFICIENT_DIGITS = 2  # decimals of alpha, omega, a correlation, a standardized difference
WEIGHTED_SHARE_DIGITS = 2  # decimals of a weighted share, coarser: with the joint counts it could tell small groups
WEIGHTED_SCORE_DIGITS = 0  # of a weighted score, for the same reason
DESIGN_EFFECT_DIGITS = 1


class Cell(Struct, frozen=True, kw_only=True):
    """An option and how many chose it.

    share: of the row's `n`. low, high: Wilson's interval at 95 %. All None: hidden, whatever the reason.
    """

    option: str
    count: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Score(Struct, frozen=True, kw_only=True):
    """A mean score from 0 to 100.

    low, high: Student's interval at 95 %. standard_deviation: of the respondents' scores. All three are None
    (hidden) below the whole round and where n is small: with the mean and n they would determine single answers.
    """

    mean: float
    low: float | None
    high: float | None
    standard_deviation: float | None


class Row(Struct, frozen=True, kw_only=True):
    """A group's figures.

    groups: a code for each dimension of the table; empty for the whole round.
    n: valid answers; None marks a hidden row, which then has neither cells nor score, whatever the reason.
    """

    groups: tuple[str, ...] = ()
    n: int | None = None
    cells: tuple[Cell, ...] = ()
    score: Score | None = None


class Unanswered(Struct, frozen=True, kw_only=True):
    """Of the whole round: who gave no valid answer. missing: by missing code. not_asked: kept away by a condition."""

    missing: dict[str, int]
    skipped: int
    not_asked: int


class SafeTable(Struct, frozen=True, kw_only=True):
    """A released table.

    figure: id of the item or scale it shows.
    kind: "options" (each option against all others), "prevalence" ("any" and "none": counted once in any item, or of one
        item in any option that is not harmless), "score", or "respondents" (the sizes of the groups, without cells).
    dimensions: ids of the items that group people, two where they are crossed; empty for the whole round.
    """

    figure: str
    kind: str
    dimensions: tuple[str, ...] = ()
    rows: tuple[Row, ...]
    unanswered: Unanswered | None = None


class SafeStatistic(Struct, frozen=True, kw_only=True):
    """A released figure of the whole round that is not linear in counts, and was planned.

    kind: "alpha", "omega", "rank-correlation", "standardized-difference" or "weighted-mean".
    figures: ids of what goes in. options: of the first figure, whose choosers lie that far above the others.
    margins: ids of the items whose groups the weights fit to the roster.
    n: people it rests on; of those who answered two questions, rounded down to whole minimum group sizes. estimate, low,
        high: with the interval at 95 % for that n; omega has none.
    unweighted: what stands beside a weighted mean. design_effect: Kish's, of its weights.
    All None from n on: hidden, whatever the reason.
    """

    kind: str
    figures: tuple[str, ...]
    options: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    n: int | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    unweighted: float | None = None
    design_effect: float | None = None


def cell(option: str, count: int, n: int) -> Cell:
    interval = wilson_interval(count, n)
    return Cell(
        option=option,
        count=count,
        share=round(count / n, SHARE_DIGITS),
        low=round(interval.low, SHARE_DIGITS),
        high=round(interval.high, SHARE_DIGITS),
    )


def score_without_spread(mean: float) -> Score:
    return Score(mean=round(mean, SCORE_DIGITS), low=None, high=None, standard_deviation=None)


def score(mean: Mean, *, with_spread: bool) -> Score:
    """The rounded score. with_spread: whether the figures that are not linear in counts may show."""
    if not with_spread:
        return score_without_spread(mean.estimate)
    rounded = round(mean.estimate, SCORE_DIGITS)
    # Student's interval knows no bounds; the scale does.
    return Score(
        mean=rounded,
        low=round(max(0.0, mean.low), SCORE_DIGITS),
        high=round(min(100.0, mean.high), SCORE_DIGITS),
        standard_deviation=round(mean.standard_deviation, SCORE_DIGITS),
    )


def hidden(groups: tuple[str, ...] = ()) -> Row:
    return Row(groups=groups)


def coefficient(
    kind: str,
    figures: tuple[str, ...],
    n: int,
    estimate: float,
    interval: tuple[float, float] | None = None,
    *,
    options: tuple[str, ...] = (),
) -> SafeStatistic:
    low, high = (None, None) if interval is None else (round(bound, COEFFICIENT_DIGITS) for bound in interval)
    return SafeStatistic(
        kind=kind,
        figures=figures,
        options=options,
        n=n,
        estimate=round(estimate, COEFFICIENT_DIGITS),
        low=low,
        high=high,
    )


def weighted_mean(
    figure: str, margins: tuple[str, ...], mean: SurveyMean, design_effect: float, *, is_share: bool
) -> SafeStatistic:
    digits, most = (WEIGHTED_SHARE_DIGITS, 1.0) if is_share else (WEIGHTED_SCORE_DIGITS, 100.0)
    return SafeStatistic(
        kind="weighted-mean",
        figures=(figure,),
        margins=margins,
        n=mean.n,
        estimate=round(mean.estimate, digits),
        low=round(max(0.0, mean.low), digits),
        high=round(min(most, mean.high), digits),
        unweighted=round(mean.unweighted, digits),
        design_effect=round(design_effect, DESIGN_EFFECT_DIGITS),
    )
