"""What a reviewer is told of a draft in general terms, and who answered by unit."""

from analysis import Cell, Row, SafeTable
from survey_service.domain.releases import ReleaseDocument
from survey_service.domain.rounds import RoundId
from survey_service.domain.schedules import Schedule
from survey_service.domain.surveys import QuestionnaireReference, Survey, SurveyId, Unit
from survey_service.results.participation import participation_by_unit
from survey_service.results.visibility import visibility


def unit(name: str, parent: str | None, headcount: int) -> Unit:
    return Unit(id=name, parent=parent, name={"de": name}, headcount=headcount)


SURVEY = Survey(
    survey_id=SurveyId("trial"),
    title={"de": "Probe"},
    languages=("de",),
    questionnaire=QuestionnaireReference(id="core", version="1.0.0", sha256=""),
    units=(unit("town", None, 60), unit("order", "town", 40), unit("street", "order", 20), unit("works", "town", 20)),
    roster_size=60,
    minimum_group_size=10,
    publication=(),
    custody="server",
    retention_days=90,
    schedule=Schedule(),
)


def row(group: str, n: int | None) -> Row:
    return Row(groups=(group,), n=n)


def released(*tables: SafeTable) -> ReleaseDocument:
    return ReleaseDocument(
        round_id=RoundId("trial-2026-1"),
        title={"de": "Probe"},
        rehearsal=False,
        questionnaire="core",
        questionnaire_sha256="",
        minimum_group_size=10,
        roster_size=60,
        issued=30,
        count=30,
        analysed=30,
        invalid=0,
        units=(),
        tables=tables,
        is_above_headcount=False,
    )


def respondents(*rows: Row) -> SafeTable:
    return SafeTable(figure="unit", kind="respondents", dimensions=("unit",), rows=rows)


def test_a_unit_stands_with_its_headcount_below_the_listed_units_it_is_part_of() -> None:
    shown = participation_by_unit(
        released(respondents(row("street", 12), row("order", 30), row("works", None))), SURVEY
    )
    assert [(each.name["de"], each.depth, each.headcount, each.n) for each in shown] == [
        ("order", 0, 40, 30),
        ("street", 1, 20, 12),
        ("works", 0, 20, None),
    ]


def test_where_every_unit_is_hidden_or_none_is_released_nothing_is_listed() -> None:
    assert participation_by_unit(released(respondents(row("order", None))), SURVEY) == ()
    assert participation_by_unit(released(), SURVEY) == ()


def test_what_shows_is_counted_cut_by_cut_with_the_whole_round_first() -> None:
    whole = SafeTable(
        figure="a", kind="options", rows=(Row(n=30, cells=(Cell(option="x", count=3), Cell(option="y"))),)
    )
    cut = SafeTable(
        figure="a",
        kind="options",
        dimensions=("unit",),
        rows=(Row(n=30), row("order", None), Row(groups=("works",), n=20, cells=(Cell(option="x", count=20),))),
    )
    first, second = visibility(released(cut, whole))
    assert (first.dimensions, first.tables, first.groups_shown, first.groups) == ((), 1, 1, 1)
    assert (first.figures_shown, first.figures) == (1, 2)
    assert (second.dimensions, second.groups_shown, second.groups) == (("unit",), 1, 2)
    assert (second.figures_shown, second.figures) == (1, 1)
