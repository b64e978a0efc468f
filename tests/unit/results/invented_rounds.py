"""Releases of the core questionnaire, made by hand: who answered what, in rounds and units."""

from datetime import date

from analysis import Row, SafeTable
from analysis.estimates import Mean
from analysis.tables import cell, hidden, score, score_without_spread
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument, ReleasedUnit
from survey_service.domain.rounds import RoundId
from survey_service.results.figures import Released
from survey_service.results.history import History, PastRound

OPENED_ON = date(2026, 11, 28)
UNITS = (("town", None), ("office", "town"), ("culture", "office"), ("order", "office"))
CORE = definitions.with_units(
    definitions.restrict(definitions.load(definitions.find("core")), ["de", "en"]),
    [("culture", {"de": "Kultur", "en": "Culture"}), ("order", {"de": "Ordnung", "en": "Order"})],
)


def document(*tables: SafeTable, units: tuple[tuple[str, str | None], ...] = UNITS) -> ReleaseDocument:
    return ReleaseDocument(
        round_id=RoundId("backing-2026-2"),
        title={"de": "Rückhalt", "en": "Backing"},
        rehearsal=False,
        questionnaire="core",
        questionnaire_sha256="",
        minimum_group_size=10,
        roster_size=2480,
        issued=1250,
        count=1242,
        analysed=1240,
        invalid=2,
        units=tuple(
            ReleasedUnit(id=unit, parent=parent, name={"de": unit.title(), "en": unit.title()})
            for unit, parent in units
        ),
        tables=tables,
        is_above_headcount=False,
    )


def released(*tables: SafeTable, questionnaire: Questionnaire = CORE) -> Released:
    return Released(document(*tables), questionnaire)


def history(*earlier: tuple[date, Released]) -> History:
    return History(
        opened_on=OPENED_ON, earlier=tuple(PastRound(opened_on=day, released=found) for day, found in earlier)
    )


def affected(count: int, n: int, group: str | None = None) -> Row:
    groups = () if group is None else (group,)
    return Row(groups=groups, n=n, cells=(cell("any", count, n), cell("none", n - count, n)))


def prevalence(*rows: Row, scale: str = "hostility-any", dimension: str | None = None) -> SafeTable:
    return SafeTable(
        figure=scale, kind="prevalence", dimensions=() if dimension is None else (dimension,), rows=tuple(rows)
    )


def mean(estimate: float, n: int = 400, deviation: float = 20.0, scale: str = "superior-support") -> SafeTable:
    half = 1.96 * deviation / n**0.5
    found = Mean(n=n, estimate=estimate, low=estimate - half, high=estimate + half, standard_deviation=deviation)
    return SafeTable(figure=scale, kind="score", rows=(Row(n=n, score=score(found, with_spread=True)),))


def means_by_unit(
    *units: tuple[str, float, int], gone: tuple[str, ...] = (), scale: str = "superior-support"
) -> SafeTable:
    rows = [Row(groups=(unit,), n=n, score=score_without_spread(estimate)) for unit, estimate, n in units]
    return SafeTable(
        figure=scale, kind="score", dimensions=("unit",), rows=(*rows, *(hidden((unit,)) for unit in gone))
    )


def sizes(*units: tuple[str, int]) -> SafeTable:
    rows = tuple(Row(groups=(unit,), n=n) for unit, n in units)
    return SafeTable(figure="all-respondents", kind="respondents", dimensions=("unit",), rows=rows)
