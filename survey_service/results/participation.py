"""How many of each unit have answered: of the release's groups and the survey's headcounts, nothing else."""

from msgspec import Struct

from survey_service.domain.releases import ReleaseDocument
from survey_service.domain.surveys import Survey
from survey_service.domain.surveys import Text as UnitName


class UnitParticipation(Struct, frozen=True, kw_only=True):
    """n: answers that named the unit, or one below it; None: hidden. depth: how many of the units listed are above it."""

    name: UnitName
    depth: int
    headcount: int
    n: int | None


def participation_by_unit(document: ReleaseDocument, survey: Survey) -> tuple[UnitParticipation, ...]:
    """In the order of the units; none where the release shows nothing of units."""
    table = next((t for t in document.tables if t.kind == "respondents" and t.dimensions == ("unit",)), None)
    if table is None:
        return ()
    answered = {row.groups[0]: row.n for row in table.rows if row.groups}
    if all(n is None for n in answered.values()):
        return ()
    parents = {unit.id: unit.parent for unit in survey.units}

    def depth(unit: str) -> int:
        parent = parents.get(unit)
        return 0 if parent is None else (parent in answered) + depth(parent)

    return tuple(
        UnitParticipation(name=unit.name, depth=depth(unit.id), headcount=unit.headcount, n=answered[unit.id])
        for unit in survey.units
        if unit.id in answered
    )
