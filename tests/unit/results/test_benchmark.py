"""Municipalities beside one another: only what each has released, and no order that the figures do not carry."""

import msgspec
import pytest

from analysis import Row, SafeTable
from analysis.estimates import Mean
from analysis.tables import cell, hidden, score
from questionnaires import definitions
from questionnaires.model import Questionnaire
from survey_service.domain.releases import ReleaseDocument
from survey_service.domain.rounds import RoundId
from survey_service.operations.compare_municipalities import (
    NotComparable,
    ReleaseFile,
    compare_municipalities,
)
from survey_service.results.benchmark import Comparison
from survey_service.results.wording import HIDDEN

CORE: Questionnaire = definitions.load(definitions.find("core"))


def affected(count: int, n: int) -> SafeTable:
    row = Row(n=n, cells=(cell("any", count, n), cell("none", n - count, n)))
    return SafeTable(figure="hostility-any", kind="prevalence", rows=(row,))


def support(mean: float, n: int) -> SafeTable:
    found = Mean(n=n, estimate=mean, low=mean - 1, high=mean + 1, standard_deviation=20.0)
    return SafeTable(figure="superior-support", kind="score", rows=(Row(n=n, score=score(found, with_spread=True)),))


def municipality(name: str, *tables: SafeTable) -> ReleaseDocument:
    return ReleaseDocument(
        round_id=RoundId(name.lower()),
        title={"de": "Rückhalt"},
        rehearsal=False,
        questionnaire="core",
        questionnaire_sha256="0" * 64,
        minimum_group_size=10,
        roster_size=2000,
        issued=1000,
        count=1000,
        analysed=1000,
        invalid=0,
        units=(),
        tables=tables,
        is_above_headcount=False,
        organisation={"de": name, "en": name},
        questionnaire_version=CORE.version,
    )


def file(document: ReleaseDocument) -> ReleaseFile:
    return ReleaseFile(name=f"{document.round_id}.json", content=msgspec.json.encode(document))


def compared(*documents: ReleaseDocument) -> Comparison:
    return compare_municipalities([file(document) for document in documents], "en")


def test_where_intervals_overlap_a_place_is_from_to() -> None:
    found = compared(
        municipality("Adorf", affected(500, 1000)),
        municipality("Bdorf", affected(490, 1000)),
        municipality("Cdorf", affected(200, 1000)),
    )
    (card,) = found.scales
    assert [(row[0], row[2], row[4]) for row in card.table.rows] == [
        ("Adorf", "50.0%", "1 to 2"),
        ("Bdorf", "49.0%", "1 to 2"),
        ("Cdorf", "20.0%", "3"),
    ]
    assert "the distance is more than chance explains" in card.title


def test_a_city_that_hides_a_figure_has_no_place_and_is_named() -> None:
    secret = SafeTable(figure="hostility-any", kind="prevalence", rows=(hidden(),))
    found = compared(
        municipality("Adorf", affected(500, 1000)),
        municipality("Bdorf", secret),
        municipality("Cdorf", affected(480, 1000)),
    )
    (card,) = found.scales
    assert card.table.rows[-1] == ("Bdorf", HIDDEN, HIDDEN, HIDDEN, HIDDEN)
    assert "Bdorf" in card.base
    assert card.asked == ("A centre is named from 3 cities with published figures on.",)
    assert "whether the cities differ is not sure" in card.title


def test_the_centre_stands_first_in_the_picture_with_its_interval() -> None:
    found = compared(*(municipality(name, support(60.0 + place, 400)) for place, name in enumerate("ABCD")))
    (card,) = found.scales
    assert card.chart is not None
    first, *others = card.chart.rows
    assert first.is_reference
    assert (first.text, len(others)) == ("61.5", 4)
    assert card.asked[0].startswith("Centre of the cities: 61.5 (95% interval ")


def test_answers_of_one_question_are_compared_by_the_share_its_page_shows() -> None:
    table = SafeTable(
        figure="insult",
        kind="prevalence",
        rows=(Row(n=100, cells=(cell("any", 30, 100), cell("none", 70, 100))),),
    )
    found = compared(municipality("Adorf", table), municipality("Bdorf", table))
    (card,) = found.items
    assert card.table.rows[0][2] == "30.0%"


def test_nothing_but_the_whole_round_is_compared() -> None:
    by_role = SafeTable(
        figure="hostility-any",
        kind="prevalence",
        dimensions=("leadership-role",),
        rows=(Row(groups=("yes",), n=40, cells=(cell("any", 11, 40), cell("none", 29, 40))),),
    )
    found = compared(
        municipality("Adorf", affected(500, 1000), by_role), municipality("Bdorf", affected(400, 1000), by_role)
    )
    assert len(found.scales) == 1
    assert "27.5" not in repr(found)


def other_version() -> ReleaseDocument:
    return msgspec.structs.replace(municipality("Bdorf"), questionnaire_version="9.0.0")


def rehearsal() -> ReleaseDocument:
    return msgspec.structs.replace(municipality("Bdorf"), rehearsal=True)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (file(other_version()), "bdorf.json core 9.0.0"),
        (file(rehearsal()), "Rehearsals have invented answers"),
        (file(municipality("Adorf")), "are both of Adorf"),
        (ReleaseFile(name="b.json", content=b"{"), "b.json is no exported release"),
        (ReleaseFile(name="b.json", content=b"\xff\xfe"), "b.json is no exported release"),
    ],
)
def test_what_says_nothing_beside_one_another_is_refused_with_a_remedy(other: ReleaseFile, reason: str) -> None:
    with pytest.raises(NotComparable, match=reason) as refused:
        compare_municipalities([file(municipality("Adorf", affected(5, 10))), other], "de")
    assert refused.value.remedy


def test_one_city_is_no_comparison() -> None:
    with pytest.raises(NotComparable, match="1 files"):
        compared(municipality("Adorf", affected(500, 1000)))


def test_a_questionnaire_that_is_not_of_the_library_has_to_be_named() -> None:
    own = [msgspec.structs.replace(municipality(name, affected(5, 10)), questionnaire="ours") for name in ("A", "B")]
    with pytest.raises(NotComparable, match="no questionnaire ours"):
        compared(*own)
    found = compare_municipalities([file(document) for document in own], "de", CORE)
    assert found.municipalities == ("A", "B")
