"""What may be said: from coded responses to safe tables. Works from a notebook, without the service."""

from analysis.aggregation import Agreement, icc1, icc2, rwg_j
from analysis.designs import SurveyMean, calibrated_mean, survey_mean
from analysis.errors import NoSpread, NoStatistic, NotConverged, SingleUnit, TooFewValues, UnknownGroup
from analysis.estimates import Interval, Mean, exact_interval, mean_interval, wilson_interval
from analysis.nonresponse import ItemNonresponse, ResponseRates, item_nonresponse, response_rates
from analysis.prevalences import Prevalence, Proportion, any_of, multiple_choice_shares, proportion
from analysis.release import Cut, Plan, Policy, Release, UnprotectedPlan, UnsafePolicy, release
from analysis.reliability import alpha_interval, cronbach_alpha, item_rest_correlations, mcdonald_omega
from analysis.responses import Responses
from analysis.scales import reverse_codes, scale_scores
from analysis.tables import Cell, Row, SafeTable, Score, Unanswered
from analysis.weighting import Weights, kish_design_effect, margin_gap, post_stratify, rake, trim_weights

__all__ = [
    "Agreement",
    "Cell",
    "Cut",
    "Interval",
    "ItemNonresponse",
    "Mean",
    "NoSpread",
    "NoStatistic",
    "NotConverged",
    "Plan",
    "Policy",
    "Prevalence",
    "Proportion",
    "Release",
    "ResponseRates",
    "Responses",
    "Row",
    "SafeTable",
    "Score",
    "SingleUnit",
    "SurveyMean",
    "TooFewValues",
    "Unanswered",
    "UnknownGroup",
    "UnprotectedPlan",
    "UnsafePolicy",
    "Weights",
    "alpha_interval",
    "any_of",
    "calibrated_mean",
    "cronbach_alpha",
    "exact_interval",
    "icc1",
    "icc2",
    "item_nonresponse",
    "item_rest_correlations",
    "kish_design_effect",
    "margin_gap",
    "mcdonald_omega",
    "mean_interval",
    "multiple_choice_shares",
    "post_stratify",
    "proportion",
    "rake",
    "release",
    "response_rates",
    "reverse_codes",
    "rwg_j",
    "scale_scores",
    "survey_mean",
    "trim_weights",
    "wilson_interval",
]
