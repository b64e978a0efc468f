"""What may be said: from coded responses to safe tables. Works from a notebook, without the service."""

from analysis.estimates import Interval, Mean, mean_interval, wilson_interval
from analysis.plan import Cut, Plan, Policy, UnprotectedPlan, UnsafePolicy
from analysis.release import Release, UnprovenRelease, release
from analysis.responses import Responses
from analysis.scales import scale_scores
from analysis.tables import Cell, Row, SafeTable, Score, Unanswered

__all__ = [
    "Cell",
    "Cut",
    "Interval",
    "Mean",
    "Plan",
    "Policy",
    "Release",
    "Responses",
    "Row",
    "SafeTable",
    "Score",
    "Unanswered",
    "UnprotectedPlan",
    "UnprovenRelease",
    "UnsafePolicy",
    "mean_interval",
    "release",
    "scale_scores",
    "wilson_interval",
]
