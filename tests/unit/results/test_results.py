"""What a results page says of a release: only what the release holds, and where it is not sure."""

import msgspec
import pytest

from analysis import Cell, Row, SafeTable, Unanswered
from analysis.estimates import Mean
from analysis.tables import cell, hidden, score, score_without_spread
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument, ReleasedUnit
from survey_service.domain.rounds import RoundId
from survey_service.results.page import Kept, ResultsPage, results_page
from survey_service.web.team.wording import HIDDEN, wording

FREQUENCIES = ("never", "once-or-twice", "several-times", "monthly", "weekly")


@pytest.fixture(scope="module")
def core() -> Questionnaire:
    return definitions.with_units(
        definitions.restrict(definitions.load(definitions.find("core")), ["de", "en"]),
        [("culture", {"de": "Kultur", "en": "Culture"}), ("order", {"de": "Ordnung", "en": "Order"})],
    )


def document(*tables: SafeTable) -> ReleaseDocument:
    return ReleaseDocument(
        round_id=RoundId("backing-2026-1"),
        title={"de": "Rückhalt"},
        rehearsal=False,
        questionnaire="core",
        questionnaire_sha256="",
        minimum_group_size=10,
        roster_size=2480,
        issued=1250,
        count=1242,
        analysed=1240,
        invalid=2,
        units=(
            ReleasedUnit(id="town", parent=None, name={"de": "Stadt", "en": "Town"}),
            ReleasedUnit(id="office", parent="town", name={"de": "Amt", "en": "Office"}),
            ReleasedUnit(id="culture", parent="office", name={"de": "Kultur", "en": "Culture"}),
            ReleasedUnit(id="order", parent="office", name={"de": "Ordnung", "en": "Order"}),
        ),
        tables=tables,
        is_above_headcount=False,
    )


def page(core: Questionnaire, *tables: SafeTable, language: str = "de") -> ResultsPage:
    return results_page(document(*tables), core, wording(language))


def frequency(item: str, *counts: int, n: int | None = None) -> SafeTable:
    total = sum(counts) if n is None else n
    cells: tuple[Cell, ...] = tuple(cell(code, count, total) for code, count in zip(FREQUENCIES, counts, strict=True))
    unanswered = Unanswered(missing={"prefer-not-to-say": 4}, skipped=3, not_asked=0)
    return SafeTable(
        figure=item,
        kind="options",
        rows=(Row(n=total, cells=cells),),
        unanswered=unanswered,
    )


def prevalence(scale: str, *groups: tuple[str | None, int, int], dimension: str | None = None) -> SafeTable:
    rows = tuple(
        Row(
            groups=() if group is None else (group,),
            n=n,
            cells=(cell("any", count, n), cell("none", n - count, n)),
        )
        for group, count, n in groups
    )
    dimensions = () if dimension is None else (dimension,)
    return SafeTable(figure=scale, kind="prevalence", dimensions=dimensions, rows=rows)


def mean(scale: str, estimate: float, n: int = 400) -> SafeTable:
    found = Mean(n=n, estimate=estimate, low=estimate - 2, high=estimate + 2, standard_deviation=20.4)
    return SafeTable(figure=scale, kind="score", rows=(Row(n=n, score=score(found, with_spread=True)),))


def test_a_prevalence_is_said_with_its_count_and_interval(core: Questionnaire) -> None:
    sentence = page(core, prevalence("hostility-any", (None, 82, 214))).findings[0]
    # Wilson's interval of 82 of 214 at 95 %.
    assert sentence.replace("\N{NO-BREAK SPACE}", " ").replace("\u2011", "-") == (
        "Mindestens eine Form von Anfeindung erlebt (12 Monate): 38,3 % (82 von 214; 95-%-Intervall 32,1 bis 45,0 %)."
    )


def test_who_could_be_invited_stands_first(core: Questionnaire) -> None:
    first = page(core, language="en").answered
    assert first == "1,240 responses are analysed; 2,480 people could be invited (50%)."


def test_the_most_frequent_form_is_not_sure_where_the_next_is_near(core: Questionnaire) -> None:
    near = page(core, frequency("insult", 150, 30, 20, 10, 4), frequency("threat", 155, 30, 20, 5, 4))
    assert "Nicht sicher" in near.findings[0]
    far = page(core, frequency("insult", 100, 80, 20, 10, 4), frequency("threat", 200, 10, 2, 1, 1))
    assert "Das ist mehr als bei jeder anderen Form." in far.findings[0]


def test_scales_that_lie_close_together_are_not_told_apart(core: Questionnaire) -> None:
    near = page(core, mean("superior-support", 60.0), mean("colleague-support", 61.0))
    assert "Nicht sicher ist, ob sie sich unterscheiden." in near.findings[0]
    far = page(core, mean("superior-support", 50.0), mean("colleague-support", 70.0))
    assert "größer als der Zufall erklärt" in far.findings[0]


def test_groups_are_told_apart_only_where_every_comparison_made_allows_it(core: Questionnaire) -> None:
    whole = prevalence("hostility-any", (None, 100, 400))
    # 80 of 200 and 60 of 200: their intervals overlap.
    near = page(
        core, whole, prevalence("hostility-any", ("yes", 80, 200), ("no", 60, 200), dimension="citizen-contact")
    )
    assert "Nicht sicher ist, ob sich Gruppen unterscheiden" in near.findings[-1]
    far = page(
        core, whole, prevalence("hostility-any", ("yes", 120, 200), ("no", 40, 200), dimension="citizen-contact")
    )
    assert "„Ja“ (60,0" in far.findings[-1]
    assert "liegt über „Nein“ (20,0" in far.findings[-1]


def test_items_asked_together_are_one_chart_that_names_the_most_frequent(core: Questionnaire) -> None:
    made = page(core, frequency("insult", 100, 80, 20, 10, 4), frequency("threat", 200, 10, 2, 1, 1))
    (card,) = made.parts[0].cards
    assert card.title == "Am häufigsten: „Jemand hat mich beschimpft oder beleidigt“, 53,3\N{NO-BREAK SPACE}%"
    assert card.chart is not None
    assert [row.text for row in card.chart.rows] == ["53,3\N{NO-BREAK SPACE}%", "6,5\N{NO-BREAK SPACE}%"]
    assert card.table.rows[0][-3:] == ("4", "3", "0")  # did not want to say, skipped, not asked


def test_a_hidden_table_shows_one_sign_in_every_place_and_no_length(core: Questionnaire) -> None:
    table = SafeTable(figure="witnessed", kind="options", rows=(hidden(),))
    (card,) = page(core, table).parts[0].cards
    assert (card.title, card.base) == ("Verdeckt", "")
    assert card.chart is not None
    assert all(row.end is None for row in card.chart.rows)
    assert {text for row in card.table.rows for text in row[1:]} == {HIDDEN}


def test_a_mean_whose_spread_is_not_released_has_no_interval(core: Questionnaire) -> None:
    small = SafeTable(
        figure="superior-support",
        kind="score",
        dimensions=("citizen-contact",),
        rows=(
            Row(
                groups=("yes",),
                n=20,
                score=score(Mean(n=20, estimate=60, low=50, high=70, standard_deviation=9), with_spread=False),
            ),
            Row(
                groups=("no",),
                n=30,
                score=score(Mean(n=30, estimate=40, low=30, high=50, standard_deviation=9), with_spread=False),
            ),
        ),
    )
    made = page(core, mean("superior-support", 50.0), frequency("superior-backs", 0, 0, 0, 0, 0, n=10), small)
    (card,) = next(part for part in made.parts if part.id == "support").comparisons[0].cards
    assert card.title == "Rückhalt durch die Führungskraft: von 40,0 (Nein) bis 60,0 (Ja)"
    assert card.chart is not None
    assert [(row.low is None, row.is_reference) for row in card.chart.rows] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def by_unit(*rows: Row) -> SafeTable:
    return SafeTable(figure="hostility-any", kind="prevalence", dimensions=("unit",), rows=rows)


def affected(group: str, count: int, n: int) -> Row:
    return Row(groups=(group,), n=n, cells=(cell("any", count, n), cell("none", n - count, n)))


def test_units_stand_below_the_one_they_are_part_of_and_the_picture_shows_the_highest(core: Questionnaire) -> None:
    table = by_unit(affected("office", 20, 60), affected("culture", 8, 30), hidden(("order",)))
    made = page(core, prevalence("hostility-any", (None, 20, 60)), table)
    (card,) = made.parts[0].comparisons[0].cards
    assert [row[0] for row in card.table.rows] == ["Alle", "Amt", "\N{EN DASH} Kultur", "\N{EN DASH} Ordnung"]
    assert card.chart is not None
    assert [row.lines[0].text for row in card.chart.rows] == ["Alle", "Amt"]
    assert card.table.rows[-1][1:] == (HIDDEN,) * 4


def test_a_crossing_names_both_groups(core: Questionnaire) -> None:
    cells = (cell("any", 5, 20), cell("none", 15, 20))
    crossed = SafeTable(
        figure="hostility-any",
        kind="prevalence",
        dimensions=("unit", "leadership-role"),
        rows=(Row(groups=("culture", "yes"), n=20, cells=cells), hidden(("culture", "no"))),
    )
    (card,) = page(core, prevalence("hostility-any", (None, 20, 60)), crossed).parts[0].comparisons[0].cards
    assert card.chart is None
    assert [row[0] for row in card.table.rows] == ["Alle", "Kultur · Ja", "Kultur · Nein"]


def test_a_share_is_read_from_whichever_cells_show_and_hidden_where_neither_side_does(core: Questionnaire) -> None:
    hidden_some = tuple(Cell(option=code) for code in FREQUENCIES[1:])
    rows = (
        Row(groups=("culture",), n=30, cells=(cell("never", 18, 30), *hidden_some)),
        Row(groups=("order",), n=30, cells=(Cell(option="never"), *hidden_some)),
    )
    table = SafeTable(figure="insult", kind="options", dimensions=("unit",), rows=rows)
    made = page(core, frequency("insult", 40, 10, 5, 3, 2), table)
    (card,) = made.parts[0].comparisons[0].cards
    assert card.table.rows[1][1:4] == ("30", "12", "40,0\N{NO-BREAK SPACE}%")
    assert card.table.rows[2][1:] == ("30", *(HIDDEN,) * 3)


def test_the_sizes_of_groups_have_a_table(core: Questionnaire) -> None:
    sizes = SafeTable(
        figure="all-respondents",
        kind="respondents",
        dimensions=("unit",),
        rows=(Row(groups=("culture",), n=31), hidden(("order",))),
    )
    (card,) = page(core, prevalence("hostility-any", (None, 20, 60)), sizes).respondents
    assert card.table.rows == (("Kultur", "31"), ("Ordnung", HIDDEN))


def test_the_page_reads_the_release_and_nothing_else(core: Questionnaire) -> None:
    released = document(frequency("insult", 100, 80, 20, 10, 4), prevalence("hostility-any", (None, 82, 214)))
    stored = msgspec.json.decode(msgspec.json.encode(released), type=ReleaseDocument)
    assert results_page(stored, core, wording("de")) == results_page(released, core, wording("de"))


def test_a_crossing_that_shows_a_group_is_not_called_hidden(core: Questionnaire) -> None:
    crossed = SafeTable(
        figure="superior-support",
        kind="score",
        dimensions=("unit", "leadership-role"),
        rows=(Row(groups=("culture", "yes"), n=40, score=score_without_spread(61.2)), hidden(("culture", "no"))),
    )
    (card,) = next(
        comparison.cards
        for part in page(core, mean("superior-support", 60.0), crossed).parts
        for comparison in part.comparisons
    )
    assert "erdeckt" not in card.title


def test_a_page_is_made_once_for_what_it_is_made_of_and_once_for_each_language(core: Questionnaire) -> None:
    kept: Kept[ResultsPage] = Kept()
    made = [
        kept.get(fingerprint, wording(language), lambda: page(core, mean("safety", 60.0)))
        for fingerprint, language in ((b"1", "de"), (b"1", "de"), (b"2", "de"), (b"1", "en"))
    ]
    assert made[0] is made[1]
    assert len({id(one) for one in made}) == 3
