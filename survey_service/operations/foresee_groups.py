"""The pre-flight: what a survey's units will show, before anybody has answered."""

from analysis import Policy
from analysis.preflight import Preflight, preflight
from survey_service.domain.surveys import Survey, Unit
from survey_service.errors import Refusal

LIKELY_RATE = 0.4  # of a staff survey in a public administration


class NoUnits(Refusal):
    def __init__(self, survey_id: str) -> None:
        super().__init__(
            f"Survey {survey_id!r} has no units.", remedy="Without units only the whole round is released."
        )


class NoResponseRate(Refusal):
    def __init__(self, rate: float) -> None:
        super().__init__(f"{rate} is no response rate.", remedy="Give a share greater than 0 and at most 1, like 0.4.")


def foresee_groups(survey: Survey, response_rate: float) -> Preflight:
    """Raises: NoUnits, NoResponseRate."""
    if not survey.units:
        raise NoUnits(survey.survey_id)
    return foresee_units(survey.units, survey.minimum_group_size, response_rate)


def foresee_units(units: tuple[Unit, ...], minimum_group_size: int, response_rate: float) -> Preflight:
    """units: those of one tree without faults. Raises: NoResponseRate."""
    if not 0 < response_rate <= 1:
        raise NoResponseRate(response_rate)
    return preflight(
        {unit.id: unit.headcount for unit in units},
        {unit.id: unit.parent for unit in units if unit.parent is not None},
        Policy(minimum_group_size=minimum_group_size),
        response_rate,
    )
