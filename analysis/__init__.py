"""What may be said: from coded responses to safe tables. Works from a notebook, without the service."""

from analysis.aggregation import Agreement, icc1, icc2, rwg_j
from analysis.associations import RankCorrelation, StandardizedDifference, rank_correlation, standardized_difference
from analysis.comparisons import (
    DifferenceOfMeans,
    DifferenceOfProportions,
    JudgedChange,
    benjamini_hochberg,
    difference_of_means,
    difference_of_proportions,
    difference_of_shown,
    difference_of_shown_means,
    judged_together,
)
from analysis.designs import SurveyMean, calibrated_mean, survey_mean
from analysis.disclosure.auditor.published import Known, PublishedAudit, audit
from analysis.errors import NoSpread, NoStatistic, NotConverged, SingleUnit, TooFewValues, UnknownGroup
from analysis.estimates import Interval, Mean, exact_interval, mean_interval, wilson_interval
from analysis.nonresponse import ItemNonresponse, ResponseRates, item_nonresponse, response_rates
from analysis.plan import Association, Cut, Plan, Policy, Reliability, UnprotectedPlan, UnsafePolicy, WeightedMean
from analysis.prevalences import Prevalence, Proportion, any_of, multiple_choice_shares, proportion
from analysis.random_effects import (
    Places,
    RandomEffects,
    places,
    random_effects,
    random_effects_of_means,
    random_effects_of_proportions,
)
from analysis.release import Release, UnprovenRelease, release
from analysis.reliability import alpha_interval, cronbach_alpha, item_rest_correlations, mcdonald_omega
from analysis.responses import Responses
from analysis.scales import reverse_codes, scale_scores
from analysis.shrinkage import (
    ShrunkenMeans,
    ShrunkenProportions,
    empirical_bayes_means,
    empirical_bayes_proportions,
    shrunken_means,
)
from analysis.tables import Cell, Row, SafeStatistic, SafeTable, Score, Unanswered
from analysis.tabulation import tabulate
from analysis.trends import Trend, mean_trend, proportion_trend
from analysis.units import (
    FunnelLimits,
    Heterogeneity,
    funnel_limits,
    funnel_limits_of_means,
    heterogeneity_of_means,
    heterogeneity_of_proportions,
)
from analysis.weighting import Weights, kish_design_effect, margin_gap, post_stratify, rake, trim_weights

__all__ = [
    "Agreement",
    "Association",
    "Cell",
    "Cut",
    "DifferenceOfMeans",
    "DifferenceOfProportions",
    "FunnelLimits",
    "Heterogeneity",
    "Interval",
    "ItemNonresponse",
    "JudgedChange",
    "Known",
    "Mean",
    "NoSpread",
    "NoStatistic",
    "NotConverged",
    "Places",
    "Plan",
    "Policy",
    "Prevalence",
    "Proportion",
    "PublishedAudit",
    "RandomEffects",
    "RankCorrelation",
    "Release",
    "Reliability",
    "ResponseRates",
    "Responses",
    "Row",
    "SafeStatistic",
    "SafeTable",
    "Score",
    "ShrunkenMeans",
    "ShrunkenProportions",
    "SingleUnit",
    "StandardizedDifference",
    "SurveyMean",
    "TooFewValues",
    "Trend",
    "Unanswered",
    "UnknownGroup",
    "UnprotectedPlan",
    "UnprovenRelease",
    "UnsafePolicy",
    "WeightedMean",
    "Weights",
    "alpha_interval",
    "any_of",
    "audit",
    "benjamini_hochberg",
    "calibrated_mean",
    "cronbach_alpha",
    "difference_of_means",
    "difference_of_proportions",
    "difference_of_shown",
    "difference_of_shown_means",
    "empirical_bayes_means",
    "empirical_bayes_proportions",
    "exact_interval",
    "funnel_limits",
    "funnel_limits_of_means",
    "heterogeneity_of_means",
    "heterogeneity_of_proportions",
    "icc1",
    "icc2",
    "item_nonresponse",
    "item_rest_correlations",
    "judged_together",
    "kish_design_effect",
    "margin_gap",
    "mcdonald_omega",
    "mean_interval",
    "mean_trend",
    "multiple_choice_shares",
    "places",
    "post_stratify",
    "proportion",
    "proportion_trend",
    "rake",
    "random_effects",
    "random_effects_of_means",
    "random_effects_of_proportions",
    "rank_correlation",
    "release",
    "response_rates",
    "reverse_codes",
    "rwg_j",
    "scale_scores",
    "shrunken_means",
    "standardized_difference",
    "survey_mean",
    "tabulate",
    "trim_weights",
    "wilson_interval",
]
