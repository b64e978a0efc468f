"""Tables whose feasibility intervals are in print."""

import numpy as np
from msgspec.structs import replace

from analysis.disclosure.auditor import Interval, Requirement, audit_tables
from tests.unit.auditor.small_tables import hiding, two_way

# Fischetti, M., and Salazar, J. J. (2000). Models and algorithms for optimizing cell suppression in tabular data with
# linear constraints. Journal of the American Statistical Association 95(451), 916-928, figure 1: investment by activity
# and region; the figure for activity II in region C is sensitive.
INVESTMENT = two_way([[20, 50, 10], [8, 19, 22], [17, 32, 12]], primary=[6])
PRINTED_PATTERN = hiding(INVESTMENT, 4, 6, 8, 10)


def test_the_published_interval_of_the_sensitive_investment_is_found() -> None:
    report = audit_tables(INVESTMENT, PRINTED_PATTERN, every_interval=True)

    assert report.passed
    assert report.narrowest == (Interval(cell=6, lower=5.0, upper=30.0),)
    assert report.intervals == (
        Interval(cell=4, lower=0.0, upper=25.0),
        Interval(cell=6, lower=5.0, upper=30.0),
        Interval(cell=8, lower=0.0, upper=25.0),
        Interval(cell=10, lower=4.0, upper=29.0),
    )


def test_the_sensitive_investment_hidden_alone_is_computed() -> None:
    report = audit_tables(INVESTMENT, hiding(INVESTMENT, 6))

    assert not report.passed
    assert report.exactly_disclosed == (6,)
    assert report.failures[0].requirements[0] is Requirement.NOT_DETERMINED
    assert (report.failures[0].lower, report.failures[0].upper) == (22.0, 22.0)


def test_protection_levels_beyond_the_published_interval_fail() -> None:
    demanding = two_way([[20, 50, 10], [8, 19, 22], [17, 32, 12]], primary=[6], protection=9.0)

    report = audit_tables(demanding, PRINTED_PATTERN)

    assert [failure.requirements for failure in report.failures] == [(Requirement.ABOVE,)]
    assert report.failures[0].upper == 30.0


def test_protection_levels_that_the_published_interval_just_keeps_pass() -> None:
    assert audit_tables(
        two_way([[20, 50, 10], [8, 19, 22], [17, 32, 12]], primary=[6], protection=8.0), PRINTED_PATTERN
    ).passed


# Langsrud, Ø. The problem of singletons and zeros in easySdcTable (vignette of the R package easySdcTable), data set
# data1a with the pattern printed there: zeros are published, so a hidden cell holds at least one person.
SINGLETONS = two_way(
    [[0, 1, 7, 1, 0], [2, 0, 0, 2, 8]],
    primary=[1, 3, 6, 9],
    lower=1 - (np.array([0, 1, 7, 1, 0, 9, 2, 0, 0, 2, 8, 12, 2, 1, 7, 3, 8, 21]) == 0),
)
SINGLETONS_PATTERN = hiding(SINGLETONS, 1, 3, 6, 9, 12, 13, 15)


def test_the_two_singletons_of_the_vignette_are_disclosed_because_zeros_are_published() -> None:
    report = audit_tables(SINGLETONS, SINGLETONS_PATTERN)

    assert not report.passed
    assert {1, 3} <= set(report.exactly_disclosed)
    assert {failure.cell for failure in report.failures} >= {1, 3}


def test_the_relations_alone_do_not_disclose_the_singletons_of_the_vignette() -> None:
    zeros_possible = replace(SINGLETONS, lower=np.zeros(SINGLETONS.size))

    assert audit_tables(zeros_possible, SINGLETONS_PATTERN).exactly_disclosed == ()
