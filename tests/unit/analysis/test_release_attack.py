"""Releases of random rounds, read by somebody who subtracts."""

import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis import Cut, Plan, Policy, Responses, release, whole_round
from analysis.disclosure.linked_tables import LinkedTables, Status
from analysis.disclosure.suppression import Protection, protect
from analysis.side_by_side import SideBySide
from tests.unit.analysis.invented import SMALL, Population, answers, coded, questionnaire, single
from tests.unit.analysis.reader import leaks

K = 5
POLICY = Policy(minimum_group_size=K)
ALL_FIGURES = ("insult", "threat", "seen", "channel", "told", "trust", "safety", "any", "strength", "harm")

populations = st.builds(
    Population,
    size=st.integers(K, 150),
    seed=st.integers(0, 2**32),
    affected=st.sampled_from((0.0, 0.04, 0.3, 0.6, 0.95)),
    skipped=st.sampled_from((0.0, 0.02, 0.3)),
    unstated=st.sampled_from((0.0, 0.05, 0.3)),
    leading=st.sampled_from((0.1, 0.5)),
)
cuts = st.lists(
    st.builds(
        Cut,
        dimensions=st.sampled_from((("office",), ("lead",), ("team",))),
        figures=st.just(()) | st.lists(st.sampled_from(ALL_FIGURES), min_size=1, unique=True).map(tuple),
    ),
    max_size=3,
    unique_by=lambda cut: cut.dimensions,
)
bounded = settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.generate], derandomize=True)


@given(population=populations, planned=cuts)
@bounded
def test_a_reader_who_subtracts_learns_nothing_of_small_groups(population: Population, planned: list[Cut]) -> None:
    responses = Responses.from_answers(SMALL, answers(population))

    released = release(responses, Plan(cuts=tuple(planned)), POLICY)

    assert list(leaks(released, SMALL, responses.size, K, POLICY.minimum_sensitive_count)) == []


def hide_the_primary_cells_alone(tables: LinkedTables, **_: object) -> Protection:
    hidden = np.isin(tables.statuses, (Status.PRIMARY, Status.UNPRINTED))
    return msgspec.structs.replace(protect(tables), hidden=hidden)


RELEASE = sys.modules["analysis.release"]
SILENT = SimpleNamespace(passed=True)  # an auditor that says yes to everything


def _seen(plan: Plan) -> tuple[Counter[str], Counter[str]]:
    """How often figures show and what leaks, over a fixed series of rounds."""
    shown: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    for seed in range(120):
        people = Population(
            size=40 + seed, seed=seed, affected=0.3, skipped=0.02 * (seed % 2), unstated=0.0, leading=0.5
        )
        responses = Responses.from_answers(SMALL, answers(people))
        released = release(responses, plan, POLICY)
        shown.update(
            f"{t.figure} by {' and '.join(t.dimensions) or None}" for t in released.tables if t.rows[0].n is not None
        )
        leaked.update(leaks(released, SMALL, responses.size, K, POLICY.minimum_sensitive_count))
    return shown, leaked


def test_what_the_attack_reads_is_worth_attacking() -> None:
    several = ("insult", "threat", "any", "seen", "trust")
    plan = Plan(
        cuts=(Cut(dimensions=("office",), figures=several), Cut(dimensions=("lead",), figures=("any", "strength")))
    )

    shown, leaked = _seen(plan)

    assert not leaked
    assert all(shown[f"{figure} by None"] > 20 for figure in ALL_FIGURES)
    assert shown["any by office"] > 5
    assert shown["strength by lead"] > 20


@pytest.mark.parametrize(
    "rules",
    [
        {SideBySide: {"_tells": lambda *_: False}},
        {SideBySide: {"_tells_of_incomplete_scores": lambda *_: False}},
        {whole_round: {"_tells_of_members": lambda _: False}},
        {whole_round: {"SPREAD_GROUP_SIZES": 0}},
        {RELEASE: {"protect": hide_the_primary_cells_alone, "audit_tables": lambda *_, **__: SILENT}},
    ],
    ids=["subtraction", "incomplete-scores", "members", "spread", "complementary"],
)
def test_the_attack_succeeds_once_a_rule_is_switched_off(
    monkeypatch: pytest.MonkeyPatch, rules: dict[Any, dict[str, Any]]
) -> None:
    for place, replaced in rules.items():
        for name, value in replaced.items():
            monkeypatch.setattr(place, name, value)
    for seed in range(1200):
        affected = (0.04, 0.3, 0.95)[seed % 3]
        people = Population(size=12 + seed // 4, seed=seed, affected=affected, skipped=0.02, unstated=0, leading=0.3)
        responses = Responses.from_answers(SMALL, answers(people))
        plan = Plan(
            cuts=(
                Cut(dimensions=("office",), figures=("insult", "threat", "any", "trust", "safety", "strength")),
                Cut(dimensions=("lead",), figures=("trust", "insult")),
            )
        )
        if any(leaks(release(responses, plan, POLICY), SMALL, responses.size, K, 3)):
            return
    pytest.fail("the attack found nothing")


def test_the_attack_reads_a_crossed_group_from_the_margins_once_that_rule_is_switched_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All who chose "low" are in the north, and all but four leaders chose "high", where they are not."""
    asked = questionnaire(
        single("office", "north", "south"), single("lead", "yes", "no"), single("trust", "low", "middle", "high")
    )
    like = {
        ("north", "no", "low"): 26,
        ("north", "yes", "low"): 4,
        ("south", "yes", "high"): 20,
        ("south", "no", "middle"): 20,
    }
    responses = coded(
        asked, *(({"office": office, "lead": lead, "trust": trust}, n) for (office, lead, trust), n in like.items())
    )
    plan = Plan(cuts=(Cut(dimensions=("office",)), Cut(dimensions=("lead",))))
    assert list(leaks(release(responses, plan, POLICY), asked, responses.size, K, 3)) == []

    monkeypatch.setattr(SideBySide, "_crossing_tells", lambda *_: False)

    assert list(leaks(release(responses, plan, POLICY), asked, responses.size, K, 3)) != []


@given(population=populations, planned=cuts, data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
def test_the_order_of_respondents_changes_no_byte(
    population: Population, planned: list[Cut], data: st.DataObject
) -> None:
    given_ = answers(population)
    shuffled = list(given_)
    data.draw(st.randoms(use_true_random=False)).shuffle(shuffled)
    plan = Plan(cuts=tuple(planned))

    first, second = (
        msgspec.json.encode(release(Responses.from_answers(SMALL, order), plan, POLICY)) for order in (given_, shuffled)
    )

    assert first == second
